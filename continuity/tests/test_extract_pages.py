"""What a prison sees of its extract: how it was read, what is left out, what the rules say of it."""

import pytest
from django.urls import reverse

from accounts.tests.factories import sign_in
from continuity import extracts, sheets
from continuity.audit_forms import ColumnsForm
from continuity.models import Extract
from continuity.tests.audit_factories import AT, accept_everything, client, csv_of, make_audit, shared, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]

NAMED = {id: id for id in client("A10B")}


@pytest.fixture
def world():
    return accept_everything(make_audit())


@pytest.fixture
def at_the_prison(world, client):
    return sign_in(client, world.prison)


def of_audit(name, world):
    return reverse(f"audits:{name}", args=[world.audit.uuid])


def chosen(page, **columns):
    """The page's form filled in: heading (with _ for a blank) = column id."""
    wanted = {heading.replace("_", " "): id for heading, id in columns.items()}
    form = page.context["form"]
    return {name: wanted.get(heading, form.fields[name].initial) for name, heading in form.headings.items()}


def test_a_heading_that_was_not_understood_stands_on_the_page_of_the_extract(world, at_the_prison):
    extract = upload(world, [client(world.pair_north.area) | {"x": "1"}], headings=NAMED | {"x": "Wing"})

    page = at_the_prison.get(reverse("audits:extract", args=[extract.uuid])).content.decode()

    assert "Headings that were not understood" in page and "Wing" in page
    assert of_audit("column_map", world) in page


def test_a_cell_that_counts_as_empty_is_named_on_the_page_of_the_extract(world, at_the_prison):
    extract = upload(world, [client(world.pair_north.area, P04="Not known")])

    page = at_the_prison.get(reverse("audits:extract", args=[extract.uuid])).content.decode()

    assert "Row 2, column “Sex”: Sex cannot be “Not known”." in page


def test_the_audit_leads_its_prison_to_sharing_and_says_how_many_rows_wait(world, at_the_prison):
    page = of_audit("audit", world)
    assert "Share the sheets" not in at_the_prison.get(page).content.decode()
    upload(
        world, [client(world.pair_north.area), client(world.pair_south.area), client(world.pair_south.area, P24="No")]
    )

    found = at_the_prison.get(page).content.decode()

    assert "Share the sheets" in found and "2 to share" in found


def test_the_same_file_again_is_said_to_be_received(world, at_the_prison):
    given = [client(world.pair_north.area)]
    upload(world, given)

    page = at_the_prison.post(of_audit("extract_list", world), {"file": csv_of(given)}).content.decode()

    assert "This file was received already, as revision 1." in page


def test_a_row_without_an_answer_about_consent_is_held_back(world):
    upload(world, [client(world.pair_north.area, P24=None), client(world.pair_north.area, P24="No")])

    (north, _) = sheets.preview(world.audit, world.prison.organisation, AT.date())

    assert (north.listed, north.without_consent, north.to_share) == (2, 2, 0)


def test_the_area_stands_by_its_name_on_the_page_of_a_row(client):
    world = shared(north=1)
    sheet = world.sheet_north
    row = sheet.referrals.get()

    page = sign_in(client, world.prison).get(reverse("audits:row", args=[sheet.submission.uuid, row.uuid]))

    assert f"Larkmoor North ({world.pair_north.area.dat_code})" in page.content.decode()


def test_the_page_names_the_missing_column_and_refuses_to_go_on_without_it(world, at_the_prison):
    extract = upload(world, [client(world.pair_north.area)], headings=NAMED | {"P18": "Kind"})
    address = reverse("audits:extract_columns", args=[extract.uuid])

    assert "<li>Release type</li>" in at_the_prison.get(reverse("audits:extract", args=[extract.uuid])).content.decode()
    page = at_the_prison.get(address)
    assert "Still to find: Release type." in page.content.decode()
    refused = at_the_prison.post(address, chosen(page))
    assert "Choose the column of your file that holds Release type." in refused.content.decode()
    assert at_the_prison.post(address, chosen(page, Kind="P18")).status_code == 302

    extract.refresh_from_db()
    assert extract.state == Extract.State.WAITING


def test_a_doubtful_column_that_nobody_needs_may_be_left_out(world, at_the_prison):
    headings = NAMED | {"P08": "Drug 2", "x": "Substance 2"}
    extract = upload(world, [client(world.pair_north.area) | {"P08": "Alcohol", "x": "Crack"}], headings=headings)
    address = reverse("audits:extract_columns", args=[extract.uuid])

    page = at_the_prison.get(address)
    assert "Still to find" not in page.content.decode()
    assert at_the_prison.post(address, chosen(page)).status_code == 302

    extracts.read_waiting(at=AT)
    extract.refresh_from_db()
    assert extract.was_read and extract.meaning["unknown"] == ["Drug 2", "Substance 2"]


def test_the_saved_map_is_shown_and_can_be_changed(world, at_the_prison):
    assert "No file of yours has been read yet" in at_the_prison.get(of_audit("column_map", world)).content.decode()
    extracts.change_map(world.prison.organisation, {"Born": "P03"}, by=world.prison, at=AT)
    upload(world, [client(world.pair_north.area) | {"x": ""}], headings=NAMED | {"P03": "Born", "x": "Sent"})

    page = at_the_prison.get(of_audit("column_map", world))
    assert chosen(page)[next(name for name, text in page.context["form"].headings.items() if text == "Born")] == "P03"
    assert at_the_prison.post(of_audit("column_map", world), chosen(page, Sent="P21", Born=ColumnsForm.NONE)).url

    assert extracts.said_by(world.prison.organisation_id) == {"sent": "P21"}


def test_two_headings_of_the_map_cannot_mean_the_same(world, at_the_prison):
    upload(world, [client(world.pair_north.area) | {"x": ""}], headings=NAMED | {"x": "Sent"})

    page = at_the_prison.get(of_audit("column_map", world))
    again = at_the_prison.post(of_audit("column_map", world), chosen(page, Sent="P03"))

    assert "Two headings cannot mean the same column." in again.content.decode()
