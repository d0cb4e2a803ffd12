"""What left the portal, and the files asked for."""

import uuid

from django.conf import settings
from django.db import models

from accounts.models import Membership, Organisation
from returns.models.periods import Period
from returns.models.versions import Version, never_changes

PERSON = settings.AUTH_USER_MODEL


class Release(models.Model):
    """A file that left the portal: what, to whom, under which policy, with its hash. Written before the file is handed over."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    recipient = models.CharField(max_length=200)
    policy = models.CharField(max_length=60)
    rows = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    released_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    released_for = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField()

    class Meta:
        triggers = never_changes("releases_never_change")
        indexes = [models.Index(fields=["kind", "-released_at"], name="release_by_kind")]

    def __str__(self):
        return f"{self.kind} {self.name}"


class ReleaseInput(models.Model):
    """A version that went into a release."""

    release = models.ForeignKey(Release, models.PROTECT, related_name="inputs")
    version = models.ForeignKey(Version, models.PROTECT, related_name="releases")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "version"], name="an_input_is_named_once")]
        triggers = never_changes("release_inputs_never_change")

    def __str__(self):
        return f"{self.version_id} in {self.release_id}"


class Export(models.Model):
    """Files asked for on a page that a worker writes: the national files of a period, a reader's report of it as a PDF, or a
    list of what one of its returns holds (`about` is the uuid by which its type knows what).

    The row is the queue, and then the shelf.
    """

    class Kind(models.TextChoices):
        NATIONAL_FILES = "NATIONAL_FILES", "National files"
        REPORT = "REPORT", "Report as a PDF"
        LIST = "LIST", "List of what a return holds"

    class State(models.TextChoices):
        WAITING = "WAITING", "Waiting to be written"
        READY = "READY", "Ready"
        STUCK = "STUCK", "Could not be written"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.NATIONAL_FILES)
    period = models.ForeignKey(Period, models.PROTECT, related_name="exports")
    about = models.UUIDField(null=True, blank=True)
    asked_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    release = models.ForeignKey(Release, models.PROTECT, null=True, blank=True, related_name="+")
    manifest = models.JSONField(null=True, blank=True)
    stored_as = models.CharField(max_length=100, blank=True)
    written_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"export of {self.period_id}: {self.state}"
