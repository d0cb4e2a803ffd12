"""An audit for tests: a prison that releases people to two areas, their services, and everybody who agrees to it."""

import io
import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from accounts.models import Membership, Organisation
from accounts.tests.factories import make_organisation, make_seat
from continuity import audits, extracts, sheet_workbook, sheets, working_rows
from continuity.columns import PRISON_COLUMNS
from continuity.models import Area, Audit, Pair, Referral
from continuity.tests.factories import make_area, make_prison, make_spoc
from returns.csv_table import csv_table

AT = datetime.now(UTC)  # pages know only the present
STARTS, ENDS = date(2025, 7, 1), date(2025, 12, 31)
DUE_ON, EXPIRES_ON = AT.date() + timedelta(days=30), AT.date() + timedelta(days=60)
PDF = b"%PDF-1.7 an agreement"
Kind = Organisation.Kind

_numbers = itertools.count(1)


@dataclass
class AuditWorld:
    """One prison, two areas, and the people who run the audit."""

    audit: Audit
    commissioner: Membership
    prison: Membership
    north: Membership
    south: Membership
    pair_north: Pair
    pair_south: Pair

    def reload(self):
        self.audit = Audit.objects.select_related("period__collection__owner").get(pk=self.audit.pk)
        return self.audit

    @property
    def parties(self):
        return self.audit.parties.order_by("pk")


def make_audit(**terms):
    """Set up, with its pairs; nobody is invited yet."""
    authority = make_organisation(kind=Kind.LOCAL_AUTHORITY, name="Larkmoor Council", holds_contract=False)
    commissioner = make_seat("CONTINUITY_LA_COMMISSIONER", authority)
    prison, north, south = make_prison(name="Prison health"), make_spoc(name="Northside"), make_spoc(name="Southside")
    given = {
        "title": "Larkmoor audit",
        "aims": "Find out where people are lost.",
        "starts": STARTS,
        "ends": ENDS,
        "due_on": DUE_ON,
        "analysis_lead": authority,
    }
    audit = audits.set_up(**given | terms, by=commissioner, at=AT)
    areas = (
        make_area("Larkmoor North", local_authority=authority),
        make_area("Larkmoor South", local_authority=authority),
    )
    pairs = [
        audits.add_pair(
            audit, prison=prison.organisation, area=area, service=spoc.organisation, expected=20, by=commissioner, at=AT
        )
        for area, spoc in zip(areas, (north, south), strict=True)
    ]
    world = AuditWorld(audit, commissioner, prison, north, south, *pairs)
    world.reload()
    return world


def accept_everything(world):
    """Everybody is invited and accepts."""
    if world.parties.filter(invited_at=None).exists():
        audits.invite(world.audit, by=world.commissioner, at=AT)
    for party in audits.waiting_for(world.reload()):
        seat = {seat.organisation_id: seat for seat in (world.commissioner, world.prison, world.north, world.south)}
        by = seat.get(party.organisation_id) or make_seat(audits.ROLES_OF[party.part][0], party.organisation)
        audits.accept(
            party, revision=world.audit.revision, capacity=100 if party.part == "COMMUNITY" else None, by=by, at=AT
        )
    return world


def agree(world):
    """The sharing agreement is on file."""
    file = SimpleUploadedFile("agreement.pdf", PDF)
    audits.record_agreement(
        world.audit, agreed_on=AT.date(), parties="All", uploaded=file, by=world.commissioner, at=AT
    )
    return world


def client(area, number=None, **changes):
    """A release to an area (Area or DAT code) that belongs on the audit list, as a row of the extract; blank: None."""
    number = number or next(_numbers)
    code = area.dat_code if isinstance(area, Area) else area
    row = {
        "P01": f"Given{number}",
        "P02": f"Family{number}",
        "P03": "1985-03-05",
        "P04": "Male",
        "P05": f"A{number:04}BC",
        "P06": "2025-02-01",
        "P07": "Heroin",
        "P10": "Transferred - not in custody",
        "P11": "2025-09-15",
        "P12": "Released",
        "P13": code,
        "P14": "Referred to structured treatment provider",
        "P15": "Prison",
        "P16": "2025-09-15",
        "P18": "Planned",
        "P24": "Yes",
    }
    return row | changes


def csv_of(rows, headings=None):
    """The extract as a CSV file."""
    labels = headings or {column.id: column.label for column in PRISON_COLUMNS}
    ids = list(dict.fromkeys(id for row in rows for id in row))
    body = csv_table([labels.get(id, id) for id in ids], [[row.get(id) or "" for id in ids] for row in rows])
    return SimpleUploadedFile("extract.csv", body)


def upload(world, rows, at=AT, **options):
    """Uploads an extract of the prison and lets the worker read it; returns it as it stands then."""
    extract = extracts.upload(world.audit, csv_of(rows, **options), by=world.prison, at=at)
    extracts.read_waiting(at=at)
    extract.refresh_from_db()
    return extract


def shared(north=2, south=2):
    """An audit whose two sheets are with their services."""
    world = agree(accept_everything(make_audit()))
    areas = [world.pair_north.area] * north + [world.pair_south.area] * south
    extract = upload(world, [client(area) for area in areas])
    assert extract.was_read, extract.refusals
    world.sheet_north, world.sheet_south = (
        sheets.release(pair, expires_on=EXPIRES_ON, by=world.prison, at=AT)
        for pair in (world.pair_north, world.pair_south)
    )
    return world


COMPLETE = {
    "C01": "NO",
    "C17": ("NONE",),
    "C30": "NO",
    "C31": "NOT_CONTACTABLE",
    "C32": "NONE",
    "C38": "NO",
    "C49": "Recovery worker, 1 March 2026",
}


def complete(sheet, by, **changes):
    """Answers that owe nothing more, on every row."""
    for row in Referral.objects.filter(sheet=sheet):
        sheets.save_row(sheet, row.uuid, COMPLETE | changes, [], revision=row.revision, by=by, at=AT)


def workbook_of(sheet, change=None):
    """The workbook of a sheet as its service downloads it; `change(openpyxl workbook)` is what somebody types into it."""
    filled = working_rows.read(sheet.submission)
    body = sheet_workbook.written(filled, sheet_workbook.reference_of(sheet.submission.uuid), sheet.audit.period.ends)
    if change:
        book = load_workbook(io.BytesIO(body))
        change(book)
        typed = io.BytesIO()
        book.save(typed)
        body = typed.getvalue()
    return SimpleUploadedFile("sheet.xlsx", body)
