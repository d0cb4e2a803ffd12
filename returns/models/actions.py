"""What a provider has agreed to do, and what became of it."""

from django.db import models
from django.db.models import Q

from accounts.models import Membership
from returns.models.about_providers import PERSON, AboutProvider, AboutProviderQuerySet
from returns.models.escalations import Escalation
from returns.models.submissions import Submission
from returns.models.visits import Visit


class ActionQuerySet(AboutProviderQuerySet):
    def open(self):
        """Not closed: those that the provider proposes as done wait for the commissioner."""
        return self.exclude(state=Action.State.CLOSED)

    def for_list(self):
        return self.select_related("provider", "commissioner", "owner__person", "submission__period")


class Action(AboutProvider):
    """An improvement with an owner at the provider and a day. It may follow from a measure, a finding, an escalation or a
    visit, or stand for itself.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", "Open"
        PROPOSED_DONE = "PROPOSED_DONE", "Proposed as done"
        CLOSED = "CLOSED", "Closed"

    title = models.CharField(max_length=200)
    details = models.TextField(blank=True)
    owner = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    due_on = models.DateField()
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    submission = models.ForeignKey(Submission, models.PROTECT, null=True, blank=True, related_name="actions")
    measure = models.CharField(max_length=40, blank=True)
    rule = models.CharField(max_length=20, blank=True)
    escalation = models.ForeignKey(Escalation, models.PROTECT, null=True, blank=True, related_name="actions")
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, blank=True, related_name="actions")
    set_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    closed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    close_reason = models.TextField(blank=True)
    marked_overdue_at = models.DateTimeField(null=True, blank=True)

    objects = ActionQuerySet.as_manager()

    class Meta(AboutProvider.Meta):
        constraints = [
            models.CheckConstraint(
                condition=(~Q(state="CLOSED") & Q(closed_at__isnull=True))
                | (Q(state="CLOSED", closed_at__isnull=False, closed_by__isnull=False) & ~Q(close_reason="")),
                name="a_closed_action_says_who_when_and_why",
            )
        ]
        indexes = [
            *AboutProvider.Meta.indexes,
            models.Index(fields=["due_on"], condition=~Q(state="CLOSED"), name="action_open"),
        ]

    def __str__(self):
        return self.title

    @property
    def is_open(self):
        return self.state != self.State.CLOSED

    @property
    def is_proposed_done(self):
        return self.state == self.State.PROPOSED_DONE

    def is_overdue_on(self, day):
        return self.state == self.State.OPEN and self.due_on < day
