"""Reading an extract: the table in an xlsx or CSV file, and which of its headings is which column. Pure: no database.

Columns may stand in any order, under their id (`P01 First name`), name (`first_name`), label, an alias, or whatever the
prison's system calls them, once somebody has said what that means.
"""

import csv
import io
from dataclasses import dataclass, field

import python_calamine

from continuity.columns import PRISON_COLUMNS, Need, Party
from continuity.vocabulary import fold
from continuity.workbook import letters
from returns.return_type import WorkbookSpec
from returns.workbook_safety import UnsafeWorkbook, shown, vetted

LIMITS = WorkbookSpec(
    file_bytes=50_000_000, unpacked_bytes=500_000_000, ratio=200, rows=100_010, columns=150, cells=8_000_000
)
HEADING_WITHIN = 20  # rows in which the headings are looked for
CELL_LIMIT = 2_000
ALIASES = {
    "P01": ("Forename", "Given name", "FNAME", "First names"),
    "P02": ("Last name", "Family name", "SNAME"),
    "P03": ("DOB", "Birth date"),
    "P04": ("Gender",),
    "P05": ("PNOMS", "PNOMS ID", "NOMS ID", "NOMS number", "NOMIS ID", "Prison number", "Client ref"),
    "P06": ("Reception date", "Initial reception"),
    "P07": ("Problem substance 1", "Main problem substance", "Drug1", "Substance 1"),
    "P08": ("Problem substance 2", "Drug2", "Substance 2"),
    "P09": ("Problem substance 3", "Drug3", "Substance 3"),
    "P11": ("Exit date", "Release date"),
    "P12": ("Exit reason",),
    "P13": ("Exit destination", "DAT", "DAT code", "Receiving area", "Local authority"),
    "P14": ("Referral on release",),
    "P15": ("Prison", "Establishment"),
    "P17": ("Last face to face date",),
    "P18": ("Type of release",),
    "P22": ("How referred", "Method of referral"),
    "P24": ("Consent to share information", "Consents to share"),
    "P25": ("Audit row id",),
}
MAY_BE_SAID = {"P15", "P25"}  # the prison is known, and the row id is ours
NEEDED = tuple(column.id for column in PRISON_COLUMNS if column.need is Need.MANDATORY and column.id not in MAY_BE_SAID)


class NotAnExtract(Exception):
    """The file is not taken; the message is a sentence that says where and what to do."""


@dataclass
class Table:
    """The table in a file: its headings, its rows of cells, and the number of the first row in the file.

    `sheet` is the name of the sheet of a workbook, "" for a CSV file.
    """

    sheet: str
    headings: list
    rows: list
    first_row: int

    def row(self, number):
        """A row of the file, in words that begin a sentence."""
        return f"Sheet “{self.sheet}”, row {number}" if self.sheet else f"Row {number}"

    def cell(self, number, place):
        """A cell of the file, in words that begin a sentence: as a workbook names it, or by its heading."""
        if self.sheet:
            return f"Sheet “{self.sheet}”, cell {letters(place)}{number}"
        return f"Row {number}, column “{self.headings[place]}”"


@dataclass
class Meaning:
    """What the headings mean: `columns` (their ids by place), and what stands in the way of reading the file.

    `doubtful` are columns that several headings seem to hold, each with these headings; `unknown` the headings that are
    none of ours; `missing` the needed columns that no heading holds.
    """

    columns: dict = field(default_factory=dict)
    doubtful: dict = field(default_factory=dict)
    unknown: list = field(default_factory=list)
    missing: list = field(default_factory=list)

    @property
    def is_clear(self):
        return not self.missing and not self.doubtful

    @property
    def asked(self):
        """The headings that somebody has to explain before the file can be read."""
        return [*(heading for several in self.doubtful.values() for heading in several), *self.unknown]

    def as_json(self, headings):
        """The same by heading instead of place, as it is kept with the extract."""
        return {
            "columns": {headings[place]: id for place, id in self.columns.items()},
            "doubtful": self.doubtful,
            "unknown": self.unknown,
            "missing": self.missing,
        }


def table_in(data, kind):
    """The table in an extract (bytes) that is `xlsx` or `csv`. Raises NotAnExtract with a sentence."""
    return _workbook_table(data) if kind == "xlsx" else _text_table(data)


def _workbook_table(data):
    try:
        plain = vetted(data, LIMITS)
        with python_calamine.load_workbook(io.BytesIO(plain)) as workbook:
            sheets = {
                name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in workbook.sheet_names
            }
    except UnsafeWorkbook as problem:
        raise NotAnExtract(str(problem)) from None
    except (python_calamine.CalamineError, ValueError, OverflowError):
        raise NotAnExtract("This workbook is damaged. Open it in Excel or LibreOffice and save it again.") from None
    best = max(sheets, key=lambda name: _recognised(sheets[name]), default=None)
    if best is None or not _recognised(sheets[best]):
        best = next((name for name, rows in sheets.items() if rows), None)
    if best is None:
        raise NotAnExtract("There is no table in this workbook.")
    return _table(shown(best), sheets[best])


