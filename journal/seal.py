"""The tamper-evident chain over the log: the sealer numbers committed events without gaps and hashes each over the last.

Sealing happens a moment after the act, not inside it, so that acts never wait for one another.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef

from journal.models import Event, EventSeal

SEALER_LOCK = 7_301_001
REACH = 50_000  # how many ids below the newest sealed one are looked at for events that were committed late
START = "0" * 64


@dataclass(frozen=True)
class Verdict:
    """The outcome of a verification. `broken_at` is the number of the first broken link, or None; `reason` says why."""

    sealed: int
    waiting: int
    head: str
    broken_at: int | None = None
    reason: str = ""

    @property
    def is_whole(self):
        return self.broken_at is None


def link(previous, seq, event):
    """The hash of one link: over the hash before, the number, and the event in canonical form (times in UTC)."""
    body = json.dumps(
        [
            seq,
            event.pk,
            event.at.astimezone(UTC).isoformat(timespec="microseconds"),
            event.actor_id,
            event.acting_for,
            event.act,
            event.subject_type,
            event.subject_id,
            event.detail,
        ],
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(previous.encode() + body.encode()).hexdigest()


def seal(*, at, limit=20_000, reach=REACH):
    """Seals what is committed and not sealed yet, in the order of the log; returns how many. One sealer works at a time."""
    with transaction.atomic():
        if not _take_lock():
            return 0
        last = head()
        seq, previous = (last.seq, last.hash) if last else (0, START)
        seals = []
        for event in unsealed(reach)[:limit]:
            seq += 1
            previous = link(previous, seq, event)
            seals.append(EventSeal(seq=seq, event_id=event.pk, hash=previous, sealed_at=at))
        EventSeal.objects.bulk_create(seals, batch_size=2000)
        return len(seals)


def seal_everything(*, at):
    """Seals until nothing waits anywhere in the log; returns how many."""
    total = 0
    while sealed := seal(at=at, reach=None):
        total += sealed
    return total


def _take_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        return cursor.fetchone()[0]


def unsealed(reach=None):
    """The events without a seal, in the order of the log.

    An event may be committed after one with a higher id was sealed, so it is looked for by absence, not by id: in the
    whole log, or, for what is done each second, at most `reach` ids below the newest sealed one.
    """
    seals = EventSeal.objects.filter(event_id=OuterRef("pk"))
    rows = Event.objects.filter(~Exists(seals)).order_by("id")
    newest = EventSeal.objects.aggregate(newest=Max("event_id"))["newest"]
    return rows.filter(id__gt=newest - reach) if reach and newest else rows


def verify(kept=()):
    """Recomputes the chain from its start. Every sealed event must exist and give the hash that was kept, and the chain
    must run through the heads `kept` outside the database: without them a log cut short would pass.
    """
    expected = {item.seq: item for item in kept}
    previous, seq = START, 0
    events = Event.objects.in_bulk
    while rows := list(EventSeal.objects.filter(seq__gt=seq).order_by("seq")[:5000]):
        found = events([row.event_id for row in rows])
        for row in rows:
            if row.seq != seq + 1:
                return _broken(seq + 1, "a link is missing", previous)
            event = found.get(row.event_id)
            if event is None:
                return _broken(row.seq, f"event {row.event_id} is gone", previous)
            if link(previous, row.seq, event) != row.hash:
                return _broken(row.seq, f"event {row.event_id} is not what was sealed", previous)
            if row.seq in expected and row.hash != expected[row.seq].hash:
                return _broken(row.seq, f"it is not the link that was {expected[row.seq]}", previous)
            previous, seq = row.hash, row.seq
    if expected and max(expected) > seq:
        return _broken(seq + 1, f"the log ends before link {max(expected):,}, {expected[max(expected)]}", previous)
    return Verdict(sealed=seq, waiting=unsealed().count(), head=previous)


def _broken(seq, reason, head):
    return Verdict(sealed=seq - 1, waiting=0, head=head, broken_at=seq, reason=reason)


def head():
    """The last seal, or None: its number and hash are what is kept outside the database."""
    return EventSeal.objects.order_by("-seq").first()
