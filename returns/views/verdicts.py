"""What a reviewer decides: the checklist, the verdict that accepts a version, and sending sections back."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from returns import checklists, permissions, queries, workflow
from returns.forms import ChecklistForm, SendBackForm, VerdictForm
from returns.models import Review
from returns.views.access import attempt, require, submission_for
from returns.workflow import Refused

OVERTAKEN = {"decided", "superseded"}


@require_http_methods(["GET", "POST"])
def checklist(request, uuid):
    """The checklist of the review that is under way; questions may be left for later."""
    submission = submission_for(request, uuid)
    require(permissions.can_review(request.seat, submission))
    review = _under_way(submission)
    if review is None:
        return _review_page(submission)
    items = checklists.asked_about(submission)
    given = checklists.answers_of(review)
    form = ChecklistForm(items, checklists.offered(review) | given, request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            checklists.answer,
            submission,
            form.given,
            version=shown_number(request),
            by=request.seat,
            at=timezone.now(),
            done="Your answers to the checklist are saved.",
        )
        is_complete = done and not checklists.unanswered(submission, review)
        may_decide = permissions.can_decide(request.seat, submission)
        return redirect("returns:verdict" if is_complete and may_decide else "returns:review", uuid=uuid)
    context = {
        "submission": submission,
        "version": review.version,
        "form": form,
        "is_offered": not given and bool(checklists.offered(review)),
        "left": sum(item.key not in given for item in items),
    }
    return render(request, "returns/checklist.html", context)


@require_http_methods(["GET", "POST"])
def verdict(request, uuid):
    """How assured the recipient is, and why: this accepts the version that was shown."""
    submission = submission_for(request, uuid)
    require(permissions.can_decide(request.seat, submission))
    form = VerdictForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            workflow.accept(submission, version=shown_number(request), **given, by=request.seat, at=timezone.now())
        except Refused as refusal:
            return _refused(request, submission, refusal, given["reason"])
        messages.success(request, f"The return of {submission.subject.name} is accepted. The provider has been told.")
        return _review_page(submission)
    review = _under_way(submission)
    if review is None:
        return _review_page(submission)
    if checklists.unanswered(submission, review):
        messages.info(request, "A verdict can be given when every question of the checklist is answered.")
        return redirect("returns:checklist", uuid=uuid)
    context = {
        "submission": submission,
        "version": review.version,
        "form": form,
        "act_title": "Give your verdict",
        "doubts": [answer for answer in checklists.answers_of(review).values() if not answer.is_yes],
    }
    return render(request, "returns/verdict.html", context)


@require_http_methods(["GET", "POST"])
def send_back(request, uuid):
    """Opens the sections in question for the provider, each with what is asked."""
    submission = submission_for(request, uuid)
    require(permissions.can_review(request.seat, submission))
    form = SendBackForm(workflow.specs_of(submission), request.POST or None, initial=_from_query(request, submission))
    if request.method == "POST" and form.is_valid():
        try:
            workflow.send_back(
                submission,
                version=shown_number(request),
                reasons=form.cleaned_data,
                by=request.seat,
                at=timezone.now(),
            )
        except Refused as refusal:
            return _refused(request, submission, refusal, "\n\n".join(filter(None, form.cleaned_data.values())))
        messages.success(request, f"The sections are sent back to {submission.subject.name}, with your reasons.")
        return _review_page(submission)
    if not submission.is_in_review:
        return _review_page(submission)
    context = {"submission": submission, "form": form, "act_title": "Send sections back"}
    return render(request, "returns/send_back.html", context)


def _from_query(request, submission):
    """The words of the query that somebody sends a section back from, as its reason."""
    return {
        query.section: query.words
        for query in queries.open_beside(request.seat, submission)
        if str(query.uuid) == request.GET.get("query")
    }


def _under_way(submission):
    """The review of the latest version, while it is not decided."""
    if not submission.is_in_review:
        return None
    return Review.objects.filter(version=submission.current_version, outcome="").select_related("version").first()


def _refused(request, submission, refusal, typed):
    """What became of the version instead; where somebody was quicker, a page that says so and gives back what was typed."""
    if refusal.reason not in OVERTAKEN:
        messages.error(request, str(refusal))
        return _review_page(submission)
    submission = submission_for(request, submission.uuid)
    decided = (
        Review.objects.filter(version__submission=submission)
        .exclude(outcome="")
        .select_related("decided_by", "version")
        .order_by("-decided_at", "-pk")
        .first()
    )
    context = {"submission": submission, "refusal": refusal, "decided": decided, "typed": typed}
    return render(request, "returns/overtaken.html", context, status=409)


def _review_page(submission):
    return redirect("returns:review", uuid=submission.uuid)


def shown_number(request):
    """The version number that the page showed."""
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0
