"""The second net: rows of a protected table are there only for the organisations acted for, and only in that transaction."""

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.row_security import acting_for, as_system, policy_sql

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def protected_table():
    """A table with a row of organisation 1 and one of organisation 2, as portal_app sees it."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE secret (organisation_id bigint, words text)")
        cursor.execute("INSERT INTO secret VALUES (1, 'ours'), (2, 'theirs')")
        cursor.execute(policy_sql("secret"))
        cursor.execute("SET ROLE portal_app")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("DROP TABLE secret")


def seen():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT words FROM secret ORDER BY words")
        return [words for (words,) in cursor.fetchall()]


def test_who_says_nothing_sees_nothing(protected_table):
    assert seen() == []


def test_a_seat_sees_its_organisations_rows(protected_table):
    with acting_for([1]):
        assert seen() == ["ours"]
    with acting_for([1, 2]):
        assert seen() == ["ours", "theirs"]


def test_a_job_of_the_system_sees_all_and_says_why(protected_table):
    with as_system("check"):
        assert seen() == ["ours", "theirs"]


def test_nothing_is_left_over_for_the_next_transaction(protected_table):
    with acting_for([1]):
        seen()

    assert seen() == []


def test_outside_a_transaction_nothing_is_seen(protected_table):
    with acting_for([1]), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM secret")
        assert cursor.fetchone() == (0,)


def test_a_row_cannot_be_written_for_somebody_else(protected_table):
    with acting_for([1]), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO secret VALUES (2, 'forged')")


def test_web_and_workers_cannot_change_what_never_changes(protected_table):
    for statement in (
        "UPDATE journal_event SET act = ''",
        "DELETE FROM journal_eventseal",
        "TRUNCATE journal_event",
        "UPDATE returns_version SET number = 1",
        "DELETE FROM returns_release",
    ):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
