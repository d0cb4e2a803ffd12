"""A recipient’s look at what was submitted: its checklist, and its verdict."""

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from accounts.models import Organisation
from returns.models.periods import Collection
from returns.models.versions import Version

PERSON = settings.AUTH_USER_MODEL


class ReviewQuerySet(models.QuerySet):
    def decided(self):
        """What came of reviews, newest first, with the `proposed_by_name` of a verdict that another person confirmed."""
        confirmed = Proposal.objects.filter(review=OuterRef("pk"), is_confirmed=True)
        return (
            self.exclude(outcome="")
            .select_related("version", "decided_by", "organisation")
            .annotate(proposed_by_name=Subquery(confirmed.values("proposed_by__name")[:1]))
            .order_by("-decided_at", "-pk")
        )


class Review(models.Model):
    """A recipient's look at a version, from its start to what came of it.

    `outcome` says what became of the version; an accepted one carries a `verdict`, which says how assured the recipient is.
    `section_reasons` maps the slug of each section that was sent back to what was asked.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "ACCEPTED", "Accepted"
        SENT_BACK = "SENT_BACK", "Sent back"

    class Verdict(models.TextChoices):
        ASSURED = "ASSURED", "Assured"
        ASSURED_WITH_ACTIONS = "ASSURED_WITH_ACTIONS", "Assured with actions"
        NOT_ASSURED = "NOT_ASSURED", "Not assured"

    version = models.ForeignKey(Version, models.PROTECT, related_name="reviews")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    started_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    verdict = models.CharField(max_length=20, choices=Verdict, blank=True)
    reason = models.TextField(blank=True)
    section_reasons = models.JSONField(default=dict, blank=True)
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "organisation"], condition=Q(outcome=""), name="one_open_review_per_version"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True) | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="an_outcome_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(outcome="ACCEPTED") & ~Q(verdict="") | ~Q(outcome="ACCEPTED") & Q(verdict=""),
                name="what_is_accepted_has_a_verdict",
            ),
        ]

    def __str__(self):
        return f"review of {self.version_id}: {self.outcome or 'open'}"

    @property
    def is_accepted(self):
        return self.outcome == self.Outcome.ACCEPTED


def verdict_on(version):
    """The verdict on the version that an outer query names, as a subquery."""
    accepted = Review.objects.filter(version=OuterRef(version), outcome=Review.Outcome.ACCEPTED)
    return Subquery(accepted.order_by("-decided_at", "-pk").values("verdict")[:1])


class ChecklistAnswer(models.Model):
    """A reviewer's answer to one question of the checklist, with the question as it was asked then."""

    class Answer(models.TextChoices):
        YES = "YES", "Yes"
        NO = "NO", "No"
        CANNOT_TELL = "CANNOT_TELL", "Cannot tell"

    review = models.ForeignKey(Review, models.PROTECT, related_name="checklist")
    item = models.SlugField(max_length=40)
    question = models.TextField()
    answer = models.CharField(max_length=12, choices=Answer)
    note = models.TextField(blank=True)
    answered_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "item"], name="a_checklist_question_is_answered_once"),
            models.CheckConstraint(condition=Q(answer="YES") | ~Q(note=""), name="what_is_not_yes_has_a_note"),
        ]

    def __str__(self):
        return f"{self.item}: {self.answer}"

    @property
    def is_yes(self):
        return self.answer == self.Answer.YES


class Proposal(models.Model):
    """A verdict that one person proposes and another confirms, or does not."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="proposals")
    verdict = models.CharField(max_length=20, choices=Review.Verdict)
    reason = models.TextField()
    proposed_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    is_confirmed = models.BooleanField(null=True)
    note = models.TextField(blank=True)
    answered_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["review"], condition=Q(is_confirmed=None), name="one_open_proposal_per_review"
            ),
            models.CheckConstraint(
                condition=~Q(is_confirmed=True) | Q(answered_by__isnull=False) & ~Q(answered_by=F("proposed_by")),
                name="another_person_confirms_a_verdict",
            ),
            models.CheckConstraint(
                condition=Q(is_confirmed=None, answered_at__isnull=True)
                | (Q(is_confirmed__isnull=False) & Q(answered_at__isnull=False)),
                name="an_answered_proposal_has_a_time",
            ),
        ]

    def __str__(self):
        return f"{self.verdict} proposed for review {self.review_id}"


class ReviewingChoice(models.Model):
    """How a recipient reviews the returns of a collection. Without a row, one person decides."""

    collection = models.ForeignKey(Collection, models.PROTECT, related_name="reviewing_choices")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    wants_second_reviewer = models.BooleanField(default=False)
    chosen_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "organisation"], name="one_way_of_reviewing_a_collection")
        ]

    def __str__(self):
        return f"{self.organisation_id} on {self.collection_id}: second reviewer {self.wants_second_reviewer}"
