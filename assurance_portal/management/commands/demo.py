"""Loads the demonstration: invented organisations and people, and three years of Prevent returns.

Into an empty database only, and once: a second call says that it is there. The last quarter is the latest that has
ended; where its due date has passed, its dates are moved so that its window is open.
"""

import json
from dataclasses import asdict
from datetime import date, timedelta

from django.db import Error
from django.utils import timezone

from assurance_portal.demonstration import loading, people
from journal.plain_command import PlainCommand
from journal.refused import Refused
from returns.periods import start_of


class Command(PlainCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print what is there as one JSON object")
        parser.add_argument("--people", action="store_true", help="print the people to sign in as")
        parser.add_argument(
            "--today", type=date.fromisoformat, help="the day on which the demonstration plays, as 2026-01-31"
        )

    def handle(self, *, today, **options):
        now = start_of(today) + timedelta(hours=16) if today else timezone.now()
        try:
            loaded = loading.load(now=now)
        except (Refused, Error) as problem:
            self.refuse(str(problem).strip().splitlines()[0])
        if options["json"]:
            cast = {"sign_in_as": people.as_rows()} if options["people"] else {}
            self.stdout.write(json.dumps(asdict(loaded) | cast))
        else:
            if loaded.is_new or not options["people"]:
                self.stdout.write(_sentence(loaded))
            if options["people"]:
                self.stdout.write("\n".join(people.as_lines()))


def _sentence(loaded):
    state = "Loaded the demonstration" if loaded.is_new else "The demonstration is there already"
    return (
        f"{state}: {loaded.organisations} providers, {loaded.people} people, {loaded.returns} returns in"
        f" {loaded.quarters} quarters. The last one is {loaded.quarter}."
    )
