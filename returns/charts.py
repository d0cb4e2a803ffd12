"""XmR charts and funnel plots: what they say, and the SVG that shows it. Pure functions of figures.

XmR is read as NHS England's Making Data Count reads it (the code of `NHSRplotthedots`); funnel limits are those of
Spiegelhalter (2005), Statistics in Medicine 24:1185–1202, with arcsine limits as in `FunnelPlotR`. Figures are compared as
exact fractions and become floats only where they are drawn. Looks belong to the style sheet: no colour stands here, and
every sign that has a colour has a shape or a word of its own.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from itertools import groupby, pairwise
from statistics import quantiles
from xml.sax.saxutils import escape, quoteattr

from returns.return_type import Direction, Unit

SIGMAS = Fraction("2.66")  # three sigma, in mean moving ranges
FREAK = Fraction("3.267")  # a moving range of so many means can be screened out
LIMITS_FROM, SETTLED_FROM = 5, 12  # points
RUN = 7  # points of a shift or of a trend, as the package counts them
BOUNDS = {Unit.PERCENT: (0, 100), Unit.COUNT: (0, None), Unit.RATE: (0, None)}


# XmR: figures over time


@dataclass(frozen=True)
class Point:
    """A figure of a period that ended `on` that day; None where there is none. `short` stands on the axis."""

    on: date
    label: str
    short: str
    value: Fraction | int | None
    target: Fraction | int | None = None


@dataclass(frozen=True)
class Rebase:
    """From this day on the limits are worked out anew, because the process is known to have changed."""

    on: date
    reason: str


@dataclass(frozen=True)
class Limits:
    mean: Fraction
    spread: Fraction
    is_trial: bool = False

    @cached_property
    def upper(self):
        return self.mean + self.spread

    @cached_property
    def lower(self):
        return self.mean - self.spread

    @cached_property
    def two_sigma(self):
        """The bounds beyond which a figure is near a limit."""
        return self.mean - self.spread * 2 / 3, self.mean + self.spread * 2 / 3

    def side(self, value):
        """1 above the mean, -1 below, 0 on it."""
        return (value > self.mean) - (value < self.mean)

    def is_outside(self, value):
        return not self.lower <= value <= self.upper

    def is_near_a_limit(self, value):
        """Beyond two sigma, yet not outside."""
        low, high = self.two_sigma
        return not low <= value <= high and not self.is_outside(value)


class Rule(StrEnum):
    """The four rules; a point that several apply to is called by the first."""

    OUTSIDE = "outside a limit"
    TREND = "a trend"
    TWO_OF_THREE = "two of three near a limit"
    SHIFT = "a shift"


@dataclass(frozen=True)
class Signal:
    rule: Rule
    is_high: bool

    def __str__(self):
        """What the figure shows, in words that follow "this is"."""
        return SIGNALS_SAID[self.rule][not self.is_high]


SIGNALS_SAID = {
    Rule.OUTSIDE: ("above the upper limit", "below the lower limit"),
    Rule.TREND: ("part of a steady rise", "part of a steady fall"),
    Rule.TWO_OF_THREE: ("two of three near the upper limit", "two of three near the lower limit"),
    Rule.SHIFT: ("part of a run above the average", "part of a run below the average"),
}


class Meaning(StrEnum):
    IMPROVEMENT = "improvement"
    CONCERN = "concern"
    CHANGE = "change"


def over_one_denominator(shares):
    """Shares (exact, or None) as whole numbers, and the number that is one whole. What a chart says of them is the same, and
    it is found without a fraction for each sum and comparison.
    """
    whole = math.lcm(*(value.denominator for value in shares if value is not None))
    return [value if value is None else value.numerator * (whole // value.denominator) for value in shares], whole


def meaning_of(signal, direction):
    """What a signal means where better lies in `direction`."""
    if direction is Direction.NEUTRAL:
        return Meaning.CHANGE
    return Meaning.IMPROVEMENT if signal.is_high == (direction is Direction.INCREASE) else Meaning.CONCERN


def limits_of(values, screened=False, locked_at=None):
    """Mean and natural limits, or None below 5 figures or where no two stand side by side.

    A moving range is never taken across a gap (None). With `screened`, ranges of 3.267 means or more are left out, once;
    the centre is always the mean of all. With `locked_at`, the first so many figures decide, and no later one.
    """
    values = values if locked_at is None else _first(values, locked_at)
    known = [value for value in values if value is not None]
    ranges = _moving_ranges(values)
    if len(known) < LIMITS_FROM or not ranges:
        return None
    if screened:
        bound = FREAK * mean(ranges)
        ranges = [item for item in ranges if item < bound] or ranges
    return Limits(mean(known), SIGMAS * mean(ranges), is_trial=len(known) < SETTLED_FROM)


def _moving_ranges(values):
    return [abs(now - before) for before, now in pairwise(values) if before is not None and now is not None]


def _first(values, number):
    """The values up to the figure of that number, gaps among them."""
    taken, figures = [], 0
    for value in values:
        taken.append(value)
        figures += value is not None
        if figures == number:
            break
    return taken


def mean(values):
    return Fraction(sum(values)) / len(values)


def signal_at_the_end(values, limits):
    """The signal at the last figure, which depends on the last few alone."""
    return signals_in(values[-RUN:], limits)[-1]


def signals_in(values, limits, shift=RUN, trend=RUN):
    """The signal at each figure, or None; a gap breaks every run, and so does a tie or a figure on the mean."""
    found = [None] * len(values)
    sides = [0 if value is None else limits.side(value) for value in values]

    def mark(rule, where, is_high):
        for index in where:
            found[index] = found[index] or Signal(rule, is_high)

    for index, value in enumerate(values):
        if value is not None and limits.is_outside(value):
            mark(Rule.OUTSIDE, [index], sides[index] > 0)
    for start, stop, step in runs([0] + [_step(*pair) for pair in pairwise(values)]):
        if stop - start + 1 >= trend:
            mark(Rule.TREND, range(start - 1, stop), step > 0)
    near = [value is not None and limits.is_near_a_limit(value) for value in values]
    for start in range(len(values) - 2):
        window = range(start, start + 3)
        if abs(sum(sides[index] for index in window)) == 3 and sum(near[index] for index in window) >= 2:
            mark(Rule.TWO_OF_THREE, [index for index in window if near[index]], sides[start] > 0)
    for start, stop, side in runs(sides):
        if stop - start >= shift:
            mark(Rule.SHIFT, range(start, stop), side > 0)
    return found


ROOM = 1e-9  # for the rounding of floats


def may_be_low(values, locked_at=SETTLED_FROM):
    """Whether the last figure could be a signal on the low side. In floats, with room for their rounding: it is asked of
    every share of every return, and most are usual variation, for which exact arithmetic would cost a hundred times more.
    """
    known = [value for value in values if value is not None][:locked_at]
    if len(known) < LIMITS_FROM:
        return False
    last = values[-RUN:]
    is_run = len(last) == RUN and None not in last
    if is_run and all(now < before + ROOM for before, now in pairwise(last)):
        return True
    middle = sum(known) / len(known) + ROOM
    if last[-1] >= middle:
        return False
    return (is_run and max(last) < middle) or _may_be_near(last[-3:], middle, _moving_ranges(_first(values, locked_at)))


def _may_be_near(three, middle, ranges):
    """Whether the last of three figures, which is below the middle, could be outside the limit, or two of them near it."""
    if not ranges:
        return False
    spread = float(SIGMAS) * sum(ranges) / len(ranges) - ROOM
    near = middle - 2 / 3 * spread
    is_second = None not in three and max(three) < middle and min(three[:-1]) < near
    return three[-1] < middle - spread or (three[-1] < near and is_second)


def _step(before, now):
    return 0 if None in (before, now) else (now > before) - (now < before)


def runs(marks):
    """(start, stop, mark) of each stretch of equal marks other than 0."""
    at = 0
    for mark, members in groupby(marks):
        start, at = at, at + len(list(members))
        if mark:
            yield start, at, mark


@dataclass(frozen=True)
class Segment:
    """A stretch between two rebasings: its first index, the one after its last, and its limits, if any.

    `is_locked` where figures came after those that decided the limits.
    """

    start: int
    stop: int
    limits: Limits | None
    reason: str = ""
    is_locked: bool = False


@dataclass(frozen=True)
class XmR:
    points: tuple[Point, ...]
    unit: Unit
    direction: Direction
    segments: tuple[Segment, ...]
    signals: tuple[Signal | None, ...]
    decimals: int
    locked_at: int | None = None

    @property
    def limits(self):
        """The limits that hold now."""
        return self.segments[-1].limits if self.segments else None

    @property
    def known(self):
        return [point for point in self.points if point.value is not None]

    def meaning(self, index):
        signal = self.signals[index]
        return meaning_of(signal, self.direction) if signal else None

    def said(self, value):
        return said(value, self.unit, self.decimals)

    def signal_said(self, index):
        """What a point shows, in words; empty for usual variation."""
        signal = self.signals[index]
        return f"{self.meaning(index).capitalize()}: {signal}" if signal else ""

    @cached_property
    def sentences(self):
        """What the chart says, for reading beside it."""
        if not self.known:
            return ["There are no figures yet."]
        if self.limits is None:
            return [f"Too few figures for limits: they are drawn from {LIMITS_FROM} on."]
        said = self._about_the_latest(), self._about_limits(), self._about_target()
        return [sentence for sentence in said if sentence]

    @property
    def latest_at(self):
        """The index of the latest figure."""
        return max(index for index, point in enumerate(self.points) if point.value is not None)

    def _about_the_latest(self):
        return f"{self.signal_said(self.latest_at) or 'Usual variation'}."

    def _about_limits(self):
        since = f" since {self.points[self.segments[-1].start].label}" if len(self.segments) > 1 else ""
        if self.limits.is_trial:
            return f"Trial limits: fewer than {SETTLED_FROM} figures{since}."
        if self.segments[-1].is_locked:
            return f"The limits are those of the first {self.locked_at} figures{since}."
        return f"The limits count the figures{since}." if since else ""

    def _about_target(self):
        """Nothing while the latest figure shows a change: then the limits describe what was, not what is."""
        target = self.known[-1].target
        if target is None or self.direction is Direction.NEUTRAL or self.signals[self.latest_at]:
            return ""
        is_met = self.limits.lower >= target if self.direction is Direction.INCREASE else self.limits.upper <= target
        if not is_met and self.limits.lower <= target <= self.limits.upper:
            return "As things are, the target is met in some quarters and missed in others."
        return f"As things are, the target is consistently {'met' if is_met else 'missed'}."


def xmr(
    points: Sequence[Point],
    *,
    unit=Unit.PERCENT,
    direction=Direction.NEUTRAL,
    decimals=1,
    rebases: Sequence[Rebase] = (),
    screened=False,
    locked_at=None,
    shift=RUN,
    trend=RUN,
) -> XmR:
    """The chart of `points`, oldest first: limits and signals of each stretch between two rebasings."""
    starts = {0: ""} | {
        index: rebase.reason
        for rebase in sorted(rebases, key=lambda rebase: rebase.on)
        if (index := next((at for at, point in enumerate(points) if point.on >= rebase.on), 0))
    }
    segments, signals = [], []
    for start, stop in pairwise([*sorted(starts), len(points)]):
        values = [point.value for point in points[start:stop]]
        limits = limits_of(values, screened, locked_at)
        is_locked = locked_at is not None and sum(value is not None for value in values) > locked_at
        segments.append(Segment(start, stop, limits, starts[start], is_locked))
        signals += signals_in(values, limits, shift, trend) if limits else [None] * len(values)
    return XmR(tuple(points), unit, direction, tuple(segments), tuple(signals), decimals, locked_at)


def said(value, unit, decimals=1):
    """A figure as people read it: "87.2 %", "1,200", "3.4"."""
    if value is None:
        return ""
    if unit is Unit.COUNT and Fraction(value).denominator == 1:
        return f"{int(value):,}"
    figure = f"{rounded(value, decimals):,}"
    return f"{figure} %" if unit is Unit.PERCENT else figure


def rounded(value, decimals):
    """A Decimal with so many decimals, half up."""
    exact = Fraction(value)
    return (Decimal(exact.numerator) / exact.denominator).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


# Funnel plots: many organisations in one period

BANDS = {"95 %": 1.959964, "99.8 %": 3.090232}  # limit: z


class Standing(StrEnum):
    WITHIN = "within the limits"
    ALERT = "outside the 95 % limits"
    ALARM = "outside the 99.8 % limits"


@dataclass(frozen=True)
class Member:
    """One organisation in a funnel plot: `numerator` of `denominator` (a share), or so many for so many (a rate)."""

    name: str
    numerator: int
    denominator: int

    @property
    def share(self):
        return min(1, self.ratio)

    @property
    def ratio(self):
        return Fraction(self.numerator, self.denominator)


@dataclass(frozen=True)
class Scale:
    """Where figures of organisations of different size spread alike: `onto` it, and `back`, for figures as floats.

    `judged(member)` is the figure that is compared with the limits, `variance(centre, size)` what chance makes of it.
    """

    judged: Callable
    onto: Callable
    back: Callable
    variance: Callable


# Arcsine limits of a share never leave 0 to 1
SHARES = Scale(
    judged=lambda member: member.share,
    onto=lambda share: math.asin(math.sqrt(share)),
    back=lambda angle: math.sin(min(max(angle, 0.0), math.pi / 2)) ** 2,
    variance=lambda centre, size: 1 / (4 * size),
)
# A ratio of two counts, on the scale of logarithms; half is added to both, so that none is a figure, too
RATES = Scale(
    judged=lambda member: Fraction(2 * member.numerator + 1, 2 * member.denominator + 1),
    onto=math.log,
    back=math.exp,
    variance=lambda centre, size: 1 / (centre * size) + 1 / size,
)


@dataclass(frozen=True)
class Funnel:
    members: tuple[Member, ...]
    centre: Fraction
    tau2: float
    scale: Scale = SHARES

    def limits(self, size, z):
        return funnel_limits(self.centre, size, z, self.tau2, self.scale)

    def standing(self, member):
        judged = float(self.scale.judged(member))
        for standing, z in ((Standing.ALARM, BANDS["99.8 %"]), (Standing.ALERT, BANDS["95 %"])):
            low, high = self.limits(member.denominator, z)
            if not low <= judged <= high:
                return standing
        return Standing.WITHIN

    @cached_property
    def standings(self):
        """Where each of the members stands, in their order."""
        return [self.standing(member) for member in self.members]

    def shown(self, member):
        """The figure of a member as it is drawn."""
        return member.share if self.scale is SHARES else member.ratio


def funnel(members: Sequence[Member], *, centre=None, adjusted=False, scale=SHARES) -> Funnel:
    """The funnel of the members with a denominator, round `centre` (a fraction of 1) or the pooled figure.

    With `adjusted` the limits widen by what organisations differ beyond chance.
    """
    counted = tuple(member for member in members if member.denominator > 0)
    people = sum(member.denominator for member in counted)
    if centre is None:
        centre = Fraction(sum(member.numerator for member in counted), people) if people else Fraction(0)
        centre = min(Fraction(1), centre) if scale is SHARES else centre
    return Funnel(counted, centre, over_dispersion(counted, centre, scale) if adjusted else 0.0, scale)


def funnel_limits(centre, size, z, tau2=0.0, scale=SHARES):
    """The lower and the upper limit of an organisation of this size. Where nobody counted anything, a rate has none."""
    if scale is RATES and not centre:
        return 0.0, math.inf
    middle, width = scale.onto(centre), z * math.sqrt(scale.variance(float(centre), size) + tau2)
    return scale.back(middle - width), scale.back(middle + width)


def over_dispersion(members, centre, scale=SHARES):
    """The variance between organisations (tau²), from z scores drawn in at their outer tenths; 0 where chance explains all."""
    if len(members) < 2 or (scale is RATES and not centre):
        return 0.0
    weights = [1 / scale.variance(float(centre), member.denominator) for member in members]
    middle = scale.onto(centre)
    scores = [
        (scale.onto(scale.judged(member)) - middle) * math.sqrt(weight)
        for member, weight in zip(members, weights, strict=True)
    ]
    tenths = quantiles(scores, n=10, method="inclusive")
    excess = sum(min(max(score, tenths[0]), tenths[-1]) ** 2 for score in scores) - (len(scores) - 1)
    return max(0.0, excess / (sum(weights) - sum(weight**2 for weight in weights) / sum(weights)))


# Drawing

WIDTH, HEIGHT = 360, 230  # so that a letter of 12 is 12 pixels on a phone, and larger wherever there is room
TOP, BOTTOM = 12, 34
LETTER, LINE = 6.6, 14  # the widest a figure or letter gets, and the least distance of two labels
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Signs about the origin, all of them about as large: usual variation is a dot, whatever else has corners
SIGNS = {
    None: "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
    Meaning.IMPROVEMENT: "M-4 -4h8v8h-8z",
    Meaning.CONCERN: "M0 -5.5L5.5 4h-11z",
    Meaning.CHANGE: "M0 -5.5L5.5 0L0 5.5L-5.5 0z",
    Standing.WITHIN: "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
    Standing.ALERT: "M0 -5L5 0L0 5L-5 0z",
    Standing.ALARM: "M0 -5.5L5.5 4h-11z",
}

KEY = (
    ("usual", SIGNS[None], "usual variation"),
    ("improvement", SIGNS[Meaning.IMPROVEMENT], "improvement, where better has a direction"),
    ("concern", SIGNS[Meaning.CONCERN], "concern, where better has a direction"),
    ("change", SIGNS[Meaning.CHANGE], "change, where more is neither better nor worse"),
)

FUNNEL_KEY = tuple((standing.name.lower(), SIGNS[standing], str(standing)) for standing in Standing)


@dataclass(frozen=True)
class Plane:
    """Where figures lie on the drawing."""

    low: float
    high: float
    left: float
    right: float
    start: float
    end: float

    def x(self, at):
        return self.left + (float(at) - self.start) / (self.end - self.start) * (self.right - self.left)

    def y(self, value):
        return HEIGHT - BOTTOM - (float(value) - self.low) / (self.high - self.low) * (HEIGHT - BOTTOM - TOP)


def draw_xmr(chart: XmR, *, key, title, description=""):
    """The chart as an <svg> element; `key` makes its ids unique on the page."""
    least, most = BOUNDS[chart.unit]
    latest = chart.limits
    target = chart.known[-1].target if chart.known else None
    ends = {"Target": target} | (
        {"Upper": latest.upper, "Average": latest.mean, "Lower": latest.lower} if latest else {}
    )
    labels = [
        (clipped(value, least, most), f"{name} {chart.said(clipped(value, least, most))}", name.lower())
        for name, value in ends.items()
        if value is not None
    ]
    limits = [segment.limits for segment in chart.segments if segment.limits]
    shown = [point.value for point in chart.known] + [
        point.target for point in chart.points if point.target is not None
    ]
    shown += [clipped(value, least, most) for item in limits for value in (item.lower, item.upper)]
    ticks = ticks_for(shown or [0, 1], least, most)
    plane = Plane(
        ticks[0], ticks[-1], _left(ticks), WIDTH - 10 - LETTER * max([0, *(len(words) for _, words, _ in labels)]),
        -0.5, max(len(chart.points), 1) - 0.5,
    )  # fmt: skip
    parts = [
        *_axis_y(plane, ticks),
        *_axis_x(plane, [(index, point.short) for index, point in enumerate(chart.points)]),
        *_segments(plane, chart, least, most),
        *_targets(plane, chart),
        *_figures(plane, chart),
        *_labels_at_the_end(plane, labels),
    ]
    return svg(key, title, description or description_of(chart), parts)


def draw_small(chart: XmR, *, key, title):
    """The same figures without axes and limits, for a page of many: the line, its signs, and the target."""
    shown = [point.value for point in chart.known]
    shown += [point.target for point in chart.points if point.target is not None]
    ticks = ticks_for(shown or [0, 1], *BOUNDS[chart.unit])
    plane = Plane(ticks[0], ticks[-1], 8, WIDTH - 8, -0.5, max(len(chart.points), 1) - 0.5)
    return svg(f"{key}-small", title, description_of(chart), [*_targets(plane, chart), *_figures(plane, chart)])


def description_of(chart):
    """The chart in a sentence or two, for those who do not see it."""
    if not chart.known:
        return "There are no figures yet."
    first, last = chart.known[0], chart.known[-1]
    values = [point.value for point in chart.known]
    whole = f"{len(values)} figures from {first.label} to {last.label}, from {chart.said(min(values))} to "
    whole += f"{chart.said(max(values))}; the latest is {chart.said(last.value)}."
    if chart.limits:
        whole += f" Average {chart.said(chart.limits.mean)}."
    return " ".join([whole, *chart.sentences])


def draw_funnel(plot: Funnel, *, key, title, size_title="Denominator", unit=Unit.PERCENT, times=100):
    """The funnel as an <svg> element: a sign for each member, both pairs of limits, and the centre.

    Figures are drawn `times` what they are, in the unit: 100 for a percentage, 1,000 for a rate per 1,000.
    """
    least, most = BOUNDS[unit]
    largest = max([member.denominator for member in plot.members], default=1) * 1.05
    sizes = [largest * (step / 60) ** 2 for step in range(1, 61)]
    sizes = [size for size in sizes if size >= 1] or [1]
    average = times * plot.centre
    shown = [times * float(plot.shown(member)) for member in plot.members] + [float(average)]
    settled = sizes[len(sizes) // 4]
    shown += [times * limit for limit in plot.limits(settled, BANDS["99.8 %"]) if limit < math.inf]
    ticks = ticks_for(shown, least, most)
    labels = [(average, f"Average {said(average, unit)}", "average")]
    curves = []
    for name, z in BANDS.items():
        band = "near" if name == "95 %" else "limit"
        for side in (0, 1):
            heights = [times * plot.limits(size, z)[side] for size in sizes]
            curves.append((band, heights))
            labels.append((clipped(heights[-1], ticks[0], ticks[-1]), name, band))
    widest = max(len(words) for _, words, _ in labels)
    plane = Plane(ticks[0], ticks[-1], _left(ticks), WIDTH - 10 - LETTER * widest, 0, largest)
    middle = plane.y(average)
    parts = [
        *_axis_y(plane, ticks),
        *_axis_x(plane, [(tick, f"{tick:,.10g}") for tick in ticks_for([0, largest], 0, None) if tick <= largest]),
        tag("text", size_title, class_="axis title", x=WIDTH / 2, y=HEIGHT - 2, text_anchor="middle"),
        tag("path", class_="average", d=f"M{plane.left:.1f} {middle:.1f}H{plane.right:.1f}"),
    ]
    for band, heights in curves:
        where = [
            (plane.x(size), plane.y(height))
            for size, height in zip(sizes, heights, strict=True)
            if ticks[0] <= height <= ticks[-1]
        ]
        if where:
            parts.append(tag("path", class_=band, d=_line(where)))
    for member, standing in zip(plot.members, plot.standings, strict=True):
        height = plane.y(times * plot.shown(member))
        parts.append(_sign(standing, standing.name.lower(), plane.x(member.denominator), height))
    parts += _labels_at_the_end(plane, labels)
    counts = ", ".join(f"{plot.standings.count(standing)} {standing}" for standing in Standing)
    description = f"{len(plot.members)} organisations by size; average {said(average, unit)}; {counts}."
    return svg(key, title, description, parts)


def svg(key, title, description, parts):
    names = f"{key}-title", f"{key}-desc"
    inside = [tag("title", title, id=names[0]), tag("desc", description, id=names[1]), *parts]
    return tag(
        "svg", inside, class_="portal-chart__picture", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img",
        aria_labelledby=names[0], aria_describedby=names[1], xmlns="http://www.w3.org/2000/svg",
    )  # fmt: skip


def tag(name, inside="", **attributes):
    """An element. Text is escaped; a list holds elements. `class_` and `text_anchor` are spelt without the underscore."""
    content = escape(plain(inside)) if isinstance(inside, str) else "".join(inside)
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(plain(f'{value:.1f}' if isinstance(value, float) else str(value)))}"
        for key, value in attributes.items()
    )
    return f"<{name}{given}>{content}</{name}>" if content else f"<{name}{given}/>"


def plain(text):
    """Without what XML cannot hold."""
    return NOT_XML.sub("", text)


def clipped(value, least, most):
    value = value if least is None else max(value, least)
    return value if most is None else min(value, most)


def ticks_for(values, least, most):
    """Four to seven round numbers that take in every value; the whole axis lies between the first and the last."""
    low, high = float(min(values)), float(max(values))
    if high - low < max(abs(high), 1) * 1e-6:
        room = max(abs(high) * 0.1, 1)
        low, high = low - room, high + room
        low, high = (low if least is None or min(values) < least else max(low, least)), high
        high = high if most is None or max(values) > most else min(high, most)
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, max(last, first + 1) + 1)]


def spread(wanted, gap, low, high):
    """Places for labels, in the order given: each as near as can be to where it is wanted, none within `gap` of another."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    places, least = {}, low
    for index in order:
        places[index] = max(wanted[index], least)
        least = places[index] + gap
    most = high
    for index in reversed(order):
        places[index] = min(places[index], most)
        most = places[index] - gap
    return [places[index] for index in range(len(wanted))]


