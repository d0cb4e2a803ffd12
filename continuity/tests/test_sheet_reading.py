"""A completed workbook beside the sheet as it is now and beside what it was downloaded with: what counts, and what is asked."""

import io
from datetime import date

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.tests.factories import sign_in
from continuity import sheet_uploads, sheet_workbook, sheets
from continuity.columns import COLUMNS
from continuity.models import Referral
from continuity.sheet_reading import NOT_KNOWN, NOT_SAID, Reading, merged
from continuity.sheet_workbook import PLACE
from continuity.tests.audit_factories import AT, COMPLETE, complete, shared, workbook_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]
SIGNED = COMPLETE["C49"]


@pytest.fixture
def world():
    return shared(north=2, south=1)


def rows_of(world):
    return list(Referral.objects.select_related("identity").filter(sheet=world.sheet_north).order_by("position"))


def type_into(file, *answers, line=2):
    """Types answers (column id, value) into a line of the referrals of a workbook."""
    book = load_workbook(file)
    for id, value in answers:
        book["Referrals"].cell(line, PLACE[id] + 1).value = value
    return saved(book)


def saved(book):
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def uploaded(world, file):
    brought = SimpleUploadedFile("sheet.xlsx", file.read())
    upload = sheet_uploads.upload(world.sheet_north, brought, by=world.north, at=AT)
    sheet_uploads.read_waiting(at=AT)
    upload.refresh_from_db()
    assert upload.is_checked, upload.error
    return upload


def reading_of(world, upload, **options):
    return Reading(world.sheet_north, upload.read, **options)


def listed(reading, kind):
    found = getattr(reading, kind)
    return reading.in_words(kind, [(int(reading.rows.ids[number]), id) for number, id in found])


def save(world, row, **answers):
    row.refresh_from_db()
    sheets.save_row(world.sheet_north, row.uuid, answers, [], revision=row.revision, by=world.north, at=AT)


def take_over(world, upload, **options):
    world.sheet_north.submission.refresh_from_db()
    sha256 = world.sheet_north.submission.content_sha256
    return sheet_uploads.take_over(upload, content_sha256=sha256, by=world.north, at=AT, **options)


# Three sides


A, B = 1, 2
BLANK, NEW, MINE = 0, 3, 4


@pytest.mark.parametrize(
    ("now", "said", "before", "after", "in_conflict"),
    [
        (A, A, A, A, False),
        (A, B, A, B, False),
        (A, BLANK, A, BLANK, False),
        (NEW, A, A, NEW, False),
        (NEW, BLANK, BLANK, NEW, False),
        (NEW, NEW, A, NEW, False),
        (NEW, MINE, A, NEW, True),
        (NEW, BLANK, A, NEW, True),
        (BLANK, MINE, A, BLANK, True),
        (A, NOT_SAID, A, A, False),
        (A, BLANK, NOT_KNOWN, A, False),
        (A, B, NOT_KNOWN, B, False),
    ],
)
def test_only_what_was_changed_in_the_workbook_counts(now, said, before, after, in_conflict):
    assert beside(now, said, before) == (after, in_conflict)


def test_where_both_were_changed_the_workbook_stands_if_it_is_chosen():
    assert beside(NEW, MINE, A, workbook_wins=True) == (MINE, True)


def beside(*sides, **options):
    (after,), (in_conflict,) = merged(*(np.array([side]) for side in sides), **options)
    return after, in_conflict


def test_an_older_workbook_takes_away_nothing_that_a_colleague_answered_since(world):
    file = workbook_of(world.sheet_north)
    row = rows_of(world)[0]
    save(world, row, C49=SIGNED)

    upload = uploaded(world, type_into(file, ("C38", "No")))

    reading = reading_of(world, upload)
    ((_, (change,)),) = reading.changes
    assert (change.label, change.now, change.after) == (COLUMNS["C38"].label, "", "No")
    assert (reading.conflicts, reading.removed) == ([], [])
    take_over(world, upload)
    row.refresh_from_db()
    assert (row.answers["C49"], row.answers["C38"]) == (SIGNED, "NO")


