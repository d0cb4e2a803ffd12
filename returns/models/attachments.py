"""What people write and hand in on a step of an escalation or on an action, and the files that come with it."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Membership
from returns.models.actions import Action
from returns.models.escalations import EscalationStep
from returns.models.visits import Visit


class Note(models.Model):
    """An answer or a document on a step, progress or evidence on an action."""

    step = models.ForeignKey(EscalationStep, models.PROTECT, null=True, blank=True, related_name="notes")
    action = models.ForeignKey(Action, models.PROTECT, null=True, blank=True, related_name="notes")
    text = models.TextField(blank=True)
    written_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(step__isnull=True, action__isnull=False) | Q(step__isnull=False, action__isnull=True),
                name="a_note_is_about_one_thing",
            )
        ]

    def __str__(self):
        return f"note of {self.written_at}"


class Attachment(models.Model):
    """A file that somebody brought, as `stored_files.store` kept it: one of a note, or the report of a visit."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    note = models.ForeignKey(Note, models.PROTECT, null=True, blank=True, related_name="attachments")
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, blank=True, related_name="attachments")
    name = models.CharField(max_length=120)
    stored_as = models.CharField(max_length=120, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    brought_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    brought_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(note__isnull=True, visit__isnull=False) | Q(note__isnull=False, visit__isnull=True),
                name="a_file_belongs_to_one_thing",
            )
        ]

    def __str__(self):
        return self.name

    @property
    def about(self):
        """The escalation, action or visit that it belongs to."""
        if self.visit_id:
            return self.visit
        return self.note.action if self.note.action_id else self.note.step.escalation
