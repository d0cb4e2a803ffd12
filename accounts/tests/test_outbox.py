"""Mails about signing in wait encrypted for a worker; no page waits for a mail server."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone

from accounts import outbox
from accounts.models import WaitingMail
from accounts.tests.factories import make_seat
from returns import periodic

pytestmark = pytest.mark.django_db


def post(at=None):
    outbox.post(EmailMessage("Reset", "a secret link", None, ["ada@trust.example"]), at=at or timezone.now())


def test_a_reset_mail_is_written_down_by_the_request_and_sent_by_the_worker(client, mailoutbox):
    person = make_seat("PREVENT_EDITOR").person
    person.emailaddress_set.create(email=person.email, verified=True, primary=True)

    client.post(reverse("account_reset_password"), {"email": person.email})

    assert mailoutbox == []
    outbox.send_waiting(at=timezone.now())
    [sent] = mailoutbox
    assert sent.to == [person.email] and "/password/reset/" in sent.body
    assert not WaitingMail.objects.exists()


def test_what_waits_cannot_be_read():
    post()

    assert b"secret" not in bytes(WaitingMail.objects.get().sealed)


def test_a_mail_server_that_is_down_delays_and_loses_nothing(settings, mailoutbox):
    now = timezone.now()
    post(now)
    settings.EMAIL_BACKEND = "nowhere.Backend"

    assert outbox.send_waiting(at=now) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert outbox.send_waiting(at=now + timedelta(seconds=1)) == 0  # somebody has it under a lease
    periodic.each_minute(at=now + outbox.LEASE + timedelta(seconds=1))

    assert len(mailoutbox) == 1


def test_after_an_hour_it_is_given_up():
    post(timezone.now() - timedelta(minutes=61))

    assert outbox.send_waiting(at=timezone.now()) == 0
    assert not WaitingMail.objects.exists()
