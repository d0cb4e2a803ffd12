"""Somebody who wants to know what is hidden: reads every page of an audit that a reader can open, and adds it all up."""

from collections import Counter
from random import Random

from continuity.analyses import TOGETHER
from continuity.figures import BREAKDOWN_TITLES, COMPARED_BY, HIDDEN, NOT_SHOWN, Figures, figures_of, in_place
from continuity.measures import ALL, RECEIVED, Analysis
from continuity.protection import Protection
from continuity.tests.audits_made import checked, day, referral

FIVE, LEAST_SHOWN = 5, 10
ENDLESS = 10**6


# Audits as they come


def some_people(dice, pairs):
    """{pair: its referrals} of an audit of 40 to 80 people, who differ in what the measures count."""
    everybody = [_somebody(dice, number) for number in range(dice.randint(40, 80))]
    weights = [dice.choice((1, 1, 3, 6)) for _ in range(pairs)]
    found = {f"pair {number}": [] for number in range(pairs)}
    for person in everybody:
        found[dice.choices([*found], weights)[0]].append(person)
    return {pair: people for pair, people in found.items() if people}


def _somebody(dice, number):
    answers = {
        "P02": f"S{number:04}",
        "P04": dice.choice(["Male"] * 5 + ["Female"]),
        "P06": day(-dice.choice([10, 60, 120, 300, 400])),
        "P07": dice.choice(["Heroin"] * 3 + ["Alcohol", "Cannabis"]),
        "P18": dice.choice(["Planned"] * 4 + ["Unplanned from court", "Unplanned other"]),
        "C13": dice.choice(["Yes", "No", "Not known"]),
        "C15": dice.choice(["Yes", "No", "No", "Not known"]),
        "C17": dice.choice(["None", "Telephone", "In-reach visit", "Not known"]),
        "C20": dice.choice(["Yes appointment"] * 3 + ["Yes told of drop-in", "No"]),
    }
    if dice.random() < 0.2:
        answers["C01"] = "No"
    if dice.random() < 0.2:
        answers["C33"] = day(22)
    if dice.random() < 0.2:
        missed = {
            "C24": "DNA",
            "C26": dice.choice(["Yes", "No"]),
            "C30": "No",
            "C31": dice.choice(["Moved", "Refused"]),
        }
        answers |= missed
    if dice.random() < 0.25:  # somebody who was released before, maybe to another area
        answers |= {"P05": f"A{dice.randrange(number + 1):04}BC", "P11": day(20), "P16": day(20)}
    return referral(number, **answers)


def kept_of(by_pair):
    """What would be kept of these pairs of one prison, and of all together."""
    kept = {pair: figures_of(Analysis(checked(*rows))) for pair, rows in by_pair.items()}
    whole = figures_of(Analysis(checked(*(row for rows in by_pair.values() for row in rows))))
    for pair, figures in kept.items():
        figures["breakdowns"] |= {"la": {pair: in_place(figures)}, "prison": {"Invented": in_place(figures)}}
    whole["breakdowns"] |= {
        "la": {pair: in_place(figures) for pair, figures in kept.items()},
        "prison": {"Invented": in_place(whole)},
    }
    return {TOGETHER: whole} | kept


def pages_of(kept):
    """(figures as an outsider sees them, as they are) of each view."""
    protection = Protection(kept, TOGETHER)
    return {
        view: (Figures(content, False, lambda view=view: (protection, view)), Figures(content, True))
        for view, content in kept.items()
    }


# The attack


