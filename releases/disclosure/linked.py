"""Many tables that one reader sees, with cells and totals in common: what of them can be shown so that nothing is told.

Cells are numbered. `Sums` say how they add up, `Reader` what somebody knows who sees some of them printed, and
`as_many_as_tell_nothing` chooses what is printed.
"""

import numpy as np

from releases.disclosure.policies import Policy

ANYTHING = 10**9


class Sums:
    """Sums over cells: each is a whole and the parts that add up to it."""

    def __init__(self, sums=()):
        sums = [(whole, parts) for whole, parts in sums if parts]
        self.whole = np.array([whole for whole, _ in sums], np.int64)
        self.part = np.array([part for _, parts in sums for part in parts], np.int64)
        self.sum_of = np.repeat(np.arange(len(sums)), [len(parts) for _, parts in sums])

    def __add__(self, other):
        both = Sums()
        both.whole = np.concatenate([self.whole, other.whole])
        both.part = np.concatenate([self.part, other.part])
        both.sum_of = np.concatenate([self.sum_of, other.sum_of + len(self.whole)])
        return both

    def narrowed(self, low, high, changed):
        """The ranges (two arrays of whole numbers) after every sum was used until none narrows them further.

        `changed` says of each cell whether anything may have changed since the sums were used up last.
        """
        low, high = low.copy(), high.copy()
        while (here := self._sums_with(changed)).any():
            before_low, before_high = low.copy(), high.copy()
            inside = np.flatnonzero(here[self.sum_of])
            part, of = self.part[inside], self.sum_of[inside]
            least, most = self._added(low[part], of), self._added(high[part], of)
            np.maximum.at(low, self.whole[here], least[here])
            np.minimum.at(high, self.whole[here], most[here])
            room = high[self.whole[of]] - (least[of] - before_low[part])
            need = low[self.whole[of]] - (most[of] - before_high[part])
            np.minimum.at(high, part, room)
            np.maximum.at(low, part, need)
            changed = (low != before_low) | (high != before_high)
        return low, high

    def _sums_with(self, cells):
        here = cells[self.whole]
        here[self.sum_of[cells[self.part]]] = True
        return here

    def _added(self, values, sum_of):
        return np.bincount(sum_of, weights=values, minlength=len(self.whole)).astype(np.int64)


class Reader:
    """Somebody who sees some cells printed under a policy and adds everything up: the range left for each cell.

    `counts` are those of all cells, by their numbers; it may grow while readers are made.
    """

    def __init__(self, policy: Policy, counts: list, sums: Sums, low=(), high=()):
        self.policy, self.counts, self.sums = policy, counts, sums
        self.low, self.high = np.array(low, np.int64), np.array(high, np.int64)

    def who_sees(self, cells, sums=()):
        """The reader who sees these cells as well, and knows that these sums add up too."""
        more = len(self.counts) - len(self.low)
        low = np.concatenate([self.low, np.zeros(more, np.int64)])
        high = np.concatenate([self.high, np.full(more, ANYTHING, np.int64)])
        for cell in cells:
            least, most = self.policy.could_be(self.policy.shows(self.counts[cell]))
            low[cell], high[cell] = max(low[cell], least), min(high[cell], most)
        added, changed = Sums(sums), np.zeros(len(low), bool)
        for touched in (list(cells), added.whole, added.part):
            changed[touched] = True
        sums = self.sums + added if len(added.whole) else self.sums
        return Reader(self.policy, self.counts, sums, *sums.narrowed(low, high, changed))

    @property
    def knows_too_much(self):
        """Whether a count that the policy hides can have fewer values than it asks for."""
        narrow = np.flatnonzero(self.high - self.low + 1 < self.policy.least_values)
        return any(self.policy.shows(self.counts[cell]) is None for cell in narrow)


def as_many_as_tell_nothing(items, reader, seeing, instead=lambda item: None):
    """(items, reader): those of `items`, the first before the later, from which and all before nothing hidden is told.

    `seeing(reader, items)` is the reader who sees these as well; `instead(item)` what may be tried in place of an item that
    tells too much, or None. They are tried many at a time, halved until it is known which one tells.
    """
    if not items:
        return [], reader
    after = seeing(reader, items)
    if not after.knows_too_much:
        return items, after
    if len(items) > 1:
        half = len(items) // 2
        first, reader = as_many_as_tell_nothing(items[:half], reader, seeing, instead)
        rest, reader = as_many_as_tell_nothing(items[half:], reader, seeing, instead)
        return [*first, *rest], reader
    other = instead(items[0])
    return as_many_as_tell_nothing([other] if other else [], reader, seeing, instead)
