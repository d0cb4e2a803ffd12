"""Bulk writing with COPY: some ten times faster than INSERT; constraints and row triggers still hold."""

import io
import json
from datetime import datetime

from django.db import connection


def copy_rows(model, columns, rows):
    """Writes `rows` (tuples in the order of `columns`, attribute names of `model`) with one COPY; returns how many.

    None is NULL; dicts and lists become JSON, bytes stay bytes. Python defaults and `save()` are not called.
    """
    lines = [",".join(map(_cell, row)) for row in rows]
    if lines:
        names = ", ".join(f'"{model._meta.get_field(name).column}"' for name in columns)
        with connection.cursor() as cursor:
            cursor.copy_expert(
                f'COPY "{model._meta.db_table}" ({names}) FROM STDIN WITH (FORMAT csv)',
                io.StringIO("\n".join(lines) + "\n"),
            )
    return len(lines)


def _cell(value):
    """NULL is an empty cell; text stands in quotes, so that none can be mistaken for it."""
    kind = type(value)
    if kind is int:
        return str(value)
    if value is None:
        return ""
    if kind is not str:
        value = _as_text(value)
    return '"' + value.replace('"', '""') + '"'


def _as_text(value):
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
