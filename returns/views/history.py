"""One return as it stands, its versions with their differences, and everything that happened to it."""

import json
from itertools import pairwise

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Membership, Person
from accounts.roles import Act
from journal.models import Event
from returns import findings, outgoing, permissions, sections, summary, versions, workflow
from returns.registry import type_of
from returns.return_type import Signature
from returns.views.access import page_of, require, submission_for


@require_GET
def one_return(request, uuid):
    """The task list for the owner; for everybody else, the version that was submitted."""
    submission = submission_for(request, uuid)
    if not permissions.can_see_working_copy(request.seat, submission):
        return redirect("returns:review", uuid=uuid)
    return render(request, "returns/return.html", _task_list(request, submission))


def _task_list(request, submission):
    return_type = type_of(submission)
    answers, context, verdict = findings.look_at(submission)
    states = sections.states(submission)
    now = timezone.now()
    tasks = [
        _task(spec, states.get(spec.slug), answers, verdict, return_type, submission)
        for spec in return_type.sections_for(submission.subject.kind, context.traits)
    ]
    return {
        "submission": submission,
        "tasks": tasks,
        "to_explain": sum(task["to_explain"] for task in tasks),
        "closes_at": workflow.closes_at(submission),
        "is_closed": now > workflow.closes_at(submission),
        "is_late": now > submission.period.due_at,
        "not_open_yet": now < submission.period.opens_at,
        "recipients": [part.organisation for part in submission.participants.all() if part.part == "RECIPIENT"],
        "national": national_route(submission),
        "deliveries": deliveries_of(submission),
        "needs_another_signer": permissions.signature_of(submission) is Signature.ANOTHER_PERSON,
        "still_to_sign": workflow.still_to_sign(submission, verdict) if submission.is_awaiting_sign_off else [],
        "inviters": _inviters(submission, now) if submission.is_being_filled_in else [],
        "signers": sorted({seat.person.name for seat in workflow.signers(submission, now)}),
        "can_fill_in": permissions.can_fill_in(request.seat, submission),
        "can_sign_off": permissions.can_sign_off(request.seat, submission),
        "can_take_back": permissions.can_take_back(request.seat, submission)
        and (submission.is_awaiting_sign_off or (submission.is_submitted and now <= workflow.closes_at(submission))),
        "can_record_receipt": permissions.can_record_receipt(request.seat, submission),
    }


def _inviters(submission, moment):
    """Who in the provider's organisation can invite a colleague."""
    seats = Membership.objects.active_at(moment).with_role_that(Act.MANAGE_PEOPLE).select_related("person")
    return sorted(seat.person.name for seat in seats.filter(organisation=submission.subject))


def _task(spec, state, answers, verdict, return_type, submission):
    """One line of the task list: what the section still needs."""
    problems = [problem for problem in verdict.problems if return_type.section_slug_of(problem.fields) == spec.slug]
    errors = [problem for problem in problems if problem in verdict.errors]
    unexplained = [problem for problem in problems if problem in verdict.unexplained]
    can_open = submission.is_being_filled_in and not (state and state.is_closed)
    status, words, hint = "COMPLETED", "Completed", ""
    if state and state.is_sent_back:
        hint = f"Sent back: {state.reason}"
    if state and state.is_closed or not submission.is_being_filled_in:
        status, words = "LOCKED", "Locked"
    elif not state or not state.revision:
        status, words = "NOT_STARTED", "Not started"
    elif errors and all(_is_missing(problem, answers) for problem in errors):
        status, words = "IN_PROGRESS", "In progress"
    elif errors or unexplained:
        status, words = "NEEDS_ATTENTION", "Needs attention"
    counts = [_count(len(unexplained), "warning") + " to explain"] if unexplained and status in _AT_WORK else []
    return {
        "spec": spec,
        "status": status,
        "words": words,
        "finished": status == "COMPLETED",
        "hint": " ".join([hint, *counts]).strip(),
        "to_explain": len(unexplained) if counts else 0,
        "can_open": can_open,
    }


_AT_WORK = {"IN_PROGRESS", "NEEDS_ATTENTION"}


def _is_missing(problem, answers):
    return len(problem.fields) == 1 and answers.values[problem.fields[0]] is None


def _count(number, noun):
    return f"{number} {noun}" + ("" if number == 1 else "s")


def national_route(submission):
    """The national system that this return goes to besides its recipient, or None."""
    national = type_of(submission).national_files
    return national if national and national.applies(submission.subject.kind) else None


def deliveries_of(submission):
    """What was recorded as delivered to a national system, newest first."""
    rows = [
        delivery
        for version in submission.versions.prefetch_related("deliveries__recorded_by").order_by("-number")
        for delivery in version.deliveries.all()
    ]
    for delivery in rows:
        delivery.number = next(v.number for v in submission.versions.all() if v.pk == delivery.version_id)
        delivery.is_outdated = bool(
            submission.standing_version and delivery.number < submission.standing_version.number
        )
    return rows


@require_GET
def history(request, uuid):
    """Versions with what changed between them, and the events."""
    submission = submission_for(request, uuid)
    owner = permissions.can_see_working_copy(request.seat, submission)
    return_type = type_of(submission)
    rows = list(
        submission.versions.select_related("content", "checking", "score", "submitted_by", "prepared_by").order_by(
            "number"
        )
    )
    if not owner:
        rows = [row for row in rows if row.checking.has_passed]
    contents = [versions.answers_in(row, return_type) for row in rows]
    differences = [_differences(return_type, before, after) for before, after in pairwise(contents)]
    differences = [None, *differences] if rows else []
    events = Event.objects.filter(subject_type="submission", subject_id=str(submission.uuid)).order_by("-id")
    page = page_of(request, events)
    people = Person.objects.in_bulk({event.actor_id for event in page if event.actor_id})
    return render(
        request,
        "returns/history.html",
        {
            "submission": submission,
            "versions": list(zip(rows, differences, strict=True))[::-1],
            "page": page,
            "events": [(event, people.get(event.actor_id)) for event in page],
            "national": national_route(submission),
            "deliveries": deliveries_of(submission),
            "reviews": [
                review
                for row in submission.versions.prefetch_related("reviews__organisation", "reviews__decided_by")
                for review in row.reviews.all()
                if review.verdict
            ],
            "owner": owner,
        },
    )


def _differences(return_type, before, after):
    return [
        {
            "question": question,
            "before": summary.answer_said(question, before),
            "after": summary.answer_said(question, after),
        }
        for question in return_type.questions
        if question.name in {change.name for change in sections.changes(before, after)}
    ]


def version_for(request, submission, number):
    """A version the seat may see: the owner sees all, others those whose check passed."""
    rows = submission.versions.select_related("content", "checking", "score", "submitted_by", "prepared_by")
    version = get_object_or_404(rows, number=number)
    if not permissions.can_see_working_copy(request.seat, submission):
        require_passed = version.checking.has_passed
        version = version if require_passed else get_object_or_404(rows, pk=None)
    version.submission = submission
    return version


@require_GET
def version(request, uuid, number):
    """One version: answers, findings with their explanations, and the score with its parts."""
    submission = submission_for(request, uuid)
    found = version_for(request, submission, number)
    return render(request, "returns/version.html", version_context(submission, found))


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
            previous=context.previous,
            compared_with=compared,
            problems=kept,
            standards=context.standards,
        ),
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
    require(
        permissions.can_see_working_copy(request.seat, submission) or permissions.receives(request.seat, submission)
    )
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
