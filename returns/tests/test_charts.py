"""What charts say and how they are drawn. The golden figures are those of the published packages and papers."""

import re
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns import charts
from returns.charts import Limits, Meaning, Member, Point, Rebase, Rule, Signal, Standing
from returns.return_type import Direction, Unit

VIGNETTE = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]
SVG = "{http://www.w3.org/2000/svg}"


def points(*values, target=None):
    first = date(2020, 3, 31)
    return [
        Point(first + timedelta(days=91 * index), f"Quarter {index}", f"Q{index}", value, target)
        for index, value in enumerate(values)
    ]


def steady(number):
    """Figures that go up and down about 10.5 and show nothing."""
    return [10 + index % 2 for index in range(number)]


def rules(values, limits=None, **lengths):
    limits = limits or Limits(mean=Fraction(10), spread=Fraction(3))
    return [signal and signal.rule for signal in charts.signals_in(values, limits, **lengths)]


# Limits


def test_limits_are_those_of_the_spreadsheet_and_screened_those_of_the_package():
    raw, screened = charts.limits_of(VIGNETTE), charts.limits_of(VIGNETTE, screened=True)

    assert float(raw.mean) == float(screened.mean) == pytest.approx(1.9444, abs=5e-5)
    assert (float(raw.lower), float(raw.upper)) == pytest.approx((-3.0626, 6.9515), abs=5e-5)
    assert (float(screened.lower), float(screened.upper)) == pytest.approx((-0.7156, 4.6044), abs=5e-5)


def test_limits_lock_with_the_twelfth_figure():
    locked = charts.limits_of(VIGNETTE, locked_at=12)

    assert locked == charts.limits_of(VIGNETTE[:12])
    assert (float(locked.mean), float(locked.lower), float(locked.upper)) == pytest.approx(
        (2.1667, -4.1206, 8.4539), abs=5e-5
    )
    assert charts.limits_of(VIGNETTE[:11], locked_at=12) == charts.limits_of(VIGNETTE[:11])


def test_a_gap_is_not_jumped():
    limits = charts.limits_of([1, 2, None, 100, 101, 102])

    assert limits.spread == Fraction("2.66")


@pytest.mark.parametrize(
    ("number", "drawn", "trial"), [(4, False, None), (5, True, True), (11, True, True), (12, True, False)]
)
def test_limits_need_five_figures_and_settle_with_twelve(number, drawn, trial):
    limits = charts.limits_of([*steady(number), None])

    assert (limits is not None) is drawn
    assert not drawn or limits.is_trial is trial


def test_figures_that_never_stand_side_by_side_have_no_limits():
    assert charts.limits_of([1, None] * 6) is None


def test_screening_leaves_something_where_nothing_varies():
    assert charts.limits_of([7] * 6, screened=True) == Limits(Fraction(7), Fraction(0), is_trial=True)


# The four rules


@given(st.lists(st.one_of(st.none(), st.integers(0, 12)), min_size=1, max_size=30), st.integers(1, 12))
def test_what_is_quickly_found_usual_shows_no_signal_on_the_low_side(counts, last):
    values = [count if count is None else Fraction(count, 12) for count in [*counts, last]]
    limits = charts.limits_of(values, locked_at=12)
    signal = limits and charts.signals_in(values, limits)[-1]

    assert not signal or signal.is_high or charts.may_be_low(values)


@given(st.lists(st.one_of(st.none(), st.integers(0, 4)), min_size=1, max_size=30), st.integers(0, 4))
def test_the_signal_at_the_end_is_the_one_that_the_whole_chart_shows_there(counts, last):
    values = [*counts, last]
    limits = charts.limits_of(values, locked_at=12)

    assert limits is None or charts.signal_at_the_end(values, limits) == charts.signals_in(values, limits)[-1]


def test_a_plain_fall_is_not_found_usual():
    assert charts.may_be_low([Fraction(9, 10), Fraction(91, 100)] * 6 + [Fraction(1, 2)])
    assert not charts.may_be_low([Fraction(9, 10), Fraction(91, 100)] * 6 + [Fraction(91, 100)])


def test_a_figure_on_a_limit_is_not_outside():
    assert rules([13, 7, 10]) == [None] * 3
    assert rules([Fraction(1301, 100), Fraction(699, 100)]) == [Rule.OUTSIDE] * 2


