"""The life of a live referral: written by the prison, sent, received, acknowledged, followed after release, and removed.

Source: guidance of 2018, recommendations 1 to 5. Events hold ids and the names of fields, never an answer.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.row_security import as_system
from continuity import referral_form, referral_links
from continuity.directory import seats_that
from continuity.minimum_content import ALWAYS, CONTENT
from continuity.models import (
    LivePerson,
    LiveReferral,
    Protocol,
    ReferralAppointment,
    ReferralContact,
    ReferralFollowUp,
    ReleaseChange,
)
from continuity.roles import AuditAct
from continuity.windows import TOP_CLOSES
from journal import events, notices
from journal.refused import Refused
from returns.periods import working_day_after

KEPT_AFTER = timedelta(days=TOP_CLOSES + 30)
KEPT_AT_LEAST = timedelta(days=7)  # after an edit that brings the removal nearer: time to see that the day was mistyped
LINKED_FOR = timedelta(days=731)  # after the removal: a year to be audited, and a year to audit it
LONGEST_AGO = timedelta(days=TOP_CLOSES)  # whoever was released longer before the referral is beyond every window
FURTHEST_AHEAD = timedelta(days=5 * 366)
CONTACT_WITHIN = timedelta(days=366)  # before the referral was begun: earlier contact was about another stay
MADE_AHEAD = timedelta(days=366)  # of an appointment, after the release or today
TWICE_WITHIN = timedelta(minutes=1)  # the same line by the same person is one that was sent twice
Status, Kind = LiveReferral.Status, ReleaseChange.Kind
TOLD_OF = {
    Kind.DATE: "has a new expected release date",
    Kind.COURT: "is urgent: the person was released from court",
    Kind.RELEASED: "concerns somebody who has been released",
    Kind.UNPLANNED: "is urgent: the person was released unplanned",
    Kind.NOT_RELEASED: "concerns somebody who has not been released",
}


# Written


@transaction.atomic
def begin(*, service, area, by, at):
    """A draft of the seat's prison for the service of an area; nobody else sees it until it is sent."""
    referral = LiveReferral.objects.create(
        prison=by.organisation,
        service=service,
        area=area,
        created_at=at,
        created_by=by.person,
        purge_on=timezone.localdate(at) + KEPT_AFTER,
    )
    LivePerson.objects.create(referral=referral, organisations=[by.organisation_id])
    detail = {"service": service.code, "area": area.dat_code}
    _record("referral begun", referral, by, at, detail)
    return referral


@transaction.atomic
def save_section(referral, section, given, *, revision, by, at):
    """Saves the answers of one section. After the sending the service is told which section changed."""
    referral = _open(referral)
    if referral.revision != revision:
        raise Refused("Somebody has changed this referral since you opened it. Look at it once more.")
    before = referral_form.answers_of(referral)
    changed = sorted(name for name, value in given.items() if before[name] != value)
    if not changed:
        return referral
    if referral.sent_at and given.get("consent", "YES") != "YES":
        raise Refused("Consent was given when this was sent. If it was taken back, withdraw the referral.")
    if "expected_release_on" in changed and given["expected_release_on"]:
        _refuse_unlikely(given["expected_release_on"], referral, at)
    for name in changed:
        setattr(referral.person if name in referral_form.OF_THE_PERSON else referral, name, given[name])
    referral.revision += 1
    _save(referral, at)
    _record("referral saved", referral, by, at, {"section": section.slug, "fields": changed})
    if referral.sent_at:
        cause = f"section {section.slug} revision {referral.revision}"
        _tell(referral, referral.service, AuditAct.ACKNOWLEDGE_REFERRALS, "has changed", cause, at)
    return referral


def _save(referral, at):
    """Writes both tables, with what follows from the answers."""
    referral.told = referral_form.told_by(referral_form.answers_of(referral))
    referral.number_digest, referral.attributors_digest = referral_links.digests_of_referral(referral)
    due = (referral.exit_on or timezone.localdate(referral.created_at)) + KEPT_AFTER
    referral.purge_on = max(due, min(referral.purge_on, timezone.localdate(at) + KEPT_AT_LEAST))
    referral.person.save()
    referral.save()


# Sent, received, acknowledged


