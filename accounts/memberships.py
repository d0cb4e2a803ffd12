"""Giving and ending roles: the only code that writes memberships, apart from the registered submitters'."""

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F
from django.urls import reverse

from accounts.models import Membership, Person
from accounts.roles import all_roles
from accounts.seats import WithoutSeat
from journal import events, notices
from journal.refused import Refused


@transaction.atomic
def give(person, organisation, role, *, by, at, starts=None, ends=None):
    """Gives a person a role in an organisation, from `starts` (now unless told) to `ends`; returns the membership.

    Registered submitters come by `submitters.add` or `submitters.swap`. Raises Refused.
    """
    refuse_misfit(role, organisation)
    if all_roles()[role].is_submitter:
        raise Refused("A registered submitter takes one of two places. Use the page of SDCS submitters.")
    membership = write(
        refusal=f"{person} already has this role here.",
        person=person,
        organisation=organisation,
        role=role,
        during=DateTimeTZRange(starts or at, ends),
        granted_by_id=by.person_id,
    )
    events.record("role given", subject=("membership", membership.pk), by=by, at=at, detail={"role": role})
    return membership


@transaction.atomic
def end(membership, *, by, at):
    """Ends a role now, or takes it back if it has not begun; the person's open sessions end with it. Raises Refused."""
    membership = lock(membership)
    if membership.person_id == by.person_id:
        raise Refused("You cannot end a role of your own. Ask another administrator.")
    if membership.has_ended(at):
        raise Refused("This role has ended already.")
    cut(membership, at)
    sign_out(membership.person)
    events.record("role ended", subject=("membership", membership.pk), by=by, at=at, detail={"role": membership.role})
    telling = notices.Telling(
        cause=f"role-ended-{membership.pk}",
        recipients=frozenset([WithoutSeat(membership.person)]),
        subject=f"Your role in {membership.organisation.name} has ended",
        body=f"{membership.role_label}, ended by {by.person}.",
        link=reverse("accounts:me"),
        always_mailed=True,
    )
    notices.tell([telling], at=at)


def refuse_misfit(role, organisation):
    if role not in all_roles() or not all_roles()[role].fits(organisation.kind):
        raise Refused(f"{organisation.name} has no such role.")


def lock(membership):
    """Two people press the same button; nobody who only refers to the row has to wait."""
    rows = Membership.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("person", "organisation").get(pk=membership.pk)


def write(*, refusal, **fields):
    """A new membership, unless the database knows of one that stands in its way: then Refused, with that sentence."""
    try:
        with transaction.atomic():
            return Membership.objects.create(**fields)
    except IntegrityError as error:
        raise Refused(refusal) from error


def cut(membership, moment):
    """Ends the membership at the moment. One that would have begun later is emptied, and kept for the record."""
    begun = membership.since is None or membership.since < moment
    membership.during = DateTimeTZRange(membership.since, moment) if begun else DateTimeTZRange(empty=True)
    membership.save(update_fields=["during"])


def sign_out(person):
    """Ends every open session of the person."""
    Person.objects.filter(pk=person.pk).update(auth_epoch=F("auth_epoch") + 1)
