"""What a reviewer decides: the checklist, the verdict that accepts a version, and sending sections back."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.posted import posted_number
from returns import checklists, permissions, queries, second_review, workflow
from returns.forms import ChecklistForm, ReasonForm, ReviewingForm, SendBackForm, VerdictForm
from returns.models import Collection, Proposal, Review
from returns.views.access import attempt, require, submission_for
from returns.workflow import Refused

OVERTAKEN = {"decided", "superseded", "proposed"}
WHY_NOT = "Why do you not confirm it?"


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
    """How assured the recipient is, and why. This accepts the version that was shown, or proposes that to a second person."""
    submission = submission_for(request, uuid)
    is_proposal = second_review.is_wanted(submission, request.seat.organisation) if request.seat else False
    may_propose = is_proposal and permissions.can_review(request.seat, submission)
    require(may_propose or permissions.can_decide(request.seat, submission))
    form = VerdictForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _give_verdict(request, submission, form.cleaned_data, is_proposal)
    review = _under_way(submission)
    if review is None:
        return _review_page(submission)
    if checklists.unanswered(submission, review):
        messages.info(request, "A verdict can be given when every question of the checklist is answered.")
        return redirect("returns:checklist", uuid=uuid)
    if is_proposal and second_review.waiting_for(review):
        may_confirm = permissions.can_decide(request.seat, submission)
        return redirect("returns:confirm_verdict" if may_confirm else "returns:review", uuid=uuid)
    context = {
        "submission": submission,
        "version": review.version,
        "form": form,
        "is_proposal": is_proposal,
        "act_title": "Propose your verdict" if is_proposal else "Give your verdict",
        "doubts": _doubts(review),
    }
    return render(request, "returns/verdict.html", context)


def _give_verdict(request, submission, given, is_proposal):
    act = workflow.propose_verdict if is_proposal else workflow.accept
    try:
        act(submission, version=shown_number(request), **given, by=request.seat, at=timezone.now())
    except Refused as refusal:
        return _refused(request, submission, refusal, given["reason"])
    if is_proposal:
        messages.success(request, "Your verdict is proposed. Those who may confirm it have been told.")
    else:
        messages.success(request, f"The return of {submission.subject.name} is accepted. The provider has been told.")
    return _review_page(submission)


@require_http_methods(["GET", "POST"])
def confirm_verdict(request, uuid):
    """What a colleague proposes, for a second person to confirm."""
    submission = submission_for(request, uuid)
    require(permissions.can_decide(request.seat, submission))
    return _second_person(request, submission, workflow.confirm_verdict, None)


@require_http_methods(["GET", "POST"])
def object_to_verdict(request, uuid):
    """The second person does not confirm, and says why."""
    submission = submission_for(request, uuid)
    require(permissions.can_decide(request.seat, submission))
    return _second_person(
        request, submission, workflow.object_to_verdict, ReasonForm(request.POST or None, label=WHY_NOT)
    )


def _second_person(request, submission, act, form):
    if request.method == "POST" and (form is None or form.is_valid()):
        given = {} if form is None else {"note": form.cleaned_data["reason"]}
        proposal = get_object_or_404(
            Proposal, pk=posted_number(request.POST.get("proposal")), review__version__submission=submission
        )
        try:
            act(submission, proposal=proposal.pk, **given, by=request.seat, at=timezone.now())
        except Refused as refusal:
            return _refused(request, submission, refusal, given.get("note", ""))
        done = (
            "The verdict is confirmed and the return accepted. The provider has been told."
            if form is None
            else (f"The verdict is not confirmed. {proposal.proposed_by.name} has been told.")
        )
        messages.success(request, done)
        return _review_page(submission)
    review = _under_way(submission)
    proposal = second_review.waiting_for(review) if review else None
    if proposal is None:
        return _review_page(submission)
    context = {
        "submission": submission,
        "version": review.version,
        "proposal": proposal,
        "is_mine": proposal.proposed_by_id == request.seat.person_id,
        "form": form or ReasonForm(label=WHY_NOT),
        "doubts": _doubts(review),
    }
    return render(request, "returns/confirm_verdict.html", context)


def _doubts(review):
    """What was not answered with yes."""
    return [answer for answer in checklists.answers_of(review).values() if not answer.is_yes]


@require_http_methods(["GET", "POST"])
def how_we_review(request, pk):
    """Whether a verdict of this organisation takes two people."""
    collection = get_object_or_404(Collection, pk=pk)
    require(permissions.can_choose_reviewing(request.seat, collection))
    now, organisation = timezone.now(), request.seat.organisation
    wanted = second_review.wants(collection.pk, organisation.pk)
    form = ReviewingForm(request.POST or None, initial={"second_reviewer": "yes" if wanted else "no"})
    if request.method == "POST" and form.is_valid():
        wants = form.cleaned_data["second_reviewer"] == "yes"
        done = "A verdict takes two people now." if wants else "One person gives a verdict now."
        attempt(request, second_review.choose, collection, second_reviewer=wants, by=request.seat, at=now, done=done)
        return redirect("returns:how_we_review", pk=pk)
    deciders, reviewers = second_review.people_who_review(collection, organisation, now)
    context = {
        "collection": collection,
        "form": form,
        "deciders": list(deciders.values()),
        "reviewers": [name for pk, name in reviewers.items() if pk not in deciders],
    }
    return render(request, "returns/how_we_review.html", context)


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
    decided = Review.objects.filter(version__submission=submission).decided().first()
    context = {"submission": submission, "refusal": refusal, "decided": decided, "typed": typed}
    return render(request, "returns/overtaken.html", context, status=409)


def _review_page(submission):
    return redirect("returns:review", uuid=submission.uuid)


def shown_number(request):
    """The version number that the page showed."""
    return posted_number(request.POST.get("version"))
