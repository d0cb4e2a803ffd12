import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import invitations, submitters
from accounts.models import Invitation, Membership, SubmitterRequest
from accounts.tests.factories import make_organisation, make_person, make_seat, sign_in
from journal.models import Event
from journal.refused import Refused

pytestmark = pytest.mark.django_db
ROLE = "PREVENT_DATA_SUBMITTER"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def trust():
    return make_organisation()


@pytest.fixture
def administrator(trust):
    return make_seat("USER_ADMINISTRATOR", trust)


def holders(trust, moment):
    held = Membership.objects.filter(organisation=trust, submitter_place__isnull=False).active_at(moment)
    return {row.person_id for row in held}


def test_two_people_hold_the_two_places_and_a_third_is_refused(trust, administrator, now):
    for place in (1, 2):
        added = submitters.add(make_person(), trust, ROLE, by=administrator, at=now)
        assert added.submitter_place == place

    with pytest.raises(Refused, match="two registered submitters already"):
        submitters.add(make_person(), trust, ROLE, by=administrator, at=now)


def test_the_database_itself_refuses_two_people_in_one_place(trust):
    make_seat(ROLE, trust, place=1)

    with pytest.raises(IntegrityError, match="two_submitter_places_one_person_each"), transaction.atomic():
        make_seat(ROLE, trust, place=1)


def test_the_database_knows_no_third_place(trust):
    with pytest.raises(IntegrityError, match="submitter_places_are_one_and_two"), transaction.atomic():
        make_seat(ROLE, trust, place=3)


def test_nobody_submits_without_a_place_and_nobody_else_has_one(trust):
    with pytest.raises(IntegrityError, match="submitters_have_a_place"), transaction.atomic():
        make_seat("PREVENT_EDITOR", trust, place=1)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_add_the_last_submitter_at_the_same_moment(now):
    trust = make_organisation()
    administrator = make_seat("USER_ADMINISTRATOR", trust)
    make_seat(ROLE, trust, place=1)
    people = [make_person(), make_person()]
    start, outcomes = threading.Barrier(2), []

    def add(person):
        start.wait()
        try:
            submitters.add(person, trust, ROLE, by=administrator, at=now)
            outcomes.append("added")
        except Refused as refusal:
            outcomes.append(str(refusal))
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [submitters.NO_PLACE, "added"]
    assert len(holders(trust, now)) == 2


@pytest.mark.parametrize("address", ["prevent.team@trust.example", "pat@gmail.com", "pat@elsewhere.example"])
def test_a_submitter_has_a_work_address_of_their_own_in_the_organisation(trust, administrator, now, address):
    trust.email_domains = ["trust.example"]

    with pytest.raises(Refused):
        submitters.add(make_person(email=address), trust, ROLE, by=administrator, at=now)


def test_a_provider_that_is_no_trust_registers_nobody(now):
    provider = make_organisation(kind="INDEPENDENT_PROVIDER")

    with pytest.raises(Refused):
        submitters.add(make_person(), provider, ROLE, by=make_seat("USER_ADMINISTRATOR", provider), at=now)


def test_a_swap_moves_the_right_at_once_and_asks_sdcs(trust, administrator, now):
    outgoing, incoming = make_seat(ROLE, trust), make_person("Ada Stand-in", "ada@trust.example")

    swapped = submitters.swap(outgoing, incoming, by=administrator, at=now)

    assert holders(trust, now) == {incoming.pk}
    asked = swapped.submitter_request
    assert asked.answer == ""
    for words in (trust.code, "Ada Stand-in, ada@trust.example", outgoing.person.email):
        assert words in asked.text
    assert Event.objects.filter(act="submitter swapped", actor_id=administrator.person_id).exists()


def test_a_swap_with_an_end_gives_the_place_back_by_itself(trust, administrator, now):
    outgoing, incoming = make_seat(ROLE, trust), make_person()
    starts, ends = now + timedelta(days=1), now + timedelta(days=15)

    submitters.swap(outgoing, incoming, starts=starts, ends=ends, by=administrator, at=now)

    assert holders(trust, now) == {outgoing.person_id}
    assert holders(trust, starts) == {incoming.pk}
    assert holders(trust, ends) == {outgoing.person_id}


