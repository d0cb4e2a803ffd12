import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import memberships
from accounts.models import Membership
from accounts.tests.factories import make_organisation, make_person, make_seat, sign_in
from journal.models import Event, Notice
from journal.refused import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def trust():
    return make_organisation()


@pytest.fixture
def administrator(trust):
    return make_seat("USER_ADMINISTRATOR", trust)


def test_a_role_is_given_from_now_on_and_written_down(trust, administrator):
    now = timezone.now()

    membership = memberships.give(make_person(), trust, "PREVENT_EDITOR", by=administrator, at=now)

    assert membership in Membership.objects.active_at(now)
    assert Event.objects.filter(act="role given", subject_id=membership.pk).exists()


def test_a_role_is_held_once_at_a_time(trust, administrator):
    held = make_seat("PREVENT_EDITOR", trust)

    with pytest.raises(Refused, match="already has this role"):
        memberships.give(held.person, trust, held.role, by=administrator, at=timezone.now())


def test_a_role_ends_at_once_with_every_open_session_and_the_person_is_told(client, trust, administrator):
    held = make_seat("PREVENT_EDITOR", trust)
    sign_in(client, held)

    memberships.end(held, by=administrator, at=timezone.now())

    assert client.get(reverse("accounts:me")).status_code == 302
    assert Notice.objects.filter(person_id=held.person_id, subject__startswith="Your role").exists()


def test_a_role_that_has_not_begun_is_taken_back(trust, administrator):
    now = timezone.now()
    later = now + timezone.timedelta(days=7)
    held = memberships.give(make_person(), trust, "PREVENT_EDITOR", starts=later, by=administrator, at=now)

    memberships.end(held, by=administrator, at=now)

    assert not Membership.objects.active_at(later).filter(pk=held.pk).exists()


def test_nobody_ends_a_role_of_their_own_or_one_that_ended(trust, administrator):
    now = timezone.now()
    with pytest.raises(Refused, match="your own"):
        memberships.end(administrator, by=administrator, at=now)

    held = make_seat("PREVENT_EDITOR", trust)
    memberships.end(held, by=administrator, at=now)
    with pytest.raises(Refused, match="ended already"):
        memberships.end(held, by=administrator, at=now)


def test_ending_a_role_is_confirmed_on_a_page_of_its_own(client, trust, administrator):
    held = make_seat("PREVENT_EDITOR", trust)
    sign_in(client, administrator)
    address = reverse("accounts:end_membership", args=[held.pk])

    assert "takes effect at once" in client.get(address).text
    client.post(address, {"seat": administrator.pk})

    assert not Membership.objects.active_at(timezone.now()).filter(pk=held.pk).exists()


def test_the_people_of_another_organisation_are_as_if_they_were_not_there(client, administrator):
    sign_in(client, administrator)
    elsewhere = make_seat("PREVENT_EDITOR")

    assert client.get(reverse("accounts:end_membership", args=[elsewhere.pk])).status_code == 404
    assert client.get(reverse("accounts:people_of", args=[elsewhere.organisation.code])).status_code == 404


def test_the_list_of_people_costs_the_same_however_many_there_are(client, trust, administrator):
    sign_in(client, administrator)
    address = reverse("accounts:people_of", args=[trust.code])
    make_seat("PREVENT_EDITOR", trust)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _ in range(60):
        make_seat("PREVENT_EDITOR", trust)
    with CaptureQueriesContext(connection) as many:
        client.get(address)

    assert len(many) == len(few)
