"""The findings of an audit for its parties: the gaps and what works well, each with its measure and where it should be
adopted; the figures behind them; the action plan. One reading, a page and a workbook.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial

from django.template.loader import render_to_string
from django.utils import timezone

from continuity import analyses, permissions
from continuity.figures import BREAKDOWN_TITLES, IN_PARTS
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
    def is_exact(self):
        return all(view.is_exact for view in self.views)

    @property
    def policy(self):
        return EXACT if self.is_exact else PROTECTED

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
        ("View", "Id", "Measure", "Counted", "Among", "Percent", "95 % interval", "Not known"),
        [
            (view.title, *_measure(measure, figure))
            for view in report.views
            for measure, figure in view.figures.measures
        ],
    )
    yield (
        "Breakdowns",
        ("View", "By", "Group", "Id", "Measure", "Counted", "Among", "Percent", "95 % interval", "Not known"),
        list(_breakdowns(report)),
    )
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
        (
            "Small numbers",
            "Where they are hidden (under ten), others are rounded to the nearest five.",
        ),
    ]


def _line(what, item):
    return what, f"{item.measure.id} {item.measure.title}", item.where, item.said, item.adopt, item.recommendation.label


def _funnels(report):
    return [
        (view.title, step["title"], step["count"], step["of_previous"], step["of_all"], step["lost"])
        for view in report.views
        for step in view.figures.funnel
    ]


def _measure(measure, figure):
    counts = figure.numerator, figure.denominator, figure.percent, figure.interval, figure.not_known
    return measure.id, measure.title, *counts


def _breakdowns(report):
    for view in report.views:
        for name, title in BREAKDOWN_TITLES.items():
            for group, figures in view.figures.breakdown(name):
                for id, figure in zip(IN_PARTS, figures, strict=True):
                    yield view.title, title, group, *_measure(MEASURES[id], figure)


def _reasons(report):
    for view in report.views:
        for table in (view.figures.lost, *view.figures.reason_tables):
            for row in table.rows:
                yield view.title, table.title, row.label, row.count


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
