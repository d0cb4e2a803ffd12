"""What somebody who is no party may see of an audit's figures: all views, groups and answers protected as one.

The policy says how each count is printed. What is printed is then chosen in the order of its worth, each as far as nothing
that the policy hides can be worked out from it and all before it: the numbers of the whole, its funnel and main measures
first; the numbers of its parts; that a count is hidden, which tells that it is small; then the breakdowns of the whole, then
of its parts, the main measures first, each as fine as may be or not at all. So it is the parts and the fine groups that give
way to the whole. Of very many parts none is broken down.
"""

from functools import partial

from continuity.linked_counts import IN_PARTS, REASONS, LinkedCounts, names
from continuity.measures import BREAKDOWNS
from releases.disclosure import POLICIES
from releases.disclosure.linked import Reader, Sums, as_many_as_tell_nothing

POLICY = POLICIES["TEN-R5-ZERO"]
WITHHELD = -1  # printed neither as a number nor as hidden
MAIN = ("M01", "M20", "M19", "M21", "M12", "M14", "M15", "M23", "M03", "M17")  # of the most worth, in this order
AT_ONCE = 8  # tables that are tried together


class Protection:
    """`kept` are the figures of each view by its key; `whole` is the key of the view that the others add up to, if any.

    `tables` are the tables that may be shown: the groups of each row, by view, breakdown and measure; those of reasons by
    their name, twice.
    """

    def __init__(self, kept, whole=None):
        self.linked = LinkedCounts(kept, whole)
        reader = Reader(POLICY, self.linked.numbers, Sums(self.linked.sums()))
        self.withheld, reader = self._withheld(reader)
        self.tables = self._tables(reader)

    # Counts of everybody

    def _withheld(self, reader):
        """What is not shown of each view as a whole, and the reader who sees the rest."""
        numbers = [at for at in self._by_worth() if self._printed(*at) is not None]
        hidden = [at for at in self._by_worth() if self._printed(*at) is None]
        shown = set()
        for counts in (numbers, hidden):
            told, reader = as_many_as_tell_nothing(counts, reader, self._seeing_counts)
            shown |= {*told}
        return {*numbers, *hidden} - shown, reader

    def _by_worth(self):
        """(view, name) of all that is printed of everybody in a view, by its worth; who is not known after the others."""
        linked = self.linked
        main = [name for id in MAIN for name in linked.printed(id)]
        others = [name for id in (*linked.shares, *REASONS) for name in linked.printed(id)]
        in_order = dict.fromkeys((*linked.funnel, *main, *others))
        by_worth = sorted(in_order, key=lambda name: name.endswith("not known"))
        parts = [view for view in linked.views if view != linked.main]
        return [(linked.main, name) for name in by_worth] + [(view, name) for name in by_worth for view in parts]

    def _seeing_counts(self, reader, counts):
        return reader.who_sees([self.linked.cell(*at) for at in counts])

    # Tables

    def _tables(self, reader):
        measures = (*MAIN, *(id for id in IN_PARTS if id not in MAIN))
        wanted = [(table, table) for table in REASONS] + [(name, id) for id in measures for name in BREAKDOWNS]
        finest = [(view, *at, self._finest(view, *at)) for view in self.linked.slots for at in wanted]
        finest = [table for table in finest if table[-1]]
        found = {}
        for number in range(0, len(finest), AT_ONCE):
            shown, reader = as_many_as_tell_nothing(
                finest[number : number + AT_ONCE], reader, self._seeing_tables, self._coarser_table
            )
            found |= {(view, name, id): clusters for view, name, id, clusters in shown}
        return found

    def _seeing_tables(self, reader, tables):
        printed = dict.fromkeys(key for table in tables for key in self.linked.printed_in(*table))
        cells = [self.linked.cell(*key) for key in printed if key[:2] not in self.withheld or key[2]]
        return reader.who_sees(cells, [each for table in tables for each in self.linked.sums_of(*table)])

    def _finest(self, view, breakdown, id):
        """The table of all groups; where half of it would be hidden, with the smallest put together. None: no table."""
        name = REASONS[id][1] if id in REASONS else names(id)[0]
        hidden = lambda cluster: self._printed(view, name, breakdown, cluster) is None  # noqa: E731
        groups = self.linked.slots[view][breakdown]
        clusters = [(group,) for group in groups]
        while len(clusters) > 1 and 2 * sum(map(hidden, clusters)) >= len(clusters):
            clusters = self._coarser(view, breakdown, id, clusters)
        return clusters if len(clusters) > 1 or len(groups) == 1 else None

    def _coarser_table(self, table):
        *at, clusters = table
        return (*at, self._coarser(*at, clusters)) if len(clusters) > 2 else None

    def _coarser(self, view, breakdown, id, clusters):
        """The two smallest rows put together; later the next smallest with these."""
        name = REASONS[id][1] if id in REASONS else names(id)[1]
        count = partial(self.linked.count, view, name, breakdown)
        smallest = sorted(clusters, key=lambda cluster: (len(cluster) == 1, count(cluster)))[:2]
        groups = self.linked.slots[view][breakdown]
        together = tuple(group for group in groups if any(group in cluster for cluster in smallest))
        return [*(cluster for cluster in clusters if cluster not in smallest), together]

    # What is printed

    def _printed(self, *where):
        return POLICY.shows(self.linked.count(*where))

    def breaks_down(self, view):
        """Whether groups of a view may be shown at all."""
        return view in self.linked.slots

    def shown(self, view, name, breakdown=None, groups=()):
        """A count as it is printed: None where it is hidden, WITHHELD where it is not shown."""
        breakdown, groups = self.linked.where(view, breakdown, groups)
        if breakdown is None and (view, name) in self.withheld:
            return WITHHELD
        return self._printed(view, name, breakdown, groups)
