"""A service, or a prison, that tries to reach another's people: whatever it tries, they are not there."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_organisation, make_seat, sign_in
from continuity.models import Identity, Referral
from continuity.tests.audit_factories import Kind, shared
from continuity.tests.factories import make_prison, make_spoc
from journal.models import Event
from returns.models import Release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]


@pytest.fixture
def world():
    return shared(north=3, south=2)


def ways(world):
    """(method, address, data): each a way to the people of the northern service."""
    sheet = world.sheet_north.submission.uuid
    theirs = Referral.objects.filter(sheet=world.sheet_north).order_by("position")
    ours = world.sheet_south.submission.uuid
    for name in ("recall", "assign"):
        for method in ("get", "post"):
            yield method, reverse(f"audits:{name}", args=[sheet]), {}
    yield "get", reverse("audits:sheet", args=[sheet]), {}
    yield "post", reverse("audits:submit", args=[sheet]), {}
    for row in theirs:
        for where in (sheet, ours, uuid4()):
            address = reverse("audits:row", args=[where, row.uuid])
            yield "get", address, {}
            yield "post", address, {"C01": "YES", "revision": "0"}
            yield "post", reverse("audits:ask_query", args=[where, row.uuid]), {"column": "P03", "text": "Who is it?"}
        yield (
            "post",
            reverse("audits:assign", args=[sheet]),
            {"rows": str(row.uuid), "service": world.south.organisation_id},
        )
    for name in ("return", "check_answers", "history", "review", "workbook", "receipt", "sign_off", "take_back"):
        yield "get", reverse(f"returns:{name}", args=[sheet]), {}
    for name in ("explain", "send_for_sign_off", "decline", "sign_off", "take_back"):
        yield "post", reverse(f"returns:{name}", args=[sheet]), {}
    for number in (1, 2):
        yield "get", reverse("returns:version", args=[sheet, number]), {}
        yield "get", reverse("returns:version_download", args=[sheet, number]), {}
    for name in ("extract_list", "column_map", "audit_list", "extract_findings", "left_out", "sharing"):
        yield "get", reverse(f"audits:{name}", args=[world.audit.uuid]), {}
    for name in ("extract_rows", "ask_extract_findings"):
        yield "post", reverse(f"audits:{name}", args=[world.audit.uuid]), {}
    yield "get", reverse("audits:release", args=[world.audit.uuid, world.pair_north.pk]), {}
    for extract in world.audit.extracts.all():
        yield "get", reverse("audits:extract", args=[extract.uuid]), {}
        yield "post", reverse("audits:take_away", args=[extract.uuid]), {}
        yield "get", reverse("audits:extract_columns", args=[extract.uuid]), {}


def strangers(world):
    """Everybody who may not see these people, from the neighbour in the same audit to the administrator."""
    national = make_organisation(kind=Kind.OTHER, holds_contract=False)
    return {
        "the service next door": world.south,
        "a service elsewhere": make_spoc(),
        "a prison elsewhere": make_prison(),
        "a provider of another return": make_seat("PREVENT_OPERATIONAL_LEAD", make_organisation()),
        "the administrator": make_seat("NATIONAL_ADMINISTRATOR", national),
        "a facilitator": make_seat("CONTINUITY_FACILITATOR", national),
    }


def words_of(world):
    """What gives the northern people away: names, references, days of birth, row ids."""
    people = Identity.objects.filter(referral__sheet=world.sheet_north).select_related("referral")
    return [
        word
        for person in people
        for word in (person.first_name, person.surname, person.client_reference, str(person.referral.uuid))
    ]


def test_there_are_fifty_ways(world):
    assert len(set(map(str, ways(world)))) >= 50


@pytest.mark.parametrize("who", ["the service next door", "a service elsewhere", "a prison elsewhere"])
def test_no_way_leads_to_anothers_people(world, who):
    client = sign_in(Client(), strangers(world)[who])
    words, released = words_of(world), Release.objects.count()

    for method, address, data in ways(world):
        response = getattr(client, method)(address, data)
        body = response.content.decode()

        is_the_prisons = "/extract/" in address or "/sharing/" in address
        assert response.status_code == 404 or (is_the_prisons and response.status_code == 403), (method, address)
        assert not any(word in body for word in words), address

    assert Release.objects.count() == released
    assert not Referral.objects.filter(sheet=world.sheet_north).exclude(answers={}).exists()


@pytest.mark.parametrize("who", ["a provider of another return", "the administrator", "a facilitator"])
def test_who_knows_of_the_audit_sees_nobody_in_it(world, who):
    client = sign_in(Client(), strangers(world)[who])
    words = words_of(world)

    for method, address, data in ways(world):
        body = getattr(client, method)(address, data).content.decode()
        assert not any(word in body for word in words), address


def test_pages_that_list_things_hold_nothing_of_another(world):
    client = sign_in(Client(), world.south)
    words = [*words_of(world), "Northside"]
    name = Identity.objects.filter(referral__sheet=world.sheet_north).first().surname

    for address in (
        reverse("home"),
        reverse("returns:ours"),
        reverse("mailbox"),
        reverse("audits:audits"),
        reverse("accounts:organisations") + f"?q={name}",
        reverse("audits:audits") + f"?q={name}",
        reverse("audits:sheet", args=[world.sheet_south.submission.uuid]) + f"?page=2&q={name}",
    ):
        response = client.get(address)
        assert response.status_code == 200
        found = [
            word
            for word in words
            if word in response.content.decode().replace(f"q={name}", "").replace(f'value="{name}"', "")
        ]
        assert not found, (address, found)


def test_the_page_of_the_audit_counts_ones_own_rows_alone(world):
    body = sign_in(Client(), world.south).get(reverse("audits:audit", args=[world.audit.uuid])).content.decode()

    assert "2 rows" in body and "3 rows" not in body and "5 on the audit list" not in body


def test_an_error_says_nothing_about_what_is_there(world):
    client = sign_in(Client(), world.south)
    sheet = world.sheet_north.submission.uuid
    row = Referral.objects.filter(sheet=world.sheet_north).first().uuid

    there, nowhere = (client.get(reverse("audits:row", args=ids)) for ids in ((sheet, row), (uuid4(), uuid4())))

    said = [re.sub(r'value="[^"]*"', "", response.content.decode()) for response in (there, nowhere)]
    assert said[0] == said[1]


def test_the_log_says_who_looked_at_whose_rows(world):
    row = Referral.objects.filter(sheet=world.sheet_north).first()
    client = sign_in(Client(), world.north)
    client.get(reverse("audits:sheet", args=[world.sheet_north.submission.uuid]))
    client.get(reverse("audits:row", args=[world.sheet_north.submission.uuid, row.uuid]))

    acts = Event.objects.filter(actor_id=world.north.person_id, act__in=["sheet read", "row read"])
    assert list(acts.order_by("id").values_list("act", "detail")) == [
        ("sheet read", {"rows": 3}),
        ("row read", {"rows": 1}),
    ]
