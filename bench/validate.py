"""How many stored Prevent versions one worker process checks and scores in a second, in batches as it does in life.

Each version has four accepted quarters behind it, so that comparisons and history run; findings, scores, measures,
events and notices are written. Compared with reading and parsing the same payloads and nothing else.
"""

import gc
import json
import time

from django.utils import timezone

from bench import world
from prevent.return_type import PREVENT
from returns import checks, content, findings
from returns.models import Check

SIZE = 2000
BATCH = 500
QUARTERS = 5
WARM_UP = 20  # versions checked before the clock runs: a worker lives long, and its imports are not what is measured


def run(size):
    """Checks `size` versions; returns what the command prints."""
    world.make_returns(size + WARM_UP, QUARTERS)
    checks.check_waiting(limit=WARM_UP, at=timezone.now())
    gc.freeze()
    reading = _timed(_read_all)
    pure = _timed(_pure_work())
    seconds = _timed(_check_all)
    _refuse_unfinished((size + WARM_UP) * QUARTERS)
    return {
        "name": "validate",
        "n": size,
        "seconds": round(seconds, 3),
        "per_second": round(size / seconds),
        "ratio": round(seconds / reading, 1),
        "ratio_to": "reading and parsing the payloads",
        "rules_and_score_share": round(pure / seconds, 2),
    }


def _timed(work):
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def _check_all():
    while checks.check_waiting(limit=BATCH, at=timezone.now()):
        pass


def _read_all():
    waiting = Check.objects.filter(state=Check.State.WAITING)
    return [_parsed(payload) for payload in waiting.values_list("version__content__payload", flat=True)]


def _parsed(payload):
    return content.from_payload(PREVENT.questions, json.loads(bytes(payload)))


def _pure_work():
    """Rules, score and measures of everything that waits, with all that they look at already in memory."""
    rows = Check.objects.filter(state=Check.State.WAITING).select_related(
        "version__content", "version__submission__subject", "version__submission__period__collection"
    )
    submissions = [(row.version.submission, _parsed(row.version.content.payload)) for row in rows]
    contexts = findings.contexts_for([(item.subject, item.period) for item, _ in submissions])

    def work():
        for item, answers in submissions:
            context = contexts[item.subject_id, item.period_id]
            PREVENT.check(answers, context)
            PREVENT.score(answers, context)
            PREVENT.measures(answers, context)

    return work


def _refuse_unfinished(expected):
    passed = Check.objects.filter(state=Check.State.PASSED).count()
    if passed != expected:
        raise RuntimeError(f"{expected - passed} checks did not pass: the figures mean nothing.")