def _left(ticks):
    return 10 + LETTER * max(len(f"{tick:,.10g}") for tick in ticks)


def _axis_y(plane, ticks):
    for tick in ticks:
        y = plane.y(tick)
        yield tag("path", class_="grid", d=f"M{plane.left:.1f} {y:.1f}H{plane.right:.1f}")
        yield tag("text", f"{tick:,.10g}", class_="axis", x=plane.left - 5, y=y + 4, text_anchor="end")


def _axis_x(plane, labels):
    """As many labels as have room, counted back from the last."""
    free_from = math.inf
    for at, words in reversed(labels):
        width, x = LETTER * len(words), plane.x(at)
        x = min(max(x, plane.left - 20 + width / 2), WIDTH - width / 2)
        if x + width / 2 + 8 > free_from:
            continue
        free_from = x - width / 2
        yield tag("path", class_="grid", d=f"M{plane.x(at):.1f} {HEIGHT - BOTTOM:.1f}v5")
        yield tag("text", words, class_="axis", x=x, y=HEIGHT - BOTTOM + 18, text_anchor="middle")


def _segments(plane, chart, least, most):
    for segment in chart.segments:
        left, right = plane.x(segment.start - 0.5), plane.x(segment.stop - 0.5)
        if segment.start:
            yield tag("path", class_="rebase", d=f"M{left:.1f} {TOP}V{HEIGHT - BOTTOM}")
        if segment.limits:
            trial = " trial" if segment.limits.is_trial else ""
            for kind, value in (
                (f"limit{trial}", segment.limits.upper),
                ("average", segment.limits.mean),
                (f"limit{trial}", segment.limits.lower),
            ):
                y = plane.y(clipped(value, least, most))
                yield tag("path", class_=kind, d=f"M{left:.1f} {y:.1f}H{right:.1f}")


