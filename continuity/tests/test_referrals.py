"""The live referral: from the prison's draft to the follow-up, between two parties and nobody else."""

from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.row_security import acting_for, as_system
from accounts.tests.factories import sign_in
from continuity import needs, protocols, referral_form, referrals
from continuity.models import LivePerson, LiveReferral, ReferralAppointment
from continuity.tests.factories import (
    NOW,
    PERSON,
    WHOLE,
    fill,
    for_the_system,
    make_area,
    make_prison,
    make_protocol,
    make_referral,
    make_spoc,
    make_spoc_entry,
    terms,
)
from journal.models import Event, Notice
from journal.refused import Refused
from returns import periodic
from returns.templatetags.answers import moment

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def pathway():
    """A prison, the service of an area, and the area; the test's own transaction sees every person."""
    prison, spoc, area = make_prison(), make_spoc(), make_area()
    make_spoc_entry(spoc, areas=[area])
    with for_the_system():
        yield prison, spoc, area


def told(seat):
    return list(Notice.objects.filter(person_id=seat.person_id).order_by("id").values_list("subject", flat=True))


def acts_of(referral):
    rows = Event.objects.filter(subject_type="live referral", subject_id=str(referral.uuid)).order_by("id")
    return list(rows.values_list("act", flat=True))


# Written and sent


def test_a_referral_is_sent_received_and_acknowledged_and_each_time_is_kept(pathway):
    prison, spoc, _ = pathway

    referral = make_referral(*pathway)

    assert (referral.sent_at, referral.received_at, referral.acknowledged_at) == (
        NOW + HOUR,
        NOW + 2 * HOUR,
        NOW + 3 * HOUR,
    )
    assert (referral.sent_by, referral.received_by) == (prison.person, spoc.person)
    assert told(spoc) == [f"Referral {referral.reference} has arrived"]
    assert told(prison) == [f"Referral {referral.reference} was acknowledged"]
    assert [act for act in acts_of(referral) if act != "referral saved"] == [
        "referral begun",
        "referral sent",
        "referral received",
        "referral acknowledged",
    ]


def test_acknowledging_at_once_is_receiving_as_well(pathway):
    referral = make_referral(*pathway, until="sent")

    referral = referrals.acknowledge(referral, appropriate="NO", why_not="WRONG_AREA", by=pathway[1], at=NOW + 5 * HOUR)

    assert referral.received_at == referral.acknowledged_at == NOW + 5 * HOUR
    assert referral.not_appropriate == "WRONG_AREA"


@pytest.mark.parametrize("lacking", ["first_name", "surname", "date_of_birth", "sex", "consent"])
def test_without_consent_and_the_attributors_nothing_is_sent(pathway, lacking):
    referral = make_referral(
        *pathway, until="draft", answers={key: value for key, value in WHOLE.items() if key != lacking}
    )

    with pytest.raises(Refused, match="cannot be sent yet"):
        referrals.send(referral, by=pathway[0], at=NOW)

    assert LiveReferral.objects.get().is_draft


def test_the_database_itself_lets_nothing_be_sent_without_consent(pathway):
    referral = make_referral(*pathway, until="draft", answers={})

    with pytest.raises(IntegrityError):
        LiveReferral.objects.filter(pk=referral.pk).update(status="SENT", sent_at=NOW, sent_by=pathway[0].person)


def test_nobody_overwrites_what_a_colleague_saved_since(pathway):
    referral = make_referral(*pathway, until="draft", answers=PERSON)

    with pytest.raises(Refused, match="Somebody has changed this referral"):
        referrals.save_section(
            referral, referral_form.BY_SLUG["person"], {"first_name": "Other"}, revision=0, by=pathway[0], at=NOW
        )


def test_the_service_is_told_when_a_sent_referral_changes(pathway):
    prison, spoc, _ = pathway
    referral = make_referral(*pathway, until="sent")

    fill(referral, prison, phone="01632 960010")

    assert told(spoc)[-1] == f"Referral {referral.reference} has changed"
    assert Event.objects.filter(act="referral saved").last().detail == {"section": "release", "fields": ["phone"]}


def test_consent_that_was_given_cannot_be_unticked(pathway):
    referral = make_referral(*pathway, until="sent")

    with pytest.raises(Refused, match="withdraw the referral"):
        fill(referral, pathway[0], consent="NO")


