"""The areas that people are released to, as NDTMS codes them: the exit destination of a transfer."""

from django.db import models
from django.db.models import Q

from accounts.models import Organisation


class Area(models.Model):
    """A partnership area: its DAT code (such as A10B), the authority it belongs to, and the code of the ONS."""

    dat_code = models.CharField(max_length=4, unique=True)
    name = models.CharField(max_length=120)
    gss_code = models.CharField(max_length=9, blank=True)
    local_authority = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="areas")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(dat_code__regex=r"^[A-Z][0-9]{2}[A-Z]$"), name="area_code_is_a_dat_code"
            ),
            models.CheckConstraint(
                condition=Q(gss_code="") | Q(gss_code__regex=r"^[EW][0-9]{8}$"), name="area_gss_code_is_one"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="an_area_has_a_name"),
        ]

    def __str__(self):
        return f"{self.name} ({self.dat_code})"
