"""Opening a period: its standards and the figures of others are frozen, and one submission is made for each organisation
that owes one.
"""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership, Organisation, OrganisationLink, OrganisationTrait
from accounts.roles import Act
from journal import events
from journal.refused import Refused
from returns import peers, periods, workflow
from returns.handing_over import receivers_now
from returns.models import Collection, Participant, Period, Standard, Submission


@dataclass
class Opened:
    """What opening did. `without_commissioner` and `without_reviewer` list organisations somebody has to see to."""

    period: Period
    created: int = 0
    owing: int = 0
    without_commissioner: list = field(default_factory=list)
    without_reviewer: list = field(default_factory=list)


def national_collection(return_type):
    """The collection that everybody's quarterly returns of a type belong to."""
    found, _ = Collection.objects.get_or_create(
        return_type=return_type.slug, key=Collection.NATIONAL, defaults={"title": return_type.title}
    )
    return found


def quarter_of(collection, quarter):
    """The period of a quarter, made with the usual deadlines where it is not there yet (not opened by this)."""
    found, _ = Period.objects.get_or_create(
        collection=collection,
        key=quarter.key,
        defaults={
            "title": quarter.title,
            "starts": quarter.starts,
            "ends": quarter.ends,
            "census_on": quarter.ends,
            **periods.deadlines(quarter.ends),
        },
    )
    return found


@transaction.atomic
def open_period(period, return_type, *, by, at):
    """Opens the period, or, when it is open, adds who was recorded since as owing a return, and sees to it that returns
    go to the lead commissioner of the census day, or, where that has closed, to the one that took its place. Safe to repeat.

    Once the period has closed, who owed a return in it is settled for good: only a return that nobody receives yet gets
    its recipient then.
    """
    period = Period.objects.select_for_update(no_key=True).select_related("collection").get(pk=period.pk)
    if period.census_on > timezone.localdate(at):
        raise Refused(
            f"{period.title} opens after its last day, {period.census_on:%-d %B %Y}: who owes a return is settled then.",
            "too_early",
        )
    is_settled = period.opened_at is not None and at > period.closes_at
    if period.opened_at is None:
        period.standards = standards_on(return_type, period.ends)
        period.opened_at = at
        period.save(update_fields=["standards", "opened_at"])
        peers.freeze(period, return_type, at)
    commissioners = receivers_now(lead_commissioners(return_type, period.census_on), timezone.localdate(at))
    received = _without_recipient(period, commissioners)
    if is_settled:
        owing, made = [row.subject for row in period.submissions.owed().select_related("subject")], []
    else:
        _correct_recipients(period, commissioners)
        owing = organisations_that_owe(return_type, period.census_on)
        made = _make_submissions(period, owing)
    outcome = Opened(period=period, owing=len(owing), created=len(made))
    parts = [
        Participant(submission=item, organisation_id=item.subject_id, part=Participant.Part.OWNER) for item in made
    ]
    parts += [
        Participant(submission=item, organisation_id=commissioners[item.subject_id], part=Participant.Part.RECIPIENT)
        for item in [*received, *made]
        if item.subject_id in commissioners
    ]
    Participant.objects.bulk_create(parts, batch_size=5000)
    workflow.tell_reviewers(received, at=at)
    outcome.without_commissioner, outcome.without_reviewer = _unreceived(return_type, owing, commissioners, at)
    events.record(
        "period opened",
        subject=("period", period.pk),
        by=by,
        at=at,
        detail={"created": len(made), "owing": len(owing)},
    )
    return outcome


def _make_submissions(period, owing):
    have = set(period.submissions.values_list("subject_id", flat=True))
    return Submission.objects.bulk_create(
        [Submission(period=period, subject=item, region_id=item.region_id) for item in owing if item.pk not in have],
        batch_size=2000,
    )


def _without_recipient(period, commissioners):
    """The returns made before that nobody receives, although a lead commissioner is recorded now."""
    rows = period.submissions.exclude(participants__part=Participant.Part.RECIPIENT)
    rows = rows.select_related("subject", "period__collection")
    return [item for item in rows if item.subject_id in commissioners]


def _correct_recipients(period, commissioners):
    """What nobody has submitted yet goes to the lead commissioner of the census day as the links say it now."""
    wrong = []
    for part in Participant.objects.filter(
        period=period, submission__first_submitted_at=None, part=Participant.Part.RECIPIENT
    ).select_related("submission"):
        recorded = commissioners.get(part.submission.subject_id, part.organisation_id)
        if recorded != part.organisation_id:
            part.organisation_id = recorded
            wrong.append(part)
    Participant.objects.bulk_update(wrong, ["organisation"], batch_size=1000)


def standards_on(return_type, day):
    """The targets and tolerances in force on a day: the type's own, overlaid with dated ones."""
    dated = Standard.objects.filter(return_type=return_type.slug, valid_from__lte=day).order_by("valid_from")
    return dict(return_type.standards) | {row.key: row.value for row in dated}


def organisations_that_owe(return_type, day):
    """The organisations open on the census day that owe a return of this type, by their state on that day."""
    traits = {}
    for organisation_id, trait in OrganisationTrait.objects.filter(during__contains=day).values_list(
        "organisation_id", "trait"
    ):
        traits.setdefault(organisation_id, set()).add(trait)
    return [
        organisation
        for organisation in Organisation.objects.open_on(day).order_by("code")
        if return_type.owes(organisation.kind, frozenset(traits.get(organisation.pk, ())))
    ]


def lead_commissioners(return_type, day):
    """The lead commissioner's id by the provider's id, on a day; a link for this type goes before one for all types."""
    rows = (
        OrganisationLink.objects.filter(kind=OrganisationLink.Kind.COMMISSIONED_BY, during__contains=day)
        .filter(Q(return_type="") | Q(return_type=return_type.slug))
        .order_by("return_type")
    )
    return {row.from_organisation_id: row.to_organisation_id for row in rows}


def _unreceived(return_type, owing, commissioners, at):
    reviewing = set(
        Membership.objects.active_at(at)
        .with_role_that(Act.REVIEW, return_type.slug)
        .filter(person__is_active=True)
        .values_list("organisation_id", flat=True)
    )
    nobody = [item for item in owing if item.pk not in commissioners]
    silent = [item for item in owing if item.pk in commissioners and commissioners[item.pk] not in reviewing]
    return nobody, silent


def unreceived(period, return_type, at):
    """Of the returns owed in an opened period: whose has no lead commissioner, and whose commissioner has no user."""
    owing = [item.subject for item in period.submissions.owed().select_related("subject").order_by("subject__code")]
    receivers = dict(
        Participant.objects.filter(period=period, part=Participant.Part.RECIPIENT).values_list(
            "submission__subject_id", "organisation_id"
        )
    )
    return _unreceived(return_type, owing, receivers, at)


@transaction.atomic
def move_dates(period, *, due_at, closes_at, by, at):
    """Moves the deadlines of a period; the event says from what to what."""
    period = Period.objects.select_for_update(no_key=True).get(pk=period.pk)
    if not period.opens_at < due_at <= closes_at:
        raise Refused("The due date comes after the opening, and the closing date is not before the due date.", "order")
    detail = {
        "due_at": [period.due_at.isoformat(), due_at.isoformat()],
        "closes_at": [period.closes_at.isoformat(), closes_at.isoformat()],
    }
    period.due_at, period.closes_at = due_at, closes_at
    period.save(update_fields=["due_at", "closes_at"])
    events.record("period moved", subject=("period", period.pk), by=by, at=at, detail=detail)
