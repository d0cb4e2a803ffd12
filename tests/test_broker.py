"""Nothing is lost: the broker stopped or emptied, the worker killed in the middle of a check."""

import os
import socket
import time
from datetime import timedelta

import pytest
from celery import current_app
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import sign_in
from journal import doorbell
from returns import checks, periodic, workflow
from returns.models import Check, Score, Submission, Version
from returns.tests.factories import fill, reload
from tests.live import make_open_world, until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

ORDINARY = 1.5  # seconds; a page under load, with a patience of 0.2 for the broker in it


@pytest.fixture
def world(transactional_db):
    """A return that only waits for its signature."""
    world = make_open_world()
    fill(world.submission, world.lead, timezone.now())
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=timezone.now())
    world.submission = reload(world.submission)
    return world


@pytest.fixture
def broker_down(monkeypatch, tmp_path):
    """A socket that somebody left behind: nothing answers there. And no memory of an earlier failure."""
    dead = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(dead))
    monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis+socket://{dead}")
    monkeypatch.setattr(doorbell._state, "silent_until", 0, raising=False)


@pytest.fixture
def bell_hears_again(monkeypatch):
    monkeypatch.setattr(doorbell._state, "silent_until", 0, raising=False)


def sign(world):
    """Presses the button; returns the answer and how long it took."""
    client = sign_in(Client(), world.signer)
    started = time.monotonic()
    response = client.post(
        reverse("returns:sign_off", args=[world.submission.uuid]), {"content_sha256": world.submission.content_sha256}
    )
    return response, time.monotonic() - started


def the_check():
    return Check.objects.get()


def has_passed():
    return the_check().state == Check.State.PASSED


def assert_done_once(world):
    submission = reload(world.submission)
    assert submission.status == Submission.Status.SUBMITTED
    assert submission.standing_version_id == submission.current_version_id
    assert Version.objects.count() == Score.objects.count() == Check.objects.count() == 1


def test_submitting_while_the_broker_is_down_is_an_ordinary_page_and_the_clock_does_the_check(world, broker_down):
    response, seconds = sign(world)

    assert response.url == reverse("returns:receipt", args=[world.submission.uuid])
    assert seconds < ORDINARY
    assert the_check().state == Check.State.WAITING

    periodic.every_few_seconds(at=timezone.now())
    assert the_check().state == Check.State.WAITING  # still a worker's turn

    periodic.every_few_seconds(at=timezone.now() + timedelta(minutes=1))

    assert_done_once(world)


@pytest.mark.parametrize("name", ["return", "receipt", "check_answers", "history"])
def test_every_page_of_a_return_opens_while_the_broker_is_down(world, broker_down, name):
    sign(world)

    response = sign_in(Client(), world.signer).get(reverse(f"returns:{name}", args=[world.submission.uuid]))

    assert response.status_code == 200


def test_a_worker_hears_the_bell(world, start_worker, bell_hears_again):
    start_worker()

    sign(world)

    until(has_passed, "the check")
    assert_done_once(world)


def test_a_worker_that_is_killed_in_the_middle_of_a_check_loses_nothing(world, start_worker, bell_hears_again):
    sign(world)
    with transaction.atomic():
        Submission.objects.select_for_update().get(pk=world.submission.pk)  # so that the worker stands inside the check
        worker = start_worker()
        until(somebody_waits_for_us, "the worker is inside the check")
        worker.kill()
    left = the_check()
    assert (left.state, left.attempts) == (Check.State.WAITING, 1)
    assert left.lease_until > timezone.now()
    assert Score.objects.count() == 0

    start_worker()
    periodic.every_few_seconds(at=timezone.now())  # the lease still stands, so nobody is rung for
    assert the_check().attempts == 1
    Check.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    periodic.every_few_seconds(at=timezone.now())

    until(has_passed, "another worker")
    assert the_check().attempts == 2
    assert_done_once(world)


def somebody_waits_for_us():
    """Whether another connection stands before a lock that ours holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return cursor.fetchone()[0] > 0


def test_while_a_worker_is_inside_a_check_nobody_else_does_it_however_late_it_is(world, start_worker, bell_hears_again):
    sign(world)
    with transaction.atomic():
        Submission.objects.select_for_update().get(pk=world.submission.pk)
        start_worker()
        until(somebody_waits_for_us, "the worker is inside the check")
        assert checks.check_waiting(limit=10, at=timezone.now() + timedelta(minutes=5)) == 0

    until(has_passed, "the worker")
    assert_done_once(world)


def test_a_broker_that_forgets_the_bell_is_rung_again(world, start_worker, bell_hears_again):
    sign(world)
    with current_app.connection_for_write() as broker:
        assert broker.default_channel.client.llen("celery") > 0
        broker.default_channel.client.flushdb()
    start_worker()

    periodic.every_few_seconds(at=timezone.now())

    until(has_passed, "the check")
    assert_done_once(world)


def test_the_tests_speak_to_a_place_of_their_own_at_the_broker():
    assert os.environ["REDIS_URL"] == current_app.conf.broker_url