@transaction.atomic
def send(referral, *, by, at):
    """From now on the service sees the person; it is told at once."""
    referral = _open(referral)
    if not referral.is_draft:
        raise Refused("This referral has been sent already.")
    if missing := referral_form.missing_to_send(referral_form.answers_of(referral)):
        raise Refused(" ".join(["This referral cannot be sent yet.", *missing]))
    referral.status, referral.sent_at, referral.sent_by = Status.SENT, at, by.person
    referral.person.organisations = [referral.prison_id, referral.service_id]
    if protocol := protocol_for(referral):
        referral.agreed_days, referral.agreed_content = protocol.acknowledge_days, protocol.minimum_content
    _save(referral, at)
    _record("referral sent", referral, by, at, {"service": referral.service.code, "told": referral.told})
    _tell(referral, referral.service, AuditAct.ACKNOWLEDGE_REFERRALS, "has arrived", "sent", at)
    return referral


@transaction.atomic
def receive(referral, *, by, at):
    """The service has it."""
    referral = _open(referral)
    if referral.status != Status.SENT:
        raise Refused("This referral has been received already.")
    referral.status, referral.received_at, referral.received_by = Status.RECEIVED, at, by.person
    referral.save()
    _record("referral received", referral, by, at)
    return referral


@transaction.atomic
def acknowledge(referral, *, appropriate, why_not, by, at):
    """The service says that it has it, and whether it is the right place; the prison is told."""
    referral = _open(referral)
    if referral.status not in {Status.SENT, Status.RECEIVED}:
        raise Refused("This referral has been acknowledged already.")
    if referral.received_at is None:
        referral.received_at, referral.received_by = at, by.person
    referral.status, referral.acknowledged_at, referral.acknowledged_by = Status.ACKNOWLEDGED, at, by.person
    referral.appropriate, referral.not_appropriate = appropriate, why_not if appropriate == "NO" else ""
    referral.save()
    _record("referral acknowledged", referral, by, at)
    said = "was acknowledged" if appropriate == "YES" else "was acknowledged, and is not for this service"
    _tell(referral, referral.prison, AuditAct.SEND_REFERRALS, said, "acknowledged", at)
    return referral


@transaction.atomic
def withdraw(referral, *, by, at):
    """The prison takes it back: the service no longer sees the person, whose details are removed at once."""
    referral = _open(referral)
    was_sent = referral.sent_at is not None
    referral.status, referral.withdrawn_at = Status.WITHDRAWN, at
    referral.purge_on = timezone.localdate(at)
    referral.number_digest = referral.attributors_digest = ""
    referral.save()
    _remove_person([referral.pk], at)
    _record("referral withdrawn", referral, by, at)
    if was_sent:
        _tell(referral, referral.service, AuditAct.ACKNOWLEDGE_REFERRALS, "was withdrawn", "withdrawn", at)
    return referral


# The release changes


@transaction.atomic
def change_release(referral, kind, on, *, by, at):
    """The prison says that the expected date moved, or that the person was released: as planned, from court, or otherwise.

    The service is told at once, and asked to say that it knows.
    """
    referral = _open(referral)
    if referral.sent_at is None:
        raise Refused("This referral has not been sent yet. Change the date in the form.")
    if referral.released_on is not None:
        raise Refused("The release has been recorded already. If that was a mistake, correct it.")
    before = referral.expected_release_on
    if kind == Kind.DATE:
        if on == before:
            raise Refused("This is the date that the service knows already.")
        if on < timezone.localdate(at):
            raise Refused("This day lies behind. If the person was released then, say how they were released.")
        _refuse_unlikely(on, referral, at)
        referral.expected_release_on = on
    else:
        _set_release(referral, kind, on, at)
    return _say_release(referral, by, at, kind=kind, before=before, after=on)


@transaction.atomic
def correct_release(referral, kind, on, reason, *, by, at):
    """What was recorded of the release was a mistake: the service is told again, and both stay in the history.

    `on` is the right day of release, None where the person has not been released.
    """
    referral = _open(referral)
    if referral.released_on is None:
        raise Refused("No release has been recorded, so there is nothing to correct.")
    before = referral.released_on
    if (on, ReleaseChange.RELEASE_TYPE_OF[kind]) == (before, referral.release_type):
        raise Refused("This is what has been recorded already.")
    _set_release(referral, kind, on, at)
    return _say_release(referral, by, at, kind=kind, reason=reason, before=before, after=on)


