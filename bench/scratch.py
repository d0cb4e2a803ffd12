"""A database of its own for each benchmark, on the same server: made empty, migrated, and dropped afterwards."""

import os
from contextlib import contextmanager

from celery import current_app
from django.core.management import call_command
from django.db import connection


@contextmanager
def scratch_database():
    """While inside, the default connection leads to an empty, migrated database; the portal's data is never touched."""
    kept, name = connection.settings_dict["NAME"], f"bench_{os.getpid()}"
    broker, current_app.conf.broker_url = current_app.conf.broker_url, "memory://"  # no worker is rung for
    _execute(f"CREATE DATABASE {name}")
    try:
        _turn_to(name)
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        call_command("createcachetable", verbosity=0)
        yield
    finally:
        _turn_to(kept)
        _execute(f"DROP DATABASE IF EXISTS {name}")
        current_app.conf.broker_url = broker


def _turn_to(name):
    connection.close()
    connection.settings_dict["NAME"] = name


def _execute(statement):
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)
