"""Escalations: the ladder, who stands on which of its steps, and by when."""

from functools import cached_property

from django.db import models
from django.db.models import FilteredRelation, Q
from django.utils import timezone

from accounts.models import Membership
from returns.ladders import LadderStep, Side
from returns.models.about_providers import PERSON, AboutProvider, AboutProviderQuerySet
from returns.models.submissions import Submission
from returns.models.versions import never_changes


class Ladder(models.Model):
    """The steps of escalation of a return type from a day on. `steps` are LadderSteps as plain data."""

    return_type = models.CharField(max_length=40)
    valid_from = models.DateField()
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=200)
    steps = models.JSONField()
    written_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["return_type", "valid_from"], name="a_ladder_starts_once_a_day"),
            models.CheckConstraint(condition=~Q(steps=[]), name="a_ladder_has_steps"),
        ]
        triggers = never_changes("ladders_never_change")

    def __str__(self):
        return f"{self.title}, from {self.valid_from}"

    @cached_property
    def rungs(self):
        return [LadderStep(**step) for step in self.steps]

    def rung(self, key):
        """The step with this key, or None."""
        return next((rung for rung in self.rungs if rung.key == key), None)

    def position(self, key):
        return next(number for number, rung in enumerate(self.rungs) if rung.key == key)


class EscalationQuerySet(AboutProviderQuerySet):
    def open(self):
        return self.filter(state=Escalation.State.OPEN)

    def for_list(self):
        """With the step that each stands on and its owner, as `step`; nothing more is asked by rendering."""
        return self.annotate(step=FilteredRelation("steps", condition=Q(steps__done_at=None))).select_related(
            "provider", "commissioner", "submission__period", "ladder", "step__owner__person"
        )


class Escalation(AboutProvider):
    """Less than adequate performance, or a return that did not come, on its way up the ladder it was raised under.

    `cause_key` names the cause, once: FAILURE_TO_SUBMIT and the return, or INADEQUATE_PERFORMANCE, the return and the
    measure. Nobody in `raised_by` means that the clock raised it.
    """

    class Kind(models.TextChoices):
        FAILURE_TO_SUBMIT = "FAILURE_TO_SUBMIT", "Failure to submit"
        INADEQUATE_PERFORMANCE = "INADEQUATE_PERFORMANCE", "Inadequate performance"

    class State(models.TextChoices):
        OPEN = "OPEN", "Open"
        CLOSED = "CLOSED", "Closed"

    kind = models.CharField(max_length=30, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    cause_key = models.CharField(max_length=160, unique=True)
    cause = models.TextField()
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="escalations")
    measure = models.CharField(max_length=40, blank=True)
    ladder = models.ForeignKey(Ladder, models.PROTECT, related_name="+")
    raised_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    raised_at = models.DateTimeField()
    closed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.TextField(blank=True)

    objects = EscalationQuerySet.as_manager()

    class Meta(AboutProvider.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at__isnull=True)
                | (Q(state="CLOSED", closed_at__isnull=False, closed_by__isnull=False) & ~Q(close_reason="")),
                name="a_closed_escalation_says_who_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(kind="INADEQUATE_PERFORMANCE") | Q(measure=""), name="a_missing_return_has_no_measure"
            ),
        ]

    def __str__(self):
        return f"{self.kind} of {self.provider_id}"

    @property
    def is_open(self):
        return self.state == self.State.OPEN

    @property
    def was_submitted_since(self):
        """Whether the return came after all; it stays for a person to close."""
        return self.kind == self.Kind.FAILURE_TO_SUBMIT and self.submission.first_submitted_at is not None


class EscalationStep(models.Model):
    """A step that was taken: who owns it, until when, and what came of it. The one that is not done is where it stands."""

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="steps")
    key = models.SlugField(max_length=40)
    title = models.CharField(max_length=120)
    side = models.CharField(max_length=20, choices=[(str(side), side.label) for side in Side])
    owner = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    handed_over_from = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    handed_over_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    taken_at = models.DateTimeField()
    working_days = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.TextField(blank=True)
    marked_overdue_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["escalation"], condition=Q(done_at=None), name="an_escalation_stands_on_one_step"
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | ~Q(outcome=""), name="a_step_that_is_done_has_an_outcome"
            ),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(done_at=None), name="escalation_step_open")]

    def __str__(self):
        return f"{self.title} of {self.escalation_id}"

    @property
    def is_open(self):
        return self.done_at is None

    @property
    def is_the_providers(self):
        return self.side == Side.PROVIDER

    @property
    def was_done_late(self):
        return self.done_at is not None and timezone.localdate(self.done_at) > self.due_on

    def is_overdue_on(self, day):
        return self.is_open and self.due_on < day
