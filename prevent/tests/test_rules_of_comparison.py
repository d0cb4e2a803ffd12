"""PRV-W08 and PRV-W15: a return beside those of similar providers, and beside the provider's own chart."""

from datetime import date
from fractions import Fraction

import pytest

from prevent.tests.factories import make_answers, make_context
from prevent.tests.test_rules import fields, problems, speaks
from returns.statistics import Peers, Pooled

# PRV-W08: the need for level 3 lies within the funnel of similar providers in the region or in the country


def among(region=(240, 1000, 5), nation=(2600, 10_000, 30), **changes):
    """A context whose peers have these shares who need level 3: (numerator, denominator, organisations, spread)."""
    region, nation = (Pooled(*figures) if figures else None for figures in (region, nation))
    peers = Peers("Quarter 1 2025 to 2026 (April to June)", date(2025, 6, 30), region, nation)
    return make_context(peers={"l3_share": peers}, **changes)


@pytest.mark.parametrize("level_3", [800, 2500])  # of 5,000; the limits are 22.2 to 25.9 and 24.1 to 27.9 %
def test_w08_the_need_lies_outside_both_funnels(level_3):
    assert fields("PRV-W08", among(), l3_required=level_3) == [("l3_required", "staff_total")]


@pytest.mark.parametrize("level_3", [1150, 1250, 1350])
def test_w08_is_silent_inside_either_funnel(level_3):
    assert not speaks("PRV-W08", among(), l3_required=level_3)


def test_w08_allows_a_small_provider_more():
    assert speaks("PRV-W08", among(), staff_total=5000, l3_required=1750)
    assert not speaks("PRV-W08", among(), staff_total=20, l3_required=7)


@pytest.mark.parametrize("missing", [{"region": None}, {"region": (240, 1000, 2)}, {"nation": (2600, 10_000, 2)}])
def test_w08_is_silent_without_enough_peers(missing):
    assert not speaks("PRV-W08", among(**missing), l3_required=2500)
    assert not speaks("PRV-W08", l3_required=2500)


def test_w08_says_the_peers_with_their_number_and_date():
    (problem,) = problems("PRV-W08", make_answers(l3_required=2500), among())

    assert problem.message == (
        "50.0 % – 2,500 of 5,000 staff in post need level 3 training. Among providers of the same kind it was 24.0 % "
        "(of 5) in the region and 26.0 % (of 30) in the country, Quarter 1 2025 to 2026 (April to June): chance alone "
        "does not explain the difference. What does?"
    )


def test_w08_widens_the_funnel_by_the_spread_of_peers_where_the_standard_says_so():
    spread_out = {"region": (240, 1000, 5, 0.05), "nation": (2600, 10_000, 30, 0.05)}

    assert speaks("PRV-W08", among(**spread_out), l3_required=2500)
    assert not speaks("PRV-W08", among(**spread_out, standards={"peer_limits": "widened"}), l3_required=2500)


# PRV-W15: the provider's own chart shows no change for the worse


def with_earlier(*percents, measure="training_l3", **changes):
    shares = tuple(None if percent is None else Fraction(percent, 100) for percent in percents)
    return make_context(earlier={measure: shares}, **changes)


def test_w15_a_share_falls_below_its_own_lower_limit():
    (problem,) = problems("PRV-W15", make_answers(l3_compliant=960), with_earlier(*[90, 91] * 6))

    assert problem.fields == ("l3_compliant", "l3_required")
    assert problem.message == (
        "Level 3 training: 80.0 % – 960 of 1,200. This is below the lower limit; usual is 87.8 % to 93.2 %. "
        "What happened?"
    )


def test_w15_a_run_below_the_average():
    context = with_earlier(*[94, 96] * 6, *[94] * 6)

    assert "part of a run below the average" in problems("PRV-W15", make_answers(l3_compliant=1128), context)[0].message


@pytest.mark.parametrize(
    "earlier",
    [
        (99, 98, 99),  # too few for limits
        (70, 71, 70, 71, 70),  # better than ever
        (91, 92, 91, 92, 91),  # usual variation
        (None,) * 13,
        (None, 99, None, 98, None, 99, None, 99, None, 98, None),  # no two stand side by side
    ],
)
def test_w15_is_silent(earlier):
    assert not speaks("PRV-W15", with_earlier(*earlier), l3_compliant=1092)


def test_w15_is_silent_where_more_is_neither_better_nor_worse():
    assert not speaks("PRV-W15", with_earlier(*[50, 51] * 6, measure="l3_share"))


def test_w15_speaks_once_for_each_share():
    context = make_context(
        earlier={name: (Fraction(9, 10), Fraction(91, 100)) * 6 for name in ("training_l12", "training_l3")}
    )

    assert fields("PRV-W15", context, l12_compliant=1900, l3_compliant=600) == [
        ("l12_compliant", "l12_required"),
        ("l3_compliant", "l3_required"),
    ]
