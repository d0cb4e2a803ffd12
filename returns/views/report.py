"""The quarter's report for a board: on a page, on paper, as a PDF, and as tables."""

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from journal import events
from returns import charts, exports
from returns import report as reports
from returns.models import Export
from returns.views.exporting import XLSX, progress_of
from returns.views.quarter import period_asked, require_onlooker

DOWNLOADS = (("pdf", "Make a PDF"), ("xlsx", "Download tables (Excel)"), ("csv", "Download tables (CSV)"))
FORMS = {"xlsx": (reports.as_workbook, XLSX), "csv": (reports.as_csv, "text/csv; charset=utf-8")}


@require_GET
def report(request):
    """Completeness, ratings, figures and what is being done, of the period asked for."""
    require_onlooker(request)
    period, choices = period_asked(request)
    context = {"period": period, "periods": choices, "charts": charts, "downloads": DOWNLOADS}
    if period:
        context["report"] = reports.report_of(request.seat, period, timezone.now())
    return render(request, "returns/report.html", context)


@require_POST
def download(request, form):
    """The report's tables as a file, or the request for a PDF, which a worker makes."""
    require_onlooker(request)
    period, _ = period_asked(request)
    if period is None:
        messages.error(request, "No quarter has been opened yet, so there is no report.")
        return redirect("returns:report")
    now = timezone.now()
    if form == "pdf":
        file = exports.ask(period, by=request.seat, at=now, kind=Export.Kind.REPORT)
        return redirect("returns:report_file", file.uuid)
    if form not in FORMS:
        raise Http404
    write, content_type = FORMS[form]
    found = reports.report_of(request.seat, period, now)
    data, name = write(found), f"{found.file_name}.{form}"
    exports.release_report(found, name, data, by=request.seat, at=now)
    return HttpResponse(
        data, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_GET
def file(request, uuid):
    """The PDF that was asked for, or how far the worker is; htmx gets the latter alone."""
    require_onlooker(request)
    export = _file(request, uuid)
    context = {"export": export, **progress_of(request, export)}
    return render(request, "components/progress.html" if request.htmx else "returns/report_file.html", context)


@require_GET
def file_download(request, uuid):
    require_onlooker(request)
    export = _file(request, uuid)
    return sent(request, export) or redirect("returns:report_file", uuid)


def sent(request, export):
    """The PDF itself; None, with a message, where it is not here."""
    if export.state != Export.State.READY or not default_storage.exists(export.stored_as):
        messages.error(request, "This file is not here. Ask for it again.")
        return None
    events.record("report downloaded", subject=("export", export.uuid), by=request.seat, at=timezone.now())
    stored = default_storage.open(export.stored_as)
    return FileResponse(stored, as_attachment=True, filename=export.release.name, headers={"Cache-Control": "no-store"})


def _file(request, uuid):
    """A report that this seat asked for: what is in it is what this seat sees."""
    rows = Export.objects.filter(kind=Export.Kind.REPORT, asked_by=request.seat)
    return get_object_or_404(rows.select_related("period__collection", "release"), uuid=uuid)