def test_no_event_and_no_message_holds_an_answer(pathway):
    prison, spoc, _ = pathway
    referral = make_referral(*pathway)
    referrals.change_release(referral, "COURT", NOW.date(), by=prison, at=NOW + 4 * HOUR)

    written = str(list(Event.objects.values_list("detail", flat=True)))
    written += str(list(Notice.objects.values_list("subject", "body", "link")))

    for answer in ("Nightshade", "Robert", "Bob", "Z9876ZZ", "1990", "Foxglove", "heroin", "HEROIN", "960009"):
        assert answer not in written


@pytest.mark.parametrize("on", [date(2016, 3, 20), date(2062, 3, 20)])
def test_a_release_in_a_year_that_nobody_means_is_not_kept(pathway, on):
    referral = make_referral(*pathway, until="draft")

    with pytest.raises(Refused, match="Check the year"):
        fill(referral, pathway[0], expected_release_on=on)

    assert LiveReferral.objects.get().expected_release_on == date(2026, 3, 20)


def test_no_edit_lets_the_person_be_removed_within_a_week(pathway):
    """The day of release can be mistyped: there is time to see it, and to correct it."""
    prison, referral = pathway[0], make_referral(*pathway)
    late = NOW + 70 * DAY
    referrals.change_release(referral, "RELEASED", date(2026, 1, 20), by=prison, at=late)

    assert referrals.purge_due(at=late + 6 * DAY) == 0
    referrals.correct_release(referral, "RELEASED", late.date() - DAY, "WRONG_DAY", by=prison, at=late + 6 * DAY)
    assert LiveReferral.objects.get().purge_on == late.date() + 85 * DAY


@pytest.mark.parametrize("year", [2030, 2020])
def test_nobody_in_prison_was_born_lately(client, pathway, year):
    referral = make_referral(*pathway, until="draft", answers={})
    born = {"date_of_birth_day": 31, "date_of_birth_month": 12, "date_of_birth_year": year}

    page = sign_in(client, pathway[0]).post(
        reverse("continuity:referral_section", args=[referral.uuid, "person"]), born | {"revision": 0}
    )

    assert "younger than ten" in page.text
    assert LivePerson.objects.get().date_of_birth is None


# The release changes


@pytest.mark.parametrize(
    ("kind", "on", "said"),
    [
        ("DATE", date(2026, 3, 25), "has a new expected release date"),
        ("COURT", date(2026, 3, 2), "is urgent: the person was released from court"),
        ("RELEASED", date(2026, 3, 2), "concerns somebody who has been released"),
        ("UNPLANNED", date(2026, 3, 2), "is urgent: the person was released unplanned"),
    ],
)
def test_the_service_is_told_of_a_change_at_once_and_both_times_are_kept(pathway, kind, on, said):
    prison, spoc, _ = pathway
    referral = make_referral(*pathway)
    assert needs.of(spoc, NOW + 4 * HOUR) == []

    change = referrals.change_release(referral, kind, on, by=prison, at=NOW + 4 * HOUR)

    assert told(spoc)[-1] == f"Referral {referral.reference} {said}"
    assert needs.of(spoc, NOW + 4 * HOUR)[0].words == "Acknowledge"
    assert (change.before, change.after, change.told_at) == (date(2026, 3, 20), on, NOW + 4 * HOUR)

    referrals.acknowledge_changes(referral, by=spoc, at=NOW + 5 * HOUR)

    change.refresh_from_db()
    assert (change.acknowledged_at, change.acknowledged_by) == (NOW + 5 * HOUR, spoc.person)
    assert "the service knows of" in told(prison)[-1]


def test_a_release_from_court_marks_the_referral(pathway):
    referral = make_referral(*pathway)

    referrals.change_release(referral, "COURT", NOW.date(), by=pathway[0], at=NOW + 4 * HOUR)

    referral.refresh_from_db()
    assert (referral.released_on, referral.release_type) == (NOW.date(), "COURT")
    assert referral.expected_release_on == date(2026, 3, 20)


