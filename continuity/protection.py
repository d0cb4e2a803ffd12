"""What somebody who is no party may see of an audit's figures: all views, groups and answers protected as one.

Everything is tied together: the pairs add up to what is counted together, the groups of a breakdown and the reasons of a
table to their total, who is counted, not known and other to those they are among. So the policy says how each count is
printed, and then it is tried what can be worked out from all that is printed. Where a count that the policy hides could be
one of fewer values than it asks for, single counts are withheld, those of the whole before those of its parts. Then the
breakdowns are added, the main measures first: each as fine as nothing can be worked out from it and all before it, or not
at all. Of several views those of the whole alone are broken down: their parts hold too few people.
"""

from collections import defaultdict

import numpy as np

from continuity.columns import COLUMNS
from continuity.engagement import CUSTODY_BANDS, SUBSTANCE_GROUPS, UNKNOWN_BAND
from continuity.measures import (
    ALL,
    ALSO,
    APPOINTED,
    BREAKDOWNS,
    LOST_NAMES,
    MEASURES,
    NOT_ANSWERED,
    RECEIVED,
    UNKNOWN,
    WITHOUT,
)
from releases.disclosure import POLICIES
from releases.disclosure.linked import ANYTHING, Sums

POLICY = POLICIES["TEN-R5-ZERO"]
WITHHELD = -1  # printed neither as a number nor as hidden
# The groups that there can be, where that does not depend on the audit
GROUPS = {
    "substance_group": SUBSTANCE_GROUPS,
    "custody_band": (*(band for _, band in CUSTODY_BANDS), UNKNOWN_BAND),
    "release_type": (*COLUMNS["P18"].choices.labels.values(), UNKNOWN),
    "sex": (*COLUMNS["P04"].choices.labels.values(), UNKNOWN),
}
OF_PLACE = ("prison", "la")  # of which a pair has one each
ALONE = ("M22", "M29")  # no share of people
IN_PARTS = tuple(
    id for id in MEASURES if id not in (*ALONE, "M26", "M27", "M28")
)  # those three are breakdowns themselves
MEASURED_IN_PARTS = (*IN_PARTS, *ALSO, *WITHOUT)
FIRST = (
    "M01",
    "M20",
    "M19",
    "M21",
    "M12",
    "M14",
    "M15",
    "M23",
    "M03",
    "M17",
)  # the tables that are shown before others
AT_ONCE = 8  # tables that are tried together
MISSES = tuple(f"ATT-{number:02}" for number in range(2, 11))
# By table of reasons: the answers that there are, and the count to which they add up, if it is shown elsewhere too
REASONS = {
    "lost": (tuple(name for name in LOST_NAMES if name), "M21 counted"),
    "methods": ((*COLUMNS["C03"].choices.labels, NOT_ANSWERED), "M01 counted"),
    "not_appropriate": ((*COLUMNS["C06"].choices.labels, NOT_ANSWERED), "M02b counted"),
    "not_engaged": ((*COLUMNS["C31"].choices.labels, NOT_ANSWERED), "M42 among"),
    "follow_up": ((*COLUMNS["C27"].choices.labels, NOT_ANSWERED), "answers of follow_up"),
    "misses": (MISSES, "answers of misses"),
    "scenarios": (("1", "2", "3", "4", "5", "0"), "releases"),
}
# One name for counts that are of the same people
COUNTED = {"M26": "M20 counted", "M27": "M20 counted", "M28": "M01 counted"}
AMONG = {
    ALL: "scope",
    RECEIVED: "M01 counted",
    APPOINTED: "appointed",
    MEASURES["M39"].among: "releases",
    MEASURES["M13"].among: "M12 counted",
    MEASURES["M23"].among: "M12 counted",
    MEASURES["M18"].among: "M17 counted",
    MEASURES["M21"].among: "M19 counted",
}
NOT_KNOWN = {"M02b": "M02 not known", "M28": "M01 not known"}
STEPS = {"in_scope": "scope", "received": "M01 counted", "appropriate": "M02 counted"}
SLACK = 10**6


