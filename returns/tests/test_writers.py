"""Whatever leaves as a table is written by few hands, and no text in it becomes a formula."""

import csv
import io
import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from openpyxl import load_workbook

from returns.csv_table import csv_table
from returns.table_workbook import table_workbook

WRITERS = {
    "returns/csv_table.py",
    "returns/table_workbook.py",
    "returns/workbooks.py",
    "continuity/sheet_workbook.py",
    "prevent/national_files.py",
    "prevent/proforma/make.py",
}
WRITES_A_TABLE = re.compile(
    r"csv\.(writer|DictWriter)|^import xlsxwriter|openpyxl import .*(Workbook|load_workbook)", re.M
)
READS_ALONE = {"returns/cell_maps.py"}
TEXTS = [
    *("=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "|calc", "＝1+1", "＋1", "－1", "＠A1"),
    *(" =1+1", '"=1+1', "'=1+1", "cmd|' /C calc'!A0"),
]
NUMBERS = [-5, -5.25, 0, 12]


def test_no_other_code_writes_tables():
    apps = ("accounts", "assurance_portal", "continuity", "journal", "prevent", "releases", "returns")
    found = {
        str(path.relative_to(settings.BASE_DIR))
        for app in apps
        for path in Path(settings.BASE_DIR, app).rglob("*.py")
        if "tests" not in path.parts and WRITES_A_TABLE.search(path.read_text())
    }

    assert found - READS_ALONE == WRITERS


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_no_formula_in_a_csv(text):
    """A-111."""
    row = next(csv.reader(io.StringIO(csv_table([text], []).decode("utf-8-sig"), newline="")))
    cell = list(csv.reader(io.StringIO(csv_table(["a"], [[text]]).decode("utf-8-sig"), newline="")))[1]

    assert row == cell == [f"'{text}"]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_text_in_a_workbook(text):
    """A-111."""
    data = table_workbook("Title", [("Rows", ["Words"], [[text]])], date(2025, 9, 30))

    cell = load_workbook(io.BytesIO(data))["Rows"]["A2"]
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    assert (cell.data_type, b"<f>" in sheet, b"<hyperlink" in sheet) == ("s", False, False)


def test_numbers_stay_numbers():
    data = table_workbook("Title", [("Rows", ["Numbers"], [[number] for number in NUMBERS])], date(2025, 9, 30))

    assert csv_table(["a"], [[number] for number in NUMBERS]).decode("utf-8-sig").split() == [
        "a",
        *map(str, NUMBERS),
    ]
    assert [row[0].value for row in load_workbook(io.BytesIO(data))["Rows"].iter_rows(min_row=2)] == NUMBERS


def test_a_workbook_names_no_author_and_the_same_input_gives_the_same_bytes():
    made = [table_workbook("Title", [("Rows", ["A"], [["b"]])], date(2025, 9, 30)) for _ in range(2)]

    core = zipfile.ZipFile(io.BytesIO(made[0])).read("docProps/core.xml")
    assert made[0] == made[1]
    assert b"<dc:creator></dc:creator>" in core
