"""The next audit begins with what live referrals told: on the page of a row, in the grid and in the workbook."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.tests.factories import sign_in
from continuity import referral_links, referrals, sheet_uploads
from continuity.models import LivePerson, LiveReferral, Referral, Sheet
from continuity.tests.audit_factories import shared
from continuity.tests.factories import WHOLE, for_the_system, make_referral

pytestmark = pytest.mark.django_db
SENT = datetime(2025, 9, 1, 10, tzinfo=UTC)
LONG_AFTER = SENT + timedelta(days=400)
NAMES = ("first_name", "surname", "date_of_birth")


@pytest.fixture
def world():
    with for_the_system():
        made = shared(north=2, south=1)
        Sheet.objects.update(expires_on=timezone.localdate() + timedelta(days=1))
        yield made


def rows_of(world):
    return list(Referral.objects.filter(sheet=world.sheet_north).select_related("identity").order_by("position"))


def refer(world, row, **changes):
    """A live referral about the person of a row, released as the extract says, unless something is changed."""
    told = WHOLE | {"prison_number": row.identity.client_reference, "expected_release_on": date(2025, 9, 15)}
    told |= {name: getattr(row.identity, name) for name in NAMES} | {"sex": "MALE"}
    return make_referral(world.prison, world.north, world.pair_north.area, at=SENT, answers=told | changes)


def found(world, prison=None, service=None):
    prison, service = prison or world.prison, service or world.north
    ids = {"prison_id": prison.organisation_id, "service_id": service.organisation_id}
    return referral_links.referrals_of(rows_of(world), **ids)


def pages_of(client, world, row):
    """The page of a row, a section of the grid, and the workbook's row as {column id: value}."""
    sign_in(client, world.north)
    uuid = world.sheet_north.submission.uuid
    page = client.get(reverse("audits:row", args=[uuid, row.uuid]))
    grid = client.get(reverse("audits:grid", args=[uuid, "receipt-of-the-referral"]))
    book = load_workbook(io.BytesIO(client.post(reverse("audits:download_workbook", args=[uuid])).content))
    headings, *lines = book["Referrals"].values
    lines = [{head.split()[0]: value for head, value in zip(headings, line, strict=True)} for line in lines]
    return page, grid, next(line for line in lines if line["P25"] == str(row.uuid))


# Which referral


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({}, True),
        ({"first_name": "Nobody", "surname": "Else"}, True),
        ({"prison_number": " a 0000zz"}, False),
        ({"prison_number": ""}, True),
        ({"prison_number": "", "first_name": "Nobody"}, False),
        ({"expected_release_on": date(2025, 9, 22)}, True),
        ({"expected_release_on": date(2025, 9, 23)}, False),
    ],
)
def test_a_transfer_finds_its_referral_by_number_or_attributors_and_date(world, changes, is_found):
    row = rows_of(world)[0]
    referral = refer(world, row, **changes)

    assert found(world).get(row.pk) == (referral if is_found else None)


def test_a_number_is_the_same_however_it_is_typed(world):
    row = rows_of(world)[0]
    number = row.identity.client_reference.lower()
    referral = refer(world, row, prison_number=f" {number[:3]} {number[3:]}", first_name="Nobody")

    assert found(world) == {row.pk: referral}


def test_of_several_the_nearest_in_date_is_taken(world):
    row = rows_of(world)[0]
    refer(world, row, expected_release_on=date(2025, 9, 12))
    nearest = refer(world, row, expected_release_on=date(2025, 9, 16))

    assert found(world) == {row.pk: nearest}


def test_a_referral_of_other_providers_a_draft_and_a_withdrawn_one_are_never_found(world):
    row = rows_of(world)[0]
    referral = refer(world, row)
    assert found(world, service=world.south) == {} and found(world, prison=world.north) == {}

    referrals.withdraw(referral, by=world.prison, at=SENT + timedelta(days=1))

    assert found(world) == {}
    assert set(LiveReferral.objects.values_list("number_digest", "attributors_digest")) == {("", "")}


def test_many_rows_ask_no_more_than_one(world):
    rows = rows_of(world)
    for row in rows:
        refer(world, row)

    def asked(some):
        with CaptureQueriesContext(connection) as queries:
            ids = {"prison_id": world.prison.organisation_id, "service_id": world.north.organisation_id}
            referral_links.begun(some, **ids)
        return len(queries)

    assert asked(rows[:1]) == asked(rows) == 4


# After the removal of the person


