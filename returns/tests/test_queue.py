"""What every queue promises, shown on exports: one holder at a time, a lost lease writes nothing, three attempts, a retry."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.tests.factories import make_seat
from returns import apart, exports, queue
from returns.models import Export
from returns.queue import ATTEMPTS, PAUSE, GivenUp, Queue
from returns.tests.factories import IN_THE_WINDOW as AT
from returns.tests.factories import make_period

pytestmark = pytest.mark.django_db
State = Export.State
LEASE = timedelta(minutes=5)
AFTER_THE_LEASE = AT + LEASE + timedelta(seconds=1)


@pytest.fixture
def stuck():
    """The rows of which people were told that they are stuck."""
    return []


@pytest.fixture
def waiting_room(stuck):
    return Queue(Export, "test", LEASE, rests={"manifest": None}, on_stuck=lambda row, at: stuck.append(row.pk))


def make_rows(number):
    period, by = make_period(), make_seat("NATIONAL_ADMINISTRATOR")
    return [exports.Export.objects.create(period=period, asked_by=by, asked_at=AT) for _ in range(number)]


def fails(row, at):
    return 1 / 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_hold_the_same_row(waiting_room):
    one, other = make_rows(2)

    def claim_elsewhere():
        try:
            return waiting_room.claim(AT)
        finally:
            connection.close()

    with transaction.atomic():  # the first worker has looked, and not committed yet
        assert waiting_room.claim(AT) == one
        with ThreadPoolExecutor(1) as elsewhere:
            assert elsewhere.submit(claim_elsewhere).result() == other
            assert elsewhere.submit(claim_elsewhere).result() is None

    assert waiting_room.claim(AT) is None


def test_a_worker_that_died_is_late_and_not_in_the_way(waiting_room):
    (row,) = make_rows(1)
    waiting_room.claim(AT)

    assert waiting_room.claim(AT + LEASE) is None and not waiting_room.are_waiting(at=AT + LEASE)
    assert waiting_room.are_waiting(at=AFTER_THE_LEASE)
    assert waiting_room.claim(AFTER_THE_LEASE).attempts == 2


def test_a_lost_lease_writes_nothing(waiting_room, stuck):
    make_rows(1)
    slow, quick = waiting_room.claim(AT), waiting_room.claim(AFTER_THE_LEASE)

    assert waiting_room.locked(slow) is None
    waiting_room.give_back(slow, "Too late.", AT)
    waiting_room.set_aside(slow, "Too late.", AT)

    assert waiting_room.locked(quick) == quick and not stuck
    assert (Export.objects.get().error, Export.objects.get().lease_until) == ("", quick.lease_until)


def test_what_fails_is_tried_three_times_and_then_people_are_told_once(waiting_room, stuck):
    (row,) = make_rows(1)

    for number in range(ATTEMPTS):
        assert not stuck
        assert waiting_room.work(fails, at=AT + number * 2 * PAUSE) == 1

    row.refresh_from_db()
    assert (row.state, row.attempts, row.lease_until) == (State.STUCK, 3, None)
    assert row.error == "Something happened that nobody foresaw (ZeroDivisionError)."
    assert waiting_room.work(fails, at=AT + timedelta(days=1)) == 0
    assert stuck == [row.pk]


def test_what_kills_its_workers_is_set_aside_too(waiting_room, stuck):
    (row,) = make_rows(1)

    for number in range(ATTEMPTS + 1):
        waiting_room.claim(AT + number * 2 * LEASE)

    row.refresh_from_db()
    assert row.state == State.STUCK and stuck == [row.pk]


def test_what_failed_waits_a_moment_and_does_not_hold_up_the_others(waiting_room):
    bad, good = make_rows(2)
    seen = []

    def do(row, at):
        seen.append(row)
        if row == bad:
            raise apart.Overran("Too long.")
        waiting_room.ours(row).update(state=State.READY, lease_until=None)

    assert waiting_room.work(do, at=AT) == 2

    bad.refresh_from_db()
    assert seen == [bad, good] and (bad.state, bad.error) == (State.WAITING, "Too long.")
    assert waiting_room.claim(AT + PAUSE) is None and waiting_room.claim(AT + 2 * PAUSE) == bad


def test_what_cannot_succeed_is_set_aside_at_once(waiting_room, stuck):
    (row,) = make_rows(1)

    def do(row, at):
        raise GivenUp("There is nothing to write.")

    waiting_room.work(do, at=AT)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.error) == (State.STUCK, 1, "There is nothing to write.")
    assert stuck == [row.pk]


def test_a_stuck_row_can_be_tried_again_from_the_start(waiting_room):
    (row,) = make_rows(1)
    assert not waiting_room.retry(row)
    Export.objects.update(state=State.STUCK, attempts=3, error="Too long.")

    assert waiting_room.retry(row)

    row = waiting_room.claim(AT)
    assert (row.attempts, row.error) == (1, "")


def test_a_lease_is_counted_from_when_the_row_is_taken_not_from_when_the_worker_began(waiting_room, monkeypatch):
    make_rows(2)
    hours, leases = iter([0, 0, 3600, 7200]), []
    monkeypatch.setattr(queue.time, "monotonic", lambda: next(hours))

    def do(row, at):
        leases.append(row.lease_until)
        waiting_room.ours(row).update(state=State.READY, lease_until=None)

    waiting_room.work(do, at=AT)

    assert leases == [AT + LEASE, AT + LEASE + timedelta(hours=1)]
