"""Signing in for real: a password, then a code computed from the authenticator's secret."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts import outbox
from accounts.models import WaitingMail
from accounts.tests.factories import PASSWORD, make_person, make_seat
from journal.models import Event

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ME = "/me/"


@pytest.fixture(autouse=True)
def steady_clock(monkeypatch):
    """A code that is asked for in the last second of its half minute is still right when it arrives."""
    now = time.time()
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: now)


def code(secret=SECRET):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def person():
    person = make_person(email="pat@trust.example")
    person.set_password(PASSWORD)
    person.save()
    make_seat("PREVENT_EDITOR", person=person)
    return person


@pytest.fixture
def with_app(person):
    TOTP.activate(person, SECRET)
    return person


def give_password(client, password=PASSWORD, **extra):
    return client.post(reverse("account_login"), {"login": "pat@trust.example", "password": password}, **extra)


def test_password_and_code_together_open_the_portal(client, with_app):
    assert give_password(client).url.startswith(reverse("mfa_authenticate"))

    client.post(reverse("mfa_authenticate"), {"code": code()})

    assert client.get(ME).status_code == 200
    assert Event.objects.filter(act="signed in", actor_id=with_app.pk).exists()


@pytest.mark.parametrize(
    ("page", "sentences"),
    [
        ("account_login", ["Enter your email address.", "Enter your password."]),
        ("account_reset_password", ["Enter your email address."]),
    ],
)
def test_what_is_missing_is_said_in_our_words(client, page, sentences):
    text = client.post(reverse(page), {}).text

    assert all(sentence in text for sentence in sentences)
    assert "This field is required" not in text


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("account_change_password", "Enter the password you have now."),
        ("account_reauthenticate", "Enter your password."),
    ],
)
def test_so_it_is_when_one_is_signed_in(client, with_app, page, sentence):
    give_password(client)
    client.post(reverse("mfa_authenticate"), {"code": code()})

    assert sentence in client.post(reverse(page), {}).text


def test_a_code_that_is_missing_is_asked_for(client, with_app):
    give_password(client)

    assert "Enter the code." in client.post(reverse("mfa_authenticate"), {"code": ""}).text


def test_so_it_is_when_an_app_is_set_up(client, person):
    give_password(client)

    assert "Enter the code." in client.post(reverse("mfa_activate_totp"), {"code": ""}).text


def test_an_address_without_an_at_is_explained(client):
    text = client.post(reverse("account_login"), {"login": "pat", "password": "x"}).text

    assert "Enter an email address, such as name@example.nhs.uk." in text


def test_a_password_alone_opens_nothing(client, with_app):
    give_password(client)

    assert client.get(ME).url.startswith(reverse("account_login"))


def test_a_code_works_once(client, with_app):
    used = code()
    give_password(client)
    client.post(reverse("mfa_authenticate"), {"code": used})
    client.post(reverse("account_logout"))

    give_password(client)
    again = client.post(reverse("mfa_authenticate"), {"code": used})

    assert "was used before" in again.text
    assert client.get(ME).status_code == 302


def test_a_recovery_code_works_once(client, with_app):
    recovery = RecoveryCodes.activate(with_app).get_unused_codes()[0]
    for status in (200, 302):
        give_password(client)
        client.post(reverse("mfa_authenticate"), {"code": recovery})
        assert client.get(ME).status_code == status
        client.post(reverse("account_logout"))


def test_guessing_codes_is_stopped(client, with_app):
    give_password(client)
    for _ in range(6):
        response = client.post(reverse("mfa_authenticate"), {"code": "000000"})

    assert "too many attempts" in response.text


def test_guessing_passwords_is_stopped_for_that_address_and_not_for_others(client, person):
    for _ in range(6):
        response = give_password(client, "wrong")

    assert "too many attempts" in response.text
    other = client.post(reverse("account_login"), {"login": "kim@trust.example", "password": "wrong"})
    assert "too many attempts" not in other.text


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(client, person):
    wrong = give_password(client, "wrong")
    unknown = client.post(reverse("account_login"), {"login": "nobody@trust.example", "password": "wrong"})

    sentence = "The email address or the password is not right."
    assert sentence in wrong.text
    assert sentence in unknown.text


def test_a_failed_sign_in_is_in_the_log_without_the_address(client, person):
    give_password(client, "wrong")

    event = Event.objects.get(act="sign-in failed")
    assert (event.subject_id, event.detail) == (str(person.pk), {})


def test_a_wrong_code_is_a_failed_sign_in_too(client, with_app):
    give_password(client)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})

    assert Event.objects.filter(act="sign-in failed", subject_id=with_app.pk).exists()


def test_whoever_has_no_second_factor_is_led_to_set_one_up(client, person):
    give_password(client)
    assert client.get(ME).url.startswith(reverse("mfa_activate_totp"))
    page = client.get(reverse("mfa_activate_totp"))

    client.post(reverse("mfa_activate_totp"), {"code": code(page.context["form"].secret)})

    assert client.get(ME).status_code == 200


def test_the_secret_of_an_app_is_not_readable_in_the_database(with_app):
    assert SECRET not in str(Authenticator.objects.get(user=with_app).data)


def test_a_second_factor_set_up_elsewhere_is_asked_of_this_session_too(client, person):
    give_password(client)
    TOTP.activate(person, SECRET)

    assert client.get(ME).url.startswith(reverse("mfa_reauthenticate"))
    client.post(reverse("mfa_reauthenticate"), {"code": code()})
    assert client.get(ME).status_code == 200


def test_a_password_reset_ends_sessions_and_still_asks_for_the_second_factor(client, with_app):
    give_password(client)
    client.post(reverse("mfa_authenticate"), {"code": code()})
    assert client.get(ME).status_code == 200

    other = type(client)()
    other.post(reverse("account_reset_password"), {"email": with_app.email})
    outbox.send_waiting(at=timezone.now())
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/" in word)
    form = other.get(link, follow=True).redirect_chain[-1][0]
    other.post(form, {"password1": "another long sentence", "password2": "another long sentence"})

    assert client.get(ME).status_code == 302
    assert give_password(other, "another long sentence").url.startswith(reverse("mfa_authenticate"))


def test_nobody_signs_up_or_hears_whether_an_address_is_known(client):
    assert client.get("/signup/").status_code == 404

    client.post(reverse("account_reset_password"), {"email": "nobody@trust.example"})

    assert not WaitingMail.objects.exists()


def test_signing_out_in_one_tab_ends_the_other(client, with_app):
    give_password(client)
    client.post(reverse("mfa_authenticate"), {"code": code()})
    copied = client.cookies["session"].value

    client.post(reverse("account_logout"))

    client.cookies["session"] = copied
    assert client.get(ME).status_code == 302
