"""`manage.py verify_events`: proves the event log whole, or names the first broken link.

The chain is compared with the heads that were kept outside the database; where it is whole, its head is kept too.
"""

import json
import sys

from django.db import DatabaseError
from django.utils import timezone

from journal import heads, seal
from journal.plain_command import PlainCommand

BROKEN = 1


class Command(PlainCommand):
    help = "Seals what is committed and proves the chain. Exit status: 0 whole, 1 a link is broken, 2 could not run."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--heads", metavar="DIR", help="compare with the heads in this folder, such as a copy elsewhere"
        )

    def handle(self, *args, **options):
        try:
            result = prove(timezone.now(), options["heads"])
        except heads.Unreadable as problem:
            self.refuse(str(problem))
        except DatabaseError:
            self.refuse("The database cannot be reached or has no tables yet, so nothing was verified.")
        self.stdout.write(json.dumps(result, indent=2) if options["json"] else in_sentences(result))
        if not result["whole"]:
            sys.exit(BROKEN)


def prove(now, folder=None):
    """Seals what waits, verifies the chain, and says how long the oldest event had waited for its seal (seconds)."""
    oldest = seal.unsealed().order_by("at").first()
    delay = max(0.0, (now - oldest.at).total_seconds()) if oldest else 0.0
    sealed_now = seal.seal_everything(at=now)
    kept = heads.kept(folder)
    verdict = seal.verify(kept)
    if verdict.is_whole:
        heads.keep(at=now)
    return {
        "whole": verdict.is_whole,
        "sealed": verdict.sealed,
        "sealed_now": sealed_now,
        "waiting": verdict.waiting,
        "delay_seconds": round(delay, 1),
        "head": verdict.head,
        "heads_compared": len(kept),
        "broken_at": verdict.broken_at,
        "reason": verdict.reason,
    }


def in_sentences(result):
    if not result["whole"]:
        return f"The log is broken at link {result['broken_at']:,}: {result['reason']}. It is whole before that."
    lines = [
        f"The log is whole: {result['sealed']:,} events, each sealed to the one before. The head is {result['head']}."
    ]
    if result["sealed_now"]:
        waited = f"the oldest had waited {result['delay_seconds']:,} seconds"
        lines.append(f"{result['sealed_now']:,} events were sealed now; {waited}.")
    if result["waiting"]:
        lines.append(f"{result['waiting']:,} events wait for their seal.")
    return "\n".join(lines)
