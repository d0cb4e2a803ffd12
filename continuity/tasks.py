"""What workers do when the bell rings."""

from celery import shared_task
from django.utils import timezone

from continuity import analyses, extracts, sheet_uploads


@shared_task(name=extracts.TASK)
def read_extracts():
    extracts.read_waiting(at=timezone.now())


@shared_task(name=sheet_uploads.TASK)
def read_workbooks():
    sheet_uploads.read_waiting(at=timezone.now())


@shared_task(name=analyses.TASK)
def count_figures():
    analyses.count_waiting(at=timezone.now())
