"""A table of counts: its dimensions, its cells, and all the totals and subtotals that are published with them."""

import csv
import io
import json
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod

LARGEST = 200_000


class Unreadable(ValueError):
    """The file does not describe a table; the message is a sentence."""


class MayNotBeShown(Exception):
    """The table cannot be released under this policy. `merge` proposes codes to put together."""

    def __init__(self, sentence, merge=()):
        super().__init__(sentence)
        self.merge = [list(codes) for codes in merge]


def joined(codes):
    """The label of codes that were put together."""
    return " and ".join(codes)


@dataclass(frozen=True)
class Dimension:
    """`codes` in their order; `total` is the label of the published total, or None; `groups` are named sets of codes."""

    name: str
    codes: tuple
    total: str | None = None
    groups: dict = field(default_factory=dict)

    @cached_property
    def members(self):
        """For every published label, the codes that it adds up."""
        members = {code: (code,) for code in self.codes}
        members |= {label: tuple(codes) for label, codes in self.groups.items()}
        return members | ({self.total: self.codes} if self.total is not None else {})

    @cached_property
    def sums(self):
        """(label, labels that add up to it): groups from codes, the total from codes and, where none overlap, groups."""
        sums = [(label, tuple(codes)) for label, codes in self.groups.items()]
        if self.total is None:
            return sums
        sums.append((self.total, self.codes))
        grouped = [code for codes in self.groups.values() for code in codes]
        if grouped and len(set(grouped)) == len(grouped):
            alone = tuple(code for code in self.codes if code not in set(grouped))
            sums.append((self.total, (*self.groups, *alone)))
        return sums

    def merged(self, codes):
        """The dimension with these codes put together as one, at the place of the first."""
        rename = dict.fromkeys(codes, joined(codes))
        keep = lambda labels: tuple(dict.fromkeys(rename.get(label, label) for label in labels))  # noqa: E731
        groups = {label: keep(members) for label, members in self.groups.items()}
        return Dimension(self.name, keep(self.codes), self.total, groups)


@dataclass(frozen=True)
class Table:
    """Counts by one code of each dimension; a cell that is not given is 0. `unit` says what is counted."""

    dimensions: tuple
    cells: dict
    unit: str = "people"

    @cached_property
    def counts(self):
        """Every published cell with its count: the interior, subtotals and totals."""
        return {
            at: sum(
                self.cells.get(inner, 0)
                for inner in product(*(d.members[label] for d, label in zip(self.dimensions, at, strict=True)))
            )
            for at in product(*(dimension.members for dimension in self.dimensions))
        }

    @cached_property
    def sums(self):
        """(cell, cells that add up to it) for all that is published."""
        found = []
        for place, dimension in enumerate(self.dimensions):
            others = [d.members for n, d in enumerate(self.dimensions) if n != place]
            for label, parts in dimension.sums:
                for rest in product(*others):
                    at = lambda this, rest=rest: (*rest[:place], this, *rest[place:])  # noqa: B023, E731
                    found.append((at(label), tuple(at(part) for part in parts)))
        return found

    def merged(self, place, codes):
        """The table with these codes of a dimension put together."""
        dimension = self.dimensions[place].merged(codes)
        together, cells = joined(codes), {}
        for at, count in self.cells.items():
            at = (*at[:place], together, *at[place + 1 :]) if at[place] in codes else at
            cells[at] = cells.get(at, 0) + count
        dimensions = tuple(dimension if n == place else d for n, d in enumerate(self.dimensions))
        return Table(dimensions, cells, self.unit)


# Reading


def tables_from_json(text):
    """(what a JSON text describes, whether it is a list). A table whose totals are wrong is the refusal itself."""
    try:
        data = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_number)
    except json.JSONDecodeError as problem:
        raise Unreadable(f"This is not JSON: line {problem.lineno}, column {problem.colno}.") from None
    except RecursionError:
        raise Unreadable("This file holds lists within lists too deep to be a table.") from None
    except ValueError as problem:
        said = str(problem) if isinstance(problem, Unreadable) else "This file holds a number with too many digits."
        raise Unreadable(said) from None
    if isinstance(data, list):
        return [_table_or_refusal(item, f"Table {number}") for number, item in enumerate(data, start=1)], True
    return [_table_or_refusal(data, "The table")], False


def _table_or_refusal(data, what):
    try:
        return _table(data, what)
    except MayNotBeShown as refusal:
        return refusal


