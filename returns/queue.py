"""Work that waits in a table: claimed under a lease, given back when it fails, set aside where people see it.

The database is the queue; the bell only says that there is something to do. A model that waits has `state` (with WAITING
and STUCK), `attempts`, `lease_until` and `error`; where progress is shown also `progress`, `done` and `total`. What is done
with a claimed row its owner says.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from accounts.row_security import as_system
from returns import apart

logger = logging.getLogger(__name__)

ATTEMPTS = 3
PAUSE = timedelta(seconds=10)
TELL_EVERY = 0.5  # seconds
WAITING, STUCK = "WAITING", "STUCK"


class GivenUp(Exception):
    """The work cannot succeed however often it is tried; the message is a sentence."""


@dataclass(frozen=True)
class Queue:
    """The rows of `model` that wait, the oldest by `order` first.

    `reason` is what workers say to row-level security. A row is theirs for `lease`. `begins` are fields as they are while
    somebody works on it, and `rests` as they are otherwise. `on_stuck(row, at)` tells people of a row that was set aside.
    """

    model: type
    reason: str
    lease: timedelta
    order: str = "pk"
    begins: Mapping = field(default_factory=dict)
    rests: Mapping = field(default_factory=dict)
    on_stuck: Callable = lambda row, at: None

    def waiting(self, at):
        """What waits and nobody is working on."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
        return self.model.objects.filter(free, state=WAITING)

    def are_waiting(self, *, at):
        return self.waiting(at).exists()

    def work(self, do, *, at):
        """Does `do(row, at)` with one row after another; returns how many it was tried with."""
        begun, tried = time.monotonic(), 0
        while self.work_next(do, at=at + timedelta(seconds=int(time.monotonic() - begun))):
            tried += 1
        return tried

    def work_next(self, do, *, at):
        """Does it with the row that has waited longest; returns whether there was one."""
        with as_system(self.reason):
            row = self.claim(at)
            if row is None:
                return False
            try:
                do(row, at)
            except GivenUp as end:
                self.set_aside(row, str(end), at)
            except apart.Overran as end:
                self.give_back(row, str(end), at)
            except Exception as problem:
                logger.exception("%s could not be done.", row)
                self.give_back(row, f"Something happened that nobody foresaw ({type(problem).__name__}).", at)
            return True

    @transaction.atomic
    def claim(self, at):
        """A row under a lease that is committed, with the attempt counted, before the work; None where nothing waits.

        A row that its workers did not come back from is set aside.
        """
        rows = self.waiting(at).order_by(self.order).select_for_update(skip_locked=True, of=("self",))
        for tired in rows.filter(attempts__gte=ATTEMPTS):
            self.set_aside(tired, tired.error, at)
        row = rows.filter(attempts__lt=ATTEMPTS).first()
        if row is not None:
            row.attempts, row.lease_until = row.attempts + 1, at + self.lease
            for name, value in self.begins.items():
                setattr(row, name, value)
            row.save(update_fields=["attempts", "lease_until", *self.begins])
        return row

    def ours(self, row):
        """The row as long as its lease is ours: a worker whose lease went to another one writes nothing."""
        return self.model.objects.filter(pk=row.pk, state=WAITING, lease_until=row.lease_until)

    def locked(self, row, *related):
        """The row, locked, with what it refers to; None where the lease is no longer ours. Within a transaction."""
        rows = self.ours(row).select_related(*related) if related else self.ours(row)
        return rows.select_for_update(no_key=True, of=("self",)).first()

    @transaction.atomic
    def say(self, row, progress, done=0, total=None):
        """What is being done, for the page. Seen once it is committed, so it is said between the steps of the work."""
        self.ours(row).update(progress=progress, done=done, total=total)

    def teller(self, row, progress):
        """A function of (done, total) that says how far the work is, twice a second at most."""
        last = 0

        def tell(done, total):
            nonlocal last
            now = time.monotonic()
            if now - last >= TELL_EVERY:
                self.say(row, progress, done, total)
                last = now

        return tell

    @transaction.atomic
    def give_back(self, row, error, at):
        """After the last attempt people must see it; before, it may go better in a while."""
        if row.attempts < ATTEMPTS:
            self.ours(row).update(error=error, lease_until=at + PAUSE, **self.rests)
        else:
            self.set_aside(row, error, at)

    @transaction.atomic
    def set_aside(self, row, error, at):
        if self.ours(row).update(error=error, state=STUCK, lease_until=None, **self.rests):
            self.on_stuck(row, at)

    def retry(self, row):
        """Puts a stuck row back; returns whether it was stuck."""
        back = self.model.objects.filter(pk=row.pk, state=STUCK)
        return bool(back.update(state=WAITING, attempts=0, error="", lease_until=None, **self.rests))
