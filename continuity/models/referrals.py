"""The live referral: one person referred by a prison to a community service, from the form to the follow-up.

Who the person is stands in one table, which row-level security shows to the prison, and to the service once it was sent;
it is emptied some time after release. Everything else works on codes and dates, and holds no words about the person.
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation
from accounts.roles import Reach
from continuity import vocabulary as words
from continuity.models.areas import Area
from continuity.roles import RETURN_TYPE, AuditAct

PERSON = settings.AUTH_USER_MODEL


def choice(choices, **options):
    """A column for one of the vocabulary's choices; empty where it is not answered."""
    return models.CharField(max_length=40, choices=list(choices.labels.items()), blank=True, **options)


def somebody():
    return models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")


class LiveReferralQuerySet(models.QuerySet):
    def visible_to(self, seat):
        """The prison's own, and those sent to the service: for two parties alone, and for roles that work with them."""
        if seat is None or not (
            seat.may(AuditAct.SEND_REFERRALS, RETURN_TYPE) or seat.may(AuditAct.ACKNOWLEDGE_REFERRALS, RETURN_TYPE)
        ):
            return self.none()
        if seat.reach is not Reach.OWN:
            return self.none()
        sent_to_it = Q(service_id=seat.organisation_id, sent_at__isnull=False)
        return self.filter(Q(prison_id=seat.organisation_id) | sent_to_it)

    def for_page(self):
        return self.select_related("prison", "service", "area", "person")


class LiveReferral(models.Model):
    """Where a referral stands, and what it says in codes. `told` are the keys of the minimum content that it holds.

    `agreed_days` and `agreed_content` are the protocol's terms on the day it was sent; empty where none was in force.

    The two digests (`continuity.referral_links`) find it again for an audit after the person's details were removed.
    """

    class Status(models.TextChoices):
        DRAFT = "DRAFT", "Draft"
        SENT = "SENT", "Sent, not received yet"
        RECEIVED = "RECEIVED", "Received, not acknowledged yet"
        ACKNOWLEDGED = "ACKNOWLEDGED", "Acknowledged"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    class Housing(models.TextChoices):
        ADDRESS = "ADDRESS", "Has an address"
        NO_FIXED_ABODE = "NO_FIXED_ABODE", "No fixed abode"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    prison = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    service = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    status = models.CharField(max_length=15, choices=Status, default=Status.DRAFT)
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = somebody()
    received_at = models.DateTimeField(null=True, blank=True)
    received_by = somebody()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = somebody()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    consent = choice(words.YES_NO)
    drug_1 = choice(words.SUBSTANCE)
    drug_2 = choice(words.SUBSTANCE)
    drug_3 = choice(words.SUBSTANCE)
    structured_need = choice(words.YES_NO)
    treatment = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    mental_health = choice(words.YES_NO)
    housing = choice(words.YES_NO)
    expected_release_on = models.DateField(null=True, blank=True)
    may_change = choice(words.YES_NO)
    abode = models.CharField(max_length=20, choices=Housing, blank=True)
    probation = choice(words.PROBATION)
    licence = choice(words.YES_NO)
    naloxone = choice(words.YES_NO)
    told = ArrayField(models.CharField(max_length=20), default=list, blank=True)

    released_on = models.DateField(null=True, blank=True)
    release_type = choice(words.RELEASE_TYPE)
    appropriate = choice(words.YES_NO)
    not_appropriate = choice(words.NOT_APPROPRIATE)
    not_followed_up = choice(words.NOT_FOLLOWED_UP)
    agreed_days = models.PositiveSmallIntegerField(null=True, blank=True)
    agreed_content = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    number_digest = models.CharField(max_length=64, blank=True)
    attributors_digest = models.CharField(max_length=64, blank=True)
    purge_on = models.DateField()
    purged_at = models.DateTimeField(null=True, blank=True)

    objects = LiveReferralQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["DRAFT", "WITHDRAWN"]) | Q(sent_at__isnull=False, sent_by__isnull=False),
                name="a_sent_referral_has_a_sender_and_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["RECEIVED", "ACKNOWLEDGED"]) | Q(received_at__isnull=False),
                name="a_received_referral_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="ACKNOWLEDGED") | Q(acknowledged_at__isnull=False),
                name="an_acknowledged_referral_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True) | Q(received_at__gte=F("sent_at")),
                name="a_referral_is_received_after_it_is_sent",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(consent="YES"), name="a_referral_is_sent_with_consent"
            ),
        ]
        indexes = [
            models.Index(fields=["prison", "status"], name="live_referral_by_prison"),
            models.Index(fields=["service", "status"], name="live_referral_by_service"),
            models.Index(fields=["purge_on"], name="live_referral_to_purge", condition=Q(purged_at__isnull=True)),
            models.Index(
                fields=["prison", "number_digest"], name="live_referral_by_number", condition=~Q(number_digest="")
            ),
            models.Index(
                fields=["prison", "attributors_digest"],
                name="live_referral_by_attributors",
                condition=~Q(attributors_digest=""),
            ),
            models.Index(
                fields=["purged_at"],
                name="live_referral_to_unlink",
                condition=Q(purged_at__isnull=False) & ~Q(number_digest="", attributors_digest=""),
            ),
        ]

    def __str__(self):
        return f"referral {self.reference}"

    @property
    def reference(self):
        """How people call it: it says nothing about the person."""
        return f"R-{self.pk:06}"

    @property
    def is_draft(self):
        return self.status == self.Status.DRAFT

    @property
    def is_withdrawn(self):
        return self.status == self.Status.WITHDRAWN

    @property
    def is_open(self):
        """Whether the two parties still work with it."""
        return not self.is_withdrawn and self.purged_at is None

    @property
    def is_with_service(self):
        return self.is_open and self.sent_at is not None

    @property
    def initials(self):
        """First and second initial, for lists; nothing once the person's details were removed."""
        person = getattr(self, "person", None)
        return f"{person.first_name[:1]}{person.surname[:1]}".upper() if person else ""

    @property
    def exit_on(self):
        """The day of release: the one that happened, else the one expected, or None."""
        return self.released_on or self.expected_release_on


