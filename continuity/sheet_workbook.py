"""A sheet as a workbook: filled with what is known, completed offline, read again by row id.

It is an audit workbook like any other (`continuity.workbook` reads it), with the prison's columns locked. Its reference
is signed, so that no other sheet's workbook is taken for this one, and so is what it was downloaded with, so that it shows
later what somebody changed. The same input gives the same bytes.
"""

import io
import zlib
from dataclasses import dataclass, replace
from datetime import datetime, time

import numpy as np
import xlsxwriter
from django.core.signing import BadSignature, Signer

from continuity import interventions, workbook
from continuity.columns import (
    COLUMNS,
    COMMUNITY_COLUMNS,
    DELETIONS,
    INTERVENTION_COLUMNS,
    PRISON_COLUMNS,
    Kind,
    plain,
    read,
    shown,
)
from continuity.interventions import C45
from continuity.kept_answers import as_plain, dense, stored
from continuity.recording_rules import Severity
from continuity.rows import Wrong

LIMITS = replace(workbook.LIMITS, ratio=100, rows=100_001, columns=120)  # with the line of headings
CHOICES, FINDINGS, DOWNLOADED, WHO = "Choices", "Findings", "As downloaded", "Who"
PIECE = 30_000  # characters of a cell; Excel holds 32,767
MOST_INTERVENTIONS = 50  # of one referral; a form holds a thousand inputs
MOST_COMMENTS = 2_000
SPARE_LINES = 2
ROW_ID = "P25"
ORDER = [COLUMNS[ROW_ID], *(column for column in PRISON_COLUMNS if column.id != ROW_ID), *COMMUNITY_COLUMNS]
PLACE = {column.id: place for place, column in enumerate(ORDER)}
COLOURS = {
    Severity.BLOCK: "#F5B7B1",
    Severity.ERROR: "#F5B7B1",
    Severity.WARNING: "#FFD580",
    Severity.INFORMATION: "#CFE8FC",
}
WORDS = {
    Severity.BLOCK: "Must be changed",
    Severity.ERROR: "Breaks the indicator",
    Severity.WARNING: "Check",
    Severity.INFORMATION: "Note",
}


def reference_of(submission_uuid):
    """What stands in the workbook as its audit reference: which sheet it is, signed."""
    return Signer(salt="continuity.sheet").sign(str(submission_uuid))


def sheet_named(reference):
    """The submission's uuid that a reference names, or None where it was not made here."""
    try:
        return Signer(salt="continuity.sheet").unsign(reference)
    except BadSignature:
        return None


# Out


UNREAD, BOTH_CHANGED, NOT_TAKEN = "Cannot be read", "Changed in both", "Not taken"
REMEDY = {
    UNREAD: "Correct the cell and upload the workbook again.",
    BOTH_CHANGED: "Choose on the page of the upload which should stand.",
    NOT_TAKEN: "Correct the answer that it depends on, or clear this cell.",
}


@dataclass(frozen=True)
class Mark:
    """What is said at one cell of the annotated copy besides findings. `kind` is one of REMEDY, `line` the number of an
    intervention of the row, `typed` what stands there although it is no answer.
    """

    row_id: str
    column: str
    kind: str
    sentence: str
    line: int | None = None
    typed: str = ""


