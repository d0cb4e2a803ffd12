"""The event log with its seal, and work that stopped. For who may see the log."""

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.lists import ROWS, page_of
from accounts.models import Person
from accounts.posted import posted_number
from journal import seal
from journal.models import Event, EventSeal, Notice
from returns import checks, permissions
from returns.models import Check, Export, Upload
from returns.views.access import require

LINKS_PROVED = 200


@require_GET
def event_log(request):
    """The newest events first. Older ones are reached by id, so that a page costs the same however long the log is."""
    require(permissions.can_see_log(request.seat))
    filters = {name: request.GET.get(name, "").strip()[:64] for name in ("subject", "act")}
    rows = list(_events(filters, posted_number(request.GET.get("before")))[: ROWS + 1])
    page, more = rows[:ROWS], rows[ROWS:]
    seals = {row.event_id: row.seq for row in EventSeal.objects.filter(event_id__in=[row.pk for row in page])}
    names = Person.objects.in_bulk({row.actor_id for row in page if row.actor_id})
    for row in page:
        row.seq, row.actor, row.words = seals.get(row.pk), names.get(row.actor_id), _in_words(row.detail)
    context = {"events": page, "older_than": page[-1].pk if more else None, "filters": filters, "seal": _seal_state()}
    return render(request, "returns/log.html", context)


@require_GET
def stuck(request):
    """Checks, exports and workbooks that three attempts did not finish."""
    require(permissions.can_see_log(request.seat))
    rows = Check.objects.filter(state=Check.State.STUCK).select_related(
        "version__submission__subject", "version__submission__period"
    )
    context = {
        "page": page_of(request, rows.order_by("asked_at")),
        "exports": _stuck_exports()[:ROWS],
        "uploads": Upload.objects.filter(state=Upload.State.STUCK)
        .select_related("submission__subject", "submission__period")
        .order_by("pk")[:ROWS],
        "unsent": Notice.objects.filter(state=Notice.State.STUCK).count(),
    }
    return render(request, "returns/stuck.html", context)


@require_POST
def retry(request, pk):
    require(permissions.can_see_log(request.seat))
    checks.retry(get_object_or_404(Check, pk=pk), by=request.seat, at=timezone.now())
    messages.success(request, "The check waits for a worker once more.")
    return redirect("returns:stuck")


def _stuck_exports():
    """National files that nobody has asked for again since."""
    rows = Export.objects.filter(kind=Export.Kind.NATIONAL_FILES)
    later = rows.filter(period=OuterRef("period"), pk__gt=OuterRef("pk"))
    rows = rows.filter(~Exists(later), state=Export.State.STUCK)
    return rows.select_related("period").order_by("-pk")


def _events(filters, before):
    rows = Event.objects.order_by("-pk")
    if before:
        rows = rows.filter(pk__lt=before)
    if filters["subject"]:
        rows = rows.filter(subject_id=filters["subject"])
    if filters["act"]:
        rows = rows.filter(act__icontains=filters["act"])
    return rows


def _in_words(detail):
    """What an event says besides: "content sha256: 3eef…; version: 2"."""
    return "; ".join(f"{key.replace('_', ' ')}: {_value_in_words(value)}" for key, value in detail.items())


def _value_in_words(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _seal_state():
    """How far the chain reaches and whether its last links hold; all of them are for `verify_events`."""
    head = seal.head()
    return {"head": head, "is_whole": _last_links_hold(), "waiting": seal.unsealed().count(), "proved": LINKS_PROVED}


def _last_links_hold():
    links = list(EventSeal.objects.order_by("-seq")[: LINKS_PROVED + 1])[::-1]
    found = Event.objects.in_bulk([link.event_id for link in links])
    return all(
        link.seq == before.seq + 1
        and link.event_id in found
        and seal.link(before.hash, link.seq, found[link.event_id]) == link.hash
        for before, link in zip(links, links[1:], strict=False)
    )
