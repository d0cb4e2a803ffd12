"""The SPOC directory: kept by the services themselves, told to their prisons, chased by the clock."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Organisation
from accounts.tests.factories import make_organisation, make_region, make_seat, sign_in
from continuity import directory, needs
from continuity.models import Area, Offer, SpocChange, SpocEntry
from continuity.tests.factories import (
    ENTRY,
    NOW,
    make_area,
    make_offer,
    make_prison,
    make_spoc,
    make_spoc_entry,
)
from journal.models import Event, Notice
from journal.refused import Refused
from returns import periodic
from returns.models import Release

pytestmark = pytest.mark.django_db
A_YEAR = timedelta(days=366)


def told(seat):
    return list(Notice.objects.filter(person_id=seat.person_id).order_by("id").values_list("subject", flat=True))


def test_the_feeder_prisons_are_told_of_every_change_and_others_are_not():
    spoc, prison, other = make_spoc(), make_prison(), make_prison()
    entry = make_spoc_entry(spoc, areas=[make_area()], prisons=[prison.organisation])

    make_spoc_entry(
        spoc, areas=entry.areas.all(), prisons=[prison.organisation], revision=1, phone="01632 960002", at=NOW
    )

    assert told(prison) == ["The contact details of Larkmoor Recovery have changed"] * 2
    assert told(other) == []


def test_a_prison_that_is_no_longer_named_is_told_as_well():
    spoc, prison = make_spoc(), make_prison()
    make_spoc_entry(spoc, areas=[make_area()], prisons=[prison.organisation])

    make_spoc_entry(spoc, prisons=[], revision=1)

    assert len(told(prison)) == 2


def test_the_history_keeps_who_when_and_what_before():
    spoc = make_spoc()
    make_spoc_entry(spoc, areas=[make_area("Larkmoor", "Y01B")])
    make_spoc_entry(spoc, areas=[make_area("Netherfen", "Y02B")], revision=1, phone="01632 960002", at=NOW)

    change = SpocChange.objects.get(revision=2)

    assert change.changes == {
        "phone": ["01632 960001", "01632 960002"],
        "areas": ["Larkmoor (Y01B)", "Netherfen (Y02B)"],
    }
    assert (change.by, change.at) == (spoc.person, NOW)
    assert Event.objects.get(act="SPOC entry changed").detail == {"revision": 2, "fields": ["areas", "phone"]}


def test_saving_without_a_change_confirms_and_tells_nobody():
    spoc, prison = make_spoc(), make_prison()
    make_spoc_entry(spoc, prisons=[prison.organisation])

    entry = make_spoc_entry(spoc, prisons=[prison.organisation], revision=1, at=NOW + A_YEAR)

    assert entry.revision == 1 and entry.confirmed_at == NOW + A_YEAR
    assert len(told(prison)) == 1


def test_nobody_overwrites_what_a_colleague_saved_since():
    spoc = make_spoc()
    make_spoc_entry(spoc)
    make_spoc_entry(spoc, revision=1, phone="01632 960002")

    with pytest.raises(Refused, match="Somebody else has changed this entry"):
        make_spoc_entry(spoc, revision=1, phone="01632 960003")

    assert SpocEntry.objects.get().phone == "01632 960002"


@pytest.mark.parametrize(("days", "unconfirmed"), [(365, False), (366, True)])
def test_an_entry_counts_as_confirmed_for_twelve_months(days, unconfirmed):
    assert directory.is_unconfirmed(NOW, NOW + timedelta(days=days)) is unconfirmed


def test_the_clock_chases_an_unconfirmed_entry_once_in_thirty_days():
    spoc, fresh = make_spoc(), make_spoc()
    make_spoc_entry(spoc)
    make_spoc_entry(fresh, at=NOW + A_YEAR)

    for days in (0, 1, 29, 31):
        periodic.each_minute(at=NOW + A_YEAR + timedelta(days=days))

    assert told(spoc) == ["Confirm your entry in the SPOC directory"] * 2
    assert told(fresh) == []
    assert Event.objects.filter(act="SPOC entry chased").count() == 2


def test_confirming_ends_the_chase():
    spoc = make_spoc()
    entry = make_spoc_entry(spoc)
    directory.chase_unconfirmed(at=NOW + A_YEAR)

    directory.confirm(entry, by=spoc, at=NOW + A_YEAR)

    assert directory.chase_unconfirmed(at=NOW + A_YEAR + timedelta(days=60)) == 0


def test_home_asks_for_an_entry_and_then_for_its_confirmation():
    spoc = make_spoc()
    assert [need.title for need in needs.of(spoc, NOW)] == ["Make your entry in the SPOC directory"]

    make_spoc_entry(spoc)

    assert needs.of(spoc, NOW) == []
    assert [need.title for need in needs.of(spoc, NOW + A_YEAR)] == ["Confirm your entry in the SPOC directory"]


@pytest.mark.parametrize("words", ["recovery", "sam cont", "netherf", "z77b", "high gate"])
def test_an_entry_is_found_by_service_person_area_code_or_prison(client, words):
    spoc = make_spoc()
    prison = make_prison(name="HMP High Gate health service")
    make_spoc_entry(spoc, areas=[make_area("Netherfen", "Z77B")], prisons=[prison.organisation])
    make_spoc_entry(make_spoc(), service="Somebody else", contact_person="Nobody", areas=[make_area("Elsewhere")])

    page = sign_in(client, prison).get(reverse("continuity:spoc_entries"), {"q": words}).text

    assert "Larkmoor Recovery" in page and "Somebody else" not in page


def test_a_spoc_makes_its_entry_on_the_page(client):
    spoc, area = make_spoc(), make_area()
    data = ENTRY | {"areas": [area.pk], "revision": 0}

    answer = sign_in(client, spoc).post(reverse("continuity:edit_spoc_entry"), data, follow=True)

    assert "Saved and confirmed." in answer.text
    assert SpocEntry.objects.get().organisation == spoc.organisation


def test_what_is_wrong_with_an_entry_is_said_on_the_page(client):
    data = ENTRY | {"phone": "ring me", "secure_email": "nobody", "revision": 0}

    page = sign_in(client, make_spoc()).post(reverse("continuity:edit_spoc_entry"), data).text

    assert "<title>Error: " in page
    for sentence in ("Enter a telephone number", "Enter an address with an @ in it.", "Choose at least one area."):
        assert sentence in page
    assert not SpocEntry.objects.exists()


def test_an_ordinary_mailbox_is_not_secure(client):
    data = ENTRY | {"secure_email": "spoc@gmail.com", "areas": [make_area().pk], "revision": 0}

    page = sign_in(client, make_spoc()).post(reverse("continuity:edit_spoc_entry"), data).text

    assert "This is an ordinary mailbox." in page
    assert not SpocEntry.objects.exists()


def test_an_address_as_a_browser_sends_it_is_no_change(client):
    spoc, prison, area = make_spoc(), make_prison(), make_area()
    make_spoc_entry(spoc, areas=[area], prisons=[prison.organisation])
    told = Notice.objects.count()
    data = ENTRY | {"address": "1 Mill Lane\r\nLarkmoor", "areas": [area.pk], "revision": 1}

    sign_in(client, spoc).post(
        reverse("continuity:edit_spoc_entry"), data | {"feeder_prisons": [prison.organisation_id]}
    )

    assert SpocChange.objects.count() == 1 and Notice.objects.count() == told
    assert Event.objects.last().act == "SPOC entry confirmed"


@pytest.fixture
def england():
    """A service with two areas and a prison in its region, and two areas and two prisons elsewhere."""
    here, there = make_region(), make_region()
    spoc = make_spoc(region=here)
    for region, names in ((here, ("Netherfen", "Overfen")), (there, ("Saltmarsh North", "Saltmarsh South"))):
        authority = make_organisation(kind="LOCAL_AUTHORITY", region=region, holds_contract=False)
        for name in names:
            make_area(name, local_authority=authority)
    make_prison(name="HMP Near", region=here)
    make_prison(name="HMP Saltings", region=there)
    make_prison(name="HMP Salt Hill", region=there)
    return spoc


def test_of_long_lists_those_of_the_region_are_shown_and_others_are_added_by_name(client, england):
    sign_in(client, england)
    page = client.get(reverse("continuity:edit_spoc_entry"))
    assert "Netherfen" in page.text and "HMP Near" in page.text
    assert "Saltmarsh" not in page.text and "HMP Salt" not in page.text
    data = ENTRY | {"revision": 0, "areas": [Area.objects.get(name="Netherfen").pk]}

    client.post(
        reverse("continuity:edit_spoc_entry"),
        data | {"more_areas": "saltmarsh south\n\n", "more_feeder_prisons": "saltings"},
    )

    entry = SpocEntry.objects.get()
    assert {area.name for area in entry.areas.all()} == {"Netherfen", "Saltmarsh South"}
    assert [prison.name for prison in entry.feeder_prisons.all()] == ["HMP Saltings"]
    shown = client.get(reverse("continuity:edit_spoc_entry")).text
    assert "Saltmarsh South" in shown and "HMP Saltings" in shown and "Saltmarsh North" not in shown


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"more_areas": "Saltmarsh"}, "“Saltmarsh” can mean Saltmarsh North"),
        ({"more_areas": "Nowhere"}, "“Nowhere” is not known here."),
        ({"more_feeder_prisons": "HMP Salt"}, "“HMP Salt” can mean"),
        ({}, "Choose at least one area."),
    ],
)
def test_a_name_that_means_none_or_several_is_asked_for_again(client, england, given, sentence):
    data = ENTRY | {"revision": 0} | given

    page = sign_in(client, england).post(reverse("continuity:edit_spoc_entry"), data)

    assert sentence in page.text
    assert not SpocEntry.objects.exists()


def test_a_code_or_what_the_page_writes_is_understood(client, england):
    area = Area.objects.get(name="Saltmarsh North")
    prison = Organisation.objects.get(name="HMP Salt Hill")
    data = ENTRY | {"revision": 0, "more_areas": area.dat_code.lower(), "more_feeder_prisons": str(prison)}

    sign_in(client, england).post(reverse("continuity:edit_spoc_entry"), data)

    entry = SpocEntry.objects.get()
    assert list(entry.areas.all()) == [area] and list(entry.feeder_prisons.all()) == [prison]


def test_the_directory_leaves_as_a_file_and_is_written_down(client):
    spoc = make_spoc()
    make_spoc_entry(spoc, areas=[make_area("Larkmoor", "Y01B")], hours="=1+1")

    answer = sign_in(client, spoc).post(reverse("continuity:spoc_download"))

    head, row = answer.content.decode("utf-8-sig").splitlines()[:2]
    assert head.startswith("organisation_code,service,contact_person")
    assert Release.objects.get(kind="SPOC directory").rows == 1
    assert "'=1+1" in answer.text and "Y01B" in answer.text and row.startswith(spoc.organisation.code)


def test_a_list_of_many_entries_asks_no_more_than_one_of_few(client, django_assert_num_queries):
    spoc, areas = make_spoc(), [make_area() for _ in range(3)]
    prisons = [make_prison().organisation for _ in range(2)]
    client = sign_in(client, spoc)

    def grow(number):
        for _ in range(number):
            make_spoc_entry(make_spoc(), areas=areas, prisons=prisons)

    def asked():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("continuity:spoc_entries")).status_code == 200
        return len(queries)

    grow(3)
    asked()
    few = asked()
    grow(30)

    assert asked() == few


def test_an_offer_says_what_is_and_what_is_not_offered(client):
    spoc = make_spoc()
    make_spoc_entry(spoc)
    make_offer(spoc, in_reach="Every Tuesday")

    page = sign_in(client, make_prison()).get(reverse("continuity:offer", args=[spoc.organisation.code])).text

    assert "Every Tuesday" in page and "Not offered" in page and "As at 2 March 2026" in page


def test_an_offer_was_not_checked_on_a_day_to_come(client):
    data = {"drop_in": "Mill Lane, mornings", "as_at_day": 1, "as_at_month": 3, "as_at_year": 2099}

    page = sign_in(client, make_spoc()).post(reverse("continuity:edit_offer"), data).text

    assert "Enter today or a day that has passed." in page and not Offer.objects.exists()


def test_an_offer_of_nothing_is_not_saved(client):
    data = {"as_at_day": 2, "as_at_month": 3, "as_at_year": 2026}

    page = sign_in(client, make_spoc()).post(reverse("continuity:edit_offer"), data).text

    assert "fill in at least one of the five" in page
    assert not Offer.objects.exists()


def test_who_has_nothing_to_do_with_continuity_sees_no_directory():
    lead = make_seat("PREVENT_OPERATIONAL_LEAD")

    assert sign_in(Client(), lead).get(reverse("continuity:spoc_entries")).status_code == 403


@pytest.mark.parametrize("sent", ["9" * 6000, "\u0661\u0662", "a"])
def test_what_is_no_area_is_asked_for_again(client, sent):
    page = sign_in(client, make_spoc()).post(reverse("continuity:edit_spoc_entry"), {"areas": [sent]})

    assert page.status_code == 200 and "There is a problem" in page.text
