"""Starts or joins the portal's own PostgreSQL and Valkey, for laptops and tests.

A keeper process holds each service (see keeper.py). Whoever uses one holds a shared lock on its folder; when the last
lock is gone, however its holder ended, the keeper stops the service.
"""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

from assurance_portal.launcher import keeper
from assurance_portal.launcher.keeper import CannotStart

VAR = Path(__file__).resolve().parent.parent.parent / "var"
PATIENCE_SECONDS = 120  # a large database may have to recover from a crash first

_held = []  # locks, as open files that nothing closes before the process ends


def attach(name, var=VAR):
    """Addresses of the services called `name`, "portal" or "test", which then run at least as long as this process.

    Returns DATABASE_URL (the owner's login), DATABASE_APP_URL (the login of web and workers) and REDIS_URL. What the
    environment already names is left alone: nothing is started for it, and DATABASE_APP_URL may then be missing.
    Raises CannotStart with a sentence for the person at the keyboard.
    """
    addresses = {key: os.environ[key] for key in ("DATABASE_URL", "DATABASE_APP_URL", "REDIS_URL") if key in os.environ}
    services = []
    if "DATABASE_URL" not in addresses:
        services.append(keeper.Postgres(var / name / "postgres", safe=name != "test"))
    if "REDIS_URL" not in addresses:
        services.append(keeper.Valkey(var / name / "valkey"))
    for service in services:
        _join(service)
        addresses |= service.addresses()
    return addresses


def _join(service):
    try:
        service.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _held.append(keeper.lock(service.folder / "users.lock", fcntl.LOCK_SH))  # waits while a keeper is leaving
        starting = keeper.lock(service.folder / "start.lock", fcntl.LOCK_EX)
    except PermissionError as error:
        raise CannotStart(f"{service.folder} belongs to another user. Run as that user, or remove it.") from error
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not service.answers():
            if not _has_keeper(service):
                _start_keeper(service)
            if time.monotonic() > deadline:
                raise CannotStart(f"{service.title} does not answer. Its log is {service.folder / 'log'}.")
            time.sleep(0.02)
    finally:
        os.close(starting)


def _has_keeper(service):
    try:
        os.close(keeper.lock(service.folder / "keeper.lock", fcntl.LOCK_EX | fcntl.LOCK_NB))
    except BlockingIOError:
        return True
    return False


def _start_keeper(service):
    """Returns when a keeper holds its lock; it has left our session, and has none of our open files."""
    with keeper.open_log(service.folder) as log:
        done = subprocess.run(
            [sys.executable, "-I", keeper.__file__, *service.arguments()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    if done.returncode:
        last = (service.folder / "log").read_text(errors="replace").strip().splitlines()[-1:]
        raise CannotStart(f"{service.title} could not be started: {' '.join(last)} (log: {service.folder / 'log'})")