def test_what_both_changed_stays_as_the_portal_has_it_unless_the_workbook_is_chosen(world):
    file = workbook_of(world.sheet_north)
    row = rows_of(world)[0]
    save(world, row, C38="YES")
    upload = uploaded(world, type_into(file, ("C38", "No"), ("C17", "Letter")))

    reading = reading_of(world, upload)
    assert [(change.now, change.after) for _, change in listed(reading, "conflicts")] == [("Yes", "No")]
    take_over(world, upload)

    row.refresh_from_db()
    assert (row.answers["C38"], row.answers["C17"]) == ("YES", ["LETTER"])
    again = uploaded(world, type_into(file, ("C38", "No")))
    assert take_over(world, again, workbook_wins=True) == 1
    row.refresh_from_db()
    assert row.answers["C38"] == "NO"


def test_answers_that_would_go_are_listed_apart_and_why(world):
    complete(world.sheet_north, world.north)
    file = type_into(workbook_of(world.sheet_north), ("C49", None))

    reading = reading_of(world, uploaded(world, file))

    ((referral, change),) = listed(reading, "removed")
    assert referral == rows_of(world)[0]
    assert (change.now, change.after, change.note) == (SIGNED, "", "Its cell is blank in the workbook.")


def test_a_workbook_that_has_lost_what_it_was_downloaded_with_takes_nothing_away(world):
    complete(world.sheet_north, world.north)
    book = load_workbook(type_into(workbook_of(world.sheet_north), ("C49", None), ("C38", "Yes")))
    del book[sheet_workbook.DOWNLOADED]

    upload = uploaded(world, saved(book))

    assert upload.read["downloaded"] is None
    reading = reading_of(world, upload)
    assert reading.removed == [] and reading.after["C38"].each() == ["YES", "NO"]


def test_nobody_else_can_say_what_it_was_downloaded_with(world):
    book = load_workbook(workbook_of(world.sheet_north))
    cell = book[sheet_workbook.DOWNLOADED].cell(2, 1)
    cell.value = f"x{cell.value}"

    assert sheet_workbook.as_plain_data(saved(book).read(), AT.date())["downloaded"] is None


# Asked for, and not


def test_the_preview_is_what_happens_where_an_earlier_answer_does_not_ask_for_a_later_one(world):
    typed = ("C01", "No"), ("C02", date(2025, 9, 1)), ("C05", "Yes")
    file = type_into(workbook_of(world.sheet_north), *typed)
    upload = uploaded(world, file)

    reading = reading_of(world, upload)
    ((_, changes),) = reading.changes
    assert [(change.label, change.after) for change in changes] == [("Was the referral received?", "No")]
    assert [change.after for _, change in listed(reading, "not_taken")] == ["1 September 2025", "Yes"]
    assert "REF-10" in {finding.code for _, finding in reading.findings}
    assert upload.findings.filter(rule="REF-10").exists()
    take_over(world, upload)

    row = rows_of(world)[0]
    assert row.answers == {"C01": "NO"}
    file.seek(0)
    assert reading_of(world, uploaded(world, file)).changed == []


def test_an_answer_that_is_no_longer_asked_for_is_among_those_that_go(world):
    row = rows_of(world)[0]
    save(world, row, C01="YES", C02=date(2025, 9, 1))
    upload = uploaded(world, type_into(workbook_of(world.sheet_north), ("C01", "No")))

    ((_, change),) = listed(reading_of(world, upload), "removed")

    assert (change.label, change.now) == ("Date received", "1 September 2025")
    assert change.note == "Only if “Was the referral received?” is Yes."


# Cells that cannot be read


def test_a_cell_that_cannot_be_read_comes_back_as_it_was_typed_and_marked(world):
    upload = uploaded(world, type_into(workbook_of(world.sheet_north), ("C01", "Yes"), ("C02", "soon")))

    book = load_workbook(io.BytesIO(upload.annotated))
    cell = book["Referrals"].cell(2, PLACE["C02"] + 1)
    assert cell.value == "soon" and "Cannot be read" in cell.comment.text
    listed = [[cell.value for cell in line] for line in book["Findings"].iter_rows(min_row=2)]
    assert ["Cannot be read", cell.coordinate] in [line[1:3] for line in listed]


def test_a_cell_is_named_where_it_stands_in_the_file_however_columns_were_moved(world):
    book = load_workbook(type_into(workbook_of(world.sheet_north), ("C01", "Perhaps"), ("C02", "07/31/2026")))
    book["Referrals"].delete_cols(PLACE["P02"] + 1, 2)

    upload = uploaded(world, saved(book))

    letters = [sheet_workbook.workbook.letters(PLACE[id] - 2) for id in ("C01", "C02")]
    assert [cell["where"] for cell in upload.read["unread"]] == [f"Sheet “Referrals”, cell {name}2" for name in letters]


