"""The questions that a reviewer answers before a verdict; the answers stay with the review."""

from dataclasses import dataclass
from itertools import groupby

from django.db import transaction

from journal import events
from journal.refused import Refused
from returns import findings
from returns.models import ChecklistAnswer, Review, Submission
from returns.registry import type_of


@dataclass(frozen=True)
class Given:
    """What a reviewer says to one question: the code of an answer, and a note."""

    answer: str
    note: str = ""


def asked_about(submission):
    """The questions of the checklist that apply to this return, in order."""
    traits = findings.traits_on(submission.subject, submission.period.census_on)
    return type_of(submission).review.checklist_for(submission.subject.kind, traits)


def in_groups(items):
    """[(heading, its items)], for items that have a `group`."""
    return [(group, list(members)) for group, members in groupby(items, key=lambda item: item.group)]


def answers_of(review):
    """The answers given in a review, by the question's key."""
    return {row.item: row for row in review.checklist.select_related("answered_by").order_by("pk")}


def unanswered(submission, review):
    """The questions that this review has not answered yet."""
    given = set(review.checklist.values_list("item", flat=True))
    return [item for item in asked_about(submission) if item.key not in given]


def offered(review):
    """What the review of the version before answered, by key: to be looked at once more, not taken as given."""
    before = (
        Review.objects.filter(
            version__submission_id=review.version.submission_id, version__number__lt=review.version.number
        )
        .exclude(outcome="")
        .order_by("-version__number", "-pk")
        .first()
    )
    return answers_of(before) if before else {}


@transaction.atomic
def answer(submission, given, *, version, by, at):
    """Keeps what is said to the questions in `given` (a `Given` by the question's key) about the version that was shown.

    Raises Refused where that version is not under review by the seat's organisation any more.
    """
    Submission.objects.select_for_update(no_key=True, of=("self",)).get(pk=submission.pk)
    review = (
        Review.objects.filter(version__submission=submission, outcome="", organisation=by.organisation)
        .select_related("version")
        .first()
    )
    if review is None or review.version.number != version:
        raise Refused("This version is no longer under review. Your answers were not saved.", "status")
    before = {row.item: row for row in review.checklist.all()}
    ChecklistAnswer.objects.bulk_create(
        [
            _row(review, item, given[item.key], by, at)
            for item in asked_about(submission)
            if item.key in given and not _is_same(before.get(item.key), given[item.key])
        ],
        update_conflicts=True,
        unique_fields=["review", "item"],
        update_fields=["question", "answer", "note", "answered_by", "answered_at"],
    )
    events.record(
        "checklist answered",
        subject=("submission", submission.uuid),
        by=by,
        at=at,
        detail={"version": version, "items": sorted(given)},
    )


def _is_same(row, said):
    return row is not None and (row.answer, row.note) == (said.answer, said.note)


def _row(review, item, said, by, at):
    if said.answer != ChecklistAnswer.Answer.YES and not said.note:
        raise Refused(f"Say more about “{item.question}”.", "no_reason")
    return ChecklistAnswer(
        review=review,
        item=item.key,
        question=item.question,
        answer=said.answer,
        note=said.note,
        answered_by=by.person,
        answered_at=at,
    )
