"""A quarter's return as people live it, in browsers and with a real worker: from the first key to the national files."""

import csv
import io
import time
import zipfile
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import expect

from accounts.models import Organisation
from accounts.tests.factories import PASSWORD, make_organisation, make_seat
from prevent.national_files import proforma_of
from returns import sections, workflow
from returns.models import Check, Period, Submission, Version
from returns.templatetags.answers import moment
from returns.tests.factories import GOOD, fill, reload
from tests.live import PATIENCE, Desk, answer, fill_in, make_open_world, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
BELOW_TARGET = GOOD | {"l3_compliant": 1150, "areas_for_improvement": "Level 3 training on the wards."}
WARNING = "Level 3 training is below 85 %"


@pytest.fixture
def world(transactional_db):
    return make_open_world()


def page_of(world, name, **arguments):
    return reverse(f"returns:{name}", kwargs={"uuid": world.submission.uuid, **arguments})


def section_of(world, slug):
    return page_of(world, "section", slug=slug)


def fill_in_all_sections(desk, world, given):
    """From the list of sections through to the page that shows all answers."""
    for spec in workflow.specs_of(reload(world.submission)):
        desk.sees(spec.title)
        fill_in(desk.page, spec, given)
        desk.press("Save and continue")
        if spec.slug == "training":
            explain_the_warning(desk)


def explain_the_warning(desk):
    """The warning stands on the page of the section it is about."""
    desk.sees("Look at what is marked on this page before you go on.")
    desk.sees(WARNING)
    box = desk.page.get_by_role("textbox", name="Your explanation of PRV-W01")
    box.fill("Two wards moved in August; courses are booked.")
    desk.press("Save explanation of PRV-W01")
    desk.sees("Your explanation is saved.")
    desk.page.get_by_role("link", name="without saving again").click()


def see_it_saved_while_typing(desk, world):
    desk.open(section_of(world, "leads"))
    answer(desk.page, "operational_lead_name", GOOD["operational_lead_name"])
    expect(desk.page.locator("[data-autosave-status]")).to_contain_text("Saved at", timeout=PATIENCE * 1000)
    assert sections.working_copy(world.submission).operational_lead_name == GOOD["operational_lead_name"]


def sign(desk, world):
    """Signs, and gets a receipt with the version, the time and the hash."""
    desk.open(reverse("home"))
    desk.page.get_by_role("link", name=world.trust.name).first.click()
    desk.press("Read and sign off", role="button")
    desk.press("Sign off and submit")
    desk.sees("Submitted")
    version = Version.objects.filter(submission=world.submission).latest("number")
    desk.sees(f"{world.trust.code} 2025-26-Q2 version {version.number}")
    desk.sees(moment(version.submitted_at))
    assert version.content_sha256 in "".join(desk.page.locator("main").inner_text().split())
    return version


