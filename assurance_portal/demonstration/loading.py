"""Puts the demonstration into an empty database, all of it in one transaction, or nothing."""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Q

from accounts import demonstration
from accounts.models import Person
from accounts.row_security import as_system
from assurance_portal.demonstration import (
    audit,
    between_audits,
    figures,
    finished_audit,
    follow_up,
    organisations,
    people,
    returns,
    reviewing,
)
from journal import events, heads, notices, seal
from journal.models import Event, Notice
from prevent.return_type import PREVENT
from returns import headcounts, opening, reminders
from returns.models import Submission, Version
from returns.periods import Quarter, at_five, end_of, start_of, working_day_after

QUARTERS = 12
SEED = "2026"
LOCK = 7_301_002
LOADED = "demonstration loaded"


@dataclass(frozen=True)
class Loaded:
    """What is there; `is_new` says whether it came just now. `quarter` is the one whose window is open."""

    is_new: bool
    organisations: int
    people: int
    quarters: int
    returns: int
    versions: int
    quarter: str


def load(*, now, quarters=QUARTERS, seed=SEED):
    """Loads the demonstration as it would stand at `now`. Does nothing where it is there already.

    Its last quarter is the latest one that has ended before `now`. Where that quarter's due date has passed, an
    administrator has moved its dates, with the event, so that its window is open and somebody can submit at once.
    Raises Refused where the database holds anything else. Whoever is killed on the way leaves an empty database.
    """
    if is_loaded():
        return _summary(is_new=False)
    with as_system("demonstration"), transaction.atomic(), _without_savepoints():
        _wait_for_other_loads()
        if is_loaded():
            return _summary(is_new=False)
        demonstration.mark(at=now)
        _fill(now, _last_quarters(now, quarters), seed)
        _settle(now)
    seal.seal_everything(at=now)
    heads.keep(at=now)
    return _summary(is_new=True)


def _wait_for_other_loads():
    """Two that start at once: the second waits here until the first has committed, and finds everything there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@contextmanager
def _without_savepoints():
    """Ten thousand acts in one transaction: a savepoint for each would take a third of the time, and where one act
    fails the whole is to be undone anyway.
    """
    connection.features.uses_savepoints = False
    try:
        yield
    finally:
        connection.features.uses_savepoints = True


def is_loaded():
    return demonstration.is_marked() and Event.objects.filter(subject_type="demonstration", act=LOADED).exists()


def _last_quarters(now, number):
    """Quarters that have ended by `now`, oldest first."""
    found = [Quarter.containing(now.date()).previous()]
    while len(found) < number:
        found.append(found[-1].previous())
    return found[::-1]


def _fill(now, quarters, seed):
    began = start_of(working_day_after(quarters[0].starts - timedelta(days=30), 1)) + timedelta(hours=9)
    found = organisations.make_all(quarters)
    administrator, seats = people.make_all(found, seed=seed, at=began)
    organisations.describe_all(found, by=administrator, at=began)
    notices.choose(seats["ZZC01", people.REVIEWER].person_id, notices.Way.DAILY, at=began)
    answers = _answers(quarters, seats, seed)
    collection = opening.national_collection(PREVENT)
    for number, quarter in enumerate(quarters):
        quarters_ago = len(quarters) - 1 - number
        period = opening.quarter_of(collection, quarter)
        opening.open_period(period, PREVENT, by=None, at=period.opens_at)
        if not quarters_ago:
            _open_window(period, by=administrator, now=now)
        returns.live_through(period, answers[quarter], seats, quarters_ago=quarters_ago, now=now, seed=seed)
        if quarters_ago == 1:
            last_closed = period
            follow_up.escalate_by_the_clock(last_closed)
    if len(quarters) > 1:
        follow_up.live_through(last_closed, seats, now=now)
    published = list(reviewing.published_headcounts(answers, quarters[-2:]))
    headcounts.keep(published, by=administrator, at=now)
    audit.make(by=administrator, now=now)
    finished_audit.make(now=now)
    between_audits.make(by=administrator, now=now)
    reminders.send_due(at=now)


def _answers(quarters, seats, seed):
    """Answers by quarter and provider. Always figured for twelve quarters, so that fewer of them show the same."""
    whole = list(quarters)
    while len(whole) < QUARTERS:
        whole.insert(0, whole[0].previous())
    found = {quarter: {} for quarter in whole}
    for provider in organisations.PROVIDERS:
        leads = [seats[provider.code, role].person for role in (people.OPERATIONAL_LEAD, people.ACCOUNTABLE_LEAD)]
        course = figures.course_of_returns(provider, whole, *leads, seed=seed)
        for quarter, answers in zip(whole, course, strict=True):
            found[quarter][provider.code] = answers
    return found


def _open_window(period, *, by, now):
    """Once the due date has passed, the dates move: due five working days from `now`, closed after ten."""
    if now <= period.due_at:
        return
    today = now.date()
    opening.move_dates(
        period,
        due_at=at_five(working_day_after(today, 5)),
        closes_at=end_of(working_day_after(today, 10)),
        by=by,
        at=period.due_at - timedelta(hours=1),
    )


def _settle(now):
    """The post of three years has gone out and been read; nothing waits, so nobody has to be rung for."""
    Notice.objects.filter(state=Notice.State.WAITING).update(state=Notice.State.SENT, sent_at=F("created_at"))
    Notice.objects.filter(created_at__lt=now - timedelta(days=60)).update(read_at=F("created_at") + timedelta(hours=3))
    events.record(LOADED, subject=("demonstration", "prevent"), at=now)
    connection.run_on_commit.clear()


def _summary(*, is_new):
    submissions = Submission.objects.filter(~Q(period__opened_at=None), period__collection__return_type=PREVENT.slug)
    periods = submissions.values("period").distinct()
    latest = submissions.order_by("-period__ends").values_list("period__title", flat=True).first()
    return Loaded(
        is_new=is_new,
        organisations=len(organisations.PROVIDERS),
        people=Person.objects.filter(is_demonstration=True).count(),
        quarters=periods.count(),
        returns=submissions.count(),
        versions=Version.objects.count(),
        quarter=latest or "",
    )
