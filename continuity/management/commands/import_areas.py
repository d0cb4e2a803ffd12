"""Loads the table of areas; all of it, or nothing."""

import json
from dataclasses import asdict
from pathlib import Path

from django.utils import timezone

from continuity import areas
from journal.plain_command import PlainCommand
from journal.refused import Refused

WRONG = 1


class Command(PlainCommand):
    help = "Loads areas from a CSV file with the columns dat_code, name, gss_code, local_authority."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a sentence")

    def handle(self, *, file, **options):
        try:
            data = Path(file).read_bytes()
        except OSError as problem:
            self.refuse(f"{file} cannot be opened: {problem.strerror}.")
        try:
            outcome = areas.bring_in(areas.read(data), at=timezone.now())
        except Refused as refusal:
            self.refuse(f"{refusal} Nothing was changed.", status=WRONG)
        words = f"{outcome.created} created, {outcome.changed} changed, {outcome.unchanged} unchanged."
        self.stdout.write(json.dumps(asdict(outcome)) if options["json"] else words)
