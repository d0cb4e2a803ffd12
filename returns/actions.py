"""Actions: what a provider will do, who of it owns that and by when; progress, evidence, and the end of it."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import Act
from journal import events, notices
from journal.refused import Refused
from returns import sections, workflow
from returns.content import ActionStatus, Answers, Kind
from returns.models import Action, Escalation, Note, Visit
from returns.registry import type_of

State = Action.State
SOON_DAYS = 14


@dataclass(frozen=True)
class About:
    """What an action follows from: at most one of these."""

    measure: str = ""
    rule: str = ""
    escalation: Escalation | None = None
    visit: Visit | None = None


def owners_of(organisation, return_type, at):
    """Who at the provider may own an action, by name."""
    seats = Membership.objects.active_at(at).with_role_that(Act.PROGRESS_ACTIONS, return_type)
    seats = seats.filter(organisation=organisation, person__is_active=True).select_related("person", "organisation")
    return list(seats.order_by("person__name", "pk"))


@transaction.atomic
def set_one(submission, *, title, owner, due_on, details="", about=About(), by, at):  # noqa: B008
    """Writes down an action of the provider of a return, and tells its owner. Raises Refused."""
    recipients = submission.recipients
    if not recipients:
        raise Refused("This return has no lead commissioner, so nobody could close the action.", "no_commissioner")
    _refuse_past(due_on, at)
    _refuse_stranger(owner, submission.subject, submission.return_type, at)
    action = Action.objects.create(
        return_type=submission.return_type,
        provider=submission.subject,
        commissioner=recipients[0],
        title=title,
        details=details,
        owner=owner,
        due_on=due_on,
        submission=submission,
        measure=about.measure,
        rule=about.rule,
        escalation=about.escalation,
        visit=about.visit,
        set_by=by,
        set_at=at,
    )
    _event("action set", action, by, at, due_on=due_on.isoformat())
    _tell(action, "set", "was set", {owner}, at)
    return action


@transaction.atomic
def change(action, *, owner, due_on, by, at):
    """Another owner, another day, or both; an action that was overdue can become overdue again."""
    action = _lock(action)
    _refuse_closed(action)
    if due_on != action.due_on:
        _refuse_past(due_on, at)
        action.marked_overdue_at = None
    _refuse_stranger(owner, action.provider, action.return_type, at)
    was, action.owner, action.due_on = action.due_on, owner, due_on
    action.save()
    _event("action changed", action, by, at, due_on=[was.isoformat(), due_on.isoformat()], owner=owner.pk)
    _tell(action, f"changed {at:%Y%m%d%H%M%S}", "has changed", {owner}, at)


@transaction.atomic
def note(action, *, text, is_done=False, by, at):
    """Progress or evidence from either side; with `is_done` the provider proposes it as done. Returns the note."""
    action = _lock(action)
    _refuse_closed(action)
    written = Note.objects.create(action=action, text=text, written_by=by, written_at=at)
    if is_done and not action.is_proposed_done:
        action.state = State.PROPOSED_DONE
        action.save(update_fields=["state"])
        _event("action proposed as done", action, by, at)
        _tell(action, f"proposed {written.pk}", "is proposed as done", closers_of(action, at), at)
    else:
        _event("action progress", action, by, at)
    return written


@transaction.atomic
def close(action, *, reason, by, at):
    """The commissioner ends it, with a reason."""
    action = _lock(action)
    _refuse_closed(action)
    if not reason.strip():
        raise Refused("Say why this action is closed.", "no_reason")
    action.state, action.close_reason = State.CLOSED, reason.strip()
    action.closed_by, action.closed_at = by.person, at
    action.save()
    _event("action closed", action, by, at)
    _tell(action, "closed", "is closed", {action.owner}, at)


@transaction.atomic
def keep_open(action, *, reason, by, at):
    """The commissioner does not take a proposed action as done, or opens a closed one again, with a reason."""
    action = _lock(action)
    if action.state == State.OPEN:
        raise Refused("This action is open. Somebody may have been quicker than you.", "open")
    if not reason.strip():
        raise Refused("Say what is still to do.", "no_reason")
    action.state, action.close_reason = State.OPEN, ""
    action.closed_by = action.closed_at = None
    action.save()
    written = Note.objects.create(action=action, text=reason.strip(), written_by=by, written_at=at)
    _event("action kept open", action, by, at)
    _tell(action, f"kept open {written.pk}", "is still open", {action.owner}, at)


@transaction.atomic
def mark_overdue(*, at):
    """Marks the open actions whose day has passed, and tells owner and commissioner, once. Returns how many."""
    late = Action.objects.filter(state=State.OPEN, marked_overdue_at=None, due_on__lt=timezone.localdate(at))
    late = list(late.select_related("provider", "commissioner", "owner").order_by("pk").select_for_update(of=("self",)))
    if not late:
        return 0
    Action.objects.filter(pk__in=[action.pk for action in late]).update(marked_overdue_at=at)
    events.record_many({"act": "action overdue", "subject": ("action", row.uuid), "at": at} for row in late)
    closers = _closers_of_all(late, at)
    notices.tell(
        [
            _telling(
                row, f"overdue {row.due_on}", "is overdue", {row.owner} | closers[row.return_type, row.commissioner_id]
            )
            for row in late
        ],
        at=at,
    )
    return len(late)


# Into the return


def open_for(submission):
    """The open actions of the return's provider, which go with each of its returns until they are closed."""
    rows = Action.objects.filter(provider_id=submission.subject_id, return_type=submission.return_type).open()
    return rows.for_list().order_by("due_on", "pk")


