"""What lies between a provider and its commissioner besides a return: who may know of it is asked the same way."""

import uuid

from django.conf import settings
from django.db import models

from accounts.models import Organisation
from accounts.roles import Reach

PERSON = settings.AUTH_USER_MODEL


class AboutProviderQuerySet(models.QuerySet):
    def visible_to(self, seat):
        """Those that this seat may know of: its own, those of its providers, its region's, or all; and what those left that
        it has succeeded.
        """
        if seat is None or seat.reach is Reach.NOTHING:
            return self.none()
        rows = self
        if seat.role_spec.return_type:
            rows = rows.filter(return_type=seat.role_spec.return_type)
        if seat.reach is Reach.EVERYTHING:
            return rows
        if seat.reach is Reach.REGION:
            return rows.filter(provider__region_id=seat.organisation_id)
        if seat.reach is Reach.RECEIVED:
            return rows.filter(commissioner_id__in=seat.stands_for)
        return rows.filter(provider_id__in=seat.stands_for)


class AboutProvider(models.Model):
    """A matter between a provider and its commissioner, for one return type."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    return_type = models.CharField(max_length=40)
    provider = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    commissioner = models.ForeignKey(Organisation, models.PROTECT, related_name="+")

    objects = AboutProviderQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["provider", "return_type"], name="%(class)s_by_provider"),
            models.Index(fields=["commissioner", "return_type"], name="%(class)s_by_commissioner"),
        ]
