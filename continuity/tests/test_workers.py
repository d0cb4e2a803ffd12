"""The workers as production runs them: by the role without an owner's rights, each transaction by itself.

Row-level security opens the tables of people inside a transaction alone. A test that is one transaction itself would not
notice a worker that looks outside of any.
"""

import io
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from openpyxl import load_workbook

from accounts.row_security import as_system
from continuity import extracts, sheet_uploads, sheets
from continuity.models import Audit, Identity, Referral, RowMessage, SheetUpload
from continuity.sheet_workbook import PLACE
from continuity.tests.audit_factories import AT, EXPIRES_ON, client, csv_of, shared, workbook_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_the_system")]


@pytest.fixture
def world():
    return shared(north=2, south=1)


@contextmanager
def as_a_worker():
    """By the role of workers, and for nobody until the worker says for whom."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE portal_app")
        try:
            with as_system(""):
                yield
        finally:
            cursor.execute("RESET ROLE")


def brought(world, **typed):
    """A workbook of the northern sheet with answers typed into its first row, read by a worker."""

    def change(book):
        for id, value in typed.items():
            book["Referrals"].cell(2, PLACE[id] + 1).value = value

    upload = sheet_uploads.upload(world.sheet_north, workbook_of(world.sheet_north, change), by=world.north, at=AT)
    with as_a_worker():
        assert sheet_uploads.read_waiting(at=AT) == 1
    return seen(upload)


def seen(row):
    """The row as it stands, for the system."""
    with transaction.atomic():
        row.refresh_from_db()
    return row


def people(**which):
    with transaction.atomic():
        return list(Identity.objects.filter(**which).order_by("referral__position"))


def test_the_annotated_copy_says_who_the_people_are_and_finds_what_the_page_finds(world):
    upload = brought(world, C01="Yes", C03="Fax")

    book = load_workbook(io.BytesIO(upload.annotated))
    person = people(referral__sheet=world.sheet_north)[0]
    who = [book["Referrals"].cell(2, PLACE[id] + 1).value for id in ("P01", "P02", "P05")]
    assert who == [person.first_name, person.surname, person.client_reference]
    in_the_file = [[cell.value for cell in line] for line in book["Findings"].iter_rows(min_row=2)]
    with transaction.atomic():
        on_the_page = sheet_uploads.Reading(world.sheet_north, upload.read).findings
    assert [line[0] for line in in_the_file] == [finding.code for _, finding in on_the_page]
    assert "EXT-06" not in {line[0] for line in in_the_file}


def test_a_workbook_that_nobody_took_over_is_forgotten_after_a_week(world):
    upload = brought(world)

    with as_a_worker():
        sheet_uploads.expire(at=AT + timedelta(days=8))

    seen(upload)
    assert (upload.state, upload.annotated) == (SheetUpload.State.EXPIRED, None)


def test_a_new_extract_changes_the_people_that_it_names(world):
    row = Referral.objects.get(sheet=world.sheet_south)
    (person,) = people(referral=row)
    same = {"P01": person.first_name, "P05": person.client_reference, "P25": str(row.uuid)}
    changed = client(world.pair_south.area, **same | {"P02": "Newname"})
    extracts.upload(world.audit, csv_of([changed]), by=world.prison, at=AT)

    with as_a_worker():
        assert extracts.read_waiting(at=AT) == 1

    assert [person.surname for person in people(referral=row)] == ["Newname"]


def test_people_are_closed_to_the_service_after_the_last_day_and_gone_after_the_audit(world):
    with as_a_worker():
        assert sheets.expire(at=AT + (EXPIRES_ON - AT.date()) + timedelta(days=1)) == 2
    assert {tuple(person.organisations) for person in people()} == {(world.prison.organisation_id,)}

    Audit.objects.update(closed_at=AT, purge_on=AT.date())
    with as_a_worker():
        assert sheets.purge_due(at=AT) == 1
    assert people() == [] and not RowMessage.objects.exists()