def written(filled, reference, made_on, findings=None, marks=(), downloaded=None):
    """The bytes of the workbook of `filled` rows (`working_rows.Filled`); with `findings`, the annotated copy: a list of
    (row id, recording_rules.Finding), and `marks`. `downloaded` is the Filled that it counts as downloaded with, if another.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Continuity of care audit", "created": datetime.combine(made_on, time())})
    writer = _Writer(book, filled, findings, marks)
    if findings is not None:
        writer.list_findings()
    writer.audit(reference)
    writer.referrals()
    writer.interventions()
    writer.choices()
    writer.downloaded(downloaded or filled)
    book.close()
    return buffer.getvalue()


class _Writer:
    def __init__(self, book, filled, findings, marks):
        self.book, self.filled = book, filled
        self.findings = findings or []
        self.lines = {row[ROW_ID]: line for line, row in enumerate(filled.referrals, start=1)}
        self.treatments = self._treatments()
        self.treatment_lines = {
            (row_id, number): line for line, (row_id, number, _) in enumerate(self.treatments, start=1)
        }
        self.marks = {(workbook.REFERRALS, *self._place(mark)): mark for mark in marks if mark.line is None}
        self.marks |= {(workbook.INTERVENTIONS, *self._place(mark)): mark for mark in marks if mark.line is not None}
        self.looks = {}
        self.lists = {}

    def look(self, *, kind=None, locked=True, colour=None, bold=False):
        key = kind is Kind.DAY, locked, colour, bold
        if key not in self.looks:
            look = {"valign": "top", "locked": locked, "bold": bold, "text_wrap": bold}
            look["num_format"] = "d mmmm yyyy" if kind is Kind.DAY else "@"
            if not locked:
                look |= {"bg_color": colour or "#FFF9C4", "border": 1, "border_color": "#768692"}
            elif colour:
                look["bg_color"] = colour
            self.looks[key] = self.book.add_format(look)
        return self.looks[key]

    def sheet(self, title):
        sheet = self.book.add_worksheet(title)
        sheet.set_paper(8)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.protect("", {"format_rows": True, "format_columns": True, "sort": True, "autofilter": True})
        return sheet

    def headings(self, sheet, headings, widths):
        for place, (heading, width) in enumerate(zip(headings, widths, strict=True)):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, heading, self.look(bold=True))
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)

    def _treatments(self):
        """The lines of the second sheet: (row id, number among the row's interventions, intervention)."""
        by_row = {}
        for given in self.filled.interventions:
            by_row.setdefault(given[ROW_ID], []).append(given)
        return [
            (row_id, number, given)
            for row_id in self.lines
            for number, given in enumerate([*by_row.get(row_id, []), *[{}] * SPARE_LINES])
        ]

    def _place(self, mark):
        """Line and column of a mark on its sheet."""
        if mark.line is None:
            return self.lines[mark.row_id], PLACE[mark.column]
        return self.treatment_lines[mark.row_id, mark.line], list(INTERVENTION_COLUMNS).index(mark.column) + 1

    def put(self, sheet, line, place, column, answer, look):
        value = shown(column, answer)
        mark = self.marks.get((sheet.get_name(), line, place))
        if mark and mark.typed:
            sheet.write_string(line, place, mark.typed, look)
        elif value == "":
            sheet.write_blank(line, place, None, look)
        elif column.kind is Kind.DAY:
            sheet.write_datetime(line, place, datetime.combine(value, time()), look)
        else:
            sheet.write_string(line, place, str(value), look)

    def audit(self, reference):
        about = self.filled.about
        sheet = self.sheet(workbook.AUDIT)
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, 1, 80)
        values = (
            reference,
            "; ".join(about["prisons"]),
            "; ".join(about["areas"]),
            about["recipient"],
            about["starts"],
            about["ends"],
            "",
            "Yes" if about["has_sharing_agreement"] else "No",
        )
        for line, (key, value) in enumerate(zip(workbook.KEYS, values, strict=True)):
            sheet.write_string(line, 0, key, self.look(bold=True))
            sheet.write_string(line, 1, value, self.look())

    def referrals(self):
        sheet = self.sheet(workbook.REFERRALS)
        self.headings(sheet, [column.heading for column in ORDER], [20] * len(ORDER))
        sheet.freeze_panes(1, PLACE["P02"] + 1)
        worst = self._worst_by_cell()
        for line, row in enumerate(self.filled.referrals, start=1):
            for place, column in enumerate(ORDER):
                colour = COLOURS.get(worst.get((line, place)))
                look = self.look(kind=column.kind, locked=column not in COMMUNITY_COLUMNS, colour=colour)
                self.put(sheet, line, place, column, row.get(column.id), look)
        last = max(len(self.filled.referrals), 1)
        for place, column in enumerate(ORDER):
            if column in COMMUNITY_COLUMNS:
                self.guard(sheet, (1, place, last, place), column)
        self._comment(sheet)

    def _worst_by_cell(self):
        order = list(COLOURS)
        worst = {(line, place): Severity.BLOCK for sheet, line, place in self.marks if sheet == workbook.REFERRALS}
        for row_id, finding in self.findings:
            for id in self._cells(finding):
                key = self.lines[row_id], PLACE[id]
                worst[key] = min(worst.get(key, finding.severity), finding.severity, key=order.index)
        return worst

    def _cells(self, finding):
        return [id for id in finding.columns if id in PLACE]

    def _comment(self, sheet):
        """Each finding once, at the first cell that it is about."""
        said = self._said(sheet)
        for row_id, finding in self.findings:
            if cells := self._cells(finding):
                words = f"{WORDS[finding.severity]}: {finding.message} {finding.remedy}"
                said.setdefault((self.lines[row_id], PLACE[cells[0]]), []).append(words)
        self._write_comments(sheet, said)

    def _said(self, sheet):
        """The words of the marks of one sheet by their cell."""
        marks = self.marks.items()
        return {
            (line, place): [f"{mark.kind}: {mark.sentence}"]
            for (title, line, place), mark in marks
            if title == sheet.get_name()
        }

    def _write_comments(self, sheet, said):
        for (line, place), words in list(said.items())[:MOST_COMMENTS]:
            sheet.write_comment(line, place, "\n".join(words)[:1000], {"author": "", "x_scale": 2, "y_scale": 2})

    def guard(self, sheet, cells, column):
        """A list to choose from, where one thing is chosen; a real date where a date is asked for."""
        if column.kind is Kind.CHOICE:
            sheet.data_validation(*cells, {"validate": "list", "source": self._list(column)})
        elif column.kind is Kind.DAY:
            options = {"criteria": ">", "value": datetime(1900, 3, 1), "error_title": "Not a date"}
            sheet.data_validation(*cells, {"validate": "date", "error_message": "Enter a real date.", **options})
        elif hint := self._hint(column):
            sheet.data_validation(*cells, {"validate": "any", "input_title": column.id, "input_message": hint[:255]})

    def _hint(self, column):
        if column.kind is Kind.CHOICES:
            return "Several are separated by semicolons: " + "; ".join(column.choices.labels.values())
        if column.kind is Kind.DELETIONS:
            return f"Three answers, separated by semicolons: {', '.join(DELETIONS)}. Like: Yes; No; Yes"
        return ""

    def _list(self, column):
        """The cells of the sheet of choices that hold the words of a column."""
        labels = tuple(column.choices.labels.values())
        place = self.lists.setdefault(labels, len(self.lists))
        letter = workbook.letters(place)
        return f"={CHOICES}!${letter}$2:${letter}${len(labels) + 1}"

    def interventions(self):
        sheet = self.sheet(workbook.INTERVENTIONS)
        columns = list(INTERVENTION_COLUMNS.values())
        headings = [COLUMNS[ROW_ID].heading, *(column.heading for column in columns), WHO]
        self.headings(sheet, headings, [38, 26, 20, 20, 16, 40])
        who = {row[ROW_ID]: self._who(row) for row in self.filled.referrals}
        said = self._said(sheet)
        for line, (row_id, _, given) in enumerate(self.treatments, start=1):
            sheet.write_string(line, 0, row_id, self.look())
            sheet.write_string(line, len(columns) + 1, who[row_id], self.look())
            for place, column in enumerate(columns, start=1):
                colour = COLOURS[Severity.BLOCK] if (line, place) in said else None
                look = self.look(kind=column.kind, locked=False, colour=colour)
                self.put(sheet, line, place, column, read(column, given.get(column.id)), look)
        for place, column in enumerate(columns, start=1):
            self.guard(sheet, (1, place, max(len(self.treatments), 1), place), column)
        self._write_comments(sheet, said)

    def _who(self, row):
        return " ".join(filter(None, (row.get("P01"), row.get("P02"))))

    def choices(self):
        sheet = self.sheet(CHOICES)
        for labels, place in self.lists.items():
            sheet.set_column(place, place, 30)
            sheet.write_string(0, place, "One of", self.look(bold=True))
            for line, label in enumerate(labels, start=1):
                sheet.write_string(line, place, label, self.look())

    def list_findings(self):
        sheet = self.sheet(FINDINGS)
        self.headings(
            sheet, ["Rule", "Kind", "Cell", "Client", "What was found", "What to do"], [10, 20, 10, 30, 70, 60]
        )
        who = {row[ROW_ID]: self._who(row) for row in self.filled.referrals}
        lines = [*self._marks_listed(who), *self._findings_listed(who)]
        for line, (severity, *values) in enumerate(lines, start=1):
            for place, value in enumerate(values):
                sheet.write_string(line, place, value, self.look(colour=COLOURS[severity] if not place else None))

    def _marks_listed(self, who):
        for (title, line, place), mark in self.marks.items():
            cell = f"{workbook.letters(place)}{line + 1}"
            cell = cell if title == workbook.REFERRALS else f"{title} {cell}"
            yield Severity.BLOCK, "", mark.kind, cell, who[mark.row_id], mark.sentence, REMEDY[mark.kind]

    def _findings_listed(self, who):
        for row_id, found in self.findings:
            cells = self._cells(found)
            cell = f"{workbook.letters(PLACE[cells[0]])}{self.lines[row_id] + 1}" if cells else ""
            yield found.severity, found.code, WORDS[found.severity], cell, who[row_id], found.message, found.remedy

    def downloaded(self, filled):
        """What the service's columns hold now, signed, in cells that Excel can hold."""
        sheet = self.sheet(DOWNLOADED)
        sheet.set_column(0, 0, 80)
        sheet.write_string(
            0, 0, "The portal sees by this sheet what you changed. Leave it as it is.", self.look(bold=True)
        )
        signed = _signer().sign_object(_as_known(filled), compress=True)
        for line, start in enumerate(range(0, len(signed), PIECE), start=1):
            sheet.write_string(line, 0, signed[start : start + PIECE], self.look())


