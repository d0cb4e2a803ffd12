"""The published indicator: by prison, by area and by pair, as a trend with the days on which practice changed."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_list_or_404, get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.lists import page_of
from accounts.models import Organisation
from continuity import analyses, indicator, indicator_chart, permissions
from continuity.forms import IndicatorFileForm, PracticeChangeForm
from continuity.models import Area, IndicatorValue
from continuity.national_values import NATIONAL_VALUES
from journal.refused import Refused
from returns import outgoing
from returns.csv_table import csv_table
from returns.views.access import require

KINDS = {"area": "By area", "prison": "By prison", "pair": "By prison and area"}
Measure = IndicatorValue.Measure
ANY = indicator.ANY


def _measure(request):
    asked = request.GET.get("measure", "")
    return asked if asked in Measure.values else Measure.PHOF.value


@require_GET
def overview(request):
    """The latest value of each place, and how it moved since the window a year before."""
    require(permissions.takes_part(request.seat))
    kind = request.GET.get("by", "")
    kind = kind if kind in KINDS else "area"
    measure, words = _measure(request), request.GET.get("q", "").strip()[:80]
    values = indicator.places(IndicatorValue.objects.visible_to(request.seat).filter(measure=measure), kind)
    if words:
        values = values.filter(
            Q(prison__name__icontains=words) | Q(area__name__icontains=words) | Q(area__dat_code__iexact=words)
        )
    page = page_of(request, indicator.latest(values))
    context = {
        "page": page,
        "rows": [(*row, indicator.address_of(row[0])) for row in indicator.with_change(request.seat, page)],
        "kind": kind,
        "kinds": KINDS.items(),
        "measure": measure,
        "measures": Measure.choices,
        "words": words,
        "national": NATIONAL_VALUES,
        "can_import": permissions.can_import_indicator(request.seat),
    }
    return render(request, "continuity/indicator.html", context)


def _where(prison_code, area_code):
    """(prison, area) that the address names; 404 where it names none, or one that is not known."""
    prisons = Organisation.objects.filter(kind=Organisation.Kind.PRISON_HEALTH_SERVICE)
    prison = None if prison_code == ANY else get_object_or_404(prisons, code=prison_code)
    area = None if area_code == ANY else get_object_or_404(Area, dat_code=area_code)
    if not (prison or area):
        raise Http404
    return prison, area


def _values(request, measure, months, prison, area):
    """The values of one place over time, oldest first; 404 where the seat may see none."""
    values = IndicatorValue.objects.visible_to(request.seat).filter(
        measure=measure, window_months=months, prison=prison, area=area
    )
    return get_list_or_404(values.order_by("window_end"))


@require_GET
def trend(request, **place):
    require(permissions.takes_part(request.seat))
    prison, area = _where(place["prison"], place["area"])
    values = _values(request, place["measure"], place["months"], prison, area)
    readings = indicator.readings(request.seat, values)
    changes = list(indicator.changes_at(prison, area))
    audited, actions = analyses.beside_indicator(request.seat, prison, area)
    marks = [*changes, *(indicator.Mark(action.due_on) for action in actions)]
    title = f"{_said(prison, area)}: people who engaged within 21 days of release, percent"
    has_figures = any(reading.exact is not None for reading in readings)
    context = {
        "place": _said(prison, area),
        "measure_title": Measure(place["measure"]).label,
        "months": place["months"],
        "readings": readings[::-1],
        "latest": readings[-1],
        "is_hidden": any(reading.hides_engaged for reading in readings),
        "chart": mark_safe(indicator_chart.draw(readings, marks, key="trend", title=title)) if has_figures else "",
        "changes": changes,
        "audited": [(audit, pair, figures.measure("M20"), figures.measure("M19")) for audit, pair, figures in audited],
        "actions": actions,
        "national": NATIONAL_VALUES,
        "can_record": permissions.can_record_change(request.seat, prison, area),
        "record": reverse("continuity:add_practice_change", kwargs=place),
    }
    return render(request, "continuity/indicator_trend.html", context)


def _said(prison, area):
    return " to ".join(place.name for place in (prison, area) if place)


@require_POST
def download(request):
    """Every value that the seat may see, as a file."""
    require(permissions.takes_part(request.seat))
    now = timezone.now()
    values = IndicatorValue.objects.visible_to(request.seat).select_related("prison", "area")
    values = values.order_by("measure", "window_end", "prison__code", "area__dat_code")
    rows = [_line(reading) for reading in indicator.readings(request.seat, values)]
    body, name = csv_table(indicator.COLUMNS, rows), "continuity-indicator.csv"
    outgoing.send_out(
        kind="indicator",
        name=name,
        data=body,
        recipient=request.seat.organisation.name,
        policy="published figures, small numbers hidden",
        rows=len(rows),
        versions=[],
        by=request.seat,
        at=now,
    )
    return HttpResponse(
        body, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _line(reading):
    value = reading.value
    place = value.prison.code if value.prison else "", value.area.dat_code if value.area else ""
    counts = (indicator.SUPPRESSED if count is None else count for count in (reading.engaged, reading.transfers))
    return value.measure, value.window_end.isoformat(), value.window_months, *place, *counts


@require_http_methods(["GET", "POST"])
def bring_in(request):
    require(permissions.can_import_indicator(request.seat))
    form = IndicatorFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        try:
            rows = indicator.read(form.cleaned_data["file"].read(indicator.MOST_BYTES + 1))
            outcome = indicator.bring_in(rows, by=request.seat, at=timezone.now())
        except Refused as refusal:
            form.add_error("file", f"{refusal} Nothing was changed.")
        else:
            done = f"{outcome.created:,} new, {outcome.changed:,} changed, {outcome.unchanged:,} as before."
            messages.success(request, done)
            return redirect("continuity:indicator")
    return render(request, "continuity/import_indicator.html", {"form": form, "columns": indicator.COLUMNS})


@require_http_methods(["GET", "POST"])
def add_change(request, **place):
    """A day on which practice changed, for the place that the address names."""
    require(permissions.takes_part(request.seat))
    prison, area = _where(place["prison"], place["area"])
    _values(request, place["measure"], place["months"], prison, area)
    require(permissions.can_record_change(request.seat, prison, area))
    back = reverse("continuity:indicator_trend", kwargs=place)
    form = PracticeChangeForm(request.POST or None)
    if form.is_valid():
        indicator.record_change(prison=prison, area=area, **form.cleaned_data, by=request.seat, at=timezone.now())
        messages.success(request, "Recorded. It is marked on the trend.")
        return redirect(back)
    return render(
        request, "continuity/practice_change.html", {"form": form, "place": _said(prison, area), "back": back}
    )
