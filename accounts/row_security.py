"""For whom the current thread works: the second net under `visible_to`, read by row-level security.

A request works for the organisations of its seat; a job says `as_system(reason)`. Whoever says nothing sees no row of
a protected table. The database backend hands these settings over as the first statement of every transaction.
"""

import logging
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

logger = logging.getLogger(__name__)

_organisations = ContextVar("organisations", default=())
_system_reason = ContextVar("system_reason", default="")


def current_settings():
    """The values of `app.organisations` (ids, comma-separated) and `app.as_system` (a reason, or nothing)."""
    return ",".join(str(number) for number in _organisations.get()), _system_reason.get()


@contextmanager
def acting_for(organisations):
    """Transactions begun inside see the protected rows of these organisations (ids)."""
    token = _organisations.set(tuple(organisations))
    try:
        yield
    finally:
        _organisations.reset(token)


@contextmanager
def as_system(reason):
    """Transactions begun inside see every protected row. `reason` is a short phrase for the log, such as "check"."""
    logger.info("as system: %s", reason)
    token = _system_reason.set(reason)
    try:
        yield
    finally:
        _system_reason.reset(token)


@contextmanager
def seeing_all(reason):
    """The rest of the transaction that runs now sees every protected row, until the block ends. For answers that say
    nothing of the rows but yes or no; `reason` is for the log.
    """
    logger.info("seeing all: %s", reason)
    _set_as_system(reason)
    yield
    _set_as_system(current_settings()[1])


def _set_as_system(reason):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.as_system', %s, true)", [reason])


def policy_sql(table, organisation_column="organisation_id", *, several=False):
    """The SQL that closes `table` to everybody but the organisations acted for, and to jobs of the system.

    With `several` the column is an array (bigint[]) of the organisations that a row belongs to.
    """
    acted_for = "string_to_array(nullif(current_setting('app.organisations', true), ''), ',')::bigint[]"
    belongs = f"{organisation_column} && ({acted_for})" if several else f"{organisation_column} = ANY ({acted_for})"
    inside = f"{belongs} OR nullif(current_setting('app.as_system', true), '') IS NOT NULL"
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
        f" CREATE POLICY {table}_by_organisation ON {table} USING ({inside}) WITH CHECK ({inside});"
    )
