"""What a live referral answers of the next audit, and which referral belongs to which transfer."""

from datetime import date, time, timedelta
from types import SimpleNamespace

import pytest

from continuity import columns, referrals
from continuity.measures import Analysis
from continuity.referral_answers import answers_from_referral, clashes, with_rows
from continuity.tests.audits_made import checked
from continuity.tests.audits_made import referral as in_an_audit
from continuity.tests.factories import (
    NOW,
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
    for hour, method in enumerate(("TEXT", "TELEPHONE", "TEXT")):
        at = later + timedelta(hours=hour)
        referrals.record_follow_up(referral, method=method, on=date(2026, 3, 6), by=spoc, at=at)

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


# More than one appointment


def appointments(referral, prison, spoc, *outcomes, made_by="COMMUNITY"):
    """One appointment of the service a week after the other, each with its outcome and the day of attendance."""
    referrals.change_release(referral, "RELEASED", RELEASED, by=prison, at=NOW)
    for week, (outcome, attended_on) in enumerate(outcomes):
        given = {"with_whom": "TREATMENT", "on": date(2026, 3, 5) + timedelta(weeks=week), "time": None, "place": ""}
        row = referrals.record_appointment(
            referral, **given, made_by=made_by, told_client="YES", by=spoc, at=NOW + timedelta(weeks=week)
        )
        if outcome:
            at = NOW + timedelta(weeks=9)
            referrals.record_outcome(referral, row.pk, outcome=outcome, attended_on=attended_on, by=spoc, at=at)


MISSED, CAME = ("DNA", None), ("ATTENDED", date(2026, 3, 12))
CALLED = {"C26": "YES", "C27": ("TELEPHONE",), "C28": 1}


@pytest.mark.parametrize(
    ("outcomes", "calls", "told"),
    [
        ([MISSED, CAME], 1, {"C21": date(2026, 3, 5), "C24": "DNA", "C25": date(2026, 3, 12)} | CALLED),
        ([MISSED, CAME], 0, {"C24": "DNA", "C25": date(2026, 3, 12), "C26": "YES"}),
        ([MISSED], 0, {"C24": "DNA"}),
        ([("DNA", date(2026, 3, 9))], 1, {"C24": "DNA", "C25": date(2026, 3, 9)} | CALLED),
        ([("ATTENDED_LATER", date(2026, 3, 9))], 1, {"C24": "DNA", "C25": date(2026, 3, 9)} | CALLED),
        ([("ATTENDED_LATER", date(2026, 3, 9))], 0, {"C24": "ATTENDED_LATER", "C25": date(2026, 3, 9)}),
        ([("CANCELLED", None), CAME], 0, {"C21": date(2026, 3, 12), "C24": "ATTENDED", "C25": date(2026, 3, 12)}),
        ([("CANCELLED", None), ("", None)], 0, {"C21": date(2026, 3, 12)}),
        ([("CANCELLED", None)], 0, {"C24": "CANCELLED"}),
        ([("", None), CAME], 0, {"C21": date(2026, 3, 12), "C24": "ATTENDED", "C25": date(2026, 3, 12)}),
        ([("ATTENDED", date(2026, 3, 5)), MISSED], 0, {"C24": "ATTENDED", "C25": date(2026, 3, 5)}),
    ],
)
def test_all_appointments_are_read_in_their_order(pathway, outcomes, calls, told):
    referral = make_referral(*pathway)
    appointments(referral, *pathway[:2], *outcomes)
    for _ in range(calls):
        at = NOW + timedelta(weeks=9)
        referrals.record_follow_up(referral, method="TELEPHONE", on=date(2026, 3, 6), by=pathway[1], at=at)

    found = answers(referral)

    asked = ("C24", "C25", "C26", "C27", "C28", "C29")
    assert {id: found[id] for id in {*asked, *told} if id in found} == told


def test_somebody_who_made_a_new_appointment_themselves_was_not_followed_up_by_it(pathway):
    referral = make_referral(*pathway)
    appointments(referral, *pathway[:2], MISSED, CAME, made_by="CLIENT")

    assert "C26" not in answers(referral)


def test_who_missed_and_came_after_a_follow_up_stays_in_the_funnel(pathway):
    referral = make_referral(*pathway)
    appointments(referral, *pathway[:2], MISSED, CAME)
    told = {id: columns.shown(columns.COLUMNS[id], answer) for id, answer in answers(referral).items()}

    found = Analysis(checked(in_an_audit(**told)))

    assert found.r.attended.tolist() == [True]
    assert [found.measures[id].numerator for id in ("M16", "M17")] == [1, 1]


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
