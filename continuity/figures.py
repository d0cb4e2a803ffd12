"""What is kept of an analysis, and what of it may be shown to whom.

Kept are whole numbers: counts, and what they are counts among. Parties to the sharing agreement see those of their own
pairs as they are. Everybody else, and everybody where other providers' people are in, sees them under TEN-R5-ZERO: counts
under ten hidden, the others to the nearest five, percentages from these alone. Protected tables have a row for every
answer that can be given: a row that was left out would say nought.
"""

from dataclasses import dataclass
from functools import cached_property

from continuity import vocabulary as words
from continuity.columns import COLUMNS
from continuity.engagement import CUSTODY_BANDS, STAGES, SUBSTANCE_GROUPS, UNKNOWN_BAND
from continuity.measures import LOST_NAMES, MEASURES, NOT_ANSWERED, UNKNOWN, Comparison, Share
from continuity.recording_rules import RULES
from releases.disclosure import POLICIES, Dimension, MayNotBeShown, Table, percentage, protect_table
from returns.bars import draw_bars

POLICY = POLICIES["TEN-R5-ZERO"]
IN_PARTS = ("M01", "M03", "M12", "M14", "M15", "M17", "M19", "M20", "M21")
WHAT_IF = ("M31", "M30", "M20", "M19")
ALONE = ("M22", "M29")
STEPS = dict(
    zip(
        STAGES,
        (
            "Referred, in scope",
            "Referral received",
            "Appropriate to the service",
            "Appointment made, or told of drop-in",
            "Attended",
            "Engaged, as the service sees it",
            "Engaged, as NDTMS sees it",
        ),
        strict=True,
    )
)
BREAKDOWN_TITLES = {
    "prison": "Prison",
    "la": "Area",
    "substance_group": "Substance group",
    "custody_band": "Days in custody",
    "release_type": "Type of release",
    "sex": "Sex",
    "quarter": "Quarter of release",
}
GROUP_TITLES = {
    "OPIATE": "Opiate",
    "NONOPIATE_ONLY": "Non-opiate only",
    "NONOPIATE_ALCOHOL": "Non-opiate and alcohol",
    "ALCOHOL_ONLY": "Alcohol only",
    "UNKNOWN": "Unknown",
}
# The groups that there can be, where that does not depend on the audit
GROUPS = {
    "substance_group": SUBSTANCE_GROUPS,
    "custody_band": (*(band for _, band in CUSTODY_BANDS), UNKNOWN_BAND),
    "release_type": (*COLUMNS["P18"].choices.labels.values(), UNKNOWN),
    "sex": (*COLUMNS["P04"].choices.labels.values(), UNKNOWN),
}
NO_FIGURES = {id: [0, 0, 0] for id in IN_PARTS}
MISSES = tuple(f"ATT-{number:02}" for number in range(2, 11))
REASON_TABLES = {
    "methods": ("How referrals arrived (M05)", "C03"),
    "not_appropriate": ("Why referrals were not appropriate (M02b)", "C06"),
    "not_engaged": ("Why people did not engage (M42)", "C31"),
    "follow_up": ("How missed appointments were followed up (M17)", "C27"),
}


# What is kept


def figures_of(analysis):
    """An analysis as plain data of whole numbers, and the medians of days."""
    details = analysis.details
    return {
        "funnel": [{"step": step.name, "count": step.count, "went": step.went} for step in analysis.funnel],
        "outside": analysis.outside_the_pathway,
        "lost": analysis.lost_by_reason,
        "measures": {id: _counts(figure) for id, figure in analysis.measures.items() if id not in ALONE},
        "breakdowns": {
            name: {group: {id: _counts(figures[id]) for id in IN_PARTS} for group, figures in groups.items()}
            for name, groups in analysis.breakdowns.items()
        },
        "comparisons": {
            id: [[each.what, *_counts(each.with_it)[:2], *_counts(each.without)[:2]] for each in several]
            for id, several in analysis.comparisons.items()
        },
        "days": {name: spread.figures() for name, spread in analysis.days.items()}
        | {"custody": analysis.days_in_custody.figures()},
        "reasons": {
            "methods": details["M05"]["methods"],
            "not_appropriate": details["M02b"]["reasons"],
            "not_engaged": details["M42"]["reasons"],
            "follow_up": details["M17"]["methods"],
        },
        "misses": {code: count for code, count in analysis.misses_by_kind.items() if count},
        "scenarios": {str(number): count for number, count in analysis.scenarios.items() if count},
    }


