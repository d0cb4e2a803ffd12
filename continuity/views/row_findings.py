"""What the rules say row by row of a sheet, of a workbook brought for it, of a prison's record: the list, the file."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.lists import page_of
from continuity import findings_list, near_misses, permissions
from continuity.columns import COLUMNS, read
from continuity.findings_list import About, AboutExtract, Severity
from continuity.models import Sheet
from continuity.views.acting import by_now
from continuity.views.finding import sheet_for
from continuity.views.sharing import own_extracts, read_people
from continuity.views.sheet_workbooks import upload_for
from returns.models import Export
from returns.views.access import require
from returns.views.exporting import progress_of
from returns.views.report import sent

COLOURS = {Severity.BLOCK: "red", Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFORMATION: "grey"}


@require_GET
def of_sheet(request, uuid):
    return _list(request, _sheet(request, uuid))


@require_GET
def of_workbook(request, uuid):
    found = upload_for(request, uuid)
    return _list(request, About(found.sheet, found))


@require_GET
def of_extract(request, uuid):
    return _list(request, _extract(request, uuid))


@require_POST
def ask_of_sheet(request, uuid):
    return _ask(request, _sheet(request, uuid))


@require_POST
def ask_of_workbook(request, uuid):
    found = upload_for(request, uuid)
    return _ask(request, About(found.sheet, found))


@require_POST
def ask_of_extract(request, uuid):
    about = _extract(request, uuid)
    if not about.findings().exists():
        raise Http404("There are no findings.")
    return _ask(request, about)


def _extract(request, uuid):
    return AboutExtract(own_extracts(request, uuid), request.seat.organisation)


def _sheet(request, uuid):
    """The sheet, for its two providers, while they may see its rows."""
    sheet = sheet_for(request, uuid)
    require(permissions.sees_people(request.seat, sheet))
    get_object_or_404(Sheet.objects.rows_visible_to(request.seat, timezone.localdate()), pk=sheet.pk)
    return About(sheet)


def _list(request, about):
    findings = about.findings()
    rules = findings_list.counted(findings)
    rule, severity = request.GET.get("rule", ""), request.GET.get("severity", "")
    chosen = findings
    if rule in {code for code, _, _ in rules}:
        chosen = chosen.filter(rule=rule)
    if severity in Severity.values:
        chosen = chosen.filter(severity=severity)
    page = page_of(request, chosen.values_list("pk", flat=True))
    page.object_list = findings_list.with_people(findings, list(page.object_list))
    near = about.near_misses({finding.referral_id for finding in page if finding.rule in near_misses.CODES.values()})
    for finding in page:
        finding.message, finding.remedy = findings_list.said(finding.rule)
        miss = near.get(finding.referral_id)
        finding.would_match = miss.sentence if miss and miss.code == finding.rule else ""
        finding.colour = COLOURS[finding.severity]
        finding.exit_on = read(COLUMNS["P11"], finding.referral.sent.get("P11"))
    people = len({finding.referral_id for finding in page})
    if about.sheet:
        read_people(request, "sheet read", ("submission", about.sheet.submission.uuid), people)
    else:
        read_people(request, "extract findings read", ("audit", about.audit.uuid), people)
    context = {
        "about": about,
        "sheet": about.sheet,
        "audit": about.audit,
        "page": page,
        "rules": rules,
        "rule": rule,
        "severities": Severity.choices,
        "severity": severity,
        "total": sum(count for _, _, count in rules),
    }
    return render(request, "continuity/row_findings.html", context)


def _ask(request, about):
    return redirect("audits:row_findings_file", findings_list.ask(about, **by_now(request)).uuid)


@require_GET
def file(request, uuid):
    """The file that was asked for, or how far the worker is; htmx gets the latter alone."""
    export, about = _file(request, uuid)
    context = {
        "export": export,
        "about": about,
        "sheet": about.sheet,
        "audit": about.audit,
        **progress_of(request, export),
    }
    return render(request, "components/progress.html" if request.htmx else "continuity/row_findings_file.html", context)


@require_POST
def download(request, uuid):
    export, _ = _file(request, uuid)
    return sent(request, export) or redirect("audits:row_findings_file", uuid)


def _file(request, uuid):
    """A file that this seat asked for, while it may see the rows that it is about."""
    asked = Export.objects.filter(kind=Export.Kind.LIST, asked_by=request.seat).select_related("period", "release")
    export = get_object_or_404(asked, uuid=uuid)
    about = findings_list.about_of(export.about)
    if about is None or not about.is_seen_by(request.seat, timezone.localdate()):
        raise Http404("These rows are not there for this seat.")
    return export, about
