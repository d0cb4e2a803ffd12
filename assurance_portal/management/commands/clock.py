"""Keeps time for the portal: seals the log each second, looks for work that nobody rang for. One or many may run."""

import logging
import signal
import threading
import time

from django.core.management import BaseCommand
from django.db import close_old_connections, connection
from django.utils import timezone

from assurance_portal.privileges import refuse_owner
from journal import heads
from returns import periodic

logger = logging.getLogger(__name__)


# What to do, and how many seconds lie between two times
WORK = (
    (periodic.each_second, 1),
    (periodic.every_few_seconds, 3),
    (periodic.each_minute, 60),
    (periodic.each_hour, 60 * 60),
    (heads.keep, 60 * 60),
)


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="do everything once and end")

    def handle(self, *, once, **options):
        refuse_owner()
        if once:
            for work, _ in WORK:
                work(at=timezone.now())
            return
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        run(WORK, stopping)


def run(work, stopping):
    """Does each piece of work when its time has come, until told to stop. What fails is logged and tried again."""
    due = {}
    while not stopping.is_set():
        for piece, every in work:
            if time.monotonic() >= due.get(piece, 0) and not stopping.is_set():
                due[piece] = time.monotonic() + every
                attempt(piece)
        stopping.wait(0.5)


def attempt(piece):
    """The database may be restarting: a broken connection is closed, and the next time opens a new one."""
    close_old_connections()
    try:
        piece(at=timezone.now())
    except Exception:
        logger.exception("%s failed and is tried again.", piece.__name__)
        connection.close()
