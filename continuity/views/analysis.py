"""What an audit found: the figures, the findings, the report and the action plan."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from continuity import analyses, findings_report, permissions
from continuity.analysis_forms import ActionForm, FindingForm, ProgressForm
from continuity.figures import BREAKDOWN_TITLES, COMPARED_BY
from continuity.measures import MEASURES
from continuity.models import Audit, AuditAction, AuditFigures, AuditFinding, Recommendation
from continuity.views.acting import by_now, done, either, form_page
from continuity.views.finding import audit_for
from returns import exports
from returns.models import Export
from returns.views.access import attempt, require
from returns.views.exporting import progress_of
from returns.views.report import sent

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def findings(request, uuid):
    """The funnel first, then who is engaged but lost to the data, then the rest; by pair and all together.

    While a worker counts, who analyses sees how it goes; htmx gets that alone.
    """
    audit = audit_for(request, uuid)
    analyses_it = permissions.can_analyse(request.seat, audit)
    asked = AuditFigures.objects.filter(audit=audit, counted_at=None).first() if analyses_it else None
    running = asked is not None and asked.state == AuditFigures.State.WAITING
    progress = {
        "running": running,
        "stuck": asked and not running and (asked.error or "Its workers did not come back."),
        "words": "The figures are being worked out" if running else "The figures are worked out",
        "url": request.path,
        "next_url": request.path,
        "next_words": "See them",
    }
    if request.htmx:
        return render(request, "components/progress.html", progress)
    return render(request, "continuity/findings.html", _shown(request, audit) | progress | {"analyses_it": analyses_it})


def _shown(request, audit):
    """The figures that the seat may see, in the view and the breakdown asked for."""
    figures = analyses.newest(audit, shared_only=not permissions.can_analyse(request.seat, audit))
    context = {"audit": audit, "figures": figures}
    if not figures:
        return context
    figures.audit = audit
    shared = None if figures.shared_at else analyses.newest(audit, shared_only=True)
    views = analyses.views_of(figures, request.seat)
    wanted = request.GET.get("view", analyses.TOGETHER)
    view = next((view for view in views if view.key == wanted), views[0])
    by = request.GET.get("by") if request.GET.get("by") in BREAKDOWN_TITLES else "la"
    measure = request.GET.get("measure") if request.GET.get("measure") in COMPARED_BY else "M20"
    return context | {
        "shared": shared,
        "views": views,
        "view": view,
        "by": by,
        "breakdowns": BREAKDOWN_TITLES.items(),
        "breakdown_title": BREAKDOWN_TITLES[by],
        "measures": [MEASURES[id] for id in COMPARED_BY],
        "breakdown": view.figures.breakdown(by, measure),
    }


@require_POST
def count_figures(request, uuid):
    audit = audit_for(request, uuid)
    require(permissions.can_analyse(request.seat, audit))
    attempt(request, analyses.ask, audit, **by_now(request))
    return redirect("audits:findings", uuid)


@either
def share_figures(request, uuid):
    audit = audit_for(request, uuid)
    require(permissions.can_analyse(request.seat, audit))
    figures = analyses.newest(audit, shared_only=False)
    if figures is None:
        raise Http404
    if request.method == "POST":
        attempt(request, analyses.share, figures, **by_now(request), done="The findings are shared with every party.")
        return redirect("audits:findings", uuid)
    about = (
        "Every party to the audit is told and can read the figures, the findings and the action plan. The two providers and both"
        " commissioners see the figures of their own prison and area as they are; everybody else sees rounded figures, and none"
        " under ten."
    )
    return form_page(request, None, "Share the findings", "Share the findings", audit, about)


# The report


@require_GET
def report(request, uuid):
    audit = audit_for(request, uuid)
    context = {
        "audit": audit,
        "report": _report(request, audit),
        "analyses_it": permissions.can_analyse(request.seat, audit),
    }
    return render(request, "continuity/findings_report.html", context)


@require_POST
def download(request, uuid):
    """The report's tables as a workbook."""
    audit = audit_for(request, uuid)
    found = _report(request, audit)
    if found is None:
        messages.error(request, "There are no figures to take away yet.")
        return redirect("audits:findings", uuid)
    data, name = findings_report.as_workbook(found), f"{found.file_name}.xlsx"
    findings_report.send_out(found, name, data, **by_now(request))
    return HttpResponse(data, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@require_POST
def ask_pdf(request, uuid):
    """Asks for the report as a PDF, which a worker makes."""
    audit = audit_for(request, uuid)
    if _report(request, audit) is None:
        messages.error(request, "There are no figures to take away yet.")
        return redirect("audits:findings", uuid)
    return redirect("audits:findings_file", exports.ask(audit.period, kind=Export.Kind.REPORT, **by_now(request)).uuid)


@require_GET
def findings_file(request, uuid):
    """The PDF that was asked for, or how far the worker is; htmx gets the latter alone."""
    export, audit = _file(request, uuid)
    context = {"export": export, "audit": audit, **progress_of(request, export)}
    return render(request, "components/progress.html" if request.htmx else "continuity/findings_file.html", context)


@require_POST
def findings_file_download(request, uuid):
    export, _ = _file(request, uuid)
    return sent(request, export) or redirect("audits:findings_file", uuid)


def _file(request, uuid):
    """A report that this seat asked for, and its audit: what is in it is what this seat sees."""
    rows = Export.objects.filter(kind=Export.Kind.REPORT, asked_by=request.seat).select_related("period", "release")
    export = get_object_or_404(rows, uuid=uuid)
    return export, get_object_or_404(Audit.objects.visible_to(request.seat), period=export.period)


def _report(request, audit):
    figures = analyses.newest(audit, shared_only=not permissions.can_analyse(request.seat, audit))
    if figures is None:
        return None
    figures.audit = audit
    return findings_report.report_of(figures, request.seat)


# Findings


@either
def write_finding(request, uuid):
    audit = audit_for(request, uuid)
    require(permissions.can_analyse(request.seat, audit))
    form = FindingForm(request.POST or None)
    if form.is_valid() and done(form, analyses.write_finding, audit, **form.cleaned_data, **by_now(request)):
        messages.success(request, "The finding stands in the report.")
        return redirect("audits:findings_report", uuid)
    about = "Write what was found, not about whom. Every party to the audit can read it once the findings are shared."
    return form_page(request, form, "Write down a finding", "Save the finding", audit, about)


@require_POST
def remove_finding(request, uuid, number):
    audit = audit_for(request, uuid)
    require(permissions.can_analyse(request.seat, audit))
    finding = get_object_or_404(AuditFinding.objects.select_related("audit"), audit=audit, pk=number)
    attempt(
        request, analyses.remove_finding, finding, **by_now(request), done="The finding is taken out of the report."
    )
    return redirect("audits:findings_report", uuid)


# The action plan


@require_GET
def actions(request, uuid):
    """The plan under the eight recommendations; what is overdue says so."""
    audit = audit_for(request, uuid)
    rows = AuditAction.objects.filter(audit=audit).select_related("owner").order_by("recommendation", "due_on", "pk")
    today, by_kind = timezone.localdate(), {}
    for row in rows:
        row.is_overdue = row.status != AuditAction.Status.DONE and row.due_on < today
        row.may_report = permissions.can_report_action(request.seat, row)
        by_kind.setdefault(row.recommendation, []).append(row)
    context = {
        "audit": audit,
        "plan": [(title, by_kind.get(number, [])) for number, title in Recommendation.choices],
        "can_plan": permissions.can_plan_actions(request.seat, audit),
    }
    return render(request, "continuity/actions.html", context)


@either
def plan_action(request, uuid):
    audit = audit_for(request, uuid)
    require(permissions.can_plan_actions(request.seat, audit))
    form = ActionForm(audit, request.POST or None)
    if form.is_valid() and done(form, analyses.plan_action, audit, **form.cleaned_data, **by_now(request)):
        messages.success(request, "The action stands in the plan, and its owner is told.")
        return redirect("audits:actions", uuid)
    return form_page(request, form, "Plan an action", "Save the action", audit)


@either
def action(request, uuid, number):
    audit = audit_for(request, uuid)
    found = get_object_or_404(AuditAction.objects.select_related("owner", "audit"), audit=audit, pk=number)
    require(permissions.can_report_action(request.seat, found))
    form = ProgressForm(request.POST or None, initial={"status": found.status, "progress": found.progress})
    if form.is_valid() and done(form, analyses.report_progress, found, **form.cleaned_data, **by_now(request)):
        messages.success(request, "Your progress is noted.")
        return redirect("audits:actions", uuid)
    return form_page(request, form, "How far is this action?", "Save", audit, found.what)
