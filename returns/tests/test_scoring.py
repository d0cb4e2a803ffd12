"""Bands and parts."""

from fractions import Fraction

import pytest

from returns.scoring import Band, Overall, Part, Score, band_of

TARGET, CLOSE_BY = Fraction(85, 100), Fraction(5, 100)


@pytest.mark.parametrize(
    ("numerator", "denominator", "band"),
    [
        (85, 100, Band.MET),
        (8499, 10_000, Band.CLOSE),
        (80, 100, Band.CLOSE),
        (7999, 10_000, Band.NOT_MET),
        (0, 1, Band.NOT_MET),
        (0, 0, Band.NOT_APPLICABLE),
        (None, 10, Band.NOT_APPLICABLE),
        (10, None, Band.NOT_APPLICABLE),
    ],
)
def test_a_band_is_found_on_exact_fractions(numerator, denominator, band):
    assert band_of(numerator, denominator, TARGET, CLOSE_BY) is band


def test_a_part_without_numbers_is_plain_data_too():
    part = Part("partnership", "Partnership", Band.MET, "You are there.")

    assert part.as_json() == {
        "key": "partnership",
        "title": "Partnership",
        "band": "MET",
        "sentence": "You are there.",
        "numerator": None,
        "denominator": None,
        "exact": None,
        "percent": None,
        "target": None,
    }
    assert Score("1", Overall.GREEN, (part,)).part("partnership") is part
