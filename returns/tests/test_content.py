"""Reading answers: the same for a form, a cell and a JSON value. Anything becomes an answer or a sentence."""

import copy
import pickle
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns import content
from returns.content import Answers, Kind, Question, Unreadable, read, read_answers

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
MEETINGS = Question("meetings", Kind.COUNT, "Meetings", may_be_absent=True)
QUESTIONS = tuple(Question(str(kind), kind, f"The {kind}") for kind in Kind)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(0, 0), (12, 12), (12.0, 12), ("12", 12), ("12.0", 12), (" 007 ", 7), (None, None), ("", None), ("  ", None)]
    + [(9_999_999, 9_999_999), ("9999999", 9_999_999)],
)
def test_a_count_that_can_be_read(given, expected):
    assert read(Question("n", Kind.COUNT, "Staff"), given) == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("1,200", "Staff must be a whole number in plain digits"),
        ("12 %", "plain digits"),
        ("1e3", "plain digits"),
        ("１２", "plain digits"),
        ("12.5", "plain digits"),
        (12.5, "without a decimal part"),
        (-1, "cannot be less than 0"),
        ("-1", "cannot be less than 0"),
        (10_000_000, "9,999,999 or less"),
        ("9" * 40, "9,999,999 or less"),
        (float("nan"), "plain digits"),
        (float("inf"), "plain digits"),
        (True, "plain digits"),
        ([12], "plain digits"),
    ],
)
def test_a_count_that_cannot_be_read_says_what_to_do(given, says):
    with pytest.raises(Unreadable, match=says):
        read(Question("n", Kind.COUNT, "Staff"), given)


@given(st.integers(0, content.COUNT_LIMIT))
def test_every_way_of_writing_a_count_is_the_same_count(number):
    ways = (number, float(number), str(number), f"{number}.0", f" {number} ")

    assert {content.read_count(way) for way in ways} == {number}


@given(question=st.sampled_from(QUESTIONS), value=JSON)
def test_anything_is_an_answer_or_a_sentence_and_what_was_read_reads_the_same_again(question, value):
    try:
        answer = read(question, value)
    except Unreadable as problem:
        assert str(problem).endswith(".")
    else:
        assert read(question, answer) == answer


@pytest.mark.parametrize(
    ("given", "expected"), [("yes", True), ("No", False), (True, True), (False, False), ("", None), (None, None)]
)
def test_yes_and_no(given, expected):
    assert content.read_yes_no(given) is expected


@pytest.mark.parametrize("given", ["maybe", 1, 0, "y", []])
def test_neither_yes_nor_no(given):
    with pytest.raises(Unreadable, match="must be yes or no"):
        content.read_yes_no(given)


def test_a_day_is_a_date_a_moment_or_text():
    assert content.read_day("2025-09-30") == date(2025, 9, 30)
    assert content.read_day(datetime(2025, 9, 30, 12)) == date(2025, 9, 30)


@pytest.mark.parametrize("given", ["2025-02-30", "30/09/2025", "20250930", 45930, "0001-01-01", "9999-12-31"])
def test_what_is_not_a_real_date(given):
    with pytest.raises(Unreadable):
        content.read_day(given)


def test_text_has_one_normal_form_and_nothing_hidden():
    assert content.read_line("  Cafe\u0301\n manager ") == "Café manager"
    with pytest.raises(Unreadable, match="cannot be seen"):
        content.read_passage("abc\u202edef")
    with pytest.raises(Unreadable, match="4,000 characters or fewer"):
        content.read_passage("x" * 4001)


def test_an_action_is_read_part_by_part():
    plan = [{"title": "Train nights", "owner": "Asha", "due_on": "2025-12-01", "status": "in progress"}]

    assert content.read_actions(plan) == [plan[0] | {"status": "IN_PROGRESS"}]
    assert content.read_actions([]) is None
    with pytest.raises(Unreadable, match="action 1: say what will be done"):
        content.read_actions([{"owner": "Asha"}])
    with pytest.raises(Unreadable, match="action 1: the due date must be a real date"):
        content.read_actions([{"title": "Train", "due_on": "soon"}])


def test_missing_zero_and_not_applicable_are_three_things():
    missing, zero, absent = (read_answers([MEETINGS], {"meetings": given}) for given in (None, 0, "NA"))

    assert (missing.meetings, missing.absent) == (None, {})
    assert (zero.meetings, zero.absent) == (0, {})
    assert (absent.meetings, absent.absent) == (None, {"meetings": "NOT_APPLICABLE"})
    assert len({content.digest(content.to_payload(answers)) for answers in (missing, zero, absent)}) == 3


def test_na_is_no_answer_where_a_question_always_applies():
    answers = read_answers([Question("staff", Kind.COUNT, "Staff")], {"staff": "NA"})

    assert (answers.absent, list(answers.unreadable)) == ({}, ["staff"])


@given(st.dictionaries(st.sampled_from([str(kind) for kind in Kind]), JSON))
def test_what_is_kept_comes_back_and_hashes_the_same(given):
    answers = read_answers(QUESTIONS, given)
    payload = content.to_payload(answers)

    kept = content.from_payload(QUESTIONS, payload)

    assert kept.values == answers.values
    assert content.digest(content.to_payload(kept)) == content.digest(payload)


def test_answers_can_be_copied_and_an_unknown_question_is_an_error():
    answers = Answers(values={"staff": 1})

    assert copy.deepcopy(answers) == pickle.loads(pickle.dumps(answers)) == answers
    with pytest.raises(AttributeError, match="There is no question cats"):
        answers.cats  # noqa: B018
