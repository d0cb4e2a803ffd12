"""Reading the files of the Organisation Data Service: etr (NHS trusts), ephp (independent providers), eccg (CCGs and
Sub-ICB locations), eother (ICBs among other partnerships): 27 columns, no header, UTF-8; and succ (who succeeded whom).
Pure: nothing here knows the database.

Source of the layout: the service's own description of etr and its sisters, which share their positions. Of succ no
description was found, so little is taken for granted: the first cell is the predecessor, the second the successor, and
the first day among the others is the day on which the succession takes effect.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from accounts.plain_text import has_hidden_characters

COLUMNS = 27
CODE, NAME, REGION, HEALTH_GEOGRAPHY, OPENED, CLOSED, ROLES = 0, 1, 2, 3, 10, 11, 13
NAME_LIMIT = 200

CODE_PATTERN = re.compile(r"[A-Z0-9]{3,12}")
COMMISSIONING_HUB, REPORTING_ENTITY = "RO218", "RO327"
COMMISSIONER_ROLES = {"RO98", "RO319", COMMISSIONING_HUB, REPORTING_ENTITY}

# Regions of England since 2019, by their codes
REGIONS = {
    "Y56": "London",
    "Y58": "South West",
    "Y59": "South East",
    "Y60": "Midlands",
    "Y61": "East of England",
    "Y62": "North West",
    "Y63": "North East and Yorkshire",
}

# Words of names that are not written with one capital
SMALL = {"and", "at", "by", "de", "for", "in", "of", "on", "or", "the", "to", "upon", "with"}
# The integrated care boards of July 2022 to March 2026. Those of April 2026 have codes that look like any other, so that
# only their names tell
ICBS = {
    *("QKK", "QMF", "QMJ", "QRV", "QWE", "QJK", "QOX", "QR1", "QSL", "QT6", "QUY", "QVV", "QKS", "QNQ"),
    *("QNX", "QRL", "QU9", "QXU", "QGH", "QHL", "QJ2", "QJM", "QK1", "QNC", "QOC", "QPM", "QT1", "QUA"),
    *("QWU", "QH8", "QHG", "QJG", "QM7", "QMM", "QUE", "QE1", "QOP", "QYG", "QF7", "QHM", "QOQ", "QWO"),
}
ICB_NAME = re.compile(r"(INTEGRATED CARE BOARD|\bICB)$", re.IGNORECASE)
SUCCESSIONS = "succ"
CAPITALS = {"BMI", "BPAS", "CCG", "CIC", "GP", "HCA", "ICB", "LLP", "NHS", "PLC", "STP", "UK", "USA"}


class Report(StrEnum):
    """The reports that can be read, named as the service names them."""

    TRUSTS = "etr"
    INDEPENDENT_PROVIDERS = "ephp"
    COMMISSIONERS = "eccg"
    PARTNERSHIPS = "eother"


class Unreadable(Exception):
    """A file of another shape. The message names the file and, where there is one, the line."""


class CannotOpen(Unreadable):
    """There is no such file, or it may not be read."""


@dataclass(frozen=True)
class Row:
    """One organisation of a report. `opened_on` and `closed_on` are days; `region` and `geography` codes or ""."""

    report: Report
    code: str
    name: str
    region: str
    geography: str
    opened_on: date
    closed_on: date | None
    roles: frozenset = frozenset()

    @property
    def is_left_out(self):
        """Hubs and reporting entities share the commissioners' file and commission nothing themselves; the file of
        partnerships has no roles, so what is no ICB by its code or the end of its name is left out.
        """
        if self.report is Report.PARTNERSHIPS:
            return self.code not in ICBS and not ICB_NAME.search(self.name)
        return bool(self.roles & {COMMISSIONING_HUB, REPORTING_ENTITY})


@dataclass(frozen=True)
class Succession:
    """`successor` took the place of `predecessor` (codes) on a day."""

    predecessor: str
    successor: str
    on: date


def read(path):
    """The rows of one file: of organisations, or, of succ, Successions. Raises Unreadable with a sentence that names the
    file and the line.
    """
    path = Path(path)
    if path.name.lower().startswith(SUCCESSIONS):
        return [_succession(path.name, number, cells) for number, cells in _lines(path, columns=None) if _is_row(cells)]
    lines = list(_lines(path))
    if not lines:
        raise Unreadable(f"{path.name} is empty.")
    report = report_of(path.name, [cells for _, cells in lines])
    if report is None:
        raise Unreadable(
            f"{path.name}: cannot tell which report this is. Name it etr.csv, ephp.csv, eccg.csv, eother.csv or succ.csv."
        )
    rows = [_row(path.name, number, cells, report) for number, cells in lines]
    _refuse_repeated(path.name, [(number, row.code) for (number, _), row in zip(lines, rows, strict=True)])
    return rows


def report_of(filename, rows):
    """Which report a file is, by its name, or else by what is in it; None where neither says so."""
    stem = filename.lower()
    for report in Report:
        if stem.startswith(report):
            return report
    if any(COMMISSIONER_ROLES & _roles(cells) for cells in rows):
        return Report.COMMISSIONERS
    if all(cells[NAME].strip().upper().endswith("TRUST") for cells in rows):
        return Report.TRUSTS
    if any(ICB_NAME.search(cells[NAME].strip()) for cells in rows):
        return Report.PARTNERSHIPS
    return None


def _lines(path, columns=COLUMNS):
    """(line number, its cells): 27 of them, or, with `columns` None, any number. Blank lines are passed over."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if not cells:
                    continue
                if columns and len(cells) != columns:
                    raise Unreadable(f"{_at(path.name, reader.line_num)}: {len(cells)} columns instead of {columns}.")
                yield reader.line_num, cells
    except OSError as error:
        raise CannotOpen(f"{path.name} cannot be opened: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path.name} is not written in UTF-8.") from error
    except csv.Error as error:
        raise Unreadable(f"{path.name} is not a CSV file: {error}.") from error


