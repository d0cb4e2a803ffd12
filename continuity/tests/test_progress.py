"""Whoever brings a large file may watch how far it is, row by row, or leave; what got stuck can be tried again."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import sign_in
from continuity import extracts, sheet_uploads, sheet_workbook, workbook
from continuity.models import Extract, SheetUpload
from continuity.tests.audit_factories import AT, client, csv_of, shared, workbook_of
from journal.models import Notice
from journal.refused import Refused
from returns import queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr(queue, "TELL_EVERY", 0)
    return shared(north=3, south=1)


def brought_extract(world, people=3):
    return extracts.upload(
        world.audit, csv_of([client(world.pair_north.area) for _ in range(people)]), by=world.prison, at=AT
    )


def page_of(name, row, seat):
    return sign_in(Client(), seat).get(reverse(f"audits:{name}", args=[row.uuid]))


def test_the_page_of_an_extract_says_which_row_is_being_read(world, monkeypatch):
    extract, seen = brought_extract(world), []
    tell_of = queue.Queue.teller

    def looking(self, row, progress):
        tell = tell_of(self, row, progress)

        def tell_and_look(done, total):
            tell(done, total)
            seen.append(page_of("extract", extract, world.prison))

        return tell_and_look

    monkeypatch.setattr(queue.Queue, "teller", looking)

    extracts.read_waiting(at=AT)

    assert [(page.context["done"], page.context["total"]) for page in seen] == [(1, 3), (2, 3), (3, 3)]
    page = seen[1].content.decode()
    assert "Reading the rows of the extract" in page and "2 of 3" in page and 'http-equiv="refresh"' in page


def test_the_rows_of_a_workbook_are_counted_while_another_process_reads_them(world, monkeypatch):
    monkeypatch.setattr(workbook, "BATCH", 2)
    upload, told = sheet_uploads.upload(world.sheet_north, workbook_of(world.sheet_north), by=world.north, at=AT), []
    say = queue.Queue.say

    def listening(self, row, *words):
        say(self, row, *words)
        told.append(SheetUpload.objects.values_list("progress", "done", "total").get(pk=row.pk))

    monkeypatch.setattr(queue.Queue, "say", listening)

    sheet_uploads.read_waiting(at=AT)

    assert told == [
        (sheet_uploads.READING, 2, 3),
        (sheet_uploads.READING, 3, 3),
        (sheet_uploads.COMPARING, 0, None),
        (sheet_uploads.WRITING, 0, None),
    ]
    upload.refresh_from_db()
    assert upload.is_checked and upload.progress == ""


def stuck(monkeypatch, module, name):
    """Three workers in vain."""
    with monkeypatch.context() as broken:
        broken.setattr(module, name, lambda *args, **kwargs: 1 / 0)
        work = extracts.read_waiting if module is extracts else sheet_uploads.read_waiting
        for minute in range(queue.ATTEMPTS):
            work(at=AT + timedelta(minutes=minute))


def test_an_extract_that_got_stuck_is_told_and_can_be_tried_again(world, monkeypatch):
    extract = brought_extract(world)
    stuck(monkeypatch, extracts, "table_in")
    assert "ZeroDivisionError" in page_of("extract", extract, world.prison).content.decode()
    assert Notice.objects.filter(subject__endswith="could not be read", link__contains=str(extract.uuid)).exists()

    sign_in(Client(), world.prison).post(reverse("audits:retry_extract", args=[extract.uuid]))
    extracts.read_waiting(at=AT)

    extract.refresh_from_db()
    assert (extract.was_read, extract.error, extract.progress) == (True, "", "")


def test_an_extract_is_not_tried_again_beside_a_newer_one(world, monkeypatch):
    old = brought_extract(world)
    stuck(monkeypatch, extracts, "table_in")
    brought_extract(world)

    with pytest.raises(Refused, match="A newer extract"):
        extracts.retry(old, by=world.prison, at=AT)

    assert Extract.objects.get(pk=old.pk).state == Extract.State.STUCK


def test_a_workbook_that_got_stuck_can_be_tried_again(world, monkeypatch):
    upload = sheet_uploads.upload(world.sheet_north, workbook_of(world.sheet_north), by=world.north, at=AT)
    stuck(monkeypatch, sheet_workbook, "written")
    assert "ZeroDivisionError" in page_of("sheet_upload", upload, world.north).content.decode()

    sign_in(Client(), world.north).post(reverse("audits:retry_workbook", args=[upload.uuid]))
    sheet_uploads.read_waiting(at=AT)

    upload.refresh_from_db()
    assert (upload.is_checked, upload.error) == (True, "")
