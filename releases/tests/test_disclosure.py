"""What of a table may be shown, and what an attacker who knows the policy can work out."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releases.disclosure import POLICIES, Dimension, MayNotBeShown, Table, percentage, protect_table
from releases.disclosure.attacker import Attacker

HES, TEN, NONE = (POLICIES[name] for name in ("HES-1-7-R5", "TEN-R5-ZERO", "NONE-WORKFORCE"))


def square(*rows, total="Total", unit="people"):
    """A table of two dimensions from rows of counts."""
    down = Dimension("row", tuple(f"r{n}" for n in range(len(rows))), total)
    across = Dimension("column", tuple(f"c{n}" for n in range(len(rows[0]))), total)
    cells = {(f"r{n}", f"c{m}"): count for n, row in enumerate(rows) for m, count in enumerate(row)}
    return Table((down, across), cells, unit)


def line(*counts, total="Total", groups=None):
    codes = tuple("ABCDEFGH"[: len(counts)])
    return Table(
        (Dimension("area", codes, total, groups or {}),), {(c,): n for c, n in zip(codes, counts, strict=True)}
    )


@pytest.mark.parametrize(
    ("policy", "shown"),
    [
        (HES, {0: 0, 1: None, 7: None, 8: 10, 12: 10, 13: 15, 17: 15, 18: 20}),
        (TEN, {0: None, 9: None, 10: 10, 12: 10, 13: 15, 1_002: 1_000, 1_003: 1_005}),
        (NONE, {0: 0, 1: 1, 13: 13}),
    ],
    ids=["HES", "TEN", "NONE"],
)
def test_what_a_policy_shows(policy, shown):
    assert {count: policy.shows(count) for count in shown} == shown


@pytest.mark.parametrize("policy", [HES, TEN, NONE], ids=["HES", "TEN", "NONE"])
def test_what_a_shown_value_can_have_been_is_what_shows_it(policy):
    for count in range(300):
        low, high = policy.could_be(policy.shows(count))
        assert [n for n in range(310) if policy.shows(n) == policy.shows(count)] == list(range(low, high + 1))


def test_totals_and_groups_are_rounded_from_the_counts_themselves():
    found = protect_table(line(11, 12, 13, groups={"First two": ("A", "B")}), TEN)

    assert found.values == {("A",): 10, ("B",): 10, ("C",): 15, ("First two",): 25, ("Total",): 35}
    assert found.hidden == 0 and found.audit.narrowest is None and found.audit.passed


def test_a_dimension_without_a_total_publishes_none():
    assert list(protect_table(line(11, 12, total=None), TEN).values) == [("A",), ("B",)]


def test_a_hidden_cell_says_why():
    found = protect_table(line(3, 40), HES).as_json()

    assert found["cells"][0] == {"at": ["A"], "value": None, "reason": "primary"}
    assert found["cells"][1] == {"at": ["B"], "value": 40}
    assert (found["policy"], found["policy_version"], found["hidden"]) == ("HES-1-7-R5", "1", 1)


def test_the_published_leak_is_seen_and_a_merge_proposed():
    """0 * / * * with totals *, 15, *, * and 15 can only be 0 1 / 7 6."""
    with pytest.raises(MayNotBeShown, match="6 of 6 hidden cells can be worked out") as refused:
        protect_table(square((0, 1), (7, 6)), HES)

    assert refused.value.merge == [["c0", "c1"]]


def test_hidden_cells_that_a_total_gives_away_are_refused_under_the_stricter_policy():
    with pytest.raises(MayNotBeShown, match="can be worked out"):
        protect_table(line(9, 9), TEN)


def test_a_hidden_cell_must_have_three_values_under_the_stricter_policy():
    assert protect_table(line(9, 9, 50), TEN).audit.narrowest == 3
    with pytest.raises(MayNotBeShown, match="A hidden cell can have only 2 values. It needs 3."):
        protect_table(line(9, 9, 52, 52, 52), TEN)


def test_merging_goes_on_until_the_table_can_be_shown():
    table = square((9, 9, 9), (9, 9, 9))

    with pytest.raises(MayNotBeShown) as refused:
        protect_table(table, TEN)

    for codes in refused.value.merge:
        place = 0 if codes[0].startswith("r") else 1
        table = table.merged(place, tuple(codes))
    assert protect_table(table, TEN).audit.passed


def test_groups_keep_their_members_when_codes_are_merged():
    table = line(1, 2, 30, 40, groups={"Small": ("A", "B")})

    merged = table.merged(0, ("A", "B"))

    assert merged.dimensions[0].codes == ("A and B", "C", "D")
    assert merged.counts[("Small",)] == 3 and merged.counts[("Total",)] == 73


def test_workforce_counts_are_shown_as_they_are_and_nothing_else_is():
    assert protect_table(square((1, 2), (3, 4), unit="workforce"), NONE).values["r0", "Total"] == 3
    with pytest.raises(MayNotBeShown, match="only for counts of organisations or workforce, not of people"):
        protect_table(square((1, 2), (3, 4)), NONE)


def test_percentages_come_from_what_is_shown():
    assert percentage(10, 15) == 66.7
    assert percentage(15, 10) == 100.0
    assert percentage(None, 15) is None and percentage(10, None) is None and percentage(0, 0) is None


COUNTS = st.integers(0, 16)


@settings(max_examples=60, deadline=None)
@given(st.tuples(COUNTS, COUNTS, COUNTS, COUNTS), st.sampled_from([HES, TEN]))
def test_the_attacker_finds_exactly_what_trying_everything_finds(counts, policy):
    table = square(counts[:2], counts[2:])
    attacker = Attacker(table, policy)
    inner = list(table.cells)
    possible = {at: set() for at in attacker.hidden}
    ranges = [range(low, high + 1) for low, high in (policy.could_be(policy.shows(table.cells[at])) for at in inner)]

    for guess in product(*ranges):
        guessed = Table(table.dimensions, dict(zip(inner, guess, strict=True))).counts
        if all(policy.shows(guessed[at]) == shown for at, shown in attacker.shown.items()):
            for at in possible:
                possible[at].add(guessed[at])

    assert {at: attacker.values_left(at) for at in attacker.hidden} == {
        at: len(found) for at, found in possible.items()
    }


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=2, max_size=4), st.sampled_from([HES, TEN])
)
def test_what_is_shown_never_gives_a_hidden_cell_away(rows, policy):
    table = square(*rows)
    try:
        found = protect_table(table, policy)
    except MayNotBeShown:
        return

    assert found.audit.narrowest is None or found.audit.narrowest >= policy.least_values
    assert found == protect_table(table, policy)
    for at, value in found.values.items():
        assert value == policy.shows(table.counts[at])
