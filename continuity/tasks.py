"""What workers do when the bell rings."""

from celery import shared_task
from django.utils import timezone

from continuity import extracts


@shared_task(name=extracts.TASK)
def read_extracts():
    extracts.read_waiting(at=timezone.now())
