"""An audit's figures as they were worked out, what people find in them, and what the parties will do about it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from continuity.measures import MEASURES
from continuity.models.audits import Audit

PERSON = settings.AUTH_USER_MODEL


class Recommendation(models.IntegerChoices):
    """The eight recommendations of the guidance, under which findings and actions stand."""

    FORM = 1, "1. A standard referral form"
    PROTOCOL = 2, "2. A referral protocol"
    IN_REACH = 3, "3. In-reach by community providers"
    OFFER = 4, "4. What community treatment offers"
    LINKS = 5, "5. Links with resettlement and probation"
    SPOC = 6, "6. Single point of contact details"
    SECURE = 7, "7. Sharing information securely"
    RECORDING = 8, "8. Recording treatment data accurately"


class AuditFigures(models.Model):
    """The figures of an audit at one moment, of the versions that stood then: whole numbers, nobody's row.

    `content` is empty until a worker has counted. Earlier figures stay, so that what was shared can be seen again.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Waiting to be counted"
        STUCK = "STUCK", "Could not be counted"
        COUNTED = "COUNTED", "Counted"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    audit = models.ForeignKey(Audit, models.PROTECT, related_name="figures")
    asked_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    sheets = models.PositiveIntegerField(default=0)
    referrals = models.PositiveIntegerField(default=0)
    versions = models.JSONField(default=list)
    content = models.JSONField(null=True, blank=True)
    shared_at = models.DateTimeField(null=True, blank=True)
    shared_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["WAITING", "STUCK"], counted_at__isnull=True, content__isnull=True)
                | Q(state="COUNTED", counted_at__isnull=False, content__isnull=False),
                name="counted_figures_have_a_time",
            ),
            models.CheckConstraint(
                condition=Q(shared_at__isnull=True, shared_by__isnull=True)
                | Q(shared_at__isnull=False, shared_by__isnull=False, counted_at__isnull=False),
                name="shared_figures_are_counted",
            ),
            models.UniqueConstraint(fields=["audit"], condition=Q(counted_at=None), name="figures_are_counted_once"),
        ]
        indexes = [
            models.Index(fields=["audit", "counted_at"], name="figures_by_audit"),
            models.Index(fields=["asked_at"], condition=Q(state="WAITING"), name="figures_to_count"),
        ]

    def __str__(self):
        return f"figures of audit {self.audit_id}"


class AuditFinding(models.Model):
    """What somebody found: a gap, or what works well, with its measure and where it should be adopted."""

    class Kind(models.TextChoices):
        GAP = "GAP", "A gap"
        WORKS_WELL = "WORKS_WELL", "What works well"

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField()
    measure = models.CharField(max_length=4, choices=[(id, f"{id} {each.title}") for id, each in MEASURES.items()])
    where = models.CharField(max_length=200)
    recommendation = models.PositiveSmallIntegerField(choices=Recommendation)
    written_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="a_finding_says_something"),
            models.CheckConstraint(
                condition=Q(recommendation__in=Recommendation.values), name="a_finding_has_its_recommendation"
            ),
        ]
        indexes = [models.Index(fields=["audit", "kind", "recommendation"], name="finding_by_audit")]

    def __str__(self):
        return self.text


class AuditAction(models.Model):
    """What a party will do about what was found, by when."""

    class Status(models.TextChoices):
        OPEN = "OPEN", "Open"
        IN_PROGRESS = "IN_PROGRESS", "In progress"
        DONE = "DONE", "Done"

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="actions")
    recommendation = models.PositiveSmallIntegerField(choices=Recommendation)
    what = models.TextField()
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    due_on = models.DateField()
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    progress = models.TextField(blank=True)
    changed_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(what=""), name="an_audit_action_says_what"),
            models.CheckConstraint(
                condition=Q(recommendation__in=Recommendation.values), name="an_audit_action_has_its_recommendation"
            ),
        ]
        indexes = [models.Index(fields=["audit", "recommendation", "due_on"], name="audit_action_by_audit")]

    def __str__(self):
        return self.what
