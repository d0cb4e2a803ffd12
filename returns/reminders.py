"""Reminders: by a schedule, in the morning, to those who can still move a return; and by a commissioner's hand.

The schedule is dated data, frozen with the other standards when a period opens (`reminders_before_due` and
`reminders_overdue`, each a list of working days). A step whose day has come runs once, whichever clock does it; of steps
that a stopped clock missed, the latest one runs.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Greatest
from django.urls import reverse

from accounts.models import Membership
from accounts.roles import Act, all_roles
from journal import events, notices
from returns import permissions, workflow
from returns.models import Extension, Participant, Period, Reminder, ReminderRun, SignOff, Submission
from returns.periods import LONDON, end_of, moment_said, working_day_after, working_day_before
from returns.registry import type_of
from returns.return_type import Signature

Status = Submission.Status

BEFORE_DUE, OVERDUE = "reminders_before_due", "reminders_overdue"
USUAL = {BEFORE_DUE: "2", OVERDUE: "1 3"}  # working days; an assumption of this portal
MORNING = time(7)
STALE = timedelta(days=7)  # what was missed longer ago says nothing new
NAMED = 10  # organisations that a notice to a commissioner names

DUE, CLOSING, CLOSED = "due", "closing", "closed"


# The schedule


@dataclass(frozen=True, order=True)
class Step:
    """A day on which people are reminded, and why: "before 2", "due", "overdue 1", "closing" or "closed"."""

    on: date
    key: str

    @property
    def is_overdue(self):
        return self.key.startswith("overdue")

    @property
    def said(self):
        """Why, in words, for the page about the period."""
        days = self.key.rpartition(" ")[2]
        if self.key.startswith("before"):
            return f"{days} working {'day' if days == '1' else 'days'} before it is due"
        if self.is_overdue:
            return f"{days} working {'day' if days == '1' else 'days'} overdue"
        return {DUE: "the day it is due", CLOSING: "the day it closes", CLOSED: "the working day after it closed"}[
            self.key
        ]


def schedule(period):
    """The steps of a period in the order of their days."""
    due, closes = _day(period.due_at), _day(period.closes_at)
    steps = [Step(working_day_before(due, days), f"before {days}") for days in _days(period, BEFORE_DUE)]
    steps += [Step(due, DUE)]
    steps += [Step(working_day_after(due, days), f"overdue {days}") for days in _days(period, OVERDUE)]
    steps = [step for step in steps if _day(period.opens_at) <= step.on < closes or step.key == DUE]
    return sorted([*steps, Step(closes, CLOSING), Step(working_day_after(closes, 1), CLOSED)])


def _days(period, key):
    return sorted({int(number) for number in re.findall(r"[0-9]{1,2}", str(period.standards.get(key, USUAL[key])))})


def _day(moment):
    return moment.astimezone(LONDON).date()


# What the clock does


def send_due(*, at):
    """Writes the reminders whose morning has come and that nobody has written yet; returns how many there are, each to the
    people of one organisation.
    """
    local = at.astimezone(LONDON)
    if local.time() < MORNING:
        return 0
    periods = list(_periods_to_look_at(at))
    done = set(ReminderRun.objects.filter(period__in=periods).values_list("period_id", "step", "on"))
    return sum(
        _run(period, step, at)
        for period in periods
        for step in _steps_to_run(period, local.date())
        if (period.pk, step.key, step.on) not in done
    )


def _periods_to_look_at(at):
    closing_today = Extension.objects.filter(closes_at__range=(at, end_of(_day(at))))
    recent = Q(closes_at__gte=at - 2 * STALE)
    return (
        Period.objects.filter(recent | Q(pk__in=closing_today.values("submission__period")), opened_at__lte=at)
        .select_related("collection")
        .order_by("pk")
    )


def _steps_to_run(period, today):
    """The latest step that has come, and the closing of today: a return may have a closing day of its own."""
    come = [step for step in schedule(period) if step.key != CLOSING and today - STALE <= step.on <= today]
    return [*come[-1:], Step(today, CLOSING)]


@transaction.atomic
def _run(period, step, at):
    _, is_first = ReminderRun.objects.get_or_create(period=period, step=step.key, on=step.on, defaults={"ran_at": at})
    if not is_first:
        return 0
    tellings = []
    if step.key != CLOSED:
        tellings += _to_owners(period, step, at)
    if step.is_overdue or step.key == CLOSED:
        tellings += _to_recipients(period, step, at)
    notices.tell(tellings, at=at)
    return len(tellings)


# To those who can still move a return


def _to_owners(period, step, at):
    """One telling for each organisation's return, or, where it has many in a period, for all that stand alike."""
    concerned = Q(own_close__lte=end_of(step.on)) if step.key == CLOSING else Q(first_submitted_at=None)
    rows = still_with_owners(period.submissions.all(), at).filter(concerned)
    rows = rows.order_by("pk").select_related("subject", "period__collection")
    movers = who_can_move(rows, type_of(period), at)
    alike = defaultdict(list)
    for row in rows:
        if movers[row.pk]:
            alike[row.subject_id, row.is_awaiting_sign_off, row.own_close].append(row)
    return [_to_the_owners_of(found, movers, step, at) for found in alike.values()]


