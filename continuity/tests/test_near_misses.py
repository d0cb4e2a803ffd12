"""What the two providers are shown where their records of a person nearly match, and where it is kept: nowhere."""

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.tests.factories import sign_in
from continuity import sheet_uploads, sheets, working_rows
from continuity.engagement import Audit
from continuity.models import Referral
from continuity.near_misses import near_miss
from continuity.recording_rules import check
from continuity.rows import rows_of
from continuity.sheet_workbook import PLACE
from continuity.tests.audit_factories import AT, COMPLETE, shared, workbook_of

PRISON = {"P25": "r1", "P01": "Robert", "P02": "Sample", "P03": date(1980, 3, 5), "P04": "Male"}
SAME = {"C34": "R", "C35": "S", "C36": date(1980, 3, 5), "C37": "Male"}


def checked(row):
    return check(rows_of([row]), Audit(as_at=date(2026, 1, 1)))


@pytest.mark.parametrize(
    ("community", "code", "said"),
    [
        ({"C34": "S", "C35": "R"}, "ATT-02", "The two initials stand the other way round."),
        ({"C34": "B"}, "ATT-03", " or Bob. They would match"),
        ({"C34": "X"}, "ATT-04", "first initial (the prison has R, the service X)"),
        ({"C35": "T"}, "ATT-05", "surname initial (the prison has S, the service T)"),
        ({"C36": date(1980, 5, 3)}, "ATT-06", "(the prison has 5 March 1980, the service 3 May 1980)"),
        ({"C36": date(1980, 3, 6)}, "ATT-07", "One digit differs."),
        ({"C36": date(1890, 3, 5)}, "ATT-07", "Two digits next to each other are swapped."),
        ({"C36": date(1979, 3, 5)}, "ATT-07", "The years are 1 apart."),
        ({"C36": date(1962, 11, 27)}, "ATT-08", "(the prison has 5 March 1980, the service 27 November 1962)"),
        ({"C37": "Female"}, "ATT-09", "sex (the prison has Male, the service Female)"),
        ({"C34": "X", "C37": "Female"}, "ATT-10", "the service X) and sex (the prison has Male"),
    ],
)
def test_a_near_miss_says_what_both_records_have_and_what_would_match(community, code, said):
    found = near_miss(checked(PRISON | SAME | community), 0)

    assert found.code == code and said in found.sentence
    assert {one.what for one in found.compared if one.differs} and len(found.compared) == 4


@pytest.mark.parametrize("community", [SAME, {}, SAME | {"C36": None}])
def test_where_the_records_match_or_one_says_too_little_there_is_none(community):
    assert near_miss(checked(PRISON | community), 0) is None


# On the pages


MISTYPED = {"C32": "NEW", "C33": date(2025, 9, 20), "C30": "STRUCTURED", "C31": None}


@pytest.fixture
def world(as_the_system):
    return shared(north=1, south=1)


def the_row(world):
    return Referral.objects.select_related("identity").get(sheet=world.sheet_north)


def recorded(person):
    """What the service records of a person, with the day of birth one too high."""
    born = person.date_of_birth.replace(day=person.date_of_birth.day + 1)
    return {"C34": person.first_name[0], "C35": person.surname[0], "C36": born, "C37": "MALE"}


def save(world):
    row = the_row(world)
    answers = COMPLETE | MISTYPED | recorded(row.identity)
    given = {id: answer for id, answer in answers.items() if answer is not None}
    sheets.save_row(world.sheet_north, row.uuid, given, [], revision=row.revision, by=world.north, at=AT)


BOTH = "(the prison has 5 March 1985, the service 6 March 1985)"


@pytest.mark.django_db
def test_both_providers_read_on_the_row_what_the_records_say(world):
    save(world)
    address = reverse("audits:row", args=[world.sheet_north.submission.uuid, the_row(world).uuid])

    for seat in (world.north, world.prison):
        page = sign_in(Client(), seat).get(address).content.decode()
        assert BOTH in page and "How the two records compare" in page


@pytest.mark.django_db
def test_the_list_of_findings_says_it_and_what_is_kept_does_not(world):
    save(world)
    address = reverse("audits:row_findings", args=[world.sheet_north.submission.uuid])

    assert BOTH in sign_in(Client(), world.north).get(address).content.decode()
    problems = working_rows.check(working_rows.read(world.sheet_north.submission), None)
    (kept,) = [problem for problem in problems if problem.code == "ATT-07"]
    assert "1985" not in f"{kept.message} {kept.remedy}"


@pytest.mark.django_db
def test_a_workbook_that_was_brought_says_it_in_its_findings_and_in_the_annotated_copy(world):
    row = the_row(world)
    book = load_workbook(workbook_of(world.sheet_north))
    given = {"C32": "New", "C37": "Male"} | {
        id: value for id, value in recorded(row.identity).items() if id in {"C34", "C35", "C36"}
    }
    for id, value in given.items():
        book["Referrals"].cell(2, PLACE[id] + 1).value = value
    typed = io.BytesIO()
    book.save(typed)
    file = SimpleUploadedFile("sheet.xlsx", typed.getvalue())
    upload = sheet_uploads.upload(world.sheet_north, file, by=world.north, at=AT)
    sheet_uploads.read_waiting(at=AT)
    upload.refresh_from_db()

    page = sign_in(Client(), world.north).get(reverse("audits:upload_findings", args=[upload.uuid]))
    assert BOTH in page.content.decode()
    listed = load_workbook(io.BytesIO(upload.annotated))["Findings"].iter_rows(min_row=2, values_only=True)
    assert any(code == "ATT-07" and BOTH in words for code, _, _, _, words, _ in listed)
