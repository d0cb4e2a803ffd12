"""Scores that can be explained: parts with numerator, denominator, target, band and a sentence. Pure arithmetic."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from returns.statistics import is_at_least, percent, share


class Band(StrEnum):
    MET = "MET"
    CLOSE = "CLOSE"
    NOT_MET = "NOT_MET"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Overall(StrEnum):
    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


class Part(NamedTuple):
    """One part of a score. `target` is an exact fraction (0.85 is Fraction(85, 100)), or None for yes/no parts."""

    key: str
    title: str
    band: Band
    sentence: str
    numerator: int | None = None
    denominator: int | None = None
    target: Fraction | None = None

    def as_json(self):
        value = share(self.numerator, self.denominator)
        return {
            "key": self.key,
            "title": self.title,
            "band": str(self.band),
            "sentence": self.sentence,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "exact": None if value is None else f"{value.numerator}/{value.denominator}",
            "percent": None if value is None else float(percent(self.numerator, self.denominator)),
            "target": None if self.target is None else float(100 * self.target),
        }


@dataclass(frozen=True)
class Score:
    """A graded result with its parts; `method` is the dated method that made it, `sentence` says why it is so.

    `overall` is None where no part applies, which happens only before a return is complete.
    """

    method: str
    overall: Overall | None
    parts: tuple
    sentence: str = ""

    def part(self, key):
        return next(part for part in self.parts if part.key == key)


def band_of(numerator, denominator, target, close_by):
    """MET at or above `target`, CLOSE below by at most `close_by` (both exact fractions), else NOT_MET.

    NOT_APPLICABLE where the denominator is 0 or something is missing.
    """
    if numerator is None or not denominator:
        return Band.NOT_APPLICABLE
    if is_at_least(numerator, denominator, target):
        return Band.MET
    return Band.CLOSE if target - share(numerator, denominator) <= close_by else Band.NOT_MET
