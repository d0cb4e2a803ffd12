"""`manage.py check_return TYPE FILE`: the findings and the score of a return in a file, with nothing stored."""

import json
import sys

from django.db import DatabaseError

from journal.plain_command import PlainCommand
from returns import dry_run
from returns.registry import return_types
from returns.statistics import percent_text

PROBLEMS = 1


class Command(PlainCommand):
    help = "Checks and scores a return in a workbook or JSON. Exit status: 0 without errors, 1 with errors, 2 not readable."

    def add_arguments(self, parser):
        parser.add_argument("type", help="the kind of return, such as prevent")
        parser.add_argument("file", help="a workbook of the portal (.xlsx), or a JSON file")
        parser.add_argument("--organisation", metavar="CODE", help="judge it as this organisation's return")
        parser.add_argument("--period", metavar="P", help="in this period, such as 2025-26-Q2")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, **options):
        try:
            result = self.check(options)
        except dry_run.NotAReturn as problem:
            self.refuse(str(problem))
        except DatabaseError:
            self.refuse("The database cannot be reached, so this cannot be checked against earlier quarters.")
        self.stdout.write(json.dumps(result, indent=2) if options["json"] else in_sentences(result))
        if dry_run.has_errors(result):
            sys.exit(PROBLEMS)

    def check(self, options):
        return_type = return_types().get(options["type"])
        if not return_type:
            known = ", ".join(return_types())
            raise dry_run.NotAReturn(f"There is no return called {dry_run.shown(options['type'])}. There is: {known}.")
        if return_type.rows:
            raise dry_run.NotAReturn(
                f"“{return_type.title}” is made of rows. This command checks returns of questions."
            )
        code, period = options["organisation"], options["period"]
        if bool(code) != bool(period):
            raise dry_run.NotAReturn("Give --organisation and --period together, or neither.")
        if code:
            return dry_run.check_for(return_type, options["file"], code, period)
        return dry_run.check(return_type, options["file"])


def in_sentences(result):
    lines = [
        f"{finding['severity'].title()} {finding['code']} ({', '.join(finding['fields'])}): {finding['message']}"
        for finding in result["findings"]
    ] or ["Nothing was found."]
    if result["score"]:
        so_far = ", as far as it can be told" if dry_run.has_errors(result) else ""
        overall = result["score"]["overall"] or "none yet"
        lines += ["", f"Score by method {result['score']['method']}{so_far}: {overall}."]
        lines += [
            f"- {key}: {band}{figures(result['measures'][key])}" for key, band in result["score"]["parts"].items()
        ]
    return "\n".join(lines)


def figures(measure):
    text = percent_text(measure["numerator"], measure["denominator"])
    return f" ({text})" if text else ""
