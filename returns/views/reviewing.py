"""The recipient's side of one return: read the version, start the review, accept, or send sections back."""

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from returns import permissions, workflow
from returns.forms import ExtensionForm, ReasonForm, SendBackForm
from returns.models import Review
from returns.views.access import attempt, require, submission_for
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
        "can_extend": permissions.can_extend(seat, submission),
        "can_escalate": permissions.can_escalate(seat, submission),
        "can_download": can_download(seat, submission),
        "now": timezone.now(),
    }
    if submission.standing_version:
        found = version_for(request, submission, submission.standing_version.number)
        context |= version_context(submission, found)
        context["national"] = national_route(submission)
        context["deliveries"] = deliveries_of(submission)
        context["open_review"] = (
            Review.objects.filter(version=found, verdict="").select_related("started_by").first()
            if submission.is_in_review
            else None
        )
        context["last_review"] = (
            Review.objects.filter(version__submission=submission)
            .exclude(verdict="")
            .select_related("decided_by", "version")
            .order_by("-decided_at")
            .first()
        )
    return render(request, "returns/review.html", context)


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
def accept(request, uuid):
    submission = submission_for(request, uuid)
    require(permissions.can_decide(request.seat, submission))
    form = ReasonForm(request.POST or None, label="What do you tell the provider?", hint="You can leave this empty.")
    form.fields["reason"].required = False
    if request.method == "POST" and form.is_valid():
        attempt(
            request,
            workflow.accept,
            submission,
            version=_number(request),
            reason=form.cleaned_data["reason"],
            by=request.seat,
            at=timezone.now(),
            done=f"The return of {submission.subject.name} is accepted. The provider has been told.",
        )
        return redirect("returns:review", uuid=uuid)
    if not submission.is_in_review:
        return redirect("returns:review", uuid=uuid)
    return render(
        request, "returns/accept.html", {"submission": submission, "form": form, "act_title": "Accept this return"}
    )


@require_http_methods(["GET", "POST"])
def send_back(request, uuid):
    submission = submission_for(request, uuid)
    require(permissions.can_review(request.seat, submission))
    specs = workflow.specs_of(submission)
    form = SendBackForm(specs, request.POST or None)
    if request.method == "POST" and form.is_valid():
        attempt(
            request,
            workflow.send_back,
            submission,
            version=_number(request),
            reasons=form.cleaned_data,
            by=request.seat,
            at=timezone.now(),
            done=f"The sections are sent back to {submission.subject.name}, with your reasons.",
        )
        return redirect("returns:review", uuid=uuid)
    if not submission.is_in_review:
        return redirect("returns:review", uuid=uuid)
    return render(
        request, "returns/send_back.html", {"submission": submission, "form": form, "act_title": "Send sections back"}
    )


def _number(request):
    """The version number that the page showed."""
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 9 else 0


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
