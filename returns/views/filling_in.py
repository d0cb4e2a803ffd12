"""A provider fills in a return: section by section, saved on the way, warnings explained where they stand."""

from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Person
from returns import findings, permissions, queries, sections, summary, workflow
from returns.content import Unreadable, read_passage
from returns.forms import SectionForm, absent_name
from returns.periods import time_said
from returns.registry import type_of
from returns.views.access import attempt, require, submission_for
from returns.workflow import Refused, SavedMeanwhile


@require_http_methods(["GET", "POST"])
def section(request, uuid, slug):
    submission = submission_for(request, uuid)
    require(permissions.can_fill_in(request.seat, submission))
    specs = workflow.specs_of(submission)
    spec = next((spec for spec in specs if spec.slug == slug), None)
    if spec is None:
        raise Http404
    if request.method == "POST":
        return _save(request, submission, specs, spec)
    state = sections.state(submission, slug)
    if state.is_closed or not submission.is_being_filled_in:
        messages.info(request, "This section is locked, so it can be read but not changed.")
        return redirect("returns:check_answers", uuid=uuid)
    return _page(request, submission, specs, spec, state)


def _save(request, submission, specs, spec):
    state = sections.state(submission, spec.slug)
    answers = sections.answers_of(sections.working_copy(submission), type_of(submission))
    form = SectionForm(spec, answers, revision=state.revision, data=request.POST)
    in_background = request.headers.get("X-Requested-With") == "autosave"
    if not form.is_valid():
        if in_background:
            message = "Not saved. What you typed is still on this page. Correct it and it will be saved."
            return JsonResponse({"saved": False, "message": message, "errors": form.errors})
        return _page(request, submission, specs, spec, state, form=form)
    try:
        saved = workflow.save_section(
            submission,
            spec,
            form.given,
            revision=form.cleaned_data["revision"],
            by=request.seat,
            at=timezone.now(),
        )
    except SavedMeanwhile as conflict:
        if in_background:
            return JsonResponse({"saved": False, "message": _saved_by(conflict.section)}, status=409)
        return _conflict(request, submission, specs, spec, conflict.section, answers)
    except Refused as refusal:
        if in_background:
            message = f"Not saved. What you typed is still on this page. {refusal}"
            return JsonResponse({"saved": False, "message": message}, status=403)
        messages.error(request, str(refusal))
        return _page(request, submission, specs, spec, state, form=form)
    if in_background:
        at = time_said(saved.saved_at)
        return JsonResponse({"saved": True, "saved_at": at, "revision": saved.revision})
    return _after_saving(request, submission, specs, spec)


def _after_saving(request, submission, specs, spec):
    """On to the next section, unless there is something to look at here first."""
    if "come_back" in request.POST:
        messages.success(request, f"{spec.title} is saved. You can come back to it.")
        return redirect("returns:return", uuid=submission.uuid)
    submission.refresh_from_db()
    _, _, verdict = findings.look_at(submission)
    here = [problem for problem in verdict.errors + verdict.unexplained if _belongs(submission, problem, spec)]
    if here:
        messages.warning(request, f"{spec.title} is saved. Look at what is marked on this page before you go on.")
        return redirect("returns:section", uuid=submission.uuid, slug=spec.slug)
    following = _next(submission, specs, spec)
    if following:
        return redirect("returns:section", uuid=submission.uuid, slug=following.slug)
    return redirect("returns:check_answers", uuid=submission.uuid)


def _belongs(submission, problem, spec):
    return type_of(submission).section_slug_of(problem.fields) == spec.slug


def _next(submission, specs, spec):
    """The next section that is open to change."""
    states = sections.states(submission)
    later = specs[specs.index(spec) + 1 :]
    return next((item for item in later if item.slug not in states or not states[item.slug].is_closed), None)


def _saved_by(section):
    who = section.saved_by.name if section.saved_by else "A colleague"
    at = time_said(section.saved_at)
    return f"{who} saved this section at {at}, while you had it open. Nothing was overwritten."


def _conflict(request, submission, specs, spec, section, theirs):
    """What I typed, over the revision that my colleague saved, with the saved answer beside each that differs."""
    data = request.POST.copy()
    data["revision"] = str(section.revision)
    form = SectionForm(spec, theirs, revision=section.revision, data=data)
    form.full_clean()
    differing = {
        question.name: summary.answer_said(question, theirs) or "no answer"
        for question in spec.questions
        if form.cleaned_data.get(question.name) != theirs.values[question.name]
    }
    messages.warning(
        request,
        f"{_saved_by(section)} Your answers are below, with the saved answer beside each that differs."
        " Save to keep yours.",
    )
    return _page(request, submission, specs, spec, section, form=form, theirs=differing, status=409)


