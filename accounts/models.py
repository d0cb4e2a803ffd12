"""Organisations and people: who they are, what they are at which time, and who may act for whom."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.roles import Reach, all_roles

INVITATION_DAYS = 30


def same(field):
    """An equality that an exclusion constraint can hold next to a range, without any extension: the range [x, x]."""
    number = F(field)
    return Func(number, number, Value("[]"), function="int8range", output_field=models.Field()), RangeOperators.OVERLAPS


def same_text(field):
    """The same for text, by its hash: a collision would only refuse too much, and needs two texts in four billion."""
    number = Func(
        Func(F(field), function="hashtext"), template="(%(expressions)s)::bigint", output_field=models.Field()
    )
    return Func(number, number, Value("[]"), function="int8range", output_field=models.Field()), RangeOperators.OVERLAPS


class OrganisationQuerySet(models.QuerySet):
    def open_on(self, day):
        return self.filter(Q(opened_on__isnull=True) | Q(opened_on__lte=day)).exclude(closed_on__lte=day)

    def matching(self, words):
        return self.filter(Q(code__istartswith=words) | Q(name__icontains=words)) if words else self

    def visible_to(self, seat):
        """The seat's own organisation, and those whose returns reach it."""
        if seat is None:
            return self.none()
        if seat.reach is Reach.EVERYTHING:
            return self
        visible = Q(pk=seat.organisation_id)
        if seat.reach is Reach.REGION:
            visible |= Q(region_id=seat.organisation_id)
        if seat.reach is Reach.RECEIVED:
            commissioned = OrganisationLink.objects.filter(
                kind=OrganisationLink.Kind.COMMISSIONED_BY, to_organisation_id__in=seat.stands_for
            )
            visible |= Q(pk__in=commissioned.values("from_organisation_id"))
        return self.filter(visible | Q(pk__in=seat.stands_for))


class Organisation(models.Model):
    """An organisation from ODS, or a local one as part of another."""

    class Kind(models.TextChoices):
        NHS_TRUST = "NHS_TRUST", "NHS trust"
        NHS_FOUNDATION_TRUST = "NHS_FOUNDATION_TRUST", "NHS foundation trust"
        INDEPENDENT_PROVIDER = "INDEPENDENT_PROVIDER", "Independent provider"
        OTHER_PROVIDER = "OTHER_PROVIDER", "Other provider"
        CCG = "CCG", "CCG or Sub-ICB location"
        ICB = "ICB", "ICB or STP"
        REGION = "REGION", "Region"
        LOCAL_AUTHORITY = "LOCAL_AUTHORITY", "Local authority"
        PRISON_HEALTH_SERVICE = "PRISON_HEALTH_SERVICE", "Prison health service"
        COMMUNITY_TREATMENT_PROVIDER = "COMMUNITY_TREATMENT_PROVIDER", "Community treatment provider"
        OTHER = "OTHER", "Other"

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=30, choices=Kind)
    region = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="organisations_in_region")
    part_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    email_domains = models.JSONField(default=list, blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[A-Z0-9]{3,12}$"), name="organisation_code_is_plain"),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(opened_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                name="organisation_closes_after_it_opens",
            ),
        ]
        indexes = [models.Index(fields=["region", "kind"], name="organisation_by_region")]

    def __str__(self):
        return f"{self.name} ({self.code})"

    def is_open_on(self, day):
        return (self.opened_on is None or self.opened_on <= day) and (self.closed_on is None or day < self.closed_on)

    @property
    def is_trust(self):
        return self.kind in TRUSTS


TRUSTS = {Organisation.Kind.NHS_TRUST, Organisation.Kind.NHS_FOUNDATION_TRUST}


class Trait(models.TextChoices):
    HOLDS_NHS_STANDARD_CONTRACT = "HOLDS_NHS_STANDARD_CONTRACT", "Holds the NHS Standard Contract"
    MENTAL_HEALTH_PROVIDER = "MENTAL_HEALTH_PROVIDER", "Mental-health provider"
    PREVENT_PRIORITY_AREA = "PREVENT_PRIORITY_AREA", "In a Prevent priority area"


