"""What was submitted, frozen, and what the worker found in it."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from returns.models.periods import Period
from returns.models.submissions import Submission
from returns.rules import Severity

PERSON = settings.AUTH_USER_MODEL


def never_changes(name):
    return [pgtrigger.Protect(name=name, operation=pgtrigger.Update | pgtrigger.Delete)]


class Version(models.Model):
    """What was submitted, frozen: hashes, rule book, who and when. A trigger refuses every change."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    content_sha256 = models.CharField(max_length=64)
    explanations_sha256 = models.CharField(max_length=64)
    rulebook = models.CharField(max_length=20)
    prepared_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    submitted_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "number"], name="versions_are_numbered_once")]
        triggers = never_changes("versions_never_change")

    def __str__(self):
        return f"version {self.number} of {self.submission_id}"


class VersionContent(models.Model):
    """The bytes that `content_sha256` covers, and the explanations that stood beside them."""

    version = models.OneToOneField(Version, models.PROTECT, primary_key=True, related_name="content")
    format = models.CharField(max_length=10, default="json")
    payload = models.BinaryField()
    explanations = models.BinaryField()

    class Meta:
        triggers = never_changes("contents_never_change")

    def __str__(self):
        return f"content of version {self.version_id}"


class Check(models.Model):
    """The worker's job on a version: the queue, its lease and its outcome."""

    class State(models.TextChoices):
        WAITING = "WAITING", "Waiting to be checked"
        PASSED = "PASSED", "Checked"
        FAILED = "FAILED", "Errors found"
        STUCK = "STUCK", "The check could not be finished"

    version = models.OneToOneField(Version, models.PROTECT, primary_key=True, related_name="checking")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    asked_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["PASSED", "FAILED"]) | Q(checked_at__isnull=False), name="checked_has_a_time"
            )
        ]
        indexes = [models.Index(fields=["asked_at"], name="check_waiting", condition=Q(state="WAITING"))]

    def __str__(self):
        return f"check of {self.version_id}: {self.state}"

    @property
    def is_waiting(self):
        return self.state == self.State.WAITING

    @property
    def is_stuck(self):
        return self.state == self.State.STUCK

    @property
    def has_passed(self):
        return self.state == self.State.PASSED


class Finding(models.Model):
    """A rule's verdict, kept against a version."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="findings", db_index=False)
    rule = models.CharField(max_length=20)
    severity = models.CharField(max_length=10)
    section = models.CharField(max_length=40)
    fields = models.JSONField()
    row_ref = models.CharField(max_length=40, blank=True)
    message = models.TextField()
    remedy = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=32)
    explanation = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["version", "severity"], name="finding_by_version")]

    def __str__(self):
        return f"{self.rule}: {self.message[:60]}"

    @property
    def asks_for_a_reason(self):
        return self.severity == Severity.WARNING


class Measure(models.Model):
    """A number of a checked version, for trends and benchmarks; `is_current` marks the version that stands.

    Period and organisation are the version's own, copied for the index; its key guards them, so theirs are not checked.
    """

    version = models.ForeignKey(Version, models.PROTECT, related_name="measures", db_index=False)
    measure = models.CharField(max_length=40)
    breakdown = models.CharField(max_length=60, blank=True)
    numerator = models.IntegerField(null=True)
    denominator = models.IntegerField(null=True)
    period = models.ForeignKey(Period, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "measure", "breakdown"], name="a_measure_is_taken_once")
        ]
        indexes = [
            models.Index(
                fields=["measure", "period", "organisation"],
                include=["numerator", "denominator", "breakdown"],
                condition=Q(is_current=True),
                name="measure_benchmark",
            )
        ]

    def __str__(self):
        return f"{self.measure}: {self.numerator}/{self.denominator}"


class Score(models.Model):
    """A version's graded result with its parts, as its dated method made it."""

    version = models.OneToOneField(Version, models.PROTECT, primary_key=True, related_name="score")
    method = models.CharField(max_length=20)
    overall = models.CharField(max_length=10)
    sentence = models.TextField(blank=True)
    parts = models.JSONField()

    def __str__(self):
        return f"{self.overall} by {self.method}"


class Delivery(models.Model):
    """Evidence that a version reached somebody outside the portal, such as the national system."""

    version = models.ForeignKey(Version, models.PROTECT, related_name="deliveries")
    route = models.CharField(max_length=20)
    delivered_on = models.DateField()
    receipt = models.CharField(max_length=100)
    recorded_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "route"], name="a_version_is_delivered_once_by_each_route")
        ]

    def __str__(self):
        return f"{self.version_id} by {self.route}: {self.receipt}"
