"""An audit of one prison and one service, everything agreed: the stage on which the benchmarks of rows play."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import Membership, Organisation, Person
from bench import audit_workbook
from bench.audit_workbook import DAYS, STARTS
from continuity import audits, extracts, sheets
from continuity.columns import PRISON_COLUMNS, Party
from continuity.models import Area, Audit, Pair
from returns.csv_table import csv_table

AT = datetime.now(UTC)
AREA = "Y10B"
Kind = Organisation.Kind
SENT = [column for column in PRISON_COLUMNS if column.party is Party.PRISON]


@dataclass
class Stage:
    audit: Audit
    pair: Pair
    prison: Membership
    service: Membership


def make_stage():
    """Set up, accepted by everybody, with its sharing agreement."""
    council = _seat("CONTINUITY_LA_COMMISSIONER", Kind.LOCAL_AUTHORITY, "ZZBL1", "Benchmark council")
    prison = _seat("CONTINUITY_PRISON_PROVIDER", Kind.PRISON_HEALTH_SERVICE, "ZZBP1", "Benchmark prison")
    service = _seat("CONTINUITY_SPOC", Kind.COMMUNITY_TREATMENT_PROVIDER, "ZZBC1", "Benchmark service")
    area = Area.objects.create(dat_code=AREA, name="Benchmark area", local_authority=council.organisation)
    audit = audits.set_up(
        title="Benchmark",
        aims="To know what rows cost.",
        starts=STARTS,
        ends=STARTS + timedelta(DAYS),
        due_on=AT.date() + timedelta(30),
        analysis_lead=council.organisation,
        by=council,
        at=AT,
    )
    pair = audits.add_pair(
        audit, prison=prison.organisation, area=area, service=service.organisation, expected=9, by=council, at=AT
    )
    audits.invite(audit, by=council, at=AT)
    audit.refresh_from_db()
    seats = {seat.organisation_id: seat for seat in (council, prison, service)}
    for party in audits.waiting_for(audit):
        capacity = 9 if party.part == "COMMUNITY" else None
        audits.accept(party, revision=audit.revision, capacity=capacity, by=seats[party.organisation_id], at=AT)
    agreement = SimpleUploadedFile("agreement.pdf", b"%PDF-1.7 an agreement")
    audits.record_agreement(audit, agreed_on=AT.date(), parties="All", uploaded=agreement, by=council, at=AT)
    return Stage(Audit.objects.get(pk=audit.pk), pair, prison, service)


def _seat(role, kind, code, name):
    organisation = Organisation.objects.create(code=code, name=name, kind=kind, opened_on=STARTS)
    person = Person.objects.create_user(f"{code.lower()}@bench.example", name)
    return Membership.objects.create(
        person=person, organisation=organisation, role=role, during=DateTimeTZRange(AT - timedelta(1), None)
    )


def people(size):
    """`size` releases to the one area, all of which belong on the audit list, as cells by column id."""
    chance = random.Random(size)
    kept = {"P10": "Transferred - not in custody", "P13": AREA, "P18": "Planned", "P25": None}
    return [audit_workbook.referral(number, chance) | kept for number in range(1, size + 1)]


def upload_extract(stage, rows, columns=SENT):
    """Uploads the prison's part of the rows as a CSV file with its columns in this order, and reads it as a worker does."""
    body = csv_table(
        [column.label for column in columns], [[_cell(row.get(one.id)) for one in columns] for row in rows]
    )
    extract = extracts.upload(stage.audit, SimpleUploadedFile("extract.csv", body), by=stage.prison, at=AT)
    extracts.read_waiting(at=AT)
    extract.refresh_from_db()
    if not extract.was_read:
        raise RuntimeError(f"The extract was not read: {extract.refusals[:3]}")
    return extract


def _cell(value):
    return "" if value is None else str(value)


def shared_sheet(stage):
    return sheets.release(stage.pair, expires_on=AT.date() + timedelta(60), by=stage.prison, at=AT)
