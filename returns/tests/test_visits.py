"""Quality visits: written down by the commissioner, seen by the provider, with findings, report and actions."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_commissioner, make_organisation, make_seat, sign_in
from journal.models import Event, Notice
from returns import permissions, visits
from returns.models import Action, Attachment, Visit
from returns.tests.dealings import a_pdf, a_program, make_action, make_visit
from returns.tests.factories import make_world, reload, submit_and_check
from returns.visits import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = make_world()
    submit_and_check(world)
    return world


def given(**changes):
    day = changes.pop("day", timezone.localdate())
    parts = {"visited_on_day": day.day, "visited_on_month": day.month, "visited_on_year": day.year}
    return parts | {"people": "Rae and Ola", "looked_at": "Two wards", "findings": ""} | changes


def test_the_provider_is_told_and_sees_it(client, world):
    visit = make_visit(world)

    told = Notice.objects.filter(link=reverse("returns:visit", args=[visit.uuid]))
    assert {notice.membership_id for notice in told} == {world.lead.pk, world.submitter.pk, world.signer.pk}
    page = sign_in(client, world.lead).get(reverse("returns:visit", args=[visit.uuid])).text
    for words in ("The records agree with the return.", "Training records of two wards.", "report.pdf"):
        assert words in page
    assert Event.objects.filter(act="visit recorded", subject_id=str(visit.uuid)).exists()


def test_others_do_not_know_of_it(client, world):
    visit = make_visit(world)

    for stranger in (
        make_seat("PREVENT_OPERATIONAL_LEAD", make_organisation()),
        make_seat("PREVENT_COMMISSIONER_LEAD", make_commissioner()),
    ):
        assert sign_in(client, stranger).get(reverse("returns:visit", args=[visit.uuid])).status_code == 404


def test_findings_come_later_and_are_not_emptied(world):
    visit = make_visit(world, findings="", report=None)
    about = {name: getattr(visit, name) for name in ("visited_on", "people", "looked_at")}

    visits.change(visit, **about, findings="All good.", by=world.reviewer, at=timezone.now())

    told = Notice.objects.filter(link=reverse("returns:visit", args=[visit.uuid]), subject__endswith="has its findings")
    assert told.count() == 3
    with pytest.raises(Refused, match="cannot be emptied"):
        visits.change(visit, **about, findings="", by=world.reviewer, at=timezone.now())


def test_a_visit_is_written_down_on_the_page_with_its_report(client, world):
    sign_in(client, world.reviewer)
    address = reverse("returns:record_visit", args=[world.submission.uuid])

    assert "Enter who took part." in client.post(address, given(people="")).text
    assert "This file must be" in client.post(address, given(report=a_program())).text
    assert not Visit.objects.exists()
    page = client.post(
        address, given(report=a_pdf("visit.pdf"), day=timezone.localdate() + timedelta(days=9)), follow=True
    )

    assert "Planned" in page.text
    assert Attachment.objects.get().visit == Visit.objects.get()


def test_an_action_follows_from_a_visit(client, world):
    visit = make_visit(world)
    page = sign_in(client, world.reviewer).get(reverse("returns:visit", args=[visit.uuid])).text
    address = reverse("returns:add_action", args=[world.submission.uuid]) + f"?about=visit:{visit.uuid}"
    assert address in page
    assert f'value="visit:{visit.uuid}" selected' in client.get(address).text

    action = make_action(world)
    Action.objects.update(visit=visit)

    assert action.title in client.get(reverse("returns:visit", args=[visit.uuid])).text
    assert "A quality visit" in client.get(reverse("returns:action", args=[action.uuid])).text


@pytest.mark.parametrize(
    ("role", "records"),
    [
        ("PREVENT_COMMISSIONER_LEAD", True),
        ("PREVENT_REVIEWER", True),
        ("PREVENT_COMMISSIONER_VIEWER", False),
    ],
)
def test_leads_and_reviewers_write_visits_down(world, role, records):
    visit = make_visit(world)
    seat, stranger = make_seat(role, world.commissioner), make_seat(role, make_commissioner())

    assert permissions.can_record_visit(seat, reload(world.submission)) is records
    assert permissions.can_change_visit(seat, visit) is records
    assert not permissions.can_change_visit(stranger, visit)
    assert not permissions.can_record_visit(world.lead, reload(world.submission))
