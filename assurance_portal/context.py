"""What every page needs: the portal's name, whether this is a demonstration, and the way round for this seat."""

from django.conf import settings
from django.urls import reverse

from accounts.kept import seal_of
from accounts.roles import Act, Reach
from journal.models import Notice
from returns import permissions
from returns.registry import beside


def portal(request):
    return {
        "portal_name": settings.PORTAL_NAME,
        "demo": settings.DEMO,
        "seat": getattr(request, "seat", None),
        "navigation": navigation(request),
        "shown_to": lambda: seal_of(request.user) if request.user.is_authenticated else "",
    }


def navigation(request):
    """(label, url, is this page) for what the seat can open."""
    seat = getattr(request, "seat", None)
    if not hasattr(request, "user") or not request.user.is_authenticated:  # refused before it was known who asks
        return []
    entries = [("Home", reverse("home"))]
    if permissions.sees_quarters(seat):
        entries += _of_quarterly_returns(seat)
    if seat:
        entries += [entry for menu in beside("menu") for entry in menu(seat)]
    if permissions.sees_queries(seat):
        entries.append(("Queries", reverse("returns:queries")))
    if permissions.can_see_escalations(seat):
        entries.append(("Escalations", reverse("returns:escalations")))
    if permissions.can_see_actions(seat):
        entries.append(("Actions", reverse("returns:actions")))
    if seat and seat.may(Act.APPROVE_WAIVERS):
        entries.append(("Waivers", reverse("returns:waivers")))
    if seat and seat.may(Act.MANAGE_PERIODS):
        entries.append(("Periods", reverse("returns:periods")))
    if seat and seat.may(Act.EXPORT):
        entries.append(("Exports", reverse("returns:exports")))
    if seat and seat.may(Act.SEE_LOG):
        entries.append(("Event log", reverse("returns:log")))
    if seat and seat.may(Act.MANAGE_ORGANISATION):
        entries.append(("Organisations", reverse("accounts:organisations")))
    if seat and seat.may(Act.MANAGE_PEOPLE):
        entries.append(("People", reverse("accounts:people")))
    if seat:
        entries.append((_messages_label(request), reverse("mailbox")))
    return [(label, url, request.path == url) for label, url in entries]


def _of_quarterly_returns(seat):
    if seat.reach is Reach.OWN:
        yield "Our returns", reverse("returns:ours")
        yield "Our trends", reverse("returns:our_trends")
    if seat.reach in (Reach.RECEIVED, Reach.REGION):
        yield "The quarter", reverse("returns:quarter")
        yield "Report", reverse("returns:report")
    if seat.reach is Reach.RECEIVED:
        yield "Differences", reverse("returns:differences")


def _messages_label(request):
    unread = Notice.objects.unread_by(request.user.pk).count()
    return f"Messages ({unread})" if unread else "Messages"
