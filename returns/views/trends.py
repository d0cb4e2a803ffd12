"""An organisation's measures over the quarters: for those who receive its returns, and for itself."""

from itertools import groupby

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.lists import page_of
from accounts.models import Organisation
from accounts.roles import Reach
from returns import charts, outgoing, permissions
from returns.csv_table import csv_table
from returns.models import Period
from returns.registry import return_types
from returns.return_type import Unit
from returns.trends import COLUMNS, differences_in, rows_of, trends_of
from returns.views.access import require


@require_GET
def provider(request, code):
    organisation, trends = _trends_for(request, code)
    return _page(request, organisation, trends)


@require_GET
def our_trends(request):
    """The same page, for the organisation that one acts for."""
    require(request.seat is not None and request.seat.reach is Reach.OWN)
    organisation = request.seat.organisation
    return _page(request, organisation, trends_of(request.seat, organisation))


@require_POST
def download(request, code):
    """Every figure of the page as CSV."""
    organisation, trends = _trends_for(request, code)
    require(_can_download(request.seat))
    rows = list(rows_of(trends, organisation))
    body, name = csv_table(COLUMNS, rows), f"trends-{organisation.code}.csv"
    outgoing.send_out(
        kind="trends",
        name=name,
        data=body,
        recipient=request.seat.organisation.name,
        policy="party to the returns",
        rows=len(rows),
        versions=trends.versions,
        by=request.seat,
        at=timezone.now(),
    )
    return HttpResponse(
        body, content_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_GET
def differences(request):
    """The recipient's providers in one quarter, as a funnel plot: whether they differ by more than chance."""
    require(request.seat is not None and request.seat.reach is Reach.RECEIVED)
    return_type = return_types().get(request.seat.role_spec.return_type)
    specs = [spec for spec in return_type.measure_specs if spec.unit is not Unit.COUNT] if return_type else []
    require(specs)
    spec = next((item for item in specs if item.key == request.GET.get("measure")), specs[0])
    periods = Period.objects.filter(collection__return_type=return_type.slug, opened_at__isnull=False)
    periods = list(periods.order_by("-ends", "pk")[:40])
    closed = [period for period in periods if period.closes_at < timezone.now()]
    asked = [period for period in periods if period.key == request.GET.get("period")]
    period = next(iter(asked or closed or periods), None)
    adjusted = request.GET.get("adjusted") == "yes"
    found = differences_in(request.seat, period, spec, adjusted)
    context = {
        "found": found,
        "page": page_of(request, found.rows),
        "period": period,
        "periods": periods,
        "specs": specs,
        "adjusted": adjusted,
        "funnel_key": charts.FUNNEL_KEY,
    }
    return render(request, "returns/differences.html", context)


def _trends_for(request, code):
    """The organisation with this code and its trends, if the seat may know of any of its returns; otherwise 404."""
    organisation = get_object_or_404(Organisation, code=code)
    trends = trends_of(request.seat, organisation)
    if trends is None:
        raise Http404
    return organisation, trends


def _can_download(seat):
    """Figures leave only to those who are a party to the returns."""
    return seat.reach in (Reach.OWN, Reach.RECEIVED)


def _page(request, organisation, trends):
    series = trends.series if trends else []
    context = {
        "organisation": organisation,
        "trends": trends,
        "groups": [(title, list(members)) for title, members in groupby(series, key=lambda item: item.spec.group)],
        "is_ours": request.seat.reach is Reach.OWN,
        "can_download": _can_download(request.seat),
        "can_see_differences": request.seat.reach is Reach.RECEIVED,
        "can_rebase": trends is not None and permissions.can_rebase(request.seat, trends.collection.return_type),
        "charts": charts,
        "now": timezone.now(),
    }
    return render(request, "returns/trends.html", context)
