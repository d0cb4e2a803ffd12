"""What an audit costs: `size` referrals in a workbook, read, checked against all rules and measured by one process.

Compared with calamine's own read of the same file's cells, which checks nothing. Each is a process of its own, so that
the peak of its memory is its own.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter
from django.conf import settings

from continuity.columns import COLUMNS, INTERVENTION_COLUMNS
from continuity.vocabulary import DISCHARGE_REASON

SIZE = 1_000
SMALL = 50
STARTS, DAYS = date(2017, 1, 1), 365
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
    """Makes, reads, checks and measures an audit of `size` referrals; returns what the command prints."""
    with tempfile.TemporaryDirectory() as folder:
        path, small = Path(folder) / "audit.xlsx", Path(folder) / "small.xlsx"
        write(path, size)
        write(small, SMALL)
        own, whole = in_a_process("read_only", path), in_a_process("whole", path)
        small_seconds = in_a_process("whole", small)["seconds"]
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
        f"seconds_for_{SMALL}": round(small_seconds, 3),
    }


def in_a_process(what, path):
    program = f"import bench.audit_workbook as b; b.report(b.{what}, {str(path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def report(work, path):
    import continuity.workbook  # noqa: F401 - a worker has its programs loaded

    before = time.perf_counter()
    found = work(path)
    seconds = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
    print(json.dumps({"seconds": seconds, "peak": peak} | found))


def read_only(path):
    import python_calamine

    with python_calamine.load_workbook(path) as workbook:
        cells = [workbook.get_sheet_by_name(title).to_python() for title in workbook.sheet_names]
    return {"cells": sum(map(len, cells))}


def whole(path):
    from continuity.measures import Analysis
    from continuity.recording_rules import check
    from continuity.workbook import read_file

    parts, last = {}, time.perf_counter()

    def lap(name):
        nonlocal last
        parts[name], last = round(time.perf_counter() - last, 3), time.perf_counter()

    filled = read_file(path, date(2018, 6, 1))
    lap("read")
    checked = check(filled.rows, filled.audit)
    lap("checked")
    analysis = Analysis(checked)
    figures = analysis.measures, analysis.breakdowns, analysis.funnel, analysis.details
    lap("measured")
    return {"parts": parts, "findings": sum(checked.counts().values()), "groups": len(figures[1])}


# Making one


def write(path, size):
    """An audit of `size` invented referrals, the same for the same size."""
    chance = random.Random(size)
    with xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "dd/mm/yyyy"}) as workbook:
        audit = workbook.add_worksheet("Audit")
        for number, pair in enumerate(audit_said()):
            audit.write_row(number, 0, pair)
        referrals = workbook.add_worksheet("Referrals")
        referrals.write_row(0, 0, [column.heading for column in COLUMNS.values()])
        treated = []
        for number in range(1, size + 1):
            answers = referral(number, chance)
            referrals.write_row(number, 0, [answers.get(id) for id in COLUMNS])
            treated += interventions(answers, chance)
        sheet = workbook.add_worksheet("Interventions")
        sheet.write_row(0, 0, ["P25 Row id", *(column.heading for column in INTERVENTION_COLUMNS.values())])
        for number, row in enumerate(treated, start=1):
            sheet.write_row(number, 0, row)


def audit_said():
    yield "Audit reference", "Benchmark"
    yield "Prison", "; ".join(PRISONS)
    yield "Local authorities", "; ".join(AREAS)
    yield "Period start", STARTS
    yield "Period end", STARTS + timedelta(DAYS)
    yield "As at", STARTS + timedelta(DAYS + 60)
    yield "Information sharing agreement", "Yes"


def referral(number, chance):
    """One referral as cells by column id; most are as they should be, some are not."""
    any_of = chance.choice
    released = STARTS + timedelta(chance.randrange(DAYS))
    days = lambda first, last: released + timedelta(chance.randint(first, last))  # noqa: E731
    yes_no = lambda: any_of(("Yes", "Yes", "Yes", "No", "Not known"))  # noqa: E731
    forename, surname = any_of(FORENAMES), any_of(SURNAMES)
    born = date(1950, 1, 1) + timedelta(chance.randrange(17_000))
    answers = {
        "P01": forename,
        "P02": surname,
        "P03": born,
        "P04": any_of(("Male", "Male", "Female")),
        "P05": f"A{number % 9_000 + 1_000}{chr(65 + number // 9_000 % 26)}X",
        "P06": days(-700, -1),
        "P07": any_of(("Heroin", "Crack", "Alcohol", "Cannabis")),
        "P08": any_of(("Alcohol", "Cocaine", "None", None)),
        "P09": any_of(("Benzodiazepines", None, None)),
        "P10": any_of(tuple(DISCHARGE_REASON.labels.values())[:1] * 19 + ("Treatment completed - drug free",)),
        "P11": released,
        "P12": "Released",
        "P13": any_of(AREAS),
        "P14": any_of(("Referred to structured treatment provider",) * 9 + ("Referred to recovery support service",)),
        "P15": any_of(PRISONS),
        "P16": days(-5, 0),
        "P17": days(-9, 0),
        "P18": any_of(("Planned", "Planned", "Unplanned from court")),
        "P19": days(-2, 2),
        "P20": yes_no(),
        "P21": days(-30, -1),
        "P22": any_of(("Secure e-mail (CJSM)", "Fax", "Secure system")),
        "P23": yes_no(),
        "P24": "Yes",
        "P25": f"00000000-0000-4000-8000-{number:012}",
        "C16": any_of(("CRC", "NPS", "None")),
        "C17": any_of(("None", "Telephone", "In-reach visit; Telephone")),
        "C18": days(-20, -1),
        "C19": any_of(("Dedicated in-reach team", "Community worker")),
        "C01": yes_no(),
        "C02": days(-20, 1),
        "C03": any_of(("Fax", "Secure e-mail (CJSM)", "Telephone")),
        "C06": None,
        "C08": days(-1, 1),
        "C09": days(-1, 1),
        "C10": any_of(("Yes", "No", "No fixed abode")),
        "C20": any_of(("Yes appointment", "Yes told of drop-in", "No")),
        "C21": days(0, 10),
        "C22": "Prison",
        "C24": any_of(("Attended", "DNA", "Attended later without appointment")),
        "C25": days(0, 25),
        "C27": any_of(("Telephone; Letter", "Text", None)),
        "C28": chance.randrange(6),
        "C29": None,
        "C30": any_of(("Yes structured", "Yes structured", "Yes recovery support only", "No")),
        "C31": any_of(("Refused", "Moved", None)),
        "C32": any_of(("New", "New", "Re-opened", "None")),
        "C33": days(0, 25),
        "C34": forename[0],
        "C35": surname[0],
        "C36": born if chance.random() < 0.9 else born + timedelta(1),
        "C37": any_of(("Male", "Female")),
        "C38": any_of(("No", "No", "Yes")),
        "C39": days(-60, -1),
        "C40": "Prison",
        "C41": "Yes",
        "C42": days(-60, -1),
        "C43": days(-60, -1),
        "C44": any_of(("Yes; Yes; Yes", "Yes; No; Yes")),
        "C46": days(0, 30),
        "C47": days(20, 60),
        "C48": f"Seen at the office on visit {number % 500}.",
        "C49": "Recovery worker, 2018-03-01",
    }
    return answers | {id: yes_no() for id in COLUMNS if id not in answers}


def interventions(answers, chance):
    for _ in range(chance.choice((0, 1, 1, 2))):
        starts = answers["P11"] + timedelta(chance.randint(-5, 30))
        kind = chance.choice(("Pharmacological", "Psychosocial", "Recovery support"))
        ends = chance.choice((None, starts + timedelta(40)))
        yield answers["P25"], kind, starts, ends, ends and chance.choice("ABC")