def _recognised(rows):
    """How many cells of the best of the first rows name a column."""
    return max((sum(bool(column_called(cell)) for cell in row) for row in rows[:HEADING_WITHIN]), default=0)


def _text_table(data):
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAnExtract("This file is not UTF-8 text. In Excel, choose “CSV UTF-8” when you save it.") from None
    if "\0" in text:
        raise NotAnExtract("This file holds characters that no text has. Save it as CSV again.")
    delimiter = _delimiter_of(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as problem:
        raise NotAnExtract(f"This is not a readable CSV file: {problem}. Save it as CSV again.") from None
    return _table("", rows)


def _delimiter_of(text):
    """What separates the cells: that which makes headings of the first lines, else that which stands there most often."""
    lines = [line[:20_000] for line in text[:400_000].splitlines()[:HEADING_WITHIN]]
    return max(
        ",;\t",
        key=lambda one: (_recognised(list(csv.reader(lines, delimiter=one))), sum(line.count(one) for line in lines)),
    )


def _table(sheet, rows):
    title = f"sheet “{sheet}”" if sheet else "the file"
    number = _row_of_headings(rows)
    if number is None:
        raise NotAnExtract(f"There is no row of headings in {title}. Put the names of the columns into the first row.")
    headings = [_heading(cell) for cell in rows[number]]
    if len(headings) > LIMITS.columns:
        raise NotAnExtract(f"This file has {len(headings)} columns. An extract has up to {LIMITS.columns}.")
    body = rows[number + 1 :]
    if len(body) > LIMITS.rows:
        raise NotAnExtract(f"This file has {len(body):,} rows. An extract has up to {LIMITS.rows:,}.")
    twice = {heading for heading in headings if heading and headings.count(heading) > 1}
    if twice:
        raise NotAnExtract(f"The heading “{min(twice)}” stands twice. Give each column a heading of its own.")
    table = Table(sheet, headings, body, number + 2)
    for row_number, row in enumerate(body, start=table.first_row):
        if len(row) > len(headings) and any(cell not in (None, "") for cell in row[len(headings) :]):
            raise NotAnExtract(f"{table.row(row_number)} has more cells than there are headings.")
        if any(isinstance(cell, str) and len(cell) > CELL_LIMIT for cell in row):
            raise NotAnExtract(f"{table.row(row_number)} has a cell longer than {CELL_LIMIT:,} characters.")
    return table


def _row_of_headings(rows):
    """The first of the rows that name most columns; where none does, the first with three cells, or None."""
    wide = [number for number, row in enumerate(rows[:HEADING_WITHIN]) if sum(map(_is_filled, row)) >= 3]
    return max(wide, key=lambda number: _recognised([rows[number]]), default=None)


def _is_filled(cell):
    return cell not in (None, "")


def _heading(cell):
    return shown(" ".join(str(cell).split())) if cell not in (None, "") else ""


def column_called(heading):
    """The id of the prison's column that a heading names, or None. Its first word counts as an id alone, like “P24 …”."""
    text = fold(str(heading)).rstrip(" .:?*")
    return _KNOWN.get(text) or _IDS.get(text.split(" ", 1)[0].rstrip(".:"))


_IDS = {fold(column.id): column.id for column in PRISON_COLUMNS}
_KNOWN = {
    fold(text): column.id
    for column in PRISON_COLUMNS
    for text in (column.id, column.name, column.name.replace("_", " "), column.label, *ALIASES.get(column.id, ()))
}


def meaning_of(headings, said=None):
    """What headings mean; `said` is what people said of some (folded heading -> column id, or "" for none of ours)."""
    found, said, places = Meaning(), said or {}, {}
    for place, heading in enumerate(headings):
        if not heading:
            continue
        told = said.get(fold(heading))
        column = column_called(heading) if told is None else told
        if column:
            places.setdefault(column, []).append(place)
        else:
            found.unknown.append(heading)
    for column, several in places.items():
        if len(several) == 1:
            found.columns[several[0]] = column
        else:
            found.doubtful[column] = [headings[place] for place in several]
    found.missing = [id for id in NEEDED if id not in places]
    return found


def cells_by_column(table, meaning):
    """Each row that is not empty: (its number in the file, its cells by column id)."""
    for number, row in enumerate(table.rows, start=table.first_row):
        cells = {id: row[place] for place, id in meaning.columns.items() if place < len(row) and _is_filled(row[place])}
        if cells:
            yield number, cells


IDS = tuple(column.id for column in PRISON_COLUMNS if column.party is not Party.SYSTEM)
