"""The promises that each kind of return keeps; a new one is asked the same without a line here."""

import re
from importlib import import_module
from uuid import uuid4

import pytest
from django.db import models
from django.urls import reverse
from django.utils.module_loading import import_string

from accounts.roles import all_roles
from accounts.tests.factories import make_organisation, make_seat, sign_in
from returns import columns, content
from returns.content import Answers, Kind
from returns.models import Collection, Period, Submission
from returns.periods import deadlines
from returns.registry import return_types
from returns.rules import Context, Severity
from returns.tests.factories import QUARTER

TYPES = list(return_types().values())
each_type = pytest.mark.parametrize("return_type", TYPES, ids=lambda item: item.slug)
OF_QUESTIONS = [item for item in TYPES if not item.rows]
each_type_of_questions = pytest.mark.parametrize("return_type", OF_QUESTIONS, ids=lambda item: item.slug)
each_type_of_rows = pytest.mark.parametrize(
    "return_type", [item for item in TYPES if item.rows], ids=lambda item: item.slug
)


def context(return_type, **changes):
    facts = {
        "kind": "NHS_TRUST",
        "traits": frozenset(),
        "starts": QUARTER.starts,
        "ends": QUARTER.ends,
        "standards": dict(return_type.standards),
    }
    from returns.findings import as_numbers

    return Context(**facts | {"standards": as_numbers(facts["standards"])} | changes)


@each_type_of_questions
def test_every_question_has_a_column_that_may_be_empty(return_type):
    columns = {field.name: field for field in return_type.content_model._meta.get_fields()}

    for question in return_type.questions:
        assert columns[question.name].null
        assert isinstance(columns[question.name], models.Field)
    assert set(columns) == {question.name for question in return_type.questions} | {"submission", "absent"}


@each_type_of_questions
def test_every_question_is_asked_once_and_can_be_understood(return_type):
    names = [question.name for question in return_type.questions]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert all(question.label and question.kind in Kind for question in return_type.questions)
    slugs = [spec.slug for spec in return_type.sections]
    assert len(slugs) == len(set(slugs))


@each_type_of_questions
def test_every_rule_names_questions_that_there_are(return_type):
    names = {question.name for question in return_type.questions}

    for code, rule in return_type.rulebook.rules.items():
        assert re.fullmatch(r"[A-Z]{3}-[EWN][0-9]{2}", code)
        assert {"E": Severity.ERROR, "W": Severity.WARNING, "N": Severity.NOTE}[code[4]] == rule.severity
        for _, fields, compared in rule.variants():
            assert set(fields) | set(compared) <= names
        assert set(rule.standards) <= set(return_type.standards)


@each_type_of_questions
def test_an_empty_return_is_judged_without_falling_over(return_type):
    empty = Answers(values=dict.fromkeys(question.name for question in return_type.questions))

    problems = return_type.check(empty, context(return_type))

    assert all(problem.message and problem.fingerprint for problem in problems)
    return_type.score(empty, context(return_type))
    return_type.measures(empty, context(return_type))


@each_type_of_questions
def test_a_payload_comes_back_as_it_was(return_type):
    empty = Answers(values=dict.fromkeys(question.name for question in return_type.questions))

    payload = content.to_payload(empty)

    assert content.from_payload(return_type.questions, payload) == empty
    assert content.digest(payload) == content.digest(content.to_payload(empty))


@each_type
def test_a_return_is_made_of_questions_or_of_rows(return_type):
    assert bool(return_type.rows) != bool(return_type.sections)
    assert bool(return_type.content_model) == bool(return_type.sections)


@each_type_of_rows
@pytest.mark.django_db
def test_a_return_of_rows_is_read_judged_and_kept_when_it_has_none(return_type):
    organisation = make_organisation()
    collection = Collection.objects.create(return_type=return_type.slug, key="empty", title="Empty")
    span = {"starts": QUARTER.starts, "ends": QUARTER.ends, "census_on": QUARTER.ends}
    period = Period.objects.create(collection=collection, key="one", title="One", **span, **deadlines(QUARTER.ends))
    submission = Submission.objects.create(period=period, subject=organisation)

    empty = return_type.rows.read(submission)
    hashed, kept = columns.pack(return_type.to_payload(empty), return_type.kept_as)
    again = return_type.from_payload(columns.unpack(kept, return_type.kept_as), submission)

    assert columns.pack(return_type.to_payload(again), return_type.kept_as) == (hashed, kept)
    assert [problem.row_ref for problem in return_type.check(again, context(return_type)) if problem.row_ref] == []
    return_type.measures(again, context(return_type))


@each_type_of_rows
def test_a_return_of_rows_has_a_page_that_shows_it(return_type):
    assert reverse(return_type.rows.page, kwargs={"uuid": uuid4()})


@each_type
def test_what_a_type_has_beside_its_returns_is_there(return_type):
    named = return_type.beside

    assert all(callable(import_string(name)) for name in (*named.menu, *named.needs, *named.chores))
    assert all(import_module(module).urlpatterns for module in named.routes.values())


@each_type
def test_every_role_belongs_to_its_type_and_has_a_key_of_its_own(return_type):
    assert all(role.return_type == return_type.slug for role in return_type.roles)
    assert {role.key for role in return_type.roles} <= set(all_roles())


@each_type
@pytest.mark.django_db
@pytest.mark.parametrize("page", ["definitions", "rules", "scores"])
def test_every_type_has_its_help_pages(return_type, page, client):
    sign_in(client, make_seat("USER_ADMINISTRATOR", make_organisation()))

    response = client.get(reverse(f"help:{page}", args=[return_type.slug]))

    assert response.status_code == 200
    assert return_type.title in response.content.decode()
