"""A single point of contact passes rows on, with or without what its live referrals tell; the referrals stay its own."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import sign_in
from continuity import audits, referral_links, sheets
from continuity.models import LiveReferral, Referral, Sheet
from continuity.tests.audit_factories import AT, shared
from continuity.tests.factories import for_the_system, make_spoc
from continuity.tests.test_referral_links import refer, rows_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """Three rows, of the first two of which the service has a live referral; it answered the second one itself."""
    with for_the_system():
        world = shared(north=3, south=1)
        Sheet.objects.update(expires_on=timezone.localdate() + timedelta(days=1))
        world.other = make_spoc(name="Third service")
        sheets.assign(world.sheet_north, [rows_of(world)[0].uuid], world.other.organisation, by=world.north, at=AT)
        party = world.parties.get(organisation=world.other.organisation)
        audits.accept(party, revision=world.audit.revision, capacity=10, by=world.other, at=AT)
        first, second, _ = rows_of(world)
        for row in (first, second):
            world.live = refer(world, row)
        sheets.save_row(world.sheet_north, second.uuid, {"C01": "NO"}, [], revision=0, by=world.north, at=AT)
        yield world


def page_of(world):
    return sign_in(Client(), world.north).get(reverse("audits:assign", args=[world.sheet_north.submission.uuid]))


def give(world, **choice):
    """Passes all rows on; returns their answers, by their place on the sheet."""
    rows = [str(row.uuid) for row in rows_of(world)]
    address = reverse("audits:assign", args=[world.sheet_north.submission.uuid])
    given = {"service": world.other.organisation.pk, "rows": rows} | choice
    assert sign_in(Client(), world.north).post(address, given).status_code == 302
    passed = Referral.objects.filter(sheet__submission__subject=world.other.organisation).order_by("position")
    return [row.answers for row in passed]


def test_rows_go_as_they_are_unless_the_sender_says_otherwise(world):
    assert give(world) == [{}, {"C01": "NO"}, {}]


def test_what_referrals_tell_goes_along_where_nothing_was_answered_yet(world):
    first, second, third = give(world, with_referrals="on")

    assert first["C01"] == "YES" and first["C03"] == "SECURE_SYSTEM"
    assert second["C01"] == "NO" and "C03" not in second
    assert third == {}


def test_the_other_service_sees_the_answers_and_no_referral(world):
    give(world, with_referrals="on")
    row = Referral.objects.filter(sheet__submission__subject=world.other.organisation).order_by("position").first()
    client = sign_in(Client(), world.other)

    page = client.get(reverse("audits:row", args=[row.sheet.submission.uuid, row.uuid]))

    assert page.context["form"]["C01"].value() == "YES" and page.context["live"] is None
    assert not LiveReferral.objects.visible_to(world.other).exists()
    assert client.get(reverse("continuity:referral", args=[world.live.uuid])).status_code == 404
    ids = {"prison_id": world.prison.organisation_id, "service_id": world.other.organisation_id}
    assert referral_links.referrals_of([row], **ids) == {}


def test_it_is_asked_only_where_a_referral_tells_something(world):
    assert "Fill in what your live referrals tell" in page_of(world).content.decode()

    LiveReferral.objects.update(status=LiveReferral.Status.WITHDRAWN)

    assert "Fill in what your live referrals tell" not in page_of(world).content.decode()
