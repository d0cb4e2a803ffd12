"""Setting an audit up, and what everybody has to agree to before anything is extracted."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_organisation, make_seat, sign_in
from continuity import audits
from continuity.models import Audit, Party
from continuity.tests.audit_factories import (
    AT,
    DUE_ON,
    ENDS,
    PDF,
    STARTS,
    Kind,
    accept_everything,
    agree,
    client,
    make_audit,
    upload,
)
from continuity.tests.factories import make_area, make_prison, make_spoc
from journal.models import Event, Notice
from journal.refused import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]


def terms(world, **changes):
    given = {
        "title": "Larkmoor audit",
        "aims": "Find out.",
        "starts": STARTS,
        "ends": ENDS,
        "due_on": DUE_ON,
        "analysis_lead": world.audit.analysis_lead,
    }
    return given | changes


def test_pairs_bring_their_parties():
    world = make_audit()

    assert [(party.organisation.name, party.part) for party in world.parties.select_related("organisation")] == [
        ("Larkmoor Council", "LA_COMMISSIONER"),
        ("Prison health", "PRISON"),
        ("Northside", "COMMUNITY"),
        ("Southside", "COMMUNITY"),
    ]


@pytest.mark.parametrize("prisons", [1, 2])
@pytest.mark.parametrize("areas", [1, 3])
def test_one_or_many_prisons_go_with_one_or_many_areas(prisons, areas):
    world = make_audit()
    for pair in list(world.audit.pairs.all()):
        audits.remove_pair(world.audit, pair, by=world.commissioner, at=AT)

    chosen = [make_prison().organisation for _ in range(prisons)]
    for area in [make_area() for _ in range(areas)]:
        service = make_spoc().organisation
        for prison in chosen:
            options = {"area": area, "service": service, "expected": None, "by": world.commissioner, "at": AT}
            audits.add_pair(world.audit, prison=prison, **options)

    assert world.parties.filter(part="PRISON").count() == prisons
    assert world.parties.filter(part="COMMUNITY").count() == areas


def test_nobody_knows_of_an_audit_before_being_invited():
    world = make_audit()
    assert not Audit.objects.visible_to(world.prison).exists()

    audits.invite(world.audit, by=world.commissioner, at=AT)

    assert Audit.objects.visible_to(world.prison).get() == world.audit
    assert not Audit.objects.visible_to(make_prison()).exists()
    assert Notice.objects.filter(person_id=world.prison.person_id).exists()


def test_nothing_is_extracted_before_everybody_has_accepted():
    world = make_audit()
    audits.invite(world.audit, by=world.commissioner, at=AT)

    with pytest.raises(Refused, match="Still to accept: Northside, Prison health, Southside"):
        upload(world, [client(world.pair_north.area)])

    assert upload(accept_everything(world), [client(world.pair_north.area)]).was_read


def test_changed_terms_are_accepted_once_more():
    world = accept_everything(make_audit())
    assert audits.waiting_for(world.reload()) == []

    audits.change_terms(world.audit, **terms(world, aims="Find out more."), by=world.commissioner, at=AT)

    assert {party.part for party in audits.waiting_for(world.reload())} == {"PRISON", "COMMUNITY"}


def test_the_period_stays_once_an_extract_was_chosen_by_it():
    world = accept_everything(make_audit())
    upload(world, [client(world.pair_north.area)])

    with pytest.raises(Refused, match="cannot change"):
        audits.change_terms(world.audit, **terms(world, ends=ENDS - timedelta(days=1)), by=world.commissioner, at=AT)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ends": STARTS - timedelta(days=1)}, "ends before it starts"),
        ({"ends": STARTS + timedelta(days=400)}, "a year at most"),
        ({"due_on": ENDS}, "due after the last day"),
    ],
)
def test_dates_follow_one_another(changes, says):
    world = make_audit()

    with pytest.raises(Refused, match=says):
        audits.change_terms(world.audit, **terms(world, **changes), by=world.commissioner, at=AT)


def test_a_service_says_what_it_can_do_and_a_shorter_period_is_proposed():
    world = make_audit()
    audits.invite(world.audit, by=world.commissioner, at=AT)
    party = world.parties.get(organisation=world.north.organisation)

    with pytest.raises(Refused, match="how many"):
        audits.accept(party, revision=world.audit.revision, capacity=None, by=world.north, at=AT)
    audits.accept(party, revision=world.audit.revision, capacity=10, by=world.north, at=AT)

    days = (ENDS - STARTS).days + 1
    until = STARTS + timedelta(days=days // 2 - 1)
    assert audits.proposals(world.audit) == [(world.north.organisation, 20, 10, until)]
    web = sign_in(Client(), world.commissioner)
    page = web.get(reverse("audits:pairs", args=[world.audit.uuid])).text
    assert f"?ends={until}" in page
    terms = web.get(reverse("audits:terms", args=[world.audit.uuid]), {"ends": until.isoformat()})
    assert terms.context["form"].initial["ends"] == until


def test_nobody_accepts_terms_that_changed_while_they_were_read():
    world = make_audit()
    audits.invite(world.audit, by=world.commissioner, at=AT)
    party, shown = world.parties.get(organisation=world.prison.organisation), world.reload().revision
    audits.change_terms(world.audit, **terms(world, aims="Something else."), by=world.commissioner, at=AT)

    with pytest.raises(Refused, match="have changed since you opened"):
        audits.accept(party, revision=shown, by=world.prison, at=AT)

    assert party in audits.waiting_for(world.reload())


def test_a_meeting_is_written_down_when_it_was_held():
    world = make_audit()
    meeting = {
        "kind": "SET_UP",
        "people": "All",
        "topics": "Faxes",
        "decisions": "",
        "by": world.commissioner,
        "at": AT,
    }

    with pytest.raises(Refused, match="has not come yet"):
        audits.record_meeting(world.audit, held_on=AT.date() + timedelta(days=1), **meeting)


def test_who_does_not_accept_says_why_and_the_commissioner_hears_of_it():
    world = make_audit()
    audits.invite(world.audit, by=world.commissioner, at=AT)
    party = world.parties.get(part="PRISON")

    audits.decline(party, reason="Six months are too long.", by=world.prison, at=AT)

    assert Party.objects.get(pk=party.pk).declined_because == "Six months are too long."
    assert Notice.objects.filter(person_id=world.commissioner.person_id, subject__contains="not accepted").exists()


def test_a_facilitator_joins_without_being_asked():
    world = make_audit()
    helper = make_seat("CONTINUITY_FACILITATOR", make_organisation(kind=Kind.OTHER, holds_contract=False))

    audits.add_party(world.audit, organisation=helper.organisation, part="FACILITATOR", by=world.commissioner, at=AT)
    audits.invite(world.audit, by=world.commissioner, at=AT)

    assert helper.organisation not in [party.organisation for party in audits.waiting_for(world.audit)]
    assert Audit.objects.visible_to(helper).exists()


def test_only_a_document_is_kept_as_the_agreement():
    world = make_audit()
    options = {"agreed_on": AT.date(), "parties": "All", "by": world.commissioner, "at": AT}

    with pytest.raises(Refused, match="must be"):
        audits.record_agreement(world.audit, uploaded=SimpleUploadedFile("a.pdf", b"<html>"), **options)
    with pytest.raises(Refused, match="has not come yet"):
        later = options | {"agreed_on": date(2030, 1, 1)}
        audits.record_agreement(world.audit, uploaded=SimpleUploadedFile("a.pdf", PDF), **later)
    agree(world)

    assert audits.agreement_of(world.audit).name == "agreement.pdf"


def test_each_topic_is_noted_once_and_again():
    world = make_audit()
    note = {"text": "By fax.", "owner": "Ola", "agreed_change": "By secure email."}

    audits.note_topic(world.audit, 1, **note, by=world.commissioner, at=AT)
    audits.note_topic(world.audit, 1, **note | {"text": "By post."}, by=world.commissioner, at=AT)

    assert [(topic.number, topic.text) for topic in audits.topics_of(world.audit)][:2] == [(1, "By post."), (2, "")]
    assert len(audits.topics_of(world.audit)) == 10


def test_every_act_leaves_an_event_without_anybodys_words():
    world = accept_everything(make_audit())

    acts = set(Event.objects.filter(subject_id=str(world.audit.uuid)).values_list("act", flat=True))

    assert {"audit set up", "audit pair added", "audit parties invited", "audit accepted"} <= acts
    assert "Larkmoor" not in str(list(Event.objects.values_list("detail", flat=True)))
