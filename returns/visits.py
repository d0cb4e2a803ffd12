"""Quality visits: what was looked at, what was found, and the report; they supplement the figures."""

from django.db import transaction
from django.urls import reverse

from accounts.models import Membership
from accounts.roles import Act
from journal import events, notices
from journal.refused import Refused
from returns import attaching
from returns.models import Submission, Visit


def latest_return(provider, return_type, seat):
    """The newest return of a provider that the seat may see: what is added to it hangs there. Or None."""
    rows = Submission.objects.visible_to(seat).filter(
        subject=provider, period__collection__return_type=return_type, subject_key=""
    )
    rows = rows.select_related("subject", "period__collection").prefetch_related("participants__organisation")
    return rows.order_by("-period__ends", "-pk").first()


@transaction.atomic
def record(submission, *, visited_on, people, looked_at, findings, report=None, by, at):
    """Writes down a visit to the provider of a return, planned or held, with its report where there is one."""
    visit = Visit.objects.create(
        return_type=submission.return_type,
        provider=submission.subject,
        commissioner=by.organisation,
        visited_on=visited_on,
        people=people,
        looked_at=looked_at,
        findings=findings,
        recorded_by=by,
        recorded_at=at,
    )
    _event("visit recorded", visit, by, at)
    _add_report(visit, report, by, at)
    _tell(visit, "recorded", "is written down", at)
    return visit


@transaction.atomic
def change(visit, *, visited_on, people, looked_at, findings, report=None, by, at):
    """Corrects a visit, or says what it found; reports are added, never replaced. Raises Refused."""
    visit = Visit.objects.select_for_update(no_key=True, of=("self",)).select_related("provider").get(pk=visit.pk)
    if visit.findings and not findings:
        raise Refused("The findings of a visit cannot be emptied. Write what was found.", "no_findings")
    had_findings = bool(visit.findings)
    visit.visited_on, visit.people = visited_on, people
    visit.looked_at, visit.findings = looked_at, findings
    visit.save()
    _event("visit changed", visit, by, at)
    _add_report(visit, report, by, at)
    if findings and not had_findings:
        _tell(visit, "findings", "has its findings", at)


def _add_report(visit, report, by, at):
    if report:
        attaching.attach(report, to=("visit", visit.uuid), visit=visit, by=by, at=at)


def _event(act, visit, by, at):
    events.record(act, subject=("visit", visit.uuid), by=by, at=at, detail={"on": visit.visited_on.isoformat()})


def _tell(visit, cause, happened, at):
    """Tells those of the provider who set or own actions."""
    seats = Membership.objects.active_at(at).with_role_that(Act.PROGRESS_ACTIONS, visit.return_type)
    seats = seats.filter(organisation=visit.provider_id, person__is_active=True)
    telling = notices.Telling(
        cause=f"visit {visit.uuid} {cause}",
        recipients=frozenset(seats),
        subject=f"A quality visit to {visit.provider.name} {happened}",
        link=reverse("returns:visit", args=[visit.uuid]),
    )
    notices.tell([telling], at=at)
