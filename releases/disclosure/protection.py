"""A table as it may be shown: counts hidden or rounded by a policy, and the proof that what is hidden stays hidden."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice

from releases.disclosure.attacker import Attacker
from releases.disclosure.policies import Policy
from releases.disclosure.tables import MayNotBeShown, Table, joined

PRIMARY = "primary"
CELLS_TRIED, LEAST_TRIES = 100_000, 10


@dataclass(frozen=True)
class Released:
    """One published cell: a value, or None with the reason."""

    at: tuple
    value: int | None
    reason: str | None = None

    def as_json(self):
        if self.value is None:
            return {"at": list(self.at), "value": None, "reason": self.reason}
        return {"at": list(self.at), "value": self.value}


@dataclass(frozen=True)
class Audit:
    """What an attacker finds: `narrowest` is the fewest values that a hidden cell can have, None where none is hidden;
    `recovered` how many hidden cells can have only one.
    """

    passed: bool
    narrowest: int | None
    recovered: int

    def as_json(self):
        return {"passed": self.passed, "narrowest": self.narrowest, "recovered": self.recovered}


@dataclass(frozen=True)
class Protected:
    policy: Policy
    cells: tuple
    audit: Audit

    @property
    def hidden(self):
        return sum(cell.value is None for cell in self.cells)

    @cached_property
    def values(self):
        """What is printed, by cell; None where it is hidden."""
        return {cell.at: cell.value for cell in self.cells}

    def as_json(self):
        return {
            "policy": self.policy.name,
            "policy_version": self.policy.version,
            "cells": [cell.as_json() for cell in self.cells],
            "hidden": self.hidden,
            "audit": self.audit.as_json(),
        }


def protect_table(table: Table, policy: Policy) -> Protected:
    """The table as the policy shows it. Raises MayNotBeShown, with codes to merge, where hidden cells can be worked out."""
    if policy.units is not None and table.unit not in policy.units:
        allowed = " or ".join(sorted(policy.units))
        raise MayNotBeShown(f"{policy.name} is only for counts of {allowed}, not of {table.unit}.")
    protected = _protected(table, policy)
    if protected.audit.passed:
        return protected
    raise MayNotBeShown(_said(protected), merges_for(table, policy))


def _said(protected):
    if protected.audit.recovered:
        return f"{protected.audit.recovered} of {protected.hidden} hidden cells can be worked out from the totals."
    return f"A hidden cell can have only {protected.audit.narrowest} values. It needs {protected.policy.least_values}."


def _protected(table, policy):
    attacker = Attacker(table, policy)
    left = [attacker.values_left(at) for at in attacker.hidden]
    cells = tuple(Released(at, shown, PRIMARY if shown is None else None) for at, shown in attacker.shown.items())
    audit = Audit(
        passed=all(values >= policy.least_values for values in left),
        narrowest=min(left, default=None),
        recovered=sum(values == 1 for values in left),
    )
    return Protected(policy, cells, audit)


def merges_for(table, policy):
    """Codes to put together so that the table can be shown: the pair that hides least, or pairs one after another."""
    made, tries = {}, max(LEAST_TRIES, CELLS_TRIED // len(table.counts))
    for _ in range(sum(len(dimension.codes) for dimension in table.dimensions)):
        found = _best_merge(table, policy, tries)
        if not found:
            return []
        place, pair, protected = found
        table, label = table.merged(place, pair), joined(pair)
        made[place, label] = tuple(code for part in pair for code in made.pop((place, part), (part,)))
        if protected.audit.passed:
            return list(made.values())
    return []


def _best_merge(table, policy, tries):
    """(dimension, pair of codes, result) of the merge that passes and hides least; else that recovers least."""
    found = []
    for place, dimension in enumerate(table.dimensions):
        groups_of = {
            code: [label for label, codes in dimension.groups.items() if code in codes] for code in dimension.codes
        }
        pairs = (pair for pair in combinations(dimension.codes, 2) if groups_of[pair[0]] == groups_of[pair[1]])
        for pair in islice(pairs, tries):
            protected = _protected(table.merged(place, pair), policy)
            found.append(
                (not protected.audit.passed, protected.audit.recovered, protected.hidden, place, pair, protected)
            )
    if not found:
        return None
    *_, place, pair, protected = min(found, key=lambda each: each[:3])
    return place, pair, protected


def percentage(numerator, denominator):
    """A percentage to one decimal from released figures only; None where one of them is hidden."""
    if numerator is None or not denominator:
        return None
    return round(100 * min(numerator, denominator) / denominator, 1)
