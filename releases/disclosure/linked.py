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

    def narrowed(self, low, high):
        """The ranges (two arrays of whole numbers) after every sum was used until none narrows them further."""
        low, high = low.copy(), high.copy()
        while len(self.whole):
            before = low.copy(), high.copy()
            least, most = self._added(low), self._added(high)
            np.maximum.at(low, self.whole, least)
            np.minimum.at(high, self.whole, most)
            room = high[self.whole][self.sum_of] - (least[self.sum_of] - before[0][self.part])
            need = low[self.whole][self.sum_of] - (most[self.sum_of] - before[1][self.part])
            np.minimum.at(high, self.part, room)
            np.maximum.at(low, self.part, need)
            if np.array_equal(before[0], low) and np.array_equal(before[1], high):
                break
        return low, high

    def _added(self, values):
        return np.bincount(self.sum_of, weights=values[self.part], minlength=len(self.whole)).astype(np.int64)


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
        sums = self.sums + Sums(sums)
        return Reader(self.policy, self.counts, sums, *sums.narrowed(low, high))

    @property
    def knows_too_much(self):
        """Whether a count that the policy hides can have fewer values than it asks for."""
        counts, left = np.array(self.counts[: len(self.low)]), self.high - self.low + 1
        hidden = (counts >= self.policy.hidden_from) & (counts <= self.policy.hidden_to)
        return bool((left[hidden] < self.policy.least_values).any())


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