def _set_release(referral, kind, on, at):
    if on and on > timezone.localdate(at):
        raise Refused("The day of release cannot lie ahead.")
    if on:
        _refuse_unlikely(on, referral, at)
    referral.released_on, referral.release_type = on, ReleaseChange.RELEASE_TYPE_OF[kind]


def _say_release(referral, by, at, **said):
    """Saves the referral with a line of its history, which the service is told of."""
    referral.revision += 1
    _save(referral, at)
    change = ReleaseChange.objects.create(referral=referral, told_at=at, told_by=by.person, **said)
    _record("release changed", referral, by, at, {"kind": change.kind, "reason": change.reason, "change": change.pk})
    subject = TOLD_OF[change.kind]
    if change.reason:
        subject = f"has a correction of the release, and {subject}"
    _tell(referral, referral.service, AuditAct.ACKNOWLEDGE_REFERRALS, subject, f"release {change.pk}", at)
    return change


@transaction.atomic
def acknowledge_changes(referral, *, by, at):
    """The service knows of every change of the release so far; the prison is told."""
    referral = _open(referral)
    unseen = list(referral.release_changes.select_for_update().filter(acknowledged_at=None))
    if not unseen:
        raise Refused("Every change has been acknowledged already.")
    for change in unseen:
        change.acknowledged_at, change.acknowledged_by = at, by.person
    ReleaseChange.objects.bulk_update(unseen, ["acknowledged_at", "acknowledged_by"])
    _record("release change acknowledged", referral, by, at, {"changes": [change.pk for change in unseen]})
    said = "has a change that the service knows of"
    _tell(referral, referral.prison, AuditAct.SEND_REFERRALS, said, f"change {unseen[-1].pk} acknowledged", at)


# Before release, appointments, attendance, follow-up


@transaction.atomic
def record_contact(referral, *, kind, contact_by, on, by, at):
    """Somebody from the community reached the person before release."""
    referral = _with_service(referral)
    if referral.released_on and on > referral.released_on:
        raise Refused("This contact was after release. Record it as an appointment or a follow-up.")
    _refuse_ahead(on, at)
    if on < timezone.localdate(referral.created_at) - CONTACT_WITHIN:
        raise Refused("This contact was more than a year before the referral was begun. Check the year.")
    given = {"kind": kind, "by": contact_by, "on": on}
    if same := _sent_twice(referral.contacts, given, by, at):
        return same
    row = ReferralContact.objects.create(referral=referral, **given, recorded_by=by.person, recorded_at=at)
    _record("contact before release recorded", referral, by, at, {"contact": row.pk})
    return row


@transaction.atomic
def remove_contact(referral, pk, *, by, at):
    """A contact that was recorded by mistake."""
    referral = _with_service(referral)
    if not referral.contacts.filter(pk=pk).delete()[0]:
        raise Refused("This contact has been removed already.")
    _record("contact before release removed", referral, by, at, {"contact": pk})


@transaction.atomic
def record_appointment(referral, *, by, at, **given):
    """An appointment with the service, probation or resettlement; what is given are the fields of the row. One that stands
    there already, word for word, is not made twice.
    """
    referral = _open(referral)
    _refuse_unlikely_appointment(referral, given["on"], at)
    if same := referral.appointments.filter(**given, outcome="").first():
        return same
    row = ReferralAppointment.objects.create(referral=referral, **given, recorded_by=by.person, recorded_at=at)
    _record("appointment recorded", referral, by, at, {"appointment": row.pk, "with": row.with_whom})
    if referral.sent_at:
        from_prison = by.organisation_id == referral.prison_id
        other = referral.service if from_prison else referral.prison
        act = AuditAct.ACKNOWLEDGE_REFERRALS if from_prison else AuditAct.SEND_REFERRALS
        _tell(referral, other, act, "has a new appointment", f"appointment {row.pk}", at)
    return row


def _refuse_unlikely_appointment(referral, on, at):
    if referral.released_on and on < referral.released_on:
        raise Refused("An appointment in the community is on the day of release or later.")
    if on < timezone.localdate(referral.created_at) - LONGEST_AGO:
        raise Refused("This appointment was long before the referral was begun. Check the year.")
    if on > max(referral.exit_on or on.min, timezone.localdate(at)) + MADE_AHEAD:
        raise Refused("This appointment is more than a year after the release. Check the year.")


