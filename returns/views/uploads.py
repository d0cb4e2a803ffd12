"""A return's workbook on its way back: brought, checked, laid beside the working copy, taken over or not."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from returns import outgoing, permissions, stored_files, uploads, workflow
from returns.forms import WorkbookForm
from returns.models import Upload
from returns.registry import type_of
from returns.views.access import attempt, require, submission_for
from returns.views.exporting import OWN_POLICY
from returns.workflow import Refused

SHOWN = 20


@require_http_methods(["GET", "POST"])
def upload(request, uuid):
    """Choose a workbook, or drop it; what is in it is checked by a worker."""
    submission = submission_for(request, uuid)
    require(permissions.can_fill_in(request.seat, submission))
    is_brought = request.method == "POST"
    form = WorkbookForm(request.POST, request.FILES) if is_brought else WorkbookForm()
    if is_brought and form.is_valid():
        try:
            found, is_new = uploads.receive(
                submission, form.cleaned_data["workbook"], by=request.seat, at=timezone.now()
            )
        except Refused as refusal:
            form.add_error("workbook", str(refusal))
        else:
            if not is_new:
                messages.info(request, "You have uploaded this same workbook before. This is what was found in it.")
            return redirect("returns:upload", uuid, found.uuid)
    megabytes = type_of(submission).workbook.file_bytes // 1_000_000
    context = {"submission": submission, "form": form, "megabytes": megabytes}
    return render(request, "returns/upload_workbook.html", context)


@require_GET
def one_upload(request, uuid, upload):
    """How far the check is, or what would change; htmx gets the former alone."""
    submission, row = _upload(request, uuid, upload)
    context = {"submission": submission, "upload": row, **_progress(request, row)}
    if request.htmx:
        return render(request, "components/progress.html", context)
    try:
        context |= _reading(request, submission, row)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("returns:return", uuid)
    return render(request, "returns/upload.html", context)


def _upload(request, uuid, upload):
    submission = submission_for(request, uuid)
    require(permissions.can_see_working_copy(request.seat, submission))
    rows = Upload.objects.select_related("uploaded_by__person", "decided_by")
    row = get_object_or_404(rows, submission=submission, uuid=upload)
    row.submission = submission
    return submission, row


def _progress(request, row):
    words = "The workbook has been checked" if row.is_read else row.get_state_display()
    if row.is_waiting:
        words = row.progress or "Waiting for a worker to check the workbook"
    return {"running": row.is_waiting, "words": words, "url": request.path, "next_url": request.path} | {
        "next_words": "See what was found"
    }


def _reading(request, submission, row):
    may = permissions.can_fill_in(request.seat, submission)
    if not row.is_read:
        return {"can_fill_in": may}
    reading = uploads.reading_of(row)
    return {
        "can_fill_in": may,
        "reading": reading,
        "verdict": reading.verdict,
        "changed": sum(len(item.rows) for item in reading.changes),
        "closes_at": workflow.closes_at(submission),
    }


@require_POST
def take_over(request, uuid, upload):
    """Takes over what was shown; where a colleague saved since, it is shown again."""
    submission, row = _upload(request, uuid, upload)
    require(permissions.can_fill_in(request.seat, submission))
    is_done = attempt(
        request,
        uploads.take_over,
        row,
        content_sha256=request.POST.get("content_sha256", ""),
        by=request.seat,
        at=timezone.now(),
        done="The answers of the workbook are now those of the return. Check them before you send it for sign-off.",
    )
    return redirect("returns:return", uuid) if is_done else redirect("returns:upload", uuid, upload)


@require_POST
def leave(request, uuid, upload):
    submission, row = _upload(request, uuid, upload)
    require(permissions.can_fill_in(request.seat, submission))
    attempt(
        request,
        uploads.leave,
        row,
        by=request.seat,
        at=timezone.now(),
        done="The workbook was removed. The answers in the portal are as they were.",
    )
    return redirect("returns:return", uuid)


@require_POST
def retry(request, uuid, upload):
    """For who fills in, and for who keeps an eye on work that is stuck."""
    submission = submission_for(request, uuid)
    fills_in = permissions.can_fill_in(request.seat, submission)
    require(fills_in or permissions.can_see_log(request.seat))
    row = get_object_or_404(Upload, submission=submission, uuid=upload)
    row.submission = submission
    uploads.retry(row, by=request.seat, at=timezone.now())
    if fills_in:
        return redirect("returns:upload", uuid, upload)
    messages.success(request, "The workbook waits for a worker once more.")
    return redirect("returns:stuck")


@require_GET
def annotated_copy(request, uuid, upload):
    """The workbook once more, with what was found at each cell."""
    submission, row = _upload(request, uuid, upload)
    if not row.annotated_as:
        messages.error(request, "There is no copy with findings of this workbook. Upload it again.")
        return redirect("returns:upload", uuid, upload)
    copy = stored_files.Stored(
        name=f"{submission.return_type}-{submission.subject.code}-{submission.period.key}-findings.xlsx",
        stored_as=row.annotated_as,
        sha256="",
        size=0,
        kind="xlsx",
    )
    try:
        data = stored_files.content_of(copy)
    except FileNotFoundError:
        raise Http404("This file is no longer kept.") from None
    outgoing.send_out(
        kind="annotated workbook",
        name=copy.name,
        data=data,
        recipient=request.seat.organisation.name,
        policy=OWN_POLICY,
        rows=1,
        versions=[],
        by=request.seat,
        at=timezone.now(),
    )
    return stored_files.attachment(copy)


def uploads_of(submission):
    """The newest workbooks that were brought for a return."""
    return submission.uploads.select_related("uploaded_by__person").order_by("-uploaded_at")[:SHOWN]
