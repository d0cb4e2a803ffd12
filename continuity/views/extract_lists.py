"""A prison's own releases before they are shared: the audit list."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.lists import page_of
from continuity import extract_findings, held_back, missing_rows
from continuity.columns import COLUMNS, read
from continuity.held_back import Stands
from continuity.models import Referral
from continuity.views.sharing import own_extracts, read_people

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
    page = page_of(request, missing_rows.marked(rows).order_by("position", "pk"))
    for row in extract_findings.with_findings(list(page)):
        row.exit_on = read(COLUMNS["P11"], row.sent.get("P11"))
        row.is_missing = missing_rows.is_missing(row)
        row.stands = Stands(row.stands)
        row.colour = COLOUR_OF[row.stands]
    read_people(request, "audit list read", ("audit", found.uuid), len(page.object_list))
    return render(request, "continuity/audit_list.html", {"audit": found, "page": page})
