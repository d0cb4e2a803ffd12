"""Workbooks that came back, each until somebody took it or it expired."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Membership
from returns.models.releases import PERSON
from returns.models.submissions import Submission


class Upload(models.Model):
    """A workbook brought for a return: the row is the queue of its check, and then says what became of it.

    What it says is kept in files beside it (`stored_as` what was brought, `read_as` what was read in it, `annotated_as` the
    copy with the findings), never in this table, and goes when it expires.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Being checked"
        CHECKED = "CHECKED", "Checked"
        REFUSED = "REFUSED", "Refused"
        TAKEN = "TAKEN", "Taken over"
        LEFT = "LEFT", "Not taken over"
        STUCK = "STUCK", "Could not be checked"
        EXPIRED = "EXPIRED", "Removed"

    GONE = {State.LEFT, State.EXPIRED}
    READ = {State.CHECKED, State.TAKEN}

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="uploads")
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    stored_as = models.CharField(max_length=100, blank=True)
    read_as = models.CharField(max_length=100, blank=True)
    annotated_as = models.CharField(max_length=100, blank=True)
    uploaded_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    progress = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "sha256"],
                condition=~Q(state__in=["LEFT", "EXPIRED"]),
                name="the_same_workbook_once_per_return",
            ),
            models.CheckConstraint(condition=~Q(state="REFUSED") | ~Q(error=""), name="a_refusal_says_why"),
        ]
        indexes = [
            models.Index(fields=["submission", "-uploaded_at"], name="upload_by_submission"),
            models.Index(fields=["id"], name="upload_waiting", condition=Q(state="WAITING")),
        ]

    def __str__(self):
        return f"{self.sha256[:12]} for {self.submission_id}: {self.state}"

    @property
    def is_waiting(self):
        return self.state == self.State.WAITING

    @property
    def is_read(self):
        """Whether what it says can be looked at, and taken over."""
        return self.state in self.READ

    @property
    def is_refused(self):
        return self.state == self.State.REFUSED

    @property
    def is_stuck(self):
        return self.state == self.State.STUCK

    @property
    def is_taken(self):
        return self.state == self.State.TAKEN
