"""Periods: opening them, moving their dates, and how complete they are. For who manages periods."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_POST

from accounts.lists import page_of
from accounts.models import Person
from journal.models import Event
from journal.refused import Refused
from returns import completeness, opening, permissions, reminders
from returns.forms import OpenPeriodForm, PeriodDatesForm
from returns.models import Collection, Period
from returns.non_submitters import send_list as list_of_non_submitters
from returns.periods import Quarter, at_five, end_of
from returns.registry import return_types, type_of
from returns.views.access import attempt, require

QUARTERS_OFFERED = 8
A_QUARTER = "^20[0-9]{2}-[0-9]{2}-Q[1-4]$"
WINDOW_ACTS = ("period opened", "period moved")


@require_GET
def period_list(request):
    require(permissions.can_manage_periods(request.seat))
    return _show_list(request, OpenPeriodForm(choices=_to_open()))


@require_POST
def open_period(request):
    """Opens a quarter; asked again, adds who has come to owe a return since."""
    require(permissions.can_manage_periods(request.seat))
    form = OpenPeriodForm(request.POST, choices=_to_open() + _opened())
    if not form.is_valid():
        return _show_list(request, form)
    return_type, quarter = _chosen(form.cleaned_data["quarter"])
    period = opening.quarter_of(opening.national_collection(return_type), quarter)
    try:
        outcome = opening.open_period(period, return_type, by=request.seat, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("returns:periods")
    messages.success(request, _what_opening_did(outcome))
    return redirect("returns:period", period.pk)


@require_GET
def one_period(request, pk):
    require(permissions.can_manage_periods(request.seat))
    now = timezone.now()
    period = get_object_or_404(completeness.period_counted(pk, now))
    without_commissioner, without_reviewer = opening.unreceived(period, type_of(period), now)
    context = {
        "period": period,
        "return_type": type_of(period),
        "quarter_choice": f"{period.return_type} {period.key}" if period.collection.key == Collection.NATIONAL else "",
        "windows": _windows(period),
        "reminders": reminders.schedule(period),
        "by_commissioner": completeness.by_commissioner(period.submissions.all(), now),
        "by_region": completeness.by_region(period.submissions.all(), now),
        "is_settled": period.opened_at and now > period.closes_at,
        "without_commissioner": without_commissioner,
        "without_reviewer": without_reviewer,
        "can_export": permissions.can_export(request.seat),
    }
    return render(request, "returns/period.html", context)


def dates(request, pk):
    """Moves the due and the closing day."""
    require(permissions.can_manage_periods(request.seat))
    period = get_object_or_404(Period.objects.select_related("collection"), pk=pk)
    form = PeriodDatesForm(request.POST or None, initial=_days(period))
    if request.method == "POST" and form.is_valid() and _move(request, period, form):
        return redirect("returns:period", pk)
    return render(request, "returns/period_dates.html", {"period": period, "form": form})


@require_GET
def non_submitters(request, pk):
    """The list of who has not submitted, as a file: it leaves, so it is written down."""
    require(permissions.can_manage_periods(request.seat))
    period = get_object_or_404(Period.objects.select_related("collection"), pk=pk)
    name, data = list_of_non_submitters(period, period.submissions.all(), by=request.seat, at=timezone.now())
    return HttpResponse(
        data, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _show_list(request, form):
    rows = Period.objects.select_related("collection").order_by("-ends", "-pk")
    page = page_of(request, completeness.counted(rows, timezone.now()))
    return render(request, "returns/periods.html", {"page": page, "form": form})


def _opened():
    rows = Period.objects.filter(collection__key=Collection.NATIONAL, key__regex=A_QUARTER, opened_at__isnull=False)
    return [
        (f"{slug} {key}", title) for slug, key, title in rows.values_list("collection__return_type", "key", "title")
    ]


def _to_open():
    """The last quarters whose last day has passed and which nobody has opened, newest first."""
    opened = {value for value, _ in _opened()}
    quarters = [Quarter.containing(timezone.localdate()).previous()]
    while len(quarters) < QUARTERS_OFFERED:
        quarters.append(quarters[-1].previous())
    return [
        (f"{slug} {quarter.key}", f"{return_type.short_title}: {quarter.title}")
        for slug, return_type in return_types().items()
        for quarter in quarters
        if not return_type.rows and f"{slug} {quarter.key}" not in opened
    ]


def _chosen(value):
    slug, key = value.split()
    return return_types()[slug], Quarter.parse(key)


def _what_opening_did(outcome):
    if not outcome.created:
        return f"{outcome.period.title} was looked through again. Nobody else owes a return."
    returns = "1 return was" if outcome.created == 1 else f"{outcome.created:,} returns were"
    return f"{outcome.period.title} is open. {returns} made."


def _move(request, period, form):
    due_at, closes_at = at_five(form.cleaned_data["due_on"]), end_of(form.cleaned_data["closes_on"])
    moved = {"due_at": due_at, "closes_at": closes_at, "by": request.seat, "at": timezone.now()}
    return attempt(request, opening.move_dates, period, done="The dates have moved.", **moved)


def _days(period):
    return {"due_on": timezone.localdate(period.due_at), "closes_on": timezone.localdate(period.closes_at)}


def _windows(period):
    """Who opened the period and who moved what, newest first."""
    rows = Event.objects.filter(subject_type="period", subject_id=period.pk, act__in=WINDOW_ACTS).order_by("-pk")[:50]
    names = Person.objects.in_bulk({row.actor_id for row in rows if row.actor_id})
    return [
        {
            "at": row.at,
            "by": str(names.get(row.actor_id, "the command line")),
            "created": row.detail.get("created"),
            "moves": [
                (words, *map(parse_datetime, row.detail[key]))
                for key, words in (("due_at", "Due"), ("closes_at", "Closes"))
                if key in row.detail and row.detail[key][0] != row.detail[key][1]
            ],
        }
        for row in rows
    ]
