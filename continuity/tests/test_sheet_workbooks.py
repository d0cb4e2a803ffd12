"""A sheet as a workbook: out, completed, back, laid beside the sheet, taken over or left."""

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.tests.factories import sign_in
from continuity import sheet_uploads, sheet_workbook, sheets, working_rows
from continuity.columns import COLUMNS, shown
from continuity.kept_answers import numbers_in
from continuity.models import Referral, SheetUpload
from continuity.sheet_workbook import PLACE
from continuity.tests.audit_factories import AT, complete, shared, workbook_of
from journal.models import Event, Notice
from journal.refused import Refused
from returns import stored_files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]
State = SheetUpload.State


@pytest.fixture
def world():
    return shared(north=3, south=1)


def typing(*answers, line=2, interventions=()):
    """Types answers (column id, value) into one referral's line, and interventions into their sheet."""

    def change(book):
        for id, value in answers:
            book["Referrals"].cell(line, PLACE[id] + 1).value = value
        for number, cells in enumerate(interventions, start=2):
            for place, value in enumerate(cells, start=2):
                book["Interventions"].cell(number, place).value = value

    return change


def brought(world, change=None, sheet=None):
    """Uploads a workbook of the northern sheet and lets the worker read it."""
    upload = sheet_uploads.upload(
        world.sheet_north, workbook_of(sheet or world.sheet_north, change), by=world.north, at=AT
    )
    sheet_uploads.read_waiting(at=AT)
    upload.refresh_from_db()
    return upload


def answers_in(said):
    """What a workbook says, by row id and column id."""
    columns = {
        id: [column["values"][code] for code in numbers_in(column["codes"])] for id, column in said["columns"].items()
    }
    return {name: {id: values[place] for id, values in columns.items()} for place, name in enumerate(said["row_ids"])}


def first_row(world):
    return Referral.objects.select_related("identity").filter(sheet=world.sheet_north).order_by("position").first()


def taken(world, upload):
    world.sheet_north.submission.refresh_from_db()
    sha256 = world.sheet_north.submission.content_sha256
    return sheet_uploads.take_over(upload, content_sha256=sha256, by=world.north, at=AT)


def test_the_workbook_that_goes_out_says_what_the_sheet_says(world):
    complete(world.sheet_north, world.north)

    upload = brought(world)

    assert upload.state == State.CHECKED, upload.error
    reading = sheet_uploads.Reading(world.sheet_north, upload.read)
    assert (list(reading.changes), reading.strangers, reading.not_there) == ([], [], [])
    assert (upload.read["unread"], upload.read["notes"]) == ([], [])


def test_the_same_rows_give_the_same_bytes(world):
    one, other = (workbook_of(world.sheet_north).read() for _ in range(2))

    assert one == other


def test_what_was_typed_is_shown_beside_the_sheet_and_changes_nothing_by_itself(world):
    upload = brought(world, typing(("C01", "Yes"), ("C02", date(2025, 9, 10)), ("C03", "Telephone")))

    ((referral, changes),) = sheet_uploads.Reading(world.sheet_north, upload.read).changes
    assert referral == first_row(world)
    assert [(item.label, item.now, item.after) for item in changes] == [
        ("Was the referral received?", "", "Yes"),
        ("Date received", "", "10 September 2025"),
        ("How received", "", "Telephone"),
    ]
    assert first_row(world).answers == {}


def test_taking_it_over_writes_the_rows_with_their_interventions_and_forgets_the_workbook(world):
    given = ("C01", "Yes"), ("C30", "Yes structured"), ("C34", "G"), ("C32", "New"), ("C33", date(2025, 9, 20))
    upload = brought(world, typing(*given, interventions=[("Psychosocial", date(2025, 9, 20))]))

    assert taken(world, upload) == 1

    row = first_row(world)
    assert (row.answers["C01"], row.answers["C33"], row.revision) == ("YES", "2025-09-20", 1)
    assert row.identity.recorded_first_initial == "G" and "C34" not in row.answers
    assert row.interventions == [{"C45a": "PSYCH", "C45b": "2025-09-20", "C45c": None, "C45d": None}]
    upload.refresh_from_db()
    assert (upload.state, upload.read, upload.annotated, upload.stored_as) == (State.TAKEN, None, None, "")
    assert Event.objects.filter(act="rows saved").get().detail == {"rows": 1, "upload": str(upload.uuid)}


def test_a_blank_cell_takes_an_answer_away_and_a_column_that_is_gone_does_not(world):
    complete(world.sheet_north, world.north)

    def change(book):
        book["Referrals"].cell(2, PLACE["C31"] + 1).value = None
        book["Referrals"].delete_cols(PLACE["C38"] + 1)

    reading = sheet_uploads.Reading(world.sheet_north, brought(world, change).read)

    ((_, changes),) = reading.changes
    assert [item.label for item in changes] == ["Reason not engaged"]
    assert reading.after["C38"].each() == ["NO", "NO", "NO"]


