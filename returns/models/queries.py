"""Questions of a recipient about one value or section of a return, each with its thread."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Organisation
from accounts.roles import Reach
from returns.models.submissions import Participant, Submission
from returns.models.versions import Version, never_changes

PERSON = settings.AUTH_USER_MODEL


class QueryQuerySet(models.QuerySet):
    def visible_to(self, seat):
        """A query is between the two sides of a return; nobody else sees it."""
        if seat is None or seat.reach not in (Reach.OWN, Reach.RECEIVED):
            return self.none()
        parts = Participant.OWNERS if seat.reach is Reach.OWN else {Participant.Part.RECIPIENT}
        taking_part = Participant.objects.filter(
            submission=OuterRef("submission"), organisation_id=seat.organisation_id, part__in=parts
        )
        rows = self.filter(Exists(taking_part))
        if seat.role_spec.return_type:
            rows = rows.filter(submission__period__collection__return_type=seat.role_spec.return_type)
        return rows

    def open(self):
        return self.exclude(state=Query.State.CLOSED)

    def waiting_for(self, seat):
        """The open ones that this seat's side has to move on."""
        return self.filter(state__in=Query.WITH_OWNER if seat.reach is Reach.OWN else Query.WITH_RECIPIENT)

    def overdue_on(self, day):
        """Those whose owner's answer is late."""
        return self.filter(state__in=Query.WITH_OWNER, due_on__lt=day)

    def for_list(self):
        """With what every list shows, so that rendering asks nothing more."""
        return self.select_related(
            "submission__subject", "submission__period__collection", "version", "assigned_to", "asked_by", "asked_for"
        )


class Query(models.Model):
    """A question on one section of a version, or on one value in it (`field`). It waits for one side at a time: for the
    owner while it is asked or reopened, for the recipient once it is answered, for nobody when it is closed.
    """

    class State(models.TextChoices):
        ASKED = "ASKED", "Asked"
        ANSWERED = "ANSWERED", "Answered"
        REOPENED = "REOPENED", "Reopened"
        CLOSED = "CLOSED", "Closed"

    WITH_OWNER = {State.ASKED, State.REOPENED}
    WITH_RECIPIENT = {State.ANSWERED}

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="queries")
    version = models.ForeignKey(Version, models.PROTECT, related_name="queries")
    section = models.SlugField(max_length=40)
    field = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    state_at = models.DateTimeField()
    due_on = models.DateField()
    reminded_for = models.DateField(null=True, blank=True)  # the due day whose passing its owner was told of
    asked_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    asked_for = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    assigned_to = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")

    objects = QueryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="CLOSED") | Q(assigned_to__isnull=True), name="a_closed_query_waits_for_nobody"
            )
        ]
        indexes = [
            models.Index(fields=["submission"], name="query_open", condition=~Q(state="CLOSED")),
        ]

    def __str__(self):
        return f"query on {self.section} {self.field}: {self.state}"

    @property
    def is_with_owner(self):
        return self.state in self.WITH_OWNER

    @property
    def is_answered(self):
        return self.state == self.State.ANSWERED

    @property
    def is_closed(self):
        return self.state == self.State.CLOSED

    def is_overdue_on(self, day):
        """Whether its owner's answer is late."""
        return self.is_with_owner and day > self.due_on


class Message(models.Model):
    """One entry of a query's thread, which nobody changes: what was asked, answered, asked again, or said at closing."""

    query = models.ForeignKey(Query, models.PROTECT, related_name="messages")
    act = models.CharField(max_length=10, choices=Query.State)
    text = models.TextField(blank=True)
    person = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(act="CLOSED") | ~Q(text=""), name="a_message_says_something")]
        triggers = never_changes("messages_never_change")

    def __str__(self):
        return f"{self.act}: {self.text[:40]}"