class OrganisationTrait(models.Model):
    """What an organisation is for a time, with where that is known from and who wrote it down."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="traits")
    trait = models.CharField(max_length=40, choices=Trait)
    during = DateRangeField()
    source = models.CharField(max_length=200)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    edited_at = models.DateTimeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="a_trait_is_held_once_at_a_time",
                expressions=[same("organisation_id"), same_text("trait"), ("during", RangeOperators.OVERLAPS)],
            )
        ]

    def __str__(self):
        return f"{self.organisation_id}: {self.get_trait_display()}"


class LinkQuerySet(models.QuerySet):
    def on(self, day):
        return self.filter(during__contains=day)

    def successions(self, day):
        """Those that say who succeeded whom, as far as they have taken effect by the day."""
        return self.filter(kind=OrganisationLink.Kind.SUCCESSOR_OF, during__startswith__lte=day)

    def with_predecessors(self, organisation_id, day):
        """The organisation (its id first) and all that it has succeeded by the day, over any number of steps."""
        found, new = [organisation_id], [organisation_id]
        while new:
            rows = self.successions(day).filter(from_organisation__in=new)
            before = rows.order_by("to_organisation").values_list("to_organisation", flat=True)
            new = [pk for pk in dict.fromkeys(before) if pk not in found]
            found += new
        return found

    def lead_commissioners(self, return_type=""):
        """Those that name the lead commissioner for a return type; a link without one counts for every type."""
        return self.filter(kind=OrganisationLink.Kind.COMMISSIONED_BY, return_type__in={"", return_type})


class OrganisationLink(models.Model):
    """A dated link from one organisation to another, such as a provider's lead commissioner."""

    class Kind(models.TextChoices):
        COMMISSIONED_BY = "COMMISSIONED_BY", "Commissioned by"
        PART_OF = "PART_OF", "Part of"
        SUCCESSOR_OF = "SUCCESSOR_OF", "Successor of"

    from_organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="links_out")
    to_organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="links_in")
    kind = models.CharField(max_length=20, choices=Kind)
    return_type = models.CharField(max_length=40, blank=True)
    during = DateRangeField()
    source = models.CharField(max_length=200)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    edited_at = models.DateTimeField()

    objects = LinkQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_lead_commissioner_at_a_time",
                expressions=[
                    same("from_organisation_id"),
                    same_text("return_type"),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(kind="COMMISSIONED_BY"),
            ),
            models.CheckConstraint(
                condition=~Q(from_organisation=F("to_organisation")), name="no_organisation_is_linked_to_itself"
            ),
            models.UniqueConstraint(
                fields=["from_organisation", "to_organisation"],
                condition=Q(kind="SUCCESSOR_OF"),
                name="an_organisation_succeeds_another_once",
            ),
        ]

    def __str__(self):
        return f"{self.from_organisation_id} {self.get_kind_display()} {self.to_organisation_id}"


class PersonManager(BaseUserManager):
    def create_user(self, email, name="", password=None):
        person = self.model(email=email.strip().lower(), name=name)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class Person(AbstractBaseUser):
    """Somebody who signs in, by e-mail. What they may do is asked of their seat, not of them."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_demonstration = models.BooleanField(default=False)
    auth_epoch = models.PositiveIntegerField(default=0)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_per_address")]

    def __str__(self):
        return self.name or self.email

    def get_session_auth_hash(self):
        """Ends every open session when `auth_epoch` moves on: a role ended, a place was swapped, somebody left."""
        return f"{super().get_session_auth_hash()}.{self.auth_epoch}"


class MembershipQuerySet(models.QuerySet):
    def active_at(self, moment):
        return self.filter(during__contains=moment)

    def not_over_at(self, moment):
        """Held at the moment, or to be held later."""
        return self.filter(during__overlap=DateTimeTZRange(moment, None))

    def with_role_that(self, act, return_type=""):
        """Memberships whose role may do `act` for the return type."""
        return self.filter(role__in=[role.key for role in all_roles().values() if role.may(act, return_type)])


class Membership(models.Model):
    """A dated role in one organisation. The one a person acts under now is the *seat*; rights are asked of it."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=60)
    during = DateTimeRangeField()
    submitter_place = models.PositiveSmallIntegerField(null=True, blank=True)
    granted_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="two_submitter_places_one_person_each",
                expressions=[
                    same("organisation_id"),
                    same("submitter_place"),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(submitter_place__isnull=False),
            ),
            ExclusionConstraint(
                name="a_role_is_held_once_at_a_time",
                expressions=[
                    same("person_id"),
                    same("organisation_id"),
                    same_text("role"),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(submitter_place__isnull=True) | Q(submitter_place__in=[1, 2]),
                name="submitter_places_are_one_and_two",
            ),
            models.CheckConstraint(
                condition=Q(role__endswith="SUBMITTER", submitter_place__isnull=False)
                | (~Q(role__endswith="SUBMITTER") & Q(submitter_place__isnull=True)),
                name="submitters_have_a_place",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "role"], name="membership_by_role")]

    def __str__(self):
        return f"{self.person_id} as {self.role} in {self.organisation_id}"

    @property
    def since(self):
        return self.during.lower

    @property
    def until(self):
        return self.during.upper

    def has_ended(self, moment):
        """Whether it is over by then, or was taken back before it began."""
        return self.during.isempty or (self.until is not None and self.until <= moment)

    @property
    def role_spec(self):
        return all_roles()[self.role]

    @property
    def role_label(self):
        return self.role_spec.title

    @property
    def reach(self):
        return self.role_spec.reach

    @cached_property
    def stands_for(self):
        """The organisations (ids) whose past this seat reads: its own, and those that it has succeeded by now.

        `seats.seats_of` knows with the seat whether there are any, so that most requests ask nothing here.
        """
        if not getattr(self, "has_predecessors", True):
            return [self.organisation_id]
        return OrganisationLink.objects.with_predecessors(self.organisation_id, timezone.localdate())

    @property
    def sees_returns(self):
        return self.reach is not Reach.NOTHING

    def may(self, act, return_type=""):
        """Whether this seat's role holds the act for the return type ("" asks for any)."""
        return self.role_spec.may(act, return_type)


