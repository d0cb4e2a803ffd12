"""Makes version 1.0 of our pro-forma and its cell map from the questions: python -m prevent.proforma.make

Run by hand when a version is made; the files it writes are kept, because a version never changes.
"""

import json
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side

VERSION = "1.0"
FROM_PERIOD = "2015-16-Q1"
FOLDER = Path(__file__).parent / VERSION
ABOUT = (
    ("organisation_code", "Organisation code"),
    ("organisation_name", "Organisation"),
    ("period_title", "Reporting period"),
    ("reporting_period", "Reporting period, short"),
    ("version", "Version of the return"),
    ("submitted_at", "Submitted at (UTC)"),
    ("proforma_version", "Version of this pro-forma"),
)
ACTION_COLUMNS = (
    ("title", "What will be done", 60),
    ("owner", "Owner", 30),
    ("due_on", "Due", 14),
    ("status", "Status", 16),
)
ACTION_ROWS = 50
FIRST_ACTION_ROW = 4


def make():
    # Once the settings are read: the questions know the kinds of organisation
    from prevent.questions import SECTIONS

    workbook = Workbook()
    workbook.properties.creator = "Assurance returns"
    cells = {
        "version": VERSION,
        "from_period": FROM_PERIOD,
        "about": about(workbook.active),
        "cells": answers(workbook.create_sheet("Return"), SECTIONS),
        "actions": actions(workbook.create_sheet("Action plan")),
    }
    FOLDER.mkdir(exist_ok=True)
    workbook.save(FOLDER / "proforma.xlsx")
    (FOLDER / "cells.json").write_text(json.dumps(cells, indent=2) + "\n")


def about(sheet):
    """The first sheet: whose return this is. Gives back where each value goes."""
    sheet.title = "About"
    write(sheet, "A1", "Quarterly Prevent return", bold=True, size=16)
    write(sheet, "A2", "Made by the assurance portal. This is not the official pro-forma, which is not public.")
    widths(sheet, A=32, B=60)
    places = {}
    for row, (name, label) in enumerate(ABOUT, start=4):
        write(sheet, f"A{row}", label, bold=True)
        places[name] = f"About!{answer(sheet, f'B{row}')}"
    return protect(sheet, places)


def answers(sheet, sections):
    """The second sheet: a line for each question and each calculated percentage, with its name in column A."""
    write(sheet, "A1", "NA is not applicable. A blank cell is a missing answer. 0 is an answer.")
    widths(sheet, A=32, B=56, C=44, D=80)
    places, row = {}, 2
    for section in sections:
        row += 1
        write(sheet, f"A{row}", section.title, bold=True, size=13)
        for item in (*section.questions, *section.percentages):
            if item.name == "action_plan":
                continue
            row += 1
            write(sheet, f"A{row}", item.name)
            write(sheet, f"B{row}", item.label)
            write(sheet, f"D{row}", getattr(item, "definition", "Calculated, in percent."))
            places[item.name] = f"Return!{answer(sheet, f'C{row}')}"
    return protect(sheet, places)


def actions(sheet):
    """The third sheet: the action plan, one action a row."""
    write(sheet, "A1", "Action plan", bold=True, size=16)
    columns = {}
    for letter, (name, label, width) in zip("ABCD", ACTION_COLUMNS, strict=True):
        write(sheet, f"{letter}3", label, bold=True)
        widths(sheet, **{letter: width})
        columns[name] = letter
        for row in range(FIRST_ACTION_ROW, FIRST_ACTION_ROW + ACTION_ROWS):
            answer(sheet, f"{letter}{row}")
    return protect(sheet, {"sheet": sheet.title, "first_row": FIRST_ACTION_ROW, "columns": columns})


def write(sheet, place, text, bold=False, size=11):
    sheet[place] = text
    sheet[place].font = Font(bold=bold, size=size)
    sheet[place].alignment = Alignment(vertical="top", wrap_text=not place.startswith("A"))


def answer(sheet, place):
    """Makes a cell that people may write in."""
    line = Side(style="thin", color="768692")
    cell = sheet[place]
    cell.fill = PatternFill("solid", fgColor="FFF9C4")
    cell.border = Border(line, line, line, line)
    cell.alignment = Alignment(vertical="top", horizontal="left", wrap_text=True)
    cell.protection = Protection(locked=False)
    return place


def widths(sheet, **columns):
    for letter, width in columns.items():
        sheet.column_dimensions[letter].width = width


def protect(sheet, places):
    """Only answers can be changed; there is no password, because this prevents slips and not people."""
    sheet.protection.sheet = True
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    return places


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance_portal.settings")
    django.setup()
    make()
