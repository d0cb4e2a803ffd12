"""The first lines of the audits' views: find the thing through the seat, or it is not there."""

from django.shortcuts import get_object_or_404
from django.utils import timezone

from continuity.models import Audit, Extract, Referral, Sheet


def audit_for(request, uuid):
    rows = Audit.objects.visible_to(request.seat).select_related("period__collection__owner", "analysis_lead")
    return get_object_or_404(rows.prefetch_related("parties__organisation", "pairs"), uuid=uuid)


def extract_for(request, uuid):
    """An extract is seen by its own prison alone."""
    rows = Extract.objects.select_related("audit__period__collection__owner", "prison", "uploaded_by__person")
    audits = Audit.objects.visible_to(request.seat)
    prison = request.seat.organisation_id if request.seat else None
    return get_object_or_404(rows.filter(audit__in=audits, prison=prison), uuid=uuid)


def sheet_for(request, uuid):
    rows = Sheet.objects.visible_to(request.seat).select_related(
        "audit__period__collection__owner",
        "submission__subject",
        "submission__period__collection",
        "pair__prison",
        "pair__area",
        "pair__service",
        "pair__audit",
    )
    return get_object_or_404(rows, submission__uuid=uuid)


def rows_of_sheet(request, sheet):
    """The referrals of a sheet that the seat may see, with their people, in the order of the extract."""
    rows = Referral.objects.visible_to(request.seat, timezone.localdate()).filter(sheet=sheet)
    return rows.select_related("identity").order_by("position", "pk")
