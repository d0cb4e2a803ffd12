"""What it costs to look at a workbook before it is read: sheets of `size` rows and 20 columns, and a Prevent workbook.

Compared with calamine's own read of the same bytes, which looks at nothing.
"""

import io
import resource
import time
from datetime import date

import python_calamine
import xlsxwriter

from prevent.return_type import PREVENT
from returns import dry_run, workbooks
from returns.content import Answers
from returns.return_type import WorkbookSpec
from returns.workbook_safety import vetted

SIZE = 10_000
COLUMNS = 20
TIMES = 20
LIMITS = WorkbookSpec(
    file_bytes=200_000_000, unpacked_bytes=500_000_000, rows=1_000_000, columns=100, cells=100_000_000
)
IDENTITY = workbooks.Identity(
    return_type=PREVENT.slug,
    organisation_code="ZZT01",
    organisation_name="Invented Trust",
    kind="NHS_TRUST",
    traits="",
    subject="",
    period="2025-26-Q2",
    period_title="Quarter 2",
    starts="2025-07-01",
    ends="2025-09-30",
    template_version=PREVENT.workbook.version,
    revisions="",
)


def run(size):
    """Looks at and reads `size` rows; returns what the command prints."""
    rows, form = many_rows(size), empty_form()
    own = fastest(lambda: read(rows))
    looking = fastest(lambda: vetted(rows, LIMITS))
    whole = fastest(lambda: read(vetted(rows, LIMITS)))
    return {
        "name": "workbook",
        "n": size,
        "seconds": round(whole, 3),
        "per_second": round(size / whole),
        "ratio": round(whole / own, 2),
        "ratio_to": "calamine's own read",
        "safety_ratio": round(looking / own, 2),
        "prevent_seconds": round(fastest(lambda: judge(form), TIMES), 4),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000,
    }


def fastest(work, times=3):
    found = []
    for _ in range(times):
        before = time.perf_counter()
        work()
        found.append(time.perf_counter() - before)
    return min(found)


def read(data):
    with python_calamine.load_workbook(io.BytesIO(data)) as workbook:
        return [workbook.get_sheet_by_name(title).to_python() for title in workbook.sheet_names]


def judge(data):
    """From the bytes of a Prevent workbook to its findings and score."""
    filled = workbooks.read(PREVENT, data)
    return dry_run.outcome(PREVENT, filled.given, dry_run.context_of(filled, PREVENT))


def empty_form():
    return workbooks.template(PREVENT, IDENTITY, Answers(dict.fromkeys(q.name for q in PREVENT.questions)))


def many_rows(size):
    """Text, numbers and days, half of the text repeated, as audits have it."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "d mmmm yyyy"})
    sheet = workbook.add_worksheet("Rows")
    for row in range(size):
        for column in range(COLUMNS):
            sheet.write(row, column, value(row, column))
    workbook.close()
    return buffer.getvalue()


def value(row, column):
    kinds = (row * 31 + column, f"Client {row}", date(2025, 1 + row % 12, 1 + column), ("Yes", "No")[row % 2])
    return kinds[column % 4]
