"""Arithmetic on counts. Percentages are shown to one decimal, half up; comparisons use exact fractions."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache


def share(numerator, denominator):
    """The exact fraction, or None where either is missing or nothing is counted in the denominator."""
    if numerator is None or not denominator:
        return None
    return Fraction(numerator, denominator)


def percent(numerator, denominator):
    """100 × numerator / denominator as a Decimal with one decimal, half up; None where there is no denominator."""
    if numerator is None or not denominator:
        return None
    return (Decimal(100 * numerator) / Decimal(denominator)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


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