def test_a_trend_is_seven_figures_that_strictly_rise_or_fall():
    rising = [Fraction(n, 10) + 8 for n in range(0, 28, 4)]

    assert rules(rising) == rules(rising[::-1]) == [Rule.TREND] * 7
    assert rules(rising[:6]) == [None] * 6
    assert rules(rising[:6], trend=6) == [Rule.TREND] * 6
    assert rules([*rising[:4], rising[3], *rising[4:]]) == [None] * 8  # a tie
    assert rules([*rising[:4], None, *rising[4:]]) == [None] * 8


def test_a_shift_is_seven_figures_on_one_side_of_the_mean():
    above = [11, 12] * 3

    assert rules([*above, 11]) == [Rule.SHIFT] * 7
    assert rules(above) == [None] * 6
    assert rules(above, shift=6) == [Rule.SHIFT] * 6
    assert rules([*above, 10, 11]) == [None] * 8  # on the mean
    assert rules([*above, None, 11]) == [None] * 8


@pytest.mark.parametrize(
    ("values", "flagged"),
    [
        ([Fraction(25, 2), 11, Fraction(25, 2)], [0, 2]),
        ([Fraction(15, 2), Fraction(15, 2), 9], [0, 1]),
        ([Fraction(25, 2), 9, Fraction(25, 2)], []),  # not all on one side
        ([Fraction(25, 2), 10, Fraction(25, 2)], []),
        ([12, 11, 12], []),  # two sigma exactly is not beyond it
        ([Fraction(25, 2), None, Fraction(25, 2)], []),
    ],
)
def test_of_two_in_three_near_a_limit_only_the_two_are_flagged(values, flagged):
    assert rules(values) == [Rule.TWO_OF_THREE if index in flagged else None for index in range(3)]


def test_the_first_rule_that_applies_names_the_point():
    rising_above_the_mean = [11 + Fraction(n, 2) for n in range(7)]

    assert rules(rising_above_the_mean) == [Rule.TREND] * 5 + [Rule.OUTSIDE] * 2


@pytest.mark.parametrize(
    ("direction", "high", "low"),
    [
        (Direction.INCREASE, Meaning.IMPROVEMENT, Meaning.CONCERN),
        (Direction.DECREASE, Meaning.CONCERN, Meaning.IMPROVEMENT),
        (Direction.NEUTRAL, Meaning.CHANGE, Meaning.CHANGE),
    ],
)
def test_what_a_signal_means_depends_on_where_better_lies(direction, high, low):
    assert charts.meaning_of(Signal(Rule.SHIFT, True), direction) is high
    assert charts.meaning_of(Signal(Rule.SHIFT, False), direction) is low


def test_limits_begin_anew_at_a_recorded_date():
    values = points(*steady(6), *(value + 100 for value in steady(6)))
    chart = charts.xmr(values, rebases=[Rebase(values[6].on, "A new way of counting")])

    assert [(part.start, part.stop, part.reason) for part in chart.segments] == [
        (0, 6, ""),
        (6, 12, "A new way of counting"),
    ]
    assert [part.limits.mean for part in chart.segments] == [Fraction(21, 2), Fraction(221, 2)]
    assert not any(chart.signals)
    assert any(charts.xmr(values).signals)


def test_a_chart_says_which_figures_its_limits_count():
    values = points(*steady(18))
    rebased = [Rebase(values[5].on, "A merger")]

    assert "The limits are those of the first 12 figures." in charts.xmr(values, locked_at=12).sentences
    assert (
        "The limits are those of the first 12 figures since Quarter 5."
        in charts.xmr(values, locked_at=12, rebases=rebased).sentences
    )
    assert "The limits count the figures since Quarter 5." in charts.xmr(values, rebases=rebased).sentences
    assert len(charts.xmr(values).sentences) == 1


def test_a_rebase_outside_the_figures_changes_nothing():
    values = points(*steady(6))

    assert charts.xmr(values, rebases=[Rebase(date(1999, 1, 1), ""), Rebase(date(2099, 1, 1), "")]) == charts.xmr(
        values
    )


@pytest.mark.parametrize(
    ("target", "says"), [(5, "consistently met"), (30, "consistently missed"), (10, "met in some")]
)
def test_the_target_is_judged_by_the_limits_that_hold_now(target, says):
    chart = charts.xmr(points(*steady(12), target=target), direction=Direction.INCREASE)

    assert says in " ".join(chart.sentences)
    assert "target" not in " ".join(charts.xmr(points(*steady(12), target=target)).sentences)
    changing = charts.xmr(points(*steady(12), 90, target=target), direction=Direction.INCREASE)
    assert "target" not in " ".join(changing.sentences)


