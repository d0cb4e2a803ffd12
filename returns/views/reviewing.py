"""The recipient's side of one return: read the version, start the review; and what is out of the ordinary."""

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from returns import changes, checklists, headcounts, permissions, queries, second_review, summary, workflow
from returns.forms import ExtensionForm, ReasonForm
from returns.models import Review
from returns.registry import type_of
from returns.trends import recent_measures
from returns.views.access import attempt, require, submission_for
from returns.views.beside import beside
from returns.views.history import can_download, deliveries_of, national_route, version_context, version_for


@require_GET
def review(request, uuid):
    """The version that stands, beside the one before it; nothing yet while none has passed its check."""
    submission = submission_for(request, uuid)
    seat = request.seat
    context = {
        "submission": submission,
        "is_ours": permissions.can_see_working_copy(seat, submission),
        "closes_at": workflow.closes_at(submission),
        "can_review": permissions.can_review(seat, submission),
        "can_decide": permissions.can_decide(seat, submission),
        "can_ask": permissions.can_ask_query(seat, submission),
        "can_extend": permissions.can_extend(seat, submission),
        "can_escalate": permissions.can_escalate(seat, submission),
        "can_download": can_download(seat, submission),
        "now": timezone.now(),
    } | beside(seat, submission, timezone.now())
    if submission.standing_version:
        context |= _version_under_review(request, submission)
    return render(request, "returns/review.html", context)


def _version_under_review(request, submission):
    """The version that stands, in the order of a review: the data, then the performance, then the verdict."""
    seat, return_type = request.seat, type_of(submission)
    found = version_for(request, submission, submission.standing_version.number)
    context = version_context(submission, found)
    asked = queries.open_beside(seat, submission)
    queries.put_beside(asked, context["sections"])
    _put_headcount_beside(submission, return_type, context)
    about_performance = [item for item in context["findings"] if item.rule in return_type.review.performance_rules]
    quarters, measures = recent_measures(seat, submission)
    before = context["before"]
    return (
        context
        | review_context(seat, submission, found)
        | {
            "national": national_route(submission),
            "deliveries": deliveries_of(submission),
            "queries": [(query, queries.about(query)) for query in asked],
            "data_findings": [item for item in context["findings"] if item not in about_performance],
            "performance_findings": about_performance,
            "step": changes.steps_of(seat, submission, [before, found])[0] if before else None,
            "since_last_quarter": changes.since(return_type, context["previous"], context["answers"]),
            "looks": [(look, summary.part_for(look, context["sections"])) for look in return_type.review.looks],
            "quarters": quarters,
            "measures": measures,
        }
    )


def _put_headcount_beside(submission, return_type, context):
    name = return_type.review.headcount_question
    for row in (row for section in context["sections"] for row in section.rows if row.question.name == name):
        given, period = context["answers"].values[name], submission.period
        row.published = headcounts.beside(submission.subject, period.census_on, given, period.standards)


def review_context(seat, submission, version):
    """The review of the version that is under way, the last one that was decided, and the checklist: to its own side while
    it is filled in, to everybody once it is decided.
    """
    reviews = Review.objects.filter(version__submission=submission)
    under_way = None
    if submission.is_in_review:
        under_way = reviews.filter(version=version, outcome="").select_related("started_by", "version").first()
    last = reviews.decided().first()
    shown = (under_way if permissions.receives(seat, submission) else None) or last
    return {
        "open_review": under_way,
        "last_review": last,
        "checklist": list(checklists.answers_of(shown).values()) if shown else [],
        "unanswered": checklists.unanswered(submission, under_way) if under_way else [],
        **_second_review(seat, submission, under_way),
    }


def _second_review(seat, submission, under_way):
    """The verdict that waits for a second person, or the last that was not confirmed: to the recipient alone."""
    if not (under_way and permissions.receives(seat, submission)):
        return {}
    proposals = under_way.proposals.select_related("proposed_by", "answered_by").order_by("pk")
    return {"proposal": proposals.last(), "takes_two": second_review.is_wanted(submission, seat.organisation)}


@require_POST
def start(request, uuid):
    submission = submission_for(request, uuid)
    require(permissions.can_review(request.seat, submission))
    attempt(
        request,
        workflow.start_review,
        submission,
        by=request.seat,
        at=timezone.now(),
        done="You have started the review. The provider can no longer take the return back.",
    )
    return redirect("returns:review", uuid=uuid)


@require_http_methods(["GET", "POST"])
def reopen(request, uuid):
    submission = submission_for(request, uuid)
    require(permissions.can_decide(request.seat, submission))
    return _with_reason(
        request,
        submission,
        workflow.reopen,
        title="Open this return again",
        explains="The provider can change every section and submits a new version. The accepted version stands until then.",
        button="Open the return again",
        done="The return is open again. The provider has been told.",
    )


@require_http_methods(["GET", "POST"])
def excuse(request, uuid):
    submission = submission_for(request, uuid)
    require(permissions.can_excuse(request.seat, submission))
    return _with_reason(
        request,
        submission,
        workflow.excuse,
        title="Say that this return is not required",
        explains="The return no longer counts as owed, and nobody is reminded of it. Your reason stays beside it.",
        button="Say that it is not required",
        done="The return is marked as not required.",
    )


def _with_reason(request, submission, act, *, title, explains, button, done):
    form = ReasonForm(request.POST or None, label="Why?")
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        attempt(request, act, submission, reason=reason, by=request.seat, at=timezone.now(), done=done)
        return redirect("returns:review", uuid=submission.uuid)
    context = {"submission": submission, "form": form, "act_title": title, "explains": explains, "button": button}
    return render(request, "returns/with_reason.html", context)


@require_http_methods(["GET", "POST"])
def extend(request, uuid):
    submission = submission_for(request, uuid)
    require(permissions.can_extend(request.seat, submission))
    form = ExtensionForm(request.POST or None, label="Why is there more time?")
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            workflow.extend,
            submission,
            until=form.until,
            reason=form.cleaned_data["reason"],
            by=request.seat,
            at=timezone.now(),
            done=f"{submission.subject.name} has more time. The provider has been told.",
        )
        if done:
            return redirect("returns:review", uuid=uuid)
    context = {
        "submission": submission,
        "form": form,
        "act_title": "Give more time",
        "closes_at": workflow.closes_at(submission),
    }
    return render(request, "returns/extend.html", context)