def _without_repeats(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise Unreadable(f"“{next(name for name in names if names.count(name) > 1)}” is given twice.")
    return found


def _no_number(name):
    raise Unreadable(f"{name} is not a number that a table may hold.")


def _table(data, what):
    if not isinstance(data, dict):
        raise Unreadable(f"{what} must be an object with “dimensions” and “cells”.")
    unknown = set(data) - {"unit", "dimensions", "cells"}
    if unknown:
        raise Unreadable(f"{what} has a name that is not known: {min(unknown)[:60]}.")
    given = data.get("dimensions")
    if not isinstance(given, list) or not given:
        raise Unreadable(f"{what} must have a list of “dimensions”.")
    dimensions = tuple(_dimension(item, f"{what}, dimension {n}") for n, item in enumerate(given, start=1))
    unit = data.get("unit", "people")
    if not isinstance(unit, str):
        raise Unreadable(f"{what}: “unit” must be text, such as people.")
    cells = data.get("cells")
    if not isinstance(cells, list):
        raise Unreadable(f"{what} must have a list of “cells”.")
    return _put_together(
        dimensions, [_cell(item, f"{what}, cell {n}") for n, item in enumerate(cells, start=1)], unit, what
    )


def _dimension(data, what):
    if not isinstance(data, dict) or set(data) - {"name", "codes", "total", "groups"}:
        raise Unreadable(f"{what} must be an object with “name”, “codes” and perhaps “total” and “groups”.")
    name, codes, total, groups = data.get("name"), data.get("codes"), data.get("total"), data.get("groups", {})
    if not isinstance(name, str) or not _is_texts(codes) or not codes:
        raise Unreadable(f"{what} must have a “name” and a list of “codes”, all of them text.")
    if not (total is None or isinstance(total, str)):
        raise Unreadable(f"{what}: “total” is the label of the total.")
    if not isinstance(groups, dict) or not all(_is_texts(members) and members for members in groups.values()):
        raise Unreadable(f"{what}: “groups” must give a list of codes for each group.")
    labels = [*codes, *groups, *([] if total is None else [total])]
    if len(set(labels)) < len(labels):
        raise Unreadable(f"{what} has the same label twice.")
    for label, members in groups.items():
        if set(members) - set(codes) or len(set(members)) < len(members):
            raise Unreadable(f"{what}: the group “{label}” must hold codes of the dimension, each once.")
    return Dimension(name, tuple(codes), total, {label: tuple(members) for label, members in groups.items()})


def _is_texts(given):
    return isinstance(given, list) and all(isinstance(item, str) for item in given)


def _cell(data, what):
    if not isinstance(data, dict) or set(data) != {"at", "count"} or not _is_texts(data["at"]):
        raise Unreadable(f"{what} must be an object with “at”, a list of labels, and “count”.")
    count = data["count"]
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise Unreadable(f"{what}: the count must be a whole number from 0.")
    return tuple(data["at"]), count


def table_from_csv(text):
    """One column for each dimension, then `count`; every dimension gets a total named Total."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if any(cell.strip() for cell in row)]
    except csv.Error:
        raise Unreadable("This is not a CSV file: a quotation mark is not closed.") from None
    if not rows or len(rows[0]) < 2 or rows[0][-1].strip().lower() != "count":
        raise Unreadable("The first row must name one column for each dimension, then “count”.")
    names = [name.strip() for name in rows[0][:-1]]
    if len(set(names)) < len(names) or not all(names):
        raise Unreadable("Each dimension needs a name of its own in the first row.")
    given = []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(rows[0]):
            raise Unreadable(f"Row {number} has {len(row)} columns, the first row has {len(rows[0])}.")
        *at, count = (cell.strip() for cell in row)
        if not (count.isascii() and count.isdigit() and len(count) < 16):
            raise Unreadable(f"Row {number}: the count must be a whole number from 0.")
        given.append((tuple(at), int(count)))
    dimensions = tuple(
        Dimension(name, tuple(dict.fromkeys(at[n] for at, _ in given if at[n] != "Total")), "Total")
        for n, name in enumerate(names)
    )
    if not all(dimension.codes for dimension in dimensions):
        raise Unreadable("There is nothing in this table.")
    return _put_together(dimensions, given, "people", "The table")


def _put_together(dimensions, given, unit, what):
    """The table; totals that are given must be the sums of its cells."""
    if prod(len(dimension.members) for dimension in dimensions) > LARGEST:
        raise Unreadable(f"{what} has more than {LARGEST:,} cells with its totals. Split it.")
    found = {}
    for at, count in given:
        if len(at) != len(dimensions):
            raise Unreadable(f"{what}: a cell names {len(at)} labels, there are {len(dimensions)} dimensions.")
        for label, dimension in zip(at, dimensions, strict=True):
            if label not in dimension.members:
                raise Unreadable(f"{what}: “{label[:60]}” is not a label of “{dimension.name}”.")
        if at in found:
            raise Unreadable(f"{what} gives the cell {', '.join(at)} twice.")
        found[at] = count
    codes = [set(dimension.codes) for dimension in dimensions]
    inner = {at: n for at, n in found.items() if all(label in known for label, known in zip(at, codes, strict=True))}
    table = Table(dimensions, inner, unit)
    for at, count in found.items():
        if table.counts[at] != count:
            said = f"{what} gives {count:,} for {', '.join(at)}, but its cells add up to {table.counts[at]:,}."
            raise MayNotBeShown(said)
    return table
