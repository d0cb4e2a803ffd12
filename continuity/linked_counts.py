"""All counts of an audit's figures that one reader sees, and how they add up.

The pairs add up to what is counted together, the groups of a breakdown and the reasons of a table to their total, who is
counted, not known and other to those they are among. Counts of the same people have one name, whatever measure they stand
in. A count that is printed nowhere is part of it too: it ties together what is printed.
"""

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
MOST_PARTS = 5  # that are broken down too: of more it would take seconds to know what can be shown


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


class LinkedCounts:
    """`kept` are the figures of each view by its key; `whole` is the key of the view that the others add up to, if any.

    `main` is the whole, or the only view. `slots` are the groups of each breakdown and the reasons of each table, by view, of
    those that are broken down; `numbers` are the counts of all cells that were asked for, by their number.
    """

    def __init__(self, kept, whole=None):
        self.kept, self.views, self.whole = kept, list(kept), whole if whole in kept else None
        self.parts = [view for view in kept if view != self.whole] if self.whole else []
        self.main = self.whole or self.views[0]
        broken_down = [self.main, *(self.parts if len(self.parts) <= MOST_PARTS else ())]
        self.slots = {view: self._slots_of(view) for view in broken_down}
        self.shares = {id: None for view in self.views for id in (*kept[view]["measures"], *impacts(kept[view]))}
        self.counts, self.cells, self.numbers, self.with_nk = {}, {}, [], set()
        for view in self.views:
            self._read(view)
        nk = self.with_nk | {id.partition("/")[0] for id in WITHOUT}
        parts = ((id, place, name) for id in MEASURED_IN_PARTS for place, name in enumerate(names(id)))
        self.names_in_parts = [*dict.fromkeys(name for id, place, name in parts if place != 2 or id in nk)]

    # What there is

    def _slots_of(self, view):
        """The groups of a view: a part has those of the whole, but for its own prison and area."""
        groups = {
            name: self.kept[view if name in OF_PLACE else self.main]["breakdowns"].get(name, ()) for name in BREAKDOWNS
        }
        slots = {name: GROUPS.get(name) or tuple(sorted(groups[name])) for name in BREAKDOWNS}
        return slots | {table: keys for table, (keys, _) in REASONS.items()}

    def _read(self, view):
        kept = self.kept[view]
        self._read_shares(view, kept["measures"] | impacts(kept), None, None)
        for table, (_, total) in REASONS.items():
            self.counts.setdefault((view, total, None, None), sum(kept["reasons"][table].values()))
        if view in self.slots:
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

    def where(self, view, breakdown, groups):
        """All groups of a breakdown together are everybody: (None, ())."""
        is_all = breakdown is None or len(groups) == len(self.slots[view][breakdown])
        return (None, ()) if is_all else (breakdown, groups)

    def cell(self, view, name, breakdown=None, groups=()):
        """The number of a cell: of everybody, or of some groups of a breakdown together."""
        key = view, name, *self.where(view, breakdown, groups)
        if key not in self.cells:
            self.cells[key] = len(self.numbers)
            self.numbers.append(self.count(*key))
        return self.cells[key]

    def count(self, view, name, breakdown=None, groups=()):
        if name.startswith("slack"):
            return SLACK
        breakdown, groups = self.where(view, breakdown, groups)
        return sum(self.counts.get((view, name, breakdown, group), 0) for group in groups or (None,))

    # How it adds up

    def sums(self):
        """(cell, the cells that add up to it) of everything but groups that were put together."""
        yield from self._sums_within()
        if self.whole:
            yield from self._sums_across()

    def _sums_within(self):
        for view in self.views:
            yield from self._adds_up(view, self.shares)
            yield from self._funnel(view)
        for view, slots in self.slots.items():
            for name, groups in slots.items():
                if name in REASONS:
                    yield self.cell(view, REASONS[name][1]), self._groups(view, REASONS[name][1], name, groups)
                elif len(groups) > 1:
                    for group in groups:
                        yield from self._adds_up(view, MEASURED_IN_PARTS, name, (group,))
                    for each in self.names_in_parts:
                        yield from self._follows(name, (view, each), self._groups(view, each, name, groups))

    def _groups(self, view, name, breakdown, groups):
        return [self.cell(view, name, breakdown, (group,)) for group in groups]

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
            yield from self._follows("la", (self.whole, name), [self.cell(part, name) for part in self.parts])
        for breakdown in OF_PLACE:
            for group in self.slots[self.whole][breakdown]:
                inside = [part for part in self.parts if group in self.kept[part]["breakdowns"][breakdown]]
                for name in self.names_in_parts:
                    whole = self.whole, name, breakdown, (group,)
                    yield from self._follows(breakdown, whole, [self.cell(part, name) for part in inside])
        if all(part in self.slots for part in self.parts):
            yield from self._sums_of_groups_across()

    def _sums_of_groups_across(self):
        """The same group of all parts together is that of the whole, but not its repeats: a person may be in several parts."""
        for breakdown, groups in self.slots[self.whole].items():
            names_of = [REASONS[breakdown][1]] if breakdown in REASONS else self.names_in_parts
            for name in () if breakdown in OF_PLACE else names_of:
                for group in groups:
                    at = name, breakdown, (group,)
                    yield from self._follows("la", (self.whole, *at), [self.cell(part, *at) for part in self.parts])

    def _follows(self, breakdown, whole, parts):
        """How the whole of a breakdown follows from its parts. A person may be in several places: a repeat of one is a repeat
        of the whole, which has more, and whoever is first in one place need not be the first of the whole.
        """
        (view, name, *_), cell = whole, self.cell(*whole)
        if breakdown not in OF_PLACE or name not in (REPEATS, FIRSTS):
            yield cell, parts
        elif name == REPEATS:
            yield cell, [*parts, self.cell(view, f"slack of {cell}")]
        else:
            yield from ((cell, [part, self.cell(view, f"slack of {cell} beside {part}")]) for part in parts)

    def sums_of(self, view, breakdown, id, clusters):
        """How the groups of a table that were put together add up."""
        printed = self.printed(id)
        together = [cluster for cluster in clusters if 1 < len(cluster) < len(self.slots[view][breakdown])]
        for name in printed if together else ():
            parts = [self.cell(view, name, breakdown, cluster) for cluster in clusters]
            yield from self._follows(breakdown, (view, name), parts)
        for cluster in together:
            for name in printed if id in REASONS else {*printed, names(id)[3]}:
                yield self.cell(view, name, breakdown, cluster), self._groups(view, name, breakdown, cluster)
            if id not in REASONS:
                yield from self._adds_up(view, (id,), breakdown, cluster)

    # What is printed

    def printed(self, id):
        """The names of the counts that are printed of a measure or of a table of reasons."""
        if id in REASONS:
            return [REASONS[id][1]]
        counted, among, not_known, _ = names(id)
        if f"{id}/without" in WITHOUT:
            return [counted, among, not_known, *names(f"{id}/without")[:2]]
        return [counted, among, not_known] if id in self.with_nk else [counted, among]

    def printed_in(self, view, breakdown, id, clusters):
        """The keys of the cells that are printed in a table of these groups; of everybody where it has them all in one."""
        for name in self.printed(id):
            for cluster in clusters:
                yield view, name, *self.where(view, breakdown, cluster)

    @property
    def funnel(self):
        """The names of what the funnel prints."""
        steps = (step_name(step["step"]) for step in self.kept[self.views[0]]["funnel"])
        return [*steps, "drop-in", "outside"]
