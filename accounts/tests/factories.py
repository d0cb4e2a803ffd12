"""Organisations and people for tests: the defaults make the ordinary case, keywords make the difference."""

import itertools
from datetime import UTC, date, datetime

from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange

from accounts.models import Membership, Organisation, OrganisationLink, OrganisationTrait, Person, Trait

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
A_LONG_AGO_DAY = date(2020, 1, 1)
Kind = Organisation.Kind
NOT_PROVIDERS = {Kind.CCG, Kind.ICB, Kind.REGION, Kind.OTHER}
PASSWORD = "a long sentence nobody guesses"

_numbers = itertools.count(1)


def make_organisation(code=None, *, kind=Kind.NHS_FOUNDATION_TRUST, name=None, holds_contract=True, **fields):
    """An open organisation; with `holds_contract` it holds the NHS Standard Contract since long ago."""
    code = code or f"ZZ{next(_numbers):03}"
    fields.setdefault("opened_on", A_LONG_AGO_DAY)
    organisation = Organisation.objects.create(code=code, name=name or f"Organisation {code}", kind=kind, **fields)
    if holds_contract and kind not in NOT_PROVIDERS:
        make_trait(organisation, Trait.HOLDS_NHS_STANDARD_CONTRACT)
    return organisation


def make_commissioner(code=None, **fields):
    return make_organisation(code, **{"kind": Kind.CCG} | fields)


def make_region(code=None, **fields):
    return make_organisation(code, **{"kind": Kind.REGION} | fields)


def make_trait(organisation, trait, *, since=A_LONG_AGO_DAY, until=None):
    return OrganisationTrait.objects.create(
        organisation=organisation, trait=trait, during=DateRange(since, until), source="test", edited_at=LONG_AGO
    )


def make_link(provider, commissioner, *, since=A_LONG_AGO_DAY, until=None, return_type="", **fields):
    """`commissioner` is the provider's lead commissioner."""
    fields.setdefault("kind", OrganisationLink.Kind.COMMISSIONED_BY)
    return OrganisationLink.objects.create(
        from_organisation=provider,
        to_organisation=commissioner,
        return_type=return_type,
        during=DateRange(since, until),
        source="test",
        edited_at=LONG_AGO,
        **fields,
    )


def make_person(name="", email="", **fields):
    """Somebody with no usable password; `sign_in` needs none."""
    number = next(_numbers)
    person = Person.objects.create_user(email or f"person{number}@trust.example", name or f"Person {number}")
    for field, value in fields.items():
        setattr(person, field, value)
    if fields:
        person.save()
    return person


def make_membership(role, organisation=None, person=None, *, since=LONG_AGO, until=None, place=None):
    """A person's role in an organisation: the seat. Registered submitters get place 1 unless told."""
    if role.endswith("SUBMITTER") and place is None:
        place = 1
    return Membership.objects.create(
        person=person or make_person(),
        organisation=organisation or make_organisation(),
        role=role,
        during=DateTimeTZRange(since, until),
        submitter_place=place,
    )


make_seat = make_membership


def sign_in(client, seat):
    """Signs a seat (or a person) in with both factors and, for a seat, chooses it."""
    from accounts.sessions import mark_both_factors

    person = getattr(seat, "person", seat)
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    mark_both_factors(session, person)
    if seat is not person:
        session["seat"] = seat.pk
    session.save()
    return client
