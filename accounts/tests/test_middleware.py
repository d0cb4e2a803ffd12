import time
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse
from django.urls.converters import IntConverter, SlugConverter, StringConverter, UUIDConverter
from django.utils import timezone

from accounts import invitations, sessions
from accounts.middleware import OPEN_ROUTES, SECOND_STEP_ROUTES, SET_UP_ROUTES, ActingSeat
from accounts.row_security import current_settings
from accounts.tests.factories import make_organisation, make_person, make_seat, sign_in
from journal.models import Event

pytestmark = pytest.mark.django_db
VALUES = {UUIDConverter: uuid4(), IntConverter: 1, SlugConverter: "prevent", StringConverter: "ZZ1"}


def routes(patterns=None, namespace="", parameters=None):
    """The name of every route that the resolver knows, with parameters that make an address of it."""
    for pattern in patterns or get_resolver().url_patterns:
        converters = pattern.pattern.converters
        asked = (parameters or {}) | {key: VALUES[type(converter)] for key, converter in converters.items()}
        asked |= dict.fromkeys(pattern.pattern.regex.groupindex.keys() - asked.keys(), "1")
        if isinstance(pattern, URLPattern):
            yield namespace + (pattern.name or ""), asked
        else:
            inside = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from routes(pattern.url_patterns, namespace + inside, asked)


ADDRESSES = dict(routes())


def address_of(name):
    return reverse(name, kwargs=ADDRESSES[name])


def test_every_route_has_a_name():
    assert all(name for name, _ in routes())


def test_the_lists_of_open_routes_name_only_routes_there_are():
    assert set(ADDRESSES) >= OPEN_ROUTES | SET_UP_ROUTES | SECOND_STEP_ROUTES


def test_a_stranger_is_sent_to_sign_in_from_every_route_that_is_not_open(client):
    for name in set(ADDRESSES) - OPEN_ROUTES:
        response = client.get(address_of(name))
        assert response.status_code == 302 and response.url.startswith(reverse("account_login")), name


def test_a_password_alone_opens_only_what_sets_up_a_second_factor(client):
    client.force_login(make_seat("NATIONAL_ADMINISTRATOR").person)

    for name in set(ADDRESSES) - OPEN_ROUTES - SET_UP_ROUTES:
        response = client.get(address_of(name))
        assert response.status_code == 302 and response.url.startswith(reverse("mfa_activate_totp")), name


@pytest.mark.parametrize("header", [{"X-Requested-With": "autosave"}, {"HX-Request": "true"}])
def test_a_script_that_saves_in_the_background_is_told_and_not_redirected(client, header):
    response = client.post(reverse("accounts:switch_seat"), headers=header)

    assert response.status_code == 401
    assert "What you typed is still on this page" in response.json()["message"]


def test_a_session_left_alone_too_long_has_ended(client):
    sign_in(client, make_seat("PREVENT_EDITOR"))
    session = client.session
    session[sessions.SEEN_AT] = time.time() - settings.SESSION_IDLE_SECONDS - 1
    session.save()

    assert client.get(reverse("accounts:me")).status_code == 302


def test_a_session_however_busy_ends_after_twelve_hours(client):
    sign_in(client, make_seat("PREVENT_EDITOR"))
    session = client.session
    session["account_authentication_methods"][0]["at"] = time.time() - settings.SESSION_COOKIE_AGE - 1
    session.save()

    assert client.get(reverse("accounts:me")).status_code == 302


def test_somebody_suspended_is_out_at_once(client):
    seat = make_seat("PREVENT_EDITOR")
    sign_in(client, seat)
    seat.person.is_active = False
    seat.person.save()

    assert client.get(reverse("accounts:me")).status_code == 302


def test_a_denial_is_in_the_log_although_its_request_was_rolled_back(client):
    seat = make_seat("PREVENT_EDITOR")
    sign_in(client, seat)

    assert client.get(reverse("accounts:people")).status_code == 403

    event = Event.objects.get(act="denied")
    assert (event.subject_id, event.actor_id) == ("accounts:people", seat.person_id)


def test_the_secret_of_an_invitation_is_not_in_the_log_of_denials(client):
    seat = make_seat("USER_ADMINISTRATOR")
    invitation = invitations.invite(
        email="ada@trust.example",
        name="Ada",
        organisation=seat.organisation,
        role="PREVENT_EDITOR",
        by=seat,
        at=timezone.now(),
    )
    sign_in(client, seat)

    client.post(reverse("accounts:accept_invitation", args=[invitations.token_of(invitation)]))

    assert Event.objects.get(act="denied").detail == {}


# Seats


@pytest.fixture
def two_seats():
    person = make_person()
    return make_seat("PREVENT_EDITOR", make_organisation(name="A"), person), make_seat(
        "PREVENT_EDITOR", make_organisation(name="B"), person
    )


def test_the_first_seat_is_taken_until_another_is_chosen(client, two_seats):
    first, second = two_seats
    sign_in(client, first.person)
    assert client.get(reverse("accounts:me")).wsgi_request.seat == first

    client.post(reverse("accounts:switch_seat"), {"membership": second.pk})

    assert client.get(reverse("accounts:me")).wsgi_request.seat == second
    assert Event.objects.filter(act="seat chosen", subject_id=second.pk).exists()


def test_a_seat_that_ended_is_not_acted_under(client, two_seats):
    first, second = two_seats
    sign_in(client, first)
    first.delete()

    assert client.get(reverse("accounts:me")).wsgi_request.seat == second


def test_nobody_chooses_the_seat_of_somebody_else(client, two_seats):
    sign_in(client, two_seats[0])
    other = make_seat("NATIONAL_ADMINISTRATOR")

    assert client.post(reverse("accounts:switch_seat"), {"membership": other.pk}).status_code == 404
    assert client.post(reverse("accounts:switch_seat"), {"membership": "x"}).status_code == 404


def test_a_form_shown_for_another_seat_is_not_applied(client, two_seats):
    first, second = two_seats
    sign_in(client, second)

    response = client.post(reverse("accounts:switch_seat"), {"membership": first.pk, "seat": first.pk})

    assert response.status_code == 409
    assert "You switched to acting for B in another tab" in response.text
    assert client.get(reverse("accounts:me")).wsgi_request.seat == second


def test_the_same_is_said_to_a_script(client, two_seats):
    first, second = two_seats
    sign_in(client, second)
    headers = {"X-Requested-With": "autosave", "X-Seat": str(first.pk)}

    response = client.post(reverse("accounts:switch_seat"), headers=headers)

    assert response.status_code == 409
    assert "another tab" in response.json()["message"]


def test_many_seats_cost_no_more_queries_than_one(client, django_assert_num_queries):
    person = make_person()
    sign_in(client, make_seat("PREVENT_EDITOR", person=person))
    client.get(reverse("accounts:me"))
    with CaptureQueriesContext(connection) as with_one:
        client.get(reverse("accounts:me"))
    for _ in range(5):
        make_seat("PREVENT_EDITOR", person=person)

    with django_assert_num_queries(len(with_one)):
        client.get(reverse("accounts:me"))


def test_a_request_works_for_the_organisation_of_its_seat_and_no_longer():
    seat = make_seat("PREVENT_EDITOR")
    request = RequestFactory().get("/")
    request.user, request.session, request.is_signed_in = seat.person, {}, True

    response = ActingSeat(lambda request: HttpResponse(current_settings()[0]))(request)

    assert response.text == str(seat.organisation_id)
    assert current_settings()[0] == ""
