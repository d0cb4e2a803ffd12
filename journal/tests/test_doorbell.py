"""The doorbell never gets in the way of an act."""

import socket
import time

import pytest
from celery import current_app
from django.db import transaction

from journal import doorbell


@pytest.fixture
def broker_down(monkeypatch):
    """An address at which nothing listens; and no memory of an earlier failure."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
    monkeypatch.setattr(current_app.conf, "broker_write_url", address)
    monkeypatch.setattr(doorbell._state, "silent_until", 0, raising=False)
    return address


def ring_in_a_transaction(callbacks):
    with callbacks(execute=True), transaction.atomic():
        doorbell.ring("returns.check_waiting")


@pytest.mark.django_db
def test_a_broker_that_is_down_is_no_error_and_takes_no_time(broker_down, django_capture_on_commit_callbacks):
    started = time.monotonic()

    ring_in_a_transaction(django_capture_on_commit_callbacks)

    assert time.monotonic() - started < 2
    assert doorbell._state.silent_until > time.monotonic()


@pytest.mark.django_db
def test_after_a_failure_the_bell_is_quiet_for_a_while(broker_down, django_capture_on_commit_callbacks, monkeypatch):
    ring_in_a_transaction(django_capture_on_commit_callbacks)
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: pytest.fail("It rang again."))
    started = time.monotonic()

    for _ in range(100):
        ring_in_a_transaction(django_capture_on_commit_callbacks)

    assert time.monotonic() - started < 1


@pytest.mark.django_db
def test_the_bell_rings_only_when_the_act_is_committed(monkeypatch, django_capture_on_commit_callbacks):
    rung = []
    monkeypatch.setattr(doorbell, "_send", rung.append)

    with django_capture_on_commit_callbacks(execute=True):
        try:
            with transaction.atomic():
                doorbell.ring("returns.check_waiting")
                raise LookupError
        except LookupError:
            pass

    assert rung == []
