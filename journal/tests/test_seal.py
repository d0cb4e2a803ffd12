"""The chain over the log: it holds, and it names the first link that does not."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from journal import events, heads, seal
from journal.management.commands.verify_events import prove
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


# Heads kept outside the database


@pytest.fixture
def shelf(settings, tmp_path, db):
    settings.MEDIA_ROOT = tmp_path


def cut(number):
    """The last events, and their seals, go as if they had never been."""
    first = EventSeal.objects.order_by("-seq")[number - 1]
    tamper("journal_event", f"DELETE FROM journal_event WHERE id >= {first.event_id}")
    tamper("journal_eventseal", f"DELETE FROM journal_eventseal WHERE seq >= {first.seq}")


def test_a_head_is_kept_once_and_never_written_over(shelf):
    happen()
    seal.seal(at=NOW)

    heads.keep(at=NOW)
    heads.keep(at=NOW + timedelta(days=1))

    assert heads.kept() == [heads.Head(3, EventSeal.objects.get(seq=3).hash, NOW.isoformat())]
    happen()
    seal.seal(at=NOW)
    heads.keep(at=NOW)
    assert [head.seq for head in heads.kept()] == [3, 6]


@pytest.mark.parametrize("number", [1, 3])
def test_a_log_cut_short_with_its_seals_is_found_out(shelf, number):
    happen()
    assert prove(NOW)["whole"]

    cut(number)

    result = prove(NOW)
    assert result["broken_at"] == 4 - number
    assert result["reason"] == "the log ends before link 3, kept outside the database on 2025-10-06"


def test_events_written_after_a_cut_do_not_take_the_place_of_those_that_went(shelf):
    happen()
    prove(NOW)
    cut(1)
    happen(5)

    result = prove(NOW)

    assert result["broken_at"] == 3
    assert "not the link that was kept outside" in result["reason"]


def test_a_head_that_cannot_be_read_is_named(shelf):
    happen()
    prove(NOW)
    next(heads.folder().glob("*.json")).write_text("gone")

    with pytest.raises(heads.Unreadable, match=r"000000000003\.json"):
        prove(NOW)


def test_a_copy_of_the_heads_kept_elsewhere_is_compared(shelf, tmp_path):
    happen()
    prove(NOW)
    copy = heads.folder().rename(tmp_path / "elsewhere")
    cut(1)

    assert prove(NOW)["whole"]
    assert prove(NOW, copy)["broken_at"] == 3


def test_a_full_disk_stops_nobody(shelf, settings, tmp_path, caplog):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("")
    happen()

    assert prove(NOW)["whole"]

    assert "could not be kept" in caplog.text
