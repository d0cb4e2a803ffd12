from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation, Membership, Person
from accounts.tests.factories import PASSWORD, make_organisation, make_person, make_seat, sign_in
from journal.models import Event
from journal.refused import Refused

pytestmark = pytest.mark.django_db
ADDRESS = "ada@trust.example"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def administrator():
    return make_seat("USER_ADMINISTRATOR", make_organisation(code="ZZTRUST"))


@pytest.fixture
def invitation(administrator, now):
    return invite(administrator, now)


def invite(administrator, at, **given):
    given = {"email": ADDRESS, "name": "Ada", "role": "PREVENT_EDITOR"} | given
    return invitations.invite(organisation=administrator.organisation, by=administrator, at=at, **given)


def link(invitation):
    return reverse("accounts:accept_invitation", args=[invitations.token_of(invitation)])


def join(client, invitation, **given):
    return client.post(link(invitation), {"name": "Ada", "password": PASSWORD} | given)


def test_an_invitation_leads_from_the_mail_to_an_account_with_the_role(client, invitation, now):
    assert invitations.send_waiting(at=now) == 1
    address = next(word for word in mail.outbox[0].body.split() if "/invitation/" in word)

    response = client.post(address, {"name": "Ada Other", "password": PASSWORD})

    assert response.url == reverse("mfa_activate_totp")
    ada = Person.objects.get(email=ADDRESS)
    assert ada.check_password(PASSWORD)
    assert Membership.objects.active_at(timezone.now()).get(person=ada).role == "PREVENT_EDITOR"


def test_a_name_with_characters_that_cannot_be_seen_is_refused(client, invitation):
    response = join(client, invitation, name="Ada \u202eadA")

    assert "characters that cannot be seen" in response.text
    assert not Person.objects.filter(email=ADDRESS).exists()


def test_somebody_who_joined_still_sets_up_a_second_factor_before_anything_else(client, invitation):
    join(client, invitation)

    assert client.get(reverse("accounts:me")).url.startswith(reverse("mfa_activate_totp"))
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_only_the_hash_of_the_token_is_kept(invitation):
    token = invitations.token_of(invitation)

    assert not Invitation.objects.filter(token_sha256=token).exists()
    assert invitations.find(token) == invitation


def test_looking_at_the_link_changes_nothing(client, invitation):
    for _ in range(2):
        assert client.get(link(invitation)).status_code == 200

    assert not Person.objects.filter(email=ADDRESS).exists()


def test_an_invitation_works_once(client, invitation):
    join(client, invitation)
    client.post(reverse("account_logout"))

    assert client.get(link(invitation)).status_code == 410
    assert join(client, invitation).status_code == 410


def test_two_tabs_accept_one_invitation_once(invitation, now):
    invitations.join(invitation, name="Ada", password=PASSWORD, at=now)

    with pytest.raises(Refused):
        invitations.join(invitation, name="Ada", password=PASSWORD, at=now)


def test_an_invitation_runs_out_after_thirty_days(client, administrator, now):
    late = invite(administrator, now - timedelta(days=30, seconds=1))

    assert "ran out" in client.get(link(late)).text
    with pytest.raises(Refused):
        invitations.join(late, name="Ada", password=PASSWORD, at=now)


def test_sending_again_moves_the_link_on(client, invitation, administrator, now):
    old = link(invitation)

    invitations.send_again(invitation, by=administrator, at=now + timedelta(minutes=1))

    invitation.refresh_from_db()
    assert client.get(old).status_code == 410
    assert client.get(link(invitation)).status_code == 200


def test_a_withdrawn_invitation_works_no_longer(client, invitation, administrator, now):
    invitations.withdraw(invitation, by=administrator, at=now)

    assert client.get(link(invitation)).status_code == 410


def test_a_forwarded_invitation_is_refused_to_somebody_else(client, invitation):
    somebody = make_seat("PREVENT_EDITOR")
    sign_in(client, somebody)

    assert "sent to another address" in client.get(link(invitation)).text
    assert client.post(link(invitation)).status_code == 403
    assert not Membership.objects.filter(person=somebody.person, organisation=invitation.organisation).exists()