def step_name(step):
    return STEPS.get(step, f"step {step}")


def names(id):
    """The names of (counted, among, not known, the others) of a measure, by its id; of an impact, by what it is of."""
    said = (MEASURES | ALSO | WITHOUT).get(id)
    among = AMONG.get(said.among, f"{id} among") if said else f"{id} among"
    return COUNTED.get(id, f"{id} counted"), among, NOT_KNOWN.get(id, f"{id} not known"), f"{id} other"


REPEATS, _, _, FIRSTS = names("M40")


def impacts(kept):
    """The two shares of each comparison that is not one of the measures, by id."""
    found = {}
    for id, several in kept["comparisons"].items():
        for place, (what, a, n, b, m, _) in enumerate(several):
            if place:
                found[what] = [a, n, None]
                if id == "M25":
                    found[f"{what}/without"] = [b, m, None]
    return found


class Protection:
    """`kept` are the figures of each view by its key; `whole` is the key of the view that the others add up to, if any.

    `tables` are the tables that may be shown of the view that is `broken_down`: the groups of each row, by breakdown and
    measure; those of reasons by their name, twice.
    """

    def __init__(self, kept, whole=None):
        self.kept, self.views, self.whole = kept, list(kept), whole if whole in kept else None
        self.parts = [view for view in kept if view != self.whole] if self.whole else []
        self.broken_down = self.whole or self.views[0]
        groups = kept[self.broken_down]["breakdowns"]
        self.slots = {name: GROUPS.get(name) or tuple(sorted(groups.get(name, ()))) for name in BREAKDOWNS}
        self.slots |= {table: keys for table, (keys, _) in REASONS.items()}
        self.shares = {id: None for view in self.views for id in (*kept[view]["measures"], *impacts(kept[view]))}
        self.counts, self.cells, self.keys, self.tables = {}, {}, [], {}
        self.with_nk, self.withheld, self.measures_of = set(), set(), defaultdict(set)
        for view in self.views:
            self._read(view)
        nk = self.with_nk | {id.partition("/")[0] for id in WITHOUT}
        parts = ((id, place, name) for id in MEASURED_IN_PARTS for place, name in enumerate(names(id)))
        self.names_in_parts = [*dict.fromkeys(name for id, place, name in parts if place != 2 or id in nk)]
        self._protect()

    # What there is

    def _read(self, view):
        kept = self.kept[view]
        self._read_shares(view, kept["measures"] | impacts(kept), None, None)
        for table, (_, total) in REASONS.items():
            self.measures_of[total].add(table)
            self.counts.setdefault((view, total, None, None), sum(kept["reasons"][table].values()))
        if view == self.broken_down:
            for name, groups in kept["breakdowns"].items():
                for group, shares in groups.items():
                    self._read_shares(view, {id: share for id, share in shares.items() if id != "M29"}, name, group)
            for table, (keys, total) in REASONS.items():
                self.counts |= {(view, total, table, key): kept["reasons"][table].get(key, 0) for key in keys}
        for step in kept["funnel"]:
            self.counts[view, step_name(step["step"]), None, None] = step["count"]
        self.counts[view, "drop-in", None, None] = kept["drop_in"]
        self.counts[view, "outside", None, None] = kept["outside"]

    def _read_shares(self, view, shares, breakdown, group):
        for id, (counted, among, not_known) in shares.items():
            beside = f"{id}/without" in WITHOUT  # not known of a comparison is beside those it is among
            if not_known is not None and not beside:
                self.with_nk.add(id)
            other = among - counted - (0 if beside else not_known or 0)
            for name, count in zip(names(id), (counted, among, not_known, other), strict=True):
                if count is not None:
                    self.counts[view, name, breakdown, group] = count
                    self.measures_of[name].add(id.partition("/")[0] if id in WITHOUT else id)

    def _where(self, breakdown, groups):
        """All groups of a breakdown together are everybody."""
        return (None, ()) if breakdown is None or len(groups) == len(self.slots[breakdown]) else (breakdown, groups)

    def cell(self, view, name, breakdown=None, groups=()):
        """The number of a cell: of everybody, or of some groups of a breakdown together."""
        key = view, name, *self._where(breakdown, groups)
        if key not in self.cells:
            self.cells[key] = len(self.keys)
            self.keys.append(key)
        return self.cells[key]

    def count(self, view, name, breakdown=None, groups=()):
        if name.startswith("slack"):
            return SLACK
        breakdown, groups = self._where(breakdown, groups)
        return sum(self.counts.get((view, name, breakdown, group), 0) for group in groups or (None,))

    # How it adds up

    def _sums_within(self):
        for view in self.views:
            yield from self._adds_up(view, self.shares)
            yield from self._funnel(view)
        for name, groups in self.slots.items():
            if name in REASONS:
                yield self.cell(self.broken_down, REASONS[name][1]), self._groups(REASONS[name][1], name, groups)
            elif len(groups) > 1:
                for group in groups:
                    yield from self._adds_up(self.broken_down, MEASURED_IN_PARTS, name, (group,))
                for each in self.names_in_parts:
                    yield from self._follows(name, self.cell(self.broken_down, each), self._groups(each, name, groups))

    def _groups(self, name, breakdown, groups):
        return [self.cell(self.broken_down, name, breakdown, (group,)) for group in groups]

    def _adds_up(self, view, ids, *where):
        at = lambda name: self.cell(view, name, *where)  # noqa: E731
        for id in ids:
            counted, among, not_known, other = names(id)
            yield at(among), [at(counted), at(other), *([at(not_known)] if id in self.with_nk else [])]
        if "M31" in ids:
            yield at("scope"), [at("M31 among"), at("M30 counted")]
            yield at("M01 counted"), [at("M02 counted"), at("M02b counted"), at("M02 not known"), at("slack of M02")]
            yield at("appointed"), [at("M15 counted"), at("M16 counted"), at("slack of M15")]
            for id in WITHOUT:
                with_it, without = names(id.partition("/")[0]), names(id)
                yield at("scope"), [at(with_it[1]), at(without[1]), at(with_it[2])]
                yield at("M20 counted"), [at(with_it[0]), at(without[0]), at(f"slack of {id}")]

    def _funnel(self, view):
        steps = [step_name(step["step"]) for step in self.kept[view]["funnel"]]
        for before, after in zip(steps, steps[1:], strict=False):
            yield self.cell(view, before), [self.cell(view, after), self.cell(view, f"slack before {after}")]
        made = "step appointment_made"
        yield self.cell(view, made), [self.cell(view, "drop-in"), self.cell(view, "slack of drop-in")]
        yield (
            self.cell(view, "scope"),
            [self.cell(view, each) for each in ("M01 counted", "outside", "slack of outside")],
        )

    def _sums_across(self):
        everything = {name for view, name, breakdown, _ in self.counts if view == self.whole and breakdown is None}
        for name in sorted(everything):
            yield from self._follows("la", self.cell(self.whole, name), [self.cell(part, name) for part in self.parts])
        for breakdown in OF_PLACE:
            for group in self.slots[breakdown]:
                inside = [part for part in self.parts if group in self.kept[part]["breakdowns"][breakdown]]
                for name in self.names_in_parts:
                    whole = self.cell(self.whole, name, breakdown, (group,))
                    yield from self._follows(breakdown, whole, [self.cell(part, name) for part in inside])

    def _follows(self, breakdown, whole, parts):
        """How the whole of a breakdown follows from its parts. A person may be in several places: a repeat of one is a repeat
        of the whole, which has more, and whoever is first in one place need not be the first of the whole.
        """
        view, name = self.keys[whole][:2]
        if breakdown not in OF_PLACE or name not in (REPEATS, FIRSTS):
            yield whole, parts
        elif name == REPEATS:
            yield whole, [*parts, self.cell(view, f"slack of {whole}")]
        else:
            yield from ((whole, [part, self.cell(view, f"slack of {whole} beside {part}")]) for part in parts)

    def _sums_of(self, breakdown, id, clusters):
        """How the groups of a table that were put together add up."""
        view, printed = self.broken_down, self._printed(id)
        together = [cluster for cluster in clusters if 1 < len(cluster) < len(self.slots[breakdown])]
        for name in printed if together else ():
            parts = [self.cell(view, name, breakdown, cluster) for cluster in clusters]
            yield from self._follows(breakdown, self.cell(view, name), parts)
        for cluster in together:
            for name in printed if id in REASONS else {*printed, names(id)[3]}:
                yield self.cell(view, name, breakdown, cluster), self._groups(name, breakdown, cluster)
            if id not in REASONS:
                yield from self._adds_up(view, (id,), breakdown, cluster)

    # What can be worked out

    def _printed(self, id):
        """The names of the counts that are printed of a measure or of a table of reasons."""
        if id in REASONS:
            return [REASONS[id][1]]
        counted, among, not_known, _ = names(id)
        if f"{id}/without" in WITHOUT:
            return [counted, among, not_known, *names(f"{id}/without")[:2]]
        return [counted, among, not_known] if id in self.with_nk else [counted, among]

    def _ranges(self, cells, low, high):
        """The ranges that are left by what is printed, before anything is added up; for the cells made since as well."""
        more = len(self.keys) - len(low)
        low = np.concatenate([low, np.zeros(more, np.int64)])
        high = np.concatenate([high, np.full(more, ANYTHING, np.int64)])
        for cell in cells:
            least, most = POLICY.could_be(POLICY.shows(self.count(*self.keys[cell])))
            low[cell], high[cell] = max(low[cell], least), min(high[cell], most)
        return low, high

    def _problems(self, low, high):
        """The cells that the policy hides and of which too much can be worked out."""
        counts = np.array(
            [self.count(*self.keys[cell]) for cell in np.flatnonzero(high - low + 1 < POLICY.least_values)]
        )
        found = (
            np.flatnonzero(high - low + 1 < POLICY.least_values)[
                (counts >= POLICY.hidden_from) & (counts <= POLICY.hidden_to)
            ]
            if len(counts)
            else ()
        )
        return [self.keys[cell] for cell in found]

    def _printed_of_everybody(self):
        return [
            *dict.fromkeys(
                [
                    *(name for id in (*self.shares, *REASONS) for name in self._printed(id)),
                    *(step_name(step["step"]) for step in self.kept[self.views[0]]["funnel"]),
                    "drop-in",
                    "outside",
                ]
            )
        ]

    # Until nothing can be worked out

    def _protect(self):
        within = list(self._sums_within())
        self._withhold_until(Sums(within), across=False)
        sums = Sums([*within, *self._sums_across()]) if self.whole else Sums(within)
        known = sums, *self._withhold_until(sums, across=True)
        tables = [(name, id) for name in REASONS for id in (name,)]
        tables += [(name, id) for id in (*FIRST, *(id for id in IN_PARTS if id not in FIRST)) for name in BREAKDOWNS]
        tables = [(name, id, self._first(name, id)) for name, id in tables]
        tables = [table for table in tables if table[2]]
        for number in range(0, len(tables), AT_ONCE):
            known = self._add(tables[number : number + AT_ONCE], known)

    def _withhold_until(self, sums, across):
        names = self._printed_of_everybody()
        nothing = np.zeros(0, np.int64)
        while True:
            cells = [
                self.cell(view, name) for view in self.views for name in names if (view, name) not in self.withheld
            ]
            ranges = sums.narrowed(*self._ranges(cells, nothing, nothing))
            problems = self._problems(*ranges)
            if not problems:
                return ranges
            before = set(self.withheld)
            for view, name, _, _ in sorted(problems, key=lambda key: key[0] == self.whole):
                self._withhold(view, name, across, before)

    def _withhold(self, view, name, across, before):
        """Withholds what most likely gives a count away: it in the whole; else, unless something about it was withheld
        since `before`, what is not known beside it, then all about it.
        """
        ids = self.measures_of.get(name, set())
        all_of = dict.fromkeys(each for id in ids for each in self._printed(id)) or {name: None}
        own = [each for each in all_of if len(self.measures_of[each]) == 1]
        everybody = self._printed_of_everybody()
        wholes = [self.whole] if across and self.whole else []
        here = {(whole, name) for whole in wholes if name in everybody}
        if here - self.withheld:
            self.withheld |= here
            return
        if {(each, other) for each in (view, self.whole) for other in all_of} & (self.withheld - before):
            return
        options = [
            {(view, each) for each in own if each.endswith("not known")},
            {(whole, each) for whole in wholes for each in own},
            {(view, each) for each in own},
            {(view, each) for each in all_of},
            {(each, other) for each in self.views for other in all_of},
            {(each, other) for each in self.views for other in everybody},
        ]
        self.withheld |= next((option for option in options if option - self.withheld), set())

    def _first(self, breakdown, id):
        """The table of all groups; where half of it would be hidden, with the smallest put together. None: no table."""
        name = REASONS[id][1] if id in REASONS else names(id)[0]
        clusters = [(group,) for group in self.slots[breakdown]]
        is_hidden = lambda cluster: POLICY.shows(self.count(self.broken_down, name, breakdown, cluster)) is None  # noqa: E731
        while len(clusters) > 1 and 2 * sum(map(is_hidden, clusters)) >= len(clusters):
            clusters = self._coarser(breakdown, id, clusters)
        return clusters if len(clusters) > 1 or len(self.slots[breakdown]) == 1 else None

    def _coarser(self, breakdown, id, clusters):
        """The two smallest rows put together; later the next smallest with these."""
        name = REASONS[id][1] if id in REASONS else names(id)[1]
        size = lambda cluster: (len(cluster) == 1, self.count(self.broken_down, name, breakdown, cluster))  # noqa: E731
        smallest = sorted(clusters, key=size)[:2]
        together = tuple(group for group in self.slots[breakdown] if any(group in cluster for cluster in smallest))
        return [*(cluster for cluster in clusters if cluster not in smallest), together]

    def _add(self, tables, known):
        """Adds tables (breakdown, measure, groups) as far as nothing can be worked out; what is known then."""
        after = self._with(tables, known)
        if after:
            self.tables |= {(breakdown, id): clusters for breakdown, id, clusters in tables}
            return after
        if len(tables) > 1:
            half = len(tables) // 2
            return self._add(tables[half:], self._add(tables[:half], known))
        breakdown, id, clusters = tables[0]
        if len(clusters) < 3:
            return known
        return self._add([(breakdown, id, self._coarser(breakdown, id, clusters))], known)

    def _with(self, tables, known):
        """What is known with these tables as well; None where too much can be worked out."""
        sums, low, high = known
        sums += Sums([each for table in tables for each in self._sums_of(*table)])
        cells = {
            self.cell(self.broken_down, name, breakdown, cluster)
            for breakdown, id, clusters in tables
            for name in self._printed(id)
            for cluster in clusters
        }
        cells = [cell for cell in cells if self.keys[cell][2] or self.keys[cell][:2] not in self.withheld]
        low, high = sums.narrowed(*self._ranges(cells, low, high))
        return None if self._problems(low, high) else (sums, low, high)

    # What is printed

    def shown(self, view, name, breakdown=None, groups=()):
        """A count as it is printed: None where it is hidden, WITHHELD where it is not shown."""
        breakdown, groups = self._where(breakdown, groups)
        if breakdown is None and (view, name) in self.withheld:
            return WITHHELD
        return POLICY.shows(self.count(view, name, breakdown, groups))
