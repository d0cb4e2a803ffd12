"""Reads an audit workbook: the sheets Audit, Referrals and Interventions, in any order, their columns in any order.

Nothing is read before the safety pass. A cell that cannot be read counts as empty and is listed with its sheet and cell;
what no column is about is left out with a note.
"""

import io
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path

import numpy as np
import python_calamine

from continuity.columns import COLUMNS, INTERVENTION_COLUMNS, Column, Kind, Need, Party, Section, plain, read
from continuity.engagement import Audit
from continuity.rows import Answered, Interventions, Reader, Rows, put_together
from continuity.vocabulary import fold
from returns.content import Unreadable
from returns.return_type import WorkbookSpec
from returns.workbook_safety import DAMAGED, UnsafeWorkbook, shown, vetted

AUDIT, REFERRALS, INTERVENTIONS = "Audit", "Referrals", "Interventions"
LIMITS = WorkbookSpec(
    file_bytes=60_000_000, unpacked_bytes=800_000_000, ratio=60, rows=300_000, columns=200, cells=12_000_000
)
BATCH = 4_000
ROW_ID = "P25"
LISTED = 10


class NotAnAudit(Exception):
    """The file cannot be read as an audit; the message is a sentence for the person who brought it."""


@dataclass
class AuditWorkbook:
    """What was read. `notes` say what was left out, `unreadable` which cells count as empty and why; `beside` holds the
    cells of the further sheets that were asked for, row by row.
    """

    audit: Audit
    rows: Rows
    notes: list
    unreadable: list
    beside: dict


def read_file(path, today, progress=None):
    try:
        with Path(path).open("rb") as file:
            data = file.read(LIMITS.file_bytes + 1)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "not a file name"
        raise NotAnAudit(f"{shown(str(path))} cannot be read: {reason}.") from None
    return read_bytes(data, today, progress)


def read_bytes(data, today, progress=None, limits=LIMITS, beside=()):
    """The audit in the bytes of a workbook. `progress(done, all)` hears how many referrals were read; `beside` are the
    titles of further sheets to be read as they are.
    """
    try:
        with python_calamine.load_workbook(io.BytesIO(vetted(data, limits))) as workbook:
            return _read(workbook, today, progress, beside)
    except UnsafeWorkbook as problem:
        raise NotAnAudit(str(problem)) from None
    except (python_calamine.CalamineError, ValueError, OverflowError):
        raise NotAnAudit(DAMAGED) from None


def _read(workbook, today, progress, beside):
    titles = {fold(title): title for title in workbook.sheet_names}
    lacking = [sheet for sheet in (AUDIT, REFERRALS, INTERVENTIONS) if fold(sheet) not in titles]
    if lacking:
        raise NotAnAudit(f"This workbook has no sheet “{lacking[0]}”. An audit has Audit, Referrals and Interventions.")
    sheets = {sheet: workbook.get_sheet_by_name(titles[fold(sheet)]) for sheet in (AUDIT, REFERRALS, INTERVENTIONS)}
    notes = [
        f"Sheet “{shown(title)}” is not part of an audit and was left out."
        for folded, title in titles.items()
        if folded not in map(fold, [*sheets, *beside])
    ]
    audit = audit_in(sheets[AUDIT].iter_rows(), today, notes)
    referrals = Table(REFERRALS, COLUMNS, sheets[REFERRALS], notes, progress)
    interventions = Table(INTERVENTIONS, {ROW_ID: COLUMNS[ROW_ID]} | INTERVENTION_COLUMNS, sheets[INTERVENTIONS], notes)
    return AuditWorkbook(
        audit,
        joined(referrals, interventions, notes),
        notes,
        [*referrals.unreadable(), *interventions.unreadable()],
        {
            title: list(workbook.get_sheet_by_name(titles[fold(title)]).iter_rows())
            for title in beside
            if fold(title) in titles
        },
    )


# The sheet Audit

DAY = Column("", "", "This", Kind.DAY, Party.SYSTEM, Need.OPTIONAL, Section.PRISON_RECORD)
KEYS = (
    "Audit reference",
    "Prison",
    "Local authorities",
    "Recipient",
    "Period start",
    "Period end",
    "As at",
    "Information sharing agreement",
)


def audit_in(rows, today, notes):
    given = {}
    for number, row in enumerate(rows, start=1):
        key, value = (*row, "", "")[:2]
        if not str(key).strip():
            continue
        known = next((name for name in KEYS if fold(name) == fold(plain(key)).rstrip(":")), None)
        if not known:
            notes.append(f"Sheet “{AUDIT}”, cell A{number}: “{shown(plain(key))}” is not known and was left out.")
        elif known in given:
            raise NotAnAudit(f"Sheet “{AUDIT}”, cell A{number} gives “{known}” a second time. Remove one.")
        else:
            given[known] = number, value
    lacking = [key for key in ("Local authorities", "Period start", "Period end") if not _text(given, key)]
    notes += [f"Sheet “{AUDIT}” does not say “{key}”, so nothing is compared with it." for key in lacking]
    audit = Audit(
        reference=_text(given, "Audit reference"),
        prisons=_several(given, "Prison"),
        areas=_several(given, "Local authorities"),
        recipient=_text(given, "Recipient"),
        starts=_day(given, "Period start"),
        ends=_day(given, "Period end"),
        as_at=_day(given, "As at") or today,
        has_sharing_agreement=fold(_text(given, "Information sharing agreement")) in {"yes", "y", "true", "1"},
    )
    if audit.starts and audit.ends and audit.starts > audit.ends:
        raise NotAnAudit(f"Sheet “{AUDIT}”: the period ends before it starts.")
    return audit


