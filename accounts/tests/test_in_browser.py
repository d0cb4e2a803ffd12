"""Every page about people and organisations, as a browser shows it: nothing for axe to find, nothing wider than a phone."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone

from accounts import invitations, submitters
from accounts.models import Trait
from accounts.tests.factories import make_commissioner, make_link, make_organisation, make_person, make_seat, make_trait
from accounts.tests.factories import sign_in as sign_in_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PORTAL_PICTURES")


@pytest.fixture
def pages():
    """Addresses of all pages, and the seat of the national administrator who may open them."""
    trust = make_organisation("ZZ100", name="Invented Hospitals NHS Foundation Trust")
    make_link(trust, make_commissioner("ZZ200", name="Invented ICB"))
    row = make_trait(trust, Trait.MENTAL_HEALTH_PROVIDER)
    seat = make_seat("NATIONAL_ADMINISTRATOR", make_organisation("ZZ300", kind="OTHER", name="Invented England"))
    make_seat("USER_ADMINISTRATOR", trust, seat.person)
    outgoing = make_seat("PREVENT_DATA_SUBMITTER", trust, make_person("Ada Leaver"))
    editor = make_seat("PREVENT_EDITOR", trust, make_person("Kim Editor"))
    now = timezone.now()
    held = submitters.swap(outgoing, make_person("Bo Stand-in"), by=seat, at=now)
    invitations.invite(
        email="new@trust.example", name="Jo New", organisation=trust, role="PREVENT_EDITOR", by=seat, at=now
    )
    arguments = {
        **dict.fromkeys(["me", "my_activity", "seats", "roles", "people", "organisations", "sdcs_registration"], []),
        **dict.fromkeys(
            ["organisation", "people_of", "invite", "invitations", "submitters", "add_submitter"], ["ZZ100"]
        ),
        **dict.fromkeys(["set_trait", "set_lead_commissioner", "set_email_domains"], ["ZZ100"]),
        "end_membership": [editor.pk],
        "end_trait": [row.pk],
        "swap_submitter": [held.pk],
        "submitter_request": [held.submitter_request.pk],
    }
    return seat, {name: reverse(f"accounts:{name}", args=given) for name, given in arguments.items()}


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_sound_for_a_browser_of_this_width(pages, live_server, page, client, width):
    seat, addresses = pages
    enter(page, client, live_server, seat)
    page.set_viewport_size({"width": width, "height": 900})

    for name, address in addresses.items():
        page.goto(live_server.url + address)
        look(page, f"{name}-{width}")


def test_the_pages_for_those_who_come_in_are_sound(live_server, page):
    administrator = make_seat("USER_ADMINISTRATOR", make_organisation(name="Invented Hospitals"))
    invitation = invitations.invite(
        email="new@trust.example",
        name="Jo New",
        organisation=administrator.organisation,
        role="PREVENT_EDITOR",
        by=administrator,
        at=timezone.now(),
    )
    for name, token in {"join": invitations.token_of(invitation), "invitation_closed": "gone"}.items():
        page.goto(live_server.url + reverse("accounts:accept_invitation", args=[token]))
        look(page, name)


def enter(page, client, live_server, seat):
    sign_in_client(client, seat)
    page.context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}])


def look(page, name):
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is too wide"