@transaction.atomic
def remove_appointment(referral, pk, *, by, at):
    """An appointment that will not take place; what was attended or missed stays."""
    referral = _open(referral)
    row = referral.appointments.select_for_update().filter(pk=pk).first()
    if row is None:
        raise Refused("This appointment has been removed already.")
    if row.outcome:
        raise Refused("What came of this appointment has been recorded. It stays.")
    row.delete()
    _record("appointment removed", referral, by, at, {"appointment": pk, "with": row.with_whom})


@transaction.atomic
def record_outcome(referral, pk, *, outcome, attended_on, by, at):
    """What came of an appointment of the service."""
    referral = _with_service(referral)
    row = referral.appointments.select_for_update().filter(pk=pk).first()
    if row is None or not row.is_of_the_service:
        raise Refused("Choose one of the service’s own appointments.")
    if outcome in {"ATTENDED", "DNA"} and row.on > timezone.localdate(at):
        raise Refused("This appointment is still to come.")
    if attended_on:
        _refuse_ahead(attended_on, at)
        if referral.released_on and attended_on < referral.released_on:
            raise Refused("The person cannot have attended before their release.")
        if attended_on < row.on and outcome == "ATTENDED":
            raise Refused("The person cannot have attended before the appointment.")
        if attended_on <= row.on and outcome == "DNA":
            raise Refused("Whoever missed the appointment can have come on a later day only.")
    row.outcome, row.attended_on = outcome, attended_on
    row.save(update_fields=["outcome", "attended_on"])
    _record("attendance recorded", referral, by, at, {"appointment": row.pk})
    return row


@transaction.atomic
def record_follow_up(referral, *, method, on, by, at):
    """One attempt to reach somebody who missed their appointment."""
    referral = _with_service(referral)
    _refuse_ahead(on, at)
    missed_on = _missed_on(referral)
    if on < missed_on:
        raise Refused(f"The appointment was missed on {missed_on.day} {missed_on:%B %Y}. A follow-up comes after that.")
    given = {"method": method, "on": on}
    if same := _sent_twice(referral.follow_ups, given, by, at):
        return same
    row = ReferralFollowUp.objects.create(referral=referral, **given, recorded_by=by.person, recorded_at=at)
    if referral.not_followed_up:
        referral.not_followed_up = ""
        referral.save(update_fields=["not_followed_up"])
    _record("follow-up recorded", referral, by, at, {"follow_up": row.pk})
    return row


@transaction.atomic
def remove_follow_up(referral, pk, *, by, at):
    """A follow-up that was recorded by mistake."""
    referral = _with_service(referral)
    if not referral.follow_ups.filter(pk=pk).delete()[0]:
        raise Refused("This follow-up has been removed already.")
    _record("follow-up removed", referral, by, at, {"follow_up": pk})


def _missed_on(referral):
    """The day of the first appointment of the service that was missed."""
    missed = referral.appointments.filter(outcome__in=["DNA", "ATTENDED_LATER"]).order_by("on").first()
    if missed is None:
        raise Refused("No missed appointment has been recorded. Record first that the person did not come.")
    return missed.on


@transaction.atomic
def say_not_followed_up(referral, *, why, by, at):
    """The service could not follow up a missed appointment, and says why."""
    referral = _with_service(referral)
    _missed_on(referral)
    if referral.follow_ups.exists():
        raise Refused("A follow-up has been recorded, so there is no reason for none.")
    referral.not_followed_up = why
    referral.save(update_fields=["not_followed_up"])
    _record("no follow-up recorded", referral, by, at)
    return referral


# Removed


def purge_due(*, at):
    """Removes who the person is from every referral whose time has come, whatever its state. Returns how many."""
    with as_system("purge of referrals"), transaction.atomic():
        due = LiveReferral.objects.filter(purged_at=None, purge_on__lte=timezone.localdate(at))
        rows = list(due.select_for_update(skip_locked=True).values_list("pk", "uuid")[:500])
        if not rows:
            return 0
        _remove_person([pk for pk, _ in rows], at)
        events.record_many({"act": "referral purged", "subject": ("live referral", uuid), "at": at} for _, uuid in rows)
    return len(rows)


def forget_links_due(*, at):
    """Removes what would find a referral again for an audit, two years after the person's details went. Returns how many."""
    due = LiveReferral.objects.filter(purged_at__lte=at - LINKED_FOR).exclude(number_digest="", attributors_digest="")
    return due.update(number_digest="", attributors_digest="")