def _text(given, key):
    return plain(given.get(key, (0, ""))[1]).strip()


def _several(given, key):
    return tuple(part.strip() for part in _text(given, key).split(";") if part.strip())


def _day(given, key) -> date | None:
    number, value = given.get(key, (0, None))
    try:
        return read(DAY, value)
    except Unreadable as problem:
        raise NotAnAudit(f"Sheet “{AUDIT}”, cell B{number}: {problem}") from None


# The tables


class Table:
    """One sheet with a heading row, read by column. `lines` are the sheet's row numbers of the rows that hold something."""

    def __init__(self, title, columns, sheet, notes, progress=None):
        self.title, self.lines = title, []
        rows = sheet.iter_rows()
        self.places = self._places(next(iter(rows), []), columns, notes)
        self.readers = {id: Reader(columns[id]) for id in self.places}
        everything = sheet.end[0] if sheet.end else 0
        line = 2
        while batch := list(islice(rows, BATCH)):
            self._take(batch, line)
            line += len(batch)
            if progress:
                progress(line - 2, everything)

    def _places(self, headings, columns, notes):
        """Where each column stands, by id. What is no column is noted."""
        known = {id.casefold(): id for id in columns}
        places = {}
        for place, heading in enumerate(headings):
            words = plain(heading).split()
            id = known.get(words[0].casefold()) if words else None
            if id in places:
                raise NotAnAudit(
                    f"Sheet “{self.title}”, cell {letters(place)}1: column {id} is there twice. Remove one."
                )
            if id:
                places[id] = place
            elif words:
                heading = shown(" ".join(words))
                notes.append(
                    f"Sheet “{self.title}”, cell {letters(place)}1: “{heading}” is not a column and was left out."
                )
        if not places:
            raise NotAnAudit(
                f"Sheet “{self.title}” has no column of an audit in its first row. "
                "Each heading begins with the column's id, like “P01 First name”."
            )
        lacking = [id for id in columns if id not in places]
        if lacking:
            listed = ", ".join(lacking[:LISTED]) + (" and more" if len(lacking) > LISTED else "")
            notes.append(f"Sheet “{self.title}” has no column {listed}: nothing is answered there.")
        return places

    def _take(self, batch, line):
        width = len(batch[0])
        filled = [number for number, row in enumerate(batch) if row.count("") < width]
        if len(filled) < len(batch):
            batch = [batch[number] for number in filled]
        self.lines.extend(line + number for number in filled)
        cells = list(zip(*batch, strict=True)) if batch else []
        for id, reader in self.readers.items():
            if batch:
                reader.take(cells[self.places[id]], len(batch))

    def wrong(self):
        """The cells that cannot be read, each with its place in the file."""
        for reader in self.readers.values():
            for wrong in reader.wrong():
                yield replace(wrong, cell=self.cell(wrong.column, wrong.row))

    def unreadable(self):
        return [f"Sheet “{self.title}”, cell {wrong.cell}: {wrong.sentence}" for wrong in self.wrong()]

    def cell(self, id, row):
        return f"{letters(self.places[id])}{self.lines[row]}"


def letters(place):
    """The name of a column of a spreadsheet: 0 is A, 26 is AA."""
    name = ""
    while place >= 0:
        name, place = chr(ord("A") + place % 26) + name, place // 26 - 1
    return name


def joined(referrals, interventions, notes):
    """The rows of both tables; an intervention belongs to the referral with its row id."""
    ids = row_ids(referrals)
    numbers, repeated = named_once(ids)
    for row in repeated[:LISTED]:
        notes.append(
            f"Sheet “{REFERRALS}”, cell {referrals.cell(ROW_ID, row)}: this row id stands further up already. "
            "The row counts as having none."
        )
    names = [
        ids.answers[number] or f"row {line}" for number, line in zip(numbers.tolist(), referrals.lines, strict=True)
    ]
    place = {name: row for row, (name, number) in enumerate(zip(names, numbers.tolist(), strict=True)) if number}
    theirs = row_ids(interventions)
    belongs = np.array([place.get(answer, -1) for answer in theirs.answers], np.int64)[theirs.numbers]
    strangers = np.flatnonzero(belongs < 0)
    for row in strangers[:LISTED].tolist():
        notes.append(
            f"Sheet “{INTERVENTIONS}”, row {interventions.lines[row]} belongs to no referral and was left out."
        )
    if len(strangers) > LISTED:
        notes.append(f"Sheet “{INTERVENTIONS}” has {len(strangers):,} rows that belong to no referral.")
    rows = put_together(referrals.readers, names, {}, ())
    rows.columns[ROW_ID] = Answered(ids.answers, numbers)
    rows.wrong = list(referrals.wrong())
    number_of = {line: number for number, line in enumerate(np.flatnonzero(belongs >= 0).tolist())}
    rows.interventions = Interventions(
        row=belongs[belongs >= 0],
        columns={
            id: Answered(answered.answers, answered.numbers[belongs >= 0])
            for id, answered in (
                (id, reader.answered()) for id, reader in interventions.readers.items() if id != ROW_ID
            )
        },
        wrong=[replace(one, row=number_of[one.row]) for one in interventions.wrong() if one.row in number_of],
    )
    return rows


def row_ids(table):
    if ROW_ID in table.readers:
        return table.readers[ROW_ID].answered()
    return Answered([None], np.zeros(len(table.lines), np.int32))


def named_once(ids):
    """(the numbers of the ids, 0 where an id stands further up already; those rows)."""
    first = np.unique(ids.numbers, return_index=True)[1]
    again = ids.numbers > 0
    again[first] = False
    return np.where(again, 0, ids.numbers), np.flatnonzero(again).tolist()
