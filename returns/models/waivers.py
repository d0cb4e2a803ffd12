"""Waivers: a rule switched off for one organisation until a day, by two people."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation
from returns.models.about_providers import PERSON, AboutProvider, AboutProviderQuerySet


class WaiverQuerySet(AboutProviderQuerySet):
    def in_force(self):
        """Approved and not ended early; for which periods they count, `covers` says."""
        return self.filter(state=Waiver.State.APPROVED)

    def for_list(self):
        return self.select_related(
            "provider", "commissioner", "requested_by", "requested_for", "decided_by", "decided_for", "ended_by"
        )


class Waiver(AboutProvider):
    """A warning that is not raised for one provider, in the periods whose last day lies between `starts_on` and `until`."""

    class State(models.TextChoices):
        ASKED = "ASKED", "Waiting for approval"
        APPROVED = "APPROVED", "Approved"
        REFUSED = "REFUSED", "Refused"
        ENDED = "ENDED", "Ended early"

    rule = models.CharField(max_length=20)
    starts_on = models.DateField()
    until = models.DateField()
    justification = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    requested_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    requested_for = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    decided_for = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)
    ended_by = models.ForeignKey(PERSON, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.TextField(blank=True)

    objects = WaiverQuerySet.as_manager()

    class Meta(AboutProvider.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="nobody_approves_their_own_waiver",
            ),
            models.CheckConstraint(
                condition=Q(state="ASKED", decided_at__isnull=True)
                | (~Q(state="ASKED") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="a_decided_waiver_says_who_and_when",
            ),
            models.CheckConstraint(condition=Q(until__gte=F("starts_on")), name="a_waiver_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(justification=""), name="a_waiver_is_justified"),
            models.UniqueConstraint(
                fields=["provider", "return_type", "rule"],
                condition=Q(state="ASKED"),
                name="a_waiver_is_asked_for_once_at_a_time",
            ),
        ]

    def __str__(self):
        return f"{self.rule} waived for {self.provider_id} until {self.until}"

    @property
    def sentence(self):
        """What is said where the rule would have spoken."""
        return f"{self.rule} is waived until {self.until:%-d %B %Y}: {self.justification}"

    @property
    def is_asked(self):
        return self.state == self.State.ASKED

    @property
    def is_approved(self):
        return self.state == self.State.APPROVED