@pytest.mark.parametrize(
    ("kind", "on", "sentence"),
    [
        ("DATE", date(2026, 3, 20), "knows already"),
        ("DATE", date(2026, 3, 1), "lies behind"),
        ("DATE", date(2036, 3, 20), "five years ahead"),
        ("RELEASED", date(2025, 3, 2), "Check the year"),
        ("COURT", date(2026, 3, 3), "cannot lie ahead"),
        ("RELEASED", date(2030, 1, 1), "cannot lie ahead"),
    ],
)
def test_a_change_that_cannot_be_is_refused(pathway, kind, on, sentence):
    referral = make_referral(*pathway)

    with pytest.raises(Refused, match=sentence):
        referrals.change_release(referral, kind, on, by=pathway[0], at=NOW)


def test_a_release_is_recorded_once(pathway):
    referral = make_referral(*pathway)
    referrals.change_release(referral, "RELEASED", NOW.date(), by=pathway[0], at=NOW)

    with pytest.raises(Refused, match="recorded already"):
        referrals.change_release(referral, "COURT", NOW.date(), by=pathway[0], at=NOW)


def test_a_release_that_is_neither_planned_nor_from_court_is_unplanned(pathway):
    referral = make_referral(*pathway)

    referrals.change_release(referral, "UNPLANNED", NOW.date(), by=pathway[0], at=NOW)

    assert LiveReferral.objects.get().get_release_type_display() == "Unplanned other"


@pytest.mark.parametrize(
    ("kind", "on", "reason", "release_type", "gone_after"),
    [
        ("NOT_RELEASED", None, "DID_NOT_HAPPEN", "", date(2026, 3, 20)),
        ("RELEASED", date(2026, 3, 1), "WRONG_KIND", "PLANNED", date(2026, 3, 1)),
        ("COURT", date(2026, 2, 27), "WRONG_DAY", "COURT", date(2026, 2, 27)),
    ],
)
def test_a_mistaken_release_is_corrected_and_both_stay_in_the_history(
    pathway, kind, on, reason, release_type, gone_after
):
    prison, spoc, _ = pathway
    referral = make_referral(*pathway)
    mistake = referrals.change_release(referral, "COURT", NOW.date(), by=prison, at=NOW + 4 * HOUR)
    referrals.acknowledge_changes(referral, by=spoc, at=NOW + 5 * HOUR)

    correction = referrals.correct_release(referral, kind, on, reason, by=prison, at=NOW + 6 * HOUR)

    referral = LiveReferral.objects.get()
    assert (referral.released_on, referral.release_type) == (on, release_type)
    assert referral.purge_on == gone_after + 86 * DAY
    assert list(referral.release_changes.order_by("pk")) == [mistake, correction]
    assert (correction.before, correction.after, correction.reason) == (NOW.date(), on, reason)
    assert "has a correction of the release" in told(spoc)[-1]
    assert needs.of(spoc, NOW + 6 * HOUR)[0].words == "Acknowledge"


def test_after_a_correction_the_release_can_be_recorded_again(pathway):
    prison, referral = pathway[0], make_referral(*pathway)
    referrals.change_release(referral, "COURT", NOW.date(), by=prison, at=NOW)
    referrals.correct_release(referral, "NOT_RELEASED", None, "WRONG_REFERRAL", by=prison, at=NOW + HOUR)

    referrals.change_release(referral, "RELEASED", NOW.date(), by=prison, at=NOW + 2 * HOUR)

    assert LiveReferral.objects.get().release_type == "PLANNED"


def test_a_correction_needs_a_release_and_a_difference(pathway):
    prison, referral = pathway[0], make_referral(*pathway)
    with pytest.raises(Refused, match="nothing to correct"):
        referrals.correct_release(referral, "COURT", NOW.date(), "WRONG_DAY", by=prison, at=NOW)
    referrals.change_release(referral, "COURT", NOW.date(), by=prison, at=NOW)

    with pytest.raises(Refused, match="recorded already"):
        referrals.correct_release(referral, "COURT", NOW.date(), "WRONG_DAY", by=prison, at=NOW)
    with pytest.raises(Refused, match="cannot lie ahead"):
        referrals.correct_release(referral, "COURT", NOW.date() + DAY, "WRONG_DAY", by=prison, at=NOW)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"kind": "NOT_RELEASED"}, "Choose what was wrong."),
        ({"kind": "COURT", "reason": "WRONG_DAY"}, "Enter the day of release."),
        (
            {"kind": "NOT_RELEASED", "reason": "WRONG_DAY", "on_day": 2, "on_month": 3, "on_year": 2026},
            "Leave this empty",
        ),
    ],
)
def test_a_correction_says_what_is_right_and_what_was_wrong(client, pathway, given, sentence):
    prison, referral = pathway[0], make_referral(*pathway)
    referrals.change_release(referral, "COURT", NOW.date(), by=prison, at=NOW)

    page = sign_in(client, prison).post(reverse("continuity:correct_release", args=[referral.uuid]), given)

    assert sentence in page.text
    assert LiveReferral.objects.get().release_type == "COURT"


