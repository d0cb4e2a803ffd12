"""Quality visits: what supplements the figures."""

from django.db import models

from accounts.models import Membership
from returns.models.about_providers import AboutProvider, AboutProviderQuerySet


class VisitQuerySet(AboutProviderQuerySet):
    def for_list(self):
        return self.select_related("provider", "commissioner")


class Visit(AboutProvider):
    """A commissioner's visit to a provider. `findings` stay empty until it has taken place."""

    visited_on = models.DateField()
    people = models.TextField()
    looked_at = models.TextField()
    findings = models.TextField(blank=True)
    recorded_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = VisitQuerySet.as_manager()

    class Meta(AboutProvider.Meta):
        pass

    def __str__(self):
        return f"visit to {self.provider_id} on {self.visited_on}"
