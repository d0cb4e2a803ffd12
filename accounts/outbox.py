"""Mails about signing in: written down encrypted by the request, sent by a worker. A mail server that is slow or down delays
no page, and the time an answer takes tells nobody whether there is such a person.
"""

import json
import logging
from datetime import timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q

from accounts.keys import keys_for
from accounts.models import WaitingMail
from journal import doorbell

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
WORTH_SENDING = timedelta(hours=1)  # a link in it may have run out; people ask again
_PURPOSE = "accounts.outbox"


def post(message, *, at):
    """Writes a message (an EmailMessage) down in the transaction of the request, and rings for a worker."""
    text = json.dumps([message.subject, message.body, message.from_email, message.to])
    WaitingMail.objects.create(sealed=keys_for(_PURPOSE).encrypt(text.encode()), asked_at=at)
    doorbell.ring("accounts.send_mail")


def send_waiting(*, at, limit=50):
    """Sends what waits, each under a lease, and forgets it; what could not be sent for an hour is given up. Returns how many
    were sent. A worker that dies between sending and committing sends once more.
    """
    given_up, _ = WaitingMail.objects.filter(asked_at__lt=at - WORTH_SENDING).delete()
    if given_up:
        logger.error("%s mails about signing in could not be sent for an hour and were given up.", given_up)
    return sum(_send(row) for row in _claim(at, limit))


def _claim(at, limit):
    with transaction.atomic():
        free = WaitingMail.objects.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=at)).order_by("id")
        ids = list(free.select_for_update(skip_locked=True).values_list("id", flat=True)[:limit])
        WaitingMail.objects.filter(pk__in=ids).update(attempts=F("attempts") + 1, lease_until=at + LEASE)
    return WaitingMail.objects.filter(pk__in=ids).order_by("id")


def _send(row):
    try:
        subject, body, sender, recipients = json.loads(keys_for(_PURPOSE).decrypt(bytes(row.sealed)))
        EmailMessage(subject, body, sender, recipients).send()
    except Exception:
        logger.exception("A mail about signing in could not be sent at attempt %s.", row.attempts)
        return 0
    row.delete()
    return 1
