"""Loads values of the indicator; all of them, or nothing."""

import json
from dataclasses import asdict
from pathlib import Path

from django.utils import timezone

from continuity import indicator
from journal.plain_command import PlainCommand
from journal.refused import Refused

WRONG = 1


class Command(PlainCommand):
    help = f"Loads values of the indicator from a CSV file with the columns {', '.join(indicator.COLUMNS)}."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a sentence")

    def handle(self, *, file, **options):
        try:
            data = Path(file).read_bytes()
        except OSError as problem:
            self.refuse(f"{file} cannot be opened: {problem.strerror}.")
        try:
            outcome = indicator.bring_in(indicator.read(data), at=timezone.now())
        except Refused as refusal:
            self.refuse(f"{refusal} Nothing was changed.", status=WRONG)
        words = f"{outcome.created} created, {outcome.changed} changed, {outcome.unchanged} unchanged."
        self.stdout.write(json.dumps(asdict(outcome)) if options["json"] else words)
