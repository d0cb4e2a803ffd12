"""What was typed is not lost: a form that was not taken is kept for its person, encrypted, and offered back, never sent."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import kept
from accounts.models import KeptForm
from accounts.tests.factories import make_person, make_seat, sign_in
from prevent.models import PreventReturn
from returns import periodic
from returns.models import Section
from returns.tests.factories import save
from tests.live import answer, make_open_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return make_open_world()


def section(world, slug="training"):
    return reverse("returns:section", args=[world.submission.uuid, slug])


def form_of(client, address):
    """The hidden fields of the page's section form, as a browser would send them back."""
    html = client.get(address).content.decode()
    form = html[html.index("data-autosave=") :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[: form.index("</form>")]))


def typed_after_the_session_ended(world, **typed):
    """Somebody opens a section, leaves it for too long, and sends it."""
    client = sign_in(Client(), world.lead)
    hidden = form_of(client, section(world))
    session = client.session
    session["seen_at"] -= 60 * 60
    session.save()
    return client, client.post(section(world), hidden | {"staff_total": "6250", "continue": "1"} | typed)


def test_a_form_that_came_after_the_session_ended_is_kept_encrypted(world):
    _, response = typed_after_the_session_ended(world)

    page = response.content.decode()
    assert response.status_code == 401
    assert "Sign in and get it back" in page and "6250" not in page
    form = KeptForm.objects.get()
    assert form.person == world.lead.person
    assert b"6250" not in bytes(form.sealed) and b"staff_total" not in bytes(form.sealed)
    assert kept.typed_in(form)["staff_total"] == ["6250"]
    assert not PreventReturn.objects.exists()


def test_signed_in_again_the_person_finds_it_in_the_same_form_and_saves_it_themselves(world):
    client, response = typed_after_the_session_ended(world)
    back = re.search(r'\?next=([^"]+)"', response.content.decode())[1]
    sign_in(client, world.lead)

    home = client.get(reverse("home")).content.decode()
    page = client.get(back.replace("%3F", "?").replace("%3D", "=")).content.decode()

    assert "Show the form with what I typed" in home
    assert 'value="6250"' in page
    assert "It is not saved yet" in page
    assert not PreventReturn.objects.exists()
    client.post(section(world), form_of(client, section(world)) | {"staff_total": "6250", "continue": "1"})
    assert PreventReturn.objects.get().staff_total == 6250
    assert not KeptForm.objects.exists()


def test_another_person_on_the_same_browser_sees_nothing_of_it(world):
    client, _ = typed_after_the_session_ended(world)
    colleague = make_seat("PREVENT_EDITOR", world.trust)
    sign_in(client, colleague)
    form = KeptForm.objects.get()

    pages = [client.get(address).content.decode() for address in (reverse("home"), kept.way_back(form))]

    assert not any("6250" in page or "What you typed" in page for page in pages)
    assert client.post(reverse("accounts:forget_typed", args=[form.uuid])).status_code == 404


def test_nobody_can_lay_words_into_anothers_form(world):
    mallory = sign_in(Client(), make_seat("PREVENT_EDITOR", world.trust))
    forged = form_of(mallory, section(world)) | {"staff_total": "1"}

    Client().post(section(world), forged | {"shown_to": f"{world.lead.person.pk}:nonsense"})
    Client().post(section(world), {"staff_total": "1", "seat": str(world.lead.pk)})
    sign_in(mallory, world.lead).post(section(world), forged | {"seat": "999"})

    assert not KeptForm.objects.filter(person=world.lead.person).exists()


def test_a_form_whose_token_is_too_old_is_kept_for_whoever_is_signed_in(world):
    client = Client(enforce_csrf_checks=True)
    sign_in(client, world.lead)
    hidden = form_of(client, section(world)) | {"csrfmiddlewaretoken": "old"}

    response = client.post(section(world), hidden | {"staff_total": "6250"})

    assert response.status_code == 403
    way_back = re.search(r'href="([^"]+\?typed=[^"]+)"', response.content.decode())[1]
    assert 'value="6250"' in client.get(way_back).content.decode()


