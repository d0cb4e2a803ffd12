"""Referral protocols: both sides agree to the same words, and a change ends both agreements."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse

from accounts.models import Organisation
from accounts.tests.factories import make_organisation, make_region, make_seat, sign_in
from continuity import needs, protocols
from continuity.minimum_content import ALWAYS
from continuity.models import Protocol
from continuity.tests.factories import (
    NOW,
    make_area,
    make_prison,
    make_protocol,
    make_spoc,
    make_spoc_entry,
    terms,
)
from journal.models import Event, Notice
from journal.refused import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def pathway():
    prison, spoc, area = make_prison(), make_spoc(), make_area()
    make_spoc_entry(spoc, areas=[area])
    return prison, spoc, area


def told(seat):
    return list(Notice.objects.filter(person_id=seat.person_id).order_by("id").values_list("subject", flat=True))


def test_a_protocol_counts_when_both_sides_have_agreed(pathway):
    prison, spoc, _ = pathway
    protocol = make_protocol(*pathway)
    assert not protocol.is_agreed and protocol.lacks("service") and not protocol.lacks("prison")

    protocol = protocols.agree(protocol, revision=1, by=spoc, at=NOW + timedelta(days=1))

    assert protocol.is_agreed and protocol.agreed_at == NOW + timedelta(days=1)
    assert Protocol.objects.agreed().count() == 1
    assert "waits for you" in told(spoc)[0] and "is agreed" in told(prison)[0]
    assert list(Event.objects.filter(subject_type="protocol").order_by("id").values_list("act", flat=True)) == [
        "protocol proposed",
        "protocol agreed",
    ]


def test_a_change_ends_both_agreements_and_is_agreed_by_who_made_it(pathway):
    prison, spoc, _ = pathway
    protocol = make_protocol(*pathway, agreed=True)

    protocol = protocols.change(protocol, terms(acknowledge_days=1), revision=1, by=spoc, at=NOW)

    assert (protocol.revision, protocol.acknowledge_days) == (2, 1)
    assert protocol.lacks("prison") and not protocol.lacks("service") and not protocol.is_agreed
    assert "has changed and waits for you" in told(prison)[-1]


def test_nobody_agrees_to_words_that_were_not_shown(pathway):
    prison, spoc, _ = pathway
    protocol = make_protocol(*pathway)
    protocols.change(protocol, terms(acknowledge_days=1), revision=1, by=prison, at=NOW)

    with pytest.raises(Refused, match="changed this protocol since"):
        protocols.agree(protocol, revision=1, by=spoc, at=NOW)


def test_who_has_agreed_cannot_agree_again(pathway):
    protocol = make_protocol(*pathway)

    with pytest.raises(Refused, match="agreed to this protocol already"):
        protocols.agree(protocol, revision=1, by=pathway[0], at=NOW)


def test_changing_nothing_is_refused_so_that_no_agreement_ends(pathway):
    protocol = make_protocol(*pathway, agreed=True)

    with pytest.raises(Refused, match="You have changed nothing"):
        protocols.change(protocol, terms(), revision=1, by=pathway[1], at=NOW)


def test_the_minimum_of_the_guidance_belongs_to_every_protocol(pathway):
    protocol = make_protocol(*pathway, minimum_content=["LICENCE"])

    assert protocol.minimum_content == [*ALWAYS, "LICENCE"]


def test_a_prison_and_an_area_have_one_protocol(pathway):
    make_protocol(*pathway)

    with pytest.raises(Refused, match="already"):
        make_protocol(*pathway)


@pytest.mark.parametrize("days", [0, 11])
def test_the_days_to_acknowledge_have_a_bound(pathway, days):
    with pytest.raises(IntegrityError):
        make_protocol(*pathway, acknowledge_days=days)


def test_who_is_on_the_pathway_sees_the_protocol_and_nobody_else():
    region, authority = make_region(), make_organisation(kind=Organisation.Kind.LOCAL_AUTHORITY)
    prison, spoc, area = make_prison(region=region), make_spoc(), make_area(local_authority=authority)
    make_spoc_entry(spoc, areas=[area])
    make_protocol(prison, spoc, area)
    national = make_organisation(kind=Organisation.Kind.OTHER)
    sees = [
        prison,
        spoc,
        make_seat("CONTINUITY_LA_COMMISSIONER", authority),
        make_seat("CONTINUITY_ANALYSIS_LEAD", authority),
        make_seat("CONTINUITY_SECURE_COMMISSIONER", region),
        make_seat("CONTINUITY_SECURE_COMMISSIONER", national),
        make_seat("NATIONAL_ADMINISTRATOR", national),
    ]
    does_not = [
        make_prison(),
        make_spoc(),
        make_seat("CONTINUITY_LA_COMMISSIONER", make_organisation(kind=Organisation.Kind.LOCAL_AUTHORITY)),
        make_seat("CONTINUITY_SECURE_COMMISSIONER", make_region()),
        make_seat("CONTINUITY_ANALYSIS_LEAD", national),
        make_seat("CONTINUITY_FACILITATOR", national),
        make_seat("PREVENT_REGIONAL_VIEWER", region),
        None,
    ]

    assert [Protocol.objects.visible_to(seat).count() for seat in sees] == [1] * len(sees)
    assert [Protocol.objects.visible_to(seat).count() for seat in does_not] == [0] * len(does_not)


def test_home_asks_for_agreement_and_later_for_the_review(pathway):
    prison, spoc, _ = pathway
    protocol = make_protocol(*pathway)
    assert [need.words for need in needs.of(spoc, NOW)] == ["Waits for you"]
    assert needs.of(prison, NOW) == []

    protocols.agree(protocol, revision=1, by=spoc, at=NOW)

    assert needs.of(spoc, NOW) == []
    assert [need.words for need in needs.of(prison, NOW + timedelta(days=181))] == ["Review is due"]


ON_THE_PAGE = {
    "channel": "CJSM",
    "acknowledge_days": "3",
    "changes": "By telephone.",
    "review_on_day": "1",
    "review_on_month": "3",
    "review_on_year": "2099",
}


@pytest.mark.parametrize("proposer", ["prison", "service"])
def test_either_side_proposes_on_the_page(client, pathway, proposer):
    prison, spoc, area = pathway
    seat, other = (prison, spoc) if proposer == "prison" else (spoc, prison)
    data = ON_THE_PAGE | {"other_side": other.organisation.pk, "area": area.pk, "revision": 0}

    page = sign_in(client, seat).post(reverse("continuity:propose_protocol"), data, follow=True)

    protocol = Protocol.objects.get()
    assert "Proposed." in page.text
    assert (protocol.prison, protocol.service, protocol.area) == (prison.organisation, spoc.organisation, area)
    assert protocol.lacks("service" if proposer == "prison" else "prison")


def test_an_area_that_the_service_does_not_serve_is_refused(client, pathway):
    prison, spoc, _ = pathway
    elsewhere = make_area("Netherfen")
    make_spoc_entry(make_spoc(), areas=[elsewhere])
    data = ON_THE_PAGE | {"other_side": spoc.organisation.pk, "area": elsewhere.pk, "revision": 0}

    page = sign_in(client, prison).post(reverse("continuity:propose_protocol"), data)

    assert "does not serve Netherfen" in page.text and not Protocol.objects.exists()


def test_a_side_agrees_on_the_page(client, pathway):
    protocol = make_protocol(*pathway)

    page = sign_in(client, pathway[1]).post(
        reverse("continuity:agree_protocol", args=[protocol.uuid]), {"revision": "1"}, follow=True
    )

    assert "Your side agrees" in page.text and Protocol.objects.get().is_agreed


def test_nobody_agrees_to_a_revision_that_cannot_be(client, pathway):
    protocol = make_protocol(*pathway)

    page = sign_in(client, pathway[1]).post(
        reverse("continuity:agree_protocol", args=[protocol.uuid]), {"revision": "9" * 5000}, follow=True
    )

    assert page.status_code == 200 and not Protocol.objects.get().is_agreed
