"""Shares over time, kept as counts."""

from fractions import Fraction

from returns.statistics import Shares, floats_of

COUNTS = [(1, 2), None, (3, 4), (1, 0), (None, 4)]


def test_a_share_is_an_exact_fraction_where_it_is_looked_at_and_none_where_there_is_none():
    shares = Shares(COUNTS)

    assert list(shares) == [Fraction(1, 2), None, Fraction(3, 4), None, None]
    assert list(shares[-3:]) == list(shares)[-3:]
    assert (len(shares), shares[2]) == (5, Fraction(3, 4))


def test_as_floats_they_are_the_same_however_they_are_kept():
    assert floats_of(Shares(COUNTS)) == floats_of(tuple(Shares(COUNTS))) == [0.5, None, 0.75, None, None]
