"""Runs a benchmark in a database of its own, which is dropped afterwards; the portal's data is never touched."""

import json

from django.core.management import BaseCommand, CommandError
from django.db import Error

from bench import open_period, validate
from bench.scratch import scratch_database

BENCHES = {"validate": validate, "open_period": open_period}


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("name", choices=sorted(BENCHES))
        parser.add_argument("--size", type=int, help="how many; small unless told")
        parser.add_argument("--json", action="store_true", help="end with the figures as one JSON object")

    def handle(self, *, name, size, **options):
        bench = BENCHES[name]
        size = bench.SIZE if size is None else size
        if size < 1:
            raise CommandError("The size is a number from 1.", returncode=2)
        try:
            with scratch_database():
                figures = bench.run(size)
        except Error as problem:
            reason = str(problem).strip().splitlines()[0]
            raise CommandError(f"The benchmark could not run: {reason}", returncode=2) from problem
        self.stdout.write(f"{name}: {figures['n']:,} in {figures['seconds']} s, {figures['per_second']:,} a second.")
        if "ratio" in figures:
            self.stdout.write(f"That is {figures['ratio']} times as long as {figures['ratio_to']}.")
        if options["json"]:
            self.stdout.write(json.dumps(figures))