def test_somebody_with_an_account_accepts_after_signing_in(client, invitation):
    ada = make_person(email=ADDRESS.upper())
    assert "You have an account already" in client.get(link(invitation)).text
    assert client.post(link(invitation)).status_code == 403
    sign_in(client, ada)

    client.post(link(invitation))

    assert Membership.objects.filter(person=ada, organisation=invitation.organisation).exists()


def test_a_weak_password_is_refused_with_a_sentence(client, invitation):
    response = join(client, invitation, password="short")

    assert "Error:" in response.text
    assert not Person.objects.filter(email=ADDRESS).exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"email": "safeguarding@trust.example"}, "team’s mailbox"),
        ({"role": "PREVENT_REVIEWER"}, "no such role"),
        ({"role": "NOT_A_ROLE"}, "no such role"),
    ],
)
def test_an_invitation_that_does_not_fit_is_refused(administrator, now, given, sentence):
    with pytest.raises(Refused, match=sentence):
        invite(administrator, now, **given)


def test_nobody_is_invited_to_a_third_submitters_place(administrator, now):
    for place in (1, 2):
        make_seat("PREVENT_DATA_SUBMITTER", administrator.organisation, place=place)

    with pytest.raises(Refused, match="two registered submitters already"):
        invite(administrator, now, role="PREVENT_DATA_SUBMITTER")


def test_nobody_invites_themselves(administrator, now):
    with pytest.raises(Refused, match="yourself"):
        invite(administrator, now, email=administrator.person.email)


def test_one_address_is_invited_to_a_role_once_at_a_time(invitation, administrator, now):
    with pytest.raises(Refused, match="invited to this role already"):
        invite(administrator, now)

    assert invite(administrator, now + timedelta(days=31))


def test_a_mail_server_that_is_down_makes_it_later_and_after_three_times_visible(invitation, now, monkeypatch):
    def down(*args):
        raise ConnectionRefusedError

    monkeypatch.setattr(invitations, "send_mail", down)
    for minutes in (0, 3, 6, 9):
        assert invitations.send_waiting(at=now + timedelta(minutes=minutes)) == 0

    invitation.refresh_from_db()
    assert invitation.attempts == 3
    assert invitation.could_not_be_sent


# Pages


def test_a_user_administrator_invites_to_roles_of_the_own_organisation(client, administrator):
    sign_in(client, administrator)
    address = reverse("accounts:invite", args=["ZZTRUST"])
    offered = dict(client.get(address).context["form"].fields["role"].choices)

    client.post(address, {"name": "Ada", "email": ADDRESS, "role": "PREVENT_EDITOR", "seat": administrator.pk})

    assert "PREVENT_ACCOUNTABLE_LEAD" in offered
    assert not {"NATIONAL_ADMINISTRATOR", "PREVENT_REVIEWER"} & offered.keys()
    assert Invitation.objects.get().email == ADDRESS
    assert Event.objects.filter(act="invited", actor_id=administrator.person_id).exists()


def test_a_refusal_stands_on_the_form_and_keeps_what_was_typed(client, administrator):
    sign_in(client, administrator)

    response = client.post(
        reverse("accounts:invite", args=["ZZTRUST"]),
        {"name": "Ada", "email": "info@trust.example", "role": "PREVENT_EDITOR"},
    )

    assert "team’s mailbox" in response.text
    assert 'value="info@trust.example"' in response.text


def test_a_national_administrator_invites_everywhere_and_others_only_at_home(client, administrator):
    elsewhere = reverse("accounts:invite", args=[make_organisation().code])
    sign_in(client, administrator)
    assert client.get(elsewhere).status_code == 404

    sign_in(client, make_seat("NATIONAL_ADMINISTRATOR"))
    assert client.get(elsewhere).status_code == 200


def test_withdrawing_and_sending_again_are_closed_to_others(client, invitation):
    sign_in(client, make_seat("PREVENT_EDITOR", invitation.organisation))
    for route in ("accounts:withdraw_invitation", "accounts:send_invitation_again"):
        assert client.post(reverse(route, args=[invitation.uuid])).status_code == 403
