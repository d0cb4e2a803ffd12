"""What a prison uploads: the file waits for a worker, is read, merged by row, and thrown away."""

import uuid

from django.db import models
from django.db.models import F, Q

from accounts.models import Membership, Organisation
from continuity.models.audits import Audit


class Extract(models.Model):
    """A revision of a prison's extract. The row is the worker's queue, then the record of what was read.

    The file holds names, so it is gone as soon as it has been read or refused. `headings` are those of a waiting file that
    somebody has to explain; `meaning` is what all of them were taken for (`extract_files.Meaning.as_json`), and `notes`
    are sentences about cells that count as empty and row ids that are none.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Waiting to be read"
        HEADINGS = "HEADINGS", "Columns to be named"
        READ = "READ", "Read"
        REFUSED = "REFUSED", "Not taken"
        STUCK = "STUCK", "Could not be read"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    audit = models.ForeignKey(Audit, models.PROTECT, related_name="extracts")
    prison = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    stored_as = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=10)
    uploaded_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    progress = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    refusals = models.JSONField(default=list)
    headings = models.JSONField(default=list)
    meaning = models.JSONField(default=dict)
    notes = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["audit", "prison", "number"], name="extracts_are_numbered_once"),
            models.UniqueConstraint(
                fields=["audit", "prison"],
                condition=Q(state__in=["WAITING", "HEADINGS"]),
                name="one_extract_of_a_prison_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["WAITING", "HEADINGS", "STUCK"]) | Q(stored_as="", read_at__isnull=False),
                name="an_extract_that_was_read_is_not_kept",
            ),
        ]
        indexes = [models.Index(fields=["uploaded_at"], condition=Q(state="WAITING"), name="extract_waiting")]

    def __str__(self):
        return f"extract {self.number}"

    @property
    def is_waiting(self):
        return self.state == self.State.WAITING

    @property
    def was_read(self):
        return self.state == self.State.READ


class ColumnMap(models.Model):
    """What a prison's own headings mean: remembered, so that the next file needs no help."""

    prison = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    heading = models.CharField(max_length=120)
    column = models.CharField(max_length=4, blank=True)
    saved_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(F("prison"), F("heading"), name="a_heading_means_one_thing")]

    def __str__(self):
        return f"{self.heading} is {self.column or 'nothing'}"
