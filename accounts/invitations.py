"""The only way in: a link sent to one address for one role in one organisation, good for 30 days and for one use.

The link's token is made of the invitation and SECRET_KEY, so that a worker can send it later; only its hash is kept.
"""

import hashlib
import logging
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac

from accounts import addresses, memberships, submitters
from accounts.models import Invitation, Membership, Person
from accounts.roles import all_roles
from accounts.seats import WithoutSeat
from journal import doorbell, events
from journal.refused import Refused

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)


@transaction.atomic
def invite(*, email, name, organisation, role, by, at, replaces=None, starts_at=None, ends_at=None):
    """Invites an address to a role; returns the invitation, which a worker sends. Raises Refused.

    For a registered submitter, `replaces` is the membership whose place is taken when the invitation is accepted, from
    `starts_at` to `ends_at`.
    """
    email = email.strip().lower()
    memberships.refuse_misfit(role, organisation)
    _refuse_address(email, organisation, role)
    if all_roles()[role].is_submitter and not replaces:
        submitters.free_place(organisation, DateTimeTZRange(starts_at or at, ends_at))
    if email == by.person.email.lower():
        raise Refused("You cannot give a role to yourself. Ask another administrator.")
    _refuse_holder(email, organisation, role, at)
    _withdraw_expired(email, organisation, role, by=by, at=at)
    invitation = Invitation(
        email=email,
        name=name,
        organisation=organisation,
        role=role,
        replaces=replaces,
        starts_at=starts_at,
        ends_at=ends_at,
        invited_by_id=by.person_id,
        invited_at=at,
    )
    _save_with_token(invitation)
    _record("invited", invitation, by=by, at=at, role=role)
    doorbell.ring("accounts.send_invitations")
    return invitation


@transaction.atomic
def withdraw(invitation, *, by, at):
    """The link works no longer. Raises Refused where it was used already."""
    invitation = _lock(invitation)
    _refuse_closed(invitation)
    invitation.withdrawn_at = at
    invitation.save(update_fields=["withdrawn_at"])
    _record("invitation withdrawn", invitation, by=by, at=at)


@transaction.atomic
def send_again(invitation, *, by, at):
    """Sends a new link for another 30 days; the old one works no longer. Raises Refused."""
    invitation = _lock(invitation)
    _refuse_closed(invitation)
    invitation.invited_at, invitation.sent_at, invitation.attempts, invitation.lease_until = at, None, 0, None
    _save_with_token(invitation)
    _record("invited again", invitation, by=by, at=at)
    doorbell.ring("accounts.send_invitations")


def find(token):
    """The invitation with this token, used or not, or None."""
    return Invitation.objects.filter(token_sha256=_hash(token)).select_related("organisation", "invited_by").first()


@transaction.atomic
def join(invitation, *, name, password, at):
    """Somebody new takes up the invitation; returns the person. Raises Refused."""
    invitation = _lock_open(invitation, at)
    if Person.objects.filter(email__iexact=invitation.email).exists():
        raise Refused("There is an account with this address already. Sign in, then open the link again.")
    person = Person.objects.create_user(invitation.email, name, password)
    # The link was opened from the mailbox it was sent to, so the address is proved.
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    _take_up(invitation, person, at=at)
    return person


@transaction.atomic
def accept(invitation, person, *, at):
    """Somebody with an account takes up the invitation that was sent to their address. Raises Refused."""
    invitation = _lock_open(invitation, at)
    if person.email.lower() != invitation.email:
        raise Refused("This invitation was sent to another address. Sign out, and sign in with that one.")
    return _take_up(invitation, person, at=at)


def token_of(invitation):
    """The secret in the link. It moves on when the invitation is sent again."""
    value = f"{invitation.uuid} {invitation.invited_at.timestamp()}"
    return salted_hmac("accounts.invitation", value, algorithm="sha256").hexdigest()


def send_waiting(*, at, limit=100):
    """Sends what waits, each under a lease; after three attempts an invitation waits for somebody to send it again.

    Returns how many were sent. A worker that dies between sending and committing sends once more.
    """
    sent = 0
    for invitation in _claim(limit=limit, at=at):
        try:
            _send(invitation)
        except OSError:
            logger.exception("Invitation %s could not be sent.", invitation.uuid)
            continue
        Invitation.objects.filter(pk=invitation.pk).update(sent_at=at, lease_until=None)
        sent += 1
    return sent


