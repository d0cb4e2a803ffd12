"""What is kept of an analysis, and what of it may be shown to whom.

Kept are whole numbers: counts, and what they are counts among. Parties to the sharing agreement see those of their own
pairs as they are. Everybody else, and everybody where other providers' people are in, sees them under TEN-R5-ZERO: counts
under ten hidden, the others to the nearest five, percentages from these alone, and nothing from which a hidden count could
be worked out. Protected tables have a row for every answer that can be given: a row that was left out would say nought.
"""

from dataclasses import dataclass
from functools import cached_property

from continuity import vocabulary as words
from continuity.columns import COLUMNS
from continuity.engagement import STAGES
from continuity.linked_counts import ALONE, GROUPS, IN_PARTS, MISSES, REASONS, names, step_name
from continuity.measures import ALSO, BREAKDOWNS, MEASURES, NOT_ANSWERED, WITHOUT, Comparison, Share
from continuity.protection import POLICY, WITHHELD, Protection
from continuity.recording_rules import RULES
from releases.disclosure import percentage
from returns.bars import draw_bars

WHAT_IF = ("M31", "M30", "M20", "M19")
COMPARED_BY = tuple(id for id in MEASURES if id in (*IN_PARTS, *ALONE))
DRAWN = {id: measure for id, measure in MEASURES.items() if id not in ALONE} | ALSO
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
        "drop_in": analysis.told_of_drop_in,
        "outside": analysis.outside_the_pathway,
        "clients": analysis.distinct_clients,
        "measures": {
            id: [None if truth is None else int(truth.sum()) for truth in truths]
            for id, truths in analysis.all_truths.items()
            if id not in ALONE
        },
        "breakdowns": {name: _in_parts(analysis, name) for name in BREAKDOWNS},
        "comparisons": {
            id: [_compared(each, analysis.measures["M01"].denominator) for each in several]
            for id, several in analysis.comparisons.items()
        },
        "days": {name: spread.figures() for name, spread in analysis.days.items()}
        | {"custody": analysis.days_in_custody.figures()},
        "reasons": {
            "lost": analysis.lost_by_reason,
            "methods": details["M05"]["methods"],
            "not_appropriate": details["M02b"]["reasons"],
            "not_engaged": details["M42"]["reasons"],
            "follow_up": details["M17"]["methods"],
            "misses": analysis.misses_by_kind,
            "scenarios": {str(number): count for number, count in analysis.scenarios.items()},
        },
    }


def in_place(kept):
    """What a breakdown by places keeps of one of them, from the figures of all that is there."""
    return {id: kept["measures"][id] for id in (*IN_PARTS, *ALSO, *WITHOUT)} | {"M29": kept["days"]["structured"]}


def _in_parts(analysis, breakdown):
    days = analysis.days_by(breakdown)
    return {
        group: {id: counts for id, counts in shares.items() if id in (*IN_PARTS, *ALSO, *WITHOUT)}
        | {"M29": days[group].figures()}
        for group, shares in analysis.counts_by(breakdown).items()
    }


def _compared(each, everybody):
    with_it, without = each.with_it, each.without
    return [
        each.what,
        with_it.numerator,
        with_it.denominator,
        without.numerator,
        without.denominator,
        everybody - with_it.denominator - without.denominator,
    ]


# What is shown

HIDDEN, NOT_SHOWN, ALL_OTHERS = "Hidden", "Not shown", "All others"


@dataclass(frozen=True)
class Figure:
    """A share as it may be shown; None where a count is hidden. Percentage and interval are of what is shown."""

    numerator: int | None
    denominator: int | None
    not_known: int | None = None
    asks_not_known: bool = True  # whether anybody can be not known
    withheld: tuple = ()  # which of the three are not shown for what they would tell of other counts

    @property
    def is_hidden(self):
        return self.numerator is None or self.denominator is None

    def cell(self, name):
        """One of the three as a number, or why it is none."""
        if name == "not_known" and not self.asks_not_known:
            return ""
        count = getattr(self, name)
        return count if count is not None else NOT_SHOWN if name in self.withheld else HIDDEN

    @property
    def beside(self):
        """How many are not known, in words."""
        return _said(self.cell("not_known"))

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
        if self.is_hidden:
            return NOT_SHOWN if {"numerator", "denominator"} & {*self.withheld} else HIDDEN
        if self.percent is None:
            return "Nobody to count"
        return f"{self.percent}\u00a0% – {self.numerator:,} of {self.denominator:,}"


