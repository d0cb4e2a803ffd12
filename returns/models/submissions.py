"""Who owes a return, where it stands, and the working copy with what belongs to it."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Organisation
from accounts.roles import Reach
from returns.content import LINE_LIMIT, Kind
from returns.models.periods import Period

PERSON = settings.AUTH_USER_MODEL


class SubmissionQuerySet(models.QuerySet):
    def visible_to(self, seat):
        """The submissions whose existence and state this seat may know; everything else is as if it were not there."""
        if seat is None or seat.reach is Reach.NOTHING:
            return self.none()
        rows = self
        if seat.role_spec.return_type:
            rows = rows.filter(period__collection__return_type=seat.role_spec.return_type)
        if seat.reach is Reach.EVERYTHING:
            return rows
        if seat.reach is Reach.REGION:
            return rows.filter(Q(region_id=seat.organisation_id) | Q(subject__region_id=seat.organisation_id))
        return rows._with_part(seat, seat.stands_for)

    def in_hands_of(self, seat):
        """Of the submissions visible to this seat, those in which its own organisation has a part: a successor reads what
        its predecessors left, and moves nothing in it.
        """
        rows = self.visible_to(seat)
        has_part = seat is not None and seat.reach in (Reach.OWN, Reach.RECEIVED)
        return rows._with_part(seat, [seat.organisation_id]) if has_part else rows

    def _with_part(self, seat, organisations):
        """The period is the submission's own; said twice, one period's parts are all that is read of many years'."""
        parts = Participant.OWNERS if seat.reach is Reach.OWN else {Participant.Part.RECIPIENT}
        taken = Participant.objects.filter(
            submission=OuterRef("pk"), period=OuterRef("period"), organisation_id__in=organisations, part__in=parts
        )
        return self.filter(Exists(taken))

    def for_list(self):
        """With what every list shows, so that rendering asks nothing more."""
        return self.select_related(
            "subject", "period__collection", "current_version__checking", "standing_version__score"
        )

    def owed(self):
        return self.exclude(status=Submission.Status.NOT_REQUIRED)

    def received(self):
        """Owed, and a version has passed its check."""
        return self.owed().filter(standing_version__isnull=False)

    def missing(self):
        """Owed, and no version has passed its check: nothing has been received."""
        return self.owed().filter(standing_version=None)


class Submission(models.Model):
    """One subject in one period: the working copy and where it stands.

    `region` is the subject's when the return was made, so that the figures of a past quarter stay where they were.
    `content_sha256` is the working copy's hash; `checked_sha256` the hash that the rules last saw, with `blocking` errors
    and `unexplained` warnings. `current_version` is the latest, `standing_version` the latest whose check passed.
    """

    class Status(models.TextChoices):
        NOT_STARTED = "NOT_STARTED", "Not started"
        DRAFT = "DRAFT", "In progress"
        AWAITING_SIGN_OFF = "AWAITING_SIGN_OFF", "Waiting for sign-off"
        SUBMITTED = "SUBMITTED", "Submitted"
        IN_REVIEW = "IN_REVIEW", "In review"
        ACCEPTED = "ACCEPTED", "Accepted"
        NOT_REQUIRED = "NOT_REQUIRED", "Not required"

    BEING_FILLED_IN = {Status.NOT_STARTED, Status.DRAFT}
    WITH_OWNER = {Status.NOT_STARTED, Status.DRAFT, Status.AWAITING_SIGN_OFF}
    WITH_RECIPIENT = {Status.SUBMITTED, Status.IN_REVIEW}

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    period = models.ForeignKey(Period, models.PROTECT, related_name="submissions", db_index=False)
    subject = models.ForeignKey(Organisation, models.PROTECT, related_name="submissions", db_index=False)
    subject_key = models.CharField(max_length=40, blank=True)
    region = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=20, choices=Status, default=Status.NOT_STARTED)
    status_reason = models.TextField(blank=True)
    status_at = models.DateTimeField(null=True, blank=True)
    content_sha256 = models.CharField(max_length=64, blank=True)
    checked_sha256 = models.CharField(max_length=64, blank=True)
    blocking = models.PositiveIntegerField(default=0)
    unexplained = models.PositiveIntegerField(default=0)
    prepared_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    first_submitted_at = models.DateTimeField(null=True, blank=True)
    current_version = models.ForeignKey("Version", models.PROTECT, null=True, blank=True, related_name="+")
    standing_version = models.ForeignKey("Version", models.PROTECT, null=True, blank=True, related_name="+")

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "subject", "subject_key"], name="one_return_per_subject_and_period"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["NOT_STARTED", "DRAFT", "AWAITING_SIGN_OFF", "NOT_REQUIRED"])
                | Q(current_version__isnull=False, first_submitted_at__isnull=False),
                name="submitted_has_a_version_and_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="NOT_REQUIRED") | ~Q(status_reason=""), name="not_required_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "period"], name="submission_by_subject"),
            models.Index(fields=["period", "status"], name="submission_by_status"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="a_return_stays_in_its_period",
                operation=pgtrigger.UpdateOf("period_id"),
                condition=pgtrigger.AnyChange("period"),
            )
        ]

    def __str__(self):
        return f"{self.subject_id} in {self.period_id}: {self.status}"

    @property
    def return_type(self):
        return self.period.collection.return_type

    @property
    def is_being_filled_in(self):
        return self.status in self.BEING_FILLED_IN

    @property
    def is_with_owner(self):
        return self.status in self.WITH_OWNER

    @property
    def is_awaiting_sign_off(self):
        return self.status == self.Status.AWAITING_SIGN_OFF

    @property
    def is_submitted(self):
        return self.status == self.Status.SUBMITTED

    @property
    def is_in_review(self):
        return self.status == self.Status.IN_REVIEW

    @property
    def is_accepted(self):
        return self.status == self.Status.ACCEPTED

    @property
    def has_newer_than_standing(self):
        return bool(self.current_version_id and self.current_version_id != self.standing_version_id)

    @property
    def recipients(self):
        """The organisations that receive it; without a query where `participants__organisation` was fetched."""
        return [part.organisation for part in self.participants.all() if part.part == Participant.Part.RECIPIENT]

    @property
    def is_not_required(self):
        return self.status == self.Status.NOT_REQUIRED

    @property
    def can_be_reopened(self):
        return self.status in {self.Status.ACCEPTED, self.Status.NOT_REQUIRED}

    @property
    def is_back_with_owner(self):
        """In progress again, for the reason given."""
        return self.status == self.Status.DRAFT and bool(self.status_reason)

    @property
    def was_late(self):
        return bool(self.first_submitted_at and self.first_submitted_at > self.period.due_at)

    def is_overdue_at(self, moment):
        return self.is_with_owner and not self.first_submitted_at and moment > self.period.due_at


