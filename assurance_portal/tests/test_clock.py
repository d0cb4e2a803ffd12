"""The clock goes on whatever happens, and production refuses a login that could rewrite the log."""

import signal
import threading
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection

from assurance_portal.management.commands import clock
from assurance_portal.privileges import Login, objections, present_logins
from journal import events
from journal.models import Event, EventSeal

NOW = datetime(2025, 10, 6, 9, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_the_clock_once_seals_and_keeps_the_head(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    events.record("tested", subject=("thing", 1), at=NOW)

    call_command("clock", "--once")

    assert EventSeal.objects.count() == Event.objects.count()
    assert len(list((tmp_path / "seals").glob("*/*.json"))) == 1


@pytest.mark.django_db
def test_the_clock_goes_on_when_something_fails_and_stops_when_told(caplog):
    stopping, times = threading.Event(), []

    def breaks(*, at):
        raise ConnectionError

    def works(*, at):
        times.append(at)
        if len(times) == 2:
            stopping.set()

    clock.run([(breaks, 1), (works, 0)], stopping)

    assert len(times) == 2
    assert "breaks failed and is tried again." in caplog.text


def test_the_clock_stops_at_a_signal(monkeypatch):
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(clock, "run", lambda work, stopping: signal.raise_signal(signal.SIGTERM) or stopping.wait(5))
    try:
        call_command("clock")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.parametrize(
    ("login", "reason"),
    [
        (Login("postgres", passes_every_policy=True), "superuser"),
        (Login("portal", owns_tables=True), "owns the portal's tables"),
        (Login("portal", owns_database=True), "owns the portal's tables or database"),
    ],
)
def test_a_mighty_login_is_refused(login, reason):
    (sentence,) = objections([Login("portal_app"), login])

    assert sentence.startswith(login.name)
    assert reason in sentence


def test_a_login_with_few_rights_is_not_refused():
    assert list(objections([Login("portal_app"), Login("portal_web")])) == []


@pytest.mark.django_db
def test_the_owner_is_found_out_behind_the_role_it_takes():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_app")
        found = {login.name: login for login in present_logins()}
        cursor.execute("RESET ROLE")

    assert list(objections([found["portal_app"]])) == []
    assert len(list(objections(found.values()))) == 1
