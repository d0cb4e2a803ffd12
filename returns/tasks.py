"""What workers do when the doorbell rings: claim what waits, one call each."""

from celery import shared_task
from django.utils import timezone

from returns import checks, exports, mail, proformas, uploads

BATCH = 500


@shared_task(name="returns.check_waiting")
def check_waiting():
    while checks.check_waiting(limit=BATCH, at=timezone.now()):
        pass


@shared_task(name="returns.check_uploads")
def check_uploads():
    while uploads.check_next(at=timezone.now()):
        pass


@shared_task(name="returns.check_proformas")
def check_proformas():
    proformas.check_waiting(at=timezone.now())


@shared_task(name="returns.write_exports")
def write_exports():
    exports.write_waiting(at=timezone.now())


@shared_task(name="journal.send_notices")
def send_notices():
    while mail.send_notices(at=timezone.now()):
        pass
