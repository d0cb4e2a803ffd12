"""The findings of a sheet, of a workbook brought for it, or of a prison's extract, as people read them: filtered, page by page,
or as a file.
"""

import uuid
from dataclasses import dataclass
from functools import partial

from django.db.models import Count, Q
from django.urls import reverse

from accounts.models import Organisation
from continuity import extract_findings, missing_rows, permissions, sheets, working_rows
from continuity.models import Audit, Extract, RowFinding, Sheet, SheetUpload
from continuity.near_misses import near_miss
from continuity.recording_rules import RULES
from continuity.sheet_reading import Reading
from returns import exports, outgoing
from returns.csv_table import csv_table
from returns.models import Export
from returns.return_type import Listing

Severity = RowFinding.Severity
HEADINGS = ("Row", "Row id", "Severity", "Rule", "Columns", "What was found", "What to do")
ORDER = ("position", "rule", "pk")
AT_ONCE = 5_000  # findings held in memory while a file is written


@dataclass(frozen=True)
class About:
    """What findings are about: a sheet as it stands, or a workbook that was brought for it."""

    sheet: Sheet
    upload: SheetUpload | None = None
    policy = sheets.POLICY

    @property
    def key(self) -> uuid.UUID:
        return self.upload.uuid if self.upload else self.sheet.submission.uuid

    @property
    def audit(self):
        return self.sheet.audit

    @property
    def address(self):
        """Where their list is."""
        return reverse(f"audits:{'upload' if self.upload else 'row'}_findings", args=[self.key])

    @property
    def file_name(self):
        return f"findings-{self.sheet.submission.subject_key}.csv"

    def is_seen_by(self, seat, day):
        return Sheet.objects.rows_visible_to(seat, day).filter(pk=self.sheet.pk).exists()

    def findings(self):
        """In the order of the sheet. Of the sheet itself, without what only says that a row is not answered yet."""
        found = RowFinding.objects.filter(sheet=self.sheet, upload=self.upload)
        if self.upload is None:
            found = found.filter(Q(referral__revision__gt=0) | Q(severity=Severity.BLOCK))
        return found.order_by(*ORDER)

    def near_misses(self, referral_ids):
        """How the two records of these referrals nearly match, by primary key: for the two providers' eyes, kept nowhere."""
        if not referral_ids:
            return {}
        if self.upload:
            reading = Reading(self.sheet, self.upload.read, only=referral_ids)
            rows, checked = reading.rows, reading.checked
        else:
            rows = working_rows.rows_on(self.sheet, only=referral_ids)
            checked = rows.filled.checked
        return {pk: near_miss(checked, number) for number, pk in enumerate(rows.ids.tolist())}


@dataclass(frozen=True)
class AboutExtract:
    """A prison's own record in an audit, as its newest extract has it."""

    audit: Audit
    prison: Organisation
    sheet = upload = None
    policy = "a prison's own extract"

    @property
    def key(self) -> uuid.UUID:
        return Extract.objects.get(pk=missing_rows.newest_extract(self.audit, self.prison)).uuid

    @property
    def address(self):
        return reverse("audits:extract_findings", args=[self.audit.uuid])

    @property
    def file_name(self):
        return f"findings-{self.prison.code}.csv"

    def is_seen_by(self, seat, day):
        is_theirs = seat.organisation_id == self.prison.pk and permissions.can_extract(seat, self.audit)
        return is_theirs and self.audit.purged_at is None

    def findings(self):
        """In the order of the file; none once names are gone."""
        found = extract_findings.of(self.audit.pk, self.prison.pk)
        return found.filter(referral__audit__purged_at=None).order_by(*ORDER)

    def near_misses(self, referral_ids):
        """None: there is no second record yet."""
        return {}


def with_people(findings, ids):
    """Those of these findings, with the people whose rows they are of. A page is found by its ids first, which is quick at any
    depth.
    """
    rows = findings.model.objects.filter(pk__in=ids).select_related("referral__identity")
    return list(rows.order_by(*ORDER))


def counted(findings):
    """How often each rule fired: (code, its words, count), in the order of the codes."""
    rows = findings.order_by("rule").values_list("rule").annotate(count=Count("pk"))
    return [(code, said(code)[0], count) for code, count in rows]


def said(code):
    """What a rule says, and what to do, without what its placeholders would say of one row."""
    return working_rows.said_of_any_row(RULES[code])


# As a file, which a worker writes


def ask(about, *, by, at):
    """Asks for all the findings as a file; returns the Export. Where it is asked for already, that is the answer."""
    return exports.ask(about.audit.period, kind=Export.Kind.LIST, about=about.key, by=by, at=at)


def about_of(key):
    """What a file that was asked for is about, as it is now; None where it is gone."""
    sheets_found = Sheet.objects.select_related("audit__period", "submission", "pair__prison", "pair__area")
    if sheet := sheets_found.filter(submission__uuid=key).first():
        return About(sheet)
    if upload := SheetUpload.objects.filter(uuid=key).first():
        return About(sheets_found.get(pk=upload.sheet_id), upload)
    extract = Extract.objects.select_related("audit__period__collection", "prison").filter(uuid=key).first()
    return extract and AboutExtract(extract.audit, extract.prison)


def listing(seat, key, at):
    """The file of findings that a seat asked for (a Listing). It names rows, not people."""
    about = about_of(key)
    lines = list(lines_of(about.findings()))
    send_out = partial(_send_out, about, len(lines))
    return Listing(csv_table(HEADINGS, lines), "csv", "audits:row_findings_file", "The list of findings", send_out)


def lines_of(findings):
    """The lines of a file of findings under HEADINGS."""
    rows = findings.values_list("position", "referral__uuid", "severity", "rule")
    for position, row_id, severity, code in rows.iterator(chunk_size=AT_ONCE):
        message, remedy = said(code)
        columns = " ".join(RULES[code].columns)
        yield position, str(row_id), Severity(severity).label, code, columns, message, remedy


def _send_out(about, rows, data, *, by, at):
    return outgoing.send_out(
        kind="continuity findings",
        name=about.file_name,
        data=data,
        recipient=by.organisation.name,
        policy=about.policy,
        rows=rows,
        versions=[],
        by=by,
        at=at,
    )