def _signer():
    return Signer(salt="continuity.sheet.downloaded")


def _as_known(filled):
    """The service's answers as `as_plain_data` gives them."""
    treated = zip(filled.names, filled.columns[C45].each(), strict=True)
    return {
        "row_ids": filled.names,
        "columns": {column.id: as_plain(filled.columns[column.id]) for column in COMMUNITY_COLUMNS},
        "interventions": {name: interventions.as_stored(given) for name, given in treated if given},
    }


# Back


def as_plain_data(data, today, progress=None, limits=LIMITS):
    """What a completed workbook says, as JSON has it. `progress(done, all)` hears how many rows were read. Raises NotAnAudit.

    `reference`, the `row_ids`, the service's answers as `columns` by id (the different `values`, and as dense `codes` for
    each row its place there or GAP), the `interventions` by row id or None; `unread` are the service's cells that cannot be
    read; `downloaded` is what it was downloaded with (row_ids, columns and interventions), or None; `notes` are sentences on
    what was left out.
    """
    book = workbook.read_bytes(data, today, progress, limits, beside=(DOWNLOADED, CHOICES, FINDINGS))
    known = np.flatnonzero(book.rows.columns[ROW_ID].numbers)
    columns = {
        column.id: _with_gaps(book.rows, column.id, known)
        for column in COMMUNITY_COLUMNS
        if column.id in book.rows.columns
    }
    interventions, unread = _interventions_of(book.rows)
    return {
        "reference": book.audit.reference,
        "row_ids": [book.rows.names[number] for number in known.tolist()],
        "columns": columns,
        "interventions": interventions,
        "unread": [*_unread_of(book.rows), *unread],
        "downloaded": _downloaded(book.beside.get(DOWNLOADED)),
        "notes": [sentence for sentence in book.notes if f"“{WHO}” is not a column" not in sentence],
    }


