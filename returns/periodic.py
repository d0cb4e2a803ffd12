"""What the clock does, by itself: seals the log, looks for work that nobody rang for. A dead broker cannot stop it."""

import logging

from accounts import invitations, kept, outbox
from journal import doorbell, seal
from returns import actions, checks, escalations, exports, handing_over, mail, proformas, queries, reminders, uploads
from returns.registry import beside

logger = logging.getLogger(__name__)


def each_second(*, at):
    """Seals what was committed since the last second."""
    return seal.seal(at=at)


def every_few_seconds(*, at):
    """Rings for what waits, and does what nobody came for."""
    if checks.are_waiting(at=at):
        doorbell.ring("returns.check_waiting")
    if checks.are_waiting(at=at, since=at - checks.LATE):
        checks.check_waiting(limit=50, at=at)
    if uploads.QUEUE.are_waiting(at=at):
        uploads.ring()


def each_minute(*, at):
    """Seals what was committed very late; reminds, does the chores of the return types, sends what a lost ring left behind."""
    seal.seal_everything(at=at)
    for work in (
        reminders.send_due,
        mail.send_notices,
        invitations.send_waiting,
        outbox.send_waiting,
        exports.write_waiting,
        uploads.check_waiting,
        uploads.expire,
        kept.purge,
        proformas.check_waiting,
        queries.chase_overdue,
        *beside("chores"),
    ):
        try:
            work(at=at)
        except Exception:
            logger.exception("%s could not be done; the next minute tries again.", work.__name__)


def each_hour(*, at):
    """Hands over what a closed commissioner left, escalates what has to be escalated, and marks actions that are overdue;
    safe to repeat.
    """
    handing_over.hand_over(at=at)
    escalations.run_clock(at=at)
    actions.mark_overdue(at=at)
