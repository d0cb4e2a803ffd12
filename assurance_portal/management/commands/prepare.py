"""Brings the database up to date: tables, cache, and a login for web and workers that does not own the tables."""

import os
import sys
from contextlib import closing, contextmanager
from urllib.parse import unquote, urlsplit

import psycopg2
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from psycopg2 import sql

from assurance_portal import command_line
from assurance_portal.launcher.logins import web_address

OLDEST_POSTGRESQL = 15
LOCK = 0x706F7274616C  # two preparations at once would collide; any number that nobody else locks
APP_ROLE = "portal_app"  # made by a migration of the journal


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--then", nargs="...", metavar="COMMAND", help="afterwards run this management command")

    def handle(self, *, then, verbosity, **options):
        if settings.DATABASE_ROLE:
            raise CommandError("Unset DATABASE_ROLE: the database is prepared by its owner.", returncode=2)
        try:
            self._refuse_old_postgresql()
            with _nobody_else():
                self._make_tables(verbosity)
                self._make_login()
        except Error as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"The database cannot be prepared: {reason}", returncode=2) from error
        if then is not None:
            command_line.execute(["manage.py", *then])

    def _refuse_old_postgresql(self):
        connection.ensure_connection()
        if connection.connection.server_version < OLDEST_POSTGRESQL * 10_000:
            raise CommandError(f"The portal needs PostgreSQL {OLDEST_POSTGRESQL} or later.", returncode=2)

    def _make_tables(self, verbosity):
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, skip_checks=True, verbosity=verbosity, stdout=sys.stderr)
        call_command("createcachetable", verbosity=0)

    def _make_login(self):
        """The login may do what APP_ROLE may, once it takes that role, and nothing else."""
        parts = urlsplit(web_address())
        login, password = unquote(parts.username or ""), unquote(parts.password or "")
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [login])
            if not cursor.rowcount:
                cursor.execute(_with_names("CREATE ROLE {} LOGIN PASSWORD %s", login), [password or None])
                print(f"Created the database login {login} for web and workers.", file=sys.stderr)
            elif "DATABASE_APP_URL" not in os.environ and not _opens(web_address()):
                cursor.execute(_with_names("ALTER ROLE {} LOGIN PASSWORD %s", login), [password])
                print(f"Gave the database login {login} a new password.", file=sys.stderr)
            cursor.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [login, APP_ROLE])
            if not cursor.fetchone()[0]:
                cursor.execute(_with_names("GRANT {} TO {}", APP_ROLE, login))


@contextmanager
def _nobody_else():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _with_names(statement, *names):
    return sql.SQL(statement).format(*map(sql.Identifier, names))


def _opens(address):
    try:
        with closing(psycopg2.connect(address)):
            return True
    except psycopg2.OperationalError:
        return False
