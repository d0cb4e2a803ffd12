"""The services every test session shares, and the browser."""

import fcntl
import os
import re
from pathlib import Path

import django
import pytest
from celery import current_app
from django.conf import settings
from django.db import connection

from assurance_portal import launcher
from assurance_portal.launcher import keeper

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _free_place():
    """A number no other session holds: two sessions at once get a database and a queue each."""
    for number in range(16):
        try:
            keeper.lock(launcher.VAR / "test" / f"session-{number}.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return number
    pytest.exit("Sixteen test sessions are running already.")


# The services come before the settings are read, which is why pytest.ini names no settings module.
os.environ |= launcher.attach("test")
PLACE = _free_place()
os.environ["REDIS_URL"] = re.sub(r"virtual_host=\d+", f"virtual_host={PLACE}", os.environ["REDIS_URL"])
os.environ["DJANGO_SETTINGS_MODULE"] = "assurance_portal.settings"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright runs its loop in the thread of the test

# The toy return types: the lines of settings that any return type takes.
settings.INSTALLED_APPS.append("returns.tests.toy.apps.ToyConfig")
settings.RETURN_TYPES += ["returns.tests.toy.return_type.TOY", "returns.tests.toy.parts.PARTS"]
django.setup()


def pytest_xdist_setupnodes():
    """A process that runs a share of the tests reads the settings as this one did: after it has found its place."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings():
    if PLACE:
        connection.settings_dict["TEST"]["NAME"] = f"test_portal_{PLACE}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """A page that a browser held open to the last has a connection, which would keep the database from being dropped."""
    yield
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"{others} AND pid <> pg_backend_pid() AND backend_type = 'client backend'")


@pytest.fixture(autouse=True)
def files_of_this_test(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    found = {"executable_path": CHROMIUM} if CHROMIUM.exists() else {}
    return {**browser_type_launch_args, "args": CHROMIUM_FLAGS, **found}


@pytest.fixture
def start_worker(transactional_db, files_of_this_test, settings):
    """Starts real workers, which end with the test; the bell of an earlier test does not ring for them."""
    from tests.live import Worker

    forget_rings()
    started = []

    def start():
        started.append(Worker(settings.MEDIA_ROOT))
        return started[-1]

    yield start
    for worker in started:
        worker.stop()
    forget_rings()


def forget_rings():
    """Empties this session's place at the broker."""
    with current_app.connection_for_write() as broker:
        broker.default_channel.client.flushdb()


@pytest.fixture
def web_with_few_rights(live_server):
    """The pages of the live server act by the role that production gives them; the tests stay the owner."""
    connection.ensure_connection()
    options = connection.settings_dict["OPTIONS"]
    before = dict(options)
    options["options"] = "-c role=portal_app"
    yield live_server
    options.clear()
    options.update(before)


@pytest.fixture
def desk(browser, web_with_few_rights):
    """Seats people at browsers of their own: `desk(seat)`. No browser may have complained of a page."""
    from tests.live import Desk

    desks = []

    def seat(who=None, **options):
        desks.append(Desk(browser, web_with_few_rights.url, who, **options))
        return desks[-1]

    yield seat
    for one in desks:
        one.context.close()
    assert [complaint for one in desks for complaint in one.complaints] == []
