"""A form that somebody else designed, and the map that says which of its cells takes which answer.

The map is a table of two columns, name and cell (`Return!C7`); a list takes one line for each of its columns, as
`action_plan.title`, with the cell of the first row. The form itself is never changed, only filled.
"""

import csv
import io
import re
from dataclasses import dataclass

from openpyxl import load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.utils import column_index_from_string

HEADINGS = ("name", "cell")
LARGEST_MAP = 100_000  # bytes
LONGEST_MAP = 500
PLACE = re.compile(r"(?:'([^']{1,31})'|([^'!]{1,31}))!\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")
ENOUGH = 50  # sentences; who has more of them starts again


class NotAMap(Exception):
    """The map or the form cannot be read; the message is a sentence."""


@dataclass(frozen=True)
class Form:
    """One version of a form, and where each answer goes (`Sheet!C7`); it holds from a period on.

    `about` has what is not an answer (whose return, which period), `actions` the sheet, first row and columns of a list.
    """

    version: str
    from_period: str
    about: dict
    cells: dict
    actions: dict
    workbook: bytes

    @property
    def places(self):
        """Every name with its cell, as the table of the map has them."""
        plan, row = self.actions, self.actions.get("first_row")
        listed = {f"action_plan.{name}": f"{plan['sheet']}!{column}{row}" for name, column in plan["columns"].items()}
        return self.about | self.cells | listed

    def as_table(self):
        return list(self.places.items())


def newest_in(forms, period):
    """The newest of `forms` that holds in `period` (whose keys sort by time), or None."""
    holding = [form for form in forms if form.from_period <= period]
    return max(holding, key=lambda form: [int(part) for part in form.version.split(".")], default=None)


def read_map(data, about, answers, columns):
    """The `about`, `cells` and `actions` of a Form from a map as CSV (bytes).

    `about`, `answers` and `columns` (of the list) are the names that may have a cell. Raises NotAMap.
    """
    found = _rows_of(data)
    listed = {f"action_plan.{name}": name for name in columns}
    unknown = [name for name in found if name not in {*about, *answers, *listed}]
    if unknown:
        raise NotAMap(f"The map has names that are not known: {', '.join(unknown[:5])}.")
    return {
        "about": {name: place for name, place in found.items() if name in about},
        "cells": {name: place for name, place in found.items() if name in answers},
        "actions": _list_of({listed[name]: place for name, place in found.items() if name in listed}),
    }


def _rows_of(data):
    if len(data) > LARGEST_MAP:
        raise NotAMap(f"The map is larger than {LARGEST_MAP // 1000} KB. Leave out what is neither a name nor a cell.")
    try:
        text = data.decode("utf-8-sig")
        if "\0" in text:
            raise csv.Error("no table has these")
        delimiter = next((mark for mark in ",;\t" if mark in text.partition("\n")[0]), ",")
        rows = [[value.strip() for value in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    except (UnicodeDecodeError, csv.Error):
        raise NotAMap("The map must be a table saved as CSV UTF-8, with the columns name and cell.") from None
    rows = [row for row in rows if any(row)]
    if rows and tuple(value.casefold() for value in rows[0][:2]) == HEADINGS:
        rows = rows[1:]
    if not rows or len(rows) > LONGEST_MAP:
        raise NotAMap(f"The map must have between 1 and {LONGEST_MAP} lines, each with a name and a cell.")
    found = {}
    for number, row in enumerate(rows, 1):
        name, place = (*row, "", "")[:2]
        if not PLACE.fullmatch(place):
            raise NotAMap(f"Line {number} of the map: “{place[:40]}” is no cell. Write it like Return!C7.")
        if name in found:
            raise NotAMap(f"The map names {name[:40]} twice.")
        found[name] = "{}!{}{}".format(*_parts(place))
    return found


def _parts(place):
    quoted, plain, column, row = PLACE.fullmatch(place).groups()
    return quoted or plain, column, row


def _list_of(places):
    """The list's sheet, first row and columns: all its columns begin in one row of one sheet."""
    parts = {name: _parts(place) for name, place in places.items()}
    if len({(sheet, row) for sheet, _, row in parts.values()}) > 1:
        raise NotAMap("The columns of the action plan must begin in one row of one sheet.")
    for sheet, _, row in parts.values():
        return {"sheet": sheet, "first_row": int(row), "columns": {name: part[1] for name, part in parts.items()}}
    return {"sheet": "", "first_row": 1, "columns": {}}


def problems_with(form):
    """Sentences about cells of the map that cannot be filled: missing, merged, used twice, or holding something already."""
    try:
        workbook = load_workbook(io.BytesIO(form.workbook))
    except Exception:  # a damaged workbook makes its reader raise whatever comes first
        raise NotAMap("This workbook cannot be opened. Save it again in Excel or LibreOffice.") from None
    taken, found = {}, []
    for name, place in form.places.items():
        if place in taken:
            found.append(f"{name} and {taken[place]} both go to {place}.")
        taken[place] = name
        if problem := _problem_at(workbook, place):
            found.append(f"{name}: {problem}")
    return found[:ENOUGH]


def _problem_at(workbook, place):
    title, column, row = _parts(place)
    if title not in workbook.sheetnames:
        return f"there is no sheet “{title}” in the form."
    cells = getattr(workbook[title], "_cells", {})  # asking the sheet itself would make the cell
    cell = cells.get((int(row), column_index_from_string(column)))
    if isinstance(cell, MergedCell):
        merged = next(item for item in workbook[title].merged_cells.ranges if cell.coordinate in item)
        anchor = merged.coord.partition(":")[0]
        return f"{place} lies in the merged cells {merged.coord}. Only {anchor} of them can be filled."
    if cell is None:
        return f"there is no cell {place} in the form: nothing is drawn there."
    if cell.data_type == "f":
        return f"{place} holds a formula, which would be overwritten."
    if cell.value is not None:
        return f"{place} holds “{str(cell.value)[:40]}” already, which would be overwritten."
    return ""
