"""What somebody can work out who knows the policy and sees all that is published: how many values a hidden cell can have.

Each printed cell leaves a range of counts; each total ties ranges together. The ranges are narrowed until nothing moves.
In small tables every value that is left is then tried against all totals at once, so that the answer is exact.
"""

from releases.disclosure.policies import Policy
from releases.disclosure.tables import Table

SMALL = 120
TRIES = 4_000


class Impossible(Exception):
    """No counts fit these ranges."""


class Attacker:
    def __init__(self, table: Table, policy: Policy):
        self.places = {at: number for number, at in enumerate(table.counts)}
        self.shown = {at: policy.shows(count) for at, count in table.counts.items()}
        self.sums = [(self.places[whole], [self.places[part] for part in parts]) for whole, parts in table.sums]
        self.sums_of = [[] for _ in self.places]
        for number, (whole, parts) in enumerate(self.sums):
            for place in {whole, *parts}:
                self.sums_of[place].append(number)
        self.ranges = self.narrowed([policy.could_be(shown) for shown in self.shown.values()], range(len(self.sums)))
        self.tries = TRIES

    @property
    def hidden(self):
        return [at for at, shown in self.shown.items() if shown is None]

    def values_left(self, at):
        """How many counts a hidden cell can have, as far as this attacker can tell."""
        place = self.places[at]
        low, high = self.ranges[place]
        if len(self.places) > SMALL:
            return high - low + 1
        return sum(self.fits(self.ranges, place, value) for value in range(low, high + 1))

    def narrowed(self, ranges, waiting):
        """The ranges after every sum has been used until none narrows them further."""
        ranges, waiting = list(ranges), set(waiting)
        while waiting:
            whole, parts = self.sums[waiting.pop()]
            low, high = ranges[whole]
            least, most = sum(ranges[part][0] for part in parts), sum(ranges[part][1] for part in parts)
            moved = self._narrow(ranges, whole, least, most)
            low, high = ranges[whole]
            for part in parts:
                part_low, part_high = ranges[part]
                if self._narrow(ranges, part, low - (most - part_high), high - (least - part_low)):
                    least += ranges[part][0] - part_low
                    most += ranges[part][1] - part_high
                    moved = True
                    waiting.update(self.sums_of[part])
            if moved:
                waiting.update(self.sums_of[whole])
        return ranges

    @staticmethod
    def _narrow(ranges, place, low, high):
        before = ranges[place]
        after = max(before[0], low), min(before[1], high)
        if after[0] > after[1]:
            raise Impossible
        ranges[place] = after
        return after != before

    def fits(self, ranges, place, value):
        """Whether some counts in all cells fit with this value here. Says yes where trying would take too long."""
        tried = list(ranges)
        tried[place] = (value, value)
        try:
            tried = self.narrowed(tried, self.sums_of[place])
        except Impossible:
            return False
        open_places = [number for number, (low, high) in enumerate(tried) if low < high]
        if not open_places or self.tries <= 0:
            return True
        self.tries -= 1
        following = min(open_places, key=lambda number: tried[number][1] - tried[number][0])
        low, high = tried[following]
        return any(self.fits(tried, following, candidate) for candidate in range(low, high + 1))
