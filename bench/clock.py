"""What the clock does at night over a nation, an hour after a quarter has closed: reminders, escalations, overdue actions.

A quarter of the organisations has not submitted. The first night has everything to say; the second finds nothing new.
"""

import time
from datetime import timedelta

from bench import history
from journal.models import Notice
from returns import periodic, reminders
from returns.models import Escalation

SIZE = 2000
QUARTERS = 3


def run(size):
    """One night, and the next, over `size` organisations; returns what the command prints."""
    nation = history.make_nation(size, QUARTERS)
    nation.returns_of(nation.periods)
    at = history.last_period().closes_at + timedelta(hours=1)
    seconds = night(at)
    again = night(at + timedelta(minutes=1))
    return {
        "name": "clock",
        "n": size,
        "seconds": round(seconds, 3),
        "per_second": round(size / seconds),
        "second_night_seconds": round(again, 3),
        "escalations": Escalation.objects.count(),
        "notices": Notice.objects.count(),
        "lines": [f"The second time, with nothing new, it took {again:.2f} s."],
    }


def night(at):
    before = time.perf_counter()
    reminders.send_due(at=at)
    periodic.each_hour(at=at)
    return time.perf_counter() - before
