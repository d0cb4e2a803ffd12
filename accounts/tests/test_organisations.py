from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import organisations
from accounts.models import Organisation, OrganisationLink, Trait
from accounts.tests.factories import (
    make_commissioner,
    make_link,
    make_organisation,
    make_region,
    make_seat,
    make_trait,
    sign_in,
)
from journal.refused import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def national():
    return make_seat("NATIONAL_ADMINISTRATOR", make_organisation(kind="OTHER"))


@pytest.fixture
def said(national):
    return {"source": "contract register", "by": national, "at": timezone.now()}


def commissioner_on(provider, day):
    return OrganisationLink.objects.lead_commissioners().on(day).get(from_organisation=provider).to_organisation


def test_naming_a_lead_commissioner_ends_the_one_before_on_that_day(said):
    provider, old, new = make_organisation(), make_commissioner(), make_commissioner()
    make_link(provider, old)

    organisations.set_lead_commissioner(provider, new, since=date(2025, 4, 1), **said)

    assert commissioner_on(provider, date(2025, 3, 31)) == old
    assert commissioner_on(provider, date(2025, 4, 1)) == new


def test_naming_another_from_the_same_day_corrects_the_entry(said):
    provider, wrong, right = make_organisation(), make_commissioner(), make_commissioner()
    make_link(provider, wrong, since=date(2025, 4, 1))

    organisations.set_lead_commissioner(provider, right, since=date(2025, 4, 1), **said)

    assert commissioner_on(provider, date(2025, 4, 1)) == right


def test_an_entry_that_begins_later_stands_in_the_way(said):
    provider, one, other = make_organisation(), make_commissioner(), make_commissioner()
    make_link(provider, one, since=date(2026, 4, 1))

    with pytest.raises(Refused, match="later day"):
        organisations.set_lead_commissioner(provider, other, since=date(2025, 4, 1), **said)


def test_only_a_commissioner_commissions(said):
    with pytest.raises(Refused, match="no commissioner"):
        organisations.set_lead_commissioner(make_organisation(), make_organisation(), since=date(2025, 4, 1), **said)


def test_the_database_holds_one_lead_commissioner_at_a_time():
    provider = make_organisation()
    make_link(provider, make_commissioner())

    with pytest.raises(IntegrityError, match="one_lead_commissioner_at_a_time"), transaction.atomic():
        make_link(provider, make_commissioner(), since=date(2025, 1, 1))


def test_a_trait_is_written_down_once_at_a_time_and_ends_on_a_day(said):
    provider = make_organisation()
    row = organisations.set_trait(provider, Trait.MENTAL_HEALTH_PROVIDER, since=date(2024, 4, 1), **said)
    with pytest.raises(Refused, match="already"):
        organisations.set_trait(provider, Trait.MENTAL_HEALTH_PROVIDER, since=date(2025, 4, 1), **said)

    organisations.end_trait(row, on=date(2025, 4, 1), by=said["by"], at=said["at"])

    assert organisations.set_trait(provider, Trait.MENTAL_HEALTH_PROVIDER, since=date(2025, 4, 1), **said)


def test_the_database_knows_an_organisation_by_a_plain_code():
    with pytest.raises(IntegrityError, match="organisation_code_is_plain"), transaction.atomic():
        make_organisation("zz 1")


# Pages


def test_a_page_shows_what_holds_on_the_day_asked_for(client, national):
    provider = make_organisation(holds_contract=False)
    make_trait(provider, Trait.MENTAL_HEALTH_PROVIDER, since=date(2024, 4, 1), until=date(2025, 4, 1))
    sign_in(client, national)
    address = reverse("accounts:organisation", args=[provider.code])

    assert client.get(address, {"on": "2024-12-31"}).context["traits"]
    assert not client.get(address, {"on": "2025-04-01"}).context["traits"]
    assert client.get(address, {"on": "nonsense"}).status_code == 200
    assert client.get(address, {"on": "2025-99-99"}).status_code == 200


def test_the_page_that_ends_a_trait_quotes_it(client, national):
    row = make_trait(make_organisation(holds_contract=False), Trait.HOLDS_NHS_STANDARD_CONTRACT)
    sign_in(client, national)

    page = client.get(reverse("accounts:end_trait", args=[row.pk]))

    assert f"End “{Trait.HOLDS_NHS_STANDARD_CONTRACT.label}”" in page.text


@pytest.mark.parametrize(
    ("route", "given"),
    [
        ("set_trait", {"trait": "PREVENT_PRIORITY_AREA", "since": "2025-04-01", "source": "Home Office list"}),
        ("set_email_domains", {"domains": "trust.example"}),
    ],
)
def test_the_national_administrator_keeps_organisations_by_forms(client, national, route, given):
    provider = make_organisation()
    sign_in(client, national)

    response = client.post(reverse(f"accounts:{route}", args=[provider.code]), given | {"seat": national.pk})

    assert response.url == reverse("accounts:organisation", args=[provider.code])


def test_the_lead_commissioner_is_named_by_a_form(client, national):
    provider, commissioner = make_organisation(), make_commissioner()
    sign_in(client, national)
    given = {"commissioner": commissioner.pk, "since": "2025-04-01", "source": "contract register"}

    client.post(reverse("accounts:set_lead_commissioner", args=[provider.code]), given)

    assert commissioner_on(provider, date(2025, 4, 1)) == commissioner


def test_a_form_says_what_is_missing(client, national):
    sign_in(client, national)

    response = client.post(reverse("accounts:set_trait", args=[make_organisation().code]), {"since": "31.2."})

    assert "Error:" in response.text
    assert "enter a real day" in response.text


def test_nobody_else_keeps_organisations(client):
    seat = make_seat("USER_ADMINISTRATOR")
    sign_in(client, seat)

    for route in ("set_trait", "set_lead_commissioner", "set_email_domains"):
        assert client.get(reverse(f"accounts:{route}", args=[seat.organisation.code])).status_code == 403


def test_a_seat_sees_its_own_organisation_and_those_whose_returns_reach_it():
    region = make_region()
    provider, stranger = make_organisation(region=region), make_organisation()
    commissioner = make_commissioner()
    make_link(provider, commissioner)

    def seen(role, organisation):
        return set(Organisation.objects.visible_to(make_seat(role, organisation)))

    assert seen("PREVENT_EDITOR", provider) == {provider}
    assert seen("PREVENT_REVIEWER", commissioner) == {commissioner, provider}
    assert seen("PREVENT_REGIONAL_VIEWER", region) == {region, provider}
    assert stranger in seen("NATIONAL_ADMINISTRATOR", commissioner)
    assert not Organisation.objects.visible_to(None)


def test_organisations_are_found_by_a_part_of_the_name_or_the_start_of_the_code(client, national):
    make_organisation("ZQ1", name="Invented Clinic")
    sign_in(client, national)

    for words in ("vented cl", "zq"):
        assert "Invented Clinic" in client.get(reverse("accounts:organisations"), {"q": words}).text
    assert "No organisation matches" in client.get(reverse("accounts:organisations"), {"q": "nowhere"}).text


@pytest.mark.parametrize(
    "route", ["me", "my_activity", "seats", "roles", "organisations", "people", "sdcs_registration"]
)
def test_every_page_without_a_subject_opens(client, national, route):
    sign_in(client, national)

    response = client.get(reverse(f"accounts:{route}"))

    assert response.status_code == 200
    assert response.text.count("<h1") == 1
