"""The two providers of a row ask each other about it. The prison answers by a corrected extract, the service in its sheet."""

from django.db import transaction
from django.urls import reverse

from continuity import audits, naming
from continuity.columns import COLUMNS
from continuity.comments import found_in
from continuity.models import Party, RowMessage, RowQuery
from journal import events, notices
from journal.refused import Refused

LIMIT = 1000


@transaction.atomic
def ask(sheet, referral, *, column, text, by, at):
    """Opens a query about one column of a row; the other provider is told. Returns the query."""
    _refuse_unless_open(sheet)
    if column not in COLUMNS:
        raise Refused("Choose what the question is about.", "column")
    text = _harmless(referral, text)
    query = RowQuery.objects.create(referral=referral, column=column, asked_by=by, asked_at=at)
    RowMessage.objects.create(query=query, text=text, by=by, at=at)
    _told("row query asked", sheet, query, by, at, "has a question for you about a row")
    return query


@transaction.atomic
def reply(sheet, query, *, text, by, at):
    """Adds to an open query; the other provider is told."""
    _refuse_unless_open(sheet)
    query = _open(query)
    RowMessage.objects.create(query=query, text=_harmless(query.referral, text), by=by, at=at)
    _told("row query answered", sheet, query, by, at, "has an answer for you about a row")


@transaction.atomic
def close(sheet, query, *, by, at):
    """Ends a query; who asked says that the answer is enough."""
    query = _open(query)
    if query.asked_by.organisation_id != by.organisation_id:
        raise Refused("Only the provider that asked can close this question.", "not_yours")
    query.closed_by, query.closed_at = by, at
    query.save(update_fields=["closed_by", "closed_at"])
    _event("row query closed", query, by, at)


def _open(query):
    query = RowQuery.objects.select_for_update(of=("self",)).select_related("referral", "asked_by").get(pk=query.pk)
    if query.closed_at:
        raise Refused("This question is closed already.", "closed")
    return query


def _refuse_unless_open(sheet):
    if sheet.audit.is_closed:
        raise Refused("This audit is closed.", "closed")


def _harmless(referral, text):
    """The words, if they name nobody: they stand outside the table of people."""
    text = text.strip()
    if not text:
        raise Refused("Write your question or answer.", "empty")
    if len(text) > LIMIT:
        raise Refused(f"Write {LIMIT:,} characters or fewer.", "too_long")
    person = referral.identity
    about = {"reference": person.client_reference, "born": person.date_of_birth}
    if given_away := found_in(text, person.first_name, person.surname, **about):
        raise Refused(f"Leave out the {' and the '.join(given_away)}. Both of you see whom the row is about.", "SEC-01")
    if naming.people_on(referral.sheet).are_named_in(text):
        raise Refused("Leave out the names, references and dates of birth of other clients.", "SEC-01")
    return text


def _event(act, query, by, at):
    events.record(act, subject=("referral", query.referral.uuid), by=by, at=at, detail={"column": query.column})


def _told(act, sheet, query, by, at, happened):
    _event(act, query, by, at)
    is_prison = by.organisation_id == sheet.pair.prison_id
    organisation = sheet.submission.subject if is_prison else sheet.pair.prison
    part = Party.Part.COMMUNITY if is_prison else Party.Part.PRISON
    recipients = audits.seats_of([Party(audit=sheet.audit, organisation=organisation, part=part)], at)
    if recipients:
        link = reverse("audits:row", args=[sheet.submission.uuid, query.referral.uuid])
        cause = f"row query {query.pk} {at:%Y%m%d%H%M%S%f}"
        subject = f"{by.organisation.name} {happened}"
        notices.tell([notices.Telling(cause, frozenset(recipients), subject, link)], at=at)
