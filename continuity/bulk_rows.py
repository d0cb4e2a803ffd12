"""Many rows at once into tables that are closed by row-level security, or that hold the rows already.

PostgreSQL takes no COPY into a table with row-level security, and COPY changes no row. So the rows are copied into a
table of this transaction first; policies, constraints and triggers hold when they are written from there.
"""

from contextlib import contextmanager
from operator import attrgetter

from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction

from journal.copy_rows import cell, columns_of, copy_lines

FEW = 100


def save(objects, fields):
    """Writes these fields of objects of one model, however many they are."""
    if not objects:
        return
    model = type(objects[0])
    if len(objects) <= FEW:
        model.objects.bulk_update(objects, fields)
        return
    fields = [model._meta.pk, *map(model._meta.get_field, fields)]
    read = [_reader(field) for field in fields]
    rows = (tuple(value(found) for value in read) for found in objects)
    update_rows(model, [field.attname for field in fields], rows)


def _reader(field):
    """How a field of an object is read for COPY: an array as PostgreSQL writes one (of numbers)."""
    value = attrgetter(field.attname)
    if isinstance(field, ArrayField):
        return lambda found: "{" + ",".join(map(str, value(found))) + "}"
    return value


@transaction.atomic
def insert_rows(model, columns, rows):
    """Writes new rows (tuples in the order of `columns`, attribute names of `model`); returns how many."""
    with _laid_down(model, columns, rows) as laid:
        return _execute(f'INSERT INTO {laid.table} ({laid.columns}) SELECT {laid.columns} FROM "{laid.name}"')


@transaction.atomic
def update_rows(model, columns, rows):
    """Changes the rows whose primary key is the first of `columns`; returns how many."""
    with _laid_down(model, columns, rows) as laid:
        changes = ", ".join(f"{name} = given.{name}" for name in laid.columns.split(", ")[1:])
        which = f"kept.{laid.key} = given.{laid.key}"
        return _execute(f'UPDATE {laid.table} AS kept SET {changes} FROM "{laid.name}" AS given WHERE {which}')


class _Laid:
    def __init__(self, model, columns):
        self.table, self.columns = f'"{model._meta.db_table}"', columns_of(model, columns)
        self.key = columns_of(model, columns[:1])
        self.name = f"laid_{model._meta.db_table}"


@contextmanager
def _laid_down(model, columns, rows):
    """The rows in a table of this transaction. Each is a tuple, or a line of CSV as `journal.copy_rows.cell` writes it."""
    laid = _Laid(model, columns)
    _execute(
        f'CREATE TEMPORARY TABLE "{laid.name}" ON COMMIT DROP AS SELECT {laid.columns} FROM {laid.table} WITH NO DATA'
    )
    copy_lines(
        model, columns, (row if isinstance(row, str) else ",".join(map(cell, row)) for row in rows), table=laid.name
    )
    _execute(f'ANALYZE "{laid.name}" ({laid.key})')
    yield laid
    _execute(f'DROP TABLE "{laid.name}"')


def _execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.rowcount
