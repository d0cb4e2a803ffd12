"""What others' figures were when a period opened."""

from django.db import models

from accounts.models import Organisation
from returns.models.periods import Period


class PeerFigure(models.Model):
    """The pooled share of one kind of organisation, of a region or (without one) of the whole country.

    Taken from the last closed period when `period` opens, and never again: what is compared with does not move under a
    return. `spread` is what the organisations differ by beyond chance (tau² of `charts.over_dispersion`).
    """

    period = models.ForeignKey(Period, models.PROTECT, related_name="peer_figures")
    measure = models.CharField(max_length=40)
    kind = models.CharField(max_length=30)
    region = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    organisations = models.PositiveIntegerField()
    spread = models.FloatField(default=0)
    taken_from = models.ForeignKey(Period, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "measure", "kind", "region"],
                name="a_peer_figure_is_frozen_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self):
        return (
            f"{self.measure} of {self.kind} in {self.region_id or 'the country'}: {self.numerator}/{self.denominator}"
        )
