"""An audit as three organisations live it, in browsers and with a real worker: from its terms to the action plan."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Organisation
from accounts.tests.factories import make_organisation, make_seat
from continuity.models import Audit, AuditFigures, Referral
from continuity.tests.audit_factories import PDF, client, csv_of
from continuity.tests.factories import for_the_system, make_area, make_prison, make_spoc
from tests.live import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def write_day(page, name, day):
    for part in ("day", "month", "year"):
        page.locator(f"[name={name}_{part}]").fill(str(getattr(day, part)))


def test_three_organisations_walk_an_audit_through_its_stages(desk, start_worker, tmp_path):
    council = make_organisation(kind=Organisation.Kind.LOCAL_AUTHORITY, name="Larkmoor Council", holds_contract=False)
    area = make_area("Larkmoor", local_authority=council)
    commissioner = desk(make_seat("CONTINUITY_LA_COMMISSIONER", council))
    prison, service = make_prison(name="Stonegate"), make_spoc(name="Larkmoor Recovery")
    at_the_prison, at_the_service = desk(prison), desk(service)
    today = timezone.localdate()

    # 1. The commissioner sets the audit up, and everybody accepts
    page = commissioner.open("/audits/new/")
    page.get_by_label("Name of the audit").fill("Stonegate and Larkmoor")
    write_day(page, "starts", today - timedelta(days=180))
    write_day(page, "ends", today - timedelta(days=1))
    write_day(page, "due_on", today + timedelta(days=30))
    page.get_by_label("What the audit is to find out").fill("Where people are lost.")
    page.get_by_label("Who analyses").select_option(label=str(council))
    commissioner.press("Continue")
    page.get_by_label("Prison treatment provider").select_option(label=str(prison.organisation))
    page.get_by_label("Area that people are released to").select_option(label=str(area))
    page.get_by_label("Service that receives the referrals").select_option(label=str(service.organisation))
    commissioner.press("Add them")
    commissioner.press("Next: invite the parties", "link")
    commissioner.press("Invite 2 parties")
    audit = f"/audits/{Audit.objects.get().uuid}/"
    for one in (at_the_prison, at_the_service):
        one.open(audit)
        one.press("Read the terms", "link")
        if one is at_the_service:
            one.page.get_by_label("How many referrals can you audit?").fill("20")
        one.page.get_by_role("button", name="Accept the audit").click()
        one.sees("You have accepted the audit.")
    page = commissioner.open(f"{audit}agreement/")
    write_day(page, "agreed_on", today)
    page.get_by_label("Who signed it").fill("All three")
    page.locator("[name=file]").set_input_files({"name": "agreement.pdf", "mimeType": "application/pdf", "buffer": PDF})
    commissioner.press("Put it on file")
    commissioner.sees("The agreement is on file.")

    # 2. The prison uploads its extract, and a worker reads it
    start_worker()
    exit_on = (today - timedelta(days=60)).isoformat()
    rows = [client(area, P11=exit_on, P16=exit_on), client(area, P11=exit_on, P16=exit_on, P12="Died")]
    extract = tmp_path / "extract.csv"
    extract.write_bytes(csv_of(rows).read())
    page = at_the_prison.open(f"{audit}extract/")
    page.locator("[name=file]").set_input_files(extract)
    at_the_prison.press("Upload")
    at_the_prison.sees("See what came of it")
    at_the_prison.press("See what came of it", "link")
    at_the_prison.press("Rows that are left out, and why", "link")
    at_the_prison.sees("Exit reason must be released.")

    # 3. It shares the sheet; the service completes and submits it
    at_the_prison.open(f"{audit}sharing/")
    at_the_prison.page.get_by_role("link", name="Share the rows of Larkmoor").click()
    at_the_prison.press("Share with Larkmoor Recovery")
    at_the_prison.sees("The sheet is shared with Larkmoor Recovery.")
    page = at_the_service.open(audit)
    page.get_by_role("link", name="Stonegate to Larkmoor: Larkmoor Recovery").click()
    page.get_by_role("link", name=rows[0]["P02"]).click()
    for id, label in (("C01", "No"), ("C30", "No"), ("C31", "Not contactable"), ("C32", "None"), ("C38", "No")):
        page.locator(f"[name={id}]").select_option(label=label)
    page.locator("[name=C17][value=NONE]").check()
    page.locator("[name=C49]").fill("Recovery worker, today")
    at_the_service.press("Save")
    at_the_service.sees("Complete")
    at_the_service.press("The sheet", "link")
    at_the_service.press("Submit the sheet")
    at_the_service.sees("The sheet is submitted.")
    sheet = Audit.objects.get().sheets.get()
    until(lambda: sheet.submission.versions.filter(checking__state="PASSED").exists(), "the check of the sheet")

    # 4. The commissioner works the figures out, writes a finding and shares both; the service takes the report away
    at_the_service.open(f"{audit}findings/")
    at_the_service.sees("The findings are not shared yet.")
    commissioner.open(f"{audit}findings/")
    commissioner.press("Work the figures out")
    until(lambda: AuditFigures.objects.filter(counted_at__isnull=False).exists(), "the figures")
    commissioner.open(f"{audit}findings/")
    commissioner.sees("From 1 submitted sheet")
    page = commissioner.open(f"{audit}findings/add/")
    page.get_by_label("A gap").check()
    page.get_by_label("What was found").fill("Referrals do not arrive.")
    page.get_by_label("Which measure shows it?").select_option("M01")
    page.get_by_label("Where should it change, or be adopted?").fill("Stonegate")
    page.get_by_label("Under which recommendation?").select_option(index=1)
    commissioner.press("Save the finding")
    commissioner.sees("The finding stands in the report.")
    commissioner.open(f"{audit}findings/share/")
    commissioner.press("Share the findings")
    commissioner.sees("The findings are shared with every party.")
    at_the_prison.open(f"{audit}findings/report/")
    at_the_prison.sees("Referrals do not arrive.")
    page = at_the_service.open(f"{audit}findings/")
    at_the_service.sees("Stonegate to Larkmoor")
    at_the_service.press("The findings report", "link")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download tables (Excel)").click()
    figures = load_workbook(io.BytesIO(download.value.path().read_bytes()))
    assert any("M01" in str(cell.value) for sheet in figures for row in sheet.iter_rows() for cell in row)

    # 5. They meet and plan; the service says what it did, and the commissioner closes the audit
    page = commissioner.open(f"{audit}meetings/add/")
    page.get_by_label("Findings").check()
    write_day(page, "held_on", today)
    page.get_by_label("Who was there").fill("All three")
    page.get_by_label("What was talked about").fill("Referrals that did not arrive")
    commissioner.press("Save")
    page = commissioner.open(f"{audit}actions/add/")
    page.get_by_label("Under which recommendation?").select_option(index=1)
    page.get_by_label("What will be done").fill("A shared inbox for referrals")
    page.get_by_label("Who will do it").select_option(label=str(service.organisation))
    write_day(page, "due_on", today + timedelta(days=30))
    commissioner.press("Save the action")
    page = at_the_service.open(f"{audit}actions/")
    page.get_by_role("link", name="Say how far it is").click()
    page.get_by_label("Done", exact=True).check()
    page.get_by_label("What was done so far").fill("The inbox is read every morning.")
    at_the_service.press("Save")
    at_the_service.sees("Your progress is noted.")
    commissioner.open(f"{audit}actions/")
    commissioner.sees("The inbox is read every morning.")
    commissioner.open(f"{audit}close/")
    commissioner.press("Close the audit")
    commissioner.sees("The audit is closed.")
    commissioner.sees("Names and dates of birth are removed on")
    with for_the_system():
        assert Referral.objects.filter(sheet=sheet).count() == 1
