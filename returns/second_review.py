"""Whether a recipient wants two people for a verdict, and the proposal that waits for the second of them."""

from django.db import transaction

from accounts.models import Membership
from accounts.roles import Act
from journal import events
from journal.refused import Refused
from returns.models import ReviewingChoice


def is_wanted(submission, organisation):
    """Whether this recipient wants a second reviewer for the collection's returns."""
    return wants(submission.period.collection_id, organisation.pk)


def wants(collection_id, organisation_id):
    return ReviewingChoice.objects.filter(
        collection_id=collection_id, organisation_id=organisation_id, wants_second_reviewer=True
    ).exists()


@transaction.atomic
def choose(collection, *, second_reviewer, by, at):
    """The seat's organisation says whether it wants a second reviewer. What is decided already stays.

    Raises Refused where two people could not be found: somebody who decides, and another who reviews.
    """
    if second_reviewer and not _are_enough(*people_who_review(collection, by.organisation, at)):
        raise Refused(
            "Two people are needed, of whom at least one may give verdicts. Ask your user administrator to invite another.",
            "too_few",
        )
    choice, _ = ReviewingChoice.objects.update_or_create(
        collection=collection,
        organisation=by.organisation,
        defaults={"wants_second_reviewer": second_reviewer, "chosen_by": by.person, "chosen_at": at},
    )
    events.record(
        "reviewing chosen",
        subject=("organisation", by.organisation.code),
        by=by,
        at=at,
        detail={"collection": collection.key, "second_reviewer": second_reviewer},
    )
    return choice


def people_who_review(collection, organisation, at):
    """(those who may give a verdict, all who may review) in an organisation now, as the people's names by id."""
    seats = Membership.objects.active_at(at).filter(organisation=organisation, person__is_active=True)

    def holding(act):
        rows = seats.with_role_that(act, collection.return_type)
        return dict(rows.order_by("person__name").values_list("person_id", "person__name"))

    return holding(Act.DECIDE), holding(Act.REVIEW)


def _are_enough(deciders, reviewers):
    return bool(deciders) and len(deciders | reviewers) > 1


def waiting_for(review):
    """The proposal of a review that waits for a second person, or None."""
    return review.proposals.filter(is_confirmed=None).select_related("proposed_by").first()


def answer(proposal, *, is_confirmed, note, by, at):
    proposal.is_confirmed, proposal.note = is_confirmed, note
    proposal.answered_by, proposal.answered_at = by.person, at
    proposal.save()


def drop(review, by, at):
    """The review ended otherwise: what was proposed is not confirmed any more."""
    review.proposals.filter(is_confirmed=None).update(is_confirmed=False, answered_by=by.person, answered_at=at)