def _targets(plane, chart):
    for start, stop, target in runs([point.target or 0 for point in chart.points]):
        left, right = plane.x(start - 0.5), plane.x(stop - 0.5)
        yield tag("path", class_="target", d=f"M{left:.1f} {plane.y(target):.1f}H{right:.1f}")


def _figures(plane, chart):
    places = [
        None if point.value is None else (plane.x(at), plane.y(point.value)) for at, point in enumerate(chart.points)
    ]
    for start, stop, _ in runs([place is not None for place in places]):
        yield tag("path", class_="figures", d=_line(places[start:stop]))
    for index, place in enumerate(places):
        if place:
            meaning = chart.meaning(index)
            yield _sign(meaning, meaning or "usual", *place)


def _line(places):
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _sign(shape, kind, x, y):
    return tag("path", class_=f"sign {kind}", d=SIGNS[shape], transform=f"translate({x:.1f} {y:.1f})")


def _labels_at_the_end(plane, labels):
    heights = [plane.y(value) for value, _, _ in labels]
    for (_, words, kind), wanted, y in zip(labels, heights, spread(heights, LINE, TOP, HEIGHT - BOTTOM), strict=True):
        yield tag("path", class_="lead", d=f"M{plane.right:.1f} {wanted:.1f}L{plane.right + 5:.1f} {y:.1f}")
        yield tag("text", words, class_=f"end {kind}", x=plane.right + 8, y=y + 4)
