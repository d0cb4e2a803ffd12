"""One return as it stands, its versions with their differences, and everything that happened to it."""

import json

from django.db.models import BooleanField, ExpressionWrapper, F, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.lists import page_of
from accounts.models import Person
from journal.models import Event
from returns import changes, findings, outgoing, permissions, summary, versions, workflow
from returns.models import Check, ChecklistAnswer, Delivery, Review
from returns.registry import type_of
from returns.views.access import require, submission_for


def national_route(submission):
    """The national system that this return goes to besides its recipient, or None."""
    national = type_of(submission).national_files
    return national if national and national.applies(submission.subject.kind) else None


def deliveries_of(submission):
    """What was recorded as delivered to a national system, newest first; `is_outdated` where a newer version stands."""
    newer_stands = Q(version__number__lt=F("version__submission__standing_version__number"))
    return (
        Delivery.objects.filter(version__submission=submission)
        .select_related("version")
        .annotate(is_outdated=ExpressionWrapper(newer_stands, output_field=BooleanField()))
        .order_by("-version__number")
    )


@require_GET
def history(request, uuid):
    """Versions with what changed between them, and the events."""
    submission = submission_for(request, uuid)
    owner = permissions.can_see_working_copy(request.seat, submission)
    rows = list(
        submission.versions.select_related("content", "checking", "score", "submitted_by", "prepared_by").order_by(
            "number"
        )
    )
    if not owner:
        rows = [row for row in rows if row.checking.has_passed]
    steps = [None, *changes.steps_of(request.seat, submission, rows)] if rows else []
    events = Event.objects.filter(subject_type="submission", subject_id=str(submission.uuid)).order_by("-id")
    receives = permissions.receives(request.seat, submission)
    if not owner:
        events = events.exclude(act__in=workflow.ACTS_ON_DRAFTS)
    if not receives:
        events = events.exclude(act__in=workflow.ACTS_AMONG_REVIEWERS)
    if not (owner or receives):
        events = events.exclude(act__startswith="query ")  # queries are between the two sides
    page = page_of(request, events)
    people = Person.objects.in_bulk({event.actor_id for event in page if event.actor_id})
    return render(
        request,
        "returns/history.html",
        {
            "submission": submission,
            "versions": list(zip(rows, steps, strict=True))[::-1],
            "page": page,
            "events": [(event, people.get(event.actor_id)) for event in page],
            "national": national_route(submission),
            "deliveries": deliveries_of(submission),
            "reviews": _decided(submission),
            "owner": owner,
        },
    )


def _decided(submission):
    """[(review, its checklist)] of what was decided, newest first."""
    reviews = Review.objects.filter(version__submission=submission).decided()
    answers = Prefetch("checklist", ChecklistAnswer.objects.select_related("answered_by").order_by("pk"))
    return [(review, review.checklist.all()) for review in reviews.prefetch_related(answers)]


def version_for(request, submission, number):
    """A version the seat may see: the owner sees all, others those whose check passed."""
    rows = submission.versions.select_related("content", "checking", "score", "submitted_by", "prepared_by")
    if not permissions.can_see_working_copy(request.seat, submission):
        rows = rows.filter(checking__state=Check.State.PASSED)
    version = get_object_or_404(rows, number=number)
    version.submission = submission
    return version


@require_GET
def version(request, uuid, number):
    """One version: answers, findings with their explanations, and the score with its parts."""
    submission = submission_for(request, uuid)
    found = version_for(request, submission, number)
    context = version_context(submission, found) | {
        "can_download": can_download(request.seat, submission),
        "can_try": permissions.can_see_working_copy(request.seat, submission) and type_of(submission).scored,
    }
    return render(request, "returns/version.html", context)


def can_download(seat, submission):
    """A version leaves only to those who are a party to the return."""
    return permissions.can_see_working_copy(seat, submission) or permissions.receives(seat, submission)


def version_context(submission, found):
    """What a page about a version shows, with the version before it for comparison."""
    return_type = type_of(submission)
    answers = versions.answers_in(found, return_type)
    context = findings.context_for(submission.subject, submission.period)
    kept = findings.kept_for(found)
    before = (
        submission.versions.filter(number__lt=found.number, checking__state="PASSED")
        .select_related("content")
        .order_by("-number")
        .first()
    )
    compared = versions.answers_in(before, return_type) if before else None
    return {
        "submission": submission,
        "version": found,
        "before": before,
        "is_newest": submission.current_version_id == found.pk,
        "sections": summary.summarise(
            return_type,
            return_type.sections_for(submission.subject.kind, context.traits),
            answers,
            context,
            compared_with=compared,
            problems=kept,
        ),
        "answers": answers,
        "previous": context.previous,
        "has_previous": context.previous is not None,
        "findings": kept,
        "score": getattr(found, "score", None),
        "is_intact": versions.is_intact(found),
    }


@require_GET
def download(request, uuid, number):
    """A version as JSON: content, explanations, findings and score."""
    submission = submission_for(request, uuid)
    found = version_for(request, submission, number)
    require(can_download(request.seat, submission))
    score = getattr(found, "score", None)
    data = {
        "return_type": submission.return_type,
        "organisation": {"code": submission.subject.code, "name": submission.subject.name},
        "period": submission.period.key,
        "version": found.number,
        "submitted_at": found.submitted_at.isoformat(),
        "content_sha256": found.content_sha256,
        **json.loads(bytes(found.content.payload)),
        "explanations": json.loads(bytes(found.content.explanations)),
        "findings": [
            {"code": item.rule, "severity": item.severity.lower(), "fields": item.fields, "message": item.message}
            for item in findings.kept_for(found)
        ],
        "score": {"method": score.method, "overall": score.overall, "parts": score.parts} if score else None,
    }
    body = json.dumps(data, indent=1, ensure_ascii=False).encode()
    name = f"{submission.return_type}-{submission.subject.code}-{submission.period.key}-v{found.number}.json"
    outgoing.send_out(
        kind="version",
        name=name,
        data=body,
        recipient=request.seat.organisation.name,
        policy="party to the return",
        rows=1,
        versions=[found],
        by=request.seat,
        at=timezone.now(),
    )
    return HttpResponse(
        body,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