def _page(request, submission, specs, spec, state, form=None, theirs=None, status=200):
    return_type = type_of(submission)
    answers, context, verdict = findings.look_at(submission)
    form = form or SectionForm(spec, answers, revision=state.revision)
    here = [problem for problem in verdict.problems if return_type.section_slug_of(problem.fields) == spec.slug]
    started = bool(state.revision)
    asked = [query for query in queries.open_beside(request.seat, submission) if query.section == spec.slug]
    rows = [
        {
            "field": form[question.name],
            "absent": form[absent_name(question)] if question.may_be_absent else None,
            "question": question,
            "row": summary.row_of(question, answers, context.previous),
            "theirs": (theirs or {}).get(question.name, ""),
        }
        for question in spec.questions
    ]
    for item in rows:
        item["row"].queries = [query for query in asked if query.field == item["question"].name]
    return render(
        request,
        "returns/section.html",
        {
            "submission": submission,
            "spec": spec,
            "state": state,
            "form": form,
            "rows": rows,
            "queries": [query for query in asked if not query.field],
            "today": timezone.localdate(),
            "has_previous": context.previous is not None,
            "percentages": [summary.percentage_of(item, answers, context) for item in spec.percentages],
            "to_correct": [problem for problem in here if problem in verdict.errors] if started else [],
            "warnings": warnings_to_explain(submission, verdict, here) if started else [],
            "waived": here if started else [],
            "can_ask_for_waiver": permissions.can_ask_for_waiver(request.seat, submission),
            "number": specs.index(spec) + 1,
            "count": len(specs),
            "next_spec": _next(submission, specs, spec),
        },
        status=status,
    )


def warnings_to_explain(submission, verdict, problems):
    """Warnings with the reason given, or the one offered from last quarter."""
    offered = findings.offered_explanations(submission, verdict)
    found = []
    for problem in problems:
        if problem in verdict.warnings:
            key = findings.key_of(problem)
            given = verdict.explanations.get(key)
            found.append({"problem": problem, "given": given, "offered": None if given else offered.get(key)})
    return found


@require_POST
def explain(request, uuid):
    """Keeps the reason for one warning, and returns to where it stood."""
    submission = submission_for(request, uuid)
    require(permissions.can_fill_in(request.seat, submission))
    to = request.POST.get("section", "")
    known = {spec.slug for spec in type_of(submission).sections}
    try:
        text = read_passage(request.POST.get("text", ""), "The explanation", limit=2000) or ""
    except Unreadable as problem:
        messages.error(request, str(problem))
    else:
        attempt(
            request,
            workflow.explain,
            submission,
            request.POST.get("rule", ""),
            request.POST.get("fingerprint", ""),
            text,
            by=request.seat,
            at=timezone.now(),
            done="Your explanation is saved." if text else "The explanation is removed.",
        )
    if to in known:
        return redirect("returns:section", uuid=uuid, slug=to)
    return redirect("returns:check_answers", uuid=uuid)


@require_GET
def check_answers(request, uuid):
    """Everything that was answered, with warnings and explanations, and the score as it would be."""
    submission = submission_for(request, uuid)
    require(permissions.can_see_working_copy(request.seat, submission))
    return render(request, "returns/check_answers.html", check_answers_context(request, submission))


def check_answers_context(request, submission):
    return_type = type_of(submission)
    answers, context, verdict = findings.look_at(submission)
    specs = return_type.sections_for(submission.subject.kind, context.traits)
    states = sections.states(submission)
    summaries = summary.summarise(return_type, specs, answers, context, problems=verdict.problems)
    queries.put_beside(queries.open_beside(request.seat, submission), summaries)
    return {
        "submission": submission,
        "today": timezone.localdate(),
        "answers_by_section": [
            {
                "summary": item,
                "is_open": submission.is_being_filled_in
                and not (item.spec.slug in states and states[item.spec.slug].is_closed),
                "warnings": warnings_to_explain(submission, verdict, item.problems),
            }
            for item in summaries
        ],
        "has_previous": context.previous is not None,
        "verdict": verdict,
        "score": return_type.score(answers, context),
        "can_try": bool(return_type.scored),
        "closes_at": workflow.closes_at(submission),
        "is_closed": timezone.now() > workflow.closes_at(submission),
        "can_fill_in": permissions.can_fill_in(request.seat, submission),
        "can_ask_for_waiver": permissions.can_ask_for_waiver(request.seat, submission),
        "can_send": permissions.can_send_for_sign_off(request.seat, submission),
        "senders": SimpleLazyObject(lambda: senders_of(submission)),
    }


def senders_of(submission):
    """Who may send this return for sign-off."""
    seats = [
        seat
        for seat in workflow.senders(submission, timezone.now())
        if permissions.can_send_for_sign_off(seat, submission)
    ]
    return Person.objects.filter(pk__in=[seat.person_id for seat in seats]).order_by("name")
