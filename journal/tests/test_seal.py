"""The chain over the log: it holds, and it names the first link that does not."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from journal import events, seal
from journal.models import Event, EventSeal

NOW = datetime(2025, 10, 6, 9, 0, tzinfo=UTC)


def happen(number=3):
    return [events.record("tested", subject=("thing", i), at=NOW, detail={"number": i}) for i in range(number)]


def tamper(table, statement):
    """Changes a row as the owner of the tables could: with the triggers out of the way."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.mark.django_db
def test_what_happened_is_sealed_in_order_and_without_gaps():
    rows = happen()

    assert seal.seal(at=NOW) == 3

    assert list(EventSeal.objects.order_by("seq").values_list("seq", "event_id")) == [
        (number, row.pk) for number, row in enumerate(rows, start=1)
    ]
    assert seal.verify().is_whole
    assert seal.verify().sealed == 3


@pytest.mark.django_db
def test_sealing_twice_seals_once():
    happen()
    seal.seal(at=NOW)

    assert seal.seal(at=NOW) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "actor_id = 7",
        "acting_for = 'ZZ999'",
        "act = 'untested'",
        "subject_type = 'person'",
        "subject_id = '9'",
        """detail = '{"number": 2}'""",
    ],
)
def test_a_change_of_any_column_breaks_the_link_of_that_event(change):
    rows = happen()
    seal.seal(at=NOW)

    tamper("journal_event", f"UPDATE journal_event SET {change} WHERE id = {rows[1].pk}")

    verdict = seal.verify()
    assert verdict.broken_at == 2
    assert verdict.sealed == 1
    assert str(rows[1].pk) in verdict.reason


@pytest.mark.django_db
def test_every_column_of_an_event_is_under_the_seal():
    """A column added later must come into the link, and into the test above."""
    assert {field.name for field in Event._meta.fields} == {
        *("id", "at", "actor_id", "acting_for", "act", "subject_type", "subject_id", "detail")
    }


@pytest.mark.django_db
def test_an_event_that_is_gone_is_named():
    rows = happen()
    seal.seal(at=NOW)

    tamper("journal_event", f"DELETE FROM journal_event WHERE id = {rows[2].pk}")

    assert seal.verify().broken_at == 3
    assert "is gone" in seal.verify().reason


@pytest.mark.django_db
def test_a_link_that_is_gone_is_named():
    happen()
    seal.seal(at=NOW)

    tamper("journal_eventseal", "DELETE FROM journal_eventseal WHERE seq = 2")

    assert seal.verify().broken_at == 2
    assert seal.verify().reason == "a link is missing"


@pytest.mark.django_db
def test_links_that_changed_places_are_named():
    first, second, _ = happen()
    seal.seal(at=NOW)

    for number, event_id in ((1, -1), (2, first.pk), (1, second.pk)):
        tamper("journal_eventseal", f"UPDATE journal_eventseal SET event_id = {event_id} WHERE seq = {number}")

    assert seal.verify().broken_at == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("table", "column"), [("journal_event", "act"), ("journal_eventseal", "hash")])
def test_the_database_refuses_to_change_the_log(table, column):
    happen()
    seal.seal(at=NOW)

    for change in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_is_sealed_after_those_that_were_quicker():
    """Ids are given at the insert; the transaction with the lower id may commit after the higher one was sealed."""
    inserted, sealed = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                events.record("slow", subject=("thing", 1), at=NOW)
                inserted.set()
                sealed.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    inserted.wait(10)
    quick = events.record("quick", subject=("thing", 2), at=NOW)
    assert seal.seal(at=NOW) == 1
    sealed.set()
    thread.join()
    late = Event.objects.get(act="slow")

    assert late.pk < quick.pk
    assert seal.seal(at=NOW) == 1
    assert list(EventSeal.objects.order_by("seq").values_list("event_id", flat=True)) == [quick.pk, late.pk]
    assert seal.verify().is_whole


@pytest.mark.django_db(transaction=True)
def test_of_two_sealers_one_works_and_the_other_waits_for_nobody():
    happen()
    holding, done = threading.Event(), threading.Event()

    def other_sealer():
        try:
            with transaction.atomic():
                seal._take_lock()
                holding.set()
                done.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=other_sealer)
    thread.start()
    holding.wait(10)

    assert seal.seal(at=NOW) == 0

    done.set()
    thread.join()
    assert seal.seal(at=NOW) == 3
    assert seal.verify().is_whole


@pytest.mark.django_db
def test_the_head_is_kept_outside_the_database_once_a_day(tmp_path):
    happen()
    seal.seal(at=NOW)
    day = NOW.date()

    seal.keep_head(tmp_path, day=day)
    first = (tmp_path / "2025-10-06.json").read_text()
    happen()
    seal.seal(at=NOW)
    seal.keep_head(tmp_path, day=day)
    seal.keep_head(tmp_path, day=day + timedelta(days=1))

    assert (tmp_path / "2025-10-06.json").read_text() == first
    assert json.loads(first) == {"day": "2025-10-06", "seq": 3, "hash": EventSeal.objects.get(seq=3).hash}
    assert json.loads((tmp_path / "2025-10-07.json").read_text())["seq"] == 6
