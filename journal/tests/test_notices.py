"""Telling people: once for each cause, while they may know, and never lost."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from journal import notices
from journal.models import Notice

NOW = datetime(2025, 10, 6, 9, 0, tzinfo=UTC)
ADA = SimpleNamespace(pk=11, person_id=1)
BEN = SimpleNamespace(pk=12, person_id=2)


def tell(*recipients, cause="submitted 1"):
    telling = notices.Telling(cause=cause, recipients=frozenset(), subject="The return was submitted", link="/returns/")
    notices.tell([notices.Telling(**{**telling.__dict__, "recipients": recipients})], at=NOW)


class Post:
    """Takes e-mails instead of sending them."""

    def __init__(self, breaks=False):
        self.sent, self.breaks = [], breaks

    def __call__(self, person_id, waiting):
        if self.breaks:
            raise ConnectionError
        self.sent.append((person_id, [notice.subject for notice in waiting]))


def send(post, *, at=NOW, may_still_know=lambda waiting: waiting, digested_before=NOW):
    return notices.send_waiting(deliver=post, may_still_know=may_still_know, at=at, digested_before=digested_before)


def claim(at):
    return notices.claim_waiting(limit=10, at=at, digested_before=NOW)


@pytest.mark.django_db
def test_a_person_is_told_once_for_each_cause():
    tell(ADA, BEN)
    tell(ADA)

    assert Notice.objects.filter(person_id=ADA.person_id).count() == 1
    assert Notice.objects.count() == 2


@pytest.mark.django_db
def test_what_waits_for_a_person_goes_in_one_message():
    tell(ADA, BEN)
    tell(ADA, cause="submitted 2")
    post = Post()

    assert send(post) == 3

    assert sorted((person_id, len(subjects)) for person_id, subjects in post.sent) == [(1, 2), (2, 1)]
    assert set(Notice.objects.values_list("state", "sent_at")) == {("SENT", NOW)}


@pytest.mark.django_db
def test_sending_again_sends_nothing():
    tell(ADA)
    send(Post())
    post = Post()

    assert send(post) == 0
    assert post.sent == []


@pytest.mark.django_db
def test_who_may_not_know_any_more_is_not_told():
    tell(ADA, BEN)
    post = Post()

    send(post, may_still_know=lambda waiting: [notice for notice in waiting if notice.person_id == BEN.person_id])

    assert [person_id for person_id, _ in post.sent] == [BEN.person_id]
    assert Notice.objects.get(person_id=ADA.person_id).state == Notice.State.DROPPED


@pytest.mark.django_db
def test_while_somebody_sends_nobody_else_does():
    tell(ADA)
    claim(NOW)

    assert claim(NOW + timedelta(seconds=30)) == []


@pytest.mark.django_db
def test_what_a_killed_worker_held_is_sent_when_its_lease_has_run_out():
    tell(ADA)
    claim(NOW)
    post = Post()

    assert send(post, at=NOW + notices.LEASE + timedelta(seconds=1)) == 1


@pytest.mark.django_db
def test_a_message_that_cannot_be_sent_stops_after_three_attempts():
    tell(ADA)
    at = NOW
    for _ in range(notices.ATTEMPTS):
        assert send(Post(breaks=True), at=at) == 0
        at += notices.LEASE + timedelta(seconds=1)

    assert send(Post(), at=at) == 0
    assert Notice.objects.get().state == Notice.State.STUCK