def _row(filename, number, cells, report):
    where = _at(filename, number)
    code, name = cells[CODE].strip(), cells[NAME].strip()
    if not CODE_PATTERN.fullmatch(code):
        raise Unreadable(f"{where}: “{code[:20]}” is no organisation code.")
    if not name or len(name) > NAME_LIMIT:
        raise Unreadable(f"{where}: the name of {code} is {'missing' if not name else 'too long'}.")
    if has_hidden_characters(name):
        raise Unreadable(f"{where}: the name of {code} holds characters that cannot be seen.")
    region = cells[REGION].strip()
    if region and not CODE_PATTERN.fullmatch(region):
        raise Unreadable(f"{where}: “{region[:20]}” is no region’s code.")
    opened_on, closed_on = _day(where, "open date", cells[OPENED]), _day(where, "close date", cells[CLOSED])
    if opened_on is None:
        raise Unreadable(f"{where}: the open date of {code} is missing.")
    if closed_on and closed_on < opened_on:
        raise Unreadable(f"{where}: {code} closes before it opens.")
    return Row(
        report, code, written(name), region, cells[HEALTH_GEOGRAPHY].strip(), opened_on, closed_on, _roles(cells)
    )


def _is_row(cells):
    """Whether a line of succ is one, and no heading: its codes are written as codes are."""
    return not any(" " in cell.strip() for cell in cells[:2])


def _succession(filename, number, cells):
    where = _at(filename, number)
    codes = [cell.strip() for cell in cells[:2]]
    for code in codes:
        if not CODE_PATTERN.fullmatch(code):
            raise Unreadable(f"{where}: “{code[:20]}” is no organisation code.")
    if len(set(codes)) < 2:
        raise Unreadable(
            f"{where}: {codes[0]} cannot succeed itself." if len(codes) == 2 else f"{where}: one column only."
        )
    days = [cell for cell in cells[2:] if re.fullmatch("[0-9]{8}", cell.strip())]
    if not days:
        raise Unreadable(f"{where}: the day on which {codes[1]} succeeds {codes[0]} is missing.")
    return Succession(*codes, _day(where, "day of succession", days[0]))


def _day(where, what, text):
    text = text.strip()
    if not text:
        return None
    try:
        if len(text) != 8:
            raise ValueError
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError as error:
        raise Unreadable(f"{where}: the {what} “{text[:20]}” is no day written like 20220701.") from error


def _roles(cells):
    return frozenset(filter(None, cells[ROLES].strip().split("|")))


def _refuse_repeated(filename, codes):
    seen = {}
    for number, code in codes:
        if code in seen:
            raise Unreadable(f"{_at(filename, number)}: {code} stands on line {seen[code]} already.")
        seen[code] = number


def _at(filename, number):
    return f"{filename}, line {number}"


def written(name):
    """A name in capitals, as one writes it: "University College London Hospitals NHS Foundation Trust"."""
    if name != name.upper():
        return " ".join(name.split())
    words = [_word(word) for word in name.split()]
    return " ".join([_first(words[0]), *words[1:]])


def _word(word):
    """One word; parts after a hyphen, a slash or a bracket begin anew, those after an apostrophe do not."""
    return re.sub(r"[A-Z0-9&'’]+", lambda part: _part(part.group()), word)


def _part(part):
    if part in CAPITALS or any(letter.isdigit() for letter in part):
        return part
    if part.lower() in SMALL:
        return part.lower()
    if part[1:2] in {"'", "’"} and part[0] in "DO":  # O'Brien, D'Arcy
        return part[:2] + part[2:].capitalize()
    return part.capitalize()


def _first(word):
    return word[:1].upper() + word[1:]