class LivePerson(models.Model):
    """Who the person of a referral is, and everything about them in words. `organisations` are those that may see it."""

    referral = models.OneToOneField(LiveReferral, models.PROTECT, primary_key=True, related_name="person")
    organisations = ArrayField(models.BigIntegerField())
    first_name = models.CharField(max_length=50, blank=True)
    surname = models.CharField(max_length=50, blank=True)
    known_as = models.CharField(max_length=100, blank=True)
    aliases = models.CharField(max_length=200, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    sex = choice(words.SEX)
    prison_number = models.CharField(max_length=20, blank=True)
    assessed_need = models.TextField(blank=True)
    medication = models.TextField(blank=True)
    last_dose = models.CharField(max_length=100, blank=True)
    other_needs = models.TextField(blank=True)
    address = models.TextField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    contact_person = models.CharField(max_length=200, blank=True)
    resettlement = models.TextField(blank=True)
    probation_officer = models.CharField(max_length=200, blank=True)
    licence_text = models.TextField(blank=True)
    told_by = models.CharField(max_length=200, blank=True)
    worker_name = models.CharField(max_length=120, blank=True)
    worker_phone = models.CharField(max_length=40, blank=True)
    worker_email = models.EmailField(max_length=254, blank=True)

    class Meta:
        indexes = [models.Index(fields=["prison_number"], name="live_person_by_number")]

    def __str__(self):
        return f"person of referral {self.referral_id}"


class ReleaseChange(models.Model):
    """The prison said that the release changed; the service was told at once, and says that it knows.

    A correction is a line of its own, with its `reason`; what it corrects stays as it was said.
    """

    class Kind(models.TextChoices):
        DATE = "DATE", "Expected release date changed"
        COURT = "COURT", "Released from court"
        RELEASED = "RELEASED", "Released as planned"
        UNPLANNED = "UNPLANNED", "Released unplanned, not from court"
        NOT_RELEASED = "NOT_RELEASED", "Not released"

    class Reason(models.TextChoices):
        WRONG_REFERRAL = "WRONG_REFERRAL", "It was recorded on the wrong referral"
        WRONG_DAY = "WRONG_DAY", "The day was wrong"
        WRONG_KIND = "WRONG_KIND", "The kind of release was wrong"
        DID_NOT_HAPPEN = "DID_NOT_HAPPEN", "The release did not happen"

    RELEASE_TYPE_OF = {
        Kind.COURT: "COURT",
        Kind.RELEASED: "PLANNED",
        Kind.UNPLANNED: "UNPLANNED",
        Kind.NOT_RELEASED: "",
    }

    referral = models.ForeignKey(LiveReferral, models.PROTECT, related_name="release_changes")
    kind = models.CharField(max_length=15, choices=Kind)
    reason = models.CharField(max_length=15, choices=Reason, blank=True)
    before = models.DateField(null=True, blank=True)
    after = models.DateField(null=True, blank=True)
    told_at = models.DateTimeField()
    told_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = somebody()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(acknowledged_at=None) | Q(acknowledged_at__gte=F("told_at")),
                name="a_change_is_told_before_it_is_acknowledged",
            ),
            models.CheckConstraint(
                condition=Q(kind="NOT_RELEASED", after__isnull=True) & ~Q(reason="")
                | ~Q(kind="NOT_RELEASED") & Q(after__isnull=False),
                name="a_release_has_a_day_and_its_undoing_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["referral"], name="release_change_unseen", condition=Q(acknowledged_at__isnull=True))
        ]

    def __str__(self):
        return f"{self.kind} of {self.referral_id}"


