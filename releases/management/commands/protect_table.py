"""`manage.py protect_table FILE --policy NAME`: a table of counts as it may be shown. Nothing is stored."""

import json
import sys
from pathlib import Path

from journal.plain_command import PlainCommand
from releases.disclosure import (
    LATER,
    POLICIES,
    MayNotBeShown,
    Unreadable,
    protect_table,
    table_from_csv,
    tables_from_json,
)

REFUSED = 1
LARGEST_FILE = 50_000_000


class Command(PlainCommand):
    help = "Hides and rounds a table of counts. Exit status: 0 released, 1 refused, 2 not readable."

    def add_arguments(self, parser):
        parser.add_argument(
            "file", help="a table, or a list of tables, in JSON; or a CSV with a column for each dimension"
        )
        parser.add_argument("--policy", required=True, metavar="NAME", help=f"one of {', '.join(POLICIES)}")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args, **options):
        policy = self.policy(options["policy"])
        try:
            tables, several = self.read(options["file"])
            results = [self.result(table, policy) for table in tables]
        except Unreadable as problem:
            self.refuse(str(problem))
        if options["json"]:
            self.stdout.write(json.dumps(results if several else results[0], ensure_ascii=False))
        else:
            self.stdout.write("\n\n".join(map(in_sentences, results)))
        if any("refused" in result for result in results):
            sys.exit(REFUSED)

    def policy(self, name):
        if name in LATER:
            self.refuse(f"The policy {name} cannot be applied yet. There is: {', '.join(POLICIES)}.")
        if name not in POLICIES:
            self.refuse(f"There is no policy {name[:60]!a}. There is: {', '.join(POLICIES)}.")
        return POLICIES[name]

    def read(self, path):
        """(tables or refusals, whether the file holds a list)."""
        try:
            with Path(path).open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or "not a file name"
            self.refuse(f"{path[:200]!a} cannot be read: {reason}.")
        if len(data) > LARGEST_FILE:
            self.refuse("This file is larger than 50 MB, too large for a table.")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.refuse("This file is not UTF-8 text.")
        try:
            if text.lstrip().startswith(("{", "[")):
                return tables_from_json(text)
            return [table_from_csv(text)], False
        except MayNotBeShown as refusal:
            return [refusal], False

    def result(self, table, policy):
        try:
            if isinstance(table, MayNotBeShown):
                raise table
            return protect_table(table, policy).as_json()
        except MayNotBeShown as refusal:
            return {"refused": str(refusal), "merge": refusal.merge}


def in_sentences(result):
    if "refused" in result:
        merges = "; ".join(" with ".join(codes) for codes in result["merge"])
        return f"Refused: {result['refused']}" + (f" Put together {merges}." if merges else "")
    lines = [f"Policy {result['policy']}, version {result['policy_version']}; {result['hidden']} cells are hidden."]
    for cell in result["cells"]:
        value = "*" if cell["value"] is None else f"{cell['value']:,}"
        lines.append(f"{', '.join(cell['at'])}: {value}")
    return "\n".join(lines)
