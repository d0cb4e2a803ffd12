"""Tables as an Excel workbook, a sheet for each. Text stays text, whatever it begins with; the same input, the same bytes."""

import io
from datetime import datetime, time
from decimal import Decimal

import xlsxwriter

WIDEST = 60


def table_workbook(title, sheets, day):
    """The bytes of a workbook. `sheets` are (name, columns, rows); `day` is the date that the file says it was made."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    workbook.set_properties({"title": title, "created": datetime.combine(day, time())})
    heading = workbook.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "top"})
    for name, columns, rows in sheets:
        _write(workbook.add_worksheet(name[:31]), columns, list(rows), heading)
    workbook.close()
    return buffer.getvalue()


def _write(sheet, columns, rows, heading):
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    for number, column in enumerate(columns):
        values = [column, *(row[number] for row in rows)]
        sheet.set_column(number, number, min(WIDEST, 2 + max(len(str(value)) for value in values)))
        sheet.write_string(0, number, column, heading)
        for line, value in enumerate(values[1:], start=1):
            if isinstance(value, int | float | Decimal):
                sheet.write_number(line, number, value)
            elif value not in (None, ""):
                sheet.write_string(line, number, str(value))
