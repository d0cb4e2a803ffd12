"""What a live referral answers of the next audit, and which referral belongs to which transfer."""

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import sign_in
from continuity import columns, referrals
from continuity.models import Referral, Sheet
from continuity.referral_answers import answers_from_referral, clashes, referral_of, with_rows
from continuity.tests.audit_factories import shared
from continuity.tests.factories import (
    NOW,
    PERSON,
    WHOLE,
    for_the_system,
    make_area,
    make_prison,
    make_referral,
    make_spoc,
    make_spoc_entry,
)
from continuity.windows import countdowns

RELEASED = date(2026, 3, 2)


@pytest.fixture
def pathway(db):
    prison, spoc, area = make_prison(), make_spoc(), make_area()
    make_spoc_entry(spoc, areas=[area])
    with for_the_system():
        yield prison, spoc, area


def answers(referral):
    referral.refresh_from_db()
    return answers_from_referral(with_rows(referral))


def test_a_whole_pathway_answers_what_the_audit_asks(pathway):
    prison, spoc, _ = pathway
    referral = make_referral(*pathway)
    later = NOW + timedelta(days=20)
    for kind, by, on in (("TELEPHONE", "FAMILY", date(2026, 3, 1)), ("VISIT", "PEER", date(2026, 2, 27))):
        referrals.record_contact(referral, kind=kind, contact_by=by, on=on, by=spoc, at=NOW)
    referrals.change_release(referral, "RELEASED", RELEASED, by=prison, at=NOW)
    given = {
        "with_whom": "TREATMENT",
        "on": date(2026, 3, 5),
        "time": time(10),
        "place": "",
        "made_by": "PRISON",
        "told_client": "YES",
    }
    row = referrals.record_appointment(referral, **given, by=prison, at=NOW)
    referrals.record_outcome(referral, row.pk, outcome="DNA", attended_on=None, by=spoc, at=later)
    for method in ("TEXT", "TELEPHONE", "TEXT"):
        referrals.record_follow_up(referral, method=method, on=date(2026, 3, 6), by=spoc, at=later)

    assert answers(referral) == {
        "C01": "YES",
        "C02": RELEASED,
        "C03": "SECURE_SYSTEM",
        "C04": "YES",
        "C05": "YES",
        "C07": "YES",
        "C08": date(2026, 3, 20),
        "C09": RELEASED,
        "C10": "YES",
        "C11": "YES",
        "C12": "YES",
        "C13": "YES",
        "C14": "NO",
        "C15": "NO",
        "C16": "NPS",
        "C17": ("VISIT", "TELEPHONE"),
        "C18": date(2026, 2, 27),
        "C19": "PEER",
        "C20": "APPOINTMENT",
        "C21": date(2026, 3, 5),
        "C22": "PRISON",
        "C23": "YES",
        "C24": "DNA",
        "C26": "YES",
        "C27": ("TELEPHONE", "TEXT"),
        "C28": 3,
    }


def test_every_answer_is_one_that_its_column_takes_and_is_asked_for(pathway):
    referral = make_referral(*pathway)
    referrals.change_release(referral, "COURT", RELEASED, by=pathway[0], at=NOW)

    found = answers(referral)

    for name, answer in found.items():
        column = columns.COLUMNS[name]
        assert column.is_asked(found), name
        assert columns.read(column, columns.shown(column, answer)) == answer


def test_what_was_sent_and_never_received_answers_that_alone(pathway):
    referral = make_referral(*pathway, until="sent")
    referrals.change_release(referral, "RELEASED", RELEASED, by=pathway[0], at=NOW + timedelta(hours=2))

    assert answers(referral) == {"C01": "NO", "C09": RELEASED, "C17": ("NONE",)}


def test_before_release_nobody_says_that_there_was_no_contact_and_no_appointment(pathway):
    found = answers(make_referral(*pathway))

    assert not {"C17", "C20"} & set(found)


@pytest.mark.parametrize(
    ("changes", "column", "answer"),
    [
        ({"abode": "NO_FIXED_ABODE"}, "C10", "NO_FIXED_ABODE"),
        ({"address": "", "phone": ""}, "C10", "NO"),
        ({"drug_1": ""}, "C11", "NO"),
        ({"treatment": []}, "C12", "NO"),
        ({"expected_release_on": None}, "C07", "NO"),
        ({"mental_health": "NOT_KNOWN"}, "C13", "NOT_KNOWN"),
    ],
)
def test_what_the_form_does_not_tell_is_answered_so(pathway, changes, column, answer):
    assert answers(make_referral(*pathway, answers=WHOLE | changes))[column] == answer


