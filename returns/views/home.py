"""The first page after signing in: what needs this seat, then what waits for others."""

from django.db.models import F, Q
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.roles import Act, Reach
from returns import follow_up, permissions, queries
from returns.models import Submission
from returns.registry import beside, return_types

MOST = 10


@require_GET
def home(request):
    seat = request.seat
    rows = Submission.objects.in_hands_of(seat).owed().for_list().order_by("period__due_at", "subject__name")
    needs_me, waits = _mine(seat, rows)
    return render(
        request,
        "returns/home.html",
        {
            "needs": _needs(seat, timezone.now()),
            "needs_me": needs_me[:MOST],
            "more": needs_me.count() - MOST,
            "waits": waits[:MOST],
            "now": timezone.now(),
            "looks_on": permissions.looks_on_quarters(seat),
            "is_administrator": seat is not None and seat.may(Act.MANAGE_PERIODS),
            "sees_no_returns": seat is not None and not seat.sees_returns and seat.may(Act.MANAGE_PEOPLE),
        },
    )


def _needs(seat, at):
    """What needs this seat besides returns: lines of the return types, then the kernel's own."""
    if seat is None:
        return []
    return [need for of in (*beside("needs"), queries.needs, follow_up.needs_of) for need in of(seat, at)]


def _mine(seat, rows):
    """What this seat can move on now, and what others have to."""
    Status = Submission.Status
    if seat is None or seat.reach in (Reach.EVERYTHING, Reach.NOTHING, Reach.REGION):
        return rows.none(), rows.none()
    mine = set()
    if seat.may(Act.FILL_IN):
        mine |= Submission.BEING_FILLED_IN
    if seat.may(Act.SIGN_OFF):
        mine |= {Status.AWAITING_SIGN_OFF}
    if seat.may(Act.REVIEW):
        mine |= Submission.WITH_RECIPIENT
    if seat.reach is Reach.RECEIVED:
        needs_me = rows.filter(status__in=mine, standing_version__isnull=False)
        can_come = Q(period__closes_at__gte=timezone.now()) | Q(first_submitted_at__isnull=False)
        return needs_me, rows.filter(can_come, status__in=Submission.WITH_OWNER)
    unreviewed = [slug for slug, return_type in return_types().items() if return_type.review is None]
    done = Q(status=Status.SUBMITTED, standing_version=F("current_version"))
    done &= Q(period__collection__return_type__in=unreviewed)
    open_ones = rows.exclude(Q(status__in=[Status.ACCEPTED, Status.NOT_REQUIRED]) | done)
    return open_ones.filter(status__in=mine), open_ones.exclude(status__in=mine)
