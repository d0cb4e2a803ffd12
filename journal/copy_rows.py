"""Bulk writing with COPY: some ten times faster than INSERT; constraints and row triggers still hold."""

import json
from datetime import datetime
from itertools import islice

from django.db import connection


def copy_rows(model, columns, rows):
    """Writes `rows` (tuples in the order of `columns`, attribute names of `model`) with one COPY; returns how many.

    None is NULL; dicts and lists become JSON, bytes stay bytes. Python defaults and `save()` are not called.
    """
    return copy_lines(model, columns, (",".join(map(cell, row)) for row in rows))


def copy_lines(model, columns, lines, table=None):
    """The same with rows that are lines of CSV already, their cells as `cell` writes them; into `table` where it is given."""
    lines = _Lines(lines)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f'COPY "{table or model._meta.db_table}" ({columns_of(model, columns)}) FROM STDIN WITH (FORMAT csv)', lines
        )
    return lines.count


def columns_of(model, names):
    """The columns of a model's attributes as SQL lists them."""
    return ", ".join(f'"{model._meta.get_field(name).column}"' for name in names)


class _Lines:
    """Lines as a file to read from, some at a time, so that the server writes while the next are made."""

    AT_ONCE = 2_000

    def __init__(self, lines):
        self._lines, self._left, self.count = iter(lines), "", 0

    def read(self, size):
        if not self._left:
            some = list(islice(self._lines, self.AT_ONCE))
            self.count += len(some)
            self._left = "\n".join([*some, ""]) if some else ""
        piece, self._left = self._left[:size], self._left[size:]
        return piece


def cell(value):
    """NULL is an empty cell; text stands in quotes, so that none can be mistaken for it."""
    kind = type(value)
    if kind is int:
        return str(value)
    if value is None:
        return ""
    if kind is not str:
        value = _as_text(value)
    return '"' + value.replace('"', '""') + '"'


_as_json = json.JSONEncoder(ensure_ascii=False).encode


def _as_text(value):
    if isinstance(value, dict | list):
        return _as_json(value)
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
