"""Loads ODS organisation files; all of them, or nothing."""

import json

from django.db import DatabaseError
from django.utils import timezone

from accounts import ods
from accounts.organisations_from_ods import bring_in
from journal.plain_command import COULD_NOT_RUN, PlainCommand

WRONG = 1


class Command(PlainCommand):
    help = "Loads ODS files: organisations (etr, ephp, eccg, eother: 27 columns, no header) and successions (succ)."

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of sentences")

    def handle(self, *, files, **options):
        try:
            read = [row for file in files for row in ods.read(file)]
            successions = [row for row in read if isinstance(row, ods.Succession)]
            rows = [row for row in read if isinstance(row, ods.Row)]
            _refuse_twice(rows)
        except ods.Unreadable as problem:
            status = COULD_NOT_RUN if isinstance(problem, ods.CannotOpen) else WRONG
            self.refuse(f"{problem} Nothing was changed.", status=status)
        try:
            outcome = bring_in(rows, successions, at=timezone.now())
        except DatabaseError as error:
            self.refuse(f"The database did not answer: {str(error).strip()}. Nothing was changed.")
        self.stdout.write(json.dumps(_as_data(outcome)) if options["json"] else "\n".join(_in_words(outcome)))


def _refuse_twice(rows):
    """One code in two files: nobody could say which of them holds."""
    seen = {}
    for row in rows:
        if row.code in seen:
            raise ods.Unreadable(f"{row.code} stands in the files twice: as {seen[row.code]} and as {row.report}.")
        seen[row.code] = row.report


def _as_data(outcome):
    return {
        "created": outcome.created,
        "changed": outcome.changed,
        "closed": outcome.closed,
        "unchanged": outcome.unchanged,
        "left_out": outcome.left_out,
        "regions": outcome.regions,
        "successions": outcome.successions,
        "successions_passed_over": outcome.successions_passed_over,
    }


def _in_words(outcome):
    yield f"{len(outcome.created)} created, {len(outcome.changed)} changed, {outcome.unchanged} unchanged."
    if outcome.regions:
        made = ", ".join(f"{code} ({name})" for code, name in outcome.regions.items())
        yield f"Of these, regions that the files name and that were not known: {made}."
    for code, differences in outcome.changed.items():
        what = "; ".join(f"{name} from {before} to {after}" for name, (before, after) in differences.items())
        yield f"{code}: {what}"
    if outcome.closed:
        yield f"Closed: {', '.join(outcome.closed)}."
    if outcome.left_out:
        yield f"{outcome.left_out} rows were left out: hubs, reporting entities, and partnerships that are no ICB."
    if outcome.successions or outcome.successions_passed_over:
        yield (
            f"{outcome.successions} successions written down; {outcome.successions_passed_over} passed over, because"
            " an organisation they name is not known here."
        )