def test_what_cannot_be_read_is_named_with_its_cell_and_stays_as_it_is(world):
    complete(world.sheet_north, world.north)
    cell = f"{sheet_workbook.workbook.letters(PLACE['C30'])}2"

    upload = brought(world, typing(("C30", "perhaps"), ("C17", "letter")))

    assert [unread["where"] for unread in upload.read["unread"]] == [f"Sheet “Referrals”, cell {cell}"]
    reading = sheet_uploads.Reading(world.sheet_north, upload.read)
    ((_, changes),) = reading.changes
    assert [item.label for item in changes] == ["Contact before release?"] and reading.after["C30"].each()[0] == "NO"


def test_the_annotated_copy_has_each_finding_at_its_cell_and_comes_back_as_it_was_typed(world):
    upload = brought(world, typing(("C01", "Yes"), ("C03", "Fax")))

    book = load_workbook(io.BytesIO(upload.annotated))

    cell = book["Referrals"].cell(2, PLACE["C03"] + 1)
    assert cell.value == "Fax" and "Not a secure way" in cell.comment.text
    listed = [[cell.value for cell in row] for row in book["Findings"].iter_rows(min_row=2)]
    assert ["REF-02", "Breaks the indicator", cell.coordinate] in [line[:3] for line in listed]
    again = sheet_workbook.as_plain_data(bytes(upload.annotated), AT.date())
    assert again["notes"] == []
    assert answers_in(again) == answers_in(upload.read)


def test_a_workbook_of_another_sheet_is_refused_with_an_event_and_not_kept(world):
    upload = brought(world, sheet=world.sheet_south)

    assert upload.state == State.REFUSED
    assert "another sheet" in upload.error
    assert (upload.stored_as, upload.read) == ("", None)
    assert Event.objects.filter(act="sheet workbook refused").exists()


def test_a_file_that_is_no_workbook_of_an_audit_gets_a_sentence(world):
    def change(book):
        del book["Interventions"]

    assert "no sheet “Interventions”" in brought(world, change).error


def test_a_comment_that_names_the_person_is_not_taken_over(world):
    name = first_row(world).identity.surname
    upload = brought(world, typing(("C48", f"Asked {name} to call.")))

    with pytest.raises(Refused, match="Remove names") as refusal:
        taken(world, upload)

    assert refusal.value.reason == "SEC-01"
    assert first_row(world).revision == 0


def test_rows_of_nobody_and_rows_that_are_missing_are_said(world):
    def change(book):
        book["Referrals"].cell(2, PLACE["P25"] + 1).value = "nobody"

    reading = sheet_uploads.Reading(world.sheet_north, brought(world, change).read)

    assert reading.strangers == ["nobody"] and reading.not_there == [str(first_row(world).uuid)]


def test_what_a_colleague_saved_meanwhile_is_looked_at_again(world):
    upload = brought(world, typing(("C01", "Yes")))
    before = world.sheet_north.submission.content_sha256
    complete(world.sheet_north, world.north)

    with pytest.raises(Refused, match="once more"):
        sheet_uploads.take_over(upload, content_sha256=before, by=world.north, at=AT)


def test_the_same_bytes_again_are_the_upload_that_is_there(world):
    file = workbook_of(world.sheet_north)
    one = sheet_uploads.upload(world.sheet_north, file, by=world.north, at=AT)
    file.seek(0)

    assert sheet_uploads.upload(world.sheet_north, file, by=world.north, at=AT) == one


def test_a_workbook_that_kills_its_reader_three_times_is_stuck_and_can_be_deleted(world, monkeypatch):
    upload = sheet_uploads.upload(world.sheet_north, workbook_of(world.sheet_north), by=world.north, at=AT)
    monkeypatch.setattr(sheet_uploads.apart, "run", lambda *args, **kwargs: 1 / 0)

    for number in range(4):
        sheet_uploads.read_waiting(at=AT + number * 2 * sheet_uploads.LEASE)

    upload.refresh_from_db()
    assert upload.state == State.STUCK
    assert Notice.objects.filter(person_id=world.north.person_id, subject__contains="could not be read").count() == 1
    sheet_uploads.leave(upload, by=world.north, at=AT)
    upload.refresh_from_db()
    assert (upload.state, upload.stored_as) == (State.LEFT, "")


def test_workbooks_are_forgotten_when_the_sheet_is_recalled(world):
    upload = brought(world)
    sheets.recall(world.sheet_north, reason="Wrong service.", by=world.prison, at=AT)

    sheet_uploads.expire(at=AT)

    upload.refresh_from_db()
    assert (upload.state, upload.read, upload.annotated) == (State.EXPIRED, None, None)


