"""Keeping organisations: their dated traits, their lead commissioners and the domains of their people's addresses."""

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from accounts.models import Organisation, OrganisationLink, OrganisationTrait
from journal import events
from journal.refused import Refused

COMMISSIONERS = {Organisation.Kind.CCG, Organisation.Kind.ICB}


@transaction.atomic
def set_trait(organisation, trait, *, since, source, by, at, until=None):
    """Says what an organisation is from a day on, until before another; returns the row. Raises Refused."""
    _refuse_unordered(since, until)
    try:
        with transaction.atomic():
            row = OrganisationTrait.objects.create(
                organisation=organisation,
                trait=trait,
                during=DateRange(since, until),
                source=source,
                edited_by_id=by.person_id,
                edited_at=at,
            )
    except IntegrityError as error:
        raise Refused("This is written down already for a part of that time. End the earlier entry first.") from error
    _record("trait set", organisation, by=by, at=at, trait=trait, since=since, until=until)
    return row


@transaction.atomic
def end_trait(row, *, on, by, at):
    """The organisation is so no longer from this day on. Raises Refused."""
    row = OrganisationTrait.objects.select_for_update(no_key=True, of=("self",)).get(pk=row.pk)
    if row.during.lower and on <= row.during.lower:
        raise Refused("The day it ends comes after the day it began.")
    if row.during.upper and row.during.upper <= on:
        raise Refused("This has ended by that day already.")
    row.during, row.edited_by_id, row.edited_at = DateRange(row.during.lower, on), by.person_id, at
    row.save(update_fields=["during", "edited_by", "edited_at"])
    _record("trait ended", row.organisation, by=by, at=at, trait=row.trait, until=on)
    return row


@transaction.atomic
def set_lead_commissioner(provider, commissioner, *, since, source, by, at, return_type=""):
    """Names the lead commissioner from a day on; an earlier one ends that day. Returns the link. Raises Refused.

    Naming another one from the very day the present one began corrects that entry.
    """
    if commissioner.kind not in COMMISSIONERS:
        raise Refused(f"{commissioner.name} is no commissioner.")
    Organisation.objects.select_for_update(no_key=True).get(pk=provider.pk)
    links = OrganisationLink.objects.filter(
        from_organisation=provider, kind=OrganisationLink.Kind.COMMISSIONED_BY, return_type=return_type
    )
    if links.filter(during__startswith__gt=since).exists():
        raise Refused("Another lead commissioner is written down from a later day. Choose a day after that.")
    earlier = links.on(since).first()
    if earlier and earlier.to_organisation_id == commissioner.pk:
        raise Refused(f"{commissioner.name} is the lead commissioner on that day already.")
    if earlier and earlier.during.lower == since:
        earlier.to_organisation = commissioner
        link = _edit(earlier, source=source, by=by, at=at)
    else:
        if earlier:
            earlier.during = DateRange(earlier.during.lower, since)
            _edit(earlier, source=earlier.source, by=by, at=at)
        link = OrganisationLink.objects.create(
            from_organisation=provider,
            to_organisation=commissioner,
            kind=OrganisationLink.Kind.COMMISSIONED_BY,
            return_type=return_type,
            during=DateRange(since, None),
            source=source,
            edited_by_id=by.person_id,
            edited_at=at,
        )
    _record("lead commissioner set", provider, by=by, at=at, commissioner=commissioner.code, since=since)
    return link


@transaction.atomic
def set_email_domains(organisation, domains, *, by, at):
    """The domains in which registered submitters have their addresses; none means any."""
    organisation.email_domains = sorted({domain.strip().casefold().lstrip("@") for domain in domains} - {""})
    organisation.save(update_fields=["email_domains"])
    _record("address domains set", organisation, by=by, at=at, domains=organisation.email_domains)


def _edit(link, *, source, by, at):
    link.source, link.edited_by_id, link.edited_at = source, by.person_id, at
    link.save()
    return link


def _refuse_unordered(since, until):
    if until and until <= since:
        raise Refused("The day it ends comes after the day it begins.")


def _record(act, organisation, *, by, at, **detail):
    detail = {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in detail.items()}
    events.record(act, subject=("organisation", organisation.code), by=by, at=at, detail=detail)
