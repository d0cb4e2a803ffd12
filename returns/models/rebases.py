"""Days from which the limits of a chart are worked out anew."""

from django.db import models
from django.db.models import Q

from accounts.models import Membership, Organisation
from returns.models.periods import Period


class Rebase(models.Model):
    """From this period on, an organisation's chart of a measure has limits of its own, because the process changed.

    It is taken back rather than deleted: who moved the limits of a chart, and why, stays known.
    """

    return_type = models.CharField(max_length=40)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="rebases")
    measure = models.CharField(max_length=40)
    period = models.ForeignKey(Period, models.PROTECT, related_name="+")
    reason = models.TextField()
    set_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    taken_back_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "measure", "period"],
                condition=Q(taken_back_at__isnull=True),
                name="a_chart_is_rebased_once_a_period",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_rebase_has_a_reason"),
            models.CheckConstraint(
                condition=Q(taken_back_by__isnull=True, taken_back_at__isnull=True)
                | Q(taken_back_by__isnull=False, taken_back_at__isnull=False),
                name="a_rebase_is_taken_back_by_somebody",
            ),
        ]

    def __str__(self):
        return f"{self.measure} of {self.organisation_id} from {self.period_id}"
