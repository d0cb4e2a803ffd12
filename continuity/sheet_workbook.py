"""A sheet as a workbook: filled with what is known, completed offline, read again by row id.

It is an audit workbook like any other (`continuity.workbook` reads it), with the prison's columns locked. Its reference
is signed, so that no other sheet's workbook is taken for this one. The same input gives the same bytes.
"""

import io
from datetime import datetime, time

import numpy as np
import xlsxwriter
from django.core.signing import BadSignature, Signer

from continuity import workbook
from continuity.columns import (
    COLUMNS,
    COMMUNITY_COLUMNS,
    DELETIONS,
    INTERVENTION_COLUMNS,
    PRISON_COLUMNS,
    Kind,
    read,
    shown,
)
from continuity.recording_rules import Severity
from continuity.working_rows import stored
from returns.return_type import WorkbookSpec

LIMITS = WorkbookSpec(
    file_bytes=10_000_000, unpacked_bytes=80_000_000, ratio=100, rows=10_000, columns=120, cells=800_000
)
CHOICES, FINDINGS, WHO = "Choices", "Findings", "Who"
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


def written(filled, reference, made_on, findings=None):
    """The bytes of the workbook of `filled` rows (`working_rows.Filled`); with `findings`, the annotated copy: a list of
    (row id, recording_rules.Finding).
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Continuity of care audit", "created": datetime.combine(made_on, time())})
    writer = _Writer(book, filled, findings)
    if findings is not None:
        writer.list_findings()
    writer.audit(reference)
    writer.referrals()
    writer.interventions()
    writer.choices()
    book.close()
    return buffer.getvalue()


class _Writer:
    def __init__(self, book, filled, findings):
        self.book, self.filled = book, filled
        self.findings = findings or []
        self.lines = {row[ROW_ID]: line for line, row in enumerate(filled.referrals, start=1)}
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

    def put(self, sheet, line, place, column, answer, look):
        value = shown(column, answer)
        if value == "":
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
                self.put(sheet, line, place, column, read(column, row.get(column.id)), look)
        last = max(len(self.filled.referrals), 1)
        for place, column in enumerate(ORDER):
            if column in COMMUNITY_COLUMNS:
                self.guard(sheet, (1, place, last, place), column)
        self._comment(sheet)

    def _worst_by_cell(self):
        order = list(COLOURS)
        worst = {}
        for row_id, finding in self.findings:
            for id in self._cells(finding):
                key = self.lines[row_id], PLACE[id]
                worst[key] = min(worst.get(key, finding.severity), finding.severity, key=order.index)
        return worst

    def _cells(self, finding):
        return [id for id in finding.columns if id in PLACE]

    def _comment(self, sheet):
        """Each finding once, at the first cell that it is about."""
        said = {}
        for row_id, finding in self.findings:
            if cells := self._cells(finding):
                words = f"{WORDS[finding.severity]}: {finding.message} {finding.remedy}"
                said.setdefault((self.lines[row_id], PLACE[cells[0]]), []).append(words)
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
        by_row = {}
        for given in self.filled.interventions:
            by_row.setdefault(given[ROW_ID], []).append(given)
        line = 0
        for row in self.filled.referrals:
            who = " ".join(filter(None, (row.get("P01"), row.get("P02"))))
            for given in [*by_row.get(row[ROW_ID], []), *[{}] * SPARE_LINES]:
                line += 1
                sheet.write_string(line, 0, row[ROW_ID], self.look())
                sheet.write_string(line, len(columns) + 1, who, self.look())
                for place, column in enumerate(columns, start=1):
                    look = self.look(kind=column.kind, locked=False)
                    self.put(sheet, line, place, column, read(column, given.get(column.id)), look)
        for place, column in enumerate(columns, start=1):
            self.guard(sheet, (1, place, max(line, 1), place), column)

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
        people = {row[ROW_ID]: row for row in self.filled.referrals}
        for line, (row_id, finding) in enumerate(self.findings, start=1):
            cells = self._cells(finding)
            row = people[row_id]
            values = (
                finding.code,
                WORDS[finding.severity],
                f"{workbook.letters(PLACE[cells[0]])}{self.lines[row_id] + 1}" if cells else "",
                " ".join(filter(None, (row.get("P01"), row.get("P02")))),
                finding.message,
                finding.remedy,
            )
            for place, value in enumerate(values):
                sheet.write_string(
                    line, place, value, self.look(colour=COLOURS[finding.severity] if not place else None)
                )


# Back


def as_plain_data(data, today, progress=None, limits=LIMITS):
    """What a completed workbook says, as JSON has it: `reference`, its `row_ids`, the service's answers as `columns` by
    id (the different `values`, and for each row its place there or NOT_SAID), `interventions` of the rows that have some by
    row id (None where one of them cannot be read), and sentences on what counts as not said. `progress(done, all)`
    hears how many rows were read. Raises NotAnAudit.
    """
    book = workbook.read_bytes(data, today, progress, limits)
    known = np.flatnonzero(book.rows.columns[ROW_ID].numbers)
    columns = {
        column.id: _with_gaps(book.rows, column.id, known)
        for column in COMMUNITY_COLUMNS
        if column.id in book.rows.columns
    }
    bad_interventions = any(sentence.startswith(f"Sheet “{workbook.INTERVENTIONS}”") for sentence in book.unreadable)
    return {
        "reference": book.audit.reference,
        "row_ids": [book.rows.names[number] for number in known.tolist()],
        "columns": columns,
        "interventions": None if bad_interventions else _interventions_of(book.rows),
        "unreadable": [sentence for sentence in book.unreadable if not _is_the_prisons(sentence)],
        "notes": [sentence for sentence in book.notes if not _is_our_own(sentence)],
    }


NOT_SAID = -1


def _with_gaps(rows, id, known):
    """A column of the known rows; a cell that cannot be read says nothing."""
    answered = rows.answered(id)
    numbers = answered.numbers.copy()
    numbers[[wrong.row for wrong in rows.wrong if wrong.column == id]] = NOT_SAID
    return {"values": [stored(answer) for answer in answered.answers], "codes": numbers[known].tolist()}


def _interventions_of(rows):
    found = {}
    columns = rows.interventions.columns
    for number, row in enumerate(rows.interventions.row.tolist()):
        given = {id: stored(answered.answers[answered.numbers[number]]) for id, answered in columns.items()}
        if any(given.values()):
            found.setdefault(rows.names[row], []).append({id: given.get(id) for id in INTERVENTION_COLUMNS})
    return found


def _is_the_prisons(sentence):
    """A cell of the prison's columns: it is not taken from here anyway."""
    prefix = f"Sheet “{workbook.REFERRALS}”, cell "
    if not sentence.startswith(prefix):
        return False
    letters = "".join(letter for letter in sentence[len(prefix) :].partition(":")[0] if letter.isalpha())
    return letters in {workbook.letters(PLACE[column.id]) for column in PRISON_COLUMNS}


def _is_our_own(sentence):
    """About a sheet or a column that our own workbook has besides those of an audit."""
    ours = (f"Sheet “{CHOICES}”", f"Sheet “{FINDINGS}”")
    return sentence.startswith(ours) or f"“{WHO}” is not a column" in sentence
