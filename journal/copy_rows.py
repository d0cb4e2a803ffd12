"""Bulk writing with COPY: some ten times faster than INSERT; constraints and row triggers still hold."""

import csv
import io
import json
from datetime import datetime

from django.db import connection


def copy_rows(model, columns, rows):
    """Writes `rows` (tuples in the order of `columns`, attribute names of `model`) with one COPY; returns how many.

    None is NULL; dicts and lists become JSON. Python defaults and `save()` are not called.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    count = 0
    for count, row in enumerate(rows, start=1):
        writer.writerow([_text(value) for value in row])
    if count:
        buffer.seek(0)
        names = ", ".join(f'"{model._meta.get_field(name).column}"' for name in columns)
        with connection.cursor() as cursor:
            cursor.copy_expert(
                f"COPY \"{model._meta.db_table}\" ({names}) FROM STDIN WITH (FORMAT csv, NULL '\\N')", buffer
            )
    return count


def _text(value):
    if value is None:
        return "\\N"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime):
        return value.isoformat()
    return value
