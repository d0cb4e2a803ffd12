"""Referral protocols: proposed by one side, agreed by both, void when changed. Source: guidance of 2018, recommendation 2."""

from django.db import transaction

from continuity.directory import seats_that
from continuity.minimum_content import ALWAYS, CONTENT
from continuity.models import Protocol
from continuity.roles import AuditAct
from journal import events, notices
from journal.refused import Refused

TERMS = ("minimum_content", "channel", "acknowledge_days", "changes", "review_on")


@transaction.atomic
def propose(*, prison, service, area, terms, by, at):
    """A new protocol, to which the proposer's side agrees; the other side is told. `terms` has TERMS."""
    if Protocol.objects.filter(prison=prison, area=area).exists():
        raise Refused(f"There is a protocol for {prison.name} and {area.name} already. Change that one.")
    protocol = Protocol(prison=prison, service=service, area=area, **_checked(terms))
    _agree(protocol, by, at)
    protocol.save()
    _record("protocol proposed", protocol, by, at)
    _tell_other_side(protocol, f"A referral protocol for {protocol} waits for you", by, at)
    return protocol


@transaction.atomic
def change(protocol, terms, *, revision, by, at):
    """New terms: both agreements end; who changed them agrees to them, and the other side is told."""
    protocol = _locked(protocol)
    if protocol.revision != revision:
        raise Refused("The other side has changed this protocol since you opened it. Look at it once more.")
    terms = _checked(terms)
    if all(getattr(protocol, name) == terms[name] for name in TERMS):
        raise Refused("You have changed nothing. To agree to the protocol as it stands, go back and agree.")
    for name, value in terms.items():
        setattr(protocol, name, value)
    protocol.revision += 1
    for side in ("prison", "service"):
        setattr(protocol, f"{side}_agreed_at", None)
        setattr(protocol, f"{side}_agreed_by", None)
    _agree(protocol, by, at)
    protocol.save()
    _record("protocol changed", protocol, by, at)
    _tell_other_side(protocol, f"The referral protocol for {protocol} has changed and waits for you", by, at)
    return protocol


@transaction.atomic
def agree(protocol, *, revision, by, at):
    """One side agrees to the words of `revision`, and to no others."""
    protocol = _locked(protocol)
    if protocol.revision != revision:
        raise Refused("The other side has changed this protocol since you opened it. Look at it once more.")
    if not protocol.lacks(protocol.side_of(by.organisation_id)):
        raise Refused("Your side has agreed to this protocol already.")
    _agree(protocol, by, at)
    protocol.save()
    _record("protocol agreed", protocol, by, at)
    _tell_other_side(protocol, f"The referral protocol for {protocol} is agreed", by, at)
    return protocol


def _locked(protocol):
    rows = Protocol.objects.select_related("prison", "service", "area")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=protocol.pk)


def _checked(terms):
    """The terms with the guidance's minimum always in, in the order of the list."""
    wanted = {*ALWAYS, *terms["minimum_content"]}
    return {name: terms[name] for name in TERMS} | {"minimum_content": [key for key in CONTENT if key in wanted]}


def _agree(protocol, by, at):
    side = protocol.side_of(by.organisation_id)
    setattr(protocol, f"{side}_agreed_at", at)
    setattr(protocol, f"{side}_agreed_by", by.person)


def _record(act, protocol, by, at):
    detail = {
        "prison": protocol.prison.code,
        "service": protocol.service.code,
        "area": protocol.area.dat_code,
        "revision": protocol.revision,
    }
    events.record(act, subject=("protocol", protocol.uuid), by=by, at=at, detail=detail)


def _tell_other_side(protocol, subject, by, at):
    other = protocol.service if by.organisation_id == protocol.prison_id else protocol.prison
    notices.tell(
        [
            notices.Telling(
                cause=f"protocol {protocol.pk} revision {protocol.revision} {subject[-30:]}",
                recipients=frozenset(seats_that(AuditAct.AGREE_PROTOCOLS, [other], at)),
                subject=subject,
                link=f"/continuity/protocols/{protocol.uuid}/",
            )
        ],
        at=at,
    )
