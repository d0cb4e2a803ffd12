"""The published indicator of continuity of care, and the days on which practice changed."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Organisation
from accounts.roles import Reach
from continuity.models.areas import Area
from continuity.models.audits import Pair
from continuity.models.protocols import Protocol, of_ones_pathway

PERSON = settings.AUTH_USER_MODEL


def pathways_of(service_id, **place):
    """(prison, area) of the pathways that a service is on because others say so as well: audits have set it up as the
    service of the pair, or the prison has agreed to a protocol with it. What it says of itself in the directory opens nothing.
    """
    of_service = {"service": service_id} | place
    audited = Pair.objects.filter(**of_service).values_list("prison", "area")
    return audited.union(Protocol.objects.agreed().filter(**of_service).values_list("prison", "area"))


class IndicatorQuerySet(models.QuerySet):
    def visible_to(self, seat):
        """Of prisons and of areas alone: everybody who takes part. Of a pair of both: who is on that pathway."""
        if seat is None:
            return self.none()
        alone = Q(prison=None) | Q(area=None)
        if seat.reach is Reach.OWN:
            served = Exists(pathways_of(seat.organisation_id, prison=OuterRef("prison"), area=OuterRef("area")))
            return self.filter(alone | Q(prison=seat.organisation_id) | served)
        pathway = of_ones_pathway(seat, service="prison")
        return self.filter(alone | pathway) if pathway else self


class IndicatorValue(models.Model):
    """So many of those transferred in the months up to `window_end` who engaged in time, as published.

    For a prison, an area, or the pair of both. The counts are kept, so that differences are of unrounded percentages; a count
    that the publisher suppressed is empty.
    """

    class Measure(models.TextChoices):
        PHOF = "2.16", "Public health outcome indicator 2.16"
        SECTION_7A = "7A", "Section 7A indicator"

    measure = models.CharField(max_length=4, choices=Measure)
    window_end = models.DateField()
    window_months = models.PositiveSmallIntegerField()
    prison = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    numerator = models.PositiveIntegerField(null=True, blank=True)
    denominator = models.PositiveIntegerField(null=True, blank=True)
    imported_at = models.DateTimeField()

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "window_months", "prison", "area", "window_end"],
                name="one_indicator_value_for_each_window",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(prison__isnull=False) | Q(area__isnull=False), name="an_indicator_is_of_somewhere"
            ),
            models.CheckConstraint(
                condition=Q(numerator__lte=F("denominator")), name="no_more_engage_than_are_transferred"
            ),
            models.CheckConstraint(
                condition=Q(numerator=None) | Q(denominator__isnull=False), name="who_engaged_is_of_so_many"
            ),
            models.CheckConstraint(
                condition=Q(window_months__gte=1, window_months__lte=36), name="an_indicator_window_is_in_months"
            ),
        ]
        indexes = [models.Index(fields=["area", "prison"], name="indicator_by_area")]

    def __str__(self):
        return f"{self.measure} {self.window_end}"


class PracticeChange(models.Model):
    """On this day something changed at a prison, in an area, or between both: a mark on the trend."""

    CATEGORIES = {
        1: "Standard referral form",
        2: "Referral protocol",
        3: "In-reach",
        4: "What the community offers",
        5: "Resettlement and probation",
        6: "Single point of contact",
        7: "Secure sharing",
        8: "Recording",
    }

    prison = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    on = models.DateField()
    category = models.PositiveSmallIntegerField(choices=list(CATEGORIES.items()))
    words = models.CharField(max_length=200)
    recorded_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    recorded_for = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(prison__isnull=False) | Q(area__isnull=False), name="a_practice_changes_somewhere"
            ),
            models.CheckConstraint(condition=~Q(words=""), name="a_practice_change_says_what"),
        ]
        indexes = [models.Index(fields=["area", "prison"], name="practice_change_by_area")]

    def __str__(self):
        return f"{self.on}: {self.words}"
