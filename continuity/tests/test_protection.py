"""Nothing that is hidden of an audit can be worked out from all that one reader sees of it."""

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


def test_where_two_pairs_are_hidden_what_they_are_together_is_not_shown_if_it_tells_them():
    pages = pages_of(kept_of({"North": people(9), "South": people(9, 9)}))
    seen, _ = pages[TOGETHER]

    assert seen.measure("M01").said == NOT_SHOWN
    assert pages["North"][0].measure("M01").said == "Hidden"
    assert not Attacker(pages).recovered


def test_the_attack_works_where_everything_is_printed_by_itself(monkeypatch):
    """As a measure of the attacker: each cell protected alone lets it find what is hidden."""
    monkeypatch.setattr("continuity.protection.Protection._problems", lambda self, low, high: [])

    assert sum(len(attack(seed).recovered) for seed in range(3)) > 10


@pytest.mark.parametrize("seed", [0, 1, 98, 107])
def test_nothing_hidden_can_be_worked_out_from_all_that_is_seen(seed):
    found = attack(seed)

    assert not found.wrong and found.hidden
    assert found.recovered == {}


@pytest.mark.prove
def test_nothing_hidden_can_be_worked_out_of_hundreds_of_audits():
    assert {seed: found for seed in range(300) if (found := attack(seed).recovered)} == {}