def _counts(share):
    return [share.numerator, share.denominator, share.not_known]


# What is shown


@dataclass(frozen=True)
class Figure:
    """A share as it may be shown; None where a count is hidden. Percentage and interval are of what is shown."""

    numerator: int | None
    denominator: int | None
    not_known: int | None = None

    @property
    def is_hidden(self):
        return self.numerator is None or self.denominator is None

    @property
    def percent(self):
        return None if self.is_hidden else percentage(self.numerator, self.denominator)

    @property
    def interval(self):
        if self.percent is None:
            return None
        low, high = Share(min(self.numerator, self.denominator), self.denominator).interval
        return f"{low:.1f} to {high:.1f}"

    @property
    def needs_caution(self):
        return self.percent is not None and self.denominator < 30

    @property
    def said(self):
        if self.percent is None:
            return "Hidden" if self.is_hidden else "Nobody to count"
        return f"{self.percent}\u00a0% – {self.numerator:,} of {self.denominator:,}"


@dataclass(frozen=True)
class Row:
    label: str
    count: int | None


@dataclass(frozen=True)
class ShownTable:
    """A table of reasons as it may be shown; `merged` are the labels that were put together, because half was hidden."""

    title: str
    rows: tuple
    total: int | None
    merged: tuple = ()

    @property
    def widest(self):
        return max((row.count or 0 for row in self.rows), default=0)

    @property
    def is_hidden(self):
        return self.total is None and all(row.count is None for row in self.rows)


@dataclass(frozen=True)
class Compared:
    what: str
    with_it: Figure
    without: Figure

    @property
    def difference(self):
        rates = self.with_it.percent, self.without.percent
        return None if None in rates else f"{rates[0] - rates[1]:+.1f}"

    @property
    def ratio(self):
        if self.difference is None:
            return None
        shares = (Share(min(f.numerator, f.denominator), f.denominator) for f in (self.with_it, self.without))
        ratio, low, high = Comparison(self.what, *shares).ratio
        return f"{ratio:.2f} ({low:.2f} to {high:.2f})" if low is not None else None