def test_a_return_goes_from_the_first_key_to_the_national_files(desk, world, start_worker):
    lead, submitter, signer = desk(world.lead), desk(world.submitter), desk(world.signer)
    commissioner = desk(world.reviewer)

    # The operational lead fills it in
    lead.open(reverse("home"))
    lead.page.get_by_role("link", name=world.trust.name).first.click()
    expect(lead.page.get_by_role("heading", level=1)).to_contain_text(world.trust.name)
    see_it_saved_while_typing(lead, world)
    fill_in_all_sections(lead, world, BELOW_TARGET)
    lead.sees("Check your answers")
    lead.sees("82.1 % – 1,150 of 1,400")
    lead.sees(f"It can be sent for sign-off by {world.submitter.person.name}.")

    # A registered submitter sends it, the accountable lead signs, the worker checks
    submitter.open(page_of(world, "check_answers"))
    submitter.press("Send for sign-off")
    submitter.sees("The return is sent for sign-off.")
    sign(signer, world)
    signer.sees("Your return is being checked")
    start_worker()
    signer.sees("Checked.")
    signer.sees("Score: Amber")

    # The commissioner reviews it and sends one section back
    commissioner.open(reverse("returns:quarter"))
    commissioner.page.get_by_role("link", name="1 to review").click()
    commissioner.page.get_by_role("link", name=world.trust.name).click()
    commissioner.sees("Two wards moved in August; courses are booked.")
    commissioner.press("Start review")
    commissioner.sees("You have started the review.")
    commissioner.press("Send sections back")
    commissioner.page.get_by_label("Training", exact=True).fill("Please count the bank staff too.")
    commissioner.press("Send these sections back")
    commissioner.sees("The sections are sent back")

    # The provider changes that section, and no other
    lead.open(page_of(world, "return"))
    lead.sees("Please count the bank staff too.")
    expect(lead.page.get_by_role("link", name="Governance")).to_have_count(0)
    lead.page.get_by_role("link", name="Training", exact=True).click()
    answer(lead.page, "l3_compliant", 1260)
    lead.press("Save and continue")
    lead.sees("Check your answers")
    submitter.open(page_of(world, "check_answers"))
    submitter.press("Send for sign-off")
    assert sign(signer, world).number == 2
    signer.sees("Score: Green")

    # The commissioner sees what changed, and accepts
    commissioner.open(page_of(world, "review"))
    commissioner.press("Start review")
    changed = commissioner.page.locator(".portal-changed")
    expect(changed).to_have_count(1)
    expect(changed).to_contain_text("Staff trained at level 3")
    expect(changed).to_contain_text("Changed. Before: 1,150")
    commissioner.open(page_of(world, "checklist"))
    for answer_yes in commissioner.page.locator("input[type=radio][value=YES]").all():
        answer_yes.check()
    commissioner.press("Save the checklist")
    commissioner.page.locator("input[value=ASSURED]").check()
    commissioner.page.get_by_label("Why?").fill("Every part is met.")
    commissioner.press("Accept version 2 with this verdict")
    commissioner.sees("is accepted. The provider has been told.")
    assert Submission.objects.get(pk=world.submission.pk).status == Submission.Status.ACCEPTED

    # The national administrator has the files written, and opens them
    national = make_organisation("ZZN01", kind=Organisation.Kind.OTHER)
    administrator = desk(make_seat("NATIONAL_ADMINISTRATOR", national))
    administrator.open(reverse("returns:periods"))
    administrator.page.get_by_role("link", name="Quarter 2").click()
    administrator.press("Write the files for SDCS")
    archive = downloaded(administrator)
    row = table_in(archive, "PREVENT_2025-26Q2.csv")[0]
    assert (row["organisation_code"], row["version"], row["l3_compliant"]) == ("ZZT01", "2", "1260")
    assert row["l3_compliance_pct"] == "90.0"
    assert proforma_cell(archive, "PREVENT_ZZT01_2025-26Q2_v2.xlsx", "l3_compliant") == 1260


def downloaded(desk):
    """The archive, as soon as the page says by itself that it is written."""
    go_on, button = (
        desk.page.get_by_role("link", name="See and download them"),
        desk.page.get_by_role("button", name="Download the files"),
    )
    go_on.or_(button).first.wait_for()
    if go_on.is_visible():
        go_on.click()
    with desk.page.expect_download() as download:
        button.click()
    return zipfile.ZipFile(download.value.path())


def table_in(archive, name):
    return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def proforma_cell(archive, name, question):
    sheet, _, cell = proforma_of("2025-26-Q2").cells[question].rpartition("!")
    return load_workbook(io.BytesIO(archive.read(name)))[sheet][cell].value


