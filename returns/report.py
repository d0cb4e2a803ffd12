"""The quarter for a board: how complete, how good, what the figures show, what is being done. One reading, four forms."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from django.db.models import Count, Q, Sum
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import Organisation
from accounts.roles import Reach
from returns import charts, completeness
from returns.csv_table import csv_table
from returns.models import Action, Escalation, Measure, PeerFigure, Period, Submission
from returns.registry import type_of
from returns.return_type import MeasureSpec, Unit
from returns.scoring import Overall
from returns.statistics import Pooled, percent
from returns.table_workbook import table_workbook
from returns.trends import Series, series_of

QUARTERS = 12  # three years: as many figures as settle the limits
DUE_SOON = timedelta(days=30)
NAMED, POOLED = "party to the returns", "pooled figures: no provider by name"
Status = Submission.Status


@dataclass(frozen=True)
class Provider:
    """A provider's quarter in a line; `bands` are those of the parts of the score, in words."""

    code: str
    name: str
    status: str
    first_submitted_at: datetime | None
    is_late: bool
    is_missing: bool
    overall: str
    bands: tuple = ()


@dataclass(frozen=True)
class Share:
    """A share of all providers together, over the quarters and beside others; `now` is None where nobody has a figure."""

    spec: MeasureSpec
    now: Pooled | None
    region: Pooled | None
    nation: Pooled | None
    series: Series
    funnel: charts.Funnel | None

    @property
    def said(self):
        return f"{percent(self.now.numerator, self.now.denominator)} %" if self.now else "No figure"

    @property
    def counts(self):
        return f"{self.now.numerator:,} of {self.now.denominator:,}" if self.now else ""

    @property
    def target(self):
        target = self.series.chart.points[-1].target
        return self.series.chart.said(target)

    @property
    def funnel_picture(self):
        key = f"funnel-{self.spec.key}"
        return charts.draw_funnel(self.funnel, key=key, title=self.spec.title, size_title="The number it is a share of")

    @property
    def differing(self):
        """How many providers lie outside the limits of chance."""
        return {standing: self.funnel.standings.count(standing) for standing in charts.Standing}


@dataclass(frozen=True)
class Activity:
    """A number of all providers together, or a rate made of two; said in words."""

    spec: MeasureSpec
    said: str
    before: str
    organisations: int


@dataclass(frozen=True)
class FollowUp:
    """What is being done at the moment of the report. The lines, (provider, what, where it stands, day, is overdue), are
    empty where no provider is named; the numbers are always there.
    """

    escalations: list
    actions: list
    numbers: dict


@dataclass(frozen=True)
class Report:
    """`providers` is empty where the reader sees pooled figures alone; `compared` is the quarter of region and nation."""

    period: Period
    reader: Organisation
    at: datetime
    names_providers: bool
    counts: dict
    ratings: list
    part_titles: dict
    providers: list
    shares: list
    activity: list
    compared: Period | None
    follow_up: FollowUp
    versions: list

    @property
    def title(self):
        return f"{self.period.collection.title}: {self.period.title}"

    @property
    def missing(self):
        return [item for item in self.providers if item.is_missing]

    @property
    def funnels(self):
        return [share for share in self.shares if share.funnel]

    @property
    def policy(self):
        return NAMED if self.names_providers else POOLED

    @property
    def file_name(self):
        return f"{self.period.return_type}-report-{self.period.key}-{self.reader.code}"


