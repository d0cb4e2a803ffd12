"""One organisation's measures over the quarters, as charts with their tables."""

from dataclasses import dataclass, replace
from fractions import Fraction

from django.utils import timezone

from accounts import successions
from returns import charts, rebasing
from returns.models import Collection, Measure, Period, Submission
from returns.periods import Quarter
from returns.registry import type_of
from returns.return_type import MeasureSpec, Unit

QUARTERS = 40


@dataclass(frozen=True)
class Figure:
    """One row of a chart's table. `numerator` and `denominator` are the counts behind the value."""

    period: Period
    value: Fraction | int | None
    numerator: int | None = None
    denominator: int | None = None
    short: str = ""
    said: str = ""
    counts: str = ""
    signal: str = ""


@dataclass(frozen=True)
class Series:
    """A measure over the quarters, oldest first."""

    spec: MeasureSpec
    chart: charts.XmR
    figures: tuple[Figure, ...]
    rebases: tuple = ()

    @property
    def picture(self):
        return charts.draw_xmr(self.chart, key=self.spec.key, title=self.spec.title)

    @property
    def small_picture(self):
        return charts.draw_small(self.chart, key=self.spec.key, title=self.spec.title)

    @property
    def latest(self):
        return next(figure for figure in reversed(self.figures) if figure.value is not None)

    @property
    def has_counts(self):
        return self.spec.unit is not Unit.COUNT


@dataclass(frozen=True)
class Trends:
    """`returns` are those that the seat may see, newest first; `series` the measures of which there is any figure."""

    collection: Collection
    returns: list[Submission]
    series: list[Series]

    @property
    def versions(self):
        return [row.standing_version for row in self.returns if row.standing_version]


def trends_of(seat, organisation):
    """The trends of the organisation as far as the seat may see its returns, or None where it may see none. They go on
    across a succession that is one-to-one.

    One query each for returns, quarters, rebases and all measures, however many there are.
    """
    line = successions.lineage(organisation.pk, timezone.localdate())
    rows = Submission.objects.visible_to(seat).filter(subject__in=line).for_list()
    rows = list(rows.order_by("-period__ends", "-pk")[:QUARTERS])
    if not rows:
        return None
    charted = next((row for row in rows if type_of(row).measure_specs and not row.subject_key), rows[0])
    collection, specs = charted.period.collection, () if charted.subject_key else type_of(charted).measure_specs
    rows = [row for row in rows if row.period.collection_id == collection.pk]
    span = rows[-1].period.ends, rows[0].period.ends
    periods = list(collection.periods.filter(opened_at__isnull=False, ends__range=span).order_by("ends"))
    kept = _kept(line, [row.period_id for row in rows], {name for spec in specs for name in spec.reads})
    rebases = list(rebasing.known_of(organisation, collection.return_type)) if specs else []
    standards = type_of(charted).standards
    found = [
        series_of(spec, periods, kept, standards, [item for item in rebases if item.measure == spec.key])
        for spec in specs
    ]
    return Trends(collection, rows, [series for series in found if series.chart.known])


def _kept(line, periods, names):
    """(measure, period) -> (numerator, denominator), of the versions that stand. `line` are the ids of the organisation
    and of those it continues, newest first: where two have a figure, the newer one's counts.
    """
    rows = Measure.objects.filter(
        is_current=True, measure__in=names, period__in=periods, organisation__in=line, breakdown=""
    ).values_list("organisation", "measure", "period", "numerator", "denominator")
    return {
        (name, period): (numerator, denominator)
        for _, name, period, numerator, denominator in sorted(rows, key=lambda row: -line.index(row[0]))
    }


def series_of(spec, periods, kept, standards, rebases=()):
    """A measure over these periods, oldest first; `kept` is (measure, period id) -> (numerator, denominator)."""
    figures = [_figure(spec, period, kept) for period in periods]
    points = [
        charts.Point(period.ends, period.title, short_of(period), figure.value, _target(spec, period, standards))
        for period, figure in zip(periods, figures, strict=True)
    ]
    decimals = _decimals(spec)
    chart = charts.xmr(
        points,
        unit=spec.unit,
        direction=spec.direction,
        decimals=decimals,
        rebases=[charts.Rebase(item.period.ends, item.reason) for item in rebases],
        locked_at=charts.SETTLED_FROM,
    )
    told = [
        replace(
            figure,
            short=points[index].short,
            said=chart.said(figure.value),
            counts=_counts_said(spec, figure),
            signal=chart.signal_said(index),
        )
        for index, figure in enumerate(figures)
    ]
    return Series(spec, chart, tuple(told), tuple(rebases))


def _figure(spec, period, kept):
    pairs = [kept.get((name, period.pk), (None, None)) for name in spec.reads]
    numerator = pairs[0][0]
    if spec.unit is Unit.COUNT:
        return Figure(period, numerator, numerator)
    denominator = pairs[1][0] if spec.of else pairs[0][1]
    if numerator is None or not denominator:
        return Figure(period, None, numerator, denominator)
    return Figure(period, Fraction(_times(spec) * numerator, denominator), numerator, denominator)


def _times(spec):
    """What a figure is multiplied with to be given in its unit."""
    return 100 if spec.unit is Unit.PERCENT else spec.per


def _decimals(spec):
    return 2 if spec.unit is Unit.RATE and spec.per == 1 else 1


def _figure_said(spec, ratio):
    return charts.said(_times(spec) * ratio, spec.unit, _decimals(spec))


def _counts_said(spec, figure):
    """The counts behind a value: "3,400 of 3,900" for a share, "14 for 6,248" for a rate; nothing more for a count."""
    if figure.value is None or spec.unit is Unit.COUNT:
        return ""
    return _pair_said(spec, figure.numerator, figure.denominator)


