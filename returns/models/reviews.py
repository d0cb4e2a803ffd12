"""A recipient’s look at what was submitted: its checklist, and its verdict."""

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery

from accounts.models import Organisation
from returns.models.versions import Version

PERSON = settings.AUTH_USER_MODEL


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
