"""What an audit asks of somebody, on their home page, and until when."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.tests.factories import make_region, make_seat, sign_in
from continuity import analyses, audits, needs, sheets
from continuity.tests.audit_factories import (
    AT,
    EXPIRES_ON,
    accept_everything,
    agree,
    client,
    make_audit,
    shared,
    upload,
)
from continuity.tests.test_analyses import sent_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]


def asked(seat, words, at=AT):
    """The titles of the needs of a seat that hold these words."""
    return [need.title for need in needs.of(seat, at) if words in need.title]


def test_who_runs_an_audit_and_who_helps_see_that_a_party_is_silent_until_it_accepts():
    world = make_audit()
    helper = make_seat("CONTINUITY_FACILITATOR", make_region())
    audits.add_party(world.audit, organisation=helper.organisation, part="FACILITATOR", by=world.commissioner, at=AT)
    assert not asked(world.commissioner, "Not every party")

    audits.invite(world.audit, by=world.commissioner, at=AT)

    assert asked(world.commissioner, "Not every party") and asked(helper, "Not every party")
    assert not asked(world.prison, "Not every party") and asked(world.prison, "Accept the audit")
    accept_everything(world)
    assert needs.of(helper, AT) == [] and not asked(world.commissioner, "Not every party")


def test_who_analyses_is_asked_for_the_findings_once_every_sheet_is_in_and_until_they_are_shared():
    world = sent_in()
    assert asked(world.commissioner, "Share the findings") and not asked(world.prison, "Share the findings")

    figures = analyses.ask(world.audit, by=world.commissioner, at=AT)
    analyses.count_waiting(at=AT)
    analyses.share(figures, by=world.commissioner, at=AT)

    assert not asked(world.commissioner, "Share the findings")


def test_an_action_is_asked_for_from_two_weeks_before_its_day_until_it_is_done():
    world = sent_in()
    plan = {"what": "Use secure email.", "owner": world.prison.organisation, "recommendation": 7}
    due_on = AT.date() + timedelta(days=60)
    action = analyses.plan_action(world.audit, **plan, due_on=due_on, by=world.commissioner, at=AT)

    assert not asked(world.prison, "your action", AT + timedelta(days=45))
    assert asked(world.prison, "your action", AT + timedelta(days=46))
    assert not asked(world.north, "your action", AT + timedelta(days=46))
    analyses.report_progress(action, status="DONE", progress="We do.", by=world.prison, at=AT)
    assert not asked(world.prison, "your action", AT + timedelta(days=70))


def test_a_prison_is_asked_for_its_extract_once_everybody_has_accepted_and_then_to_share_it():
    world = make_audit()
    audits.invite(world.audit, by=world.commissioner, at=AT)
    assert not asked(world.prison, "Upload your extract")

    agree(accept_everything(world))
    assert asked(world.prison, "Upload your extract") and not asked(world.north, "Upload your extract")

    upload(world, [client(world.pair_north.area), client(world.pair_north.area, P24="No")])
    assert not asked(world.prison, "Upload your extract")
    assert asked(world.prison, "Share the sheets") and not asked(world.north, "Share the sheets")

    sheets.release(world.pair_north, expires_on=EXPIRES_ON, by=world.prison, at=AT)
    assert not asked(world.prison, "Share the sheets")


def home_of(client, seat):
    return sign_in(client, seat).get(reverse("home")).content.decode()


def test_nobody_waits_for_a_sheet_that_was_recalled(client):
    world = shared()
    sheet = world.sheet_north
    page = reverse("returns:return", args=[sheet.submission.uuid])
    assert page in home_of(client, world.north)

    sheets.recall(sheet, reason="Wrong area.", by=world.prison, at=AT)

    for seat in (world.north, world.prison, world.commissioner):
        assert page not in home_of(client, seat)
