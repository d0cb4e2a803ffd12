"""The forms of national systems: brought, previewed with a real return, made current, withdrawn. For who exports."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from returns import cell_maps, exports, outgoing, permissions, proformas
from returns.csv_table import csv_table
from returns.forms import ProformaForm
from returns.models import Proforma, Submission
from returns.periods import Quarter
from returns.registry import return_types
from returns.views.access import attempt, require
from returns.views.exporting import XLSX
from returns.workflow import Refused

OFFERED = 50
QUARTERS_AHEAD = 4
QUARTERS_BACK = 8
POLICY = "a form without answers, or a preview for who exports"


@require_GET
def proforma_list(request):
    require(permissions.can_export(request.seat))
    types = proformas.types_with_forms()
    rows = Proforma.objects.defer("workbook").select_related("uploaded_by__person").order_by("-pk")[:OFFERED]
    titles = {item.slug: item.title for item in return_types().values()}
    today = Quarter.containing(timezone.localdate()).key
    context = {
        "rows": [(row, titles[row.return_type], _holds_from(row)) for row in rows],
        "in_use": [(item, proformas.in_use(item, today)) for item in types],
    }
    return render(request, "returns/proformas.html", context)


@require_http_methods(["GET", "POST"])
def upload(request):
    require(permissions.can_export(request.seat))
    types = proformas.types_with_forms()
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ProformaForm(*given, types=types)
    if given and form.is_valid():
        try:
            row = proformas.receive(
                return_types()[form.cleaned_data["return_type"]],
                version=form.cleaned_data["version"],
                workbook=form.cleaned_data["workbook"],
                cell_map=form.cleaned_data["cell_map"],
                by=request.seat,
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(refusal.reason, str(refusal))
        else:
            return redirect("returns:proforma_version", row.uuid)
    return render(request, "returns/upload_proforma.html", {"form": form, "types": types})


@require_GET
def one_version(request, uuid):
    """How far its check is, what is wrong with it, where its answers go, and with a return chosen, which they are."""
    require(permissions.can_export(request.seat))
    row = _row(uuid)
    return_type = return_types()[row.return_type]
    context = {"row": row, "return_type": return_type, **_progress(request, row)}
    if request.htmx:
        return render(request, "components/progress.html", context)
    chosen = _chosen(request, return_type) if row.is_usable else None
    context |= {
        "cells": _cells(return_type, proformas.form_of(row), chosen),
        "without_cell": _without_cell(return_type, row.cells) if row.is_usable else [],
        "returns": _returns(return_type) if row.is_usable else [],
        "chosen": chosen,
        "quarters": _quarters(),
        "holds_from": _holds_from(row),
        "from_period": row.from_period or Quarter.containing(timezone.localdate()).key,
    }
    return render(request, "returns/proforma_version.html", context)


def _holds_from(row):
    return Quarter.parse(row.from_period).title if row.from_period else ""


def _row(uuid):
    return get_object_or_404(Proforma.objects.select_related("uploaded_by__person", "decided_by"), uuid=uuid)


def _progress(request, row):
    words = "Checking the form and its map" if row.lease_until else "Waiting for a worker to check the form"
    if not row.is_waiting:
        words = row.get_state_display()
    return {"running": row.is_waiting, "words": words, "url": request.path, "next_url": request.path} | {
        "next_words": "See what was found"
    }


def _returns(return_type):
    """The newest returns that have a version to preview with."""
    rows = Submission.objects.filter(
        period__collection__return_type=return_type.slug, standing_version__isnull=False
    ).select_related("subject", "period__collection", "standing_version__content")
    newest = rows.order_by("-period__ends", "subject__name")[:OFFERED]
    return [row for row in newest if return_type.national_files.applies(row.subject.kind)]


def _chosen(request, return_type):
    given = request.GET.get("return", "")
    rows = Submission.objects.filter(period__collection__return_type=return_type.slug, standing_version__isnull=False)
    rows = rows.select_related("subject", "period__collection", "standing_version__content")
    return next((row for row in rows.filter(uuid=given)), None) if _is_uuid(given) else None


def _is_uuid(text):
    return len(text) == 36 and all(letter in "0123456789abcdef-" for letter in text) and text.count("-") == 4


def _cells(return_type, form, chosen):
    """(label, cell, value) of everything that has a cell; the values are those of the chosen return."""
    national = return_type.national_files
    labels = {**national.form_about, **national.form_answers}
    values = dict(national.placed(form, exports.source_of(chosen))) if chosen else {}
    places = form.places
    in_order = [name for name in labels if name in places] + [name for name in places if name not in labels]
    return [(labels.get(name, name), places[name], values.get(places[name])) for name in in_order]


def _without_cell(return_type, cells):
    national = return_type.national_files
    return [label for name, label in national.form_answers.items() if name not in cells["cells"]]


def _quarters():
    quarter = Quarter.containing(timezone.localdate())
    for _ in range(QUARTERS_AHEAD):
        quarter = quarter.next()
    found = []
    for _ in range(QUARTERS_AHEAD + QUARTERS_BACK):
        found.append((quarter.key, quarter.title))
        quarter = quarter.previous()
    return found


@require_GET
def preview(request, uuid):
    """The form, filled with the chosen return, or the newest."""
    require(permissions.can_export(request.seat))
    row = _row(uuid)
    return_type = return_types()[row.return_type]
    chosen = _chosen(request, return_type) or next(iter(_returns(return_type)), None)
    if not row.is_usable or chosen is None:
        messages.error(request, "There is no return to preview this form with.")
        return redirect("returns:proforma_version", uuid)
    name, data = return_type.national_files.proforma(exports.source_of(chosen), proformas.form_of(row))
    return _sent(request, f"preview-{name}", data, XLSX, versions=[chosen.standing_version])


@require_POST
def make_current(request, uuid):
    require(permissions.can_export(request.seat))
    attempt(
        request,
        proformas.make_current,
        _row(uuid),
        from_period=request.POST.get("from_period", ""),
        by=request.seat,
        at=timezone.now(),
        done="This version is in use from the quarter you chose.",
    )
    return redirect("returns:proforma_version", uuid)


@require_POST
def withdraw(request, uuid):
    require(permissions.can_export(request.seat))
    attempt(
        request,
        proformas.withdraw,
        _row(uuid),
        by=request.seat,
        at=timezone.now(),
        done="This version is withdrawn. The one before it is in use again.",
    )
    return redirect("returns:proforma_version", uuid)


@require_GET
def workbook_in_use(request, slug):
    """The empty form of the present quarter, to start from."""
    require(permissions.can_export(request.seat))
    form = _form_in_use(slug)
    return _sent(request, f"{slug}-form-{form.version}.xlsx", form.workbook, XLSX)


@require_GET
def map_in_use(request, slug):
    """The cell map of the present quarter, to start from."""
    require(permissions.can_export(request.seat))
    form = _form_in_use(slug)
    data = csv_table(cell_maps.HEADINGS, form.as_table())
    return _sent(request, f"{slug}-cells-{form.version}.csv", data, "text/csv; charset=utf-8")


def _form_in_use(slug):
    found = next((item for item in proformas.types_with_forms() if item.slug == slug), None)
    if not found:
        raise Http404("This kind of return has no forms.")
    return proformas.in_use(found, Quarter.containing(timezone.localdate()).key)


def _sent(request, name, data, content_type, versions=()):
    outgoing.send_out(
        kind="pro-forma",
        name=name,
        data=data,
        recipient=request.seat.organisation.name,
        policy=POLICY,
        rows=len(versions),
        versions=versions,
        by=request.seat,
        at=timezone.now(),
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(data, content_type=content_type, headers=headers)
