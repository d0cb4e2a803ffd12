"""What a hidden field holds is a number, or 0: whatever was sent, nobody gets an error of ours."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.posted import posted_number
from accounts.tests.factories import make_seat, sign_in

LONG = "9" * 5000


@pytest.mark.parametrize(
    ("given", "number"), [("7", 7), ("1,204", 1204), ("0", 0), ("9" * 18, 10**18 - 1), ("00012", 12)]
)
def test_a_number_is_read(given, number):
    assert posted_number(given) == number


@pytest.mark.parametrize("given", [None, "", " ", "-1", "1.5", "x", "²", "٣", "9" * 19, LONG], ids=str)
def test_anything_else_is_no_row_and_no_revision(given):
    assert posted_number(given) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("given", [LONG, "²", "x"], ids=["long", "superscript", "letter"])
def test_a_seat_that_cannot_be_is_not_found(given):
    signed_in = sign_in(Client(), make_seat("PREVENT_EDITOR"))

    assert signed_in.post(reverse("accounts:switch_seat"), {"membership": given}).status_code == 404
