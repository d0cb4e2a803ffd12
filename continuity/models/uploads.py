"""Workbooks in which a service completed its sheet: they wait for a worker, then for somebody to take them over."""

import json
import uuid
import zlib

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Membership
from continuity.models.sheets import Sheet

QUICKLY = 1  # of the levels of compression


class SheetUpload(models.Model):
    """A completed workbook. Row-level security shows it to the service that brought it and to nobody else.

    `packed` is what it says and `annotated` the copy with the findings; both name people, so they are gone as soon as it
    has been taken over, left, or forgotten. The file itself goes when it has been read. `compared` is what it would change,
    in numbers and keys. `taken_by` chose to take it over, as `decision` says, and a worker does it.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Waiting to be read"
        CHECKED = "CHECKED", "Read, to be taken over"
        REFUSED = "REFUSED", "Not taken"
        STUCK = "STUCK", "Could not be read"
        TAKEN = "TAKEN", "Taken over"
        LEFT = "LEFT", "Not taken over"
        EXPIRED = "EXPIRED", "Removed, because nobody took it over"

    HOLDS = {State.WAITING, State.CHECKED, State.STUCK}

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="uploads")
    organisations = ArrayField(models.BigIntegerField())
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=100, blank=True)
    uploaded_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    progress = models.CharField(max_length=60, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)
    packed = models.BinaryField(null=True, blank=True)
    compared = models.JSONField(null=True, blank=True)
    taken_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    decision = models.JSONField(null=True, blank=True)
    annotated = models.BinaryField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["WAITING", "CHECKED", "STUCK"])
                | Q(stored_as="", packed=None, annotated=None, ended_at__isnull=False),
                name="a_workbook_that_ended_is_not_kept",
            ),
        ]
        indexes = [models.Index(fields=["uploaded_at"], condition=Q(state="WAITING"), name="sheet_upload_waiting")]

    def __str__(self):
        return f"workbook {self.uuid}"

    @property
    def read(self):
        """What the workbook says (`sheet_workbook.as_plain_data`), as long as it is kept."""
        return None if self.packed is None else json.loads(zlib.decompress(self.packed))

    @read.setter
    def read(self, said):
        self.packed = None if said is None else zlib.compress(json.dumps(said, separators=(",", ":")).encode(), QUICKLY)

    @property
    def is_waiting(self):
        return self.state == self.State.WAITING

    @property
    def is_checked(self):
        return self.state == self.State.CHECKED