class Figures:
    """The figures of one view, as they are (`exact`) or under the policy."""

    def __init__(self, kept, exact):
        self.kept, self.exact = kept, exact

    def figure(self, counted, among, not_known=0):
        if self.exact:
            return Figure(counted, among, not_known)
        parts = {"counted": counted, "not known": not_known, "other": among - counted - not_known}
        shown = _protected(parts)
        if shown is None:
            shown = _protected({"counted": counted, "other": among - counted}) or {}
        return Figure(shown.get(("counted",)), shown.get(("Total",)), shown.get(("not known",)))

    def table(self, title, counts):
        """A table of counts with its total. Where half of it would be hidden, the smallest are put together."""
        if self.exact:
            return ShownTable(title, tuple(Row(label, count) for label, count in counts.items()), sum(counts.values()))
        merged, labels = (), dict(counts)
        while True:
            shown = _protected(labels)
            hidden = sum(value is None for value in shown.values()) if shown else len(labels)
            if shown is not None and 2 * hidden < len(labels) or len(labels) < 2:
                break
            smallest = sorted(labels, key=labels.get)[:2]
            together = sum(labels.pop(label) for label in smallest)
            merged = tuple(dict.fromkeys((*merged, *(label for label in smallest if label != ALL_OTHERS))))
            labels[ALL_OTHERS] = together
        rows = tuple(Row(label, shown.get((label,)) if shown else None) for label in labels)
        return ShownTable(title, rows, shown.get(("Total",)) if shown else None, merged)

    @cached_property
    def funnel(self):
        """(title, count, percent of the step before, percent of all, lost) for each step, from what is shown."""
        steps, before, first = [], None, None
        for step in self.kept["funnel"]:
            count = step["count"] if self.exact else POLICY.shows(step["count"])
            first = count if before is None and not steps else first
            lost = None if not steps or None in (before, count) else max(before - count, 0)
            steps.append(
                {
                    "title": STEPS[step["step"]],
                    "count": count,
                    "of_previous": percentage(count, before) if steps else None,
                    "of_all": percentage(count, first),
                    "lost": lost,
                    "went": _went(step) if self.exact and steps else [],
                }
            )
            before = count
        return steps

    @property
    def funnel_picture(self):
        return draw_bars(
            [(step["title"], step["count"]) for step in self.funnel], key="steps", title="From referral to treatment"
        )

    @property
    def outside(self):
        return self.kept["outside"] if self.exact else POLICY.shows(self.kept["outside"])

    @cached_property
    def lost(self):
        counts = self._by_label(self.kept["lost"], {code: f"{code}: {_reason(code)}" for code in LOST_NAMES if code})
        return self.table("Why they are not visible", dict(sorted(counts.items(), key=lambda item: -item[1])))

    @cached_property
    def measures(self):
        """(measure, figure) in the order of the catalogue."""
        return [(MEASURES[id], self.figure(*counts)) for id, counts in self.kept["measures"].items()]

    def measure(self, id):
        return self.figure(*self.kept["measures"][id])

    @property
    def gap(self):
        """M22: local view less NDTMS view, in points, from what is shown."""
        rates = self.measure("M19").percent, self.measure("M20").percent
        return None if None in rates else f"{rates[0] - rates[1]:+.1f}"

    @property
    def what_if(self):
        return [(MEASURES[id], self.measure(id)) for id in WHAT_IF]

    def breakdown(self, name):
        """(group, figures of IN_PARTS in their order) for each group."""
        groups = self.kept["breakdowns"].get(name, {})
        if not self.exact:
            groups = {group: groups.get(group, NO_FIGURES) for group in (*GROUPS.get(name, ()), *groups)}
        return [
            (GROUP_TITLES.get(group, group), [self.figure(*figures[id]) for id in IN_PARTS])
            for group, figures in groups.items()
        ]

    @cached_property
    def comparisons(self):
        return [
            Compared(what, self.figure(a, n), self.figure(b, m))
            for several in self.kept["comparisons"].values()
            for what, a, n, b, m in several
            if not self.exact or n and m
        ]

    @cached_property
    def days(self):
        """(title, median, quartiles) of days; hidden where too few people are behind them."""
        titles = {
            "triage": "From release to triage",
            "structured": "From release to structured treatment",
            "custody": "In custody",
        }
        return [
            (title, self.kept["days"][name])
            for name, title in titles.items()
            if self.kept["days"][name]["n"] and (self.exact or POLICY.shows(self.kept["days"][name]["n"]) is not None)
        ]

    @cached_property
    def reason_tables(self):
        tables = []
        for name, (title, column) in REASON_TABLES.items():
            labels = COLUMNS[column].choices.labels | {NOT_ANSWERED: "Not answered"}
            tables.append(self.table(title, self._by_label(self.kept["reasons"][name], labels)))
        misses = {code: f"{code}: {_reason(code)}" for code in MISSES}
        tables.append(self.table("How attributors miss (M32)", self._by_label(self.kept["misses"], misses)))
        titles = {str(each.number): f"{each.number}. {each.title}" for each in words.SCENARIOS}
        titles["0"] = "Outside the five scenarios"
        tables.append(self.table("Discharge scenarios (M41)", self._by_label(self.kept["scenarios"], titles)))
        return [table for table in tables if table.rows]

    def _by_label(self, counts, labels):
        """Counts by the words for them, in the order of the words; where they are protected, those of nobody too."""
        return {label: counts.get(key, 0) for key, label in labels.items() if not self.exact or counts.get(key)}


ALL_OTHERS = "All others"


def _protected(counts):
    """What may be shown of counts by label, with their total; None where the policy lets nothing be shown."""
    table = Table((Dimension("of", tuple(counts), "Total"),), {(label,): count for label, count in counts.items()})
    try:
        return protect_table(table, POLICY).values if counts else {}
    except MayNotBeShown:
        return None


def _reason(code):
    if code not in RULES:
        return "no rule explains it"
    message = RULES[code].message
    return RULES[code].title.capitalize() if "{" in message else message.rstrip(".")


def _went(step):
    columns = {
        "received": "C01",
        "appropriate": "C05",
        "appointment_made": "C20",
        "attended": "C24",
        "engaged_locally": "C30",
    }
    labels = COLUMNS[columns[step["step"]]].choices.labels if step["step"] in columns else {}
    return [(labels.get(key, "Not answered"), count) for key, count in step["went"].items()]