def test_the_file_is_gone_as_soon_as_it_has_been_read(world, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        upload = sheet_uploads.upload(world.sheet_north, workbook_of(world.sheet_north), by=world.north, at=AT)
        kept = stored_files.Stored(upload.name, upload.stored_as, upload.sha256, 0, "xlsx")
        assert stored_files.content_of(kept)
        sheet_uploads.read_waiting(at=AT)

    with pytest.raises(FileNotFoundError):
        stored_files.content_of(kept)
    assert Notice.objects.filter(person_id=world.north.person_id, subject__contains="has been read").exists()


def test_the_database_shows_a_workbook_to_its_own_service_alone(world):
    brought(world)

    def seen_for(seat):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE portal_app")
            cursor.execute("SELECT set_config('app.as_system', '', true)")
            cursor.execute("SELECT set_config('app.organisations', %s, true)", [str(seat.organisation_id)])
            cursor.execute("SELECT count(*) FROM continuity_sheetupload")
            (count,) = cursor.fetchone()
            transaction.set_rollback(True)
        return count

    assert [seen_for(seat) for seat in (world.north, world.south, world.prison)] == [1, 0, 0]


def test_another_service_finds_no_workbook_and_no_way_to_one(world):
    upload = brought(world)
    south = sign_in(Client(), world.south)
    sheet = world.sheet_north.submission.uuid
    file = {"file": SimpleUploadedFile("x.xlsx", b"PK")}

    found = [
        south.get(reverse("audits:by_workbook", args=[sheet])),
        south.post(reverse("audits:by_workbook", args=[sheet]), file),
        south.post(reverse("audits:download_workbook", args=[sheet])),
        south.get(reverse("audits:sheet_upload", args=[upload.uuid])),
        *(
            south.post(reverse(f"audits:{name}", args=[upload.uuid]))
            for name in ("take_over_workbook", "leave_workbook", "annotated_workbook")
        ),
    ]

    assert {response.status_code for response in found} == {404}


def test_a_service_walks_the_round_on_its_pages(world):
    north = sign_in(Client(), world.north)
    sheet = world.sheet_north.submission.uuid

    out = north.post(reverse("audits:download_workbook", args=[sheet]))
    book = load_workbook(io.BytesIO(out.content))
    typing(("C01", "Yes"), line=3)(book)
    typed = io.BytesIO()
    book.save(typed)
    back = north.post(
        reverse("audits:by_workbook", args=[sheet]), {"file": SimpleUploadedFile("mine.xlsx", typed.getvalue())}
    )
    waiting = north.get(back.url)
    sheet_uploads.read_waiting(at=AT)
    read = north.get(back.url)
    upload = SheetUpload.objects.get()
    north.post(f"{back.url}take-over/", {"content_sha256": upload.compared["content_sha256"]})
    taking = north.get(back.url)
    sheet_uploads.read_waiting(at=AT)
    done = north.get(back.url)

    assert "Waiting for a worker" in waiting.content.decode()
    assert "Take over 1 row" in read.content.decode()
    assert "Waiting for a worker" in taking.content.decode()
    assert "The workbook was taken over" in done.content.decode()
    answers = [row.answers.get("C01") for row in Referral.objects.filter(sheet=world.sheet_north).order_by("position")]
    assert answers == [None, "YES", None]
    assert working_rows.read(world.sheet_north.submission).referrals[1]["C01"] == "YES"


def test_text_that_looks_like_a_formula_stays_text(world):
    row = first_row(world)
    row.identity.surname = "=1+1"
    row.identity.save()

    cell = load_workbook(workbook_of(world.sheet_north))["Referrals"].cell(2, PLACE["P02"] + 1)

    assert (cell.data_type, cell.value) == ("s", "=1+1")


def test_an_answer_that_is_not_asked_for_is_left_out_as_when_the_row_is_saved_by_itself(world):
    answers = {
        "C01": "NO",
        "C02": date(2025, 9, 10),
        "C17": ("TELEPHONE", "LETTER"),
        "C30": "STRUCTURED",
        "C48": "Came.",
    }
    answers |= {"C32": "REOPENED", "C36": date(1985, 3, 5), "C34": "G", "C44": ("YES", None, "NO"), "C38": "YES"}
    treated = [{"C45a": "PSYCH", "C45b": date(2025, 9, 20)}]
    cells = [(id, shown(COLUMNS[id], answer)) for id, answer in answers.items()]
    upload = brought(world, typing(*cells, interventions=[("Psychosocial", date(2025, 9, 20))]))
    first, second, _ = Referral.objects.filter(sheet=world.sheet_north).order_by("position")

    taken(world, upload)
    sheets.save_row(world.sheet_north, second.uuid, answers, treated, revision=0, by=world.north, at=AT)

    first, second, _ = Referral.objects.select_related("identity").filter(sheet=world.sheet_north).order_by("position")
    assert "C02" not in first.answers and first.answers["C30"] == "STRUCTURED"
    assert (first.answers, first.interventions) == (second.answers, second.interventions)
    for name in ("recorded_first_initial", "recorded_surname_initial", "recorded_date_of_birth", "comment"):
        assert getattr(first.identity, name) == getattr(second.identity, name)
