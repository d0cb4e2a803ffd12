"""Nothing that is hidden of an audit can be worked out from all that one reader sees of it."""

from collections import Counter

import pytest

from continuity.analyses import TOGETHER
from continuity.figures import NOT_SHOWN
from continuity.tests.an_attack import Attacker, attack, kept_of, pages_of
from continuity.tests.audits_made import referral


def people(number, first=0, **answers):
    return [referral(each, P02=f"S{each:04}", **answers) for each in range(first, first + number)]


def test_two_groups_of_nine_are_not_shown_beside_their_total():
    """18 are printed as 20, so 18 at least: of two groups under ten each has nine."""
    pages = pages_of(kept_of({"North": [*people(9), *people(9, 9, P04="Female")]}))
    seen, _ = pages[TOGETHER]

    assert seen.measure("M01").denominator == 20
    assert seen.breakdown("sex", "M01").parts == ()
    assert not Attacker(pages).recovered


def test_a_pair_that_is_large_enough_is_broken_down_as_well():
    pages = pages_of(kept_of({"North": [*people(30), *people(20, 30, P04="Female")], "South": people(12, 50)}))
    by_sex = {view: seen.breakdown("sex", "M01").parts for view, (seen, _) in pages.items()}

    shown = [(part.label, part.figure.numerator) for part in by_sex["North"]]
    assert shown == [("Male", 30), ("Female", 20), ("Unknown", None)]
    assert pages["North"][0].breakdown("la", "M01").parts[0].figure.said == "100.0\u00a0% – 50 of 50"
    assert not Attacker(pages).recovered


def test_of_two_hidden_pairs_that_are_shown_together_one_is_not_even_called_hidden():
    """18 are printed as 20, so 18 at least: of two pairs under ten each has nine."""
    pages = pages_of(kept_of({"North": people(9), "South": people(9, 9)}))

    assert pages[TOGETHER][0].measure("M01").said == "100.0\u00a0% – 20 of 20"
    assert {pages[pair][0].measure("M01").said for pair in ("North", "South")} == {"Hidden", NOT_SHOWN}
    assert not Attacker(pages).recovered


def test_the_attack_works_where_everything_is_printed_by_itself(monkeypatch):
    """As a measure of the attacker: each cell protected alone lets it find what is hidden."""
    monkeypatch.setattr("releases.disclosure.linked.Reader.knows_too_much", False)

    assert sum(len(attack(seed).recovered) for seed in range(3)) > 10


@pytest.mark.parametrize("seed", [0, 1, 98, 107])
def test_nothing_hidden_can_be_worked_out_from_all_that_is_seen(seed):
    found = attack(seed)

    assert not found.wrong and found.hidden
    assert found.recovered == {}


@pytest.mark.parametrize("seed", [98, 107, 176])
def test_what_must_be_withheld_is_withheld_of_the_pairs_rather_than_of_what_is_counted_together(seed):
    """In these audits the whole page was once withheld, or steps of its funnel, to protect a pair."""
    useful = attack(seed).useful

    assert useful["funnel"]["shown"] and not useful["funnel"]["withheld"]
    assert useful["together"]["withheld"] <= 2 and useful["pairs"]["withheld"] <= 16


@pytest.mark.prove
def test_nothing_hidden_can_be_worked_out_of_hundreds_of_audits_and_nearly_all_that_is_large_is_shown():
    total = Counter()
    for seed in range(300):
        found = attack(seed)
        assert found.recovered == {}, seed
        total.update({(where, name): count for where, seen in found.useful.items() for name, count in seen.items()})

    assert total["funnel", "withheld"] == 0
    assert total["together", "withheld"] < 0.002 * total["together", "shown"]
    assert total["pairs", "withheld"] < 0.01 * total["pairs", "shown"]
