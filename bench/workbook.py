"""What a workbook costs that comes back: a sheet of `size` rows and 20 columns, and a Prevent workbook from its upload to
its findings, in a worker.

The sheet is compared with calamine's own read of the same bytes, which looks at nothing; `safety_ratio` is the look alone.
"""

import io
import re
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import python_calamine
import xlsxwriter
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from accounts.models import Membership, Organisation, Person
from bench import world
from prevent.return_type import PREVENT
from returns import opening, uploads, workbooks
from returns.content import Answers
from returns.models import Submission, Upload
from returns.return_type import WorkbookSpec
from returns.rules import Problem, Severity
from returns.workbook_safety import vetted

SIZE = 10_000
COLUMNS = 20
TIMES = 5
ROUNDS = 3
FINDINGS = 10_000
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
    rows = many_rows(size)
    own, looking, whole = fastest(lambda: read(rows), lambda: vetted(rows, LIMITS), lambda: read(vetted(rows, LIMITS)))
    return {
        "name": "workbook",
        "n": size,
        "seconds": round(whole, 3),
        "per_second": round(size / whole),
        "ratio": round(whole / own, 2),
        "ratio_to": "calamine's own read",
        "safety_ratio": round(looking / own, 2),
        "prevent_seconds": round(upload_to_findings(), 3),
        "annotated_seconds": round(fastest(annotated_copy)[0], 3),
        "annotated_findings": FINDINGS,
        "peak_megabytes": peak_of_reading(rows),
    }


def fastest(*works):
    """The seconds of each piece of work, in turns; of the processor, so that what else the machine does counts for nothing."""
    found = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, seconds in zip(works, found, strict=True):
            before = time.process_time()
            work()
            seconds.append(time.process_time() - before)
    return [min(seconds) for seconds in found]


def read(data):
    with python_calamine.load_workbook(io.BytesIO(data)) as workbook:
        return [workbook.get_sheet_by_name(title).to_python() for title in workbook.sheet_names]


def peak_of_reading(rows):
    """The most megabytes of a process of its own, with Django loaded, that looks at the rows and reads them."""
    program = (
        "import sys, django; django.setup(); from bench import workbook; workbook.tell_peak(sys.stdin.buffer.read())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        input=rows,
        capture_output=True,
        check=True,
    )
    return int(done.stdout.splitlines()[-1])


def tell_peak(rows):
    read(vetted(rows, LIMITS))
    status = Path("/proc/self/status").read_text()  # `getrusage` would tell the peak of who began the process, too
    print(int(re.search(r"VmHWM:\s*(\d+)", status)[1]) // 1000)


def upload_to_findings():
    """The worker's seconds for one Prevent workbook: from the waiting row to its findings and the annotated copy."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder):
        submission, seat = a_return()
        for number in range(TIMES):
            answers = Answers(dict.fromkeys(question.name for question in PREVENT.questions) | {"staff_total": number})
            identity = workbooks.identity_of(submission, PREVENT, frozenset())
            data = workbooks.template(PREVENT, identity, answers)
            brought = SimpleUploadedFile("return.xlsx", data)
            uploads.receive(submission, brought, by=seat, at=submission.period.opens_at)
            before = time.perf_counter()
            uploads.check_next(at=submission.period.opens_at)
            seconds.append(time.perf_counter() - before)
        assert set(Upload.objects.values_list("state", flat=True)) == {Upload.State.CHECKED}
    return min(seconds)


def a_return():
    world.make_organisations(1)
    period = opening.quarter_of(opening.national_collection(PREVENT), world.LAST)
    opening.open_period(period, PREVENT, by=None, at=period.opens_at)
    submission = Submission.objects.select_related("subject", "period__collection").get()
    person = Person.objects.create(name="Somebody Else", email="else@bench.example")
    seat = Membership.objects.create(
        person=person,
        organisation=Organisation.objects.get(pk=submission.subject_id),
        role="PREVENT_EDITOR",
        during=(period.opens_at, None),
    )
    return submission, seat


def annotated_copy():
    """A workbook with ten thousand findings, each at one of its cells."""
    names = [question.name for question in PREVENT.sections[2].questions]
    problems = [
        Problem("PRV-E00", Severity.ERROR, (names[number % len(names)],), f"Finding {number}.", "Look once more.")
        for number in range(FINDINGS)
    ]
    answers = Answers(dict.fromkeys(question.name for question in PREVENT.questions))
    return workbooks.annotated(PREVENT, IDENTITY, answers, None, problems, {})


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
