"""The files for SDCS: names, bytes, the three kinds of nothing, and text that stays text."""

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook

from prevent import national_files
from prevent.national_files import CSV_COLUMNS, files, proforma_for, proforma_of
from prevent.questions import PERCENTAGES, QUESTIONS
from prevent.tests.factories import make_answers
from returns.cell_maps import Form
from returns.formulas import without_formula
from returns.return_type import NonSubmitter, Source

PERIOD = "2025-26-Q2"
PLAN = [
    {"title": "Train nights", "owner": "Asha", "due_on": "2025-12-01", "status": "IN_PROGRESS"},
    {"title": "Review the analysis", "status": "DONE"},
]


def make_source(code="ZZT01", version=2, name="Invented Trust", **changes):
    return Source(
        organisation_code=code,
        organisation_name=name,
        period=PERIOD,
        version=version,
        submitted_at=datetime(2025, 10, 6, 14, 30, tzinfo=UTC),
        content_sha256="ab" * 32,
        answers=make_answers(**changes),
    )


MISSING = NonSubmitter("ZZT09", "Late Trust", "Cy Example", "cy.example@late.example", "Not started")


def rows(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def row(**changes):
    return rows(files(PERIOD, [make_source(**changes)], [])["PREVENT_2025-26Q2.csv"])[0]


def sheets(**changes):
    return load_workbook(io.BytesIO(proforma_for(make_source(**changes))[1]))


def cell(name, **changes):
    """The cell of the filled pro-forma that takes the answer to `name`."""
    sheet, _, place = proforma_of(PERIOD).cells[name].partition("!")
    return sheets(**changes)[sheet][place]


def test_the_files_have_the_names_that_were_agreed():
    found = files(PERIOD, [make_source("ZZT02", version=1), make_source()], [MISSING])

    assert set(found) == {
        "PREVENT_ZZT01_2025-26Q2_v2.xlsx",
        "PREVENT_ZZT02_2025-26Q2_v1.xlsx",
        "PREVENT_2025-26Q2.csv",
        "PREVENT_2025-26Q2_non_submitters.csv",
        "manifest.json",
    }


def test_the_same_versions_give_the_same_bytes_in_whatever_order_they_come():
    first, second = make_source(action_plan=PLAN), make_source("ZZT02")
    other = replace(MISSING, organisation_code="ZZT08")

    assert files(PERIOD, [first, second], [MISSING, other]) == files(PERIOD, [second, first], [other, MISSING])


def test_nothing_in_a_workbook_says_when_it_was_written():
    archive = zipfile.ZipFile(io.BytesIO(proforma_for(make_source())[1]))

    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert archive.read("docProps/core.xml").count(b"2025-10-06T14:30:00Z") == 2


def test_the_manifest_names_every_other_file_with_its_hash_and_every_source():
    found = files(PERIOD, [make_source("ZZT02"), make_source()], [MISSING])

    manifest = json.loads(found.pop("manifest.json"))

    assert {name: manifest[name] for name in ("collection", "period", "proforma_version")} == {
        "collection": "prevent",
        "period": PERIOD,
        "proforma_version": "1.0",
    }
    assert manifest["sources"] == [
        {"organisation_code": code, "version": 2, "content_sha256": "ab" * 32} for code in ("ZZT01", "ZZT02")
    ]
    assert {file["name"]: file["sha256"] for file in manifest["files"]} == {
        name: hashlib.sha256(data).hexdigest() for name, data in found.items()
    }
    assert [file["rows"] for file in manifest["files"]] == [2, 1, 1, 1]


def test_the_table_holds_the_header_the_answers_and_the_percentages_in_order():
    assert CSV_COLUMNS[:5] == ("organisation_code", "organisation_name", "reporting_period", "version", "submitted_at")
    assert CSV_COLUMNS[5:-4] == tuple(question.name for question in QUESTIONS)
    assert CSV_COLUMNS[-4:] == ("l12_compliance_pct", "l3_compliance_pct", "l3_share_pct", "mh_7_day_pct")

    found = row(action_plan=PLAN)

    assert list(found) == list(CSV_COLUMNS)
    assert (found["reporting_period"], found["submitted_at"]) == (PERIOD, "2025-10-06T14:30:00Z")
    assert (found["prevent_policy_in_date"], found["delivery_plan_current"]) == ("yes", "no")
    assert found["prevent_policy_review_date"] == "2026-03-31"
    assert (found["l12_compliance_pct"], found["l3_compliance_pct"], found["l3_share_pct"]) == ("89.5", "91.7", "24.0")
    assert [action["title"] for action in json.loads(found["action_plan"])] == ["Train nights", "Review the analysis"]


def test_missing_zero_and_not_applicable_are_three_things_in_every_file():
    given = {"general_enquiries": 0, "without": ["comments"], "absent": ["channel_panels_held"]}
    found, workbook_cell = row(**given), lambda name: cell(name, **given).value

    assert (found["general_enquiries"], found["referrals_staff"], found["channel_panels_held"]) == ("0", "", "NA")
    assert workbook_cell("general_enquiries") == 0
    assert workbook_cell("referrals_staff") is None
    assert workbook_cell("channel_panels_held") == "NA"
    assert (found["mh_7_day_pct"], workbook_cell("mh_7_day_pct")) == ("", None)


def test_the_trusts_that_have_not_submitted_are_listed_with_whom_to_ask():
    assert rows(files(PERIOD, [], [MISSING])["PREVENT_2025-26Q2_non_submitters.csv"]) == [
        {
            "organisation_code": "ZZT09",
            "organisation_name": "Late Trust",
            "operational_lead_name": "Cy Example",
            "operational_lead_email": "cy.example@late.example",
            "status": "Not started",
        }
    ]


def test_the_pro_forma_says_whose_return_it_is_and_that_it_is_not_the_official_one():
    about = sheets()["About"]

    assert "not the official pro-forma" in about["A2"].value
    assert [about[f"B{number}"].value for number in range(4, 11)] == [
        "ZZT01",
        "Invented Trust",
        "Quarter 2 2025 to 2026 (July to September)",
        PERIOD,
        2,
        "2025-10-06T14:30:00Z",
        "1.0",
    ]


def test_the_pro_forma_holds_numbers_days_and_words():
    assert cell("staff_total").value == 5000
    assert cell("l3_compliance_pct").value == 91.7
    assert cell("tna_completed_on").value.date() == date(2025, 4, 10)
    assert cell("linked_to_channel").value == "yes"


def test_the_pro_forma_holds_the_action_plan_row_by_row():
    plan = sheets(action_plan=PLAN)["Action plan"]

    assert [value.value for value in plan[4]][:2] == ["Train nights", "Asha"]
    assert (plan["C4"].value.date(), plan["D4"].value) == (date(2025, 12, 1), "In progress")
    assert [value.value for value in plan[5]] == ["Review the analysis", None, None, "Done"]


def test_every_question_and_percentage_has_its_own_cell_beside_its_name():
    proforma = proforma_of(PERIOD)
    places = list(proforma.cells.values())

    assert set(proforma.cells) | {"action_plan"} == {item.name for item in (*QUESTIONS, *PERCENTAGES)}
    assert len(set(places)) == len(places)
    sheet = sheets()["Return"]
    assert {sheet[f"A{place.partition('!C')[2]}"].value for place in places} == set(proforma.cells)


def test_the_pro_forma_of_a_quarter_is_the_newest_that_holds_in_it(monkeypatch):
    first = proforma_of(PERIOD)
    second = Form("2.0", "2026-27-Q1", first.about, first.cells, first.actions, first.workbook)
    monkeypatch.setattr(national_files, "proformas", lambda: [first, second])

    assert proforma_of("2025-26-Q4") is first
    assert proforma_of("2026-27-Q1") is second


FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "|calc",
    "＝1+1",
    " =1+1",
    '"=1+1',
    "'=1+1",
    "cmd|' /C calc'!A0",
    "\t=1",
    "\r=1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_looks_like_a_formula_stays_text_in_a_table(text):
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "-5.25", "12", "A plain sentence - with = and @.", "a@b.example", "[{}]", ""])
def test_numbers_and_plain_text_stay_as_they_are(text):
    assert without_formula(text) == text


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "cmd|' /C calc'!A0", "＝1+1", "+44 20 7946 0000"])
def test_no_file_holds_a_formula(text):
    found = row(comments=text, name=text)
    comment = cell("comments", comments=text)

    assert (found["comments"], found["organisation_name"]) == (f"'{text}", f"'{text}")
    assert (comment.value, comment.data_type, comment.quotePrefix) == (text, "s", True)
    assert sheets(name=text)["About"]["B5"].data_type == "s"
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(proforma_for(make_source(comments=text))[1])).read(
        "xl/worksheets/sheet2.xml"
    )


def test_lines_and_characters_that_a_workbook_cannot_hold_do_no_harm():
    assert row(comments="One line,\nand “another”.")["comments"] == "One line,\nand “another”."
    assert cell("comments", comments="One\nTwo").value == "One\nTwo"
    assert sheets(name="A\x0bB")["About"]["B5"].value == "AB"
