"""When returns are asked for: collections, their periods, and the standards in force."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation


class Collection(models.Model):
    """One running occasion of a return type: national Prevent, one partnership, one audit, one campaign."""

    NATIONAL = "national"  # the key of everybody's quarterly returns

    return_type = models.CharField(max_length=40)
    key = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="collections")
    settings = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["return_type", "key"], name="one_collection_per_key")]

    def __str__(self):
        return self.title


class Standard(models.Model):
    """A target or tolerance of a return type from a day on. Frozen into a period when it opens."""

    return_type = models.CharField(max_length=40)
    key = models.CharField(max_length=60)
    value = models.CharField(max_length=40)
    valid_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["return_type", "key", "valid_from"], name="a_standard_starts_once_a_day")
        ]

    def __str__(self):
        return f"{self.return_type} {self.key} = {self.value} from {self.valid_from}"


class Period(models.Model):
    """A dated span of a collection. `due_at` is the communicated deadline, `closes_at` the one that refuses."""

    collection = models.ForeignKey(Collection, models.PROTECT, related_name="periods")
    key = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    starts = models.DateField()
    ends = models.DateField()
    census_on = models.DateField()
    opens_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    standards = models.JSONField(default=dict)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "key"], name="one_period_per_key"),
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="a_period_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(due_at__gt=F("opens_at"), closes_at__gte=F("due_at")), name="opens_then_due_then_closes"
            ),
        ]
        indexes = [models.Index(fields=["collection", "-ends"], name="period_by_end")]

    def __str__(self):
        return self.title

    @property
    def return_type(self):
        return self.collection.return_type
