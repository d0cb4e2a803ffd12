"""Tables as CSV that a spreadsheet opens without doing anything: no cell can be a formula."""

import csv
import io

from returns.formulas import without_formula


def csv_table(columns, rows, *, mark=True):
    """The bytes of a table, `rows` in the order of `columns`: UTF-8, with the mark in front that spreadsheets look for.

    Without the mark, programs that do not know it read the first column's name.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_cell(value) for value in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig" if mark else "utf-8")


def _cell(value):
    return without_formula(value) if isinstance(value, str) else value
