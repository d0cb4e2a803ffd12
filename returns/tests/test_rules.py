"""The rule book: who is heard, when it is silent, what a fingerprint covers."""

from datetime import date

import pytest

from returns.content import NOT_APPLICABLE, Answers
from returns.rules import Context, RuleBook, Severity


def make_context(previous=None, **standards):
    before = None if previous is None else Answers(values=previous)
    return Context("NHS_TRUST", frozenset(), date(2025, 7, 1), date(2025, 9, 30), standards, previous=before)


def found(rules, values, context=None, **answers):
    return rules.problems_in(Answers(values=values, **answers), context or make_context())


@pytest.fixture
def rules():
    return RuleBook(version="1")


@pytest.fixture
def at_most_five(rules):
    @rules.error("T-1", "count", remedy="Count again.")
    def count_is_at_most_five(context, count):
        if count > 5:
            return f"{count} is more than 5."

    return rules


def test_a_problem_carries_code_severity_fields_sentence_and_remedy(at_most_five):
    (problem,) = found(at_most_five, {"count": 6})

    assert (problem.code, problem.severity, problem.fields) == ("T-1", Severity.ERROR, ("count",))
    assert (problem.message, problem.remedy) == ("6 is more than 5.", "Count again.")


@pytest.mark.parametrize("answers", [{}, {"absent": {"count": NOT_APPLICABLE}}, {"unreadable": {"count": "Not read."}}])
def test_a_rule_is_silent_where_its_field_has_no_value(at_most_five, answers):
    assert found(at_most_five, {"count": None}, **answers) == []


def test_zero_is_a_value(rules):
    rules.note("T-1", "count")(lambda context, count: f"Heard {count}.")

    assert [problem.message for problem in found(rules, {"count": 0})] == ["Heard 0."]


def test_a_rule_that_wants_to_hears_of_missing_values_but_not_of_unreadable_ones(rules):
    rules.warning("T-1", "day", even_if_missing=True)(lambda context, day: "When?" if day is None else None)

    assert len(found(rules, {"day": None})) == 1
    assert found(rules, {"day": None}, unreadable={"day": "Not a date."}) == []
    assert found(rules, {"day": None}, absent={"day": NOT_APPLICABLE}) == []


def test_each_asks_the_rule_about_each_thing_and_says_its_name(rules):
    @rules.error("T-1", "{each}_now {each}_most", each={"cat": "Cats", "dog": "Dogs"})
    def there_are_not_too_many(context, animals, now, most):
        if now > most:
            return f"{animals}: {now} is more than {most}."

    problems = found(rules, {"cat_now": 2, "cat_most": 1, "dog_now": 1, "dog_most": 1})

    assert [(problem.fields, problem.message) for problem in problems] == [
        (("cat_now", "cat_most"), "Cats: 2 is more than 1.")
    ]


def test_a_comparison_is_silent_without_the_earlier_value(rules):
    rules.warning("T-1", "count", compared_with="count")(lambda context, now, before: f"{before} became {now}.")

    assert found(rules, {"count": 2}) == []
    assert found(rules, {"count": 2}, make_context(previous={})) == []
    assert [p.message for p in found(rules, {"count": 2}, make_context(previous={"count": 1}))] == ["1 became 2."]


def test_a_rule_without_fields_is_about_the_whole_return(rules):
    @rules.error("T-1")
    def everything_is_answered(context, answers):
        return [([name], f"Answer {name}.") for name, value in answers.values.items() if value is None]

    problems = found(rules, {"a": None, "b": 1, "c": None})

    assert [problem.fields for problem in problems] == [("a",), ("c",)]


def test_a_rule_can_be_for_some_organisations_only(rules):
    rules.error("T-1", "count", applies=lambda context: "LARGE" in context.traits)(lambda context, count: "No.")

    assert found(rules, {"count": 1}) == []


def test_a_code_is_never_used_twice(at_most_five):
    with pytest.raises(ValueError, match="never used twice"):
        at_most_five.warning("T-1", "count")(lambda context, count: None)


def test_the_function_stays_as_it_was_and_names_the_rule(at_most_five):
    rule = at_most_five.rules["T-1"]

    assert rule.title == "count is at most five"
    assert rule.check(None, 6) == "6 is more than 5."


def test_a_fingerprint_covers_values_comparators_standards_and_the_sentence(rules):
    @rules.warning("T-1", "count", compared_with="count", standards="limit")
    def count_changes_little(context, now, before):
        return f"Not within {context.standards['limit']}."

    def fingerprint(now, before, limit="1"):
        return found(rules, {"count": now, "other": now}, make_context({"count": before}, limit=limit))[0].fingerprint

    same = fingerprint(5, 1)

    assert same == fingerprint(5, 1)
    assert len({same, fingerprint(6, 1), fingerprint(5, 2), fingerprint(5, 1, "2")}) == 4
