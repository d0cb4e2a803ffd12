"""What an audit costs: a completed sheet of `size` referrals, read, checked against all rules, measured and stored by one
process, with the product's own steps: the workbook is read, laid beside the sheet, taken over, submitted, and checked.

Compared with calamine's own read of the same file's cells, which checks and stores nothing. Each is a process of its own,
so that the peak of its memory is its own. What the prison sent is there before the clock runs. The annotated copy, which
a worker makes besides, is left out.
"""

import gc
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import xlsxwriter
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.urls import reverse

from accounts.models import Membership
from accounts.row_security import as_system
from continuity.columns import COLUMNS, COMMUNITY_COLUMNS, INTERVENTION_COLUMNS, PRISON_COLUMNS, Kind, read
from continuity.vocabulary import DISCHARGE_REASON
from journal.copy_rows import copy_rows
from returns.models import Check, Finding, Measure

SIZE = 1_000
SMALL = 50
STARTS, DAYS = date(2017, 1, 1), 365
MOSTLY = 0.9
FORENAMES = (
    "Robert",
    "Bob",
    "William",
    "Aisha",
    "Margaret",
    "Tomasz",
    "Élodie",
    "Edward",
    "Grace",
    "Samuel",
    "Anthony",
)
SURNAMES = ("Invented", "Sample", "O'Example", "Made-Up", "Fictional", "Notreal", "Demonstration", "Trial", "Specimen")
AREAS = ("A10B", "A09B", "A12B", "B05B")
PRISONS = ("HMP Invented", "HMP Example", "HMP Made-Up")


def run(size):
    """Makes a sheet of `size` referrals and its completed workbook, and takes it; returns what the command prints."""
    from bench import audit_stage

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        with as_system("bench"):
            stage = audit_stage.make_stage()
        small = in_a_process("whole", a_sheet(stage, 20, SMALL, folder / "small.xlsx"))
        given = a_sheet(stage, 21, size, folder / "audit.xlsx")
        own, whole = in_a_process("read_only", given), in_a_process("whole", given)
    return {
        "name": "audit_workbook",
        "n": size,
        "seconds": round(whole["seconds"], 3),
        "per_second": round(size / whole["seconds"]),
        "ratio": round(whole["seconds"] / own["seconds"], 2),
        "ratio_to": "calamine's own read",
        "calamine_seconds": round(own["seconds"], 3),
        "parts": whole["parts"],
        "peak_megabytes": whole["peak"],
        "calamine_peak_megabytes": own["peak"],
        "memory_ratio": round(whole["peak"] / own["peak"], 2),
        "findings": whole["findings"],
        f"seconds_for_{SMALL}": round(small["seconds"], 3),
        "lines": [f"{part}: {seconds} s." for part, seconds in whole["parts"].items()],
    }


