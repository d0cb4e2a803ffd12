"""The Celery application. Tasks answer a doorbell; what waits is in the database."""

import os

from celery import Celery
from celery.signals import worker_init

from assurance_portal.privileges import refuse_owner

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance_portal.settings")

app = Celery("assurance_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def start_with_few_rights(**_):
    refuse_owner()
