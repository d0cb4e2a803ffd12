"""A person's own messages, and how they reach them. Looking changes nothing; opening one marks it read."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from accounts import seats
from accounts.lists import page_of
from accounts.seats import WithoutSeat
from journal import events, notices
from journal.models import Notice
from returns.forms import HowToldForm


@require_GET
def mailbox(request):
    """Unread first, newest first."""
    rows = _own(request).annotate(is_read=Q(read_at__isnull=False)).order_by("is_read", "-created_at", "-pk")
    unread = rows.filter(read_at__isnull=True).count()
    return render(request, "returns/mailbox.html", {"page": page_of(request, rows), "unread": unread})


@require_POST
def open_notice(request, pk):
    """Marks it read and goes where it leads, acting for the organisation that it was sent to."""
    notice = get_object_or_404(_own(request), pk=pk)
    if not _is_ours(notice.link):
        raise Http404("This message leads nowhere.")
    _own(request).filter(pk=pk, read_at__isnull=True).update(read_at=timezone.now())
    seat = next((seat for seat in request.seats if seat.pk == notice.membership_id), request.seat)
    if seat != request.seat:
        seats.choose(request.session, seat, at=timezone.now())
        messages.info(request, f"You are now acting for {seat.organisation.name} as {seat.role_label}.")
    return redirect(notice.link)


@require_POST
def mark_all_read(request):
    _own(request).filter(read_at__isnull=True).update(read_at=timezone.now())
    return redirect("mailbox")


def how_told(request):
    """Chooses whether messages are mailed at once, once a day, or only shown here."""
    form = HowToldForm(
        request.POST if request.method == "POST" else None, initial={"way": notices.way_of(request.user.pk)}
    )
    if request.method == "POST" and form.is_valid():
        way, now, person = form.cleaned_data["way"], timezone.now(), request.seat or WithoutSeat(request.user)
        notices.choose(request.user.pk, way, at=now)
        events.record(
            "message choice made", subject=("person", request.user.pk), by=person, at=now, detail={"way": way}
        )
        messages.success(request, f"Saved. {form.SAVED[way]}")
        return redirect("mailbox")
    return render(request, "returns/how_told.html", {"form": form})


def _own(request):
    """What this person was told. A message whose right had ended before it was sent is not theirs any more."""
    return Notice.objects.shown_to(request.user.pk)


def _is_ours(link):
    """Whether a link is a path of this portal: one slash, never another host."""
    return link.startswith("/") and url_has_allowed_host_and_scheme(link, allowed_hosts=None)