def report_of(seat, period, at):
    """The report of a period as far as the seat sees it: its own providers by name, or its area's pooled figures.

    A constant number of queries, each over an index, however many providers and quarters there are.
    """
    return_type = type_of(period)
    names = seat.reach is Reach.RECEIVED
    visible = Submission.objects.visible_to(seat)
    rows = visible.filter(period=period)
    specs = return_type.measure_specs if return_type.keeps_figures else ()
    shares = [spec for spec in specs if spec.unit is Unit.PERCENT]
    periods = list(
        Period.objects.filter(collection_id=period.collection_id, opened_at__isnull=False, ends__lte=period.ends)
        .select_related("collection")
        .order_by("-ends")[:QUARTERS]
    )[::-1]
    keys = {name for spec in specs for name in spec.reads}
    if names:
        members = _by_provider(rows, period, keys)
        now = {measure: _pooled(found) for measure, found in members.items()}
        charted = {name for spec in shares for name in spec.reads}
        past = _past_of(visible, periods[:-1], charted) | _past_of(visible, periods[-2:-1], keys - charted)
    else:
        members = {}
        now = _pooled_now(seat, period, keys)
        past = _frozen_past(seat, periods[:-1])
    region, nation, compared = _others(seat, period)
    kept = past | {(measure, period.pk): (pooled.numerator, pooled.denominator) for measure, pooled in now.items()}
    providers, part_titles = _providers(rows, period) if names else ([], {})
    return Report(
        period=period,
        reader=seat.organisation,
        at=at,
        names_providers=names,
        counts=_counts(rows, period, at),
        ratings=_ratings(rows),
        part_titles=part_titles,
        providers=providers,
        shares=[
            Share(
                spec,
                now.get(spec.key),
                region.get(spec.key),
                nation.get(spec.key),
                series_of(spec, periods, kept, return_type.standards),
                charts.funnel(members[spec.key]) if len(members.get(spec.key, ())) > 1 else None,
            )
            for spec in shares
            if spec.key in now
        ],
        activity=[_activity(spec, now, kept, periods) for spec in specs if spec.unit is not Unit.PERCENT],
        compared=compared,
        follow_up=_follow_up(seat, period, at),
        versions=list(rows.filter(standing_version__isnull=False).values_list("standing_version", flat=True)),
    )


# Completeness and ratings


def _counts(rows, period, at):
    not_required = Count("pk", filter=Q(status=Status.NOT_REQUIRED))
    return rows.aggregate(**completeness.totals(at), not_required=not_required) | {"is_due": at > period.due_at}


def _ratings(rows):
    """(rating, how many) from green to red, those without a score last."""
    found = dict(
        rows.exclude(status=Status.NOT_REQUIRED)
        .values_list("standing_version__score__overall")
        .annotate(number=Count("pk"))
    )
    return [(overall.capitalize(), str(overall), found.get(overall, 0)) for overall in Overall] + [
        ("No score yet", "", found.get(None, 0))
    ]


def _providers(rows, period):
    """A line for each provider, by name; and key -> title of the parts that any score has, in the order of the score."""
    found = list(
        rows.values_list(
            "subject__code",
            "subject__name",
            "status",
            "first_submitted_at",
            "standing_version",
            "standing_version__score__overall",
            "standing_version__score__parts",
        ).order_by("subject__name", "subject__code")
    )
    titles = {part["key"]: part["title"] for *_, parts in found for part in parts or ()}
    return [_provider(period, titles, *row) for row in found], titles


def _provider(period, titles, code, name, status, first_submitted_at, standing, overall, parts):
    bands = {part["key"]: part["band"].replace("_", " ").capitalize() for part in parts or ()}
    return Provider(
        code=code,
        name=name,
        status=Status(status).label,
        first_submitted_at=first_submitted_at,
        is_late=bool(standing and first_submitted_at > period.due_at),
        is_missing=standing is None and status != Status.NOT_REQUIRED,
        overall=overall or "",
        bands=tuple(bands.get(key, "") for key in titles),
    )


# Figures


def _by_provider(rows, period, keys):
    """measure -> a Member for each provider with a figure, by name."""
    found = {}
    measures = Measure.objects.filter(
        version__in=rows.values("standing_version"), measure__in=keys, breakdown=""
    ).order_by("organisation__name", "organisation__code")
    for measure, *figures in measures.values_list("measure", "organisation__name", "numerator", "denominator"):
        found.setdefault(measure, []).append(figures)
    return {
        measure: [charts.Member(name, number, size) for name, number, size in figures if _counts_for(number, size)]
        for measure, figures in found.items()
    }


def _counts_for(numerator, denominator):
    """A count has no denominator; a share of nothing is no share."""
    return numerator is not None and denominator != 0


def _pooled(members):
    sizes = [member.denominator for member in members]
    size = None if None in sizes else sum(sizes)
    return Pooled(sum(member.numerator for member in members), size, len(members))


