"""Signing in by choosing a person: only with PORTAL_DEMO=1, only on this machine, only where everybody is invented."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.db import transaction
from django.http.request import split_domain_port

from accounts.models import DemonstrationMarker, Membership, Organisation, Person
from accounts.seats import WithoutSeat
from journal import events
from journal.refused import Refused

LOOPBACK_ADDRESSES = {"127.0.0.1", "::1"}
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "[::1]"}


@transaction.atomic
def mark(*, at):
    """Declares this database a demonstration. Raises Refused where somebody or some organisation is there already."""
    if is_marked():
        return
    if Person.objects.exists() or Organisation.objects.exists():
        raise Refused("This database holds people or organisations already. A demonstration starts with an empty one.")
    DemonstrationMarker.objects.create(written_at=at)


def is_marked():
    return DemonstrationMarker.objects.exists()


def is_on(request):
    """All three conditions, and no proxy in between, behind which everybody would seem to be on this machine."""
    return settings.DEMO and _is_loopback(request) and is_marked()


def sign_in(request, person, *, at):
    """Signs an invented person in, as if with both factors."""
    get_adapter().login(request, person)
    record_authentication(request, person, "mfa", type="demonstration")
    by = WithoutSeat(person)
    events.record("signed in", subject=("person", person.pk), by=by, at=at, detail={"demonstration": True})


def people_by_role(moment):
    """Role title -> memberships of invented people, one for each person, in the order in which roles are declared."""
    seats = (
        Membership.objects.active_at(moment)
        .filter(person__is_demonstration=True, person__is_active=True)
        .select_related("person", "organisation")
        .order_by("person_id")
    )
    groups = {}
    for seat in seats:
        groups.setdefault(seat.role, []).append(seat)
    return groups


def _is_loopback(request):
    host, _ = split_domain_port(request.get_host())
    proxied = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    return request.META.get("REMOTE_ADDR") in LOOPBACK_ADDRESSES and host in LOOPBACK_HOSTS and not proxied
