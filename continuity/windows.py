"""What is still to be done in time after release, for one person. Source: guidance of 2018, sections 6.2 and 6.4.

The day of release is day 0; each window includes its last day.
"""

from dataclasses import dataclass
from datetime import date, timedelta

WINDOW = 21
TOP_OPENS, TOP_CLOSES = 28, 56


@dataclass(frozen=True)
class Countdown:
    """One window: its first and last day, and the days left, today not counted (0 on the last day, then negative)."""

    title: str
    opens: date
    closes: date
    left: int

    @property
    def is_over(self):
        return self.left < 0

    def is_open(self, today):
        return self.opens <= today <= self.closes

    def said(self, today):
        """In words, for a page."""
        if self.is_over:
            return "closed"
        if today < self.opens:
            days = (self.opens - today).days
            return f"opens in {days} day{'' if days == 1 else 's'}"
        if self.left == 0:
            return "today is the last day"
        return f"{self.left} day{'' if self.left == 1 else 's'} left"


def countdowns(released_on, today):
    """The windows of somebody released on that day: structured treatment, and the post-prison exit TOP."""
    return [
        _countdown("Start structured treatment", released_on, 0, WINDOW, today),
        _countdown("Post-prison exit TOP", released_on, TOP_OPENS, TOP_CLOSES, today),
    ]


def still_open(released_on, today):
    """Those that are not over yet; for most people of an audit all are. None for somebody whose release is not known."""
    return [window for window in countdowns(released_on, today) if not window.is_over] if released_on else []


def _countdown(title, released_on, opens, closes, today):
    last = released_on + timedelta(closes)
    return Countdown(title, released_on + timedelta(opens), last, (last - today).days)