# Before release, appointments, attendance, follow-up


def an_appointment(**changes):
    return {
        "with_whom": "TREATMENT",
        "on": date(2026, 3, 23),
        "time": time(10),
        "place": "",
        "made_by": "COMMUNITY",
        "told_client": "YES",
    } | changes


def test_a_new_appointment_is_told_to_the_other_side(pathway):
    prison, spoc, _ = pathway
    referral = make_referral(*pathway)

    referrals.record_appointment(referral, **an_appointment(), by=spoc, at=NOW)
    referrals.record_appointment(referral, **an_appointment(with_whom="PROBATION"), by=prison, at=NOW)

    assert "has a new appointment" in told(prison)[-1] and "has a new appointment" in told(spoc)[-1]


def a_missed_one(referral, spoc):
    """The person missed an appointment of the service today."""
    row = referrals.record_appointment(referral, **an_appointment(on=NOW.date()), by=spoc, at=NOW)
    return referrals.record_outcome(referral, row.pk, outcome="DNA", attended_on=None, by=spoc, at=NOW)


def test_what_has_happened_cannot_lie_ahead(pathway):
    referral = make_referral(*pathway)
    a_missed_one(referral, pathway[1])
    tomorrow = NOW.date() + DAY

    with pytest.raises(Refused, match="cannot lie ahead"):
        referrals.record_contact(referral, kind="VISIT", contact_by="PEER", on=tomorrow, by=pathway[1], at=NOW)
    with pytest.raises(Refused, match="cannot lie ahead"):
        referrals.record_follow_up(referral, method="TEXT", on=tomorrow, by=pathway[1], at=NOW)


def test_a_contact_after_release_is_none_before_release(pathway):
    referral = make_referral(*pathway)
    referrals.change_release(referral, "RELEASED", NOW.date() - DAY, by=pathway[0], at=NOW)

    with pytest.raises(Refused, match="after release"):
        referrals.record_contact(referral, kind="VISIT", contact_by="SPOC", on=NOW.date(), by=pathway[1], at=NOW)


def test_an_appointment_with_an_outcome_stays(pathway):
    referral = make_referral(*pathway)
    row = referrals.record_appointment(referral, **an_appointment(), by=pathway[1], at=NOW)
    at = NOW + 30 * DAY
    referrals.record_outcome(referral, row.pk, outcome="DNA", attended_on=None, by=pathway[1], at=at)

    with pytest.raises(Refused, match="It stays"):
        referrals.remove_appointment(referral, row.pk, by=pathway[1], at=at)


def test_a_follow_up_takes_the_place_of_the_reason_for_none(pathway):
    referral = make_referral(*pathway)
    a_missed_one(referral, pathway[1])
    referrals.say_not_followed_up(referral, why="NO_PROCESS", by=pathway[1], at=NOW)

    referrals.record_follow_up(referral, method="TEXT", on=NOW.date(), by=pathway[1], at=NOW)

    assert LiveReferral.objects.get().not_followed_up == ""
    with pytest.raises(Refused):
        referrals.say_not_followed_up(referral, why="NO_PROCESS", by=pathway[1], at=NOW)


@pytest.mark.parametrize(
    ("act", "given", "sentence"),
    [
        ("record_contact", {"kind": "VISIT", "contact_by": "PEER", "on": date(1905, 3, 1)}, "Check the year"),
        ("record_appointment", {"on": date(2099, 3, 1)}, "Check the year"),
        ("record_appointment", {"on": date(2016, 3, 1)}, "day of release or later"),
        ("record_appointment", {"on": date(2026, 2, 28)}, "day of release or later"),
        ("record_follow_up", {"method": "TEXT", "on": date(2026, 3, 1)}, "missed on 2 March 2026"),
        ("record_outcome", {"outcome": "ATTENDED_LATER", "attended_on": date(2026, 2, 28)}, "before their release"),
        ("record_outcome", {"outcome": "DNA", "attended_on": date(2026, 3, 2)}, "on a later day only"),
    ],
)
def test_a_day_that_cannot_be_is_refused(pathway, act, given, sentence):
    prison, spoc, _ = pathway
    referral = make_referral(*pathway)
    referrals.change_release(referral, "RELEASED", NOW.date() - DAY, by=prison, at=NOW)
    missed = a_missed_one(referral, spoc)
    place = [missed.pk] if act == "record_outcome" else []
    given = an_appointment(**given) if act == "record_appointment" else given

    with pytest.raises(Refused, match=sentence):
        getattr(referrals, act)(referral, *place, **given, by=spoc, at=NOW)


