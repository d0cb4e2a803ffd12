"""Waivers: a warning that is not raised for one provider until a day, asked for by one person and decided by another.

An error protects the data itself and is never waived. A waiver counts for the periods whose last day it covers, so that
the same version is judged alike whenever it is checked; scores and measures know nothing of it.
"""

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Membership
from accounts.roles import Act
from journal import events, notices
from journal.refused import Refused
from returns import workflow
from returns.models import Waiver
from returns.registry import return_types, type_of
from returns.rules import Severity

State = Waiver.State


def waivable(return_type):
    """The rules that can be waived: those that warn."""
    return [rule for rule in return_type.rulebook.rules.values() if rule.severity is Severity.WARNING]


@transaction.atomic
def ask(submission, *, rule, until, justification, by, at):
    """Somebody asks that a rule be waived for the provider of a return, from its period on. Raises Refused."""
    if rule not in {item.code for item in waivable(type_of(submission))}:
        raise Refused("Only a warning can be waived. An error protects the data itself.", "not_waivable")
    if until < submission.period.ends:
        raise Refused(
            f"Choose {submission.period.ends:%-d %B %Y} or a later day, so that the waiver covers this return.",
            "too_early",
        )
    if not justification.strip():
        raise Refused("Say why the rule does not fit this provider.", "no_reason")
    if not submission.recipients:
        raise Refused("This return has no lead commissioner, so nobody could approve a waiver.", "no_commissioner")
    try:
        with transaction.atomic():
            waiver = Waiver.objects.create(
                return_type=submission.return_type,
                provider=submission.subject,
                commissioner=submission.recipients[0],
                rule=rule,
                starts_on=submission.period.ends,
                until=until,
                justification=justification.strip(),
                requested_by=by.person,
                requested_for=by.organisation,
                requested_at=at,
            )
    except IntegrityError:
        raise Refused(f"A waiver of {rule} is asked for already and waits for approval.", "twice") from None
    _event("waiver asked for", waiver, by, at)
    _tell(waiver, "asked", f"asks for your decision: {rule}", Act.APPROVE_WAIVERS, at, but=by)
    return waiver


@transaction.atomic
def decide(waiver, *, approve, reason, by, at):
    """Another person approves or refuses it. Returns of the provider that are open are looked at anew. Raises Refused."""
    waiver = _lock(waiver)
    if not waiver.is_asked:
        raise Refused(f"This waiver is “{waiver.get_state_display().lower()}” already.", "decided")
    if waiver.requested_by_id == by.person_id:
        raise Refused("You asked for this waiver yourself. Another person has to decide.", "own")
    if not approve and not reason.strip():
        raise Refused("Say why the waiver is refused.", "no_reason")
    waiver.state = State.APPROVED if approve else State.REFUSED
    waiver.decided_by, waiver.decided_for, waiver.decided_at = by.person, by.organisation, at
    waiver.decision_reason = reason.strip()
    waiver.save()
    _event("waiver approved" if approve else "waiver refused", waiver, by, at)
    _tell(waiver, "decided", f"is {waiver.get_state_display().lower()}: {waiver.rule}", Act.ASK_WAIVERS, at, but=by)
    if approve:
        workflow.judge_again(waiver.provider, waiver.return_type, at=at)


@transaction.atomic
def end(waiver, *, reason, by, at):
    """Ends an approved waiver before its day: from now on the rule speaks again. Raises Refused."""
    waiver = _lock(waiver)
    if not waiver.is_approved:
        raise Refused("Only an approved waiver can be ended.", "not_approved")
    if not reason.strip():
        raise Refused("Say why the waiver ends.", "no_reason")
    waiver.state, waiver.ended_by, waiver.ended_at = State.ENDED, by.person, at
    waiver.end_reason = reason.strip()
    waiver.save()
    _event("waiver ended", waiver, by, at)
    _tell(waiver, "ended", f"has ended: {waiver.rule}", Act.ASK_WAIVERS, at, but=by)
    workflow.judge_again(waiver.provider, waiver.return_type, at=at)


def rule_of(waiver):
    """The rule that is waived, or None where the rule book no longer has it."""
    return return_types()[waiver.return_type].rulebook.rules.get(waiver.rule)


def _lock(waiver):
    rows = Waiver.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("provider", "commissioner").get(pk=waiver.pk)


def _event(act, waiver, by, at):
    detail = {"rule": waiver.rule, "until": waiver.until.isoformat()}
    events.record(act, subject=("waiver", waiver.uuid), by=by, at=at, detail=detail)


def _tell(waiver, cause, happened, act, at, *, but):
    """Tells those of the two sides who hold `act`."""
    seats = Membership.objects.active_at(at).with_role_that(act, waiver.return_type).filter(person__is_active=True)
    sides = seats.filter(organisation__in=[waiver.provider_id, waiver.commissioner_id]).exclude(person=but.person_id)
    telling = notices.Telling(
        cause=f"waiver {waiver.uuid} {cause}",
        recipients=frozenset(sides),
        subject=f"A waiver for {waiver.provider.name} {happened}",
        link=reverse("returns:waiver", args=[waiver.uuid]),
    )
    notices.tell([telling], at=at)
