"""A live referral in two browsers, at the prison and at the service: from the draft to the follow-up and the next audit."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from continuity import sheets
from continuity.models import LiveReferral
from continuity.referral_answers import answers_from_referral, with_rows
from continuity.tests.audit_factories import AT, EXPIRES_ON, accept_everything, agree, client, make_audit, upload
from continuity.tests.factories import for_the_system, make_spoc_entry
from journal.models import Notice
from returns.templatetags import answers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TODAY = timezone.localdate()


def write_day(page, name, day):
    for part in ("day", "month", "year"):
        page.locator(f"[name={name}_{part}]").fill(str(getattr(day, part)))


def choose(page, **answers):
    for name, value in answers.items():
        page.locator(f"[name={name}][value={value}]").check()


def fill(page, **answers):
    for name, value in answers.items():
        page.locator(f"[name={name}]").fill(value)


def subjects(seat):
    return list(Notice.objects.filter(person_id=seat.person_id).order_by("pk").values_list("subject", flat=True))


def add_appointment(who, address, time, with_whom, made_by):
    page = who.open(address)
    who.press("Add an appointment", "link")
    choose(page, with_whom=with_whom, made_by=made_by, told_client="YES")
    write_day(page, "on", TODAY)
    fill(page, time=time)
    who.press("Save")
    who.sees("Appointment saved.")


@pytest.fixture
def pathway(transactional_db):
    """An audit whose prison refers to the service of one of its areas, which stands in the directory."""
    world = agree(accept_everything(make_audit(starts=TODAY - timedelta(days=60), ends=TODAY)))
    make_spoc_entry(world.north, areas=[world.pair_north.area], prisons=[world.prison.organisation], at=AT)
    return world


def test_a_referral_is_followed_from_the_prison_to_the_service_and_into_the_next_audit(desk, pathway):
    prison, service = desk(pathway.prison), desk(pathway.north)

    # The prison begins, fills in and sends
    page = prison.open("/continuity/referrals/")
    prison.press("Begin a referral", "link")
    page.get_by_label("Area the person is released to").select_option(value=pathway.pair_north.area.dat_code)
    prison.press("Show its services")
    prison.press("Refer to Larkmoor Recovery")
    referral = LiveReferral.objects.get()
    address = f"/continuity/referrals/{referral.uuid}/"
    page.get_by_role("link", name="Change “The person”").click()
    fill(page, first_name="Robert", surname="Nightshade", known_as="Bob", prison_number="Z9876ZZ")
    write_day(page, "date_of_birth", date(1990, 5, 17))
    choose(page, sex="MALE", consent="YES")
    prison.press("Save and continue")
    page.get_by_label("Main substance").select_option(label="Heroin")
    fill(page, assessed_need="Dependent on heroin for ten years.")
    choose(page, structured_need="YES", treatment="PHARM")
    prison.press("Save and continue")
    choose(page, mental_health="NO", housing="YES")
    prison.press("Save and continue")
    write_day(page, "expected_release_on", TODAY + timedelta(days=14))
    choose(page, may_change="YES", abode="NO_FIXED_ABODE")
    prison.press("Save and go to the referral")
    assert service.open(address).title().startswith("Page not found")
    service.complaints.clear()  # the browser says that the page was not found: it is a draft
    prison.press("Check and send", "link")
    prison.press("Send the referral")
    prison.sees(f"{pathway.north.organisation.name} has got a message")

    # The service receives and acknowledges it, and has seen the person already
    page = service.open("/")
    page.get_by_role("link", name=f"Referral {referral.reference}: acknowledge").click()
    service.sees("Robert Nightshade")
    service.press("We have received it")
    service.press("Acknowledge the referral", "link")
    choose(page, appropriate="YES")
    service.press("Acknowledge")
    service.sees("Acknowledged. The prison has got a message.")
    service.press("Add a contact before release", "link")
    choose(page, kind="VISIT", contact_by="PEER")
    write_day(page, "on", TODAY)
    service.press("Save")
    service.sees("Contact saved.")

    # A court releases the person: first marked on the wrong day, then put right; each time the service is told at once
    page = prison.open(address)
    prison.press("Change the release date, or say that the person was released", "link")
    choose(page, kind="COURT")
    write_day(page, "on", TODAY - timedelta(days=1))
    prison.press("Save and tell the service")
    prison.sees("The service has not acknowledged this yet.")
    assert subjects(pathway.north)[-1].endswith("is urgent: the person was released from court")
    page.get_by_role("link", name="Correct what was recorded about the release").click()
    choose(page, kind="COURT", reason="WRONG_DAY")
    write_day(page, "on", TODAY)
    prison.press("Correct and tell the service")
    prison.sees("Corrected. The service has got a message.")
    page = service.open("/")
    page.get_by_role("link", name=f"Referral {referral.reference}: released from court").first.click()
    service.sees("This is a correction. The day was wrong.")
    service.press("Acknowledge: we know")
    service.sees("Acknowledged. The prison sees that you know.")
    prison.open(address)
    for change in referral.release_changes.all():
        for moment in (change.told_at, change.acknowledged_at):
            assert answers.moment(moment) in prison.page.locator("#changes").inner_text()
    assert prison.page.locator("#changes tbody tr").count() == 2

    # Two appointments clash; the person misses one and is followed up
    add_appointment(service, address, "10:00", "TREATMENT", "COMMUNITY")
    add_appointment(prison, address, "11:00", "PROBATION", "PROBATION")
    service.open(address)
    service.sees("Two appointments clash")
    page = service.page
    page.get_by_role("link", name="Record what came of it").click()
    choose(page, outcome="DNA")
    service.press("Save")
    service.press("Add a follow-up", "link")
    choose(page, method="TELEPHONE")
    write_day(page, "on", TODAY)
    service.press("Save")
    service.sees("Follow-up saved.")
    service.sees("Follow-up of the missed appointment")

    # The next audit's sheet begins with all of it
    with for_the_system():
        exit_on = TODAY.isoformat()
        row = client(pathway.pair_north.area, P05="Z9876ZZ", P11=exit_on, P16=exit_on, P18="Unplanned from court")
        upload(pathway, [row])
        sheet = sheets.release(pathway.pair_north, expires_on=EXPIRES_ON, by=pathway.prison, at=timezone.now())
        told = answers_from_referral(with_rows(LiveReferral.objects.get()))
    page = service.open(f"/audits/sheets/{sheet.submission.uuid}/")
    page.get_by_role("link", name=row["P02"]).click()
    service.sees(f"the live referral {referral.reference}")
    for column, answer in {"C01": "YES", "C04": "YES", "C16": "", "C20": "APPOINTMENT", "C24": "DNA"}.items():
        assert page.locator(f"[name={column}]").input_value() == answer, column
    assert page.locator("[name=C17][value=VISIT]").is_checked()
    assert {"C02", "C09", "C18", "C21", "C26", "C27", "C28"} <= set(told)