def test_interventions_of_a_row_with_a_cell_that_cannot_be_read_stay_and_come_back_marked(world):
    book = load_workbook(workbook_of(world.sheet_north))
    sheet = book["Interventions"]
    sheet["B2"], sheet["C2"] = "Psychosocial", "soon"
    sheet["B4"], sheet["C4"] = "Psychosocial", date(2025, 9, 20)
    for line in (2, 3):
        book["Referrals"].cell(line, PLACE["C30"] + 1).value = "Yes structured"

    upload = uploaded(world, saved(book))

    reading = reading_of(world, upload)
    assert [bool(given) for given in reading.after["C45"].each()] == [False, True]
    copy = load_workbook(io.BytesIO(upload.annotated))["Interventions"]
    assert (copy["B2"].value, copy["C2"].value) == ("Psychosocial", "soon") and copy["C2"].comment
    again = uploaded(world, type_into(io.BytesIO(upload.annotated)))
    assert [cell["where"] for cell in again.read["unread"]] == ["Sheet “Interventions”, cell C2"]


def test_interventions_stay_as_they_are_where_one_of_their_columns_is_gone(world):
    row = rows_of(world)[0]
    answers = {"C30": "STRUCTURED"}
    treated = [{"C45a": "PSYCH", "C45b": date(2025, 9, 20)}]
    sheets.save_row(world.sheet_north, row.uuid, answers, treated, revision=0, by=world.north, at=AT)
    book = load_workbook(workbook_of(world.sheet_north))
    book["Interventions"].delete_cols(3)

    assert reading_of(world, uploaded(world, saved(book))).changed == []


def test_more_interventions_than_a_page_can_show_are_not_taken(world):
    book = load_workbook(workbook_of(world.sheet_north))
    row_id = str(rows_of(world)[0].uuid)
    for _ in range(60):
        book["Interventions"].append([row_id, "Psychosocial", date(2025, 9, 20)])

    upload = uploaded(world, saved(book))

    assert "At most 50" in upload.read["unread"][0]["sentence"]
    assert reading_of(world, upload).after["C45"].each()[0] is None


# The annotated copy comes back


def test_the_annotated_copy_can_be_completed_and_brought_back(world):
    file = workbook_of(world.sheet_north)
    row = rows_of(world)[0]
    save(world, row, C38="YES")
    first = uploaded(world, type_into(file, ("C38", "No"), ("C17", "Letter")))
    save(world, row, C38="YES", C49=SIGNED)

    again = uploaded(world, type_into(io.BytesIO(first.annotated)))

    reading = reading_of(world, again)
    assert reading.conflicts == [(0, "C38")] and reading.removed == []
    assert reading.after["C17"].each() == [("LETTER",), None]


# On the page


def test_the_page_lists_apart_what_somebody_should_look_at_and_asks_which_should_stand(world):
    file = workbook_of(world.sheet_north)
    row = rows_of(world)[0]
    save(world, row, C38="YES", C49=SIGNED)
    upload = uploaded(world, type_into(file, ("C38", "No"), ("C01", "No"), ("C02", date(2025, 9, 1))))
    north = sign_in(Client(), world.north)
    address = reverse("audits:sheet_upload", args=[upload.uuid])

    page = north.get(address).content.decode()

    assert "Where both were changed" in page and "Answers that are not taken" in page
    assert "Answers that would be removed" not in page
    choice = {"content_sha256": upload.compared["content_sha256"], "both_changed": "workbook"}
    north.post(reverse("audits:take_over_workbook", args=[upload.uuid]), choice)
    sheet_uploads.read_waiting(at=AT)
    row.refresh_from_db()
    assert row.answers == {"C01": "NO", "C38": "NO", "C49": SIGNED}


@pytest.fixture
def both_changed(world):
    """A workbook that differs from two answers of one row and one of another, which were saved since its download."""
    file, (first, second) = workbook_of(world.sheet_north), rows_of(world)
    save(world, first, C38="YES", C17=["LETTER"])
    save(world, second, C38="YES")
    typed = type_into(file, ("C38", "No"), ("C17", "Phone"))
    world.upload = uploaded(world, type_into(typed, ("C38", "No"), line=3))
    return world


