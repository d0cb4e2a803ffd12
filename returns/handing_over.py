"""When a commissioner closes and one other takes its place, what is unfinished goes there: somebody has to finish it.

What is accepted, not required, closed or over stays with whom it was; its successor reads it.
"""

from collections import defaultdict

from django.db import transaction
from django.utils import timezone

from accounts import successions
from accounts.models import Organisation
from journal import events
from returns import workflow
from returns.models import Action, Escalation, Participant, Review, Submission, Visit, Waiver

FINISHED = (Submission.Status.ACCEPTED, Submission.Status.NOT_REQUIRED)


def receivers_now(commissioners, day):
    """The same {provider id: commissioner id}, with the one organisation that took its place for each commissioner that is
    closed on the day.
    """
    instead = successions.in_place_of(set(commissioners.values()), day)
    return {provider: instead.get(commissioner, commissioner) for provider, commissioner in commissioners.items()}


@transaction.atomic
def hand_over(*, at):
    """Makes the successors of closed commissioners the recipients of what is unfinished, and gives them the escalations,
    actions, planned visits and waivers that are open; returns how many returns moved.

    Safe to repeat, and a few queries when there is nothing to do. Reviewers are told of what they can review at once.
    """
    day = timezone.localdate(at)
    _hand_over_matters(day, at)
    closed = Organisation.objects.filter(closed_on__lte=day).values("pk")
    parts = Participant.objects.filter(part=Participant.Part.RECIPIENT, organisation__in=closed).exclude(
        submission__status__in=FINISHED
    )
    instead = successions.in_place_of(set(parts.values_list("organisation_id", flat=True)), day)
    moved = _move(parts.filter(organisation_id__in=instead), instead, at)
    for return_type in moved:
        workflow.tell_reviewers(moved[return_type], at=at)
    return sum(map(len, moved.values()))


def _move(parts, instead, at):
    """Moves these parts; returns the submissions by return type."""
    codes = dict(Organisation.objects.filter(pk__in=instead.values()).values_list("pk", "code"))
    rows = parts.select_for_update(no_key=True, of=("self",)).select_related(
        "organisation", "submission__subject", "submission__period__collection", "submission__current_version"
    )
    moved, told = defaultdict(list), []
    rows = list(rows)
    for part in rows:
        told.append(
            {
                "act": "recipient succeeded",
                "subject": ("submission", part.submission.uuid),
                "at": at,
                "detail": {"from": part.organisation.code, "to": codes[instead[part.organisation_id]]},
            }
        )
        part.organisation_id = instead[part.organisation_id]
        moved[part.submission.return_type].append(part.submission)
    Participant.objects.bulk_update(rows, ["organisation"], batch_size=1000)
    _move_reviews([part.submission_id for part in rows], instead)
    events.record_many(told)
    return moved


def _move_reviews(submissions, instead):
    """A review that is under way goes on at the successor."""
    under_way = Review.objects.filter(version__submission__in=submissions, outcome="", organisation__in=instead)
    reviews = list(under_way.select_for_update(no_key=True, of=("self",)))
    for review in reviews:
        review.organisation_id = instead[review.organisation_id]
    Review.objects.bulk_update(reviews, ["organisation"], batch_size=1000)


def _hand_over_matters(day, at):
    unfinished = {
        "escalation": Escalation.objects.open(),
        "action": Action.objects.open(),
        "visit": Visit.objects.filter(findings=""),
        "waiver": Waiver.objects.filter(state__in=[Waiver.State.ASKED, Waiver.State.APPROVED], until__gte=day),
    }
    for kind, rows in unfinished.items():
        rows = rows.filter(commissioner__closed_on__lte=day)
        instead = successions.in_place_of(set(rows.values_list("commissioner_id", flat=True)), day)
        codes = dict(Organisation.objects.filter(pk__in=instead.values()).values_list("pk", "code"))
        rows = rows.filter(commissioner__in=instead).select_related("commissioner")
        moved = list(rows.select_for_update(no_key=True, of=("self",)))
        events.record_many(
            {
                "act": "commissioner succeeded",
                "subject": (kind, row.uuid),
                "at": at,
                "detail": {"from": row.commissioner.code, "to": codes[instead[row.commissioner_id]]},
            }
            for row in moved
        )
        for row in moved:
            row.commissioner_id = instead[row.commissioner_id]
        rows.model.objects.bulk_update(moved, ["commissioner"], batch_size=1000)