GAP = -1


def _with_gaps(rows, id, known):
    """A column of the known rows; a cell that cannot be read says nothing."""
    answered = rows.answered(id)
    numbers = answered.numbers.copy()
    numbers[[wrong.row for wrong in rows.wrong if wrong.column == id]] = GAP
    return {"values": [stored(answer) for answer in answered.answers], "codes": dense(numbers[known])}


def _unread_of(rows):
    """The service's cells that cannot be read; the prison's columns are not taken from here anyway."""
    ours = {column.id for column in COMMUNITY_COLUMNS}
    return [_unread(workbook.REFERRALS, wrong, rows.names[wrong.row]) for wrong in rows.wrong if wrong.column in ours]


def _unread(sheet, wrong, row_id, line=None):
    return {
        "row_id": row_id,
        "column": wrong.column,
        "line": line,
        "typed": plain(wrong.typed),
        "where": f"Sheet “{sheet}”, cell {wrong.cell}",
        "sentence": wrong.sentence,
    }


def _interventions_of(rows):
    """(the interventions by row id, their cells that cannot be read); None where one of their columns is gone."""
    if INTERVENTION_COLUMNS.keys() - rows.interventions.columns.keys():
        return None, []
    found, unread, wrong = {}, [], {}
    for one in rows.interventions.wrong:
        wrong.setdefault(one.row, []).append(one)
    columns = rows.interventions.columns
    for number, row in enumerate(rows.interventions.row.tolist()):
        given = {id: stored(answered.answers[answered.numbers[number]]) for id, answered in columns.items()}
        if any(given.values()) or number in wrong:
            theirs = found.setdefault(rows.names[row], [])
            unread += [
                _unread(workbook.INTERVENTIONS, one, rows.names[row], len(theirs)) for one in wrong.get(number, ())
            ]
            theirs.append({id: given.get(id) for id in INTERVENTION_COLUMNS})
    for row_id, given in found.items():
        if len(given) > MOST_INTERVENTIONS:
            sentence = f"This referral has {len(given)} interventions. At most {MOST_INTERVENTIONS} can be recorded."
            too_many = Wrong(0, "C45a", sentence)
            unread.append(_unread(workbook.INTERVENTIONS, too_many, row_id, MOST_INTERVENTIONS) | {"typed": ""})
    return found, unread


def _downloaded(cells):
    """What the workbook was downloaded with; None where that is gone or was changed."""
    if cells is None:
        return None
    signed = "".join(str(row[0]) for row in cells[1:] if row)
    try:
        said = _signer().unsign_object(signed)
    except (BadSignature, ValueError, zlib.error):
        return None
    columns = {id: column | {"codes": dense(column["codes"])} for id, column in said["columns"].items()}
    return said | {"columns": columns}