def taken_over(world, both_changed, *chosen):
    """What the answers are after somebody has chosen the workbook's for some (row, column id) of them."""
    given = {"content_sha256": world.upload.compared["content_sha256"], "both_changed": both_changed}
    given |= {f"stands-{row.pk}-{id}": "workbook" for row, id in chosen}
    sign_in(Client(), world.north).post(reverse("audits:take_over_workbook", args=[world.upload.uuid]), given)
    sheet_uploads.read_waiting(at=AT)
    return [row.answers for row in rows_of(world)]


def test_each_answer_that_both_changed_is_decided_by_itself_and_the_portals_is_the_default(both_changed):
    world = both_changed
    first, second = rows_of(world)
    page = sign_in(Client(), world.north).get(reverse("audits:sheet_upload", args=[world.upload.uuid]))

    assert [name for name, _, _ in page.context["choices"]] == [
        f"stands-{row.pk}-{id}" for row, id in ((first, "C17"), (first, "C38"), (second, "C38"))
    ]
    assert taken_over(world, "each", (first, "C38")) == [{"C17": ["LETTER"], "C38": "NO"}, {"C38": "YES"}]


def test_all_answers_that_both_changed_can_be_decided_at_once_whatever_was_chosen_for_one(both_changed):
    world = both_changed
    first, _ = rows_of(world)

    assert taken_over(world, "portal", (first, "C38")) == [{"C17": ["LETTER"], "C38": "YES"}, {"C38": "YES"}]
    assert taken_over(world, "workbook") == [{"C17": ["TELEPHONE"], "C38": "NO"}, {"C38": "NO"}]


def test_a_choice_about_an_answer_that_is_in_no_conflict_changes_nothing(both_changed):
    world = both_changed
    _, second = rows_of(world)

    assert taken_over(world, "each", (second, "C17"), (second, "C49")) == [
        {"C17": ["LETTER"], "C38": "YES"},
        {"C38": "YES"},
    ]


def test_beyond_a_number_that_can_be_listed_all_are_decided_at_once(both_changed, monkeypatch):
    world = both_changed
    monkeypatch.setattr(sheet_uploads, "LISTED", 2)
    page = sign_in(Client(), world.north).get(reverse("audits:sheet_upload", args=[world.upload.uuid]))

    assert page.context["choices"] == [] and "for all of them?" in page.content.decode()


def test_a_page_that_stands_behind_the_sheet_has_the_workbook_compared_once_more(world):
    upload = uploaded(world, type_into(workbook_of(world.sheet_north), ("C38", "No")))
    save(world, rows_of(world)[1], C38="YES")
    north = sign_in(Client(), world.north)
    address = reverse("audits:sheet_upload", args=[upload.uuid])
    assert "Compare it with the sheet again" in north.get(address).content.decode()

    north.post(f"{address}take-over/", {"content_sha256": upload.compared["content_sha256"]})
    assert sheet_uploads.read_waiting(at=AT) == 1

    page = north.get(address).content.decode()
    assert "compared with it once more" in page and "Take over 1 row" in page
    assert rows_of(world)[0].answers == {}


def test_what_the_worker_refuses_stands_on_the_page_and_nothing_is_written(world):
    comment = f"Spoke to {rows_of(world)[1].identity.first_name} {rows_of(world)[1].identity.surname}."
    upload = uploaded(world, type_into(workbook_of(world.sheet_north), ("C38", "No"), ("C48", comment)))
    north = sign_in(Client(), world.north)
    address = reverse("audits:sheet_upload", args=[upload.uuid])

    north.post(f"{address}take-over/", {"content_sha256": upload.compared["content_sha256"]})
    sheet_uploads.read_waiting(at=AT)

    page = north.get(address).content.decode()
    assert "Remove names, references and dates of birth from the comment" in page and "Take over 1 row" in page
    assert rows_of(world)[0].answers == {}


def test_a_workbook_of_more_rows_than_a_copy_holds_has_no_copy(world, monkeypatch):
    monkeypatch.setattr(sheet_uploads, "MOST_COPIED", 1)

    upload = uploaded(world, type_into(workbook_of(world.sheet_north), ("C38", "No")))

    assert upload.annotated is None
    north = sign_in(Client(), world.north)
    assert "too many rows for a copy" in north.get(reverse("audits:sheet_upload", args=[upload.uuid])).content.decode()
    assert north.post(reverse("audits:annotated_workbook", args=[upload.uuid])).status_code == 302
