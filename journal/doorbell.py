"""The doorbell: tells the workers that something waits. It may be lost; a sweep finds what nobody rang for."""

import logging
import threading
import time

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

PATIENCE = 0.2
QUIET_AFTER_FAILURE = 5.0
_state = threading.local()


def ring(task):
    """Sends the task by name after the transaction commits. Never raises, never waits long, never tries twice."""
    transaction.on_commit(lambda: _send(task), robust=True)


def _send(task):
    if getattr(_state, "silent_until", 0) > time.monotonic():
        return
    try:
        with current_app.connection_for_write(
            transport_options={"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "max_retries": 0},
            connect_timeout=PATIENCE,
        ) as connection:
            current_app.send_task(task, connection=connection, retry=False, ignore_result=True)
    except Exception:
        _state.silent_until = time.monotonic() + QUIET_AFTER_FAILURE
        logger.warning("The broker did not hear %s; the sweep will find what waits.", task)