def test_a_target_that_is_always_just_met_is_met():
    chart = charts.xmr(points(*[100] * 12, target=100), direction=Direction.INCREASE)

    assert "consistently met" in chart.sentences[-1]


def test_a_chart_says_what_its_latest_figure_shows():
    chart = charts.xmr(points(*steady(12), 30), direction=Direction.INCREASE)

    assert chart.sentences == ["Improvement: above the upper limit."]
    assert charts.xmr(points(*steady(12))).sentences == ["Usual variation."]
    assert "Trial limits" in " ".join(charts.xmr(points(*steady(5))).sentences)
    assert "drawn from 5 on" in " ".join(charts.xmr(points(1, 2)).sentences)
    assert charts.xmr(points(None)).sentences == ["There are no figures yet."]


# Funnel plots


@pytest.mark.parametrize(
    ("size", "near", "far"),
    [
        (100, (0.7738, 0.9128), (0.7248, 0.9420)),
        (1000, (0.8272, 0.8714), (0.8135, 0.8832)),
        (5000, (0.8400, 0.8598), (0.8341, 0.8653)),
    ],
)
def test_funnel_limits_at_85_percent(size, near, far):
    for z, expected in ((charts.BANDS["95 %"], near), (charts.BANDS["99.8 %"], far)):
        assert charts.funnel_limits(Fraction(85, 100), size, z) == pytest.approx(expected, abs=1e-4)


def test_a_funnel_stands_round_the_pooled_share_of_those_that_count_anybody():
    plot = charts.funnel([Member("A", 85, 100), Member("B", 0, 0), Member("C", 765, 900)])

    assert plot.centre == Fraction(85, 100)
    assert [member.name for member in plot.members] == ["A", "C"]


def test_who_lies_outside_is_said_at_both_limits():
    plot = charts.funnel([], centre=Fraction(85, 100))

    found = [plot.standing(Member("", share, 1000)) for share in (850, 825, 810, 875, 890)]

    assert found == [Standing.WITHIN, Standing.ALERT, Standing.ALARM, Standing.ALERT, Standing.ALARM]


@pytest.mark.parametrize(
    ("size", "near", "far"),
    [
        # exp(log(2 per 1,000) ± z × sqrt(1/expected + 1/size)); expected are 2, 10 and 100
        (1000, (0.4995, 8.0080), (0.2244, 17.8224)),
        (5000, (1.0754, 3.7194), (0.7520, 5.3193)),
        (50_000, (1.6437, 2.4335), (1.4679, 2.7250)),
    ],
)
def test_limits_of_a_rate_are_those_of_a_ratio_of_two_counts(size, near, far):
    for z, expected in zip(charts.BANDS.values(), (near, far), strict=True):
        found = charts.funnel_limits(Fraction(2, 1000), size, z, scale=charts.RATES)
        assert [1000 * limit for limit in found] == pytest.approx(expected, abs=5e-5)


def test_a_rate_may_pass_one_and_nobody_counted_is_no_alarm_for_the_small():
    members = [Member("Small", 0, 1000), Member("Large", 0, 50_000), Member("Busy", 30, 1000)]
    plot = charts.funnel(members, centre=Fraction(1, 500), scale=charts.RATES)

    assert [plot.standing(member) for member in members] == [Standing.WITHIN, Standing.ALARM, Standing.ALARM]
    assert plot.shown(Member("More than one each", 30, 10)) == 3


def test_where_nobody_counted_anything_a_rate_has_no_limits():
    plot = charts.funnel([Member("A", 0, 100), Member("B", 0, 900)], adjusted=True, scale=charts.RATES)

    assert [plot.standing(member) for member in plot.members] == [Standing.WITHIN] * 2
    ElementTree.fromstring(charts.draw_funnel(plot, key="k", title="T", unit=Unit.RATE, times=1000))


def test_over_dispersion_widens_the_limits_only_where_organisations_differ_beyond_chance():
    alike = [Member(str(n), 8500 + n, 10000) for n in range(20)]
    apart = [Member(str(n), 7000 + 150 * n, 10000) for n in range(20)]

    assert charts.funnel(alike, adjusted=True).tau2 == 0
    adjusted = charts.funnel(apart, adjusted=True)
    assert adjusted.tau2 > 0
    assert Standing.ALARM not in {adjusted.standing(member) for member in apart}
    assert Standing.ALARM in {charts.funnel(apart).standing(member) for member in apart}


# Drawing


