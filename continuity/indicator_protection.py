"""Which figures of the indicator somebody may not see because they are small, or would tell a small one by subtraction.

Source: reference section 2: counts from 1 to 4 are hidden from everybody but the two providers, with a second count where
the first could be worked out. Pure: no database. What windows that overlap tell by their difference is not looked at.
"""

from dataclasses import dataclass

SMALL = range(1, 5)
FEWEST_HIDDEN = 3  # so many small counts of one list may stand hidden without another beside them


@dataclass(frozen=True)
class Hidden:
    """The places of one window whose transfers, and of which the number who engaged, are not shown."""

    transfers: frozenset = frozenset()
    engaged: frozenset = frozenset()


def hidden_in(cells, own):
    """`cells` are all that somebody sees of one window: {(prison, area): (engaged, transfers)}, where a prison or area of
    None means all of them, and a count of None is not known to anybody. `own` are the places that concern them.
    """
    transfers = {place: whole for place, (_, whole) in cells.items()}
    engaged = {place: part for place, (part, _) in cells.items()}
    others = {
        place: whole - part if part is not None and whole is not None else None
        for place, (part, whole) in cells.items()
    }
    of_transfers = _hidden(transfers, own)
    return Hidden(frozenset(of_transfers), frozenset(of_transfers | _hidden(engaged, own) | _hidden(others, own)))


def _hidden(counts, own):
    """The places of one kind of count that are not shown: small ones, totals that tell one, and one more of the list."""
    hidden = {place for place, count in counts.items() if count in SMALL and place not in own}
    inside = {}
    for prison, area in counts:
        if prison is not None and area is not None:
            inside.setdefault((prison, None), []).append((prison, area))
            inside.setdefault((None, area), []).append((prison, area))
    for total, parts in inside.items():
        if total not in own and _tells(counts, hidden, total, parts):
            hidden.add(total)
    for of_the_list in (_is_prison, _is_area):
        hidden |= _one_more(counts, hidden, own, [place for place in counts if of_the_list(place)])
    return hidden


def _tells(counts, hidden, total, parts):
    """Whether a total less the parts that are shown tells a small count."""
    if counts.get(total) is None:
        return False
    unseen = [part for part in parts if part in hidden or counts[part] is None]
    rest = counts[total] - sum(counts[part] for part in parts if part not in unseen)
    least, most = SMALL[0] * len(unseen), SMALL[-1] * len(unseen)
    return rest in SMALL or (unseen != [] and rest in (least, most))


def _one_more(counts, hidden, own, places):
    """What is hidden beside a few small counts of a list, so that the total of all does not tell them: the next smallest."""
    unseen = [place for place in places if place in hidden or counts[place] is None]
    if not hidden.intersection(places) or len(unseen) >= FEWEST_HIDDEN:
        return set()
    if len(unseen) > 1 and any(counts[place] is not None and counts[place] > SMALL[-1] for place in unseen):
        return set()
    free = [place for place in places if place not in unseen and place not in own]
    return {min(free, key=lambda place: (counts[place] < SMALL[-1], counts[place], str(place)))} if free else set()


def _is_prison(place):
    return place[1] is None


def _is_area(place):
    return place[0] is None
