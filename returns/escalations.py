"""Escalation: a return that did not come, or performance below its target, taken step by step up a ladder.

What people do stands first, what the clock does below. The clock is told the moment; it raises nothing twice, because
`cause_key` is unique and because a run of quarters below a target is one cause for as long as it lasts.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import takewhile

from django.db import transaction
from django.db.models import BigIntegerField, Count, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.db.models.lookups import LessThan
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import Act
from journal import events, notices
from journal.refused import Refused
from returns.ladders import Side
from returns.models import (
    Escalation,
    EscalationStep,
    Extension,
    Ladder,
    Measure,
    Note,
    Participant,
    Period,
    Submission,
)
from returns.periods import working_day_after
from returns.registry import return_types, type_of
from returns.return_type import Direction, Unit

Kind, State = Escalation.Kind, Escalation.State
LOOKS_BACK = timedelta(days=120)  # returns that closed longer ago than a quarter are history, not news
QUARTERS = 40
ACT_OF = {Side.COMMISSIONER: Act.ESCALATE, Side.PROVIDER: Act.ANSWER_ESCALATION}


# Ladders


def ladder_on(return_type, day):
    """The ladder in force on a day: the latest dated one, else the one that the type brings; None without any."""
    if return_type.ladder is None:
        return None
    rows = Ladder.objects.filter(return_type=return_type.slug, valid_from__lte=day)
    return rows.order_by("-valid_from").first() or _brought_by(return_type)


def _brought_by(return_type):
    fields = _fields_brought_by(return_type)
    key = {name: fields.pop(name) for name in ("return_type", "valid_from")}
    return Ladder.objects.get_or_create(**key, defaults=fields)[0]


def _fields_brought_by(return_type):
    spec = return_type.ladder
    return {
        "return_type": return_type.slug,
        "valid_from": spec.valid_from,
        "title": spec.title,
        "source": spec.source,
        "steps": spec.as_data,
    }


def ladders_of(return_type):
    """Every ladder of the type, the newest first, with the one it brings; writes nothing."""
    rows = list(Ladder.objects.filter(return_type=return_type.slug).order_by("-valid_from"))
    brought = Ladder(**_fields_brought_by(return_type))
    return rows if any(row.valid_from == brought.valid_from for row in rows) else [*rows, brought]


def ladder_shown(return_type, day):
    """The ladder in force on a day, for a page: like `ladder_on`, but it writes nothing."""
    return next(ladder for ladder in ladders_of(return_type) if ladder.valid_from <= day)


@transaction.atomic
def date_ladder(return_type, *, valid_from, title, source, steps, by, at):
    """Writes down the ladder (LadderSteps) in force from a day on, today or later; what is under way keeps its own."""
    if valid_from < timezone.localdate(at):
        raise Refused("Choose today or a later day: what was raised before keeps its steps.", "past")
    if not steps:
        raise Refused("A ladder has at least one step.", "no_steps")
    if len({step.key for step in steps}) < len(steps):
        raise Refused("Two steps have the same name. Give each its own.", "twice")
    row, created = Ladder.objects.get_or_create(
        return_type=return_type.slug,
        valid_from=valid_from,
        defaults={"title": title, "source": source, "steps": [asdict(step) for step in steps], "written_by": by.person},
    )
    if not created:
        raise Refused("Other steps are in force from that day already. Choose a later day.", "taken")
    events.record("ladder dated", subject=("ladder", row.pk), by=by, at=at, detail={"valid_from": str(valid_from)})
    return row


# Whose turn it is


def leads_of(side, return_type, organisation_ids, at):
    """Who holds the right to own a step, longest first, by organisation id. One query."""
    found = defaultdict(list)
    seats = (
        Membership.objects.active_at(at)
        .with_role_that(ACT_OF[Side(side)], return_type)
        .filter(organisation_id__in=organisation_ids, person__is_active=True)
        .select_related("person", "organisation")
        .order_by("pk")
    )
    for seat in seats:
        found[seat.organisation_id].append(seat)
    return found


def owners_for(escalation, at):
    """Who may own a step now: (side, seats) for the commissioner and the provider."""
    for side, organisation in ((Side.COMMISSIONER, escalation.commissioner), (Side.PROVIDER, escalation.provider)):
        yield side, leads_of(side, escalation.return_type, [organisation.pk], at)[organisation.pk]


def organisation_of(escalation, side):
    return escalation.provider if side == Side.PROVIDER else escalation.commissioner


# What people do


def cause_key(kind, submission, measure=""):
    return f"{kind} {submission.uuid} {measure}".strip()


@transaction.atomic
def raise_one(submission, *, kind, cause, measure="", by, at):
    """Somebody escalates a provider's return, on the first step of the ladder. Raises Refused where the same cause has
    been escalated before; the clock counts.
    """
    return_type = type_of(submission)
    if kind == Kind.FAILURE_TO_SUBMIT and submission.first_submitted_at:
        raise Refused("This return has been submitted. Escalate its performance instead.", "submitted")
    if submission.is_not_required:
        raise Refused("This return is not required, so there is nothing to escalate.", "not_required")
    if not cause.strip():
        raise Refused("Say what is less than adequate.", "no_reason")
    measure = measure if kind == Kind.INADEQUATE_PERFORMANCE else ""
    ladder = ladder_on(return_type, timezone.localdate(at))
    row = Escalation(
        return_type=return_type.slug,
        provider=submission.subject,
        commissioner=by.organisation,
        kind=kind,
        cause_key=cause_key(kind, submission, measure),
        cause=cause.strip(),
        submission=submission,
        measure=measure,
        ladder=ladder,
        raised_by=by.person,
        raised_at=at,
    )
    if not _insert([row]):
        raise Refused("This has been escalated already. Look at the escalations of this provider.", "twice")
    _begin([row], at=at, by=by)
    return row


@transaction.atomic
def move(escalation, *, to, outcome, owner=None, by, at):
    """Finishes the step on which it stands with its outcome and takes another: the next, a later, or an earlier one.

    A closed escalation is opened again by it; then `outcome` is the reason. `owner` is the seat that owns the new step:
    the lead of its side unless told. Raises Refused.
    """
    escalation = _lock(escalation)
    rung = escalation.ladder.rung(to)
    if rung is None:
        raise Refused("Choose a step of the ladder.", "no_step")
    outcome = _given(outcome, "Say what came of the step, or why you take this one.")
    present = _present_step(escalation)
    if present and present.key == to:
        raise Refused(f"It stands on “{rung.title}” already.", "same_step")
    act = _direction(escalation, present, to)
    if present:
        _finish(present, outcome, by, at)
    _reopen(escalation)
    step = _step_on(escalation, rung, by=by, at=at)
    step.owner = _chosen_owner(escalation, rung.side, owner, at)
    step.save()
    detail = {"from": present.key if present else "closed", "to": to}
    events.record(act, subject=("escalation", escalation.uuid), by=by, at=at, detail=detail)
    _tell(escalation, f"step {step.pk}", f"is now at: {rung.title}", at)
    return step


def _direction(escalation, present, to):
    if present is None:
        return "escalation opened again"
    is_up = escalation.ladder.position(to) > escalation.ladder.position(present.key)
    return "escalation step taken" if is_up else "escalation de-escalated"


def _reopen(escalation):
    if not escalation.is_open:
        escalation.state, escalation.close_reason = State.OPEN, ""
        escalation.closed_by = escalation.closed_at = None
        escalation.save()


@transaction.atomic
def close(escalation, *, reason, by, at):
    """Ends an escalation with a reason, which is the outcome of its last step, too."""
    escalation = _lock(escalation)
    if not escalation.is_open:
        raise Refused("This escalation is closed already. Somebody may have been quicker than you.", "closed")
    reason = _given(reason, "Say why this escalation is closed.")
    _finish(_present_step(escalation), reason, by, at)
    escalation.state, escalation.close_reason = State.CLOSED, reason
    escalation.closed_by, escalation.closed_at = by.person, at
    escalation.save()
    events.record("escalation closed", subject=("escalation", escalation.uuid), by=by, at=at)
    _tell(escalation, f"closed {at:%Y%m%d%H%M%S}", "is closed", at)


@transaction.atomic
def answer(escalation, *, text, by, at):
    """Either side writes on the step where it stands; returns the note, to which files can be added."""
    escalation = _lock(escalation)
    step = _present_step(escalation)
    if step is None:
        raise Refused("This escalation is closed, so nothing can be added.", "closed")
    note = Note.objects.create(step=step, text=text.strip(), written_by=by, written_at=at)
    events.record(
        "escalation answered", subject=("escalation", escalation.uuid), by=by, at=at, detail={"step": step.key}
    )
    _tell(escalation, f"note {note.pk}", "has a new answer", at, but=by)
    return note


@transaction.atomic
def give_to(escalation, *, owner, by, at):
    """Another person of the same side owns the step from now on."""
    escalation = _lock(escalation)
    step = _present_step(escalation)
    if step is None:
        raise Refused("This escalation is closed.", "closed")
    step.owner = _chosen_owner(escalation, step.side, owner, at)
    step.handed_over_from = step.handed_over_at = None
    step.save()
    events.record(
        "escalation step given", subject=("escalation", escalation.uuid), by=by, at=at, detail={"step": step.key}
    )
    _tell(escalation, f"owner {step.pk} {step.owner_id}", f"has a new owner of the step “{step.title}”", at)


def _lock(escalation):
    rows = Escalation.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("provider", "commissioner", "ladder").get(pk=escalation.pk)


def _present_step(escalation):
    return EscalationStep.objects.filter(escalation=escalation, done_at=None).first()


def _finish(step, outcome, by, at):
    step.outcome, step.done_by, step.done_at = outcome, by.person, at
    step.save()


def _step_on(escalation, rung, *, by, at):
    return EscalationStep(
        escalation=escalation,
        key=rung.key,
        title=rung.title,
        side=rung.side,
        taken_by=by.person if by else None,
        taken_at=at,
        working_days=rung.working_days,
        due_on=working_day_after(timezone.localdate(at), rung.working_days),
    )


def _chosen_owner(escalation, side, owner, at):
    organisation = organisation_of(escalation, side)
    leads = leads_of(side, escalation.return_type, [organisation.pk], at)[organisation.pk]
    if owner is None:
        return leads[0] if leads else None
    if owner not in leads:
        raise Refused(f"The owner of this step must be somebody of {organisation.name} who may own it.", "wrong_owner")
    return owner


def _given(text, sentence):
    if not text.strip():
        raise Refused(sentence, "no_reason")
    return text.strip()


def _insert(rows):
    """Writes those whose cause is new; returns them. Two that raise at once: the second waits, and writes nothing."""
    Escalation.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
    ours = dict(Escalation.objects.filter(uuid__in=[row.uuid for row in rows]).values_list("uuid", "pk"))
    for row in rows:
        row.pk = ours.get(row.uuid)
    return [row for row in rows if row.pk]


def _begin(rows, *, at, by=None):
    """The first step of each, its event, and the notices: a constant number of queries."""
    leads = _leads_of_all(rows, at)
    steps = []
    for row in rows:
        step = _step_on(row, row.ladder.rungs[0], by=by, at=at)
        owners = leads[step.side].get(organisation_of(row, step.side).pk)
        step.owner = owners[0] if owners else None
        steps.append(step)
    EscalationStep.objects.bulk_create(steps, batch_size=2000)
    events.record_many(
        {
            "act": "escalation raised",
            "subject": ("escalation", row.uuid),
            "by": by,
            "at": at,
            "detail": {"kind": row.kind, "submission": str(row.submission.uuid), "measure": row.measure},
        }
        for row in rows
    )
    notices.tell(
        [_telling(row, "raised", f"was raised: {row.ladder.rungs[0].title}", leads=leads) for row in rows], at=at
    )


def _leads_of_all(rows, at):
    """The leads of both sides of many escalations of one return type: by side, then organisation id."""
    return {
        side: leads_of(side, rows[0].return_type, {organisation_of(row, side).pk for row in rows}, at) if rows else {}
        for side in Side
    }


def _telling(escalation, cause, happened, *, leads, but=None):
    """What to tell the leads of both sides; the words hold no figures."""
    recipients = {
        seat
        for side in Side
        for seat in leads[side].get(organisation_of(escalation, side).pk, ())
        if but is None or seat.person_id != but.person_id
    }
    return notices.Telling(
        cause=f"escalation {escalation.uuid} {cause}",
        recipients=frozenset(recipients),
        subject=f"The escalation of {escalation.provider.name} ({escalation.get_kind_display().lower()}) {happened}",
        link=reverse("returns:escalation", args=[escalation.uuid]),
    )


def _tell(escalation, cause, happened, at, but=None):
    notices.tell([_telling(escalation, cause, happened, leads=_leads_of_all([escalation], at), but=but)], at=at)


# What the clock does


@dataclass(frozen=True)
class Done:
    """What one run of the clock did, in numbers."""

    not_submitted: int = 0
    below_target: int = 0
    handed_over: int = 0
    overdue: int = 0


def run_clock(*, at):
    """Raises what has to be escalated by `at`, gives the steps of those who left to their leads, marks what is overdue."""
    silent = below = 0
    for return_type in return_types().values():
        if ladder := ladder_on(return_type, timezone.localdate(at)):
            silent += raise_for_silence(return_type, ladder, at=at)
            below += raise_for_performance(return_type, ladder, at=at)
    return Done(silent, below, hand_over(at=at), mark_overdue(at=at))


@transaction.atomic
def raise_for_silence(return_type, ladder, *, at):
    """Escalates the returns that are owed, have never been submitted, and have closed: for all, and for each by its own
    extension. Returns how many were raised.
    """
    more_time = Extension.objects.filter(submission=OuterRef("pk"), closes_at__gte=at)
    raised_before = Escalation.objects.filter(submission=OuterRef("pk"), kind=Kind.FAILURE_TO_SUBMIT)
    silent = Submission.objects.filter(
        ~Exists(more_time),
        ~Exists(raised_before),
        period__collection__return_type=return_type.slug,
        period__opened_at__isnull=False,
        period__closes_at__lt=at,
        period__closes_at__gt=at - LOOKS_BACK,
        first_submitted_at=None,
        status__in=Submission.WITH_OWNER,
    )
    rows = []
    for submission in _with_recipient(silent):
        row = _by_the_clock(return_type, ladder, submission, Kind.FAILURE_TO_SUBMIT, at=at)
        row.cause = f"No return was submitted for {submission.period.title} before it closed."
        rows.append(row)
    return _raise(rows, at)


@transaction.atomic
def raise_for_performance(return_type, ladder, *, at):
    """Escalates each measure that was below its target in so many quarters in a row, up to the last one that closed. How
    many is the standard `escalate_after_quarters` of that quarter. A run that was escalated is not escalated again while
    it lasts. Returns how many were raised.
    """
    specs = {spec.key: spec for spec in return_type.measure_specs if _has_target(spec)}
    rows = []
    for period in _last_closed(return_type, at) if specs else ():
        wanted = int(_standard(return_type, period, "escalate_after_quarters") or 0)
        opened = period.collection.periods.filter(opened_at__isnull=False, ends__lte=period.ends)
        periods = list(opened.order_by("-ends")[:QUARTERS])
        if not 0 < wanted <= len(periods):
            continue
        runs = _runs_below(return_type, specs.values(), periods, wanted)
        fresh = _without_raised(runs)
        submissions = period.submissions.filter(subject__in={organisation for organisation, _ in fresh})
        by_subject = {submission.subject_id: submission for submission in _with_recipient(submissions)}
        for organisation, measure in sorted(fresh):
            if submission := by_subject.get(organisation):
                row = _by_the_clock(return_type, ladder, submission, Kind.INADEQUATE_PERFORMANCE, measure, at=at)
                row.cause = (
                    f"{specs[measure].title} was below its target in at least {wanted} quarters in a row,"
                    f" the last of them {period.title}."
                )
                rows.append(row)
    return _raise(rows, at)


def _last_closed(return_type, at):
    """The last closed period of each collection of the type."""
    closed = Period.objects.filter(
        collection__return_type=return_type.slug, opened_at__isnull=False, closes_at__lt=at
    ).select_related("collection")
    return closed.order_by("collection", "-ends").distinct("collection")


def _standard(return_type, period, key):
    """What was frozen for the period, else what the type brings."""
    return period.standards.get(key, return_type.standards.get(key))


def _has_target(spec):
    return spec.standard and spec.unit is Unit.PERCENT and spec.direction is Direction.INCREASE


def _runs_below(return_type, specs, periods, wanted):
    """(organisation, measure) -> the periods of its run below the target, newest first, where it is `wanted` long or
    more. Two queries: who is below in all of the last ones, then since when.
    """
    below = _below(return_type, specs, periods[:wanted])
    found = below.values("organisation", "measure").annotate(quarters=Count("pk")).filter(quarters=wanted)
    candidates = set(found.values_list("organisation", "measure"))
    if not candidates:
        return {}
    earlier = _below(return_type, specs, periods).filter(organisation__in={pk for pk, _ in candidates})
    below_in = defaultdict(set)
    for organisation, measure, period in earlier.values_list("organisation", "measure", "period"):
        below_in[organisation, measure].add(period)
    ids = [period.pk for period in periods]
    return {key: list(takewhile(below_in[key].__contains__, ids)) for key in candidates}


def _below(return_type, specs, periods):
    """The figures of standing versions that are below the target of their period, compared as exact fractions."""
    conditions = Q()
    for spec in specs:
        by_target = defaultdict(list)
        for period in periods:
            by_target[Fraction(str(_standard(return_type, period, spec.standard)))].append(period)
        for target, of_target in by_target.items():
            is_below = LessThan(
                Cast("numerator", BigIntegerField()) * target.denominator,
                Cast("denominator", BigIntegerField()) * target.numerator,
            )
            conditions |= Q(is_below, measure=spec.key, period__in=of_target)
    return Measure.objects.filter(conditions, is_current=True, breakdown="", denominator__gt=0)


def _without_raised(runs):
    """Those that nobody, person or clock, escalated in any quarter of their run."""
    raised = Escalation.objects.filter(
        kind=Kind.INADEQUATE_PERFORMANCE,
        provider__in={organisation for organisation, _ in runs},
        measure__in={measure for _, measure in runs},
    ).values_list("provider", "measure", "submission__period")
    covered = {
        (provider, measure) for provider, measure, period in raised if period in runs.get((provider, measure), ())
    }
    return runs.keys() - covered


def _with_recipient(submissions):
    """The returns that somebody receives, each with `commissioner`; what has no lead commissioner, nobody escalates."""
    parts = Participant.objects.filter(submission__in=submissions, part=Participant.Part.RECIPIENT).select_related(
        "organisation", "submission__subject", "submission__period"
    )
    for part in parts.order_by("submission__subject__code"):
        part.submission.commissioner = part.organisation
        yield part.submission


def _by_the_clock(return_type, ladder, submission, kind, measure="", *, at):
    return Escalation(
        return_type=return_type.slug,
        provider=submission.subject,
        commissioner=submission.commissioner,
        kind=kind,
        cause_key=cause_key(kind, submission, measure),
        submission=submission,
        measure=measure,
        ladder=ladder,
        raised_at=at,
    )


def _raise(rows, at):
    fresh = _insert(rows) if rows else []
    if fresh:
        _begin(fresh, at=at)
    return len(fresh)


@transaction.atomic
def hand_over(*, at):
    """Gives the open steps of people who left, or whose organisation was succeeded, and those that had nobody, to the lead
    of their organisation; who had it stays beside it. Returns how many changed hands.
    """
    is_of_a_side = Q(organisation=OuterRef("escalation__provider")) | Q(
        organisation=OuterRef("escalation__commissioner")
    )
    here = Membership.objects.active_at(at).filter(is_of_a_side, pk=OuterRef("owner"), person__is_active=True)
    orphans = EscalationStep.objects.filter(~Exists(here), done_at=None, escalation__state=State.OPEN)
    orphans = list(
        orphans.select_related("escalation__provider", "escalation__commissioner")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    leads = _leads_by_type([step.escalation for step in orphans], at)
    changed = []
    for step in orphans:
        organisation = organisation_of(step.escalation, step.side)
        heirs = leads[step.escalation.return_type][step.side].get(organisation.pk)
        if heirs:
            step.handed_over_from, step.handed_over_at = step.owner, at
            step.owner = heirs[0]
            changed.append(step)
    EscalationStep.objects.bulk_update(changed, ["owner", "handed_over_from", "handed_over_at"], batch_size=1000)
    _report(changed, "escalation step handed over", "handed over", "has a step that is yours now", leads, at)
    return len(changed)


@transaction.atomic
def mark_overdue(*, at):
    """Marks the steps whose last day has passed, and tells both sides, once for each step. Returns how many."""
    late = EscalationStep.objects.filter(
        done_at=None, marked_overdue_at=None, due_on__lt=timezone.localdate(at), escalation__state=State.OPEN
    )
    late = list(
        late.select_related("escalation__provider", "escalation__commissioner")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    EscalationStep.objects.filter(pk__in=[step.pk for step in late]).update(marked_overdue_at=at)
    leads = _leads_by_type([step.escalation for step in late], at)
    _report(late, "escalation step overdue", "overdue", "has a step that is overdue", leads, at)
    return len(late)


def _leads_by_type(rows, at):
    by_type = defaultdict(list)
    for row in rows:
        by_type[row.return_type].append(row)
    return {slug: _leads_of_all(some, at) for slug, some in by_type.items()}


def _report(steps, act, cause, happened, leads, at):
    """An event and a notice for each of these steps."""
    if not steps:
        return
    events.record_many(
        {"act": act, "subject": ("escalation", step.escalation.uuid), "at": at, "detail": {"step": step.key}}
        for step in steps
    )
    notices.tell(
        [
            _telling(
                step.escalation,
                f"{cause} {step.pk} {step.owner_id}",
                f"{happened}: {step.title}",
                leads=leads[step.escalation.return_type],
            )
            for step in steps
        ],
        at=at,
    )
