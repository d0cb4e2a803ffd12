"""A recipient’s look at what was submitted."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from returns.models.versions import Version

PERSON = settings.AUTH_USER_MODEL


class Review(models.Model):
    """A recipient's look at a version, from its start to its verdict."""

    class Verdict(models.TextChoices):
        ACCEPTED = "ACCEPTED", "Accepted"
        SENT_BACK = "SENT_BACK", "Sent back"

    version = models.ForeignKey(Version, models.PROTECT, related_name="reviews")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    started_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "organisation"], condition=Q(verdict=""), name="one_open_review_per_version"
            ),
            models.CheckConstraint(
                condition=Q(verdict="", decided_at__isnull=True) | (~Q(verdict="") & Q(decided_at__isnull=False)),
                name="a_verdict_has_a_time",
            ),
        ]

    def __str__(self):
        return f"review of {self.version_id}: {self.verdict or 'open'}"