class SubmitterRequest(models.Model):
    """What was asked of the SDCS team when a registered submitter changed, and what they answered."""

    class Answer(models.TextChoices):
        CONFIRMED = "CONFIRMED", "Confirmed by SDCS"
        REFUSED = "REFUSED", "Refused by SDCS"

    membership = models.OneToOneField(Membership, models.PROTECT, related_name="submitter_request")
    replaces = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField()
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True, recorded_by__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False, recorded_by__isnull=False)),
                name="an_answer_has_a_time_and_a_recorder",
            )
        ]

    def __str__(self):
        return f"request for membership {self.membership_id}"


class Invitation(models.Model):
    """The only way in: a link for one address, one organisation and one role, good for 30 days and for one use."""

    ATTEMPTS = 3

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invitations")
    role = models.CharField(max_length=60)
    replaces = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    token_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                "organisation",
                "role",
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="one_open_invitation_per_address_and_role",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="an_invitation_is_accepted_or_withdrawn",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="invitation_waiting",
                condition=Q(sent_at__isnull=True, accepted_at__isnull=True, withdrawn_at__isnull=True),
            )
        ]

    def __str__(self):
        return f"invitation {self.uuid}"

    @property
    def role_label(self):
        return all_roles()[self.role].title

    @property
    def expires_at(self):
        return self.invited_at + timedelta(days=INVITATION_DAYS)

    def is_open_at(self, moment):
        return not self.accepted_at and not self.withdrawn_at and moment < self.expires_at

    @property
    def could_not_be_sent(self):
        return self.sent_at is None and self.attempts >= self.ATTEMPTS


class KeptForm(models.Model):
    """What a person typed into a form that was not taken, for half an hour: see `kept.py`. `sealed` is encrypted.

    `page` is the address the form stood on, `action` where it was sent, `seat_id` for which membership it was shown.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    page = models.CharField(max_length=400)
    action = models.CharField(max_length=400)
    seat_id = models.BigIntegerField(null=True, blank=True)
    sealed = models.BinaryField()
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "action"], name="one_kept_form_per_person_and_address")
        ]
        indexes = [models.Index(fields=["kept_at"], name="kept_form_by_age")]

    def __str__(self):
        return f"form of {self.person_id}"


class WaitingMail(models.Model):
    """A mail about signing in, encrypted, until a worker has sent it: see `outbox.py`."""

    sealed = models.BinaryField()
    asked_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"mail of {self.asked_at:%d %B %Y}"


class DemonstrationMarker(models.Model):
    """The one row that says: this database holds invented people only. See `demonstration.py`."""

    only = models.PositiveSmallIntegerField(primary_key=True, default=1)
    written_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(only=1), name="there_is_one_demonstration_marker")]

    def __str__(self):
        return "demonstration"
