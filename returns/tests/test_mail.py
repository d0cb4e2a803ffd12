"""Mails about returns: one for each person, a daily summary for who wants it, rights asked again, never a figure."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership
from accounts.tests.factories import make_organisation, make_person, make_seat, sign_in
from journal import notices
from journal.models import Event, Notice
from journal.notices import Telling, Way
from returns import mail
from returns.periods import LONDON

pytestmark = pytest.mark.django_db
EVENING = datetime(2025, 10, 6, 17, 0, tzinfo=LONDON)
NEXT_MORNING = datetime(2025, 10, 7, 8, 0, tzinfo=LONDON)


def tell(*seats, cause="sent back", at=EVENING):
    notices.tell([Telling(cause, frozenset(seats), f"Your return: {cause}", "/returns/", "Have a look")], at=at)


def test_a_mail_leads_to_the_page_and_to_the_choice(mailoutbox):
    seat = make_seat("PREVENT_EDITOR")
    tell(seat)

    mail.send_notices(at=EVENING)

    [sent] = mailoutbox
    assert sent.subject == "Your return: sent back"
    assert "http://localhost:8000/returns/" in sent.body
    assert "http://localhost:8000/messages/how/" in sent.body


def test_the_summary_comes_in_the_morning_in_one_mail_by_organisation(mailoutbox):
    person = make_person()
    ashdown = make_seat("PREVENT_EDITOR", make_organisation(name="Ashdown Trust"), person)
    bramber = make_seat("PREVENT_EDITOR", make_organisation(name="Bramber Trust"), person)
    notices.choose(person.pk, Way.DAILY, at=EVENING)
    tell(bramber, cause="sent back")
    tell(ashdown, cause="accepted")

    mail.send_notices(at=NEXT_MORNING - timedelta(minutes=1))
    assert mailoutbox == []
    mail.send_notices(at=NEXT_MORNING)

    [sent] = mailoutbox
    assert sent.subject == "Your daily summary from Assurance returns"
    assert sent.body.index("For Ashdown Trust:") < sent.body.index("accepted") < sent.body.index("For Bramber Trust:")


def test_rights_are_asked_again_when_the_summary_is_sent(mailoutbox):
    seat, stays = make_seat("PREVENT_EDITOR"), make_seat("PREVENT_EDITOR")
    for one in (seat, stays):
        notices.choose(one.person_id, Way.DAILY, at=EVENING)
    tell(seat, stays)
    Membership.objects.filter(pk=seat.pk).update(during=(seat.since, EVENING))

    mail.send_notices(at=NEXT_MORNING)

    assert [one.to for one in mailoutbox] == [[stays.person.email]]
    assert Notice.objects.get(person_id=seat.person_id).state == Notice.State.DROPPED


def test_the_rights_of_many_are_asked_at_once(mailoutbox):
    def queries(number):
        seats = [make_seat("PREVENT_EDITOR") for _ in range(number)]
        waiting = [Notice(pk=seat.pk, person_id=seat.person_id, membership_id=seat.pk) for seat in seats]
        with CaptureQueriesContext(connection) as found:
            assert mail._may_still_know(waiting, EVENING) == waiting
        return len(found)

    assert queries(3) == queries(30)


def test_a_person_chooses_how_messages_reach_them(client):
    seat = make_seat("PREVENT_EDITOR")
    sign_in(client, seat)

    page = client.post(reverse("how_told"), {"way": "DAILY"}, follow=True).content.decode()

    assert "You get one email in the morning of each working day" in page
    assert notices.way_of(seat.person_id) == Way.DAILY
    assert Event.objects.get(act="message choice made").detail == {"way": "DAILY"}
    assert 'value="DAILY" checked' in client.get(reverse("how_told")).content.decode().replace(' id="id_way_1"', "")


def test_no_choice_is_an_error_said_in_words(client):
    sign_in(client, make_seat("PREVENT_EDITOR"))

    page = client.post(reverse("how_told"), {}).content.decode()

    assert "Choose how you want to hear." in page
    assert "<title>Error: " in page
