"""An audit as it is agreed: who takes part, between which prisons and areas, over which period, on what terms.

Source: guidance of 2018, sections 4, 5.5 and 5.6.
"""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation
from accounts.roles import Reach
from continuity.models.areas import Area
from continuity.roles import RETURN_TYPE
from returns.models import Period

PERSON = settings.AUTH_USER_MODEL
PURGE_AFTER = 30  # days from the audit's closing to the end of names and dates of birth


def new_salt():
    return secrets.token_hex(16)


class AuditQuerySet(models.QuerySet):
    def visible_to(self, seat):
        """The audits in which the seat's organisation has a part, from its invitation on; administrators know of all."""
        if seat is None:
            return self.none()
        if seat.reach is Reach.EVERYTHING:
            return self
        if seat.role_spec.return_type != RETURN_TYPE:
            return self.none()
        return self.filter(
            Q(
                pk__in=Party.objects.filter(organisation_id=seat.organisation_id, invited_at__isnull=False).values(
                    "audit"
                )
            )
            | Q(period__collection__owner_id=seat.organisation_id)
        )


class Audit(models.Model):
    """One audit; its period is the period of exit dates. `revision` grows when what the parties accepted changes.

    `people_salt` is in the digests by which a person is known on several rows (`continuity.same_person`), until the purge.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    period = models.OneToOneField(Period, models.PROTECT, related_name="audit")
    aims = models.TextField()
    analysis_lead = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    set_up_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    set_up_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    purge_on = models.DateField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)
    people_salt = models.CharField(max_length=32, blank=True, default=new_salt)

    objects = AuditQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(aims=""), name="an_audit_has_aims"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, purge_on__isnull=True)
                | Q(closed_at__isnull=False, purge_on__isnull=False),
                name="a_closed_audit_has_a_day_of_purge",
            ),
            models.CheckConstraint(
                condition=Q(purged_at__isnull=True) | Q(closed_at__isnull=False), name="only_closed_audits_are_purged"
            ),
            models.CheckConstraint(
                condition=Q(purged_at__isnull=True) | Q(people_salt=""), name="a_purged_audit_has_no_salt"
            ),
        ]
        indexes = [models.Index(fields=["purge_on"], condition=Q(purged_at=None), name="audit_to_purge")]

    def __str__(self):
        return self.title

    @property
    def title(self):
        return self.period.collection.title

    @property
    def owner(self):
        return self.period.collection.owner

    @property
    def is_closed(self):
        return self.closed_at is not None


class Pair(models.Model):
    """A prison whose transfers to an area are audited, and the service that receives them there."""

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="pairs")
    prison = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    service = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    expected = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["audit", "prison", "area"], name="a_pair_is_audited_once"),
            models.CheckConstraint(condition=~Q(prison=F("service")), name="a_prison_does_not_refer_to_itself"),
        ]

    def __str__(self):
        return f"{self.prison_id} to {self.area_id}"


class Party(models.Model):
    """An organisation's part in an audit. It counts as taking part once it accepts the audit's present revision."""

    class Part(models.TextChoices):
        PRISON = "PRISON", "Prison treatment provider"
        COMMUNITY = "COMMUNITY", "Community treatment provider"
        LA_COMMISSIONER = "LA_COMMISSIONER", "Local authority commissioner"
        SECURE_COMMISSIONER = "SECURE_COMMISSIONER", "Commissioner of secure settings"
        ANALYSIS_LEAD = "ANALYSIS_LEAD", "Analysis lead"
        FACILITATOR = "FACILITATOR", "Facilitator or NDTMS team"

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="parties")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    part = models.CharField(max_length=20, choices=Part)
    invited_at = models.DateTimeField(null=True, blank=True)
    accepted_revision = models.PositiveIntegerField(null=True, blank=True)
    accepted_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    declined_because = models.TextField(blank=True)
    capacity = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["audit", "organisation", "part"], name="a_part_is_given_once"),
            models.CheckConstraint(
                condition=Q(accepted_revision__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, declined_because=""),
                name="accepting_has_a_person_and_a_time",
            ),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(part="COMMUNITY"), name="services_alone_have_a_capacity"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "audit"], name="party_by_organisation")]

    def __str__(self):
        return f"{self.organisation_id} as {self.part}"

    @property
    def is_asked(self):
        """Whether the audit waits for this party; a facilitator helps and is not asked."""
        return self.part != self.Part.FACILITATOR

    @property
    def has_accepted(self):
        """Whether the audit as it is agreed now was accepted, not an earlier one."""
        return self.accepted_revision == self.audit.revision


class SharingAgreement(models.Model):
    """The information sharing agreement under which an audit's rows are shared: the newest one counts."""

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="agreements")
    agreed_on = models.DateField()
    parties = models.TextField()
    name = models.CharField(max_length=120)
    stored_as = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    recorded_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    def __str__(self):
        return f"agreement of {self.agreed_on}"


TOPICS = (
    "How referrals are made",
    "Clear points of contact on both sides",
    "When referrals are made, and by whom",
    "How referrals are documented at both ends",
    "What information a referral holds, and under which protocol",
    "Appointments, and how the client is told of them",
    "What the client is told when there is no appointment",
    "Telling the community rehabilitation company or probation",
    "Licence conditions to attend treatment",
    "Recording referrals in NDTMS",
)


class PathwayTopic(models.Model):
    """One of the ten topics of the pathway meeting: how it is now, who looks after it, what was agreed to change."""

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="topics")
    number = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    owner = models.CharField(max_length=200, blank=True)
    agreed_change = models.TextField(blank=True)
    edited_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["audit", "number"], name="a_topic_is_noted_once"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=10), name="there_are_ten_topics"),
        ]

    def __str__(self):
        return TOPICS[self.number - 1]


class Meeting(models.Model):
    """A meeting of the parties, and what came of it."""

    class Kind(models.TextChoices):
        SET_UP = "SET_UP", "Set-up"
        FINDINGS = "FINDINGS", "Findings"
        ACTION = "ACTION", "Action"

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="meetings")
    kind = models.CharField(max_length=10, choices=Kind)
    held_on = models.DateField()
    people = models.TextField()
    topics = models.TextField()
    decisions = models.TextField(blank=True)
    recorded_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    def __str__(self):
        return f"{self.get_kind_display()} meeting of {self.held_on}"