def test_an_appointment_that_is_still_to_come_was_neither_kept_nor_missed(pathway):
    referral = make_referral(*pathway)
    row = referrals.record_appointment(referral, **an_appointment(), by=pathway[1], at=NOW)

    with pytest.raises(Refused, match="still to come"):
        referrals.record_outcome(referral, row.pk, outcome="DNA", attended_on=None, by=pathway[1], at=NOW)


def test_there_is_no_follow_up_where_nobody_missed_anything(pathway):
    referral = make_referral(*pathway)

    with pytest.raises(Refused, match="No missed appointment"):
        referrals.record_follow_up(referral, method="TEXT", on=NOW.date(), by=pathway[1], at=NOW)
    with pytest.raises(Refused, match="No missed appointment"):
        referrals.say_not_followed_up(referral, why="NO_PROCESS", by=pathway[1], at=NOW)


def test_a_button_pressed_twice_records_one_line(pathway):
    spoc, referral = pathway[1], make_referral(*pathway)
    a_missed_one(referral, spoc)
    for at in (NOW, NOW + timedelta(seconds=2)):
        referrals.record_appointment(referral, **an_appointment(), by=spoc, at=at)
        referrals.record_contact(referral, kind="VISIT", contact_by="PEER", on=NOW.date(), by=spoc, at=at)
        referrals.record_follow_up(referral, method="TEXT", on=NOW.date(), by=spoc, at=at)

    assert referral.appointments.filter(outcome="").count() == 1
    assert (referral.contacts.count(), referral.follow_ups.count()) == (1, 1)
    assert acts_of(referral).count("appointment recorded") == 2  # with the missed one


def test_two_attempts_of_one_day_are_two(pathway):
    spoc, referral = pathway[1], make_referral(*pathway)
    a_missed_one(referral, spoc)
    for at in (NOW, NOW + HOUR):
        referrals.record_follow_up(referral, method="TEXT", on=NOW.date(), by=spoc, at=at)

    assert referral.follow_ups.count() == 2


def test_what_was_recorded_by_mistake_is_removed_and_leaves_an_event(client, pathway):
    spoc, referral = pathway[1], make_referral(*pathway)
    a_missed_one(referral, spoc)
    contact = referrals.record_contact(referral, kind="VISIT", contact_by="PEER", on=NOW.date(), by=spoc, at=NOW)
    call = referrals.record_follow_up(referral, method="TEXT", on=NOW.date(), by=spoc, at=NOW)
    sign_in(client, spoc)

    for name, row in (("remove_contact", contact), ("remove_follow_up", call)):
        address = reverse(f"continuity:{name}", args=[referral.uuid, row.pk])
        assert "removed." in client.post(address, follow=True).text
        assert "removed already" in client.post(address, follow=True).text

    assert not referral.contacts.exists() and not referral.follow_ups.exists()
    assert [act for act in acts_of(referral) if "removed" in act] == [
        "contact before release removed",
        "follow-up removed",
    ]


# What needs the service


def test_the_home_page_names_the_urgent_ones_first_and_says_how_many_more_there_are(client, pathway):
    prison, spoc, _ = pathway
    for number in range(12):
        referral = make_referral(*pathway)
        kind, on = ("COURT", NOW.date()) if number == 11 else ("DATE", date(2026, 3, 25))
        referrals.change_release(referral, kind, on, by=prison, at=NOW + 4 * HOUR)

    *lines, more = needs.of(spoc, NOW + 4 * HOUR)

    assert len(lines) == 10 and lines[0].title.endswith("released from court")
    assert more.title == "And 2 more: changes to acknowledge"
    listed = sign_in(client, spoc).get(more.url)
    assert listed.status_code == 200 and listed.context["page"].paginator.count == 12
    referrals.acknowledge_changes(referral, by=spoc, at=NOW + 5 * HOUR)
    assert client.get(more.url).context["page"].paginator.count == 11


