"""`manage.py import_headcounts FILE`: loads published headcounts from a CSV file."""

import json
from pathlib import Path

from django.db import DatabaseError
from django.utils import timezone

from journal.plain_command import PlainCommand
from journal.refused import Refused
from returns import headcounts


class Command(PlainCommand):
    help = (
        f"Loads published headcounts from a CSV file with the columns {', '.join(headcounts.COLUMNS)}. "
        "Exit status: 0 done, 1 something in the file is wrong and nothing was loaded, 2 could not run."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", help="the CSV file, UTF-8")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, **options):
        try:
            outcome = headcounts.load(Path(options["file"]).read_bytes(), by=None, at=timezone.now())
        except OSError as problem:
            self.refuse(f"The file cannot be read: {problem.strerror}.")
        except Refused as problem:
            self.refuse(str(problem), status=1)
        except DatabaseError:
            self.refuse("The database cannot be reached or has no tables yet, so nothing was loaded.")
        if options["json"]:
            self.stdout.write(json.dumps({"kept": outcome.kept, "unknown": outcome.unknown}))
        else:
            self.stdout.write(headcounts.said(outcome))
