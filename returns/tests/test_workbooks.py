"""The workbook out and back: whole, the same bytes each time, and telling whose it is."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.tests.factories import sign_in
from prevent.return_type import PREVENT
from prevent.tests.factories import make_answers, make_part
from returns import registry, workbooks
from returns.content import Answers, Kind, read_answers
from returns.models import Release
from returns.return_type import WorkbookSpec
from returns.tests.factories import fill, make_world
from returns.tests.toy.return_type import TOY
from returns.tests.workbooks_made import (
    IDENTITY,
    LEADS,
    TRAINING,
    changed,
    edit_identity,
    edited,
    make_workbook,
    remade,
)
from returns.workbook_safety import UnsafeWorkbook

PLAN = [
    {"title": "=Train nights", "owner": "Asha", "due_on": "2025-12-01", "status": "IN_PROGRESS"},
    {"title": "Review the analysis", "owner": None, "due_on": None, "status": "DONE"},
]
SOFFICE = shutil.which("soffice")


def answers_in(data, return_type=PREVENT):
    return read_answers(return_type.questions, workbooks.read(return_type, data).given)


def opened(data):
    return load_workbook(io.BytesIO(data))


# Out


def test_the_same_input_gives_the_same_bytes_without_an_author():
    data = make_workbook(comments="Nothing.")

    core = zipfile.ZipFile(io.BytesIO(data)).read("docProps/core.xml").decode()
    assert data == make_workbook(comments="Nothing.")
    assert "<dc:creator></dc:creator>" in core and "<cp:lastModifiedBy></cp:lastModifiedBy>" in core
    assert re.findall(r">(\d{4}-[^<]+)<", core) == ["2025-09-30T00:00:00Z"] * 2


def test_answers_alone_can_be_changed_and_last_quarters_stand_beside():
    sheet = opened(make_workbook(previous=make_part(staff_total=4900)))[TRAINING]

    assert [cell.value for cell in sheet[5]][1:3] == [5000, 4900]
    assert [cell.protection.locked for cell in sheet[5]] == [True, False, True, True, True]
    assert sheet.protection.sheet and sheet["B5"].number_format == "#,##0"


def test_yes_or_no_and_a_status_are_chosen_from_a_list():
    workbook = opened(make_workbook())

    lists = {
        title: [rule.formula1 for rule in workbook[title].data_validations.dataValidation]
        for title in workbook.sheetnames
    }
    assert '"Yes,No"' in lists["Governance"]
    assert set(lists["Action plan"]) == {'"Open,In progress,Done"'}


def test_text_stays_text_whatever_it_begins_with():
    """A-111."""
    texts = ("=1+1", "+44 20 7946 0000", "@SUM(A1)", "-2", "cmd|' /C calc'!A0", "＝1", "_x0041_", "A & B <c>")
    for text in texts:
        data = make_workbook(operational_lead_job_title=text)

        assert opened(data)[LEADS]["B6"].data_type == "s"
        assert answers_in(data).values["operational_lead_job_title"] == text


def test_only_what_the_organisation_is_asked_has_a_sheet():
    mental_health = replace(IDENTITY, traits="MENTAL_HEALTH_PROVIDER")

    assert "Mental health" not in opened(make_workbook()).sheetnames
    assert "Mental health" in opened(make_workbook(identity=mental_health)).sheetnames


# Back


def test_it_comes_back_as_it_went_out():
    before = make_answers(absent=["channel_panels_held"], without=["comments"], action_plan=PLAN)

    filled = workbooks.read(PREVENT, workbooks.template(PREVENT, IDENTITY, before, before))

    after = read_answers(PREVENT.questions, filled.given)
    assert (after.values, after.absent, after.unreadable) == (before.values, before.absent, {})
    assert filled.identity == IDENTITY
    assert filled.places["staff_total"] == (TRAINING, "B5")
    assert filled.previous["staff_total"] == 5000


def test_what_a_person_typed_comes_back():
    data = make_workbook(without=["staff_total"])
    data = edited(data, TRAINING, B5=5100, B12=89.5)
    data = edited(data, "Governance", B5="No", B6=date(2026, 5, 1))
    data = edited(data, "Engagement", B6="na", B7="NA")
    data = edited(data, "Action plan", A5="Train nights", B5="Asha", C5=date(2025, 12, 1), D5="In progress")

    filled = workbooks.read(PREVENT, data)
    answers = read_answers(PREVENT.questions, filled.given)

    assert answers.values["staff_total"] == 5100
    assert filled.given["l12_compliance_pct"] == 89.5
    assert answers.values["prevent_policy_in_date"] is False
    assert answers.values["prevent_policy_review_date"] == date(2026, 5, 1)
    assert set(answers.absent) == {"channel_panels_held", "channel_panels_attended"}
    assert answers.values["action_plan"] == [{**PLAN[0], "title": "Train nights"}]


@pytest.mark.skipif(not SOFFICE, reason="LibreOffice is not installed")
def test_libreoffice_opens_edits_and_saves_it_and_it_comes_back_whole(tmp_path):
    before = make_answers(absent=["channel_panels_held"], action_plan=PLAN, comments="One\n\nTwo & three")
    (tmp_path / "return.xlsx").write_bytes(workbooks.template(PREVENT, IDENTITY, before, before))

    libreoffice(tmp_path, "fods", "return.xlsx")
    opened = (tmp_path / "return.fods").read_text()
    cell = re.search(r'<table:table table:name="Training".*?office:value="(5000)"', opened, re.DOTALL)
    (tmp_path / "return.fods").write_text(opened[: cell.start(1)] + "5100" + opened[cell.end(1) :])
    libreoffice(tmp_path, "xlsx", "return.fods")

    filled = workbooks.read(PREVENT, (tmp_path / "return.xlsx").read_bytes())
    after = read_answers(PREVENT.questions, filled.given)
    assert (after.values, after.absent, after.unreadable) == (before.values | {"staff_total": 5100}, before.absent, {})
    assert filled.identity == IDENTITY


def libreoffice(folder, kind, name):
    """Lets LibreOffice open a file and save it as another kind beside it."""
    command = [SOFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", kind, name]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=True)


def test_a_minor_version_is_read_and_a_major_one_is_not():
    newer = replace(PREVENT, workbook=WorkbookSpec(version="1.1"))
    data = changed(make_workbook(), lambda workbook: workbook[TRAINING].delete_rows(11))

    assert answers_in(data, newer).values["l3_trained_in_quarter"] is None
    with pytest.raises(UnsafeWorkbook, match="has lost the line “Staff who completed level 3 training this quarter”"):
        workbooks.read(PREVENT, data)
    with pytest.raises(UnsafeWorkbook, match="This workbook is of version 1.0; version 2.0 is needed."):
        workbooks.read(replace(PREVENT, workbook=WorkbookSpec(version="2.0")), data)


@pytest.mark.parametrize("name", [*("period", "organisation_code", "kind", "traits", "template_version", "seal")])
def test_whose_workbook_it_is_cannot_be_edited(name):
    data = changed(make_workbook(), lambda workbook: edit_identity(workbook, name, "ZZT02"))

    with pytest.raises(UnsafeWorkbook, match="Sheet “About” was changed"):
        workbooks.read(PREVENT, data)


def test_another_kind_of_return_has_a_workbook_too():
    identity = replace(IDENTITY, return_type="toy", subject="sheet 1", period="autumn")
    answers = Answers(values={"wheels": 4, "doors": None, "colour": "red"}, absent={"doors": "NOT_APPLICABLE"})

    back = answers_in(workbooks.template(TOY, identity, answers), TOY)

    assert (back.values, back.absent) == (answers.values, answers.absent)


# Shaken

CLEAN_WORKBOOK = make_workbook()
PARTS = [name for name in zipfile.ZipFile(io.BytesIO(CLEAN_WORKBOOK)).namelist() if name.startswith(("xl/w", "xl/s"))]
TOKENS = [
    b"<",
    b">",
    b'"',
    b"<c ",
    b"<row ",
    b"</c>",
    b"<v>",
    b"r=",
    b"1",
    b"XFD",
    b"&",
    b't="s"',
    b't="d"',
    b"\xff",
    b"",
    b"e9",
]


@settings(max_examples=150, deadline=None)
@given(part=st.sampled_from(PARTS), at=st.floats(0, 1), length=st.integers(0, 12), token=st.sampled_from(TOKENS))
def test_a_part_with_a_slip_in_it_is_read_or_refused(part, at, length, token):
    def slip(content):
        start = int(at * len(content))
        return content[:start] + token + content[start + length :]

    read_or_refused(remade(CLEAN_WORKBOOK, {part: slip}))


@settings(max_examples=150, deadline=None)
@given(at=st.floats(0, 1), junk=st.binary(max_size=8), length=st.integers(0, 8))
def test_an_archive_with_a_slip_in_it_is_read_or_refused(at, junk, length):
    start = int(at * len(CLEAN_WORKBOOK))

    read_or_refused(CLEAN_WORKBOOK[:start] + junk + CLEAN_WORKBOOK[start + length :])


def read_or_refused(data):
    try:
        answers_in(data)
    except UnsafeWorkbook as refusal:
        assert str(refusal).endswith((".", ".)"))


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn"]), max_size=60)
TYPED = {
    Kind.COUNT: st.integers(0, 9_999_999),
    Kind.YES_NO: st.booleans(),
    Kind.DAY: st.dates(date(1900, 3, 1), date(2200, 1, 1)),
}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_answers_come_back(data):
    asked = [question for spec in PREVENT.sections_for("NHS_TRUST", ()) for question in spec.questions]
    plain = [question for question in asked if question.kind not in {Kind.EMAIL, Kind.PHONE, Kind.ACTIONS}]
    chosen = {item.name: data.draw(st.none() | TYPED.get(item.kind, TEXTS)) for item in plain}
    before = read_answers(PREVENT.questions, chosen)

    after = answers_in(workbooks.template(PREVENT, IDENTITY, before))

    assert (after.values, after.absent, after.unreadable) == (before.values, before.absent, {})


# From the command line


@pytest.fixture
def check(tmp_path, capsys):
    """Runs check_return on a workbook; gives back exit status, output and error output."""

    def check(data, *options):
        path = tmp_path / "return.xlsx"
        path.write_bytes(data)
        status = 0
        try:
            call_command("check_return", "prevent", str(path), *options)
        except SystemExit as stop:
            status = stop.code
        return status, *capsys.readouterr()

    return check


def test_check_return_reads_a_workbook_as_it_reads_json(check, tmp_path, capsys):
    status, out, err = check(make_workbook(), "--json")

    assert (status, err) == (0, "")
    assert json.loads(out)["findings"] == [] and json.loads(out)["score"]["overall"] == "GREEN"


def test_check_return_finds_errors_also_in_a_percentage(check):
    data = edited(make_workbook(previous=make_part(staff_total=9000)), TRAINING, B7=3900, B12=50)

    status, out, _ = check(data, "--json")

    codes = {finding["code"] for finding in json.loads(out)["findings"]}
    assert status == 1
    assert {"PRV-E05", "PRV-E12", "PRV-W02"} <= codes


def test_check_return_refuses_with_a_sentence(check):
    status, out, err = check(edited(make_workbook(), TRAINING, B5="=1+1"))

    assert (status, out) == (2, "")
    assert err.strip() == "Sheet “Training”, cell B5 holds a formula. Paste its value."


def test_check_return_ends_what_takes_too_long(check, monkeypatch):
    impatient = replace(PREVENT, workbook=replace(PREVENT.workbook, seconds=0.0001))
    monkeypatch.setitem(registry.return_types(), "prevent", impatient)

    assert check(make_workbook()) == (2, "", "Reading this file took too long.\n")


@pytest.mark.django_db
def test_check_return_asks_the_portal_where_it_is_told_whose_return_it_is(check):
    world = make_world("ZZT01")
    data = make_workbook(identity=replace(IDENTITY, organisation_code=world.trust.code))

    status, _, _ = check(data, "--organisation", "ZZT01", "--period", "2025-26-Q2")
    refused, _, err = check(data, "--organisation", "ZZT02", "--period", "2025-26-Q2")

    assert (status, refused) == (0, 2)
    assert "This file is about ZZT01 in 2025-26-Q2, not about ZZT02" in err


# From the page


@pytest.mark.django_db
def test_the_workbook_leaves_with_the_working_copy_and_is_written_down():
    world = make_world()
    fill(world.submission, world.lead, staff_total=5100)
    client = sign_in(Client(), world.lead)
    page = client.get(reverse("returns:return", args=[world.submission.uuid])).content.decode()
    address = reverse("returns:workbook", args=[world.submission.uuid])

    response = client.get(address)

    filled = workbooks.read(PREVENT, response.content)
    assert address in page
    assert response["Content-Disposition"] == 'attachment; filename="prevent-ZZT01-2025-26-Q2.xlsx"'
    assert filled.given["staff_total"] == 5100 and filled.identity.organisation_code == "ZZT01"
    assert Release.objects.get(kind="workbook").released_by == world.lead.person