def test_what_was_said_stays_said_after_the_purge(pathway):
    referral = make_referral(*pathway)
    before = answers(referral)

    referrals.purge_due(at=NOW + timedelta(days=400))

    assert answers(referral) == before


def appointment(with_whom, on=RELEASED, at=time(10), outcome=""):
    is_of_the_service = with_whom in ("TREATMENT", "DROP_IN")
    return SimpleNamespace(with_whom=with_whom, on=on, time=at, outcome=outcome, is_of_the_service=is_of_the_service)


@pytest.mark.parametrize(
    ("other", "number"),
    [
        (appointment("PROBATION", at=time(11, 29)), 1),
        (appointment("PROBATION", at=time(11, 30)), 0),
        (appointment("RESETTLEMENT", at=time(8, 31)), 1),
        (appointment("RESETTLEMENT", at=None), 1),
        (appointment("PROBATION", on=RELEASED + timedelta(days=1)), 0),
        (appointment("DROP_IN"), 0),
    ],
)
def test_appointments_clash_within_ninety_minutes_of_each_other(other, number):
    assert len(clashes([appointment("TREATMENT"), other])) == number


def test_what_has_taken_place_clashes_no_more():
    assert not clashes([appointment("TREATMENT", outcome="ATTENDED"), appointment("PROBATION")])


def who(**changes):
    return {
        "first_name": "ROBERT",
        "surname": "Nightshade",
        "date_of_birth": date(1990, 5, 17),
        "sex": "MALE",
        "client_reference": "z9876zz",
    } | changes


@pytest.mark.parametrize(
    ("person", "exit_on", "is_found"),
    [
        (who(), date(2026, 3, 20), True),
        (who(first_name="Bob", surname="X"), date(2026, 3, 20), True),
        (who(client_reference=""), date(2026, 3, 27), True),
        (who(client_reference="", first_name="Bob"), date(2026, 3, 20), False),
        (who(client_reference="A0000AA"), date(2026, 3, 20), False),
        (who(), date(2026, 3, 28), False),
    ],
)
def test_a_transfer_finds_its_referral_by_number_or_attributors_and_date(pathway, person, exit_on, is_found):
    prison, spoc, _ = pathway
    referral = make_referral(*pathway)

    found = referral_of(
        prison_id=prison.organisation_id, service_id=spoc.organisation_id, person=person, exit_on=exit_on
    )

    assert found == (referral if is_found else None)


def test_a_referral_of_other_providers_is_never_found(pathway):
    prison, spoc, _ = pathway
    make_referral(*pathway, answers=WHOLE | PERSON)

    for ids in (
        (make_prison().organisation_id, spoc.organisation_id),
        (prison.organisation_id, make_spoc().organisation_id),
    ):
        assert referral_of(prison_id=ids[0], service_id=ids[1], person=who(), exit_on=date(2026, 3, 20)) is None


@pytest.mark.parametrize(
    ("today", "treatment", "top"),
    [
        (date(2026, 3, 2), "21 days left", "opens in 28 days"),
        (date(2026, 3, 22), "1 day left", "opens in 8 days"),
        (date(2026, 3, 23), "today is the last day", "opens in 7 days"),
        (date(2026, 3, 24), "closed", "opens in 6 days"),
        (date(2026, 3, 30), "closed", "28 days left"),
        (date(2026, 4, 27), "closed", "today is the last day"),
        (date(2026, 4, 28), "closed", "closed"),
    ],
)
def test_the_windows_count_down_and_include_their_last_day(today, treatment, top):
    assert [item.said(today) for item in countdowns(RELEASED, today)] == [treatment, top]


def test_a_row_of_the_audit_that_nobody_answered_begins_with_what_the_live_referral_tells(db, client):
    with for_the_system():
        world = shared(north=2, south=1)
        Sheet.objects.update(expires_on=timezone.localdate() + timedelta(days=1))
        row, other = Referral.objects.filter(sheet=world.sheet_north).order_by("position")
        told = WHOLE | {"prison_number": row.identity.client_reference, "expected_release_on": date(2025, 9, 15)}
        at = datetime(2025, 9, 1, 10, tzinfo=UTC)
        live = make_referral(world.prison, world.north, world.pair_north.area, at=at, answers=told)
        sign_in(client, world.north)
        sheet = world.sheet_north.submission.uuid

        page, without = (client.get(reverse("audits:row", args=[sheet, item.uuid])) for item in (row, other))

    assert f"the live referral {live.reference}" in page.text
    assert page.context["form"]["C01"].initial == "YES" and page.context["form"]["C02"].initial == at.date()
    assert "live referral" not in without.text and without.context["form"]["C01"].initial == ""
    assert Referral.objects.get(pk=row.pk).answers == {}
