"""Which membership a person is acting under now. It is read again from the database on every request."""

from dataclasses import dataclass, field
from types import SimpleNamespace

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Membership, OrganisationLink, Person
from journal import events

CHOSEN = "seat"


def seats_of(person, moment):
    """The memberships a person may act under at this moment, oldest first, with what every page shows of them."""
    before = OrganisationLink.objects.successions(timezone.localdate(moment))
    before = before.filter(from_organisation=OuterRef("organisation"))
    seats = list(
        Membership.objects.filter(person=person)
        .active_at(moment)
        .select_related("organisation", "organisation__region")
        .annotate(has_predecessors=Exists(before))
        .order_by("organisation__name", "id")
    )
    for seat in seats:
        seat.person = person
    return seats


def current(seats, session):
    """The seat chosen in this session, if it is still held; otherwise the first one; otherwise none."""
    chosen = session.get(CHOSEN)
    return next((seat for seat in seats if seat.pk == chosen), seats[0] if seats else None)


def choose(session, seat, *, at):
    session[CHOSEN] = seat.pk
    events.record("seat chosen", subject=("membership", seat.pk), by=seat, at=at)


@dataclass(frozen=True)
class WithoutSeat:
    """Somebody who acts for nobody, in the shape of a seat that the log and the mailbox understand."""

    person: Person
    pk: None = None
    organisation: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(code=""), compare=False)

    @property
    def person_id(self):
        return self.person.pk
