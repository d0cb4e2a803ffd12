"""Registered SDCS data submitters: two places in an organisation, held by the database, and the swap that fills them.

Source: the quarterly Prevent guidance, "accounts": at most two submitters, one easily swapped for another, for example
for annual leave; the SDCS team is asked by e-mail.
"""

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.urls import reverse
from django.utils import timezone

from accounts import addresses, memberships
from accounts.models import Membership, Organisation, SubmitterRequest
from accounts.roles import all_roles
from accounts.seats import WithoutSeat
from journal import events, notices
from journal.refused import Refused

SDCS_TEAM = "data.collections@nhs.net"
PLACES = (1, 2)

NO_PLACE = (
    "There are two registered submitters already. Swap one of them, or end one’s registration, to make room for "
    "another."
)


def submitter_roles(organisation):
    """The roles by which somebody is a registered submitter of such an organisation."""
    return [role for role in all_roles().values() if role.is_submitter and role.fits(organisation.kind)]


@transaction.atomic
def add(person, organisation, role, *, by, at, starts=None, ends=None):
    """Registers a person in a free place and drafts the request to the SDCS team; returns the membership.

    Raises Refused where no place is free, where the address is not the person's own in this organisation, or where
    somebody would register themselves.
    """
    _refuse_oneself(person, by)
    _hold(organisation)
    memberships.refuse_misfit(role, organisation)
    refuse_address(person.email, organisation)
    during = DateTimeTZRange(starts or at, ends)
    place = free_place(organisation, during)
    membership = _register(person, organisation, role, place, during, by=by)
    _ask(membership, by=by, at=at)
    events.record("submitter added", subject=("membership", membership.pk), by=by, at=at, detail={"place": place})
    return membership


@transaction.atomic
def swap(outgoing, person, *, by, at, starts=None, ends=None):
    """One act: the person takes the outgoing submitter's place from `starts` (now unless told); with an end, the
    outgoing one has it back from then. Their open sessions end at once. Returns the new membership. Raises Refused.
    """
    _refuse_oneself(person, by)
    _hold(outgoing.organisation)
    outgoing = memberships.lock(outgoing)
    starts = starts or at
    _refuse_impossible_swap(outgoing, person, starts=starts, ends=ends, at=at)
    refuse_address(person.email, outgoing.organisation)
    until = outgoing.until
    memberships.cut(outgoing, starts)
    place = outgoing.submitter_place
    incoming = _register(
        person, outgoing.organisation, outgoing.role, place, DateTimeTZRange(starts, ends or until), by=by
    )
    if ends and (until is None or ends < until):
        _register(outgoing.person, outgoing.organisation, outgoing.role, place, DateTimeTZRange(ends, until), by=by)
    memberships.sign_out(outgoing.person)
    _ask(incoming, replaces=outgoing, by=by, at=at)
    events.record(
        "submitter swapped",
        subject=("membership", incoming.pk),
        by=by,
        at=at,
        detail={"replaces": outgoing.pk, "place": place},
    )
    _tell(incoming, outgoing, at=at)
    return incoming


@transaction.atomic
def record_answer(request, answer, *, by, at):
    """Records what the SDCS team said to a request: an `Answer`. Raises Refused where an answer was recorded before."""
    request = SubmitterRequest.objects.select_for_update(no_key=True, of=("self",)).get(pk=request.pk)
    if request.answer:
        raise Refused("An answer to this request has been recorded already.")
    request.answer, request.answered_at, request.recorded_by_id = answer, at, by.person_id
    request.save(update_fields=["answer", "answered_at", "recorded_by"])
    events.record(
        "SDCS answer recorded", subject=("submitter_request", request.pk), by=by, at=at, detail={"answer": answer}
    )
    return request


def refuse_address(address, organisation):
    """SDCS takes a person's own work address only. Raises Refused for a team's, a private, or another one's."""
    if addresses.is_team_mailbox(address):
        raise Refused(f"{address} looks like a team’s mailbox. A submitter needs a work address of their own.")
    if addresses.is_private_mailbox(address) or not addresses.is_in_domains(address, organisation.email_domains):
        raise Refused(f"{address} is not a work address of {organisation.name}. Ask your administrator to check it.")


def free_place(organisation, during):
    """A place nobody holds in that time. Raises Refused where there is none."""
    held = Membership.objects.filter(organisation=organisation, submitter_place__isnull=False, during__overlap=during)
    taken = set(held.values_list("submitter_place", flat=True))
    for place in PLACES:
        if place not in taken:
            return place
    raise Refused(NO_PLACE, "no place")


def draft(membership, replaces=None):
    """The text of the request to the SDCS team: organisation, both people with their addresses, and the dates."""
    lines = [
        "Dear SDCS team,",
        "",
        "Please change the registered data submitters of this organisation.",
        "",
        f"Organisation: {membership.organisation.name}",
        f"Organisation code: {membership.organisation.code}",
        f"New submitter: {membership.person.name}, {membership.person.email}",
    ]
    if replaces:
        lines.append(f"In place of: {replaces.person.name}, {replaces.person.email}")
    lines.append(f"From: {_day(membership.since)}")
    if membership.until:
        lines.append(f"Until: {_day(membership.until)}")
        if replaces:
            lines.append(f"After that {replaces.person.name} is the submitter again.")
    return "\n".join([*lines, "", "Thank you."])


def _refuse_oneself(person, by):
    if person.pk == by.person_id:
        raise Refused("You cannot give a place to yourself. Ask another administrator.")


def _hold(organisation):
    """Places of one organisation are filled one at a time; the constraint would say so too, but less kindly."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def _register(person, organisation, role, place, during, *, by):
    return memberships.write(
        refusal=f"{person} is, or will be, a registered submitter here in that time already, or the place is taken.",
        person=person,
        organisation=organisation,
        role=role,
        during=during,
        submitter_place=place,
        granted_by_id=by.person_id,
    )


def _refuse_impossible_swap(outgoing, person, *, starts, ends, at):
    if outgoing.submitter_place is None or outgoing.has_ended(starts):
        raise Refused(f"{outgoing.person} is no registered submitter at that time.")
    if person.pk == outgoing.person_id:
        raise Refused("Choose somebody else: this person holds the place already.")
    if starts < at:
        raise Refused("A swap cannot start in the past.")
    if ends and ends <= starts:
        raise Refused("A swap ends after it starts.")


def _ask(membership, *, by, at, replaces=None):
    return SubmitterRequest.objects.create(
        membership=membership,
        replaces=replaces,
        text=draft(membership, replaces),
        asked_by_id=by.person_id,
        asked_at=at,
    )


def _tell(incoming, outgoing, *, at):
    telling = notices.Telling(
        cause=f"submitter-swapped-{incoming.pk}",
        recipients=frozenset([incoming, WithoutSeat(outgoing.person)]),
        subject=f"The registered submitters of {incoming.organisation.name} have changed",
        link=reverse("accounts:submitters", args=[incoming.organisation.code]),
        always_mailed=True,
    )
    notices.tell([telling], at=at)


def _day(moment):
    local = timezone.localtime(moment)
    return f"{local.day} {local:%B %Y}"