class Row(models.Model):
    """Something recorded on a referral, by whom and when."""

    recorded_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        abstract = True


class ReferralContact(Row):
    """Somebody from the community reached the person before release."""

    BY = {
        "IN_REACH_TEAM": "Dedicated in-reach team",
        "COMMUNITY_WORKER": "Community worker",
        "SPOC": "Single point of contact",
        "PEER": "Peer or mutual aid",
        "FAMILY": "Family support",
        "OTHER": "Somebody else",
    }

    referral = models.ForeignKey(LiveReferral, models.PROTECT, related_name="contacts")
    kind = models.CharField(max_length=20, choices=[(key, words.CONTACT.labels[key]) for key in words.CONTACTED])
    by = models.CharField(max_length=20, choices=list(BY.items()))
    on = models.DateField()

    def __str__(self):
        return f"{self.kind} {self.on}"


class ReferralAppointment(Row):
    """An appointment after release, or a drop-in that the person was told of. `time` is empty where only the day is known."""

    class With(models.TextChoices):
        TREATMENT = "TREATMENT", "The community service"
        DROP_IN = "DROP_IN", "The community service’s drop-in"
        PROBATION = "PROBATION", "Probation"
        RESETTLEMENT = "RESETTLEMENT", "Resettlement"

    OF_THE_SERVICE = frozenset({With.TREATMENT, With.DROP_IN})

    referral = models.ForeignKey(LiveReferral, models.PROTECT, related_name="appointments")
    with_whom = models.CharField(max_length=15, choices=With)
    on = models.DateField()
    time = models.TimeField(null=True, blank=True)
    place = models.CharField(max_length=200, blank=True)
    made_by = choice(words.APPOINTMENT_BY)
    told_client = choice(words.YES_NO)
    outcome = choice(words.ATTENDANCE)
    attended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(attended_on=None) | Q(outcome__in=[*words.ATTENDED, "DNA"]),
                name="who_attended_has_an_outcome",
            )
        ]

    def __str__(self):
        return f"{self.with_whom} {self.on}"

    @property
    def is_of_the_service(self):
        return self.with_whom in self.OF_THE_SERVICE


class ReferralFollowUp(Row):
    """One attempt to reach somebody who missed their appointment."""

    referral = models.ForeignKey(LiveReferral, models.PROTECT, related_name="follow_ups")
    method = models.CharField(max_length=20, choices=list(words.FOLLOW_UP.labels.items()))
    on = models.DateField()

    def __str__(self):
        return f"{self.method} {self.on}"
