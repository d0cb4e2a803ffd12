"""The worker's side: claims versions that wait, runs rules and score over them in batches, keeps what was found.

The database is the queue. A claim is a lease that is committed, with the attempt counted, before the work; so a killed
worker is late, not lost, and a version that cannot be checked stops after three attempts, where people see it.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q

from accounts.row_security import as_system
from journal import events
from journal.copy_rows import copy_rows
from returns import findings, versions, workflow
from returns.models import Check, Finding, Measure, Period, Score, Submission, Version
from returns.registry import return_types
from returns.return_type import ReturnType
from returns.rules import Severity

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
ATTEMPTS = 3
LATE = timedelta(seconds=15)

SCORE_COLUMNS = ("version_id", "method", "overall", "sentence", "parts")
MEASURE_COLUMNS = (
    "version_id",
    "measure",
    "breakdown",
    "numerator",
    "denominator",
    "period_id",
    "organisation_id",
    "is_current",
)


def check_waiting(*, limit, at):
    """Checks up to `limit` waiting versions in one batch; returns how many were finished."""
    with as_system("check"):
        lease, ids = _claim(limit, at)
        if not ids:
            return 0
        try:
            return _check(ids, lease, at)
        except Exception:
            logger.exception("A batch of %s checks failed; trying them one by one.", len(ids))
        return sum(_check_alone(pk, lease, at) for pk in ids)


def are_waiting(*, at, since=None):
    """Whether anything waits that nobody is working on; with `since`, whether it has waited from before that moment."""
    rows = Check.objects.filter(_free(at), state=Check.State.WAITING)
    return rows.filter(asked_at__lt=since).exists() if since else rows.exists()


@transaction.atomic
def retry(check, *, by, at):
    """Puts a stuck check back into the queue."""
    if Check.objects.filter(pk=check.pk, state=Check.State.STUCK).update(
        state=Check.State.WAITING, attempts=0, error="", lease_until=None
    ):
        events.record("check retried", subject=("version", check.pk), by=by, at=at)
        workflow.ring_for_checks()


def _free(at):
    return Q(lease_until__isnull=True) | Q(lease_until__lt=at)


def _claim(limit, at):
    """The lease and the ids of the versions taken. What was tried three times is set aside as STUCK.

    What was tried before is taken alone, so that a version that kills its worker does not take others with it.
    """
    lease = at + LEASE
    with transaction.atomic():
        rows = (
            Check.objects.filter(_free(at), state=Check.State.WAITING)
            .order_by("asked_at")
            .select_for_update(skip_locked=True)
            .values_list("pk", "attempts")[:limit]
        )
        rows = list(rows)
        tired = [pk for pk, attempts in rows if attempts >= ATTEMPTS]
        taken = [pk for pk, attempts in rows if attempts == 0]
        taken = taken or [pk for pk, attempts in rows if attempts < ATTEMPTS][:1]
        Check.objects.filter(pk__in=tired).update(state=Check.State.STUCK, lease_until=None)
        Check.objects.filter(pk__in=taken).update(attempts=F("attempts") + 1, lease_until=lease)
    return lease, taken


def _check_alone(pk, lease, at):
    try:
        return _check([pk], lease, at)
    except Exception as problem:
        logger.exception("The check of version %s failed.", pk)
        Check.objects.filter(pk=pk, lease_until=lease).update(error=type(problem).__name__)
        return 0


@transaction.atomic
def _check(ids, lease, at):
    waiting = _load(ids, lease)
    contexts = findings.contexts_for([(item.submission.subject, item.submission.period) for item in waiting])
    outcomes = [_figure(version, contexts) for version in waiting]
    _keep(outcomes, at)
    for outcome in outcomes:
        if outcome.errors:
            messages = [problem.message for problem in outcome.errors]
            workflow.check_failed(outcome.submission, outcome.version, messages, at=at)
    return len(outcomes)


def _load(ids, lease):
    """The versions whose lease is still ours, with all that the rules need; checks and returns locked, each in one
    order. What many versions share, such as their period, is read once.
    """
    ours = Check.objects.filter(pk__in=ids, lease_until=lease, state=Check.State.WAITING).order_by("pk")
    ours = list(ours.select_for_update(no_key=True).values_list("pk", flat=True))
    waiting = list(Version.objects.filter(pk__in=ours).select_related("content").order_by("pk"))
    submissions = (
        Submission.objects.filter(pk__in={version.submission_id for version in waiting})
        .select_related("subject", "standing_version")
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
        .in_bulk()
    )
    periods = Period.objects.select_related("collection").in_bulk({item.period_id for item in submissions.values()})
    for submission in submissions.values():
        submission.period = periods[submission.period_id]
    for version in waiting:
        version.submission = submissions[version.submission_id]
    return waiting


@dataclass(frozen=True)
class Outcome:
    """What the rules and the score say of one version."""

    version: Version
    submission: Submission
    type: ReturnType
    problems: list
    score: Score | None
    measures: list

    @property
    def errors(self):
        return [problem for problem in self.problems if problem.severity is Severity.ERROR]


def _figure(version, contexts):
    """Pure work: problems, score and measures of one version."""
    submission = version.submission
    return_type = return_types()[submission.return_type]
    answers = versions.answers_in(version, return_type)
    context = contexts[submission.subject_id, submission.period_id]
    return Outcome(
        version=version,
        submission=submission,
        type=return_type,
        problems=return_type.check(answers, context),
        score=return_type.score(answers, context) if return_type.keeps_figures else None,
        measures=return_type.measures(answers, context) if return_type.keeps_figures else [],
    )


def _keep(outcomes, at):
    """Writes findings, scores and measures with COPY, and closes the checks."""
    passed = [outcome for outcome in outcomes if not outcome.errors]
    failed = [outcome for outcome in outcomes if outcome.errors]
    copy_rows(Finding, findings.FINDING_COLUMNS, _finding_rows(outcomes))
    copy_rows(Score, SCORE_COLUMNS, _score_rows(passed))
    standing = workflow.check_passed([(outcome.submission, outcome.version) for outcome in passed], at=at)
    again = [outcome.submission.pk for outcome in passed if outcome.version.number > 1]
    if again:
        earlier = Measure.objects.filter(version__submission__in=again, is_current=True)
        earlier.exclude(version=F("version__submission__standing_version")).update(is_current=False)
    copy_rows(Measure, MEASURE_COLUMNS, _measure_rows(passed, standing))
    for state, done in ((Check.State.PASSED, passed), (Check.State.FAILED, failed)):
        ids = [outcome.version.pk for outcome in done]
        Check.objects.filter(pk__in=ids).update(state=state, checked_at=at, lease_until=None, error="")


def _finding_rows(outcomes):
    for outcome in outcomes:
        reasons = versions.explanations_in(outcome.version)
        yield from findings.rows_for(outcome.version.pk, outcome.problems, outcome.type, reasons)


def _score_rows(outcomes):
    for outcome in outcomes:
        if score := outcome.score:
            parts = [part.as_json() for part in score.parts]
            yield outcome.version.pk, score.method, str(score.overall), score.sentence, parts


def _measure_rows(outcomes, standing):
    for outcome in outcomes:
        is_current = outcome.version.pk in standing
        for row in outcome.measures:
            yield (
                outcome.version.pk,
                row.measure,
                row.breakdown,
                row.numerator,
                row.denominator,
                outcome.submission.period_id,
                outcome.submission.subject_id,
                is_current,
            )