def test_an_audit_that_comes_after_the_removal_still_begins_with_the_referral(client, world):
    row = rows_of(world)[0]
    referral = refer(world, row)
    referrals.purge_due(at=LONG_AFTER)
    assert not LivePerson.objects.exists()

    page, grid, line = pages_of(client, world, row)

    assert f"the live referral {referral.reference}" in page.text
    assert page.context["form"]["C01"].initial == "YES" and page.context["form"]["C02"].initial == SENT.date()
    assert [form["form"]["C01"].initial for form in grid.context["lines"]] == ["YES", ""]
    assert grid.text.count("From the live referral<") + grid.text.count("From the live referral\n") == 1
    assert (line["C01"], line["C02"].date(), line["C13"]) == ("Yes", SENT.date(), "Yes")
    assert Referral.objects.get(pk=row.pk).answers == {}


def test_the_digests_need_the_key_of_the_settings(world, settings):
    row = rows_of(world)[0]
    refer(world, row)
    settings.REFERRAL_LINK_KEY = "another key"

    assert found(world) == {}


def test_two_prisons_have_no_digest_in_common():
    person = {"first_name": "A", "surname": "B", "date_of_birth": date(1990, 1, 1), "sex": "MALE", "number": "A1234BC"}

    here, there = (set(referral_links.digests_of(prison, person)) for prison in (1, 2))

    assert len(here) == len(there) == 2 and not here & there


def test_two_years_after_the_removal_nothing_finds_it_again(world):
    row = rows_of(world)[0]
    refer(world, row)
    referrals.purge_due(at=LONG_AFTER)

    assert referrals.forget_links_due(at=LONG_AFTER + timedelta(days=730)) == 0
    assert referrals.forget_links_due(at=LONG_AFTER + timedelta(days=731)) == 1
    assert referrals.forget_links_due(at=LONG_AFTER + timedelta(days=732)) == 0
    assert found(world) == {}


# What begins, and what stays


def test_a_section_that_was_answered_begins_no_more(client, world):
    row = rows_of(world)[0]
    refer(world, row)
    sign_in(client, world.north)
    url = reverse("audits:grid", args=[world.sheet_north.submission.uuid, "receipt-of-the-referral"])
    prefix = f"r{row.pk}"
    data = {f"{prefix}-revision": 0, f"{prefix}-C01": "YES", f"{prefix}-C05": "NO", f"{prefix}-C06": "WRONG_AREA"}
    other = rows_of(world)[1]

    client.post(url, data | {f"r{other.pk}-revision": 0})

    page, _, line = pages_of(client, world, row)
    form = page.context["form"]
    assert (form["C05"].initial, form["C02"].initial, form["C13"].initial) == ("NO", None, "YES")
    assert (line["C05"], line["C02"], line["C13"]) == ("No", None, "Yes")
    assert set(Referral.objects.get(pk=row.pk).answers) == {"C01", "C05", "C06"}
    assert Referral.objects.get(pk=other.pk).revision == 0


def test_what_a_workbook_begins_with_is_taken_over_with_it(client, world):
    row = rows_of(world)[0]
    refer(world, row)
    sign_in(client, world.north)
    body = client.post(reverse("audits:download_workbook", args=[world.sheet_north.submission.uuid])).content
    file = SimpleUploadedFile("sheet.xlsx", body)
    upload = sheet_uploads.upload(world.sheet_north, file, by=world.north, at=timezone.now())

    sheet_uploads.read_waiting(at=timezone.now())
    upload.refresh_from_db()
    content = Sheet.objects.get(pk=world.sheet_north.pk).submission.content_sha256
    sheet_uploads.take_over(upload, content_sha256=content, by=world.north, at=timezone.now())

    assert Referral.objects.get(pk=row.pk).answers["C02"] == "2025-09-01"


def test_what_the_grid_begins_with_is_saved_by_pressing_save(client, world):
    row, other = rows_of(world)
    refer(world, row)
    sign_in(client, world.north)
    url = reverse("audits:grid", args=[world.sheet_north.submission.uuid, "receipt-of-the-referral"])
    shown = next(line["form"] for line in client.get(url).context["lines"] if line["row"] == row)
    names = ("C01", "C03", "C04", "C05")
    data = {f"r{row.pk}-{name}": shown[name].initial for name in names} | {f"r{row.pk}-C02": "2025-09-01"}

    client.post(url, data | {f"r{row.pk}-revision": 0, f"r{other.pk}-revision": 0})

    assert Referral.objects.get(pk=row.pk).answers["C02"] == "2025-09-01"
