"""How long it takes to open a period: one submission, with its participants, for each organisation that owes one."""

import time

from bench import world
from prevent.return_type import PREVENT
from returns import opening

SIZE = 2000


def run(size):
    """Opens a quarter for `size` organisations; returns what the command prints."""
    world.make_organisations(size)
    period = opening.quarter_of(opening.national_collection(PREVENT), world.LAST)
    before = time.perf_counter()
    opened = opening.open_period(period, PREVENT, by=None, at=period.opens_at)
    seconds = time.perf_counter() - before
    return {
        "name": "open_period",
        "n": opened.created,
        "seconds": round(seconds, 3),
        "per_second": round(opened.created / seconds),
    }
