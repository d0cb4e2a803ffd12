import pytest

from accounts.addresses import is_in_domains, is_private_mailbox, is_team_mailbox


@pytest.mark.parametrize(
    "address",
    [
        "safeguarding@trust.example",
        "Prevent.Team@trust.example",
        "info-desk@trust.example",
        "no-reply@trust.example",
        "admin_west@trust.example",
    ],
)
def test_a_team_is_known_by_the_first_word_of_its_address(address):
    assert is_team_mailbox(address)


@pytest.mark.parametrize("address", ["pat.prevent@trust.example", "ada.infowoman@trust.example", "supporta@a.example"])
def test_a_person_whose_name_holds_such_a_word_is_no_team(address):
    assert not is_team_mailbox(address)


def test_a_private_mailbox_is_known_by_its_provider():
    assert is_private_mailbox("pat@GMAIL.com")
    assert not is_private_mailbox("pat@trust.example")


def test_a_domain_lets_in_what_stands_below_it_and_nothing_that_only_ends_alike():
    assert is_in_domains("pat@mail.trust.example", ["trust.example"])
    assert not is_in_domains("pat@nottrust.example", ["trust.example"])
    assert is_in_domains("pat@anywhere.example", [])