def _to_the_owners_of(rows, movers, step, at):
    row = rows[0]
    return notices.Telling(
        cause=f"{step.key} {row.uuid} {step.on:%Y%m%d}",
        recipients=frozenset(seat for row in rows for seat in movers[row.pk]),
        subject=f"The {workflow.named(row)} {_what(row, step, at)}",
        body="" if step.key == DUE and at <= row.period.due_at else _until(row),
        link=reverse("returns:return", args=[row.uuid]) if len(rows) == 1 else reverse("home"),
    )


def still_with_owners(rows, at):
    """The returns that owners can still move, with `own_close`: the period's close or a later one of their own."""
    later = Extension.objects.filter(submission=OuterRef("pk")).order_by("-closes_at").values("closes_at")[:1]
    return (
        rows.filter(status__in=Submission.WITH_OWNER)
        .annotate(own_close=Greatest(F("period__closes_at"), Subquery(later)))
        .filter(own_close__gte=at)
    )


def _what(row, step, at):
    waits = "waits for your signature and " if row.is_awaiting_sign_off else ""
    if step.key == CLOSING:
        return f"{waits}closes on {moment_said(row.own_close)}"
    if at <= row.period.due_at:
        return f"{waits}is due on {moment_said(row.period.due_at)}"
    return f"{waits}was due on {moment_said(row.period.due_at)}"


def _until(row):
    return f"It can be submitted until {moment_said(row.own_close)}."


def who_can_move(rows, return_type, at):
    """{submission id: memberships} of who can move each of these returns on from where it stands.

    While it is filled in, those who fill in or send; while it waits for a signature, those who may still sign, or, where
    there is nobody, those who sent it. The number of queries does not depend on how many returns there are.
    """
    owners = Participant.objects.filter(
        submission__in=rows.order_by().values("pk"), part__in=Participant.OWNERS
    ).values_list("submission_id", "organisation_id")
    by_submission = defaultdict(list)
    for submission_id, organisation_id in owners:
        by_submission[submission_id].append(organisation_id)
    seats = _seats_by_organisation(owners.values("organisation_id"), return_type, at)
    signed = _signed_since_sent(rows)
    return {
        row.pk: _movers(row, [seat for pk in by_submission[row.pk] for seat in seats[pk]], return_type, signed)
        for row in rows
    }


def _seats_by_organisation(organisations, return_type, at):
    acts = (Act.FILL_IN, Act.SEND_FOR_SIGN_OFF, Act.SIGN_OFF)
    roles = [role.key for role in all_roles().values() if any(role.may(act, return_type.slug) for act in acts)]
    found = defaultdict(list)
    for seat in Membership.objects.active_at(at).filter(
        role__in=roles, organisation_id__in=organisations, person__is_active=True
    ):
        found[seat.organisation_id].append(seat)
    return found


def _signed_since_sent(rows):
    return set(
        SignOff.objects.filter(
            submission__in=rows.order_by().values("pk"),
            content_sha256=F("submission__content_sha256"),
            at__gte=F("submission__status_at"),
        ).values_list("submission_id", "organisation_id")
    )


def _movers(row, seats, return_type, signed):
    def holding(*acts):
        return {seat for seat in seats if any(seat.may(act, return_type.slug) for act in acts)}

    if not row.is_awaiting_sign_off:
        return holding(Act.FILL_IN, Act.SEND_FOR_SIGN_OFF)
    signers = {seat for seat in holding(Act.SIGN_OFF) if (row.pk, seat.organisation_id) not in signed}
    if permissions.signature_of(row) is Signature.ANOTHER_PERSON:
        signers = {seat for seat in signers if seat.person_id != row.prepared_by_id}
    return signers or holding(Act.SEND_FOR_SIGN_OFF)


