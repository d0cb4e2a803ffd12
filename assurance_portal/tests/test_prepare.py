"""Preparing a database: once, again, and where it is not allowed."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from assurance_portal.launcher import logins
from assurance_portal.management.commands import prepare

pytestmark = pytest.mark.django_db


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """A database that was given by its owner's address alone."""
    monkeypatch.delenv("DATABASE_APP_URL", raising=False)
    monkeypatch.setattr(logins, "VAR", tmp_path)
    monkeypatch.setattr(logins, "WEB_LOGIN", "a_login_of_this_test")
    return tmp_path


def test_web_may_take_the_role_of_the_portal_and_owns_nothing():
    call_command("prepare")

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role('portal_web', 'portal_app', 'MEMBER')")
        assert cursor.fetchone() == (True,)
        cursor.execute("SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'portal_web'")
        assert cursor.fetchone() == (False, False, False)


def test_a_second_time_says_nothing(capfd):
    call_command("prepare")
    capfd.readouterr()

    call_command("prepare")

    assert capfd.readouterr() == ("", "")


def test_a_login_is_made_where_only_the_owner_is_given(elsewhere, capfd):
    call_command("prepare")

    assert "Created the database login a_login_of_this_test" in capfd.readouterr().err
    assert (elsewhere / "web_login_password").stat().st_mode & 0o077 == 0
    assert logins.web_address().startswith("postgresql://a_login_of_this_test:")


def test_what_follows_is_handed_on_with_its_options(monkeypatch):
    handed_on = []
    monkeypatch.setattr(prepare.command_line, "execute", handed_on.append)

    call_command("prepare", "--then", "check_return", "prevent", "--json")

    assert handed_on == [["manage.py", "check_return", "prevent", "--json"]]


def test_the_role_of_web_cannot_prepare(settings):
    settings.DATABASE_ROLE = "portal_app"

    with pytest.raises(CommandError, match="prepared by its owner") as refused:
        call_command("prepare")
    assert refused.value.returncode == 2


def test_an_old_postgresql_is_refused(monkeypatch):
    monkeypatch.setattr(prepare, "OLDEST_POSTGRESQL", 99)

    with pytest.raises(CommandError, match="needs PostgreSQL 99 or later"):
        call_command("prepare")


def test_a_login_without_the_right_is_told_so(elsewhere):
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE somebody; GRANT somebody TO CURRENT_USER; SET ROLE somebody")

    with pytest.raises(CommandError, match="cannot be prepared") as refused:
        call_command("prepare")
    assert refused.value.returncode == 2