def _claim(*, limit, at):
    with transaction.atomic():
        waiting = Invitation.objects.filter(
            Q(lease_until__isnull=True) | Q(lease_until__lt=at),
            sent_at__isnull=True,
            accepted_at__isnull=True,
            withdrawn_at__isnull=True,
            attempts__lt=Invitation.ATTEMPTS,
        )
        ids = list(waiting.order_by("id").select_for_update(skip_locked=True).values_list("id", flat=True)[:limit])
        Invitation.objects.filter(pk__in=ids).update(attempts=F("attempts") + 1, lease_until=at + LEASE)
    return Invitation.objects.filter(pk__in=ids).select_related("organisation", "invited_by").order_by("id")


def _send(invitation):
    link = settings.PORTAL_URL + reverse("accounts:accept_invitation", args=[token_of(invitation)])
    context = {"invitation": invitation, "link": link, "portal_name": settings.PORTAL_NAME}
    send_mail(
        f"You are invited to {settings.PORTAL_NAME}",
        render_to_string("accounts/invitation_mail.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [invitation.email],
    )


def _take_up(invitation, person, *, at):
    invitation.accepted_at = at
    invitation.save(update_fields=["accepted_at"])
    by = WithoutSeat(invitation.invited_by)
    if all_roles()[invitation.role].is_submitter:
        membership = _take_place(invitation, person, by=by, at=at)
    else:
        membership = memberships.give(
            person, invitation.organisation, invitation.role, by=by, at=at, ends=invitation.ends_at
        )
    events.record("joined", subject=("invitation", invitation.uuid), by=membership, at=at)
    return membership


def _take_place(invitation, person, *, by, at):
    starts = max(invitation.starts_at or at, at)
    if invitation.replaces:
        return submitters.swap(invitation.replaces, person, starts=starts, ends=invitation.ends_at, by=by, at=at)
    return submitters.add(
        person, invitation.organisation, invitation.role, starts=starts, ends=invitation.ends_at, by=by, at=at
    )


def _lock(invitation):
    return (
        Invitation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("organisation", "invited_by", "replaces__person", "replaces__organisation")
        .get(pk=invitation.pk)
    )


def _lock_open(invitation, at):
    """Opened twice, in two tabs or by two people: the second finds it used."""
    invitation = _lock(invitation)
    if not invitation.is_open_at(at):
        raise Refused("This invitation cannot be used any more. Ask whoever invited you to send it again.")
    return invitation


def _refuse_closed(invitation):
    if invitation.accepted_at or invitation.withdrawn_at:
        raise Refused("This invitation was used or withdrawn already.")


def _refuse_address(email, organisation, role):
    if all_roles()[role].is_submitter:
        submitters.refuse_address(email, organisation)
    elif addresses.is_team_mailbox(email):
        raise Refused(f"{email} looks like a team’s mailbox. Everybody signs in with a work address of their own.")


def _refuse_holder(email, organisation, role, at):
    held = Membership.objects.active_at(at).filter(organisation=organisation, role=role, person__email__iexact=email)
    if held.exists():
        raise Refused(f"{email} has this role already.")


def _withdraw_expired(email, organisation, role, *, by, at):
    """An invitation that ran out makes room for a new one; one that still works does not."""
    rows = Invitation.objects.filter(
        email__iexact=email, organisation=organisation, role=role, accepted_at=None, withdrawn_at=None
    )
    for invitation in rows:
        if invitation.is_open_at(at):
            raise Refused(f"{email} is invited to this role already. Send that invitation again instead.")
        withdraw(invitation, by=by, at=at)


def _save_with_token(invitation):
    invitation.token_sha256 = _hash(token_of(invitation))
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError as error:
        raise Refused(f"{invitation.email} is invited to this role already.") from error


def _hash(token):
    return hashlib.sha256(token.encode()).hexdigest()


def _record(act, invitation, *, by, at, **detail):
    detail["organisation"] = invitation.organisation.code
    events.record(act, subject=("invitation", invitation.uuid), by=by, at=at, detail=detail)
