"""What the two providers of a row ask each other about it: both see the same row, and the same words."""

from django.db import models
from django.db.models import Q

from accounts.models import Membership
from continuity.models.sheets import Referral


class RowQuery(models.Model):
    """A question about one answer on a row, such as a date of birth that does not agree; open until its asker closes it."""

    referral = models.ForeignKey(Referral, models.PROTECT, related_name="queries")
    column = models.CharField(max_length=4)
    asked_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    closed_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="a_row_query_is_closed_by_somebody",
            )
        ]
        indexes = [models.Index(fields=["referral"], condition=Q(closed_at=None), name="row_query_open")]

    def __str__(self):
        return f"query on {self.column} of {self.referral_id}"


class RowMessage(models.Model):
    """A sentence in a query. It names nobody, and goes with the names when the audit is purged."""

    query = models.ForeignKey(RowQuery, models.CASCADE, related_name="messages")
    text = models.TextField()
    by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="a_row_message_says_something")]

    def __str__(self):
        return f"message of {self.at}"
