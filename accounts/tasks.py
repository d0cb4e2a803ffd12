"""What workers do when the bell rings."""

from celery import shared_task
from django.utils import timezone

from accounts import invitations, outbox


@shared_task(name="accounts.send_invitations")
def send_invitations():
    invitations.send_waiting(at=timezone.now())


@shared_task(name="accounts.send_mail")
def send_mail():
    while outbox.send_waiting(at=timezone.now()):
        pass
