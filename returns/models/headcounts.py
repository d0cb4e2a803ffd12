"""What others publish about how many people an organisation employs."""

from django.db import models
from django.db.models import Q

from accounts.models import Organisation


class PublishedHeadcount(models.Model):
    """A published number of people employed on a day. It is shown to a reviewer beside what a return says, no more."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="published_headcounts")
    day = models.DateField()
    headcount = models.PositiveIntegerField()
    source = models.CharField(max_length=200)
    loaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "day", "source"], name="a_source_gives_one_headcount_for_a_day"
            ),
            models.CheckConstraint(condition=~Q(source=""), name="a_headcount_has_a_source"),
        ]

    def __str__(self):
        return f"{self.organisation_id} on {self.day}: {self.headcount}"
