"""Arithmetic on counts: exact inside, one decimal half up outside."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.statistics import change, is_within, percent, percent_text, points_text, rate_text, share

COUNTS = st.integers(0, 9_999_999)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(3400, 3900, "87.2"), (1, 16, "6.3"), (1, 80, "1.3"), (0, 5, "0.0"), (5, 5, "100.0"), (2, 3, "66.7")],
)
def test_percent_is_rounded_half_up(numerator, denominator, expected):
    assert percent(numerator, denominator) == Decimal(expected)


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 0), (5, 0), (None, 5), (5, None), (None, None)])
def test_there_is_no_share_without_a_denominator(numerator, denominator):
    assert share(numerator, denominator) is None
    assert percent(numerator, denominator) is None
    assert percent_text(numerator, denominator) == ""


@given(numerator=COUNTS, denominator=COUNTS.filter(bool))
def test_percent_is_never_further_than_half_a_tenth_from_the_exact_share(numerator, denominator):
    exact = 100 * Fraction(numerator, denominator)

    assert Fraction(-1, 20) <= exact - Fraction(percent(numerator, denominator)) < Fraction(1, 20)


@given(now=COUNTS, before=COUNTS)
def test_a_change_is_within_a_tolerance_exactly_when_the_relative_change_is(now, before):
    relative = change(now, before)

    expected = now == 0 if relative is None else abs(relative) <= Fraction(1, 10)
    assert is_within(now, before, Fraction(1, 10)) is expected


def test_figures_are_written_as_people_read_them():
    assert percent_text(3400, 3900) == "87.2 % – 3,400 of 3,900"
    assert rate_text(Fraction(85, 100)) == "85 %"
    assert rate_text(Fraction(1, 8)) == "12.5 %"
    assert points_text(Fraction(5, 100)) == "5 points"
