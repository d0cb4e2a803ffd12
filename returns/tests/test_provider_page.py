"""A provider at a glance: its quarters, and what lies between it and its commissioner."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import make_commissioner, make_organisation, make_region, make_seat, sign_in
from returns import workflow
from returns.tests.dealings import make_action, make_dealings, make_visit
from returns.tests.factories import IN_THE_WINDOW, make_query, make_world, submit_and_check

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = make_world()
    submit_and_check(world)
    return world


def page_of(client, seat, world):
    return client.get(reverse("returns:one_provider", args=[world.trust.code])) if sign_in(client, seat) else None


def test_an_empty_provider_says_so_and_leads_on(client, world):
    page = page_of(client, world.reviewer, world).text

    for words in (
        "Nothing is escalated.",
        "No action is open.",
        "No visit has been written down yet.",
        "No warning is waived.",
    ):
        assert words in page
    for name in ("escalate", "add_action", "record_visit", "ask_waiver"):
        assert reverse(f"returns:{name}", args=[world.submission.uuid]) in page


def test_it_shows_figures_escalations_actions_visits_and_waivers(client, world):
    between = make_dealings(world)

    page = page_of(client, world.reviewer, world)

    assert "Level 3 training" in page.text
    assert page.text.count("<svg") == len(page.context["trends"].series) > 3
    for name, row in vars(between).items():
        if name != "document":
            assert reverse(f"returns:{name}", args=[row.uuid]) in page.text
    assert {kind: found["number"] for kind, found in page.context["sections"].items()} == {
        "actions": 1,
        "escalations": 1,
        "visits": 1,
        "waivers": 1,
    }


def test_the_provider_sees_its_own_and_cannot_escalate_itself(client, world):
    make_dealings(world)

    page = page_of(client, world.lead, world).text

    assert "Contract" in page or "Informal contact" in page
    assert reverse("returns:escalate", args=[world.submission.uuid]) not in page
    assert reverse("returns:record_visit", args=[world.submission.uuid]) not in page


def test_open_queries_stand_there_for_both_sides_and_for_nobody_else(client, world):
    assert "No query is open." in page_of(client, world.reviewer, world).text
    workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
    query = make_query(world)

    for seat in (world.reviewer, world.lead):
        assert reverse("returns:query", args=[query.uuid]) in page_of(client, seat, world).text
    nation = make_seat("NATIONAL_ADMINISTRATOR", make_organisation(kind="OTHER"))
    assert "Open queries" not in page_of(client, nation, world).text


def test_only_a_few_of_each_are_shown_with_their_number(client, world):
    for number in range(8):
        make_action(world, title=f"Action number {number}")
        make_visit(world, report=None)

    page = page_of(client, world.reviewer, world)

    assert page.context["sections"]["actions"]["number"] == 8
    assert page.text.count("Action number") == 5


def test_others_get_404(client, world):
    for seat in (
        make_seat("PREVENT_COMMISSIONER_LEAD", make_commissioner()),
        make_seat("PREVENT_REGIONAL_VIEWER", make_region()),
    ):
        assert page_of(client, seat, world).status_code == 404


def test_it_asks_the_same_number_of_queries_however_much_there_is(client, world):
    def queries():
        page_of(client, world.reviewer, world)
        with CaptureQueriesContext(connection) as found:
            client.get(reverse("returns:one_provider", args=[world.trust.code]))
        return len(found)

    make_dealings(world)
    few = queries()
    for number in range(4):
        make_action(world, title=f"Action {number}")
        make_visit(world, report=None)

    assert queries() == few