# Measured against the protocol


def test_referrals_are_measured_against_the_protocol(pathway):
    prison, spoc, area = pathway
    protocol = make_protocol(*pathway, agreed=True, acknowledge_days=1)
    make_referral(*pathway)
    late = make_referral(*pathway, until="sent", answers=PERSON)
    referrals.acknowledge(late, appropriate="YES", why_not="", by=spoc, at=NOW + 2 * DAY)
    overdue = make_referral(*pathway, until="sent")

    found = referrals.measured(protocol, NOW + 3 * DAY)

    assert found == {"sent": 3, "in_time": 1, "late": 2, "overdue": 1, "complete": 2}
    assert referrals.missing_content(late)[:2] == ["Substance misuse needs", "Treatment received in prison"]
    assert referrals.acknowledged_by(overdue) == date(2026, 3, 3)


def test_the_last_day_counts_working_days(pathway):
    friday = NOW + 4 * DAY
    make_protocol(*pathway, agreed=True, acknowledge_days=2)

    referral = make_referral(*pathway, at=friday, until="sent")

    assert referrals.acknowledged_by(referral) == date(2026, 3, 10)


def test_a_changed_protocol_leaves_earlier_referrals_under_the_terms_they_were_sent_under(pathway):
    prison, spoc, _ = pathway
    protocol = make_protocol(*pathway, agreed=True, acknowledge_days=1)
    early = make_referral(*pathway, until="sent")
    changed = terms(acknowledge_days=5, minimum_content=["RESETTLEMENT"])
    protocol = protocols.change(protocol, changed, revision=1, by=prison, at=NOW + DAY)
    between = make_referral(*pathway, at=NOW + DAY, until="sent")
    assert referrals.measured(protocol, NOW + 3 * DAY)["sent"] == 1
    protocol = protocols.agree(protocol, revision=2, by=spoc, at=NOW + 2 * DAY)
    late = make_referral(*pathway, at=NOW + 2 * DAY, until="sent")

    assert [referrals.acknowledged_by(row) for row in (early, between, late)] == [
        date(2026, 3, 3),
        None,
        date(2026, 3, 11),
    ]
    assert referrals.measured(protocol, NOW + 3 * DAY) == {
        "sent": 2, "in_time": 0, "late": 1, "overdue": 1, "complete": 1
    }  # fmt: skip


def test_whom_to_ask_has_no_ordinary_mailbox(client, pathway):
    referral = make_referral(*pathway, until="draft", answers={})

    page = sign_in(client, pathway[0]).post(
        reverse("continuity:referral_section", args=[referral.uuid, "sender"]),
        {"worker_email": "somebody@gmail.com", "revision": 0},
    )

    assert "This is an ordinary mailbox." in page.text and LivePerson.objects.get().worker_email == ""


# Two parties, and nobody else


def test_only_the_two_parties_know_of_a_referral_and_the_service_not_before_it_is_sent(pathway):
    prison, spoc, _ = pathway
    draft, sent = make_referral(*pathway, until="draft"), make_referral(*pathway, until="sent")

    assert set(LiveReferral.objects.visible_to(prison)) == {draft, sent}
    assert set(LiveReferral.objects.visible_to(spoc)) == {sent}
    for other in (make_prison(), make_spoc(), None):
        assert not LiveReferral.objects.visible_to(other).exists()


def ways_in(referral, appointment):
    one = {"uuid": referral.uuid}
    names = (
        "referral send_referral withdraw_referral receive_referral acknowledge_referral change_release correct_release"
        " acknowledge_changes add_contact add_appointment add_follow_up no_follow_up"
    )
    yield from ((name, one) for name in names.split())
    yield from (("referral_section", one | {"slug": section.slug}) for section in referral_form.SECTIONS)
    of_a_row = ("record_outcome", "remove_appointment", "remove_contact", "remove_follow_up")
    yield from ((name, one | {"pk": appointment.pk}) for name in of_a_row)


