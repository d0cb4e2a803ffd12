"""The table of roles tells the truth, in words for whoever reads it."""

import pytest
from django.urls import reverse

from accounts.roles import Act, Reach, Role
from accounts.tests.factories import make_seat, sign_in


@pytest.mark.parametrize(("key", "is_submitter"), [("PREVENT_DATA_SUBMITTER", False), ("PREVENT_EDITOR", True)])
def test_the_key_of_a_role_says_whether_it_is_a_submitters(key, is_submitter):
    with pytest.raises(ValueError, match="end with SUBMITTER"):
        Role(key, "Somebody", Reach.OWN, is_submitter=is_submitter)


def test_an_act_is_called_by_all_that_it_allows():
    assert Act.REVIEW == "review, propose a verdict, and send sections back"
    assert Act.DECIDE == "give or confirm a verdict, choose whether it takes two people, and reopen"
    assert Act.EXTEND == "give more time, or say that a return is not required"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("PREVENT_EDITOR", "Returns you see: your own organisation’s."),
        ("PREVENT_REVIEWER", "Returns you see: those sent to your own organisation."),
        ("PREVENT_REGIONAL_VIEWER", "Returns you see: your own region’s."),
        ("NATIONAL_ADMINISTRATOR", "Returns you see: all."),
    ],
)
def test_my_details_speak_to_me(client, role, words):
    sign_in(client, make_seat(role))

    assert words in client.get(reverse("accounts:me")).text
