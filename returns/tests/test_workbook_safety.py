"""What is refused before a parser opens it, each with its sentence; and what is let through without harm."""

import io
import re
import time
import tracemalloc
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from xlsxwriter.utility import xl_rowcol_to_cell

from prevent.return_type import PREVENT
from prevent.tests.factories import make_answers
from returns import workbooks
from returns.content import read_answers
from returns.plain_rows import are_plain
from returns.return_type import WorkbookSpec
from returns.tests.workbooks_made import (
    RAW_VALUES,
    REFUSED,
    TRAINING,
    TRAINING_PART,
    VALUES,
    edited,
    make_workbook,
    remade,
    swapped,
    with_cell,
    with_relationship,
)
from returns.workbook_safety import UnsafeWorkbook, vetted

SECONDS = 2
MEGABYTES = 120
SHEET_1 = "xl/worksheets/sheet1.xml"
PREVENT_LIKE = WorkbookSpec(rows=500, columns=30)


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_its_sentence_in_bounded_time_and_memory(name):
    make, sentence = REFUSED[name]
    data = make()
    tracemalloc.start()
    started = time.perf_counter()

    with pytest.raises(UnsafeWorkbook) as refusal:
        workbooks.read(PREVENT, data)

    seconds, peak = time.perf_counter() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sentence in str(refusal.value)
    assert seconds < SECONDS and peak < MEGABYTES * 1_000_000


def staff_total_in(data):
    answers = read_answers(PREVENT.questions, workbooks.read(PREVENT, data).given)
    return answers.values["staff_total"], answers.unreadable.get("staff_total")


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_read_as_documented(name):
    value, sentence = VALUES[name]

    assert staff_total_in(edited(make_workbook(), TRAINING, B5=value)) == (None if sentence else 12, sentence)


@pytest.mark.parametrize("name", RAW_VALUES)
def test_a_value_that_no_program_writes_is_no_answer(name):
    cell, sentence = RAW_VALUES[name]

    assert staff_total_in(with_cell(cell)) == (None, sentence)


@pytest.mark.parametrize("dimension", ["A1:XFD1048576", "A1", "ZZZ9:AAA1", "A1:A9999999999"])
def test_what_a_sheet_says_of_its_size_counts_for_nothing(dimension):
    """A-005 and A-006."""
    data = swapped('<dimension ref="A1:E14"/>', f'<dimension ref="{dimension}"/>')

    assert read_answers(PREVENT.questions, workbooks.read(PREVENT, data).given).values == make_answers().values


@pytest.mark.parametrize(
    "day", ["31/02/2018", "04/13/2018", "2025-04-10T10:00:00Z", 45000.5, -1, 0, 60, 2_958_466, 3.5], ids=str
)
def test_a_day_is_a_real_day_or_no_answer(day):
    """A-032."""
    data = edited(make_workbook(), "Governance", B9=day)

    answers = read_answers(PREVENT.questions, workbooks.read(PREVENT, data).given)

    assert "must be a real date" in answers.unreadable["tna_completed_on"]


def test_comments_authors_and_links_are_left_behind():
    """A-039: what programs add by themselves is never read, kept or shown."""
    secret = b"943 476 5919"
    data = remade(
        with_relationship("hyperlink", "mailto:a@b.example"),
        add={"xl/comments1.xml": b"<a>%s</a>" % secret, "docProps/custom.xml": b"<a>%s</a>" % secret},
    )

    plain = vetted(data, PREVENT.workbook)

    assert secret not in plain and b"mailto" not in remade_rels(plain)
    assert not [name for name in zipfile.ZipFile(io.BytesIO(plain)).namelist() if "docProps" in name]


def remade_rels(plain):
    return b"".join(
        zipfile.ZipFile(io.BytesIO(plain)).read(name)
        for name in zipfile.ZipFile(io.BytesIO(plain)).namelist()
        if "worksheets/_rels" in name
    )


def test_what_was_looked_at_is_what_is_read():
    plain = zipfile.ZipFile(io.BytesIO(vetted(make_workbook(), PREVENT.workbook)))

    assert plain.read(TRAINING_PART) == zipfile.ZipFile(io.BytesIO(make_workbook())).read(TRAINING_PART)
    assert {entry.compress_type for entry in plain.infolist()} == {zipfile.ZIP_STORED}


# Rows that are plain are looked at in blocks: what is read of them is what was looked at

NUMBERS = st.integers(0, 99_999)
SLIPS = st.sampled_from(
    [b"", b"7", b"A", b"-", b" ", b"<c ", b"<v>", b"</c>", b'r="A1"', b'"', b"<f>", b'hidden="1"', b"x:"]
)


