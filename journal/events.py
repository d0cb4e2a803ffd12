"""Writing the log: one event for each act, in the act's own transaction."""

from django.db import transaction

from journal.copy_rows import copy_rows
from journal.models import Event

COLUMNS = ("act", "subject_type", "subject_id", "at", "actor_id", "acting_for", "detail")


def record(act, *, subject, at, by=None, detail=None):
    """One event. `subject` is (type, id); `by` is a seat, or None for the clock and for strangers; `detail` holds ids,
    codes and numbers of versions, never names, addresses or figures of a return.
    """
    return Event.objects.create(**_row(act, subject=subject, at=at, by=by, detail=detail))


def record_many(rows):
    """Many events at once; each row is the keyword arguments of `record`, with `act`. Returns how many."""
    return copy_rows(Event, COLUMNS, ([_row(**row)[name] for name in COLUMNS] for row in rows))


def record_apart(act, **row):
    """An event that stays although the request is rolled back, such as a denial or a failed sign-in."""
    with transaction.atomic(durable=False):
        return record(act, **row)


def _row(act, *, subject, at, by=None, detail=None):
    subject_type, subject_id = subject
    return {
        "act": act,
        "subject_type": subject_type,
        "subject_id": str(subject_id),
        "at": at,
        "actor_id": by.person_id if by else None,
        "acting_for": by.organisation.code if by else "",
        "detail": detail or {},
    }
