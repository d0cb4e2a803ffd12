"""How a person hears: at once, in one summary a day, or only in the portal; what must not be overlooked goes at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from journal import notices
from journal.models import Notice
from journal.notices import Telling, Way
from journal.tests.test_notices import ADA, BEN, NOW, Post, send

pytestmark = pytest.mark.django_db
MORNING = NOW + timedelta(days=1)


def tell(*recipients, cause="submitted 1", at=NOW, always_mailed=False):
    notices.tell([Telling(cause, recipients, f"About {cause}", "/", always_mailed=always_mailed)], at=at)


def sent(at, digested_before):
    post = Post()
    send(post, at=at, digested_before=digested_before)
    return post.sent


def test_who_has_chosen_nothing_is_mailed_at_once():
    tell(ADA)

    assert notices.way_of(ADA.person_id) == Way.AT_ONCE
    assert sent(NOW, NOW) == [(1, ["About submitted 1"])]


def test_the_summary_holds_what_was_told_before_its_moment_and_is_one_mail():
    notices.choose(ADA.person_id, Way.DAILY, at=NOW)
    tell(ADA)
    tell(ADA, cause="submitted 2")
    tell(ADA, cause="submitted 3", at=MORNING)

    assert sent(NOW, NOW) == []
    assert sent(MORNING, MORNING) == [(1, ["About submitted 1", "About submitted 2"])]
    assert sent(MORNING, MORNING) == []


def test_one_persons_summary_is_never_cut_in_two():
    notices.choose(ADA.person_id, Way.DAILY, at=NOW)
    for number in range(5):
        tell(ADA, cause=f"submitted {number}")
    post = Post()

    notices.send_waiting(
        deliver=post, may_still_know=lambda waiting: waiting, at=MORNING, digested_before=MORNING, limit=2
    )

    assert [len(subjects) for _, subjects in post.sent] == [5]


def test_who_wants_no_mail_finds_it_in_the_mailbox():
    notices.choose(ADA.person_id, Way.PORTAL, at=NOW)
    tell(ADA, BEN)

    assert sent(MORNING, MORNING) == [(2, ["About submitted 1"])]
    assert Notice.objects.shown_to(ADA.person_id).get().state == Notice.State.KEPT


@pytest.mark.parametrize("way", [Way.DAILY, Way.PORTAL])
def test_what_must_not_be_overlooked_is_mailed_at_once_whatever_was_chosen(way):
    notices.choose(ADA.person_id, way, at=NOW)
    tell(ADA, always_mailed=True)

    assert sent(NOW, NOW) == [(1, ["About submitted 1"])]


def test_a_new_choice_counts_for_what_waits_already():
    tell(ADA)
    tell(ADA, cause="role ended", always_mailed=True)
    notices.choose(ADA.person_id, Way.DAILY, at=NOW)
    assert sent(NOW, NOW) == [(1, ["About role ended"])]

    notices.choose(ADA.person_id, Way.AT_ONCE, at=NOW)

    assert sent(NOW, NOW) == [(1, ["About submitted 1"])]


def test_the_database_keeps_back_nothing_that_is_always_mailed():
    tell(ADA, always_mailed=True)

    with pytest.raises(IntegrityError, match="what_is_always_mailed_goes_at_once"), transaction.atomic():
        Notice.objects.update(in_digest=True)