def _pair_said(spec, numerator, denominator):
    return f"{numerator:,} {'of' if spec.unit is Unit.PERCENT else 'for'} {denominator:,}"


def _target(spec, period, standards):
    """The target that was frozen for the period, in the unit of the measure."""
    value = period.standards.get(spec.standard, standards.get(spec.standard)) if spec.standard else None
    return None if value is None else (100 if spec.unit is Unit.PERCENT else 1) * Fraction(str(value))


def short_of(period):
    """What stands on the axis: "Q2 25/26"; for a period that is no quarter, the beginning of its key."""
    try:
        quarter = Quarter.parse(period.key)
    except ValueError:
        return period.key[:8]
    return f"Q{quarter.number} {quarter.year % 100:02}/{(quarter.year + 1) % 100:02}"


@dataclass(frozen=True)
class Differences:
    """How the providers that a seat sees differ in one period. `rows` are (organisation, share, counts, standing) by name."""

    spec: MeasureSpec
    plot: charts.Funnel
    rows: list[tuple]

    @property
    def picture(self):
        is_rate = self.spec.unit is Unit.RATE
        return charts.draw_funnel(
            self.plot,
            key="funnel",
            title=self.spec.title,
            size_title="The number it is for" if is_rate else "The number it is a share of",
            unit=self.spec.unit,
            times=_times(self.spec),
        )


def differences_in(seat, period, spec, adjusted=False):
    """The funnel of one share or rate in one period, of the organisations whose returns the seat may see. One query."""
    seen = Submission.objects.visible_to(seat).filter(period=period).values("subject")
    rows = Measure.objects.filter(
        is_current=True, measure__in=spec.reads, period=period, organisation__in=seen, breakdown=""
    )
    counts, organisations = {}, {}
    for row in rows.select_related("organisation").order_by("organisation__name", "organisation"):
        organisations[row.organisation_id] = row.organisation
        counts[row.organisation_id, row.measure] = row.numerator, row.denominator
    pairs = {pk: _pair(spec, counts, pk) for pk in organisations}
    members = {
        pk: charts.Member(organisations[pk].name, *pair)
        for pk, pair in pairs.items()
        if pair[0] is not None and pair[1]
    }
    scale = charts.RATES if spec.unit is Unit.RATE else charts.SHARES
    plot = charts.funnel(list(members.values()), adjusted=adjusted, scale=scale)
    told = [
        (organisations[pk], _figure_said(spec, plot.shown(member)), _pair_said(spec, *pairs[pk]), plot.standing(member))
        for pk, member in members.items()
    ]
    return Differences(spec, plot, told)


def _pair(spec, counts, organisation_id):
    """The two counts behind an organisation's figure; None for what is not known."""
    first, *second = (counts.get((organisation_id, name), (None, None)) for name in spec.reads)
    return (first[0], second[0][0]) if spec.of else first


COLUMNS = (
    "organisation_code",
    "organisation_name",
    "period",
    "measure",
    "title",
    "value",
    "unit",
    "numerator",
    "denominator",
    "target",
    "shows",
)


def rows_of(trends, organisation):
    """The rows of the download, in the order of the page; a quarter without a figure has a row without a value."""
    for series in trends.series:
        for point, figure in zip(series.chart.points, series.figures, strict=True):
            yield (
                organisation.code,
                organisation.name,
                figure.period.key,
                series.spec.key,
                series.spec.title,
                _plain(figure.value, series.chart.decimals),
                series.spec.unit.lower(),
                "" if figure.numerator is None else figure.numerator,
                "" if figure.denominator is None else figure.denominator,
                _plain(point.target, series.chart.decimals),
                figure.signal,
            )


def _plain(value, decimals):
    if value is None:
        return ""
    return value if isinstance(value, int) else charts.rounded(value, decimals)


RECENT = 5  # quarters beside one another in a review


@dataclass(frozen=True)
class Recent:
    """A measure in the last quarters up to a return's own: `figures` in words, oldest first; `misses` its target now."""

    spec: MeasureSpec
    target: str
    figures: list[str]
    misses: bool


def recent_measures(seat, submission):
    """(quarters, measures): the last quarters that the seat sees of the organisation, up to the return's own, in short, and
    each measure of which there is a figure now. They go on across a one-to-one succession. Three queries.
    """
    line = successions.lineage(submission.subject_id, submission.period.ends)
    rows = Submission.objects.visible_to(seat).filter(subject__in=line, subject_key="")
    rows = rows.filter(period__collection_id=submission.period.collection_id, period__ends__lte=submission.period.ends)
    periods = [row.period for row in rows.select_related("period").order_by("-period__ends")[:RECENT]][::-1]
    return_type = type_of(submission)
    names = {name for spec in return_type.measure_specs for name in spec.reads}
    kept = _kept(line, [period.pk for period in periods], names)
    found = [_recent(spec, periods, kept, return_type.standards) for spec in return_type.measure_specs]
    return [short_of(period) for period in periods], [item for item in found if item and item.figures[-1]]


def _recent(spec, periods, kept, standards):
    figures = [_figure(spec, period, kept) for period in periods]
    if not figures:
        return None
    target = _target(spec, periods[-1], standards)
    decimals = 2 if spec.unit is Unit.RATE and spec.per == 1 else 1
    latest = figures[-1].value
    return Recent(
        spec,
        charts.said(target, spec.unit, decimals),
        [charts.said(figure.value, spec.unit, decimals) for figure in figures],
        misses=target is not None and latest is not None and latest < target,
    )