class Attacker:
    """Knows the policy, and what measures count: nothing else of `continuity.protection`.

    `hidden` are the small counts that it is after, whether a page says that they are hidden or does not show them.
    """

    def __init__(self, pages):
        self.ranges, self.truth, self.hidden, self.sums = {}, {}, set(), []
        self.printed, self.steps = {}, set()
        for view, (seen, real) in pages.items():
            self._read_measures(view, seen, real)
            self._read_funnel(view, seen, real)
            if seen.is_broken_down:
                self._read_groups(view, seen)
                self._read_reasons(view, seen)
        parts = [view for view in pages if view != TOGETHER]
        for view, *rest in [cell for cell in self.ranges if cell[0] == TOGETHER and self._is_in_parts(*cell[1:])]:
            self._over_places((view, *rest), [(part, *rest) for part in parts])
        self._work_it_out()

    @staticmethod
    def _is_in_parts(name, by=None, *group):
        """Whether the parts add up to this cell of the whole: everybody, or a group that they can have too."""
        return by is None or by not in ("la", "prison") and len(group) == 1

    def _cell(self, at, printed=None, truth=None):
        """Notes a cell, and what is printed of it: a number, that it is hidden, or nothing."""
        low, high = self.ranges.get(at, (0, ENDLESS))
        if printed == HIDDEN:
            self.hidden.add(at)
            low, high = max(low, 0), min(high, LEAST_SHOWN - 1)
        elif isinstance(printed, int):
            low, high = max(low, printed - FIVE // 2, LEAST_SHOWN), min(high, printed + FIVE // 2)
        self.ranges[at] = low, high
        if truth is not None:
            self.truth[at], self.printed[at] = truth, printed
            if printed == NOT_SHOWN and truth < LEAST_SHOWN:
                self.hidden.add(at)
        return at

    def _names(self, measure, key):
        """Names for who is counted and among whom: one for the same people, whichever measure they stand in."""
        counted = {"M26": "M20", "M27": "M20", "M28": "M01"}.get(key, key)
        among = "M01" if measure.among == RECEIVED else measure.among
        not_known = {"M28": "M01"}.get(key, key)
        return counted, among, f"not known in {not_known}"

    def _read_share(self, at, measure, key, figure, real=None):
        names = self._names(measure, key)
        fields = ("numerator", "denominator", "not_known")
        counted, among, not_known = (
            self._cell((at[0], name, *at[1:]), figure.cell(field), real and getattr(real, field))
            for name, field in zip(names, fields, strict=True)
        )
        other = self._cell((at[0], f"other in {key}", *at[1:]))
        inside = figure.asks_not_known and key not in ("M23", "M24", "M25")
        self.sums.append((among, [counted, other, *([not_known] if inside else [])]))

    def _read_measures(self, view, seen, real):
        for (measure, figure), (_, exact) in zip(seen.measures, real.measures, strict=True):
            self._read_share(
                (view,),
                measure,
                f"{measure.id} of {measure.among}" if self._is_again(measure) else measure.id,
                figure,
                exact,
            )

    def _is_again(self, measure):
        return (measure.id, measure.among) in {("M09", ALL), ("M12", RECEIVED), ("M14", RECEIVED)}

    def _read_funnel(self, view, seen, real):
        before = None
        names = {0: ALL, 1: "M01", 2: "M02"}
        for number, (step, exact) in enumerate(zip(seen.funnel, real.funnel, strict=True)):
            cell = self._cell((view, names.get(number, f"step {number}")), step["cell"], exact["count"])
            if before:
                self.sums.append((before, [cell, self._cell((view, f"lost before {number}"))]))
            before = cell
            if view == TOGETHER:
                self.steps.add(cell)
            if step["drop_in"]:
                drop_in = self._cell((view, "drop-in"), step["drop_in"].cell, exact["drop_in"].count)
                self.sums.append((cell, [drop_in, self._cell((view, "appointments"))]))
        self._cell((view, "outside"), seen.outside.cell, real.outside.count)

    def _read_groups(self, view, seen):
        for by in BREAKDOWN_TITLES:
            for id in COMPARED_BY:
                table = seen.breakdown(by, id)
                parts = [part for part in table.parts if part.figure]
                for part in parts:
                    rows = (*table.merged, id) if part.label == "All others" else ()
                    self._read_share((view, by, part.label, *rows), table.measure, id, part.figure)
                for place, name in enumerate(self._names(table.measure, id) if parts else ()):
                    if place == 2 and not parts[0].figure.asks_not_known:
                        continue
                    groups = [
                        (view, name, by, part.label, *((*table.merged, id) if part.label == "All others" else ()))
                        for part in parts
                    ]
                    if by in ("la", "prison"):
                        self._over_places((view, name), groups)
                    else:
                        self.sums.append(((view, name), groups))
                    if by == "la" and view == TOGETHER and not table.merged:  # one prison: an area is a pair
                        self.sums += [(group, [(part.label, name)]) for group, part in zip(groups, parts, strict=True)]

    def _over_places(self, whole, parts):
        """Places add up to the whole, but not the people who were referred to several of them."""
        if whole[1] == "M40":
            self.sums.append((whole, [*parts, (*whole, "of several places")]))
        elif whole[1] == "other in M40":
            self.sums += [(whole, [part, (*whole, "beside", part)]) for part in parts]
        else:
            self.sums.append((whole, parts))

    def _read_reasons(self, view, seen):
        for table in (seen.lost, *seen.reason_tables):
            total = self._cell((view, "M21" if table == seen.lost else table.title), table.total.cell)
            rows = [
                self._cell((view, table.title, "reasons", row.label, *table.merged), row.cell) for row in table.rows
            ]
            if rows:
                self.sums.append((total, rows))

    def _work_it_out(self):
        for _, parts in self.sums:
            for part in parts:
                self.ranges.setdefault(part, (0, ENDLESS))
        moved = True
        while moved:
            moved = False
            for whole, parts in self.sums:
                least = sum(self.ranges[part][0] for part in parts)
                most = sum(self.ranges[part][1] for part in parts)
                low, high = self.ranges.get(whole, (0, ENDLESS))
                moved |= self._narrow(whole, least, most)
                for part in parts:
                    part_low, part_high = self.ranges[part]
                    moved |= self._narrow(part, low - (most - part_high), high - (least - part_low))

    def _narrow(self, at, low, high):
        before = self.ranges.get(at, (0, ENDLESS))
        self.ranges[at] = max(before[0], low), min(before[1], high)
        assert self.ranges[at][0] <= self.ranges[at][1], f"{at} adds up to nothing"
        return self.ranges[at] != before

    @property
    def recovered(self):
        """Hidden cells of which fewer than three values are left."""
        return {at: self.ranges[at] for at in self.hidden if self.ranges[at][1] - self.ranges[at][0] < 2}

    @property
    def wrong(self):
        """Cells whose count does not lie where the attacker says: the attack itself would be mistaken."""
        return [at for at, truth in self.truth.items() if not self.ranges[at][0] <= truth <= self.ranges[at][1]]

    # What it is good for

    @property
    def useful(self):
        """Of the counts that are large enough to be shown, by where they stand: how many are shown, how many withheld."""
        found = {"funnel": Counter(), "together": Counter(), "pairs": Counter()}
        for at, truth in self.truth.items():
            if truth >= LEAST_SHOWN:
                places = ["together" if at[0] == TOGETHER else "pairs"]
                places += ["funnel"] if at in self.steps else []
                for place in places:
                    found[place]["withheld" if self.printed[at] == NOT_SHOWN else "shown"] += 1
        return found


def attack(seed):
    dice = Random(seed)
    return Attacker(pages_of(kept_of(some_people(dice, dice.randint(1, 5)))))
