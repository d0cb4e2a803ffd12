"""What goes to a national system: a period's files, a provider's own pro-forma, and the receipt that comes back."""

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.lists import page_of
from journal import events
from returns import exports, outgoing, permissions, proformas, workflow
from returns.forms import ReceiptForm
from returns.models import Check, Export, Period
from returns.registry import type_of
from returns.views.access import attempt, require, submission_for

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OWN_POLICY = "a provider's own return"


# The files of a whole period


@require_GET
def export_list(request):
    require(permissions.can_export(request.seat))
    rows = national_exports().select_related("period__collection", "asked_by__person").order_by("-pk")
    return render(request, "returns/exports.html", {"page": page_of(request, rows)})


@require_POST
def ask(request, pk):
    """Asks for the files; where a worker is at it already, shows that instead."""
    require(permissions.can_export(request.seat))
    period = get_object_or_404(Period.objects.select_related("collection"), pk=pk)
    if not type_of(period).national_files:
        raise Http404("This kind of return has no national files.")
    if not period.opened_at:
        messages.error(request, f"{period.title} has not been opened, so there is nothing to export.")
        return redirect("returns:period", pk)
    waiting = exports.waiting(period, Export.Kind.NATIONAL_FILES, request.seat)
    export = waiting or exports.ask(period, by=request.seat, at=timezone.now())
    return redirect("returns:export", export.uuid)


@require_GET
def one_export(request, uuid):
    """The files on the shelf, or how far the worker is; htmx gets the latter alone."""
    require(permissions.can_export(request.seat))
    export = _export(uuid)
    context = {
        "export": export,
        "return_type": type_of(export.period),
        "newer": exports.newer_than_sent(export.period) if export.state == Export.State.READY else [],
        **progress_of(request, export),
    }
    return render(request, "components/progress.html" if request.htmx else "returns/export.html", context)


@require_GET
def download(request, uuid):
    require(permissions.can_export(request.seat))
    export = _export(uuid)
    if export.state != Export.State.READY or not default_storage.exists(export.stored_as):
        messages.error(request, "These files are not here. Ask for them again.")
        return redirect("returns:export", uuid)
    events.record("export downloaded", subject=("export", uuid), by=request.seat, at=timezone.now())
    file = default_storage.open(export.stored_as)
    return FileResponse(file, as_attachment=True, filename=export.release.name, headers={"Cache-Control": "no-store"})


def _export(uuid):
    rows = national_exports().select_related("period__collection", "asked_by__person", "release")
    return get_object_or_404(rows, uuid=uuid)


def national_exports():
    return Export.objects.filter(kind=Export.Kind.NATIONAL_FILES)


def progress_of(request, export):
    running = export.state == Export.State.WAITING
    words = {
        Export.State.WAITING: "Writing the files" if export.lease_until else "Waiting for a worker to write the files",
        Export.State.READY: "The files are ready",
        Export.State.STUCK: "The files could not be written",
    }[export.state]
    onward = "See and download them" if export.state == Export.State.READY else "See what can be done"
    return {"running": running, "words": words, "url": request.path, "next_url": request.path, "next_words": onward}


# One provider's own way


@require_GET
def proforma(request, uuid):
    """The provider's own filled pro-forma, from the version that stands."""
    submission, national = _national_submission(request, uuid)
    if not submission.standing_version_id:
        messages.error(request, "There is no pro-forma yet: no version of this return has passed its check.")
        return redirect("returns:return", uuid)
    form = proformas.in_use(type_of(submission), submission.period.key)
    name, data = national.proforma(exports.source_of(submission), form)
    outgoing.send_out(
        kind="pro-forma",
        name=name,
        data=data,
        recipient=submission.subject.name,
        policy=OWN_POLICY,
        rows=1,
        versions=[submission.standing_version],
        by=request.seat,
        at=timezone.now(),
    )
    return HttpResponse(data, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def record_delivery(request, uuid):
    """The day and the receipt that the national system gave for a version."""
    submission, national = _national_submission(request, uuid)
    waiting = _without_receipt(submission, national.title)
    form = ReceiptForm(request.POST or None, system=national.title, versions=waiting)
    if request.method == "POST" and form.is_valid() and _record(request, submission, national, form):
        return redirect("returns:history", uuid)
    context = {"submission": submission, "national": national, "form": form, "versions": waiting}
    return render(request, "returns/record_delivery.html", context)


def _national_submission(request, uuid):
    submission = submission_for(request, uuid)
    national = type_of(submission).national_files
    if not national or not national.applies(submission.subject.kind):
        raise Http404("This return does not go to a national system.")
    require(permissions.can_record_receipt(request.seat, submission))
    return submission, national


def _without_receipt(submission, route):
    rows = submission.versions.filter(checking__state=Check.State.PASSED).exclude(deliveries__route=route)
    return list(rows.order_by("-number"))


def _record(request, submission, national, form):
    given = form.cleaned_data
    return attempt(
        request,
        workflow.record_delivery,
        submission,
        version=form.version,
        route=national.title,
        delivered_on=given["delivered_on"],
        receipt=given["receipt"],
        by=request.seat,
        at=timezone.now(),
        done=f"The receipt of {national.title} for version {form.version.number} is recorded.",
    )
