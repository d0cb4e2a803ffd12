"""A sheet completed in a workbook: download, upload, what would change, and taking it over."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.lists import page_of
from continuity import permissions, sheet_uploads, sheet_workbook, sheets, working_rows
from continuity.audit_forms import SheetWorkbookForm
from continuity.models import Sheet, SheetUpload
from continuity.views.acting import by_now, either, tried
from continuity.views.finding import rows_of_sheet, sheet_for
from continuity.views.rows import begun_on
from continuity.views.sharing import read_people
from returns import outgoing
from returns.views.access import attempt, require

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
State = SheetUpload.State


@either
def by_workbook(request, uuid):
    """How it is done, the download, the upload, and the workbooks so far."""
    sheet = _completed_here(request, uuid)
    form = SheetWorkbookForm(request.POST or None, request.FILES or None)
    can_save = _can_save(sheet)
    if can_save and form.is_valid():
        made = tried(form, sheet_uploads.upload, sheet, form.cleaned_data["file"], **by_now(request))
        if made:
            return redirect("audits:sheet_upload", made.uuid)
    context = {
        "sheet": sheet,
        "audit": sheet.audit,
        "form": form,
        "can_save": can_save,
        "page": page_of(request, sheet.uploads.select_related("uploaded_by__person").order_by("-uploaded_at")),
    }
    return render(request, "continuity/by_workbook.html", context)


def _completed_here(request, uuid):
    """The sheet, for those who complete it while it is open to them."""
    sheet = sheet_for(request, uuid)
    require(permissions.can_complete(request.seat, sheet))
    return sheet


def _can_save(sheet):
    return sheet.submission.is_being_filled_in and sheet.is_open_on(timezone.localdate())


@require_POST
def download(request, uuid):
    sheet = _completed_here(request, uuid)
    rows = list(rows_of_sheet(request, sheet))
    if not rows:
        messages.error(request, "There are no rows of this sheet that you may see now.")
        return redirect("audits:sheet", uuid)
    begins = {pk: told for pk, (_, told) in begun_on(request, sheet, rows).items()}
    audit = working_rows.audit_of(sheet.audit, pair=sheet.pair)
    filled, stored = working_rows.filled_of(rows, audit, begins), working_rows.filled_of(rows, audit)
    reference = sheet_workbook.reference_of(sheet.submission.uuid)
    body = sheet_workbook.written(filled, reference, sheet.audit.period.ends, downloaded=stored)
    read_people(request, "sheet workbook downloaded", ("submission", sheet.submission.uuid), len(rows))
    return _sent(request, sheet, body, f"sheet-{sheet.submission.subject_key}.xlsx", len(rows))


def _sent(request, sheet, body, name, rows):
    outgoing.send_out(
        kind="continuity sheet workbook",
        name=name,
        data=body,
        recipient=request.seat.organisation.name,
        policy=sheets.POLICY,
        rows=rows,
        versions=[],
        by=request.seat,
        at=timezone.now(),
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type=XLSX, headers=headers)


def upload_for(request, uuid):
    """An upload is seen by the service that brought it alone."""
    seat = request.seat
    rows = SheetUpload.objects.select_related(
        "sheet__audit__period__collection",
        "sheet__submission__subject",
        "sheet__submission__period__collection",
        "sheet__pair__prison",
        "sheet__pair__area",
        "sheet__pair__service",
        "uploaded_by__person",
    )
    mine = rows.filter(
        sheet__in=Sheet.objects.rows_visible_to(seat, timezone.localdate()),
        uploaded_by__organisation=seat.organisation_id if seat else None,
    )
    found = get_object_or_404(mine, uuid=uuid)
    require(permissions.can_complete(seat, found.sheet))
    return found


def _sheet_url(upload):
    return reverse("audits:sheet", args=[upload.sheet.submission.uuid])


@require_GET
def one_upload(request, uuid):
    """How far the worker is; then what would change, row by row; htmx gets the former alone."""
    found = upload_for(request, uuid)
    words = {
        State.WAITING: found.progress or "Waiting for a worker",
        State.CHECKED: "The workbook has been read",
        State.REFUSED: "The workbook was not taken",
        State.STUCK: f"The workbook could not be {'taken over' if found.taken_by_id else 'read'}",
        State.TAKEN: "The workbook was taken over",
        State.LEFT: "The workbook was not taken over",
        State.EXPIRED: "The workbook was removed",
    }[found.state]
    context = {
        "upload": found,
        "sheet": found.sheet,
        "audit": found.sheet.audit,
        "running": found.is_waiting,
        "words": words,
        "url": request.path,
        "done": found.done,
        "total": found.total,
        "next_url": _sheet_url(found) if found.state == State.TAKEN else request.path,
        "next_words": "See the sheet" if found.state == State.TAKEN else "See what would change",
    }
    if request.htmx:
        return render(request, "components/progress.html", context)
    if found.is_checked:
        context |= _changes(request, found)
    return render(request, "continuity/sheet_upload.html", context)


def _changes(request, found):
    """What was found when it was compared; in words for the rows of this page alone."""
    said, compared = found.read, found.compared
    page = page_of(request, compared["changed"])
    apart = compared["apart"]
    rows = {*page.object_list, *(pk for one in apart.values() for pk, _ in one["first"])}
    reading = sheet_uploads.Reading(found.sheet, said, only=rows)
    read_people(request, "sheet read", ("submission", found.sheet.submission.uuid), len(reading.rows))
    stands = [pk for pk in page.object_list if pk in reading.number]
    referrals = reading.referrals(reading.number[pk] for pk in stands)
    page.object_list = [(referral, reading.changes_of(number)) for number, referral in referrals.items()]
    can_save, has_changed = _can_save(found.sheet), compared["content_sha256"] != found.sheet.submission.content_sha256
    listed = {kind: (one["count"], reading.in_words(kind, one["first"])) for kind, one in apart.items()}
    conflicts, choices = apart["conflicts"]["count"], []
    if can_save and not has_changed and conflicts <= sheet_uploads.LISTED:
        _, in_conflict = listed.pop("conflicts")  # they stand in the form instead
        choices = [(_choice(referral.pk, change.id), referral, change) for referral, change in in_conflict]
    return {
        "said": said,
        "compared": compared,
        "problems": sheet_uploads.problems_in(found),
        "page": page,
        "apart": [(kind, count, answers) for kind, (count, answers) in listed.items()],
        "conflicts": conflicts,
        "choices": choices,
        "can_save": can_save,
        "has_changed": has_changed,
    }


def _choice(pk, id):
    """The name of the field in which somebody chooses which answer should stand."""
    return f"stands-{pk}-{id}"


@require_POST
def take_over(request, uuid):
    found = upload_for(request, uuid)
    attempt(
        request,
        sheet_uploads.ask_to_take_over,
        found,
        content_sha256=request.POST.get("content_sha256", ""),
        workbook_wins=_workbook_wins(request, found),
        **by_now(request),
    )
    return redirect("audits:sheet_upload", uuid)


def _workbook_wins(request, upload):
    """What was chosen where both were changed: the workbook for all, or for those answers (primary key, column id)."""
    chosen = request.POST.get("both_changed")
    if chosen == "workbook" or not upload.is_checked:
        return chosen == "workbook" or ()
    listed = upload.compared["apart"]["conflicts"]["first"] if chosen == "each" else ()
    return [[pk, id] for pk, id in listed if request.POST.get(_choice(pk, id)) == "workbook"]


@require_POST
def retry(request, uuid):
    found = upload_for(request, uuid)
    attempt(request, sheet_uploads.retry, found, **by_now(request))
    return redirect("audits:sheet_upload", uuid)


@require_POST
def leave(request, uuid):
    found = upload_for(request, uuid)
    attempt(
        request, sheet_uploads.leave, found, **by_now(request), done="The workbook was not taken over. It is deleted."
    )
    return redirect("audits:by_workbook", found.sheet.submission.uuid)


@require_POST
def annotated(request, uuid):
    """The workbook with each finding at its own cell."""
    found = upload_for(request, uuid)
    if found.annotated is None:
        messages.error(request, "There is no copy of this workbook now. Look at its findings row by row.")
        return redirect("audits:sheet_upload", uuid)
    name = f"sheet-{found.sheet.submission.subject_key}-findings.xlsx"
    rows = len(found.read["row_ids"])
    read_people(request, "sheet workbook downloaded", ("submission", found.sheet.submission.uuid), rows)
    return _sent(request, found.sheet, bytes(found.annotated), name, rows)