@dataclass(frozen=True)
class Row:
    label: str
    count: int | None
    withheld: bool = False

    @property
    def said(self):
        return _said(self.cell)

    @property
    def cell(self):
        return self.count if self.count is not None else NOT_SHOWN if self.withheld else HIDDEN


@dataclass(frozen=True)
class ShownTable:
    """A table of reasons as it may be shown; `merged` are the labels that were put together, because half was hidden.

    It has no rows where nobody is counted, and where they may not be told apart.
    """

    title: str
    rows: tuple
    total: Row
    merged: tuple = ()

    @property
    def widest(self):
        return max((row.count or 0 for row in self.rows), default=0)

    @property
    def is_hidden(self):
        return all(row.count is None for row in (self.total, *self.rows))


@dataclass(frozen=True)
class Compared:
    what: str
    with_it: Figure
    without: Figure
    not_known: str = ""

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


@dataclass(frozen=True)
class Part:
    """A group of a breakdown, or several that were put together: a figure, a comparison, days, or points."""

    label: str
    figure: Figure | None = None
    compared: Compared | None = None
    days: dict | None = None
    points: str | None = None
    none: str = HIDDEN  # what is said where there is nothing


@dataclass(frozen=True)
class Breakdown:
    """A measure by the groups of a breakdown. `merged` are the groups that were put together; without rows it is not shown."""

    measure: object
    parts: tuple
    merged: tuple = ()


