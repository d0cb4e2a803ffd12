"""Who the people of an audit are: the one table that knows, closed by row-level security, and emptied after the audit."""

import hashlib

from django.contrib.postgres.fields import ArrayField
from django.db import models

from continuity.models.audits import new_salt
from continuity.models.sheets import Referral
from returns.content import canonical

PRISON = {"P01": "first_name", "P02": "surname", "P03": "date_of_birth", "P05": "client_reference"}
COMMUNITY = {
    "C34": "recorded_first_initial",
    "C35": "recorded_surname_initial",
    "C36": "recorded_date_of_birth",
    "C48": "comment",
}
IDENTIFYING = PRISON | COMMUNITY


class Identity(models.Model):
    """One person on one row, for the organisations that hold the row. Row-level security shows it to nobody else.

    The prison writes the first four, the service the other four. `digest` of the salt and the prison's four stands on the
    row and in versions: with this table emptied it can be traced to nobody, and compared with nothing.
    """

    referral = models.OneToOneField(Referral, models.PROTECT, primary_key=True, related_name="identity")
    organisations = ArrayField(models.BigIntegerField())
    salt = models.CharField(max_length=32, default=new_salt)
    first_name = models.CharField(max_length=50, blank=True)
    surname = models.CharField(max_length=50, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    client_reference = models.CharField(max_length=200, blank=True)
    recorded_first_initial = models.CharField(max_length=1, blank=True)
    recorded_surname_initial = models.CharField(max_length=1, blank=True)
    recorded_date_of_birth = models.DateField(null=True, blank=True)
    comment = models.CharField(max_length=500, blank=True)

    def __str__(self):
        return f"person of referral {self.referral_id}"

    @property
    def digest(self):
        """SHA-256 over the salt and what the prison recorded of the person."""
        day = self.date_of_birth.isoformat() if self.date_of_birth else ""
        data = [self.salt, self.first_name, self.surname, day, self.client_reference]
        return hashlib.sha256(canonical(data)).hexdigest()

    def answers(self):
        """What this row adds to the referral's answers, by column id; blanks are None."""
        return {id: getattr(self, field) or None for id, field in IDENTIFYING.items()}
