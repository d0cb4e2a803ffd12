"""`manage.py open_period TYPE PERIOD`: opens a period, one submission for each organisation that owes one."""

import json

from django.db import DatabaseError, transaction
from django.utils import timezone

from journal.plain_command import PlainCommand
from journal.refused import Refused
from returns import opening
from returns.periods import Quarter
from returns.registry import return_types


class Command(PlainCommand):
    help = "Opens a period; asked again, adds who has come to owe a return. Exit status: 0 done, 2 could not run."

    def add_arguments(self, parser):
        parser.add_argument("type", help="the kind of return, such as prevent")
        parser.add_argument("period", help="the period, such as 2025-26-Q2")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, **options):
        try:
            outcome = self.open(options["type"], options["period"])
        except (Refused, ValueError) as problem:
            self.refuse(str(problem))
        except DatabaseError:
            self.refuse("The database cannot be reached or has no tables yet, so nothing was opened.")
        result = as_data(outcome)
        self.stdout.write(json.dumps(result, indent=2) if options["json"] else in_sentences(outcome))

    @transaction.atomic
    def open(self, slug, key):
        return_type = return_types().get(slug)
        if not return_type:
            raise ValueError(f"There is no return called {slug[:40]!r}. There is: {', '.join(return_types())}.")
        if return_type.rows:
            raise ValueError(f"“{return_type.title}” is not opened by the quarter: it is set up on its own page.")
        period = opening.quarter_of(opening.national_collection(return_type), Quarter.parse(key))
        return opening.open_period(period, return_type, by=None, at=timezone.now())


def as_data(outcome):
    return {
        "period": outcome.period.key,
        "owing": outcome.owing,
        "created": outcome.created,
        "without_commissioner": [item.code for item in outcome.without_commissioner],
        "without_reviewer": [item.code for item in outcome.without_reviewer],
    }


def in_sentences(outcome):
    lines = [
        f"{outcome.period.title} is open. Organisations that owe a return: {outcome.owing:,}. "
        f"Returns made now: {outcome.created:,}."
    ]
    if outcome.without_commissioner:
        lines += ["No lead commissioner:", *(f"- {item}" for item in outcome.without_commissioner)]
    if outcome.without_reviewer:
        lines += [
            "A lead commissioner, but nobody there who can review:",
            *(f"- {item}" for item in outcome.without_reviewer),
        ]
    return "\n".join(lines)