class Figures:
    """The figures of one view, as they are (`exact`) or under the policy.

    `protected` gives the Protection of everything that the reader sees together, and the key of this view in it.
    """

    def __init__(self, kept, exact, protected=None):
        self.kept, self.exact = kept, exact
        self._protected_by = protected or (lambda: (Protection({"": kept}), ""))

    @cached_property
    def _protected(self):
        return self._protected_by()

    # Counts

    def _shown(self, name, breakdown=None, groups=()):
        """(count or None, whether it is withheld) of a name of `protection`, as it may be printed."""
        protection, view = self._protected
        shown = protection.shown(view, name, breakdown, groups)
        return (None, True) if shown == WITHHELD else (shown, False)

    def _figure(self, id, counts, breakdown=None, groups=()):
        asks = counts[2] is not None
        if self.exact:
            return Figure(*counts[:2], counts[2], asks)
        asked = dict(zip(("numerator", "denominator", "not_known"), names(id), strict=False))
        shown = {
            name: self._shown(each, breakdown, groups) for name, each in asked.items() if asks or name != "not_known"
        }
        withheld = tuple(name for name, (_, withheld) in shown.items() if withheld)
        return Figure(**{name: count for name, (count, _) in shown.items()}, asks_not_known=asks, withheld=withheld)

    def _row(self, label, count, name, *where):
        return Row(label, count) if self.exact else Row(label, *self._shown(name, *where))

    @cached_property
    def funnel(self):
        """(title, count, percent of the step before, percent of all, lost) for each step, from what is shown."""
        steps, before, first = [], None, None
        for step in self.kept["funnel"]:
            row = self._row(STEPS[step["step"]], step["count"], step_name(step["step"]))
            count = row.count
            first = first if steps else count
            steps.append(
                {
                    "title": row.label,
                    "count": count,
                    "said": row.said,
                    "cell": row.cell,
                    "of_previous": percentage(count, before) if steps else None,
                    "of_all": percentage(count, first),
                    "lost": None if not steps or None in (before, count) else max(before - count, 0),
                    "went": _went(step) if self.exact and steps else [],
                    "drop_in": self.drop_in if step["step"] == "appointment_made" else None,
                }
            )
            before = count
        return steps

    @property
    def drop_in(self):
        """Of those for whom an appointment was made, who was told of drop-in instead."""
        return self._row("Told of drop-in", self.kept["drop_in"], "drop-in")

    @property
    def funnel_picture(self):
        steps = [(step["title"], step["count"], step["said"]) for step in self.funnel]
        return draw_bars(steps, key="steps", title="From referral to treatment")

    @property
    def outside(self):
        return self._row("Engaged outside the pathway", self.kept["outside"], "outside")

    @property
    def clients(self):
        """How many people the referrals in scope are of; shown to the parties alone."""
        return self.kept["clients"] if self.exact else None

    @cached_property
    def measures(self):
        """(measure, figure) in the order of the catalogue."""
        counts = self.kept["measures"]
        order = sorted(DRAWN, key=lambda id: list(MEASURES).index(id.partition("/")[0]))
        return [(DRAWN[id], self._figure(id, counts[id])) for id in order]

    def measure(self, id):
        return self._figure(id, self.kept["measures"][id])

    @property
    def gap(self):
        """M22: local view less NDTMS view, in points, from what is shown."""
        return _points(self.measure("M19"), self.measure("M20"))

    @property
    def what_if(self):
        return [(MEASURES[id], self.measure(id)) for id in WHAT_IF]

    # Breakdowns

    @property
    def is_broken_down(self):
        """Whether anything is shown by groups; protected pairs are not, where there are very many of them."""
        return self.exact or self._protected[0].breaks_down(self._protected[1])

    def breakdown(self, name, id):
        """A measure by the groups of a breakdown, in their own order."""
        if id == "M22":
            return self._gap_by(name)
        if id == "M29":
            return self._days_by(name)
        kept, clusters = self.kept["breakdowns"].get(name, {}), self._clusters(name, id)
        parts = []
        for groups in clusters:
            label = GROUP_TITLES.get(groups[0], groups[0]) if len(groups) == 1 else ALL_OTHERS
            figure = self._figure(id, self._added(kept, groups, id), name, groups)
            compared = None
            if f"{id}/without" in WITHOUT:
                without = self._figure(
                    f"{id}/without", [*self._added(kept, groups, f"{id}/without")[:2], None], name, groups
                )
                compared = Compared(label, figure, without, figure.beside)
            parts.append(Part(label, figure, compared))
        merged = tuple(GROUP_TITLES.get(group, group) for groups in clusters if len(groups) > 1 for group in groups)
        return Breakdown(MEASURES[id], tuple(parts), merged)

    def _clusters(self, name, id):
        """The groups in their order, each alone or with those that it was put together with; none where nothing is shown."""
        if not self.exact:
            protection, view = self._protected
            return protection.tables.get((view, name, id), [])
        kept = self.kept["breakdowns"].get(name, {})
        present = {
            group
            for group, shares in kept.items()
            if any(count for share in shares.values() for count in _whole(share))
        }
        return [(group,) for group in GROUPS.get(name) or sorted(kept) if group in present]

    def _added(self, kept, groups, id):
        nobody = [0 if count is not None else None for count in self.kept["measures"][id]]
        several = [kept[group][id] for group in groups if group in kept]
        return [None if None in counts else sum(counts) for counts in zip(nobody, *several, strict=True)]

    @property
    def _none(self):
        return "Nobody to count" if self.exact else HIDDEN

    def _gap_by(self, name):
        local, ndtms = (
            {part.label: part.figure for part in self.breakdown(name, id).parts if part.label != ALL_OTHERS}
            for id in ("M19", "M20")
        )
        parts = tuple(
            Part(label, points=_points(local[label], ndtms[label]), none=self._none)
            for label in local
            if label in ndtms
        )
        return Breakdown(MEASURES["M22"], parts)

    def _days_by(self, name):
        """Days to structured treatment, for the groups of which it is shown how many engaged."""
        kept, parts = self.kept["breakdowns"].get(name, {}), []
        for groups in self._clusters(name, "M20"):
            if len(groups) > 1:
                continue
            group, days = groups[0], kept.get(groups[0], {}).get("M29")
            counted = days["n"] if self.exact and days else self._shown(names("M20")[0], name, groups)[0]
            parts.append(Part(GROUP_TITLES.get(group, group), days=days if counted else None, none=self._none))
        return Breakdown(MEASURES["M29"], tuple(parts))

    # Comparisons, days and reasons

    @cached_property
    def comparisons(self):
        found = []
        for id in ("M23", "M24", "M25"):
            for place, (what, a, n, b, m, beside) in enumerate(self.kept["comparisons"][id]):
                if self.exact and not (n and m):
                    continue
                with_it = self._figure(what if place else id, [a, n, None if place else beside])
                own = f"{what}/without" if place and id == "M25" else f"{id}/without"
                shown = with_it.beside if not place else f"{beside:,}" if self.exact and id == "M25" else ""
                found.append(Compared(what, with_it, self._figure(own, [b, m, None]), shown))
        return found

    @property
    def contacts(self):
        """(kind, row) of how many were contacted in each way; some in several."""
        kinds = self.kept["comparisons"]["M23"][1:]
        return [self._row(what, n, f"{what} among") for what, _, n, *_ in kinds if not self.exact or n]

    @cached_property
    def days(self):
        """(title, days) of the spreads; left out where too few people are behind them."""
        titles = {
            "triage": "From release to triage",
            "structured": "From release to structured treatment",
            "custody": "In custody",
        }
        behind = {"triage": "M20 counted", "structured": "M20 counted", "custody": "scope"}
        return [
            (title, self.kept["days"][name])
            for name, title in titles.items()
            if self.kept["days"][name]["n"]
            and (self.exact or POLICY.shows(self.kept["days"][name]["n"]) and self._shown(behind[name])[0])
        ]

    @cached_property
    def lost(self):
        codes = REASONS["lost"][0]
        return self._table("lost", "Why they are not visible", {code: f"{code}: {_reason(code)}" for code in codes})

    @cached_property
    def reason_tables(self):
        labels = {
            name: COLUMNS[column].choices.labels | {NOT_ANSWERED: "Not answered"}
            for name, (_, column) in REASON_TABLES.items()
        }
        tables = [self._table(name, title, labels[name]) for name, (title, _) in REASON_TABLES.items()]
        misses = {code: f"{code}: {_reason(code)}" for code in MISSES}
        tables.append(self._table("misses", "How attributors miss (M32)", misses))
        titles = {str(each.number): f"{each.number}. {each.title}" for each in words.SCENARIOS}
        titles["0"] = "Outside the five scenarios"
        tables.append(self._table("scenarios", "Discharge scenarios (M41)", titles))
        return [table for table in tables if table.rows or not self.exact]

    def _table(self, name, title, labels):
        """The counts of a table of reasons; of its small ones put together where half of it would be hidden."""
        counts = self.kept["reasons"][name]
        if self.exact:
            rows = [Row(label, counts[key]) for key, label in labels.items() if counts.get(key)]
            rows = sorted(rows, key=lambda row: -row.count) if name == "lost" else rows
            return ShownTable(title, tuple(rows), Row("Total", sum(row.count for row in rows)))
        protection, view = self._protected
        keys, total = REASONS[name]
        clusters = protection.tables.get((view, name, name), ())
        rows = tuple(
            Row(labels[cluster[0]] if len(cluster) == 1 else ALL_OTHERS, *self._shown(total, name, cluster))
            for cluster in clusters
        )
        merged = tuple(labels[key] for cluster in clusters if len(cluster) > 1 for key in cluster)
        return ShownTable(title, rows, Row("Total", *self._shown(total)), merged)


def _whole(share):
    return share.values() if isinstance(share, dict) else share


def _said(cell):
    return f"{cell:,}" if isinstance(cell, int) else cell


def _points(higher, lower):
    rates = higher.percent, lower.percent
    return None if None in rates else f"{rates[0] - rates[1]:+.1f}"


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