def _past_of(visible, periods, keys):
    """(measure, period) -> (numerator, denominator) of the returns that the seat may see, all providers together."""
    return _summed(
        Measure.objects.filter(
            version__in=visible.filter(period__in=periods).values("standing_version"), measure__in=keys, breakdown=""
        )
    )


def _summed(measures):
    rows = measures.exclude(denominator=0).values_list("measure", "period")
    return {
        (measure, period): (numerator, denominator)
        for measure, period, numerator, denominator in rows.annotate(Sum("numerator"), Sum("denominator"))
    }


def _pooled_now(seat, period, keys):
    rows = Measure.objects.filter(is_current=True, measure__in=keys, period=period, breakdown="")
    if seat.reach is Reach.REGION:
        rows = rows.filter(organisation__region=seat.organisation_id)
    found = (
        rows.exclude(denominator=0).values_list("measure").annotate(Sum("numerator"), Sum("denominator"), Count("pk"))
    )
    pooled = {measure: Pooled(*figures) for measure, *figures in found}
    return {measure: figure for measure, figure in pooled.items() if figure.is_enough}


def _frozen_past(seat, periods):
    """The same for an area, from what was frozen when later periods opened."""
    area = Q(region=seat.organisation_id) if seat.reach is Reach.REGION else Q(region=None)
    found = {}
    for measure, taken_from, numerator, denominator, organisations in (
        PeerFigure.objects.filter(area, taken_from__in=periods)
        .values_list("measure", "taken_from")
        .annotate(Sum("numerator"), Sum("denominator"), Sum("organisations"))
        .order_by("period__ends", "measure")
    ):
        if Pooled(numerator, denominator, organisations).is_enough:
            found[measure, taken_from] = numerator, denominator
    return found


def _others(seat, period):
    """The region's and the country's shares of the last closed quarter, frozen for this one, and that quarter."""
    home = seat.organisation.region_id if seat.reach is Reach.RECEIVED else None
    rows = list(
        PeerFigure.objects.filter(Q(region=None) | Q(region=home), period=period)
        .values_list("measure", "region", "taken_from")
        .annotate(Sum("numerator"), Sum("denominator"), Sum("organisations"))
    )
    region, nation = {}, {}
    for measure, region_id, _, *figures in rows:
        if (pooled := Pooled(*figures)).is_enough:
            (region if region_id else nation)[measure] = pooled
    return region, nation, Period.objects.filter(pk__in={row[2] for row in rows}).first()


def _activity(spec, now, kept, periods):
    pooled = now.get(spec.reads[0])
    return Activity(
        spec,
        *(_activity_said(spec, kept, period) for period in (periods[-1], *periods[-2:-1])),
        *([""] if len(periods) == 1 else []),
        organisations=pooled.organisations if pooled else 0,
    )


def _activity_said(spec, kept, period):
    counts = [kept.get((name, period.pk), (None, None))[0] for name in spec.reads]
    if counts[0] is None or (spec.of and not counts[1]):
        return ""
    if spec.of:
        return charts.said(Fraction(spec.per * counts[0], counts[1]), spec.unit, 2 if spec.per == 1 else 1)
    return f"{counts[0]:,}"


# What is being done


def _follow_up(seat, period, at):
    """Open escalations with the step each stands on, and open actions that are overdue or due soon, earliest first."""
    today = timezone.localdate(at)
    soon = today + DUE_SOON
    escalations = Escalation.objects.visible_to(seat).open().filter(return_type=period.return_type)
    actions = Action.objects.visible_to(seat).open().filter(return_type=period.return_type)
    numbers = actions.aggregate(
        actions=Count("pk"),
        overdue=Count("pk", filter=Q(due_on__lt=today)),
        due_soon=Count("pk", filter=Q(due_on__range=(today, soon))),
    ) | dict(Counter(escalations.values_list("kind", flat=True)))
    if seat.reach is not Reach.RECEIVED:
        return FollowUp([], [], numbers)
    return FollowUp(
        [
            (row.provider.name, f"{row.get_kind_display()}: {row.cause}", *_standing(row, today))
            for row in escalations.for_list().order_by("provider__name", "pk")
        ],
        [
            (row.provider.name, row.title, row.get_state_display(), row.due_on, row.due_on < today)
            for row in actions.filter(due_on__lte=soon).for_list().order_by("due_on", "provider__name", "pk")
        ],
        numbers,
    )


