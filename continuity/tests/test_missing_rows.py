"""A row that a later extract lacks stays, is named to its prison with what becomes of it, and shows to its service."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import sign_in
from continuity import missing_rows, sheets
from continuity.models import Referral
from continuity.tests.audit_factories import AT, EXPIRES_ON, accept_everything, agree, client, make_audit, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]


@pytest.fixture
def world():
    """Four releases of which the newest extract lacks three: one on a sheet, one without consent, one left out."""
    world = agree(accept_everything(make_audit()))
    north = world.pair_north.area
    stays, shared, held_back, left_out = (
        client(north, 1),
        client(north, 2),
        client(north, 3, P24="No"),
        client(north, 4, P12="Died"),
    )
    upload(world, [stays, shared, held_back, left_out])
    world.sheet_north = sheets.release(world.pair_north, expires_on=EXPIRES_ON, by=world.prison, at=AT)
    upload(world, [stays])
    world.rows = [stays, shared, held_back, left_out]
    return world


def page_of(world):
    return sign_in(Client(), world.prison).get(reverse("audits:missing_rows", args=[world.audit.uuid]))


def test_the_prison_sees_each_row_and_what_becomes_of_it(world):
    found = {row.identity.surname: row.becomes for row in page_of(world).context["page"]}

    assert found == {
        "Family2": "It stays on the sheet of Northside, who sees that it is no longer in your extract.",
        "Family3": "It is held back: there is no consent to share it with Northside.",
        "Family4": "It stays off the audit list.",
    }


def test_what_becomes_of_a_row_that_is_not_shared_yet_is_said(world):
    upload(world, [*world.rows, client(world.pair_north.area, 5)])
    upload(world, world.rows)

    (row,) = page_of(world).context["page"]

    assert row.becomes == "It stays on the audit list, and goes to Northside when you share the sheet."


def test_a_row_that_is_in_the_file_again_is_missing_no_more(world):
    upload(world, world.rows)

    assert not missing_rows.missing_of(world.audit, world.prison.organisation).exists()
    assert "holds every row" in page_of(world).content.decode()


def test_the_extract_leads_to_the_list(world):
    address = reverse("audits:missing_rows", args=[world.audit.uuid])
    signed_in = sign_in(Client(), world.prison)

    for page in (
        reverse("audits:extract_list", args=[world.audit.uuid]),
        reverse("audits:extract", args=[world.audit.extracts.order_by("-number").first().uuid]),
    ):
        assert address in signed_in.get(page).content.decode()


def test_the_service_sees_which_row_is_no_longer_in_the_extract(world):
    sheet, signed_in = world.sheet_north, sign_in(Client(), world.north)

    page = signed_in.get(reverse("audits:sheet", args=[sheet.submission.uuid]))

    marked = {row.identity.surname: row.is_missing for row in page.context["page"]}
    assert marked == {"Family1": False, "Family2": True}
    assert page.content.decode().count("No longer in the prison’s extract") == 1
    row = Referral.objects.get(sheet=sheet, identity__surname="Family2")
    page = signed_in.get(reverse("audits:row", args=[sheet.submission.uuid, row.uuid]))
    assert "does not hold this row any more" in page.content.decode()
