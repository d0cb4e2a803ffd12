"""Who succeeded whom: organisations close, and others take their place. Links say so, from a day on.

A history goes on across a succession where it is one-to-one: one predecessor, of which this is the only successor. Where
several became one, or one became several, figures of different organisations would be joined into one line.
"""

from collections import defaultdict

from accounts.models import Organisation, OrganisationLink


def single_predecessors(organisation_ids, day):
    """{organisation id: predecessor id} where the succession is one-to-one."""
    before = defaultdict(set)
    for successor, predecessor in _pairs(day, from_organisation__in=list(organisation_ids)):
        before[successor].add(predecessor)
    single = {successor: min(found) for successor, found in before.items() if len(found) == 1}
    after = defaultdict(set)
    for successor, predecessor in _pairs(day, to_organisation__in=list(single.values())) if single else ():
        after[predecessor].add(successor)
    return {successor: predecessor for successor, predecessor in single.items() if len(after[predecessor]) == 1}


def lineage(organisation_id, day):
    """The organisation (its id first) and those before it, as far as each succession was one-to-one."""
    found = [organisation_id]
    while before := single_predecessors(found[-1:], day).get(found[-1]):
        if before in found:
            break
        found.append(before)
    return found


def in_place_of(organisation_ids, day):
    """{id of an organisation that is closed on the day: id of the one open organisation that took its place}.

    Left out are those that are open, and those in whose place several came, or nobody.
    """
    found = {}
    waiting = {pk: pk for pk in organisation_ids}  # where we stand on the way from each
    for _ in range(20):  # a circle in the data ends here
        is_open = set(Organisation.objects.open_on(day).filter(pk__in=waiting.values()).values_list("pk", flat=True))
        found |= {pk: stands for pk, stands in waiting.items() if stands in is_open and stands != pk}
        waiting = {pk: stands for pk, stands in waiting.items() if stands not in is_open}
        after = defaultdict(set)
        for successor, predecessor in _pairs(day, to_organisation__in=list(waiting.values())) if waiting else ():
            after[predecessor].add(successor)
        waiting = {pk: min(after[stands]) for pk, stands in waiting.items() if len(after[stands]) == 1}
        if not waiting:
            break
    return found


def _pairs(day, **which):
    """(successor, predecessor) ids."""
    rows = OrganisationLink.objects.successions(day).filter(**which)
    return rows.values_list("from_organisation_id", "to_organisation_id")