def _standing(escalation, today):
    step = escalation.step
    return (step.title, step.due_on, step.due_on < today) if step else ("No step is open", None, False)


# The forms it leaves in


def as_page(report):
    """A whole page without the portal round it, for paper."""
    return render_to_string("returns/report_on_paper.html", {"report": report, "charts": charts})


PROVIDER_COLUMNS = ("organisation_code", "organisation_name", "status", "first_submitted_at", "late", "score")
FIGURE_COLUMNS = (
    *("measure", "title", "period", "numerator", "denominator", "percent", "target", "organisations"),
    *("region_percent", "region_organisations", "nation_percent", "nation_organisations", "compared_period"),
)


FOLLOW_UP_COLUMNS = ("organisation_name", "what", "stands_at", "due_on", "overdue")


def tables(report):
    """(name, columns, rows) of each table of the report."""
    yield "Completeness", ("item", "number"), _completeness_rows(report)
    yield "Ratings", ("rating", "number"), [(words, number) for words, _, number in report.ratings]
    if report.names_providers:
        yield (
            "Providers",
            (*PROVIDER_COLUMNS, *report.part_titles),
            [_provider_row(report, item) for item in report.providers],
        )
    yield "Figures", FIGURE_COLUMNS, [_figure_row(report, share) for share in report.shares]
    yield (
        "Over the quarters",
        ("measure", "title", "period", "numerator", "denominator", "percent", "shows"),
        [row for share in report.shares for row in _quarter_rows(share)],
    )
    yield "Escalations", FOLLOW_UP_COLUMNS, map(_follow_up_row, report.follow_up.escalations)
    yield "Actions due", FOLLOW_UP_COLUMNS, map(_follow_up_row, report.follow_up.actions)
    yield (
        "Activity",
        ("measure", "title", "figure", "quarter_before", "organisations"),
        [(item.spec.key, item.spec.title, item.said, item.before, item.organisations) for item in report.activity],
    )


def _follow_up_row(line):
    name, what, standing, due_on, is_overdue = line
    return name, what, standing, due_on.isoformat() if due_on else "", "yes" if is_overdue else "no"


def _completeness_rows(report):
    names = ("owed", "submitted", "missing", "in_time", "late", "accepted", "not_required")
    return [(name, report.counts[name]) for name in names]


def _provider_row(report, item):
    return (
        item.code,
        item.name,
        item.status,
        item.first_submitted_at.isoformat() if item.first_submitted_at else "",
        "yes" if item.is_late else "no",
        item.overall,
        *item.bands,
    )


def _figure_row(report, share):
    return (
        share.spec.key,
        share.spec.title,
        report.period.key,
        share.now.numerator,
        share.now.denominator,
        percent(share.now.numerator, share.now.denominator),
        share.target,
        share.now.organisations,
        *_pooled_cells(share.region),
        *_pooled_cells(share.nation),
        report.compared.key if report.compared else "",
    )


def _pooled_cells(pooled):
    return (percent(pooled.numerator, pooled.denominator), pooled.organisations) if pooled else ("", "")


def _quarter_rows(share):
    for figure in share.series.figures:
        if figure.value is not None:
            shown = percent(figure.numerator, figure.denominator)
            key = figure.period.key
            yield share.spec.key, share.spec.title, key, figure.numerator, figure.denominator, shown, figure.signal


def as_workbook(report):
    return table_workbook(report.title, tables(report), report.period.ends)


def as_csv(report):
    """Every table one below another as (table, row, column, value), so that one file holds them all."""
    cells = [
        (name, number, column, value)
        for name, columns, rows in tables(report)
        for number, row in enumerate(rows, start=1)
        for column, value in zip(columns, row, strict=True)
        if value not in ("", None)
    ]
    return csv_table(("table", "row", "column", "value"), cells)
