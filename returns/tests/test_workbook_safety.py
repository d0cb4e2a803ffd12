"""What is refused before a parser opens it, each with its sentence; and what is let through without harm."""

import io
import time
import tracemalloc
import zipfile

import pytest

from prevent.return_type import PREVENT
from prevent.tests.factories import make_answers
from returns import workbooks
from returns.content import read_answers
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
