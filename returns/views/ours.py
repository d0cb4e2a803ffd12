"""A provider's own returns: this quarter's first, earlier ones below with score and trend."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.lists import page_of
from accounts.roles import Reach
from returns.models import Submission
from returns.models.reviews import verdict_on
from returns.registry import return_types


@require_GET
def our_returns(request):
    if request.seat is None or request.seat.reach is not Reach.OWN:
        raise PermissionDenied
    rows = Submission.objects.visible_to(request.seat).for_list().order_by("-period__ends", "pk")
    rows = rows.annotate(verdict=verdict_on("standing_version"))
    now = timezone.now()
    in_hand = rows.in_hands_of(request.seat)
    return render(
        request,
        "returns/ours.html",
        {
            "open_returns": in_hand.filter(Q(period__closes_at__gte=now) | Q(status__in=Submission.WITH_OWNER)),
            "page": page_of(request, rows),
            "now": now,
            "is_answered": return_types()[request.seat.role_spec.return_type].rows is None,
        },
    )