def in_a_process(what, given):
    program = (
        "import django; django.setup()\n"
        "import continuity.workbook, continuity.sheet_uploads\n"  # a worker has its programs loaded
        "from celery import current_app; current_app.conf.broker_url = 'memory://'\n"
        f"from bench import audit_workbook; audit_workbook.report({what!r}, {given!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def report(what, given):
    reverse("mailbox")  # a worker has its pages loaded, too
    connection.settings_dict["NAME"] = given["database"]
    gc.freeze()  # as a worker does
    with as_system("bench"):
        found = {"read_only": read_only, "whole": whole}[what](given)
    status = Path("/proc/self/status").read_text()  # `getrusage` would tell the peak of who began the process, too
    print(json.dumps({"peak": int(re.search(r"VmHWM:\s*(\d+)", status)[1]) // 1000} | found))


def read_only(given):
    import python_calamine

    before = time.perf_counter()
    with python_calamine.load_workbook(given["file"]) as workbook:
        cells = [workbook.get_sheet_by_name(title).to_python() for title in workbook.sheet_names]
    return {"seconds": time.perf_counter() - before, "cells": sum(map(len, cells))}


def whole(given):
    from bench.audit_stage import AT
    from continuity import sheet_uploads, sheet_workbook, sheets, workbook
    from continuity.models import Sheet
    from returns import checks

    with transaction.atomic():
        sheet = Sheet.objects.select_related("submission").get(pk=given["sheet"])
        service = Membership.objects.get(pk=given["service"])
    sheet_uploads.MOST_COPIED = 0
    now, parts, began = {"by": service, "at": AT}, {}, time.perf_counter()
    last = began

    def lap(name):
        nonlocal last
        parts[name], last = round(time.perf_counter() - last, 3), time.perf_counter()

    said = sheet_workbook.as_plain_data(Path(given["file"]).read_bytes(), AT.date(), limits=workbook.LIMITS)
    lap("read")
    upload = waiting(sheet, service)
    sheet_uploads._compare(upload, said, AT)
    del said
    lap("laid beside the sheet")
    with transaction.atomic():
        upload.refresh_from_db()
        changed, found = len(upload.compared["changed"]), upload.findings.count()
    sheet_uploads.take_over(upload, content_sha256=sheet.submission.content_sha256, **now)
    lap("taken over")
    sheets.submit(sheet, **now)
    lap("submitted")
    checks.check_waiting(limit=1, at=AT)
    lap("checked as a version")
    return {
        "seconds": last - began,
        "parts": parts,
        "findings": refuse_unfinished(sheet, given["size"], changed, found),
    }


@transaction.atomic
def waiting(sheet, service):
    """An upload as the worker has it that read it."""
    from bench.audit_stage import AT
    from continuity.models import SheetUpload

    return SheetUpload.objects.create(
        sheet=sheet,
        organisations=[service.organisation_id],
        uploaded_by=service,
        uploaded_at=service.during.lower,
        lease_until=AT + timedelta(hours=1),
    )


def refuse_unfinished(sheet, size, changed, found):
    """How many findings are kept, where all was done."""
    check = Check.objects.get(version__submission=sheet.pk)
    kept = Finding.objects.filter(version=check.pk).count()
    measures = Measure.objects.filter(version=check.pk, is_current=True).count()
    if changed != size or check.state != Check.State.PASSED or not (kept and found and measures):
        raise RuntimeError(f"{changed} rows, {kept} of {found} findings, {check.state}: the figures mean nothing.")
    return kept


# The sheet as the prison's extract left it


def a_sheet(stage, number, size, path):
    """Shares `size` referrals to an area of its own with the service, and writes the workbook in which it completed them."""
    from bench import audit_stage
    from continuity import sheet_workbook

    with as_system("bench"):
        pair = pair_of(stage, number)
        rows = [completed(row | {"P13": pair.area.dat_code}) for row in audit_stage.people(size)]
        for place, row in enumerate(rows, start=1):
            row["P25"] = str(UUID(int=number << 64 | place))
        sent(pair, rows, an_extract(stage, number))
        sheet = audit_stage.shared_sheet(replace(stage, pair=pair))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    write(path, rows, sheet_workbook.reference_of(sheet.submission.uuid))
    database = connection.settings_dict["NAME"]
    return {
        "database": database,
        "file": str(path),
        "sheet": sheet.pk,
        "service": stage.service.pk,
        "size": size,
    }


def pair_of(stage, number):
    from continuity.models import Area, Pair

    area = Area.objects.create(dat_code=f"Y{number}B", name="Area", local_authority=stage.pair.area.local_authority)
    return Pair.objects.create(audit=stage.audit, prison=stage.pair.prison, service=stage.pair.service, area=area)


def an_extract(stage, number):
    from bench.audit_stage import AT
    from continuity.models import Extract

    return Extract.objects.create(
        audit=stage.audit,
        prison=stage.pair.prison,
        number=number,
        uploaded_by=stage.prison,
        uploaded_at=AT,
        state=Extract.State.READ,
        read_at=AT,
    )


def sent(pair, rows, extract):
    """The rows as an extract that was read leaves them, with their people."""
    from continuity.bulk_rows import insert_rows
    from continuity.models import Identity, Referral
    from continuity.models.people import PRISON
    from continuity.working_rows import stored

    first = (Referral.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    ids = [column.id for column in PRISON_COLUMNS if column.id != "P25" and column.id not in PRISON]
    referrals, people = [], []
    for place, row in enumerate(rows):
        answers = {id: stored(read(COLUMNS[id], row.get(id))) for id in ids}
        person = Identity(**{name: row[id] for id, name in PRISON.items()})
        kept = {id: answer for id, answer in answers.items() if answer is not None}
        belongs = pair.audit_id, pair.prison_id, pair.pk, extract.pk
        referrals.append((first + place, row["P25"], *belongs, place, [], kept, {}, [], 0, person.digest, "", ""))
        names = (getattr(person, name) for name in PRISON.values())
        people.append((first + place, f"{{{pair.prison_id}}}", person.salt, *names, "", "", ""))
    columns = (
        "id uuid audit_id prison_id pair_id extract_id position left_out sent answers interventions revision digest"
        " number_digest attributors_digest"
    )
    copy_rows(Referral, columns.split(), referrals)
    blank = "recorded_first_initial", "recorded_surname_initial", "comment"
    insert_rows(Identity, ("referral_id", "organisations", "salt", *PRISON.values(), *blank), people)


def completed(row):
    """A row on which nothing is owed: where an answer leads to a question, the question has one."""
    answers = {}
    for column in COMMUNITY_COLUMNS:
        answers[column.id] = read(column, row.get(column.id))
        if answers[column.id] is None and column.is_owed(answers):
            row[column.id] = AN_ANSWER.get(column.kind) or next(iter(column.choices.labels.values()))
            answers[column.id] = read(column, row[column.id])
    return row


AN_ANSWER = {Kind.LINE: "Said", Kind.PASSAGE: "Said", Kind.DAY: STARTS, Kind.COUNT: 1, Kind.DELETIONS: "Yes; Yes; Yes"}


# Making a workbook


def write(path, rows, reference):
    """The workbook of completed rows (cells by column id), its texts shared between cells, as Excel writes them."""
    chance = random.Random(len(rows))
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"}) as workbook:
        audit = workbook.add_worksheet("Audit")
        for number, pair in enumerate(audit_said(reference)):
            audit.write_row(number, 0, pair)
        referrals = workbook.add_worksheet("Referrals")
        referrals.write_row(0, 0, [column.heading for column in COLUMNS.values()])
        treated = []
        for number, answers in enumerate(rows, start=1):
            referrals.write_row(number, 0, [answers.get(id) for id in COLUMNS])
            treated += interventions(answers, chance)
        sheet = workbook.add_worksheet("Interventions")
        sheet.write_row(0, 0, ["P25 Row id", *(column.heading for column in INTERVENTION_COLUMNS.values())])
        for number, row in enumerate(treated, start=1):
            sheet.write_row(number, 0, row)


def audit_said(reference):
    yield "Audit reference", reference
    yield "Prison", "; ".join(PRISONS)
    yield "Local authorities", "; ".join(AREAS)
    yield "Period start", STARTS
    yield "Period end", STARTS + timedelta(DAYS)
    yield "As at", STARTS + timedelta(DAYS + 60)
    yield "Information sharing agreement", "Yes"


def referral(number, chance):
    """One referral as cells by column id. Most answers are as they should be and some are not, so that some two findings
    come to a row, as many as a large audit has.
    """
    any_of = chance.choice
    released = STARTS + timedelta(chance.randrange(DAYS))
    received = released - timedelta(chance.randint(1, 700))
    days = lambda first, last: released + timedelta(chance.randint(first, last))  # noqa: E731
    mostly = lambda right, *wrong: right if chance.random() < MOSTLY else any_of(wrong)  # noqa: E731
    yes_no = lambda: mostly("Yes", "No", "Not known")  # noqa: E731
    forename, surname = any_of(FORENAMES), any_of(SURNAMES)
    born = date(1950, 1, 1) + timedelta(chance.randrange(17_000))
    sex = any_of(("Male", "Male", "Female"))
    answers = {
        "P01": forename,
        "P02": surname,
        "P03": born,
        "P04": sex,
        "P05": f"A{number % 9_000 + 1_000}{chr(65 + number // 9_000 % 26)}X",
        "P06": received,
        "P07": any_of(("Heroin", "Heroin", "Methadone")),
        "P08": any_of(("Alcohol", "Cocaine", "None", None)),
        "P09": any_of(("Benzodiazepines", None, None)),
        "P10": mostly(next(iter(DISCHARGE_REASON.labels.values())), "Treatment completed - drug free"),
        "P11": released,
        "P12": "Released",
        "P13": any_of(AREAS),
        "P14": mostly("Referred to structured treatment provider", "Referred to recovery support service"),
        "P15": any_of(PRISONS),
        "P16": days(-5, -1),
        "P17": days(-9, -5),
        "P18": mostly("Planned", "Unplanned from court"),
        "P19": mostly(released, days(-2, 2)),
        "P20": "No",
        "P21": days(-30, -10),
        "P22": mostly("Secure e-mail (CJSM)", "Fax"),
        "P23": yes_no(),
        "P24": "Yes",
        "P25": f"00000000-0000-4000-8000-{number:012}",
        "C16": any_of(("CRC", "NPS", "None")),
        "C17": any_of(("None", "Telephone", "In-reach visit; Telephone")),
        "C18": days(-20, -1),
        "C19": any_of(("Dedicated in-reach team", "Community worker")),
        "C01": mostly("Yes", "Not known"),
        "C02": days(-20, -1),
        "C03": mostly("Secure e-mail (CJSM)", "Fax", "Telephone"),
        "C06": None,
        "C08": released,
        "C09": mostly(released, days(-1, 1)),
        "C10": mostly("Yes", "No", "No fixed abode"),
        "C20": any_of(("Yes appointment", "Yes told of drop-in")),
        "C21": days(0, 10),
        "C22": "Prison",
        "C24": any_of(("Attended", "Attended", "DNA", "Attended later without appointment")),
        "C25": days(0, 12),
        "C27": any_of(("Telephone; Letter", "Text", None)),
        "C28": chance.randrange(6),
        "C29": None,
        "C30": mostly("Yes structured", "Yes recovery support only", "No"),
        "C31": None,
        "C32": mostly("New", "Re-opened", "None"),
        "C33": days(0, 20),
        "C34": forename[0],
        "C35": surname[0],
        "C36": mostly(born, born + timedelta(1)),
        "C37": mostly(sex, "Male", "Female"),
        "C38": any_of(("No", "No", "Yes")),
        "C39": received + timedelta(chance.randint(0, 20)),
        "C40": "Prison",
        "C41": "Yes",
        "C42": received,
        "C43": received,
        "C44": any_of(("Yes; Yes; Yes", "Yes; No; Yes")),
        "C46": days(21, 30),
        "C47": days(28, 56),
        "C48": f"Seen at the office on visit {number % 500}.",
        "C49": "Recovery worker, 2018-03-01",
    }
    return answers | {id: yes_no() for id in COLUMNS if id not in answers}


def interventions(answers, chance):
    for number in range(chance.choice((1, 1, 2))):
        starts = answers["P11"] + timedelta(chance.randint(16, 21))
        kind = chance.choice(("Pharmacological", "Psychosocial", "Recovery support" if number else "Pharmacological"))
        ends = chance.choice((None, starts + timedelta(40)))
        yield answers["P25"], kind, starts, ends, ends and chance.choice("ABC")
