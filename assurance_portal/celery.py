"""The Celery application. Tasks answer a doorbell; what waits is in the database."""

import gc
import os

from celery import Celery
from celery.signals import worker_init, worker_process_init

from assurance_portal.privileges import refuse_owner

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance_portal.settings")

app = Celery("assurance_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def start_with_few_rights(**_):
    refuse_owner()


@worker_process_init.connect
def leave_what_stays_out_of_collections(**_):
    """A batch makes many short-lived objects; looking through the whole of Django for garbage each time costs a tenth."""
    gc.freeze()