def test_a_swap_cannot_start_in_the_past_or_go_to_the_same_person(trust, administrator, now):
    outgoing = make_seat(ROLE, trust)

    with pytest.raises(Refused, match="past"):
        submitters.swap(outgoing, make_person(), starts=now - timedelta(days=1), by=administrator, at=now)
    with pytest.raises(Refused, match="somebody else"):
        submitters.swap(outgoing, outgoing.person, by=administrator, at=now)


def test_nobody_gives_a_place_to_oneself(trust, administrator, now):
    outgoing = make_seat(ROLE, trust)

    with pytest.raises(Refused, match="to yourself"):
        submitters.add(administrator.person, trust, ROLE, by=administrator, at=now)
    with pytest.raises(Refused, match="to yourself"):
        submitters.swap(outgoing, administrator.person, by=administrator, at=now)


def test_an_open_session_of_the_outgoing_submitter_ends_with_the_swap(client, trust, administrator, now):
    outgoing = make_seat(ROLE, trust)
    sign_in(client, outgoing)
    assert client.get(reverse("accounts:me")).status_code == 200

    submitters.swap(outgoing, make_person(), by=administrator, at=now)

    assert client.get(reverse("accounts:me")).status_code == 302


def test_an_answer_is_recorded_once(trust, administrator, now):
    asked = submitters.swap(make_seat(ROLE, trust), make_person(), by=administrator, at=now).submitter_request

    submitters.record_answer(asked, SubmitterRequest.Answer.CONFIRMED, by=administrator, at=now)

    with pytest.raises(Refused):
        submitters.record_answer(asked, SubmitterRequest.Answer.REFUSED, by=administrator, at=now)


# Pages


def test_the_page_says_not_yet_confirmed_until_the_answer_is_recorded(client, trust, administrator):
    outgoing, colleague = make_seat(ROLE, trust), make_seat("PREVENT_EDITOR", trust)
    sign_in(client, administrator)

    response = client.post(
        reverse("accounts:swap_submitter", args=[outgoing.pk]),
        {"person": colleague.person_id, "seat": administrator.pk},
        follow=True,
    )

    assert "Not yet confirmed by SDCS" in response.text
    assert "mailto:data.collections@nhs.net" in response.text
    places = client.get(reverse("accounts:submitters", args=[trust.code])).context["places"]
    assert [current and current.person for _, current, _ in places] == [colleague.person, None]
    asked = SubmitterRequest.objects.get()
    client.post(reverse("accounts:submitter_request", args=[asked.pk]), {"answer": "CONFIRMED"})
    assert "Confirmed by SDCS" in client.get(reverse("accounts:submitters", args=[trust.code])).text


def test_the_form_offers_colleagues_and_not_oneself(client, trust, administrator):
    colleague = make_seat("PREVENT_EDITOR", trust)
    sign_in(client, administrator)

    page = client.get(reverse("accounts:add_submitter", args=[trust.code]))

    offered = [value for value, _ in page.context["form"].fields["person"].choices]
    assert offered == [str(colleague.person_id), "new"]


def test_somebody_new_is_invited_and_takes_the_place_on_accepting(client, trust, administrator, now):
    outgoing = make_seat(ROLE, trust)
    sign_in(client, administrator)

    client.post(
        reverse("accounts:swap_submitter", args=[outgoing.pk]),
        {"person": "new", "name": "Ada New", "email": "ada.new@trust.example"},
    )

    assert holders(trust, timezone.now()) == {outgoing.person_id}
    ada = invitations.join(Invitation.objects.get(), name="Ada New", password="x", at=timezone.now())
    assert holders(trust, timezone.now()) == {ada.pk}


def test_other_people_of_the_organisation_may_look_and_not_swap(client, trust):
    outgoing = make_seat(ROLE, trust)
    sign_in(client, make_seat("PREVENT_EDITOR", trust))

    assert client.get(reverse("accounts:submitters", args=[trust.code])).status_code == 200
    assert client.get(reverse("accounts:swap_submitter", args=[outgoing.pk])).status_code == 403


def test_another_organisation_is_as_if_it_were_not_there(client, trust, administrator):
    elsewhere = make_seat(ROLE, make_organisation())
    sign_in(client, administrator)

    assert client.get(reverse("accounts:submitters", args=[elsewhere.organisation.code])).status_code == 404
    assert client.get(reverse("accounts:swap_submitter", args=[elsewhere.pk])).status_code == 404
