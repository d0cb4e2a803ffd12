"""Runs a benchmark in a database of its own, which is dropped afterwards; the portal's data is never touched."""

import json

from django.db import Error

from bench import audit_workbook, clock, extract, open_period, pages, row_findings, save_row, validate, workbook
from bench.scratch import scratch_database
from journal.plain_command import PlainCommand

BENCHES = {
    "validate": validate,
    "clock": clock,
    "open_period": open_period,
    "pages": pages,
    "workbook": workbook,
    "audit_workbook": audit_workbook,
    "save_row": save_row,
    "extract": extract,
    "row_findings": row_findings,
}


class Command(PlainCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("name", choices=sorted(BENCHES))
        parser.add_argument("--size", type=int, help="how many; small unless told")
        parser.add_argument("--json", action="store_true", help="end with the figures as one JSON object")

    def handle(self, *, name, size, **options):
        bench = BENCHES[name]
        size = bench.SIZE if size is None else size
        if size < 1:
            self.refuse("The size is a number from 1.")
        try:
            with scratch_database():
                figures = bench.run(size)
        except Error as problem:
            reason = str(problem).strip().splitlines()[0]
            self.refuse(f"The benchmark could not run: {reason}")
        self.stdout.write(f"{name}: {figures['n']:,} in {figures['seconds']} s, {figures['per_second']:,} a second.")
        if "ratio" in figures:
            self.stdout.write(f"That is {figures['ratio']} times as long as {figures['ratio_to']}.")
        for line in figures.pop("lines", ()):
            self.stdout.write(line)
        if options["json"]:
            self.stdout.write(json.dumps(figures))
