"""What the clock does, by itself: seals the log, looks for work that nobody rang for. A dead broker cannot stop it."""

from accounts import invitations
from journal import doorbell, seal
from returns import checks, exports, mail


def each_second(*, at):
    """Seals what was committed since the last second."""
    return seal.seal(at=at)


def every_few_seconds(*, at):
    """Rings for what waits, and does what nobody came for."""
    if checks.are_waiting(at=at):
        doorbell.ring("returns.check_waiting")
    if checks.are_waiting(at=at, since=at - checks.LATE):
        checks.check_waiting(limit=50, at=at)


def each_minute(*, at):
    """Sends mail and writes exports that a lost ring left behind."""
    mail.send_notices(at=at)
    invitations.send_waiting(at=at)
    exports.write_waiting(at=at)
