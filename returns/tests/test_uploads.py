"""A workbook on its way back: kept, checked apart, laid beside the working copy, taken over only by a person."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Organisation
from accounts.tests.factories import make_organisation, make_seat, sign_in
from journal.models import Event, Notice
from journal.refused import Refused
from prevent.return_type import PREVENT
from prevent.tests.factories import make_answers
from returns import findings, periodic, registry, uploads, workbooks, workflow
from returns.content import Kind
from returns.models import Release, Section, Upload
from returns.queue import ATTEMPTS
from returns.tests.factories import IN_THE_WINDOW, fill, make_toy, make_world, reload, save, submit_and_check
from returns.tests.toy.return_type import TOY
from returns.tests.workbooks_made import LEADS, TRAINING, changed, edit_identity, edited, zip_of

pytestmark = pytest.mark.django_db
AT = IN_THE_WINDOW
State = Upload.State


@pytest.fixture
def world():
    return make_world()


def workbook_of(submission, return_type=PREVENT):
    """What the page of the return gives away."""
    submission = reload(submission)
    answers, context, _ = findings.look_at(submission)
    identity = workbooks.identity_of(submission, return_type, context.traits)
    return workbooks.template(return_type, identity, answers, context.previous)


def bring(submission, data, by, at=AT, name="return.xlsx"):
    upload, _ = uploads.receive(reload(submission), SimpleUploadedFile(name, data), by=by, at=at)
    return upload


def checked(submission, data, by, at=AT):
    """The upload after a worker came by."""
    upload = bring(submission, data, by, at)
    uploads.check_waiting(at=at)
    return again(upload)


def again(upload):
    return Upload.objects.select_related("submission__subject", "submission__period__collection").get(pk=upload.pk)


def take_over(upload, by, at=AT, content_sha256=None):
    sha256 = reload(upload.submission).content_sha256 if content_sha256 is None else content_sha256
    return uploads.take_over(again(upload), content_sha256=sha256, by=by, at=at)


def answers_now(submission):
    return findings.look_at(reload(submission))[0]


def files_kept():
    return default_storage.listdir("received")[1] if default_storage.exists("received") else []


def acts(submission):
    rows = Event.objects.filter(subject_id=str(submission.uuid)).order_by("pk")
    return [event.act for event in rows if "workbook" in event.act]


# Brought and checked


def test_a_workbook_is_kept_under_a_random_name_and_waits_for_a_worker(world):
    upload = bring(world.submission, workbook_of(world.submission), world.lead, name="../Our return.xlsx")

    assert (upload.state, upload.name) == (State.WAITING, "Our return.xlsx")
    assert len(upload.sha256) == 64 and files_kept() == [upload.stored_as.removeprefix("received/")]
    assert uploads.QUEUE.are_waiting(at=AT) and acts(world.submission) == ["workbook uploaded"]


def test_a_worker_reads_it_and_the_person_is_told(world):
    fill(world.submission, world.lead)

    upload = checked(world.submission, edited(workbook_of(world.submission), TRAINING, B5=5100), world.lead)

    reading = uploads.reading_of(upload)
    assert upload.state == State.CHECKED and upload.checked_at == AT and not uploads.QUEUE.are_waiting(at=AT)
    assert [(item.spec.slug, [(row.now, row.after) for row in item.rows]) for item in reading.changes] == [
        ("training", [("5,000", "5,100")])
    ]
    assert reading.changes[0].rows[0].place == "B5 on sheet “Training”"
    assert Notice.objects.get(link__contains=str(upload.uuid)).person_id == world.lead.person_id
    assert answers_now(world.submission).staff_total == 5000


def test_no_figure_of_it_reaches_a_table_the_log_or_a_notice(world):
    upload = checked(world.submission, edited(workbook_of(world.submission), TRAINING, B5=7654321), world.lead)

    rows = [str(vars(row)) for model in (Upload, Event, Notice) for row in model.objects.all()]
    assert upload.is_read and not [row for row in rows if "7654321" in row or "7,654,321" in row]


def test_the_same_bytes_again_are_recognised(world):
    """A-025."""
    data = workbook_of(world.submission)
    first = checked(world.submission, data, world.lead)

    second, is_new = uploads.receive(reload(world.submission), SimpleUploadedFile("b.xlsx", data), by=world.lead, at=AT)

    assert (second.pk, is_new) == (first.pk, False)
    assert Upload.objects.count() == 1 and len(files_kept()) == 3


def test_the_database_holds_the_same_bytes_once(world):
    upload = bring(world.submission, workbook_of(world.submission), world.lead)
    upload.pk, upload.uuid = None, None

    with pytest.raises(IntegrityError, match="the_same_workbook_once_per_return"), transaction.atomic():
        Upload.objects.create(
            submission=upload.submission, sha256=upload.sha256, size=1, uploaded_by=world.lead, uploaded_at=AT
        )


def test_there_may_not_be_too_many_at_once(world):
    """A-035."""
    for number in range(uploads.MOST_WAITING):
        bring(world.submission, edited(workbook_of(world.submission), TRAINING, B5=number), world.lead)

    with pytest.raises(Refused, match="Wait until they are checked"):
        bring(world.submission, workbook_of(world.submission), world.lead)
    assert len(files_kept()) == uploads.MOST_WAITING


def test_those_that_were_refused_are_in_nobodys_way_and_a_full_shelf_says_what_to_do(world, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_KEPT", 1)
    assert checked(world.submission, edited(workbook_of(world.submission), TRAINING, B5="=1"), world.lead).is_refused
    kept = checked(world.submission, workbook_of(world.submission), world.lead)
    another = edited(workbook_of(world.submission), TRAINING, B5=7)

    with pytest.raises(Refused, match="Remove one that you did not take over"):
        bring(world.submission, another, world.lead)

    uploads.leave(kept, by=world.lead, at=AT)
    assert bring(world.submission, another, world.lead).is_waiting


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "This file is empty."),
        (b"PK", "not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), "old kind of workbook"),
        (b"%PDF-1.7", "not an Excel workbook"),
        (zip_of({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "Save it as .xlsx"),
        (zip_of({"[Content_Types].xml": b"<a/>", "xl/workbook.bin": b"x"}), "Save it as .xlsx"),
        (b"PK\x03\x04" + bytes(6_000_000), "larger than 5 MB"),
    ],
    ids=["empty", "one byte", "xls", "pdf", "ods", "xlsb", "too large"],
)
def test_what_is_no_workbook_is_refused_at_the_door(world, data, sentence):
    with pytest.raises(Refused, match=sentence):
        bring(world.submission, data, world.lead)

    assert not files_kept() and not Upload.objects.exists()


def test_a_return_that_cannot_change_takes_no_workbook(world):
    data = workbook_of(world.submission)
    submit_and_check(world)

    with pytest.raises(Refused, match="its answers cannot change now"):
        bring(world.submission, data, world.lead)


# Refused


def refused(upload):
    assert upload.state == State.REFUSED and not upload.stored_as and not upload.read_as and not files_kept()
    event = Event.objects.get(act="workbook refused")
    assert event.detail["upload"] == str(upload.uuid)
    return upload.error, event.detail["reason"]


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_a_formula_is_refused_with_its_cell(world, commit):
    with commit():
        upload = checked(world.submission, edited(workbook_of(world.submission), TRAINING, B5="=1+1"), world.lead)

    assert refused(upload)[0] == "Sheet “Training”, cell B5 holds a formula. Paste its value."


def test_the_workbook_of_another_organisation_is_refused_and_nothing_of_it_kept(world, commit):
    """A-024."""
    other = make_world("ZZT02")

    with commit():
        upload = checked(world.submission, workbook_of(other.submission), world.lead)

    sentence, reason = refused(upload)
    assert other.trust.code in sentence and reason == "another_organisation"


def test_the_workbook_of_another_quarter_is_refused(world, commit, monkeypatch):
    """A-023."""
    identity_of = workbooks.identity_of
    monkeypatch.setattr(workbooks, "identity_of", lambda *given: replace(identity_of(*given), period="2025-26-Q1"))
    data = workbook_of(world.submission)
    monkeypatch.undo()

    with commit():
        upload = checked(world.submission, data, world.lead)

    assert refused(upload)[1] == "another_period"


def test_an_edited_identity_is_refused(world, commit):
    """A-026."""
    data = changed(
        workbook_of(world.submission), lambda workbook: edit_identity(workbook, "organisation_code", "ZZT99")
    )

    with commit():
        upload = checked(world.submission, data, world.lead)

    assert refused(upload)[1] == "seal_broken"


def test_another_major_version_is_refused_and_the_new_template_offered(world, commit, monkeypatch):
    data = workbook_of(world.submission)
    newer = replace(PREVENT, workbook=replace(PREVENT.workbook, version="2.0"))
    upload = bring(world.submission, data, world.lead)
    monkeypatch.setitem(registry.return_types(), "prevent", newer)

    with commit():
        uploads.check_waiting(at=AT)

    assert refused(again(upload))[1] == "another_version"
    page = sign_in(Client(), world.lead).get(page_of(upload)).content.decode()
    assert "version 2.0 is needed" in page and reverse("returns:workbook", args=[world.submission.uuid]) in page


# What ends its reader


def test_what_kills_its_reader_is_tried_three_times_and_then_shown_with_a_way_to_try_again(world, monkeypatch):
    upload = bring(world.submission, workbook_of(world.submission), world.lead)
    impatient = replace(PREVENT, workbook=replace(PREVENT.workbook, seconds=0.0001))
    monkeypatch.setitem(registry.return_types(), "prevent", impatient)

    for number in range(ATTEMPTS):
        uploads.check_waiting(at=AT + number * timedelta(minutes=1))

    upload = again(upload)
    assert (upload.state, upload.attempts) == (State.STUCK, 3)
    assert "took too long" in upload.error
    client = sign_in(Client(), world.lead)
    assert "tried three times" in client.get(page_of(upload)).content.decode()
    monkeypatch.undo()
    client.post(reverse("returns:retry_upload", args=[world.submission.uuid, upload.uuid]))
    uploads.check_waiting(at=AT)
    assert again(upload).state == State.CHECKED


@pytest.mark.parametrize("end", ["a failure", "a death"])
def test_who_left_the_page_is_told_that_a_workbook_could_not_be_checked(world, monkeypatch, end):
    upload = bring(world.submission, workbook_of(world.submission), world.lead)
    monkeypatch.setattr(uploads, "_read", lambda upload: 1 / 0)

    for number in range(ATTEMPTS + 1):
        at = AT + number * 2 * uploads.LEASE
        uploads.check_waiting(at=at) if end == "a failure" else uploads.QUEUE.claim(at)

    upload = again(upload)
    assert upload.state == State.STUCK
    assert Notice.objects.get(link=page_of(upload)).subject.endswith("could not be checked")
    page = sign_in(Client(), world.lead).get(page_of(upload)).content.decode()
    assert ("Something happened that nobody foresaw (ZeroDivisionError)." in page) == (end == "a failure")


def test_what_an_ended_attempt_left_goes_with_the_upload(world, commit):
    upload = bring(world.submission, workbook_of(world.submission), world.lead)
    for name in uploads._names_beside(upload):
        uploads._store(name, b"half")
    Upload.objects.update(state=State.STUCK)

    with commit():
        uploads.leave(again(upload), by=world.lead, at=AT)

    assert not files_kept()


def test_where_its_files_are_lost_people_are_told_what_to_do(world):
    upload = checked(world.submission, workbook_of(world.submission), world.lead)
    default_storage.delete(upload.read_as)
    default_storage.delete(upload.annotated_as)
    client = sign_in(Client(), world.lead)

    page = client.get(page_of(upload), follow=True)

    assert "no longer kept. Save it once more" in page.content.decode()
    with pytest.raises(Refused, match="no longer kept"):
        take_over(upload, world.lead)
    copy = client.get(reverse("returns:annotated_copy", args=[world.submission.uuid, upload.uuid]))
    assert copy.status_code == 404 and not Release.objects.exists()


def test_who_keeps_an_eye_on_stuck_work_may_try_it_again_too(world):
    upload = bring(world.submission, workbook_of(world.submission), world.lead)
    Upload.objects.update(state=State.STUCK, attempts=3)
    administrator = make_seat("NATIONAL_ADMINISTRATOR", make_organisation("ZZN01", kind=Organisation.Kind.OTHER))
    client = sign_in(Client(), administrator)

    page = client.get(reverse("returns:stuck")).content.decode()
    answer = client.post(reverse("returns:retry_upload", args=[world.submission.uuid, upload.uuid]))

    assert "Workbooks that were uploaded" in page and answer.url == reverse("returns:stuck")
    assert (again(upload).state, again(upload).attempts) == (State.WAITING, 0)


def test_a_worker_that_died_is_late_and_not_in_the_way(world):
    upload = bring(world.submission, workbook_of(world.submission), world.lead)
    dead = uploads.QUEUE.claim(AT)

    assert not uploads.check_waiting(at=AT + timedelta(seconds=30))
    assert uploads.check_waiting(at=AT + uploads.LEASE + timedelta(seconds=1)) == 1
    uploads._refuse(dead, uploads.UnsafeWorkbook("Too late."), AT)

    assert again(upload).state == State.CHECKED


def test_the_clock_sees_to_what_nobody_rang_for_and_removes_what_is_old(world, commit):
    upload = bring(world.submission, workbook_of(world.submission), world.lead)
    periodic.each_minute(at=AT)
    assert again(upload).state == State.CHECKED

    with commit():
        periodic.each_minute(at=AT + uploads.KEPT_FOR + timedelta(minutes=1))

    assert again(upload).state == State.EXPIRED and not files_kept()
    assert checked(world.submission, workbook_of(world.submission), world.lead).pk != upload.pk


# Beside the working copy


def test_a_blank_cell_would_remove_an_answer_and_na_is_not_applicable(world):
    fill(world.submission, world.lead)
    data = edited(workbook_of(world.submission), "Engagement", B6="NA")

    reading = uploads.reading_of(checked(world.submission, edited(data, TRAINING, B5=None), world.lead))

    assert [(row.now, row.after) for item in reading.changes for row in item.rows] == [
        ("5,000", ""),
        ("3", "Not applicable"),
    ]
    assert "PRV-E04" in {problem.code for problem in reading.verdict.errors}


def test_what_cannot_be_read_stays_as_it_is_and_is_an_error(world):
    fill(world.submission, world.lead)
    data = edited(workbook_of(world.submission), TRAINING, B5="<5", B6=3700)

    upload = checked(world.submission, data, world.lead)
    reading = uploads.reading_of(upload)

    (question, typed, sentence, place), *more = reading.unreadable
    assert (question.name, typed, place, more) == ("staff_total", "<5", "B5 on sheet “Training”", [])
    assert "whole number" in sentence and sentence in {problem.message for problem in reading.verdict.errors}
    take_over(upload, world.lead)
    assert answers_now(world.submission).staff_total == 5000
    assert answers_now(world.submission).l12_required == 3700


def test_a_typed_percentage_that_disagrees_is_found(world):
    fill(world.submission, world.lead)

    upload = checked(world.submission, edited(workbook_of(world.submission), TRAINING, B12=50), world.lead)

    assert "PRV-E12" in {problem.code for problem in uploads.reading_of(upload).verdict.problems}


def test_locked_sections_are_shown_and_not_taken_over(world):
    submit_and_check(world)
    workflow.start_review(world.submission, by=world.reviewer, at=AT)
    workflow.send_back(world.submission, version=1, reasons={"training": "Count again."}, by=world.reviewer, at=AT)
    data = edited(workbook_of(world.submission), TRAINING, B5=5001)
    data = edited(data, LEADS, B5="Somebody Else")

    upload = checked(world.submission, data, world.lead)
    reading = uploads.reading_of(upload)
    take_over(upload, world.lead)

    assert [item.spec.slug for item in reading.changes] == ["training"]
    assert [item.spec.slug for item in reading.locked] == ["leads"]
    answers = answers_now(world.submission)
    assert (answers.staff_total, answers.operational_lead_name) == (5001, "Ola Lead")


def test_a_section_saved_after_the_workbook_was_made_is_pointed_out(world):
    fill(world.submission, world.lead)
    data = edited(workbook_of(world.submission), TRAINING, B5=5100)
    editor = make_seat("PREVENT_EDITOR", world.trust)
    given = {question.name: getattr(answers_now(world.submission), question.name) for question in training_questions()}
    save(world.submission, "training", editor, **given | {"l12_required": 3650})

    reading = uploads.reading_of(checked(world.submission, data, world.lead))

    (item,) = reading.changes
    assert item.saved_since.saved_by == editor.person and len(item.rows) == 2


def training_questions():
    return PREVENT.section("training").questions


# Taken over


def test_taking_over_writes_all_changed_sections_at_once_and_one_event(world):
    fill(world.submission, world.lead)
    data = edited(workbook_of(world.submission), TRAINING, B5=5100)
    upload = checked(world.submission, edited(data, LEADS, B5="Olu Lead"), world.lead)

    written = take_over(upload, world.lead)

    answers = answers_now(world.submission)
    assert sorted(written) == ["leads", "training"]
    assert (answers.staff_total, answers.operational_lead_name) == (5100, "Olu Lead")
    assert again(upload).is_taken and again(upload).decided_by == world.lead.person
    assert acts(world.submission) == ["workbook uploaded", "workbook checked", "workbook taken over"]
    assert Event.objects.get(act="workbook taken over").detail["sections"] == written
    section = Section.objects.get(submission=world.submission, slug="training")
    assert (section.revision, section.saved_by) == (2, world.lead.person)
    assert reload(world.submission).checked_sha256 == reload(world.submission).content_sha256


def test_a_return_that_was_not_started_is_filled_from_the_workbook_alone(world):
    answers = make_answers()
    identity = workbooks.identity_of(reload(world.submission), PREVENT, frozenset())
    upload = checked(world.submission, workbooks.template(PREVENT, identity, answers), world.lead)

    take_over(upload, world.lead)

    assert reload(world.submission).status == "DRAFT"
    now = answers_now(world.submission)
    assert {name: value for name, value in now.values.items() if value is not None} == {
        name: value for name, value in answers.values.items() if value is not None
    }


def test_where_a_colleague_saved_meanwhile_nothing_is_taken_over(world):
    fill(world.submission, world.lead)
    shown = reload(world.submission).content_sha256
    upload = checked(world.submission, edited(workbook_of(world.submission), TRAINING, B5=5100), world.lead)
    save(world.submission, "narrative", world.lead, comments="A colleague was here.")

    with pytest.raises(Refused, match="A colleague saved answers since"):
        take_over(upload, world.lead, content_sha256=shown)

    assert answers_now(world.submission).staff_total == 5000 and again(upload).state == State.CHECKED


def test_of_two_who_take_over_two_workbooks_the_second_looks_once_more(world):
    fill(world.submission, world.lead)
    first, second = (
        checked(world.submission, edited(workbook_of(world.submission), TRAINING, B5=number), world.lead)
        for number in (5100, 5200)
    )
    shown_to_both = reload(world.submission).content_sha256
    take_over(first, world.lead, content_sha256=shown_to_both)

    with pytest.raises(Refused, match="Look at the differences once more"):
        take_over(second, world.lead, content_sha256=shown_to_both)

    assert (answers_now(world.submission).staff_total, again(second).state) == (5100, State.CHECKED)


def test_after_the_hard_close_answers_are_still_kept_but_go_nowhere(world):
    """As for sections: more time may be given."""
    fill(world.submission, world.lead)
    upload = checked(world.submission, edited(workbook_of(world.submission), TRAINING, B5=5100), world.lead)
    late = workflow.closes_at(world.submission) + timedelta(minutes=1)

    take_over(upload, world.lead, at=late)

    assert answers_now(world.submission).staff_total == 5100
    with pytest.raises(Refused, match="This return closed on"):
        workflow.send_for_sign_off(reload(world.submission), by=world.lead, at=late)


def test_what_differs_in_nothing_cannot_be_taken_over(world):
    fill(world.submission, world.lead)
    upload = checked(world.submission, workbook_of(world.submission), world.lead)

    with pytest.raises(Refused, match="Nothing in this workbook differs"):
        take_over(upload, world.lead)


def test_after_the_return_was_submitted_nothing_is_taken_over(world):
    fill(world.submission, world.lead)
    upload = checked(world.submission, edited(workbook_of(world.submission), TRAINING, B5=5100), world.lead)
    submit_and_check(world)

    with pytest.raises(Refused, match="its answers cannot change now"):
        take_over(upload, world.lead)


def test_what_is_not_taken_over_is_removed(world, commit):
    upload = checked(world.submission, workbook_of(world.submission), world.lead)

    with commit():
        uploads.leave(again(upload), by=world.lead, at=AT)

    assert again(upload).state == State.LEFT and not files_kept()
    with pytest.raises(Refused, match="no longer here"):
        take_over(upload, world.lead)
    with pytest.raises(Refused):
        uploads.leave(again(upload), by=world.lead, at=AT)


# The annotated copy


def copy_of(upload):
    with default_storage.open(upload.annotated_as) as file:
        return file.read()


def test_each_finding_is_at_its_own_cell_and_in_the_sheet_in_front(world):
    fill(world.submission, world.lead)
    data = edited(workbook_of(world.submission), TRAINING, B5="<5", B7=9000)
    upload = checked(world.submission, data, world.lead)

    workbook = load_workbook(io.BytesIO(copy_of(upload)))

    sheet = workbook[TRAINING]
    assert workbook.sheetnames[:2] == ["Findings", "About"]
    assert sheet["B5"].value == "<5" and "whole number" in sheet["B5"].comment.text
    assert sheet["B5"].fill.fgColor.rgb == "FFF5B7B1" and sheet["F5"].value.startswith("Error: ")
    assert sheet["B7"].value == 9000 and "cannot be more than staff who need it" in sheet["F7"].value
    assert sheet["B6"].comment is None and sheet["B6"].fill.fgColor.rgb == "FFFFF9C4"
    listed = [[cell.value for cell in row] for row in workbook["Findings"].iter_rows(min_row=5)]
    assert {tuple(row[:4]) for row in listed} >= {
        ("Error", "PRV-E04", TRAINING, "B5"),
        ("Error", "PRV-E05", TRAINING, "B7"),
    }
    assert workbook["Findings"]["A2"].value.startswith(f"Errors: {len(listed)}, Warnings: 0, Notes: 0.")


def test_the_annotated_copy_comes_back_like_any_other_workbook(world):
    fill(world.submission, world.lead)
    first = checked(world.submission, edited(workbook_of(world.submission), TRAINING, B5="<5", B7=9000), world.lead)

    second = checked(world.submission, edited(copy_of(first), TRAINING, B5=5200, B7=3300), world.lead)

    assert second.state == State.CHECKED, second.error
    reading = uploads.reading_of(second)
    assert [(row.question.name, row.after) for item in reading.changes for row in item.rows] == [
        ("staff_total", "5,200")
    ]


@pytest.mark.parametrize("value", [45000, 1e300, "x" * 32_767], ids=["a number", "a large one", "a long text"])
def test_what_is_no_day_is_a_finding_at_its_cell(world, value):
    fill(world.submission, world.lead)
    title, place = a_day_in(workbook_of(world.submission))

    def paste(workbook):
        workbook[title][place].value, workbook[title][place].number_format = value, "General"

    upload = checked(world.submission, changed(workbook_of(world.submission), paste), world.lead)

    assert upload.state == State.CHECKED, upload.error
    cell = load_workbook(io.BytesIO(copy_of(upload)))[title][place]
    assert isinstance(cell.value, str) and cell.comment.text.startswith("Error: ")


def a_day_in(data):
    """The sheet and cell of the first answer that is a day."""
    names = {question.name for question in PREVENT.questions if question.kind is Kind.DAY}
    rows = ((sheet, row) for sheet in load_workbook(io.BytesIO(data)) for row in sheet.iter_rows(max_col=5))
    return next((sheet.title, row[1].coordinate) for sheet, row in rows if row[4].value in names)


def test_a_section_saved_since_is_pointed_out_of_the_annotated_copy_too(world):
    fill(world.submission, world.lead)
    data = edited(workbook_of(world.submission), TRAINING, B5=5100)
    given = {question.name: getattr(answers_now(world.submission), question.name) for question in training_questions()}
    save(world.submission, "training", world.lead, **given | {"l12_required": 3650})

    first = checked(world.submission, data, world.lead)
    second = checked(world.submission, edited(copy_of(first), TRAINING, B5=5200), world.lead)

    assert uploads.reading_of(second).identity.revisions == uploads.reading_of(first).identity.revisions
    assert [item.saved_since is not None for item in uploads.reading_of(second).changes] == [True]


def test_the_annotated_copy_leaves_as_an_attachment_and_is_written_down(world):
    upload = checked(world.submission, workbook_of(world.submission), world.lead)

    answer = sign_in(Client(), world.lead).get(
        reverse("returns:annotated_copy", args=[world.submission.uuid, upload.uuid])
    )

    assert answer.getvalue() == copy_of(upload) and answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert Release.objects.get(kind="annotated workbook").released_by == world.lead.person


# Pages


def page_of(upload):
    return reverse("returns:upload", args=[upload.submission.uuid, upload.uuid])


def test_from_the_page_a_workbook_goes_out_and_comes_back(world):
    fill(world.submission, world.lead)
    client = sign_in(Client(), world.lead)
    one = [world.submission.uuid]
    data = edited(client.get(reverse("returns:workbook", args=one)).content, TRAINING, B5=5100)

    brought = client.post(
        reverse("returns:upload_workbook", args=one), {"workbook": SimpleUploadedFile("r.xlsx", data)}
    )
    assert "Waiting for a worker" in client.get(brought.url).content.decode()
    uploads.check_waiting(at=AT)
    page = client.get(brought.url).content.decode()
    upload = Upload.objects.get()
    client.post(
        reverse("returns:take_over_upload", args=[*one, upload.uuid]),
        {"content_sha256": reload(world.submission).content_sha256},
    )

    assert "1 answer would change." in page and "5,100" in page and "B5 on sheet" in page
    assert answers_now(world.submission).staff_total == 5100
    assert "Taken over" in client.get(reverse("returns:return", args=one)).content.decode()


def test_a_refusal_at_the_door_stands_on_the_page_with_its_error(world):
    client = sign_in(Client(), world.lead)
    address = reverse("returns:upload_workbook", args=[world.submission.uuid])

    page = client.post(address, {"workbook": SimpleUploadedFile("r.xlsx", b"%PDF-1.7")}).content.decode()
    nothing = client.post(address, {}).content.decode()

    assert "<title>Error: Upload the workbook" in page and "not an Excel workbook" in page
    assert "Choose a workbook." in nothing


def test_the_upload_of_one_return_is_not_found_under_another(world):
    other = make_world("ZZT02")
    upload = bring(other.submission, workbook_of(other.submission), other.lead)

    answer = sign_in(Client(), world.lead).get(reverse("returns:upload", args=[world.submission.uuid, upload.uuid]))

    assert answer.status_code == 404


def test_a_page_of_changes_asks_the_same_number_of_queries_however_much_differs(world):
    fill(world.submission, world.lead)
    data = workbook_of(world.submission)
    little = checked(world.submission, edited(data, TRAINING, B5=5100), world.lead)
    cells = {f"B{row}": 100 + row for row in range(5, 12)}
    much = checked(world.submission, edited(edited(data, TRAINING, **cells), LEADS, B5="A", B6="B", B9="C"), world.lead)
    client = sign_in(Client(), world.lead)
    client.get(page_of(little))

    counts = []
    for upload in (little, much):
        with CaptureQueriesContext(connection) as queries:
            client.get(page_of(upload))
        counts.append(len(queries))

    assert counts[0] == counts[1] < 20


# Another kind of return


def test_another_kind_of_return_comes_back_the_same_way():
    submission, seats = make_toy()
    answers, context, _ = findings.look_at(submission)
    identity = workbooks.identity_of(submission, TOY, context.traits)
    data = edited(workbooks.template(TOY, identity, answers), "The body", B5=4, B6="NA")
    data = edited(data, "The paint", B5="red")

    upload = checked(submission, edited(data, "The body", B5=4), seats[1], AT)
    take_over(upload, seats[1])

    answers = answers_now(submission)
    assert (answers.wheels, answers.absent, answers.colour) == (4, {"doors": "NOT_APPLICABLE"}, "red")


def test_what_a_type_has_no_rule_for_but_cannot_be_read_is_an_error_all_the_same():
    submission, seats = make_toy()
    identity = workbooks.identity_of(submission, TOY, frozenset())
    answers, _, _ = findings.look_at(submission)

    upload = checked(submission, edited(workbooks.template(TOY, identity, answers), "The body", B5="four"), seats[0])

    (problem,) = uploads.reading_of(upload).verdict.errors
    assert problem.fields == ("wheels",) and "whole number" in problem.message
