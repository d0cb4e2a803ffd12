"""Many tables that one reader sees, with cells and totals in common: the ranges of all cells that still fit together."""

import numpy as np

ANYTHING = 10**9
SWEEPS = 200


class Sums:
    """Cells by number, and sums over them: each is a whole and the parts that add up to it."""

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
        for _ in range(SWEEPS if len(self.whole) else 0):
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
