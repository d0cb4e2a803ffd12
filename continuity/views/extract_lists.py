"""A prison's own releases before they are shared: the audit list, and what the rules say of the whole record."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.lists import page_of
from continuity import extract_findings, findings_list, held_back
from continuity.columns import COLUMNS, read
from continuity.findings_list import HEADINGS, Severity
from continuity.held_back import Stands
from continuity.models import Referral
from continuity.views.row_findings import COLOURS
from continuity.views.sharing import own_extracts, read_people
from returns import outgoing
from returns.csv_table import csv_table

COLOUR_OF = {Stands.SHARED: "green", Stands.TO_SHARE: "blue", Stands.NO_CONSENT: "orange", Stands.MISSING: "orange"}


def _own_rows(request, audit):
    rows = Referral.objects.visible_to(request.seat, timezone.localdate())
    return rows.filter(audit=audit, prison=request.seat.organisation)


@require_GET
def audit_list(request, uuid):
    """Every row on the audit list, with the area that it goes to and whether it is, can be or cannot be shared."""
    found = own_extracts(request, uuid)
    listed = held_back.listed(found, request.seat.organisation, timezone.localdate())
    rows = listed.filter(pk__in=_own_rows(request, found).values("pk")).select_related("identity", "pair__area")
    page = page_of(request, rows.order_by("position", "pk"))
    for row in extract_findings.with_findings(list(page)):
        row.exit_on = read(COLUMNS["P11"], row.sent.get("P11"))
        row.stands = Stands(row.stands)
        row.colour = COLOUR_OF[row.stands]
    read_people(request, "audit list read", ("audit", found.uuid), len(page.object_list))
    return render(request, "continuity/audit_list.html", {"audit": found, "page": page})


@require_GET
def findings(request, uuid):
    """What the rules say of the record, row by row, narrowed by rule or severity."""
    found = own_extracts(request, uuid)
    all_of_them = _findings(request, found)
    rules = findings_list.counted(all_of_them)
    rule, severity = request.GET.get("rule", ""), request.GET.get("severity", "")
    chosen = all_of_them
    if rule in {code for code, _, _ in rules}:
        chosen = chosen.filter(rule=rule)
    if severity in Severity.values:
        chosen = chosen.filter(severity=severity)
    page = page_of(request, chosen.select_related("referral__identity").order_by("position", "rule", "pk"))
    for finding in page:
        finding.message, finding.remedy = findings_list.said(finding.rule)
        finding.colour = COLOURS[finding.severity]
        finding.exit_on = read(COLUMNS["P11"], finding.referral.sent.get("P11"))
    people = len({finding.referral_id for finding in page})
    read_people(request, "extract findings read", ("audit", found.uuid), people)
    context = {
        "audit": found,
        "page": page,
        "rules": rules,
        "rule": rule,
        "severities": Severity.choices,
        "severity": severity,
        "total": sum(count for _, _, count in rules),
    }
    return render(request, "continuity/extract_findings.html", context)


def _findings(request, audit):
    return extract_findings.of(audit.pk, request.seat.organisation_id).filter(referral__audit__purged_at=None)


@require_POST
def findings_file(request, uuid):
    """All findings of the record as a file. It names rows by their number and row id, not people."""
    found = own_extracts(request, uuid)
    lines = list(findings_list.lines_of(_findings(request, found).order_by("position", "rule", "pk")))
    prison = request.seat.organisation
    name = f"findings-{prison.code}.csv"
    body = csv_table(HEADINGS, lines)
    outgoing.send_out(
        kind="continuity findings",
        name=name,
        data=body,
        recipient=prison.name,
        policy="a prison's own extract",
        rows=len(lines),
        versions=[],
        by=request.seat,
        at=timezone.now(),
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type="text/csv", headers=headers)
