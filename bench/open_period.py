"""How long it takes to open a period: a submission with its participants for each organisation that owes one, and the
figures of peers frozen from the quarter before, in which each has submitted.
"""

import time

from bench import history
from prevent.return_type import PREVENT
from returns import opening
from returns.models import PeerFigure

SIZE = 2000


def run(size):
    """Opens a quarter for `size` organisations; returns what the command prints."""
    nation = history.make_nation(size, 2)
    before, period = nation.periods
    nation.returns_of([before])
    period.opened_at = None
    period.save(update_fields=["opened_at"])
    began = time.perf_counter()
    opened = opening.open_period(period, PREVENT, by=None, at=period.opens_at)
    seconds = time.perf_counter() - began
    return {
        "name": "open_period",
        "n": opened.created,
        "seconds": round(seconds, 3),
        "per_second": round(opened.created / seconds),
        "peer_figures": PeerFigure.objects.filter(period=period).count(),
    }
