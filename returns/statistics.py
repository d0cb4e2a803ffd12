"""Arithmetic on counts. Percentages are shown to one decimal, half up; comparisons use exact fractions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache

Z = 1.959964  # of a 95 % interval
FEWEST = 3  # a figure pooled from fewer organisations would tell too much of one of them


def share(numerator, denominator):
    """The exact fraction, or None where either is missing or nothing is counted in the denominator."""
    if numerator is None or not denominator:
        return None
    return Fraction(numerator, denominator)


def is_at_least(numerator, denominator, target):
    """Whether the share reaches an exact fraction, without making one of it. Of whole numbers, none of them missing or 0."""
    return numerator * target.denominator >= target.numerator * denominator


class Shares(Sequence):
    """Shares over time, kept as (numerator, denominator) or None: an exact fraction only where one is looked at."""

    def __init__(self, counts):
        self._counts = counts

    def __len__(self):
        return len(self._counts)

    def __getitem__(self, index):
        found = self._counts[index]
        return Shares(found) if isinstance(index, slice) else found and share(*found)

    @property
    def floats(self):
        return [
            counts[0] / counts[1] if counts and counts[0] is not None and counts[1] else None for counts in self._counts
        ]


def floats_of(shares):
    """Shares as floats, without an exact fraction for each where they are `Shares`."""
    if isinstance(shares, Shares):
        return shares.floats
    return [None if value is None else float(value) for value in shares]


def percent(numerator, denominator):
    """100 × numerator / denominator as a Decimal with one decimal, half up; None where there is no denominator."""
    if numerator is None or not denominator:
        return None
    tenths = (2000 * abs(numerator) + denominator) // (2 * denominator)
    return Decimal(tenths if numerator >= 0 else -tenths).scaleb(-1)


def change(now, before):
    """The relative change from `before` to `now` as an exact fraction; None where there was nothing before."""
    if now is None or not before:
        return None
    return Fraction(now - before, before)


def percent_text(numerator, denominator):
    """A percentage with its counts, as people read it: "87.2 % – 3,400 of 3,900"."""
    value = percent(numerator, denominator)
    return "" if value is None else f"{value} % – {numerator:,} of {denominator:,}"


@cache
def rate_text(rate):
    """A target or tolerance as people read it: Fraction(85, 100) is "85 %"."""
    return f"{float(100 * rate):g} %"


@cache
def points_text(rate):
    """A distance between percentages: Fraction(5, 100) is "5 points"."""
    return f"{float(100 * rate):g} points"


def is_within(now, before, tolerance):
    """Whether `now` differs from `before` by no more than `tolerance`, a fraction of `before`; 0 stays 0."""
    return abs(now - before) <= tolerance * before


@dataclass(frozen=True)
class Pooled:
    """The figure of several organisations taken together. `spread` is what they differ by beyond chance (tau²)."""

    numerator: int
    denominator: int
    organisations: int
    spread: float = 0.0

    @property
    def share(self):
        return min(Fraction(1), Fraction(self.numerator, self.denominator))

    @property
    def is_enough(self):
        return self.organisations >= FEWEST

    def __str__(self):
        """The percentage with how many organisations it is of: "26.1 % (of 12)"."""
        return f"{percent(self.numerator, self.denominator)} % (of {self.organisations:,})"


@dataclass(frozen=True)
class Peers:
    """The pooled figures of a kind of organisation in a region (None where it has none) and in the country, from the
    period of this title that ended on that day.
    """

    period: str
    ends: date
    region: Pooled | None
    nation: Pooled

    @property
    def in_region(self):
        """The region's figure, where it is of enough organisations."""
        return self.region if self.region and self.region.is_enough else None

    @property
    def in_nation(self):
        return self.nation if self.nation.is_enough else None

    def __str__(self):
        """What stands beside a figure of one's own; empty where there are too few to compare with."""
        known = [(self.in_region, "in the region"), (self.in_nation, "in the country")]
        said = " and ".join(f"{pooled} {where}" for pooled, where in known if pooled)
        return said and f"Providers of the same kind, {self.period}: {said}"


def wilson(counted, among):
    """Wilson's 95 % interval of a proportion, in percent; (None, None) where nobody is counted among."""
    if not among:
        return None, None
    q = 1 - counted / among
    width = Z * math.sqrt(Z * Z + 4 * counted * q)
    middle, below = 2 * counted + Z * Z, 2 * (among + Z * Z)
    return 100 * max(middle - width, 0) / below, min(100 * (middle + width) / below, 100)
