"""The rows of an audit: each release from prison is a referral; the sheet is what one service completes of them.

What identifies a person stands elsewhere (`people.Identity`), under its own protection.
"""

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from accounts.roles import Reach
from continuity.models.audits import Audit, Pair, Party
from continuity.models.extracts import Extract
from continuity.roles import RETURN_TYPE
from returns.models import Submission

PERSON = settings.AUTH_USER_MODEL


def is_open_for(organisation_id, day):
    """The sheets whose rows an organisation may see as a receiving service: released, not recalled, not expired."""
    return Q(
        Q(submission__subject_id=organisation_id) | Q(pair__service_id=organisation_id),
        recalled_at=None,
        expires_on__gte=day,
    )


class SheetQuerySet(models.QuerySet):
    def visible_to(self, seat):
        """The sheets of whose existence and state the seat may know. Providers know of their own alone."""
        if seat is None:
            return self.none()
        if seat.reach is Reach.EVERYTHING:
            return self
        if seat.role_spec.return_type != RETURN_TYPE:
            return self.none()
        ours = seat.organisation_id
        if seat.reach is Reach.OWN:
            mine = Q(pair__prison_id=ours) | Q(pair__service_id=ours) | Q(submission__subject_id=ours)
            return self.filter(mine, audit__in=Audit.objects.visible_to(seat))
        whole = Party.objects.filter(
            organisation_id=ours, invited_at__isnull=False, part__in=["SECURE_COMMISSIONER", "FACILITATOR"]
        )
        return self.filter(
            Q(pair__area__local_authority_id=ours)
            | Q(audit__period__collection__owner_id=ours)
            | Q(audit__analysis_lead_id=ours)
            | Q(audit__in=whole.values("audit")),
            audit__in=Audit.objects.visible_to(seat),
        )

    def rows_visible_to(self, seat, day):
        """The sheets whose rows the seat may see: the prison's own, and those that stand open for the service."""
        if seat is None or seat.role_spec.return_type != RETURN_TYPE or seat.reach is not Reach.OWN:
            return self.none()
        return self.filter(
            Q(pair__prison_id=seat.organisation_id) | is_open_for(seat.organisation_id, day), audit__purged_at=None
        )


class Sheet(models.Model):
    """The referrals of one prison to one area that one service completes; the kernel's submission is its life.

    Where a single point of contact gives rows to another service, that service has a sheet of its own for the same pair.
    `judged_on` is the last day for which all findings that the calendar brings are known to stand (`continuity.ageing`).
    """

    submission = models.OneToOneField(Submission, models.PROTECT, primary_key=True, related_name="sheet")
    audit = models.ForeignKey(Audit, models.PROTECT, related_name="sheets")
    pair = models.ForeignKey(Pair, models.PROTECT, related_name="sheets")
    released_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    released_at = models.DateTimeField()
    expires_on = models.DateField()
    recalled_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    recalled_at = models.DateTimeField(null=True, blank=True)
    recalled_because = models.TextField(blank=True)
    judged_on = models.DateField(null=True, blank=True)

    objects = SheetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(recalled_at__isnull=True, recalled_because="")
                | (Q(recalled_at__isnull=False, recalled_by__isnull=False) & ~Q(recalled_because="")),
                name="a_recall_has_a_reason",
            )
        ]
        indexes = [models.Index(fields=["pair"], name="sheet_by_pair")]

    def __str__(self):
        return f"sheet {self.submission_id}"

    @property
    def service(self):
        return self.submission.subject

    def is_open_on(self, day):
        return self.recalled_at is None and day <= self.expires_on


class ReferralQuerySet(models.QuerySet):
    def visible_to(self, seat, day):
        """The rows of the seat's own prison, and those on sheets that stand open for its service."""
        if seat is None or seat.role_spec.return_type != RETURN_TYPE or seat.reach is not Reach.OWN:
            return self.none()
        sheets = Sheet.objects.filter(is_open_for(seat.organisation_id, day))
        return self.filter(Q(prison_id=seat.organisation_id) | Q(sheet__in=sheets.values("pk")), audit__purged_at=None)


class Referral(models.Model):
    """One release: what the prison recorded and what the service answered, each by column id, without what identifies.

    `sent` belongs to the prison's extract and `answers` to the service's sheet, so that neither overwrites the other.
    `left_out` names the rules that keep it off the audit list; `digest` stands for the person on this row alone
    (`Identity.digest`), the other two for the same person on any row of the audit (`continuity.same_person`).
    `shared_under` is the pair whose service saw it last: what that service said is for no other pair's.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    audit = models.ForeignKey(Audit, models.PROTECT, related_name="referrals", db_index=False)
    prison = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    pair = models.ForeignKey(Pair, models.PROTECT, null=True, blank=True, related_name="referrals", db_index=False)
    sheet = models.ForeignKey(Sheet, models.PROTECT, null=True, blank=True, related_name="referrals", db_index=False)
    shared_under = models.ForeignKey(Pair, models.PROTECT, null=True, blank=True, related_name="+")
    extract = models.ForeignKey(Extract, models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    left_out = models.JSONField(default=list)
    sent = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    answers = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    interventions = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    revision = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64)
    number_digest = models.CharField(max_length=64, blank=True)
    attributors_digest = models.CharField(max_length=64, blank=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sheet__isnull=True) | Q(pair__isnull=False, left_out=[]),
                name="only_the_audit_list_is_shared",
            )
        ]
        indexes = [
            models.Index(fields=["audit", "prison", "position"], name="referral_by_prison"),
            models.Index(fields=["sheet", "position"], name="referral_by_sheet"),
            models.Index(fields=["pair", "sheet"], name="referral_by_pair"),
        ]

    def __str__(self):
        return f"referral {self.uuid}"
