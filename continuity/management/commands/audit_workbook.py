"""`manage.py audit_workbook FILE`: the rules and the measures of an audit in a workbook, with nothing stored."""

import json
import sys

from django.utils import timezone

from continuity import audit_result, workbook
from continuity.measures import Analysis
from continuity.recording_rules import check
from journal.plain_command import PlainCommand

PROBLEMS = 1


class Command(PlainCommand):
    help = "Checks and measures an audit in a workbook. Exit status: 0 without errors, 1 with errors, 2 not readable."

    def add_arguments(self, parser):
        parser.add_argument("file", help="a workbook with the sheets Audit, Referrals and Interventions (.xlsx)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, **options):
        try:
            filled = workbook.read_file(options["file"], timezone.localdate())
        except workbook.NotAnAudit as problem:
            self.refuse(str(problem))
        checked = check(filled.rows, filled.audit)
        analysis = Analysis(checked)
        if options["json"]:
            self.stdout.write(json.dumps(audit_result.as_json(analysis, filled), separators=(",", ":")))
        else:
            self.stdout.write("\n".join(audit_result.in_sentences(analysis, filled)))
        if checked.has_errors or filled.unreadable:
            sys.exit(PROBLEMS)
