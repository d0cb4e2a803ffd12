"""Telling people: once per cause and person, in the mailbox at once and by e-mail from a worker."""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q

from journal import doorbell
from journal.models import Notice

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
ATTEMPTS = 3


@dataclass(frozen=True)
class Telling:
    """What to tell the memberships in `recipients`, once for this cause. No figures in subject or body: the link leads
    to them."""

    cause: str
    recipients: frozenset
    subject: str
    link: str
    body: str = ""


def tell(tellings, *, at):
    """Writes the notices, in the transaction of the act, and rings for a worker to send them."""
    notices = [
        Notice(
            dedupe_key=telling.cause,
            person_id=recipient.person_id,
            membership_id=recipient.pk,
            subject=telling.subject,
            body=telling.body,
            link=telling.link,
            created_at=at,
        )
        for telling in tellings
        for recipient in telling.recipients
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=1000)
    if notices:
        doorbell.ring("journal.send_notices")


def claim_waiting(*, limit, at):
    """Takes notices to send under a lease; the attempt is counted before the work, so a poisoned one stops after three."""
    with transaction.atomic():
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
        rows = (
            Notice.objects.filter(free, state=Notice.State.WAITING)
            .order_by("id")
            .select_for_update(skip_locked=True)[:limit]
        )
        ids = [notice.pk for notice in rows if notice.attempts < ATTEMPTS]
        exhausted = [notice.pk for notice in rows if notice.attempts >= ATTEMPTS]
        Notice.objects.filter(pk__in=exhausted).update(state=Notice.State.STUCK, lease_until=None)
        Notice.objects.filter(pk__in=ids).update(attempts=F("attempts") + 1, lease_until=at + LEASE)
    return list(Notice.objects.filter(pk__in=ids).order_by("id"))


def send_waiting(*, deliver, may_still_know, at, limit=200):
    """Sends what waits, one e-mail for each person: `deliver(person_id, notices)` sends it, and `may_still_know(notice)`
    asks the rights again. A worker that dies between sending and committing sends once more.
    """
    by_person = defaultdict(list)
    for notice in claim_waiting(limit=limit, at=at):
        if may_still_know(notice):
            by_person[notice.person_id].append(notice)
        else:
            Notice.objects.filter(pk=notice.pk).update(state=Notice.State.DROPPED, lease_until=None)
    return sum(_send_to(person_id, notices, deliver, at) for person_id, notices in by_person.items())


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
