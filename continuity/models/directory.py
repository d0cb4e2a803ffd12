"""Whom a prison turns to in the community: the directory of single points of contact, and what each service offers."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from continuity.models.areas import Area
from returns.models import never_changes

PERSON = settings.AUTH_USER_MODEL


class SpocEntry(models.Model):
    """A community service's single point of contact (SPOC), which it keeps and confirms itself.

    `revision` counts the changes, so that two people do not overwrite each other.
    """

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="spoc_entry")
    service = models.CharField(max_length=200)
    contact_person = models.CharField(max_length=120)
    phone = models.CharField(max_length=40)
    secure_email = models.EmailField(max_length=254)
    address = models.TextField()
    hours = models.CharField(max_length=200)
    areas = models.ManyToManyField(Area, related_name="spoc_entries")
    feeder_prisons = models.ManyToManyField(Organisation, related_name="+", blank=True)
    revision = models.PositiveIntegerField(default=0)
    confirmed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["confirmed_at"], name="spoc_entry_by_confirmation")]

    def __str__(self):
        return self.service


class SpocChange(models.Model):
    """What a SPOC's entry said before, and since when it says something else: {field: [before, after]}, in words."""

    entry = models.ForeignKey(SpocEntry, models.PROTECT, related_name="changes")
    revision = models.PositiveIntegerField()
    changes = models.JSONField()
    by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "revision"], name="a_spoc_entry_changes_one_step_at_a_time")
        ]
        triggers = never_changes("spoc_changes_never_change")

    def __str__(self):
        return f"{self.entry_id} r{self.revision}"


class Offer(models.Model):
    """What a community service offers people who leave prison, as at a day. Empty means: not offered."""

    KINDS = {
        "structured": "Structured treatment",
        "recovery_support": "Recovery support",
        "drop_in": "Drop-in",
        "groups": "Groups",
        "in_reach": "In-reach: contact before release",
    }

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="offer")
    structured = models.TextField(blank=True)
    recovery_support = models.TextField(blank=True)
    drop_in = models.TextField(blank=True)
    groups = models.TextField(blank=True)
    in_reach = models.TextField(blank=True)
    as_at = models.DateField()
    edited_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(structured="", recovery_support="", drop_in="", groups="", in_reach=""),
                name="an_offer_offers_something",
            )
        ]

    def __str__(self):
        return f"offer of {self.organisation_id}"

    @property
    def lines(self):
        """(what, words) for each kind; the words are empty where it is not offered."""
        return [(title, getattr(self, name)) for name, title in self.KINDS.items()]