def test_another_provider_gets_404_whatever_it_tries(client, pathway):
    """Twenty addresses, each asked for and posted to, for two strangers: none answers, none does anything."""
    referral = make_referral(*pathway)
    appointment = referrals.record_appointment(referral, **an_appointment(), by=pathway[1], at=NOW)
    before = list(LiveReferral.objects.values()), Event.objects.filter(subject_type="live referral").count()
    tried = 0

    for stranger in (make_prison(), make_spoc()):
        sign_in(client, stranger)
        for name, kwargs in ways_in(referral, appointment):
            address = reverse(f"continuity:{name}", kwargs=kwargs)
            for method in ("get", "post"):
                status = getattr(client, method)(address).status_code
                assert status in (404, 405), (name, method, status)  # 405: there is no such way in for anybody
                tried += 1

    assert tried >= 50
    after = list(LiveReferral.objects.values()), Event.objects.filter(subject_type="live referral").count()
    assert after == before


@pytest.mark.parametrize("words", ["Nightshade", "z9876zz", "R-{pk}", ""])
def test_a_search_finds_nothing_of_another_provider(client, pathway, words):
    referral = make_referral(*pathway)
    words = words.format(pk=referral.pk)

    own = sign_in(client, pathway[1]).get(reverse("continuity:referrals"), {"q": words}).text
    strange = sign_in(client, make_spoc()).get(reverse("continuity:referrals"), {"q": words}).text

    assert referral.reference in own
    assert referral.reference not in strange and str(referral.uuid) not in strange


def test_the_service_gets_404_for_a_draft_that_names_it(client, pathway):
    draft = make_referral(*pathway, until="draft")

    assert sign_in(client, pathway[1]).get(reverse("continuity:referral", args=[draft.uuid])).status_code == 404


def test_the_page_says_who_sent_received_and_acknowledged_it(client, pathway):
    prison, spoc, _ = pathway
    referral = make_referral(*pathway)

    page = sign_in(client, prison).get(reverse("continuity:referral", args=[referral.uuid])).text

    assert f"{moment(referral.sent_at)}, {prison.person}" in page
    for at in (referral.received_at, referral.acknowledged_at):
        assert f"{moment(at)}, {spoc.person}" in page


def test_a_look_at_the_person_is_written_down(client, pathway):
    referral = make_referral(*pathway)

    page = sign_in(client, pathway[1]).get(reverse("continuity:referral", args=[referral.uuid]))

    assert "Robert Nightshade" in page.text
    event = Event.objects.get(act="referral read")
    assert (event.actor_id, event.acting_for) == (pathway[1].person_id, pathway[1].organisation.code)


# Removed


@pytest.mark.parametrize(
    ("released", "gone_on"),
    [(None, date(2026, 3, 20) + timedelta(days=86)), (date(2026, 3, 2), date(2026, 3, 2) + timedelta(days=86))],
)
def test_the_person_is_removed_30_days_after_the_last_top_window(pathway, released, gone_on):
    referral = make_referral(*pathway)
    referrals.record_appointment(referral, **an_appointment(place="7 Foxglove Rise"), by=pathway[1], at=NOW)
    if released:
        referrals.change_release(referral, "RELEASED", released, by=pathway[0], at=NOW)
    noon = timezone.make_aware(timezone.datetime.combine(gone_on, time(12)))

    periodic.each_minute(at=noon - DAY)
    assert LivePerson.objects.count() == 1
    periodic.each_minute(at=noon)

    referral = LiveReferral.objects.get()
    assert not LivePerson.objects.exists() and referral.purged_at == noon
    assert ReferralAppointment.objects.get().place == ""
    assert referral.drug_1 == "HEROIN" and referral.initials == ""
    assert acts_of(referral)[-1] == "referral purged"


def test_after_the_purge_no_table_of_the_database_knows_the_person(pathway):
    make_referral(*pathway)

    referrals.purge_due(at=NOW + timedelta(days=400))

    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        for table in tables:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS row WHERE row::text ~* %s', ["Nightshade|Z9876ZZ|Foxglove"]
            )
            assert cursor.fetchone()[0] == 0, table


def test_withdrawing_removes_the_person_at_once(pathway):
    referral = make_referral(*pathway)

    referrals.withdraw(referral, by=pathway[0], at=NOW)

    assert not LivePerson.objects.exists()
    assert told(pathway[1])[-1] == f"Referral {referral.reference} was withdrawn"
    with pytest.raises(Refused, match="withdrawn"):
        referrals.change_release(referral, "COURT", NOW.date(), by=pathway[0], at=NOW)


