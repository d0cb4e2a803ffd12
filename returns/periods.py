"""Quarters of the NHS financial year (April to March), England's working days, and the deadlines that follow from them.

Source of the window: the published Prevent windows of 2019 to 2023 are the first five working days after the quarter.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
DUE_ON_WORKING_DAY = 5
CLOSES_ON_WORKING_DAY = 10
DAYS_TO_MEND = 5
SUMMARIES_AT = time(8)  # after the reminders of the morning
_MONTHS = {1: ("April", "June"), 2: ("July", "September"), 3: ("October", "December"), 4: ("January", "March")}


@dataclass(frozen=True, order=True)
class Quarter:
    """One quarter: `year` is the calendar year in which the financial year starts, `number` is 1 (April) to 4 (January)."""

    year: int
    number: int

    @classmethod
    def parse(cls, key):
        """The quarter written `2025-26-Q2`. Raises ValueError with a sentence."""
        found = re.fullmatch(r"(20[0-9]{2})-([0-9]{2})-Q([1-4])", str(key))
        if not found or (int(found[1]) + 1) % 100 != int(found[2]):
            raise ValueError(f"{str(key)[:40]!r} is not a quarter. Write it like 2025-26-Q2.")
        return cls(int(found[1]), int(found[3]))

    @classmethod
    def containing(cls, day):
        year = day.year if day.month >= 4 else day.year - 1
        return cls(year, (day.month - 4) % 12 // 3 + 1)

    @property
    def financial_year(self):
        return f"{self.year}-{(self.year + 1) % 100:02}"

    @property
    def key(self):
        return f"{self.financial_year}-Q{self.number}"

    @property
    def title(self):
        first, last = _MONTHS[self.number]
        return f"Quarter {self.number} {self.year} to {self.year + 1} ({first} to {last})"

    @property
    def starts(self):
        return date(self.year + (self.number == 4), (3 * self.number) % 12 + 1, 1)

    @property
    def ends(self):
        return self.next().starts - timedelta(days=1)

    def next(self):
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    def previous(self):
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)


@cache
def _bank_holidays(year):
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_working_day(day):
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def working_day_after(day, number):
    """The `number`th working day (England) after `day`."""
    while number:
        day += timedelta(days=1)
        number -= is_working_day(day)
    return day


def working_day_before(day, number):
    """The `number`th working day (England) before `day`."""
    while number:
        day -= timedelta(days=1)
        number -= is_working_day(day)
    return day


def at_five(day):
    return datetime.combine(day, time(17, 0), LONDON)


def end_of(day):
    return datetime.combine(day, time(23, 59, 59), LONDON)


def start_of(day):
    return datetime.combine(day, time(0, 0), LONDON)


def deadlines(ends):
    """When a period that ends on `ends` opens, is due (soft) and closes (hard), unless somebody says otherwise."""
    return {
        "opens_at": start_of(ends + timedelta(days=1)),
        "due_at": at_five(working_day_after(ends, DUE_ON_WORKING_DAY)),
        "closes_at": end_of(working_day_after(ends, CLOSES_ON_WORKING_DAY)),
    }


def days_to_mend(moment):
    """The hard close for a return that went back after it: five working days from `moment`."""
    return end_of(working_day_after(moment.astimezone(LONDON).date(), DAYS_TO_MEND))


def summary_moment(at):
    """The latest moment, up to `at`, at which daily summaries are sent: 8am on working days. What was told before it is
    in one of them.
    """
    day = at.astimezone(LONDON).date()
    if not is_working_day(day) or at < datetime.combine(day, SUMMARIES_AT, LONDON):
        day = working_day_before(day, 1)
    return datetime.combine(day, SUMMARIES_AT, LONDON)


def moment_said(at):
    """A moment in UK time as people say it: "7 October 2025, 5pm"."""
    local = at.astimezone(LONDON)
    return f"{local.day} {local:%B %Y}, {time_said(local)}"


def time_said(at):
    """The time of day in UK time: "5pm", "11:59pm"."""
    local = at.astimezone(LONDON)
    minutes = f":{local:%M}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"