def test_a_form_sent_without_the_second_factor_is_kept_until_it_is_given(world):
    client = sign_in(Client(), world.lead)
    hidden = form_of(client, section(world))
    client.force_login(world.lead.person, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = []
    session.save()

    response = client.post(section(world), hidden | {"staff_total": "6250"})

    assert response.status_code == 401
    assert KeptForm.objects.get().person == world.lead.person
    assert 'value="6250"' not in client.get(kept.way_back(KeptForm.objects.get()), follow=True).content.decode()
    sign_in(client, world.lead)
    assert 'value="6250"' in client.get(kept.way_back(KeptForm.objects.get())).content.decode()


def test_what_was_typed_for_another_organisation_waits_until_one_acts_for_it_again(world):
    other = make_seat("PREVENT_OPERATIONAL_LEAD", person=world.lead.person)
    client, _ = typed_after_the_session_ended(world)
    sign_in(client, other)

    page = client.get(reverse("home")).content.decode()

    assert f"You were acting for {world.trust.name}." in page
    assert "Show the form" not in page


def test_who_saved_meanwhile_is_not_overwritten_unseen(world):
    client, _ = typed_after_the_session_ended(world)
    save(world.submission, "training", make_seat("PREVENT_EDITOR", world.trust), timezone.now(), staff_total=7000)
    sign_in(client, world.lead)

    page = client.get(kept.way_back(KeptForm.objects.get())).content.decode()

    assert "Somebody has saved this page since you opened it" in page
    assert 'value="6250"' in page
    assert Section.objects.get(slug="training").revision == 1


def test_where_the_form_is_gone_what_was_typed_is_shown_to_copy(world):
    client, _ = typed_after_the_session_ended(world)
    KeptForm.objects.update(page=reverse("home"))
    sign_in(client, world.lead)

    page = client.get(kept.way_back(KeptForm.objects.get())).content.decode()

    assert "Copy from here what you need" in page and "6250" in page


def test_it_is_gone_after_half_an_hour_or_when_it_is_not_wanted(world):
    client, _ = typed_after_the_session_ended(world)
    sign_in(client, world.lead)
    form = KeptForm.objects.get()

    KeptForm.objects.update(kept_at=timezone.now() - kept.KEEP)
    assert "What you typed" not in client.get(reverse("home")).content.decode()
    periodic.each_minute(at=timezone.now())
    assert not KeptForm.objects.exists()

    form.kept_at = timezone.now()
    form.save(force_insert=True)
    client = sign_in(Client(), world.lead)
    answer = client.post(reverse("accounts:forget_typed", args=[form.uuid]), follow=True)
    assert "What you had typed is gone." in answer.content.decode()
    assert not KeptForm.objects.exists()


def test_too_much_is_not_kept_but_shown_to_copy(world):
    _, response = typed_after_the_session_ended(world, training_content_statement="x" * kept.LIMIT)

    assert not KeptForm.objects.exists()
    assert "Keep this page open" in response.content.decode()


def test_a_person_has_a_few_kept_forms_the_newest_of_each_page(world):
    for number in range(kept.MOST + 2):
        slug = "training" if number < 2 else f"page-{number}"
        client = sign_in(Client(), world.lead)
        hidden = form_of(client, section(world))
        client.logout()
        client.post(section(world, slug), hidden | {"staff_total": str(number)})

    assert KeptForm.objects.count() == kept.MOST
    assert (
        not KeptForm.objects.filter(action=section(world, "training")).exists() or KeptForm.objects.count() == kept.MOST
    )


@pytest.mark.parametrize("route", ["account_change_password", "mfa_deactivate_totp"])
def test_nothing_about_signing_in_is_ever_kept(route, world):
    given = {"oldpassword": "old", "password1": "new", "text": "typed", "shown_to": kept.seal_of(world.lead.person)}

    Client().post(reverse(route), given)

    assert not KeptForm.objects.exists()


def test_one_look_in_a_session_is_enough_when_nothing_is_kept():
    client = sign_in(Client(), make_person())
    client.get(reverse("home"))

    assert client.session[kept.ASKED] is False


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("script", [True, False])
def test_in_a_browser_with_and_without_script(desk, script):
    world = make_open_world()
    lead = desk(world.lead, java_script_enabled=script)
    page = lead.open(section(world))
    answer(page, "staff_total", 6250)
    lead.context.clear_cookies(name="session")
    lead.press("Save and come back later")
    lead.sees("Your session has ended")
    lead.complaints.clear()  # of the status 401, as it should
    form = KeptForm.objects.get()

    lead.sign_in(world.lead)
    lead.open("/")
    lead.press("Show the form with what I typed", role="link")

    assert page.locator("[name=staff_total]").input_value() == "6250"
    lead.sees("It is not saved yet")
    lead.press("Save and come back later")
    lead.sees("In progress")
    assert PreventReturn.objects.get().staff_total == 6250
    assert not KeptForm.objects.filter(pk=form.pk).exists()
