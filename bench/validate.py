"""How many stored Prevent versions one worker process checks and scores in a second, in batches as it does in life.

Each version has four accepted quarters behind it, so that comparisons and history run; some are then checked once more with
ten years behind them. Findings, scores, measures, events and notices are written. Compared with reading and parsing the
same payloads and nothing else.
"""

import gc
import json
import time

from django.db import connection
from django.utils import timezone

from bench import history
from prevent.return_type import PREVENT
from returns import checks, content, findings
from returns.models import Check

SIZE = 2000
BATCH = 500
QUARTERS, TEN_YEARS = 5, 41  # this one among them
WARM_UP = 20  # versions checked before the clock runs: a worker lives long, and its imports are not what is measured

UNCHECKED = """
DELETE FROM returns_finding WHERE version_id = ANY(%(versions)s);
DELETE FROM returns_score WHERE version_id = ANY(%(versions)s);
DELETE FROM returns_measure WHERE version_id = ANY(%(versions)s);
UPDATE returns_submission SET status = 'SUBMITTED', standing_version_id = NULL WHERE current_version_id = ANY(%(versions)s);
UPDATE returns_check SET state = 'WAITING', attempts = 0, lease_until = NULL, checked_at = NULL
WHERE version_id = ANY(%(versions)s);
"""


def run(size):
    """Checks `size` versions; returns what the command prints."""
    nation = history.make_nation(size + WARM_UP, TEN_YEARS)
    nation.returns_of(nation.periods[-QUARTERS:])
    waiting = _wait(nation, nation.providers)
    checks.check_waiting(limit=WARM_UP, at=timezone.now())
    gc.freeze()
    reading = _timed(_read_all)
    pure = _timed(_pure_work())
    seconds = _timed(_check_all)
    some = nation.providers[: max(1, size // 4)]
    nation.returns_of(nation.periods[:-QUARTERS], some)
    waiting_longer = _wait(nation, some)
    long_seconds = _timed(_check_all)
    _refuse_unfinished()
    per_second = round((waiting - WARM_UP) / seconds)
    after_ten_years = round(waiting_longer / long_seconds)
    return {
        "name": "validate",
        "n": waiting - WARM_UP,
        "seconds": round(seconds, 3),
        "per_second": per_second,
        "ratio": round(seconds / reading, 1),
        "ratio_to": "reading and parsing the payloads",
        "rules_and_score_share": round(pure / seconds, 2),
        "per_second_after_ten_years": after_ten_years,
        "lines": [f"With ten years behind them: {after_ten_years:,} a second ({waiting_longer:,} versions)."],
    }


def _wait(nation, providers):
    """Puts the last quarter's versions of providers into the queue, as if they had just been sent; returns how many."""
    last = Check.objects.filter(
        version__submission__period=nation.periods[-1], version__submission__subject__in=providers
    )
    versions = list(last.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(UNCHECKED, {"versions": versions})
        cursor.execute("VACUUM ANALYZE")
    return len(versions)


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


def _refuse_unfinished():
    left = Check.objects.exclude(state=Check.State.PASSED).count()
    if left:
        raise RuntimeError(f"{left} checks did not pass: the figures mean nothing.")
