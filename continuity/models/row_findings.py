"""What the rules say of each row: of a sheet as it stands, of a workbook brought for it, of a prison's extract."""

from django.db import models
from django.db.models import Q

from continuity.models.extracts import Extract
from continuity.models.sheets import Referral, Sheet
from continuity.models.uploads import SheetUpload


class RowFinding(models.Model):
    """A rule that fired for a row. It holds the rule's code alone: what the row says stays in the row.

    `upload` is the workbook that it was found in; without one it is about the sheet as it stands. `position` is the row's
    place on the sheet. The database looks at the referral of each; it need not look up the same sheet for each of 200,000.
    """

    class Severity(models.TextChoices):
        BLOCK = "B", "Must be changed"
        ERROR = "E", "Breaks the indicator"
        WARNING = "W", "Check"
        INFORMATION = "I", "Note"

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="findings", db_index=False, db_constraint=False)
    upload = models.ForeignKey(
        SheetUpload,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="findings",
        db_index=False,
        db_constraint=False,
    )
    referral = models.ForeignKey(Referral, models.CASCADE, related_name="findings")
    position = models.PositiveIntegerField()
    rule = models.CharField(max_length=10)
    severity = models.CharField(max_length=1, choices=Severity)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "upload", "referral", "rule"],
                name="a_rule_fires_once_for_a_row",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["sheet", "position", "rule"], condition=Q(upload=None), name="finding_by_sheet"),
            models.Index(fields=["upload", "position", "rule"], name="finding_by_upload"),
        ]

    def __str__(self):
        return f"{self.rule} of referral {self.referral_id}"


class ExtractFinding(models.Model):
    """A rule that fired for what the prison recorded of a release. Those of a prison's last extract are kept.

    `position` is the row's number in the file.
    """

    Severity = RowFinding.Severity

    extract = models.ForeignKey(Extract, models.CASCADE, related_name="findings", db_index=False, db_constraint=False)
    referral = models.ForeignKey(Referral, models.CASCADE, related_name="extract_findings")
    position = models.PositiveIntegerField()
    rule = models.CharField(max_length=10)
    severity = models.CharField(max_length=1, choices=Severity)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["extract", "referral", "rule"], name="a_rule_fires_once_for_a_release")
        ]
        indexes = [models.Index(fields=["extract", "position", "rule"], name="finding_by_extract")]

    def __str__(self):
        return f"{self.rule} of referral {self.referral_id}"