def test_a_removed_referral_still_opens_and_shows_nobody(client, pathway):
    referral = make_referral(*pathway)
    referrals.purge_due(at=NOW + timedelta(days=400))

    page = sign_in(client, pathway[1]).get(reverse("continuity:referral", args=[referral.uuid])).text

    assert "details have been removed" in page and "Nightshade" not in page


# On the pages


def test_a_prison_writes_and_sends_a_referral_and_the_service_acknowledges_it(client, pathway):
    prison, spoc, area = pathway
    sign_in(client, prison)
    entry = spoc.organisation.spoc_entry
    client.post(reverse("continuity:begin_referral"), {"area": area.dat_code, "service": entry.pk})
    referral = LiveReferral.objects.get()
    born = {"date_of_birth_day": 17, "date_of_birth_month": 5, "date_of_birth_year": 1990}
    answer = client.post(
        reverse("continuity:referral_section", args=[referral.uuid, "person"]),
        PERSON | born | {"revision": 0, "continue": "1"},
    )
    assert answer.url.endswith("/form/need/")
    assert "Substance misuse needs" in client.get(reverse("continuity:send_referral", args=[referral.uuid])).text
    assert (
        "has got a message" in client.post(reverse("continuity:send_referral", args=[referral.uuid]), follow=True).text
    )

    sign_in(client, spoc)
    page = client.post(
        reverse("continuity:acknowledge_referral", args=[referral.uuid]), {"appropriate": "YES"}, follow=True
    )

    assert "Acknowledged." in page.text
    assert LiveReferral.objects.get().status == "ACKNOWLEDGED"


def test_a_year_that_nobody_means_is_refused(client, pathway):
    referral = make_referral(*pathway, until="draft", answers={})
    data = {"expected_release_on_day": 31, "expected_release_on_month": 12, "expected_release_on_year": 9999}

    page = sign_in(client, pathway[0]).post(
        reverse("continuity:referral_section", args=[referral.uuid, "release"]), data | {"revision": 0}
    )

    assert "Enter a year between 1900 and 2100." in page.text


def test_two_appointments_that_clash_are_shown(client, pathway):
    referral = make_referral(*pathway)
    for given in (an_appointment(), an_appointment(with_whom="PROBATION", time=time(11))):
        referrals.record_appointment(referral, **given, by=pathway[1], at=NOW)

    page = sign_in(client, pathway[1]).get(reverse("continuity:referral", args=[referral.uuid])).text

    assert "Two appointments clash" in page


def test_a_list_of_many_referrals_asks_no_more_than_one_of_few(client, pathway):
    from django.test.utils import CaptureQueriesContext

    sign_in(client, pathway[1])

    def asked():
        client.get(reverse("continuity:referrals"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("continuity:referrals"))
            client.get(reverse("home"))
        return len(queries)

    for _ in range(3):
        make_referral(*pathway, until="sent")
    few = asked()
    for _ in range(12):
        make_referral(*pathway, until="sent")

    assert asked() == few


# The second net


@pytest.mark.django_db(transaction=True)
def test_the_database_itself_shows_the_person_to_the_two_parties_alone():
    prison, spoc, area = make_prison(), make_spoc(), make_area()
    make_spoc_entry(spoc, areas=[area])
    stranger = make_spoc()
    referral = make_referral(prison, spoc, area, until="draft")

    def seen(seat):
        with acting_for([seat.organisation_id]), transaction.atomic():
            return LivePerson.objects.count()

    with connection.cursor() as cursor:
        cursor.execute("SET ROLE portal_app")
        try:
            assert [seen(seat) for seat in (prison, spoc, stranger)] == [1, 0, 0]
            with acting_for([prison.organisation_id]):
                referrals.send(referral, by=prison, at=NOW)
            assert [seen(seat) for seat in (prison, spoc, stranger)] == [1, 1, 0]
            with transaction.atomic():
                assert LivePerson.objects.count() == 0
            with as_system("test"), transaction.atomic():
                assert LivePerson.objects.count() == 1
            assert referrals.purge_due(at=NOW + timedelta(days=400)) == 1
            assert seen(prison) == 0
        finally:
            cursor.execute("RESET ROLE")


def test_an_area_that_cannot_be_is_asked_for_again(client):
    response = sign_in(client, make_prison()).post(
        reverse("continuity:begin_referral"), {"area": "Y91B\0", "service": "1\0"}
    )

    assert response.status_code == 200
    assert "Error: " in response.content.decode()
