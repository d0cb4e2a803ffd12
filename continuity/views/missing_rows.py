"""The rows that a prison's newest extract does not hold any more."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.lists import page_of
from continuity import missing_rows, permissions
from continuity.columns import COLUMNS, read
from continuity.models import Referral
from continuity.views.finding import audit_for
from continuity.views.sharing import read_people
from returns.views.access import require


@require_GET
def missing(request, uuid):
    """Row by row, with the revision that held it last, and what becomes of it."""
    audit = audit_for(request, uuid)
    require(permissions.can_extract(request.seat, audit))
    prison, today = request.seat.organisation, timezone.localdate()
    seen = Referral.objects.visible_to(request.seat, today)
    rows = missing_rows.missing_of(audit, prison).filter(pk__in=seen.values("pk"))
    rows = rows.select_related("identity", "extract", "sheet__submission__subject", "pair__service")
    page = page_of(request, rows.order_by("-extract__number", "position", "pk"))
    for row in page:
        row.exit_on = read(COLUMNS["P11"], row.sent.get("P11"))
        row.becomes = missing_rows.becomes(row, today)
    read_people(request, "missing rows read", ("audit", audit.uuid), len(page.object_list))
    return render(request, "continuity/missing_rows.html", {"audit": audit, "page": page})
