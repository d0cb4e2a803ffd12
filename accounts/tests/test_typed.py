"""A session that ended while somebody typed: nothing is saved, and nothing is lost."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.typed import what_was_typed

pytestmark = pytest.mark.django_db
SECTION = reverse("returns:section", args=["00000000-0000-4000-8000-000000000000", "training"])


def test_a_form_sent_after_the_session_ended_is_shown_back():
    answer = Client().post(SECTION, {"staff_total": "6250", "comments": "<b>Late</b>", "revision": "3"})

    page = answer.content.decode()
    assert answer.status_code == 401
    assert "6250" in page and "&lt;b&gt;Late&lt;/b&gt;" in page
    assert "Sign in again in another tab" in page


def test_a_form_whose_token_is_too_old_is_shown_back():
    answer = Client(enforce_csrf_checks=True).post(SECTION, {"staff_total": "6250"})

    assert answer.status_code == 403
    assert "6250" in answer.content.decode()


def test_secrets_and_what_nobody_typed_are_left_out():
    given = {
        "csrfmiddlewaretoken": "x",
        "password1": "secret",
        "code": "123456",
        "seat": "4",
        "comments": "Hello",
        "empty": " ",
    }

    assert what_was_typed(given) == [("Comments", "Hello")]