class Extension(models.Model):
    """A later hard close for one submission, with its reason."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="extensions")
    closes_at = models.DateTimeField()
    reason = models.TextField()
    given_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField()

    def __str__(self):
        return f"until {self.closes_at:%d %B %Y}"


class Participant(models.Model):
    """An organisation's part in a submission. `period` is the submission's, copied for the index by the database itself."""

    class Part(models.TextChoices):
        OWNER = "OWNER", "Owner"
        CO_OWNER = "CO_OWNER", "Co-owner"
        RECIPIENT = "RECIPIENT", "Recipient"
        SOURCE = "SOURCE", "Source"
        FACILITATOR = "FACILITATOR", "Facilitator"

    OWNERS = {Part.OWNER, Part.CO_OWNER}

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="participants", db_index=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="participations", db_index=False)
    part = models.CharField(max_length=12, choices=Part)
    period = models.ForeignKey(Period, models.PROTECT, related_name="+", editable=False, db_index=False)

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="a_part_is_of_the_submissions_period",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("submission_id", "period_id"),
                when=pgtrigger.Before,
                func="SELECT period_id INTO NEW.period_id FROM returns_submission WHERE id = NEW.submission_id; RETURN NEW;",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["submission", "organisation", "part"], name="a_part_is_taken_once"),
            models.UniqueConstraint(fields=["submission"], condition=Q(part="OWNER"), name="one_owner_per_submission"),
        ]
        indexes = [
            models.Index(fields=["organisation", "part", "period", "submission"], name="participant_by_organisation")
        ]

    def __str__(self):
        return f"{self.organisation_id} is {self.part} of {self.submission_id}"


class Section(models.Model):
    """A page of the return: its revision (so that two people do not overwrite one another) and whether it may change."""

    class State(models.TextChoices):
        OPEN = "OPEN", "Open"
        SENT_BACK = "SENT_BACK", "Sent back"
        CLOSED = "CLOSED", "Closed"

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="section_states", db_index=False)
    slug = models.SlugField(max_length=40)
    revision = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    sha256 = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    saved_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    saved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "slug"], name="one_state_per_section"),
            models.CheckConstraint(condition=~Q(state="SENT_BACK") | ~Q(reason=""), name="sent_back_has_a_reason"),
        ]

    def __str__(self):
        return f"{self.slug} r{self.revision}"

    @property
    def is_closed(self):
        return self.state == self.State.CLOSED

    @property
    def is_sent_back(self):
        return self.state == self.State.SENT_BACK


class ReturnContent(models.Model):
    """The answers of the working copy: one table in each return type's app, joined one-to-one."""

    submission = models.OneToOneField(Submission, models.PROTECT, primary_key=True, related_name="+")
    absent = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True


def column(question):
    """The nullable column for one question: null is "missing"; "not applicable" is written in `absent`."""
    columns = {
        Kind.COUNT: lambda: models.PositiveIntegerField(null=True, blank=True),
        Kind.YES_NO: lambda: models.BooleanField(null=True, blank=True),
        Kind.DAY: lambda: models.DateField(null=True, blank=True),
        Kind.PASSAGE: lambda: models.TextField(null=True, blank=True),
        Kind.ACTIONS: lambda: models.JSONField(null=True, blank=True),
    }
    return columns.get(question.kind, lambda: models.CharField(max_length=LINE_LIMIT, null=True, blank=True))()


class Explanation(models.Model):
    """The reason given for a warning; it counts while the values it speaks about (its fingerprint) stay as they are."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="explanations", db_index=False)
    rule = models.CharField(max_length=20)
    fingerprint = models.CharField(max_length=32)
    text = models.TextField()
    given_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    carried_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "rule", "fingerprint"], name="one_explanation_per_warning"),
            models.CheckConstraint(condition=~Q(text=""), name="an_explanation_says_something"),
        ]

    def __str__(self):
        return f"{self.rule}: {self.text[:40]}"


class SignOff(models.Model):
    """One signature over one content: an edit makes it void, because the hash no longer agrees."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="sign_offs")
    content_sha256 = models.CharField(max_length=64)
    explanations_sha256 = models.CharField(max_length=64)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "organisation", "content_sha256", "explanations_sha256"],
                name="an_owner_signs_a_content_once",
            )
        ]

    def __str__(self):
        return f"{self.organisation_id} signed {self.content_sha256[:12]}"