# To those who receive them


def _to_recipients(period, step, at):
    """Who reviews learns whose return has not come: names of organisations, and a link to the list."""
    return_type = type_of(period)
    if return_type.review is None:
        return []
    missing = defaultdict(list)
    for organisation_id, name in (
        Participant.objects.filter(
            submission__in=period.submissions.missing().values("pk"), part=Participant.Part.RECIPIENT
        )
        .order_by("submission__subject__name")
        .values_list("organisation_id", "submission__subject__name")
    ):
        missing[organisation_id].append(name)
    reviewers = defaultdict(set)
    for seat in (
        Membership.objects.active_at(at)
        .with_role_that(Act.REVIEW, return_type.slug)
        .filter(organisation_id__in=missing, person__is_active=True)
    ):
        reviewers[seat.organisation_id].add(seat)
    happened = "have not been submitted" if step.is_overdue else "were not submitted before they closed"
    return [
        notices.Telling(
            cause=f"missing {step.key} {period.pk} {organisation_id} {step.on:%Y%m%d}",
            recipients=frozenset(reviewers[organisation_id]),
            subject=f"{return_type.title}, {period.title}: some returns {happened}",
            body=f"Not submitted: {_listed(names)}.",
            link=f"{reverse('returns:quarter')}?period={period.key}&show=not-submitted",
        )
        for organisation_id, names in missing.items()
        if reviewers[organisation_id]
    ]


def _listed(names):
    if len(names) > NAMED:
        return f"{', '.join(names[:NAMED])} and others"
    return ", ".join(names)


# By a commissioner's hand


@dataclass
class Reminded:
    """What became of the returns that somebody wanted to remind of: each is in one list."""

    reminded: list = field(default_factory=list)
    already_today: list = field(default_factory=list)
    nobody_there: list = field(default_factory=list)
    too_late: list = field(default_factory=list)
    people: int = 0


def look(rows, return_type, at):
    """What `remind` would do with these returns now, written nowhere: (Reminded, who would be told by submission id)."""
    today = _day(at)
    rows = rows.order_by("subject__name", "pk").select_related("subject", "period__collection")
    open_ones = still_with_owners(rows.filter(standing_version=None), at)
    movers = who_can_move(open_ones, return_type, at)
    done = set(
        Reminder.objects.filter(on=today, submission__in=rows.values("pk")).values_list("submission_id", flat=True)
    )
    outcome = Reminded()
    for row in rows:
        if row.pk not in movers:
            outcome.too_late.append(row)
        elif row.pk in done:
            outcome.already_today.append(row)
        elif not movers[row.pk]:
            outcome.nobody_there.append(row)
        else:
            outcome.reminded.append(row)
    outcome.people = len({seat.person_id for row in outcome.reminded for seat in movers[row.pk]})
    return outcome, movers


@transaction.atomic
def remind(rows, return_type, *, by, at):
    """Reminds whoever can move each of these returns (a QuerySet) that it is missing; once a day for each.

    Returns a Reminded. A return that has been submitted meanwhile, or has closed, is left alone.
    """
    list(rows.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    outcome, movers = look(rows, return_type, at)
    today = _day(at)
    Reminder.objects.bulk_create(
        [
            Reminder(submission=row, on=today, sent_by_id=by.person_id, sent_for=by.organisation, sent_at=at)
            for row in outcome.reminded
        ]
    )
    events.record_many(
        {"act": "reminded", "subject": ("submission", row.uuid), "by": by, "at": at} for row in outcome.reminded
    )
    notices.tell([_by_hand(row, movers[row.pk], by, at) for row in outcome.reminded], at=at)
    return outcome


def _by_hand(row, recipients, by, at):
    when = "is due on" if at <= row.period.due_at else "was due on"
    lacks = "has errors to correct" if row.first_submitted_at else "has not been submitted"
    return notices.Telling(
        cause=f"reminded {row.uuid} {_day(at):%Y%m%d}",
        recipients=frozenset(recipients),
        subject=f"The {workflow.named(row)} {when} {moment_said(row.period.due_at)} and {lacks}",
        body=f"{by.organisation.name} reminds you of it.",
        link=reverse("returns:return", args=[row.uuid]),
    )
