"""The Celery application. Tasks answer a doorbell; what waits is in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance_portal.settings")

app = Celery("assurance_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
