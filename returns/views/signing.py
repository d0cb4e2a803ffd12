"""Sending for sign-off, signing, taking back, and the receipt with the check running."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from returns import permissions, workflow
from returns.forms import ReasonForm
from returns.return_type import Signature
from returns.views.access import attempt, require, submission_for
from returns.views.filling_in import check_answers_context


@require_POST
def send_for_sign_off(request, uuid):
    submission = submission_for(request, uuid)
    require(permissions.can_send_for_sign_off(request.seat, submission))
    signed_by_nobody = permissions.signature_of(submission) is Signature.NONE
    done = attempt(
        request,
        workflow.send_for_sign_off,
        submission,
        by=request.seat,
        at=timezone.now(),
        done="" if signed_by_nobody else "The return is sent for sign-off. The people who can sign it have been told.",
    )
    if done and signed_by_nobody:
        return redirect("returns:receipt", uuid=uuid)
    return redirect("returns:return" if done else "returns:check_answers", uuid=uuid)


@require_http_methods(["GET", "POST"])
def sign_off(request, uuid):
    """What is signed, by whom it was prepared, and what signing does."""
    submission = submission_for(request, uuid)
    require(permissions.can_sign_off(request.seat, submission))
    if request.method == "POST":
        return _sign(request, submission)
    if not submission.is_awaiting_sign_off:
        return redirect("returns:return", uuid=uuid)
    needs_another = permissions.signature_of(submission) is Signature.ANOTHER_PERSON
    context = check_answers_context(request, submission) | {
        "prepared_it_myself": needs_another and submission.prepared_by_id == request.seat.person_id,
        "decline_form": ReasonForm(label="Why do you not sign it?"),
    }
    return render(request, "returns/sign_off.html", context)


def _sign(request, submission):
    """Signs what was shown. The same form posted twice is no error: the second one leads to the receipt, too."""
    shown = request.POST.get("content_sha256", "")
    try:
        workflow.sign_off(submission, content_sha256=shown, by=request.seat, at=timezone.now())
    except workflow.Refused as refusal:
        submission.refresh_from_db()
        if not (submission.is_submitted and submission.current_version.content_sha256 == shown):
            messages.error(request, str(refusal))
            return redirect("returns:sign_off", uuid=submission.uuid)
    submission.refresh_from_db()
    return redirect("returns:receipt" if submission.is_submitted else "returns:return", uuid=submission.uuid)


@require_POST
def decline(request, uuid):
    submission = submission_for(request, uuid)
    require(permissions.can_sign_off(request.seat, submission))
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    done = attempt(
        request,
        workflow.decline,
        submission,
        reason=reason,
        by=request.seat,
        at=timezone.now(),
        done="The return has gone back to those who filled it in, with your reason.",
    )
    return redirect("returns:return" if done else "returns:sign_off", uuid=uuid)


@require_http_methods(["GET", "POST"])
def take_back(request, uuid):
    submission = submission_for(request, uuid)
    require(permissions.can_take_back(request.seat, submission))
    form = ReasonForm(request.POST or None, label="Why do you take it back?")
    if request.method == "POST" and form.is_valid():
        attempt(
            request,
            workflow.take_back,
            submission,
            reason=form.cleaned_data["reason"],
            by=request.seat,
            at=timezone.now(),
            done="The return is with you again. Remember to submit it before it closes.",
        )
        return redirect("returns:return", uuid=uuid)
    return render(
        request,
        "returns/take_back.html",
        {
            "submission": submission,
            "form": form,
            "act_title": "Take this return back",
            "closes_at": workflow.closes_at(submission),
        },
    )


@require_GET
def receipt(request, uuid):
    """Reference, time and hash of the latest version, and how its check goes."""
    return _receipt(request, uuid, "returns/receipt.html")


@require_GET
def check_progress(request, uuid):
    """The part of the receipt that changes while the worker checks."""
    return _receipt(request, uuid, "returns/check_progress.html")


def _receipt(request, uuid, template):
    submission = submission_for(request, uuid)
    require(permissions.can_see_working_copy(request.seat, submission))
    version = submission.current_version
    if version is None:
        return redirect("returns:return", uuid=uuid)
    context = {
        "submission": submission,
        "version": version,
        "check": version.checking,
        "running": version.checking.is_waiting,
        "score": getattr(version, "score", None) if version.checking.has_passed else None,
    }
    return render(request, template, context)
