"""What a prison and the service of an area have agreed about referrals."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation
from accounts.roles import Reach
from continuity.models.areas import Area
from continuity.roles import RETURN_TYPE, AuditAct

PERSON = settings.AUTH_USER_MODEL


def of_ones_pathway(seat, prison="prison", service="service", area="area"):
    """A condition on rows that name a prison, a service and an area: those that concern the seat's organisation.

    Providers see their own, an authority those of its areas, a region those of its prisons; NHS England sees all.
    """
    if seat is None or seat.role_spec.return_type not in ("", RETURN_TYPE) or seat.reach is Reach.NOTHING:
        return Q(pk__in=[])
    organisation = seat.organisation
    if seat.reach is Reach.EVERYTHING:
        return Q()
    if seat.reach is Reach.OWN:
        return Q(**{f"{prison}_id": organisation.pk}) | Q(**{f"{service}_id": organisation.pk})
    if organisation.kind == Organisation.Kind.LOCAL_AUTHORITY:
        return Q(**{f"{area}__local_authority_id": organisation.pk})
    if organisation.kind == Organisation.Kind.REGION:
        return Q(**{f"{prison}__region_id": organisation.pk})
    return Q() if seat.may(AuditAct.SET_UP_AUDIT, RETURN_TYPE) else Q(pk__in=[])


class ProtocolQuerySet(models.QuerySet):
    def visible_to(self, seat):
        return self.filter(of_ones_pathway(seat))

    def agreed(self):
        return self.filter(prison_agreed_at__isnull=False, service_agreed_at__isnull=False)


class Protocol(models.Model):
    """How referrals go from one prison to the service of one area. It counts while both sides agree to the same words."""

    class Channel(models.TextChoices):
        PORTAL = "PORTAL", "This portal"
        CJSM = "CJSM", "Secure email (CJSM)"
        SECURE_EMAIL = "SECURE_EMAIL", "Other secure email"

    MOST_DAYS = 10

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    prison = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    service = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    minimum_content = ArrayField(models.CharField(max_length=20))
    channel = models.CharField(max_length=20, choices=Channel)
    acknowledge_days = models.PositiveSmallIntegerField()
    changes = models.TextField()
    review_on = models.DateField()
    revision = models.PositiveIntegerField(default=1)
    prison_agreed_at = models.DateTimeField(null=True, blank=True)
    prison_agreed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    service_agreed_at = models.DateTimeField(null=True, blank=True)
    service_agreed_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ProtocolQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prison", "area"], name="one_protocol_for_a_prison_and_an_area"),
            models.CheckConstraint(condition=~Q(prison=F("service")), name="a_protocol_has_two_sides"),
            models.CheckConstraint(
                condition=Q(acknowledge_days__gte=1, acknowledge_days__lte=10),
                name="referrals_are_acknowledged_in_days",
            ),
            models.CheckConstraint(
                condition=Q(prison_agreed_at=None, prison_agreed_by=None)
                | Q(prison_agreed_at__isnull=False, prison_agreed_by__isnull=False),
                name="a_prison_agrees_through_somebody",
            ),
            models.CheckConstraint(
                condition=Q(service_agreed_at=None, service_agreed_by=None)
                | Q(service_agreed_at__isnull=False, service_agreed_by__isnull=False),
                name="a_service_agrees_through_somebody",
            ),
        ]
        indexes = [models.Index(fields=["service"], name="protocol_by_service")]

    def __str__(self):
        return f"{self.prison.name} to {self.area.name}"

    @property
    def is_agreed(self):
        return self.prison_agreed_at is not None and self.service_agreed_at is not None

    @property
    def agreed_at(self):
        """Since when both sides agree, or None."""
        return max(self.prison_agreed_at, self.service_agreed_at) if self.is_agreed else None

    def side_of(self, organisation_id):
        """Which side the organisation is on: "prison", "service", or an empty text."""
        return {self.prison_id: "prison", self.service_id: "service"}.get(organisation_id, "")

    def lacks(self, side):
        return side != "" and getattr(self, f"{side}_agreed_at") is None
