"""Telling people: once per cause and person, in the mailbox at once, and by e-mail from a worker as each has chosen."""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import F, Q

from journal import doorbell
from journal.models import Notice, NoticeChoice

logger = logging.getLogger(__name__)

Way = NoticeChoice.Way
LEASE = timedelta(minutes=2)
ATTEMPTS = 3


@dataclass(frozen=True)
class Telling:
    """What to tell the memberships in `recipients`, once for this cause. No figures in subject or body: the link leads
    to them. `always_mailed` is for what a person must not overlook, whatever they chose, such as who may sign in.
    """

    cause: str
    recipients: frozenset
    subject: str
    link: str
    body: str = ""
    always_mailed: bool = False


def tell(tellings, *, at):
    """Writes the notices, in the transaction of the act, and rings for a worker to send those that go at once."""
    tellings = list(tellings)
    people = {recipient.person_id for telling in tellings for recipient in telling.recipients}
    ways = dict(NoticeChoice.objects.filter(person_id__in=people).values_list("person_id", "way")) if people else {}
    rows = [
        _row(telling, recipient, Way.AT_ONCE if telling.always_mailed else ways.get(recipient.person_id))
        for telling in tellings
        for recipient in telling.recipients
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(TELL_ONCE, [at, *map(list, zip(*rows, strict=True))])
    if any(row.state == Notice.State.WAITING and not row.in_digest for row in rows):
        _ring()


class _Row(NamedTuple):
    """A notice's columns, in the order of TELL_ONCE."""

    dedupe_key: str
    person_id: int
    membership_id: int
    subject: str
    body: str
    link: str
    is_always_mailed: bool
    in_digest: bool
    state: str


# COPY knows no ON CONFLICT; a list for each column costs little more, however many are told
TELL_ONCE = f"""
INSERT INTO journal_notice (created_at, attempts, {", ".join(_Row._fields)})
SELECT %s, 0, told.* FROM unnest(
    %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::boolean[], %s::text[]
) AS told
ON CONFLICT DO NOTHING
"""


def _row(telling, recipient, way):
    return _Row(
        dedupe_key=telling.cause,
        person_id=recipient.person_id,
        membership_id=recipient.pk,
        subject=telling.subject,
        body=telling.body,
        link=telling.link,
        is_always_mailed=telling.always_mailed,
        in_digest=way == Way.DAILY,
        state=Notice.State.KEPT if way == Way.PORTAL else Notice.State.WAITING,
    )


def _ring():
    doorbell.ring("journal.send_notices")


# How a person wants to hear


def way_of(person_id):
    """How this person hears of things: as they chose, else at once."""
    return Way(NoticeChoice.objects.filter(pk=person_id).values_list("way", flat=True).first() or Way.AT_ONCE)


@transaction.atomic
def choose(person_id, way, *, at):
    """From now on this person hears in this way; what waits for them already follows."""
    NoticeChoice.objects.update_or_create(person_id=person_id, defaults={"way": way, "chosen_at": at})
    waiting = Notice.objects.filter(person_id=person_id, state=Notice.State.WAITING, is_always_mailed=False)
    if way == Way.PORTAL:
        waiting.update(state=Notice.State.KEPT, in_digest=False, lease_until=None)
    else:
        waiting.update(in_digest=way == Way.DAILY)
        _ring()


# What a worker does


def claim_waiting(*, limit, at, digested_before):
    """Takes notices to send under a lease: `limit` of those that go at once, and all that wait for the summaries of as
    many people as were told something before `digested_before`. The attempt is counted before the work, so that a
    poisoned one stops after three.
    """
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
    waiting = Notice.objects.filter(free, state=Notice.State.WAITING)
    with transaction.atomic():
        in_digest = waiting.filter(in_digest=True, created_at__lt=digested_before)
        people = in_digest.order_by("person_id").values_list("person_id", flat=True).distinct()[:limit]
        rows = [
            *waiting.filter(in_digest=False).order_by("id").select_for_update(skip_locked=True)[:limit],
            *in_digest.filter(person_id__in=list(people)).order_by("id").select_for_update(skip_locked=True),
        ]
        ids = [notice.pk for notice in rows if notice.attempts < ATTEMPTS]
        exhausted = [notice.pk for notice in rows if notice.attempts >= ATTEMPTS]
        Notice.objects.filter(pk__in=exhausted).update(state=Notice.State.STUCK, lease_until=None)
        Notice.objects.filter(pk__in=ids).update(attempts=F("attempts") + 1, lease_until=at + LEASE)
    return list(Notice.objects.filter(pk__in=ids).order_by("id"))


def send_waiting(*, deliver, may_still_know, at, digested_before, limit=200):
    """Sends what waits, one e-mail for each person: `deliver(person_id, notices)` sends it, and `may_still_know(notices)`
    asks the rights of all of them again and returns those that may be sent. Returns how many went out. A worker that
    dies between sending and committing sends once more.
    """
    claimed = claim_waiting(limit=limit, at=at, digested_before=digested_before)
    allowed = may_still_know(claimed) if claimed else []
    lost = {notice.pk for notice in claimed} - {notice.pk for notice in allowed}
    Notice.objects.filter(pk__in=lost).update(state=Notice.State.DROPPED, lease_until=None)
    batches = defaultdict(list)
    for notice in allowed:
        batches[notice.person_id, notice.in_digest].append(notice)
    return sum(_send_to(person_id, notices, deliver, at) for (person_id, _), notices in batches.items())


def _send_to(person_id, notices, deliver, at):
    """Sends one person's notices; what could not be sent is tried again when its lease has run out."""
    try:
        deliver(person_id, notices)
    except Exception:
        logger.exception("The mail to person %s could not be sent.", person_id)
        return 0
    return Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(
        state=Notice.State.SENT, sent_at=at, lease_until=None
    )
