"""A row that a later extract lacks stays, is named to its prison with what becomes of it, and shows to its service; it goes
out to nobody new unless the prison says so.
"""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import sign_in
from continuity import missing_rows, sheets
from continuity.models import Referral
from continuity.tests.audit_factories import AT, EXPIRES_ON, accept_everything, agree, client, make_audit, upload
from journal.models import Notice
from journal.refused import Refused

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

    assert row.becomes == "It is held back: Northside gets it only if you choose so when you share the sheet."


def test_what_becomes_of_a_row_on_a_sheet_that_was_recalled_is_said(world):
    sheets.recall(world.sheet_north, reason="Too early.", by=world.prison, at=AT)

    found = {row.identity.surname: row.becomes for row in page_of(world).context["page"]}

    again = "It is held back: Northside gets it again only if you choose so when you share the sheet."
    assert found["Family2"] == again


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


# What goes out


@pytest.fixture
def unshared():
    """Three releases with consent, nothing shared, of which the newest extract lacks one."""
    world = agree(accept_everything(make_audit()))
    north = world.pair_north.area
    world.rows = [client(north, 1), client(north, 2), client(north, 3)]
    upload(world, world.rows)
    upload(world, world.rows[:2])
    return world


def release(world, **options):
    return sheets.release(world.pair_north, expires_on=EXPIRES_ON, by=world.prison, at=AT, **options)


def on(sheet):
    return set(sheet.referrals.values_list("identity__surname", flat=True))


def preview_of(world):
    (north, _) = sheets.preview(world.audit, world.prison.organisation, AT.date())
    return {"listed": north.listed, "shared": north.shared, "to_share": north.to_share, "missing": north.missing}


def test_a_release_shares_only_rows_of_the_newest_extract_as_its_preview_says(unshared):
    assert preview_of(unshared) == {"listed": 3, "shared": 0, "to_share": 2, "missing": 1}

    sheet = release(unshared)

    assert on(sheet) == {"Family1", "Family2"}
    assert preview_of(unshared) == {"listed": 3, "shared": 2, "to_share": 0, "missing": 1}
    held_back = Referral.objects.get(identity__surname="Family3")
    assert held_back.identity.organisations == [unshared.prison.organisation_id]


def test_rows_that_are_held_back_go_out_when_the_prison_says_so(unshared):
    sheet = release(unshared, also_missing=True)

    assert on(sheet) == {"Family1", "Family2", "Family3"}
    assert preview_of(unshared)["missing"] == 0


def test_a_row_that_is_in_the_file_again_goes_out_by_itself(unshared):
    upload(unshared, unshared.rows)

    assert on(release(unshared)) == {"Family1", "Family2", "Family3"}


def test_nothing_but_missing_rows_is_nothing_to_share(unshared):
    upload(unshared, [client(unshared.pair_south.area, 9)])

    with pytest.raises(Refused, match="nothing to share"):
        release(unshared)


def test_only_the_prison_is_asked_and_only_where_rows_are_held_back(unshared):
    signed_in = sign_in(Client(), unshared.prison)
    address = reverse("audits:release", args=[unshared.audit.uuid, unshared.pair_north.pk])

    page = signed_in.get(address).content.decode()
    assert "1 row held back: your newest extract does not hold it any more." in page
    assert "Also share the row that your newest extract does not hold" in page
    day = {f"expires_on_{part}": getattr(EXPIRES_ON, part) for part in ("day", "month", "year")}
    signed_in.post(address, day | {"also_missing": "on"})

    assert on(unshared.pair_north.sheets.get()) == {"Family1", "Family2", "Family3"}
    assert "does not hold" not in signed_in.get(address).content.decode()


def test_the_audit_list_says_which_rows_are_held_back_and_why(unshared):
    page = sign_in(Client(), unshared.prison).get(reverse("audits:audit_list", args=[unshared.audit.uuid]))

    stands = {row.identity.surname: row.stands.label for row in page.context["page"]}
    assert stands["Family3"] == "Held back: not in your newest extract"
    assert stands["Family1"] == "To share"


def test_a_row_that_left_the_extract_while_its_sheet_was_recalled_does_not_come_back(world):
    sheet = world.sheet_north
    row = Referral.objects.get(sheet=sheet, identity__surname="Family2")
    sheets.save_row(sheet, row.uuid, {"C01": "NO"}, [], revision=0, by=world.north, at=AT)
    sheets.recall(sheet, reason="Too early.", by=world.prison, at=AT)

    assert preview_of(world) == {"listed": 3, "shared": 1, "to_share": 0, "missing": 1}
    assert on(release(world)) == {"Family1"}
    row.refresh_from_db()
    assert row.identity.organisations == [world.prison.organisation_id]

    assert on(release(world, also_missing=True)) == {"Family1", "Family2"}
    row.refresh_from_db()
    assert row.answers == {"C01": "NO"}


# What the service is told


def told(seat):
    """The notices to a seat about rows that are missing."""
    return list(Notice.objects.filter(person_id=seat.person_id, subject__contains="does not hold").order_by("id"))


def test_the_service_is_told_once_for_each_extract_that_lacks_more_of_its_rows(world):
    north, sheet = world.pair_north.area, world.sheet_north
    (notice,) = told(world.north)
    assert notice.link == reverse("audits:sheet", args=[sheet.submission.uuid])
    assert "Family" not in notice.subject + notice.body
    assert told(world.south) == []

    upload(world, [world.rows[0], client(north, 7)])
    assert len(told(world.north)) == 1

    upload(world, [client(north, 7)])
    assert len(told(world.north)) == 2


def test_a_service_that_sees_the_rows_no_more_is_not_told(world):
    sheets.recall(world.sheet_north, reason="Too early.", by=world.prison, at=AT)
    upload(world, [client(world.pair_north.area, 8)])

    assert len(told(world.north)) == 1