def parsed(drawing):
    """The drawing as XML, none of whose places is not a number."""
    picture = ElementTree.fromstring(drawing)
    for element in picture.iter():
        for name in ("d", "x", "y", "transform"):
            assert not {"nan", "inf"} & set(re.findall("[a-z]{3}", element.get(name, "").replace("translate", "")))
    return picture


def heights(picture):
    return sorted(float(text.get("y")) for text in picture.iter(f"{SVG}text") if text.get("class").startswith("end"))


def test_a_drawing_names_and_describes_itself_without_styles():
    chart = charts.xmr(points(*(Fraction(860 + n, 10) for n in steady(12)), target=85), direction=Direction.INCREASE)
    drawing = charts.draw_xmr(chart, key="training", title="Training <&>")

    picture = parsed(drawing)
    assert picture.get("role") == "img"
    assert picture.find(f"{SVG}title").text == "Training <&>"
    assert picture.get("aria-labelledby") == picture.find(f"{SVG}title").get("id")
    assert "12 figures from Quarter 0 to Quarter 11" in picture.find(f"{SVG}desc").text
    assert "style" not in drawing and "fill=" not in drawing


def test_limits_of_a_percentage_are_drawn_within_0_and_100_and_judged_beyond():
    chart = charts.xmr(points(90, 100, 90, 100, 90, 100))

    labels = [text.text for text in parsed(charts.draw_xmr(chart, key="a", title="A")).iter(f"{SVG}text")]

    assert chart.limits.upper > 100
    assert "Upper 100.0 %" in labels
    assert not any(chart.signals)


def test_a_sign_has_a_shape_as_well_as_a_colour():
    assert len({charts.SIGNS[meaning] for meaning in (None, *Meaning)}) == 4
    assert len({charts.SIGNS[standing] for standing in Standing}) == 3


def test_labels_of_lines_that_lie_close_do_not_collide():
    picture = parsed(charts.draw_xmr(charts.xmr(points(*[85] * 12, target=85)), key="a", title="A"))

    assert all(below - above >= charts.LINE - 0.2 for above, below in pairwise(heights(picture)))


@given(wanted=st.lists(st.floats(-50, 300), max_size=5))
def test_labels_keep_their_order_and_their_distance(wanted):
    places = charts.spread(wanted, 14, 12, 196)

    assert all(12 <= place <= 196 for place in places)
    assert all(below - above >= 14 - 1e-9 for above, below in pairwise(sorted(places)))
    assert [place for _, place in sorted(zip(wanted, places, strict=True))] == sorted(places)


COUNTS = st.integers(0, 9_999_999)
VALUES = st.one_of(st.none(), COUNTS, st.builds(Fraction, COUNTS, st.integers(1, 9_999_999)))
WORDS = st.text(max_size=20)


@given(
    values=st.lists(st.tuples(VALUES, st.one_of(st.none(), COUNTS)), max_size=30),
    unit=st.sampled_from(Unit),
    direction=st.sampled_from(Direction),
    words=WORDS,
    screened=st.booleans(),
    rebased=st.integers(0, 30),
)
def test_any_figures_give_a_well_formed_drawing(values, unit, direction, words, screened, rebased):
    first = date(2020, 1, 1)
    series = [
        Point(first + timedelta(days=index), words, words[:8], value, target)
        for index, (value, target) in enumerate(values)
    ]
    rebases = [Rebase(first + timedelta(days=rebased), words)]

    chart = charts.xmr(series, unit=unit, direction=direction, screened=screened, rebases=rebases)

    parsed(charts.draw_xmr(chart, key="any", title=words))
    assert len(chart.signals) == len(series)


@given(
    members=st.lists(st.builds(Member, WORDS, COUNTS, COUNTS), max_size=30),
    centre=st.one_of(st.none(), st.fractions(0, 1)),
    adjusted=st.booleans(),
)
def test_any_members_give_a_well_formed_funnel(members, centre, adjusted):
    plot = charts.funnel(members, centre=centre, adjusted=adjusted)

    parsed(charts.draw_funnel(plot, key="any", title="Any"))


@given(centre=st.fractions(0, 1), size=st.integers(1, 9_999_999), tau2=st.floats(0, 10))
def test_funnel_limits_hold_the_centre_and_stay_within_0_and_1(centre, size, tau2):
    low, high = charts.funnel_limits(centre, size, charts.BANDS["99.8 %"], tau2)

    assert 0 <= low <= float(centre) + 1e-9 and float(centre) - 1e-9 <= high <= 1