def test_somebody_signs_in_with_a_password_and_a_code_of_their_app(desk, world, monkeypatch):
    now = time.time()  # a code that is typed in the last second of its half minute is still right when it arrives
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: now)
    person = world.lead.person
    person.set_password(PASSWORD)
    person.save()
    TOTP.activate(person, SECRET)
    pat = desk()

    pat.open(page_of(world, "return"))
    pat.page.get_by_label("Email address").fill(person.email)
    pat.page.get_by_label("Password", exact=True).fill(PASSWORD)
    pat.press("Sign in")
    pat.page.get_by_label("Code").fill(format_hotp_value(hotp_value(SECRET, int(now) // 30)))
    pat.press("Continue")

    expect(pat.page.get_by_role("heading", level=1)).to_contain_text(world.trust.name)
    pat.sees(f"You are acting for {world.trust.name}")
    pat.page.get_by_role("link", name="Training", exact=True).click()
    answer(pat.page, "staff_total", 5000)
    expect(pat.page.locator("[data-autosave-status]")).to_contain_text("Saved at", timeout=PATIENCE * 1000)
    pat.press("Sign out")
    pat.open(page_of(world, "return"))
    expect(pat.page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_the_whole_return_can_be_filled_in_sent_and_signed_without_script(desk, world, start_worker):
    start_worker()
    lead, submitter, signer = (
        desk(who, java_script_enabled=False) for who in (world.lead, world.submitter, world.signer)
    )

    lead.open(page_of(world, "return"))
    lead.page.get_by_role("link", name="Prevent leads").click()
    fill_in_all_sections(lead, world, BELOW_TARGET)
    submitter.open(page_of(world, "check_answers"))
    submitter.press("Send for sign-off")
    signer.open(page_of(world, "sign_off"))
    signer.press("Sign off and submit")
    until(lambda: Check.objects.filter(state=Check.State.PASSED).exists(), "the check")
    signer.page.reload()

    signer.sees("Checked.")
    signer.sees("Score: Amber")


def test_two_people_in_one_section_lose_nothing(desk, world):
    one, other = desk(world.lead), desk(world.submitter)
    for somebody in (one, other):
        somebody.open(section_of(world, "activity"))
    answer(one.page, "general_enquiries", 12)
    one.press("Save and come back later")
    one.sees("Activity is saved.")

    answer(other.page, "general_enquiries", 15)
    answer(other.page, "prevent_referrals", 2)
    status = other.page.locator("[data-autosave-status]")
    expect(status).to_contain_text("while you had it open", timeout=PATIENCE * 1000)
    expect(other.page.locator("[name=general_enquiries]")).to_have_value("15")
    other.press("Save and continue")
    other.sees(f"{world.lead.person.name} saved this section")
    other.sees("Saved by your colleague: 12")
    expect(other.page.locator("[name=general_enquiries]")).to_have_value("15")
    expect(other.page.locator("[name=prevent_referrals]")).to_have_value("2")
    other.press("Save and come back later")
    other.sees("Activity is saved.")

    row = sections.working_copy(world.submission)
    assert (row.general_enquiries, row.prevent_referrals) == (15, 2)
    other.complaints = [words for words in other.complaints if "409" not in words]


def test_a_session_that_ends_while_typing_takes_nothing_with_it(desk, world):
    lead = desk(world.lead)
    page = lead.open(section_of(world, "activity"))
    Session.objects.all().delete()

    answer(page, "general_enquiries", 12)

    status = page.locator("[data-autosave-status]")
    expect(status).to_contain_text("Sign in", timeout=PATIENCE * 1000)
    expect(status).to_contain_text("What you typed is still on this page.")
    page.get_by_role("button", name="Save and come back later").click()
    expect(status).to_contain_text("Sign in again in another tab")
    expect(page.locator("[name=general_enquiries]")).to_have_value("12")

    lead.sign_in(world.lead)  # what a second tab does to the browser's cookies
    other_tab = lead.another_tab()
    other_tab.goto(reverse("home"))
    expect(other_tab.get_by_role("heading", level=1)).to_have_text("What needs you")
    page.get_by_role("button", name="Save and come back later").click()
    lead.sees("Activity is saved.")
    assert sections.working_copy(world.submission).general_enquiries == 12
    lead.complaints = [words for words in lead.complaints if "401" not in words]


def test_a_deadline_that_passes_while_typing_still_saves_but_does_not_send(desk, world):
    fill(world.submission, world.lead, timezone.now())
    lead, submitter = desk(world.lead), desk(world.submitter)
    lead.open(section_of(world, "activity"))
    submitter.open(page_of(world, "check_answers"))
    answer(lead.page, "general_enquiries", 14)

    past = timezone.now() - timedelta(minutes=1)
    Period.objects.filter(pk=world.period.pk).update(due_at=past, closes_at=past)
    lead.press("Save and come back later")
    submitter.press("Send for sign-off")

    lead.sees("Activity is saved.")
    lead.sees("This return has closed")
    submitter.sees("This return closed on")
    submitter.sees("Your answers are kept. Ask your commissioner for more time.")
    assert sections.working_copy(world.submission).general_enquiries == 14
    assert reload(world.submission).status == Submission.Status.DRAFT


def test_the_same_signature_from_two_tabs_makes_one_version(desk, world):
    fill(world.submission, world.lead, timezone.now())
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=timezone.now())
    signer = desk(world.signer)
    signer.open(page_of(world, "sign_off"))
    other = signer.another_tab()
    other.goto(page_of(world, "sign_off"))

    signer.page.get_by_role("button", name="Sign off and submit").dblclick()
    signer.sees("Submitted")
    other.get_by_role("button", name="Sign off and submit").click()

    expect(other.locator("main")).to_contain_text("2025-26-Q2 version 1")
    assert Version.objects.filter(submission=world.submission).count() == 1
    assert Check.objects.count() == 1


def test_a_desk_hears_what_a_browser_complains_of(browser, live_server):
    one = Desk(browser, live_server.url)
    one.open(reverse("help:index")).evaluate("console.error('Something is wrong.')")
    one.context.close()

    assert one.complaints == ["Something is wrong."]
