"""What the rules say of a sheet or of a workbook, row by row: the page, its filters, the file that a worker writes."""

import csv
import io

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import sign_in
from continuity import sheet_uploads, sheets
from continuity.models import Identity, RowFinding
from continuity.tests.audit_factories import AT, COMPLETE, complete, shared, workbook_of
from continuity.tests.factories import make_spoc
from returns import checks, exports
from returns.models import Export, Release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]


@pytest.fixture
def world():
    """Two rows completed: the one with an episode that was never triaged, the other with none."""
    world = shared(north=3, south=1)
    rows = list(world.sheet_north.referrals.order_by("position"))
    for row, changes in zip(rows, ({"C30": "STRUCTURED", "C32": "NEW"}, {}), strict=False):
        sheets.save_row(world.sheet_north, row.uuid, COMPLETE | changes, [], revision=0, by=world.north, at=AT)
    return world


def address(sheet, name="row_findings"):
    return reverse(f"audits:{name}", args=[sheet.submission.uuid])


def test_the_findings_of_a_sheet_stand_row_by_row_and_lead_to_the_row(world, client):
    page = sign_in(client, world.north).get(address(world.sheet_north))

    kept = RowFinding.objects.filter(sheet=world.sheet_north, referral__revision=1)
    first = world.sheet_north.referrals.order_by("position").first()
    assert page.context["page"].paginator.count == kept.count() > 0
    assert [finding.position for finding in page.context["page"]] == sorted(kept.values_list("position", flat=True))
    assert reverse("audits:row", args=[world.sheet_north.submission.uuid, first.uuid]) in page.content.decode()


def test_they_are_narrowed_by_rule_and_by_severity(world, client):
    signed_in = sign_in(client, world.north)
    whole = signed_in.get(address(world.sheet_north)).context
    code, _, count = whole["rules"][0]

    of_rule = signed_in.get(address(world.sheet_north), {"rule": code}).context["page"]
    of_severity = signed_in.get(address(world.sheet_north), {"severity": "I"}).context["page"]

    assert {finding.rule for finding in of_rule} == {code} and of_rule.paginator.count == count
    assert {finding.severity for finding in of_severity} <= {"I"}
    assert of_severity.paginator.count < whole["page"].paginator.count


def test_a_page_of_many_findings_asks_as_many_questions_as_one_of_few(world, client):
    signed_in, counts = sign_in(client, world.north), []
    signed_in.get(address(world.sheet_north))
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert signed_in.get(address(world.sheet_north)).status_code == 200
        counts.append(len(asked))
        complete(world.sheet_north, world.north, C30="STRUCTURED", C32="NEW")

    assert counts[0] == counts[1]


def test_nobody_but_the_two_providers_sees_them(world, client):
    assert sign_in(client, world.prison).get(address(world.sheet_north)).status_code == 200
    for stranger in (world.south, make_spoc()):
        assert sign_in(client, stranger).get(address(world.sheet_north)).status_code == 404
    assert sign_in(client, world.commissioner).get(address(world.sheet_north)).status_code == 403


def test_a_sheet_that_its_check_returned_leads_to_the_rows_that_must_change(world, client):
    sheet = world.sheet_north
    complete(sheet, world.north)
    sheets.submit(sheet, by=world.north, at=AT)
    person = Identity.objects.filter(referral__sheet=sheet).first()
    Identity.objects.filter(pk=person.pk).update(comment=f"{person.surname} came late")
    checks.check_waiting(limit=5, at=AT)

    page = sign_in(client, world.north).get(reverse("audits:sheet", args=[sheet.submission.uuid]))
    found = client.get(address(sheet), {"severity": "B"}).context["page"]

    assert f"{address(sheet)}?severity=B" in page.content.decode()
    assert [(finding.rule, finding.referral_id) for finding in found] == [("SEC-01", person.pk)]


def brought(world):
    upload = sheet_uploads.upload(world.sheet_north, workbook_of(world.sheet_north), by=world.north, at=AT)
    sheet_uploads.read_waiting(at=AT)
    upload.refresh_from_db()
    return upload


def test_what_a_workbook_would_make_the_rules_say_is_kept_until_the_workbook_goes(world, client):
    upload = brought(world)
    page = sign_in(client, world.north).get(reverse("audits:upload_findings", args=[upload.uuid]))

    assert page.context["page"].paginator.count == upload.findings.count() > 0
    assert sum(count for _, count in sheet_uploads.problems_in(upload)) == upload.findings.count()

    sheet_uploads.leave(upload, by=world.north, at=AT)

    assert not upload.findings.exists()
    assert RowFinding.objects.filter(sheet=world.sheet_north).exists()


def test_all_of_them_come_as_a_file_that_a_worker_writes(world, client):
    signed_in = sign_in(client, world.north)
    waiting = signed_in.post(address(world.sheet_north, "ask_row_findings"), follow=True)
    again = signed_in.post(address(world.sheet_north, "ask_row_findings"))
    assert waiting.context["running"] and again.url == waiting.redirect_chain[-1][0]

    assert exports.write_waiting(at=AT) == 1

    export = Export.objects.get()
    with default_storage.open(export.stored_as) as file:
        written = file.read().decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(written)))
    kept = RowFinding.objects.filter(sheet=world.sheet_north, referral__revision=1)
    assert {(line["Row id"], line["Rule"]) for line in lines} == {
        (str(row_id), rule) for row_id, rule in kept.values_list("referral__uuid", "rule")
    }
    assert "Family" not in written
    assert Release.objects.get(kind="continuity findings").rows == len(lines)
    assert signed_in.get(again.url).context["running"] is False
    sent = signed_in.post(reverse("audits:row_findings_download", args=[export.uuid]))
    assert b"".join(sent.streaming_content).decode("utf-8-sig") == written
    assert sign_in(client, world.prison).get(again.url).status_code == 404


def test_a_recalled_sheet_takes_the_file_with_it(world, client):
    signed_in = sign_in(client, world.north)
    asked = signed_in.post(address(world.sheet_north, "ask_row_findings"))
    exports.write_waiting(at=AT)

    sheets.recall(world.sheet_north, reason="Sent by mistake", by=world.prison, at=AT)

    assert signed_in.get(asked.url).status_code == 404