def sheet_of(rows):
    """A workbook whose only sheet holds these rows of numbers."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = workbook.add_worksheet("Rows")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    workbook.close()
    return buffer.getvalue()


def rows_part(data):
    return zipfile.ZipFile(io.BytesIO(data)).read(SHEET_1)


def span(part):
    return part.find(b"<sheetData>") + len(b"<sheetData>"), part.rfind(b"</sheetData>")


@pytest.mark.parametrize(
    "make", [lambda: sheet_of([[1, 2.5, -3]] * 500), lambda: edited(sheet_of([[1, 2]]), "Rows", B9=4)]
)
def test_an_ordinary_sheet_is_plain(make):
    part = rows_part(make())

    assert are_plain(part, *span(part), PREVENT_LIKE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<row r="2"', b'<row r="2" x14ac:dyDescent="0.25"'),
        (b'<row r="2"', b'<row r="2" customFormat="false" ht="12.8" hidden="false" customHeight="false"'),
        (b'<c r="B2">', b'<c r="B2" s="12" t="n">'),
        (b'<c r="B2"><v>2</v></c>', b'<c r="B2" s="3"/>'),
    ],
    ids=["Excel", "LibreOffice", "style", "blank"],
)
def test_what_programs_write_by_themselves_is_plain(old, new):
    part = rows_part(sheet_of([[1, 2]] * 30))
    assert old in part

    part = part.replace(old, new, 1)

    assert are_plain(part, *span(part), PREVENT_LIKE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<c r="B2">', b'<c r="B3">'),
        (b'<c r="B2">', b'<c r="A5B2">'),
        (b'<c r="B2">', b'<c r="5B2">'),
        (b'<c r="B2">', b'<c r="B">'),
        (b'<c r="B2">', b'<c r="A2">'),
        (b'<c r="B2">', b'<c r="XFE2">'),
        (b'<c r="B2">', b'<c r="B2" r="C2">'),
        (b'<c r="B2">', b'<c r="B2" t="e">'),
        (b'<row r="2"', b'<row r="2" hidden="1"'),
        (b'<row r="2"', b'<row r="2" ht="0"'),
        (b'<row r="2"', b'<row r="2" r="9"'),
        (b'<row r="2"', b'<row r="1"'),
        (b'<row r="2"', b'<row r="02"'),
        (b'<row r="2"', b'<row r="2000"'),
        (b"<v>", b"<f>1+1</f><v>"),
        (b"<v>", b"<v><!-- -->"),
        (b"<v>", b"<x:v>"),
        (b"</row>", b'<x:c r="Z1"><v>1</v></x:c></row>'),
    ],
)
def test_a_row_that_is_not_as_it_must_be_is_not_plain(old, new):
    part = rows_part(sheet_of([[1, 2]] * 30))
    assert old in part

    part = part.replace(old, new, 1)

    assert not are_plain(part, *span(part), PREVENT_LIKE)


@settings(max_examples=200, deadline=None)
@example(rows=[[0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 10]], at=0.109375, cut=1, slip=b"-")
@given(rows=st.lists(st.lists(NUMBERS, max_size=4), max_size=6), at=st.floats(0, 1), cut=st.integers(0, 9), slip=SLIPS)
def test_what_is_plain_is_read_as_it_is_written(rows, at, cut, slip):
    data = sheet_of(rows)
    part = rows_part(data)
    start, end = span(part)
    place = start + int(at * max(0, end - start))
    part = part[:place] + slip + part[place + cut :]
    start, end = span(part)
    if not 0 < start <= end or not are_plain(part, start, end, PREVENT_LIKE):
        return
    try:
        written = cells_in(part)
        read = workbooks.grids(remade(data, {SHEET_1: lambda _: part}))["Rows"]
    except (ElementTree.ParseError, UnsafeWorkbook):
        return

    assert cells_of(read) == written


def cells_in(part):
    """Every value by its place, as a strict reader of XML finds them."""
    name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    found = {}
    for cell in ElementTree.fromstring(part).iter(f"{name}c"):
        value = cell.find(f"{name}v")
        if value is not None and value.text:
            found[cell.get("r")] = number_or_text(value.text)
    return found


def number_or_text(written):
    """What is no number, such as a minus alone, is read as it is written: a rule will say that it is no number."""
    try:
        return float(written)
    except ValueError:
        return written


def cells_of(grid):
    return {
        xl_rowcol_to_cell(row, column): value
        for row, values in enumerate(grid)
        for column, value in enumerate(values)
        if value is not None
    }


def test_each_attack_of_the_catalogue_on_files_is_made():
    made = "".join(path.read_text() for path in Path(__file__).parent.glob("*.py"))

    assert {f"A-{number:03}" for number in range(1, 41)} <= set(re.findall(r"A-0\d\d", made))