def _remove_person(pks, at):
    LivePerson.objects.filter(referral__in=pks).delete()
    ReferralAppointment.objects.filter(referral__in=pks).update(place="")
    LiveReferral.objects.filter(pk__in=pks).update(purged_at=at)


# Measured against the protocol


def acknowledged_by(referral):
    """The last day on which the service acknowledges in time by the protocol that was in force when the referral was sent, or
    None where none was.
    """
    if referral.sent_at is None or referral.agreed_days is None:
        return None
    return working_day_after(timezone.localdate(referral.sent_at), referral.agreed_days)


def is_late(referral, now):
    """Whether the acknowledgement came, or is, too late by the protocol."""
    last = acknowledged_by(referral)
    return last is not None and timezone.localdate(referral.acknowledged_at or now) > last


def missing_content(referral):
    """What the referral does not tell, in words: of what was agreed when it was sent, of a draft what is agreed now; of the
    guidance's minimum where nothing is.
    """
    if referral.sent_at:
        agreed = referral.agreed_content
    else:
        protocol = protocol_for(referral)
        agreed = protocol.minimum_content if protocol else []
    return [CONTENT[key] for key in agreed or ALWAYS if key not in referral.told]


def protocol_for(referral):
    """The protocol that both sides agree to, or None."""
    return (
        Protocol.objects.agreed()
        .filter(prison=referral.prison_id, area=referral.area_id, service=referral.service_id)
        .first()
    )


def measured(protocol, now):
    """How the referrals under the protocol did, each by the terms that were in force when it was sent: counts by name, for the
    protocol's page. None where both sides have never agreed.
    """
    sent = LiveReferral.objects.filter(
        prison=protocol.prison_id, area=protocol.area_id, service=protocol.service_id, agreed_days__isnull=False
    ).exclude(status=Status.WITHDRAWN)
    rows = list(sent.only("sent_at", "acknowledged_at", "told", "agreed_days", "agreed_content"))
    if not rows and not protocol.is_agreed:
        return None
    late = [row for row in rows if is_late(row, now)]
    return {
        "sent": len(rows),
        "in_time": sum(row.acknowledged_at is not None and not is_late(row, now) for row in rows),
        "late": len(late),
        "overdue": sum(row.acknowledged_at is None for row in late),
        "complete": sum(not missing_content(row) for row in rows),
    }


# Shared by the acts


def _locked(referral):
    """The referral with its person, locked; without the person where the details have been removed."""
    rows = LiveReferral.objects.select_related("prison", "service", "area")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=referral.pk)


def _open(referral):
    referral = _locked(referral)
    if referral.is_withdrawn:
        raise Refused("This referral has been withdrawn.")
    if referral.purged_at:
        raise Refused("The person’s details have been removed, so this referral is closed.")
    return referral


def _with_service(referral):
    referral = _open(referral)
    if referral.sent_at is None:
        raise Refused("This referral has not been sent yet.")
    return referral


def _sent_twice(rows, given, by, at):
    """The line that the same person recorded a moment ago, as after a second press of the button; None where there is none."""
    return rows.filter(**given, recorded_by=by.person, recorded_at__gt=at - TWICE_WITHIN).first()


def _refuse_ahead(day, at):
    if day > timezone.localdate(at):
        raise Refused("What has happened cannot lie ahead. Check the date.")


def _refuse_unlikely(day, referral, at):
    """A year that was mistyped would let the person's details be removed at once, or kept for decades."""
    if day < timezone.localdate(referral.created_at) - LONGEST_AGO:
        raise Refused(f"This day is more than {LONGEST_AGO.days} days before the referral was begun. Check the year.")
    if day > timezone.localdate(at) + FURTHEST_AHEAD:
        raise Refused("This day is more than five years ahead. Check the year.")


def record_read(referral, *, by, at):
    """Somebody has read who the person is."""
    _record("referral read", referral, by, at)


def _record(act, referral, by, at, detail=None):
    events.record(act, subject=("live referral", referral.uuid), by=by, at=at, detail=detail)


def _tell(referral, organisation, act, said, cause, at):
    notices.tell(
        [
            notices.Telling(
                cause=f"referral {referral.pk} {cause}",
                recipients=frozenset(seats_that(act, [organisation], at)),
                subject=f"Referral {referral.reference} {said}",
                link=f"/continuity/referrals/{referral.uuid}/",
            )
        ],
        at=at,
    )
