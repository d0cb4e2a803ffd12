"""The pages of an audit: what they ask of the database, and what a person does on them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import sign_in
from continuity import audits
from continuity.models import AuditFigures, Referral
from continuity.tests.audit_factories import AT, COMPLETE, complete, make_audit, shared
from continuity.views.grid import SECTIONS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]


def asked(seat, *addresses):
    client = sign_in(Client(), seat)
    client.get(addresses[0])
    found = []
    for address in addresses:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200, address
        found.append(len(queries))
    return found


def counts(rows):
    """How many queries each page makes where the northern sheet has so many rows."""
    world = shared(north=rows, south=rows)
    sheet = world.sheet_north.submission.uuid
    row = Referral.objects.filter(sheet=world.sheet_north).order_by("position").first()
    pages = [
        reverse("home"),
        reverse("audits:audits"),
        reverse("audits:audit", args=[world.audit.uuid]),
        reverse("audits:sheet", args=[sheet]),
        reverse("audits:row", args=[sheet, row.uuid]),
    ]
    sharing = [reverse(f"audits:{name}", args=[world.audit.uuid]) for name in ("extract_list", "left_out", "sharing")]
    return asked(world.north, *pages), asked(world.prison, *pages, *sharing)


def test_a_page_asks_the_same_however_many_rows_there_are():
    few, many = counts(3), counts(60)

    assert few == many
    assert max(map(max, few)) < 30


def post(client, address, **changes):
    """The checklist as a browser sends it."""
    return client.post(address, COMPLETE | changes)


def test_the_list_says_what_is_left_of_the_days_after_release_in_the_words_of_the_row():
    world, today = shared(north=3), timezone.localdate()
    sheet = world.sheet_north
    days_ago = dict(zip(sheet.referrals.order_by("position"), (16, 30, 70), strict=True))
    for row, days in days_ago.items():
        row.sent |= {"P11": (today - timedelta(days=days)).isoformat()}
        row.save()
    signed_in = sign_in(Client(), world.north)

    page = signed_in.get(reverse("audits:sheet", args=[sheet.submission.uuid]))
    said = [[f"{window.title}: {said}" for window, said in row.countdowns] for row in page.context["page"]]

    assert said == [["Start structured treatment: 5 days left"], ["Post-prison exit TOP: 26 days left"], []]
    for row, lines in zip(days_ago, said, strict=True):
        page_of_row = signed_in.get(reverse("audits:row", args=[sheet.submission.uuid, row.uuid])).content.decode()
        assert all(line in page_of_row and line in page.content.decode() for line in lines)


def test_a_service_completes_a_row_and_submits_the_sheet():
    world = shared(north=1)
    client, sheet = sign_in(Client(), world.north), world.sheet_north.submission.uuid
    row = Referral.objects.get(sheet=world.sheet_north)
    address = reverse("audits:row", args=[sheet, row.uuid])

    assert "6 answers needed" in client.get(address).content.decode()
    assert post(client, address, revision="0").status_code == 302
    page = client.get(address).content.decode()
    assert "Complete" in page and "What to look at" in page
    client.post(reverse("audits:submit", args=[sheet]))

    world.sheet_north.submission.refresh_from_db()
    assert world.sheet_north.submission.status == "SUBMITTED"


def test_what_cannot_be_read_stands_on_its_question():
    world = shared(north=1)
    row = Referral.objects.get(sheet=world.sheet_north)
    address = reverse("audits:row", args=[world.sheet_north.submission.uuid, row.uuid])

    page = post(
        sign_in(Client(), world.north), address, revision="0", C28="many", C48=f"{row.identity.surname} called."
    )

    assert page.status_code == 200 and "<title>Error:" in page.content.decode()
    assert "must be a whole number from 0 to 20" in page.content.decode()
    page = post(sign_in(Client(), world.north), address, revision="0", C48=f"{row.identity.surname} called.")
    assert "Remove names" in page.content.decode()


def test_a_colleague_is_not_overwritten_and_the_page_says_so():
    world = shared(north=1)
    complete(world.sheet_north, world.north)
    row = Referral.objects.get(sheet=world.sheet_north)
    address = reverse("audits:row", args=[world.sheet_north.submission.uuid, row.uuid])

    page = post(sign_in(Client(), world.north), address, revision="0", C01="YES").content.decode()

    assert "A colleague saved this row" in page
    row.refresh_from_db()
    assert row.answers["C01"] == "NO"


def test_the_prison_reads_what_was_answered_and_changes_nothing():
    world = shared(north=1)
    complete(world.sheet_north, world.north)
    row = Referral.objects.get(sheet=world.sheet_north)
    address = reverse("audits:row", args=[world.sheet_north.submission.uuid, row.uuid])
    client = sign_in(Client(), world.prison)

    assert "Not contactable" in client.get(address).content.decode()
    assert post(client, address, revision="1", C01="YES").status_code == 403


# Many rows at once, and paper


def grid_of(world, slug="receipt-of-the-referral"):
    return reverse("audits:grid", args=[world.sheet_north.submission.uuid, slug])


def cells(world, **answers):
    rows = Referral.objects.filter(sheet=world.sheet_north).order_by("position")
    return {
        f"r{row.pk}-{name}": value for row in rows for name, value in ({"revision": row.revision} | answers).items()
    }


def test_the_grid_saves_a_section_of_many_rows_and_leaves_the_rest():
    world = shared(north=3)
    complete(world.sheet_north, world.north)
    client = sign_in(Client(), world.north)

    assert client.post(grid_of(world), cells(world, C01="YES", C03="CJSM")).status_code == 302

    for row in Referral.objects.filter(sheet=world.sheet_north):
        assert (row.answers["C01"], row.answers["C03"], row.answers["C30"], row.revision) == ("YES", "CJSM", "NO", 2)


def test_the_grid_saves_all_rows_or_none():
    world = shared(north=2)
    data = cells(world, C01="YES", C02="2025-02-31")

    page = sign_in(Client(), world.north).post(grid_of(world), data)

    assert page.status_code == 200 and "enter a real date" in page.content.decode()
    assert not Referral.objects.exclude(answers={}).exists()


def test_the_grid_overwrites_nobody():
    world = shared(north=2)
    data = cells(world, C01="YES")
    complete(world.sheet_north, world.north)

    page = sign_in(Client(), world.north).post(grid_of(world), data)

    assert "A colleague saved one of these rows" in page.content.decode()


@pytest.mark.parametrize("slug", SECTIONS)
def test_every_section_has_its_grid_and_asks_the_same_for_any_number_of_rows(slug):
    few, many = shared(north=2), shared(north=15)

    assert asked(few.north, grid_of(few, slug)) == asked(many.north, grid_of(many, slug))


def test_the_checklist_prints_blank_and_filled():
    world = shared(north=1)
    complete(world.sheet_north, world.north)
    row = Referral.objects.get(sheet=world.sheet_north)
    client = sign_in(Client(), world.north)

    blank = client.get(reverse("audits:blank_checklist")).content.decode()
    filled = client.get(
        reverse("audits:filled_checklist", args=[world.sheet_north.submission.uuid, row.uuid])
    ).content.decode()

    assert "☒" not in blank and "Did you receive this referral?" in blank
    assert "☒ Not contactable" in filled and row.identity.surname in filled and row.identity.surname not in blank


def test_whoever_closes_an_audit_is_told_that_its_findings_are_not_shared():
    world = shared(north=1, south=1)
    client, address = sign_in(Client(), world.commissioner), reverse("audits:close", args=[world.audit.uuid])
    sentence = "The findings have not been shared yet"
    assert sentence in client.get(address).text

    AuditFigures.objects.create(
        audit=world.audit,
        asked_by=world.commissioner.person,
        asked_at=AT,
        counted_at=AT,
        state=AuditFigures.State.COUNTED,
        content={"all": {}},
        shared_by=world.commissioner.person,
        shared_at=AT,
    )

    assert sentence not in client.get(address).text


def test_who_has_accepted_is_not_asked_again():
    world = shared()
    party = world.parties.get(organisation=world.prison.organisation)

    page = sign_in(Client(), world.prison).get(reverse("audits:accept", args=[world.audit.uuid, party.pk]))

    assert "These terms were accepted for Prison health on" in page.content.decode()
    assert "Accept the audit for" not in page.content.decode()


@pytest.mark.parametrize("revision", ["9" * 5000, "²", "", "x"], ids=["long", "superscript", "empty", "letter"])
def test_nobody_accepts_terms_of_a_revision_that_cannot_be(revision):
    world = make_audit()
    audits.invite(world.audit, by=world.commissioner, at=AT)
    party = world.parties.get(organisation=world.prison.organisation)
    address = reverse("audits:accept", args=[world.audit.uuid, party.pk])

    page = sign_in(Client(), world.prison).post(address, {"revision": revision})

    assert "The terms have changed since you opened this page" in page.content.decode()
    party.refresh_from_db()
    assert not party.has_accepted