def plan_question(return_type):
    """The question that holds the return's own action plan, or None."""
    return next((question for question in return_type.questions if question.kind is Kind.ACTIONS), None)


def not_in_plan(submission, actions):
    """Those of `actions` that the working copy's plan does not hold yet, by their titles."""
    question = plan_question(type_of(submission))
    if question is None:
        return []
    plan = getattr(sections.working_copy(submission), question.name) or []
    titles = {row["title"] for row in plan}
    return [action for action in actions if action.title not in titles]


@transaction.atomic
def take_over(submission, *, by, at):
    """Adds the open actions that are not there yet to the return's action plan; returns how many. Raises Refused."""
    question = plan_question(type_of(submission))
    missing = not_in_plan(submission, list(open_for(submission)))
    if not missing:
        raise Refused("Every open action is in the action plan already.", "nothing")
    spec = type_of(submission).section_of(question.name)
    working = sections.working_copy(submission)
    names = [item.name for item in spec.questions]
    values = {name: getattr(working, name) for name in names}
    values[question.name] = [*(values[question.name] or []), *map(_as_plan, missing)]
    absent = {name: why for name, why in working.absent.items() if name in names}
    revision = sections.state(submission, spec.slug).revision
    workflow.save_section(submission, spec, Answers(values=values, absent=absent), revision=revision, by=by, at=at)
    return len(missing)


def _as_plan(action):
    return {
        "title": action.title,
        "owner": action.owner.person.name,
        "due_on": action.due_on.isoformat(),
        "status": str(ActionStatus.IN_PROGRESS),
    }


# Who is told


def closers_of(action, at):
    return _closers_of_all([action], at)[action.return_type, action.commissioner_id]


def _closers_of_all(rows, at):
    """The seats that may close actions, by return type and commissioner."""
    found = {(row.return_type, row.commissioner_id): set() for row in rows}
    for slug in {row.return_type for row in rows}:
        seats = Membership.objects.active_at(at).with_role_that(Act.CLOSE_ACTIONS, slug)
        for seat in seats.filter(organisation__in={row.commissioner_id for row in rows}, person__is_active=True):
            if (slug, seat.organisation_id) in found:
                found[slug, seat.organisation_id].add(seat)
    return found


def _telling(action, cause, happened, recipients):
    return notices.Telling(
        cause=f"action {action.uuid} {cause}",
        recipients=frozenset(recipients),
        subject=f"An action of {action.provider.name} {happened}",
        link=reverse("returns:action", args=[action.uuid]),
    )


def _tell(action, cause, happened, recipients, at):
    notices.tell([_telling(action, cause, happened, recipients)], at=at)


def _event(act, action, by, at, **detail):
    events.record(act, subject=("action", action.uuid), by=by, at=at, detail=detail)


def _lock(action):
    rows = Action.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("provider", "commissioner", "owner__person").get(pk=action.pk)


def _refuse_closed(action):
    if not action.is_open:
        raise Refused("This action is closed. Somebody may have been quicker than you.", "closed")


def _refuse_past(due_on, at):
    if due_on < timezone.localdate(at):
        raise Refused("Choose today or a later day.", "past")


def _refuse_stranger(owner, organisation, return_type, at):
    if owner not in owners_of(organisation, return_type, at):
        raise Refused(f"The owner must be somebody of {organisation.name} who works on this return.", "wrong_owner")


def due_soon(today):
    return Q(state=State.OPEN, due_on__range=(today, today + timezone.timedelta(days=SOON_DAYS)))


def overdue(today):
    return Q(state=State.OPEN, due_on__lt=today)
