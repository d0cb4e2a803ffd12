"""The findings of an audit for its parties: the gaps and what works well, each with its measure and where it should be
adopted; the figures behind them; the action plan. One reading, a page and a workbook.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial

from django.template.loader import render_to_string
from django.utils import timezone

from continuity import analyses, permissions
from continuity.figures import BREAKDOWN_TITLES, COMPARED_BY, HIDDEN
from continuity.measures import MEASURES
from continuity.models import Audit, AuditAction, AuditFigures, AuditFinding, Recommendation
from returns import outgoing
from returns.pdf import NoPdf
from returns.return_type import Paper
from returns.table_workbook import table_workbook

EXACT, PROTECTED = "exact: party to the sharing agreement", "TEN-R5-ZERO version 1"
FAR_BEHIND = 15  # points by which a pair lags before it is told to look at another


@dataclass(frozen=True)
class Norm:
    """When a measure is worth a sentence. These are where to start talking, not targets.

    Where more is better it works well from `good` percent on, and is a gap below `gap`; else the other way round.
    """

    measure: str
    recommendation: Recommendation
    good: int
    gap: int

    def is_good(self, percent):
        return percent >= self.good if self.good > self.gap else percent <= self.good

    def is_gap(self, percent):
        return percent < self.gap if self.good > self.gap else percent > self.gap

    def lags(self, percent, best):
        """Whether a pair is so far behind the best that it should look there."""
        return (best - percent if self.good > self.gap else percent - best) >= FAR_BEHIND


R = Recommendation
NORMS = (
    Norm("M01", R.PROTOCOL, 90, 75),
    Norm("M03", R.PROTOCOL, 90, 75),
    Norm("M04", R.PROTOCOL, 90, 60),
    Norm("M06", R.SECURE, 0, 5),
    Norm("M07", R.FORM, 50, 10),
    Norm("M08", R.FORM, 50, 25),
    Norm("M09", R.LINKS, 50, 10),
    Norm("M10", R.FORM, 90, 70),
    Norm("M11", R.FORM, 80, 50),
    Norm("M12", R.IN_REACH, 50, 25),
    Norm("M14", R.PROTOCOL, 90, 70),
    Norm("M15", R.OFFER, 70, 50),
    Norm("M17", R.OFFER, 80, 50),
    Norm("M20", R.RECORDING, 60, 40),
    Norm("M21", R.RECORDING, 5, 15),
    Norm("M30", R.RECORDING, 2, 10),
    Norm("M32", R.RECORDING, 2, 10),
    Norm("M33", R.RECORDING, 2, 10),
    Norm("M34", R.RECORDING, 5, 20),
    Norm("M38", R.RECORDING, 80, 50),
    Norm("M43", R.LINKS, 50, 20),
)


@dataclass(frozen=True)
class Proposed:
    """What the figures show by themselves: a gap or a strength of one pair, and where it should be adopted."""

    measure: object
    said: str
    where: str
    adopt: str
    recommendation: Recommendation
    needs_caution: bool


@dataclass(frozen=True)
class Report:
    figures: AuditFigures
    views: list
    reader: object
    made_on: date
    gaps: list
    strengths: list
    written: list
    plan: list

    @property
    def audit(self):
        return self.figures.audit

    @property
    def title(self):
        return f"Findings of the audit “{self.audit.title}”"

    @property
    def file_name(self):
        return f"audit-findings-{self.figures.counted_at:%Y-%m-%d}"

    @property
    def together(self):
        return self.views[0]

    @property
    def others(self):
        return self.views[1:]

    @property
    def policy(self):
        exact = sum(view.is_exact for view in self.views)
        if exact in (0, len(self.views)):
            return EXACT if exact else PROTECTED
        return f"{PROTECTED}; {exact} of {len(self.views)} views exact"

    @property
    def written_gaps(self):
        return [finding for finding in self.written if finding.kind == AuditFinding.Kind.GAP]

    @property
    def written_strengths(self):
        return [finding for finding in self.written if finding.kind == AuditFinding.Kind.WORKS_WELL]


def report_of(figures, seat):
    """The report as this seat may read it."""
    views = analyses.views_of(figures, seat)
    gaps, strengths = proposed(views)
    audit = figures.audit
    return Report(
        figures=figures,
        views=views,
        reader=seat.organisation,
        made_on=timezone.localdate(),
        gaps=gaps,
        strengths=strengths,
        written=list(AuditFinding.objects.filter(audit=audit).order_by("recommendation", "pk")),
        plan=list(
            AuditAction.objects.filter(audit=audit).select_related("owner").order_by("recommendation", "due_on", "pk")
        ),
    )


def proposed(views):
    """(gaps, strengths) that the figures show; from what this reader may see, so nothing hidden shows in a sentence."""
    pairs = views[1:] or views
    gaps, strengths = [], []
    for norm in NORMS:
        figures = [(view, view.figures.measure(norm.measure)) for view in pairs]
        known = [(view, figure) for view, figure in figures if figure.percent is not None]
        if not known:
            continue
        order = sorted(known, key=lambda pair: pair[1].percent, reverse=norm.good > norm.gap)
        best = order[0]
        for view, figure in known:
            if norm.is_gap(figure.percent):
                gaps.append(_said(norm, view, figure, _look_at(norm, best, view, figure)))
            elif norm.is_good(figure.percent):
                lagging = [other.title for other, share in known if norm.lags(share.percent, figure.percent)]
                strengths.append(_said(norm, view, figure, "; ".join(lagging) or "Keep it, wherever it is done"))
    return gaps, strengths


def _look_at(norm, best, view, figure):
    other, share = best
    if other is view or not norm.lags(figure.percent, share.percent):
        return view.title
    return f"{view.title}: look at {other.title}, where it is {share.said}"


def _said(norm, view, figure, adopt):
    return Proposed(MEASURES[norm.measure], figure.said, view.title, adopt, norm.recommendation, figure.needs_caution)


# On paper


def on_paper(seat, period, at):
    """The report of the audit of a period as the seat may read it, to be set as a PDF."""
    audit = Audit.objects.visible_to(seat).select_related("period__collection__owner").filter(period=period).first()
    figures = audit and analyses.newest(audit, shared_only=not permissions.can_analyse(seat, audit))
    if not figures:
        raise NoPdf("There are no findings of this audit for you to read.")
    figures.audit = audit
    found = report_of(figures, seat)
    html = render_to_string("continuity/findings_on_paper.html", {"report": found, "audit": audit})
    return Paper(html, "audits:findings_file", partial(send_out, found, f"{found.file_name}.pdf"))


# As a workbook


def as_workbook(report):
    """The tables of the report; the same report gives the same bytes."""
    return table_workbook(report.title, list(_sheets(report)), report.made_on)


def _sheets(report):
    yield "About", ("", ""), _about(report)
    yield (
        "Findings",
        ("What", "Measure", "Where", "What it shows", "Adopt or change at", "Recommendation"),
        [
            *(_line("A gap", item) for item in report.gaps),
            *(_line("Works well", item) for item in report.strengths),
            *(
                (
                    finding.get_kind_display(),
                    finding.get_measure_display(),
                    "",
                    finding.text,
                    finding.where,
                    finding.get_recommendation_display(),
                )
                for finding in report.written
            ),
        ],
    )
    yield "Funnel", ("View", "Step", "Count", "% of step before", "% of all", "Lost"), _funnels(report)
    yield (
        "Measures",
        ("View", "Id", "Measure", "Of", *COUNTS),
        [
            (view.title, measure.id, measure.title, measure.among, *_counts(figure))
            for view in report.views
            for measure, figure in view.figures.measures
        ],
    )
    yield "Breakdowns", ("View", "By", "Group", "Id", "Measure", *COUNTS), list(_breakdowns(report))
    yield "Impact", ("View", "By", "Group", *IMPACT), list(_impacts(report))
    yield "Days and points", ("View", "By", "Group", "What", *DAYS), list(_days(report))
    yield "Reasons", ("View", "Table", "Reason", "Count"), list(_reasons(report))
    yield (
        "Action plan",
        ("Recommendation", "What will be done", "Who", "By when", "Status", "Progress"),
        [
            (
                row.get_recommendation_display(),
                row.what,
                row.owner.name,
                f"{row.due_on:%Y-%m-%d}",
                row.get_status_display(),
                row.progress,
            )
            for row in report.plan
        ],
    )


def _about(report):
    return [
        ("Report", report.title),
        ("Exit dates", str(report.audit.period)),
        ("For", report.reader.name),
        ("Figures of", f"{report.figures.counted_at:%Y-%m-%d %H:%M}"),
        ("Sheets counted", report.figures.sheets),
        ("Policy", report.policy),
        *(("As they are", view.title) for view in report.views if view.is_exact),
        *((f"Protected by {PROTECTED}", view.title) for view in report.views if not view.is_exact),
        (
            "Small numbers",
            "Where figures are protected, counts under ten are hidden and the others rounded to the nearest five, so they do"
            " not add up exactly. “Not shown” stands where a figure would tell a hidden one.",
        ),
    ]


def _line(what, item):
    return what, f"{item.measure.id} {item.measure.title}", item.where, item.said, item.adopt, item.recommendation.label


def _funnels(report):
    for view in report.views:
        for step in view.figures.funnel:
            yield view.title, step["title"], step["cell"], step["of_previous"], step["of_all"], step["lost"]
            if step["drop_in"]:
                yield view.title, f"of these: {step['drop_in'].label.lower()}", step["drop_in"].cell, None, None, None
        yield view.title, view.figures.outside.label, view.figures.outside.cell, None, None, None


COUNTS = ("Counted", "Among", "Percent", "95 % interval", "Not known", "Fewer than 30")
IMPACT = (
    "What",
    "Engaged with it",
    "Of",
    "%",
    "Engaged without it",
    "Of ",
    "% ",
    "Points between",
    "Ratio",
    "Not known",
)
DAYS = ("Median of days", "Lower quartile", "Upper quartile", "Points")


def _counts(figure):
    counts = [figure.cell(name) for name in ("numerator", "denominator", "not_known")]
    caution = "Read with care" if figure.needs_caution else ""
    return *counts[:2], figure.percent, figure.interval, counts[2], caution


def _breakdowns(report):
    for view, title, part, measure in _parts(report):
        if part.figure:
            yield view.title, title, part.label, measure.id, measure.title, *_counts(part.figure)


def _parts(report):
    """(view, title of the breakdown, part, measure) of everything that is shown by groups."""
    for view in report.views:
        for name, title in BREAKDOWN_TITLES.items():
            for id in COMPARED_BY:
                for part in view.figures.breakdown(name, id).parts:
                    yield view, title, part, MEASURES[id]


def _impacts(report):
    for view in report.views:
        for each in view.figures.comparisons:
            yield view.title, "", "", *_compared(each.what, each)
    for view, title, part, measure in _parts(report):
        if part.compared:
            yield view.title, title, part.label, *_compared(measure.title, part.compared)


def _compared(what, each):
    with_it, without = _counts(each.with_it)[:3], _counts(each.without)[:3]
    return what, *with_it, *without, each.difference, each.ratio, each.not_known


def _days(report):
    for view in report.views:
        for title, days in view.figures.days:
            yield view.title, "", "", title, *_spread(days), None
        yield view.title, "", "", "M22 Gap between the two views", None, None, None, view.figures.gap or HIDDEN
    for view, title, part, measure in _parts(report):
        if not part.figure:
            days = _spread(part.days) if part.days else (part.none if measure.id == "M29" else None, None, None)
            points = (part.points or part.none) if measure.id == "M22" else None
            yield view.title, title, part.label, f"{measure.id} {measure.title}", *days, points


def _spread(days):
    return days["median"], days["lower_quartile"], days["upper_quartile"]


def _reasons(report):
    for view in report.views:
        if not view.figures.is_broken_down:
            continue
        for row in view.figures.contacts:
            yield view.title, "How people were contacted before release (M12)", row.label, row.cell
        for table in (view.figures.lost, *view.figures.reason_tables):
            for row in (*table.rows, table.total):
                yield view.title, table.title, row.label, row.cell


def send_out(report, name, data, *, by, at):
    """Writes down that the report leaves; returns the Release."""
    return outgoing.send_out(
        kind="continuity findings",
        name=name,
        data=data,
        recipient=report.reader.name,
        policy=report.policy,
        rows=len(report.views),
        versions=[],
        by=by,
        at=at,
    )
