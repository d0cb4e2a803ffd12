"""The forms of national systems, as an administrator brings them: each a version that holds from a period on."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Membership
from returns.models.releases import PERSON


class Proforma(models.Model):
    """A form with its cell map. The row is the queue of its check, then a version to choose; its content never changes."""

    class State(models.TextChoices):
        WAITING = "WAITING", "Being checked"
        CHECKED = "CHECKED", "Ready to preview"
        FAILED = "FAILED", "Not usable"
        CURRENT = "CURRENT", "In use"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"
        STUCK = "STUCK", "Could not be checked"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    return_type = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    from_period = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=120)
    workbook = models.BinaryField()
    workbook_sha256 = models.CharField(max_length=64)
    cells = models.JSONField()
    uploaded_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    problems = models.JSONField(default=list, blank=True)
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["return_type", "version"], name="a_version_of_a_form_is_one"),
            models.CheckConstraint(
                condition=~Q(state="CURRENT") | ~Q(from_period=""), name="a_form_in_use_holds_from_a_period_on"
            ),
        ]

    def __str__(self):
        return f"{self.return_type} form {self.version}: {self.state}"

    @property
    def is_waiting(self):
        return self.state == self.State.WAITING

    @property
    def is_usable(self):
        """Whether it can be previewed, and made current."""
        return self.state in {self.State.CHECKED, self.State.CURRENT, self.State.WITHDRAWN}

    @property
    def is_current(self):
        return self.state == self.State.CURRENT
