"""A provider at a glance: its quarters as small charts, and what lies between it and its commissioner."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Organisation
from accounts.roles import Reach
from returns import permissions, queries
from returns.models import Action, Escalation, Query, Visit, Waiver
from returns.trends import trends_of

MOST = 5


@require_GET
def one_provider(request, code):
    """For whoever may see any of its returns; everybody else gets 404."""
    organisation = get_object_or_404(Organisation, code=code)
    seat = request.seat
    trends = trends_of(seat, organisation)
    if trends is None:
        raise Http404
    latest, today = trends.returns[0], timezone.localdate()
    context = {
        "organisation": organisation,
        "trends": trends,
        "latest": latest,
        "is_ours": seat.reach is Reach.OWN,
        "queries": _queries(seat, organisation, latest.return_type),
        "sections": _sections(seat, organisation, latest.return_type, today),
        "can_escalate": permissions.can_escalate(seat, latest),
        "can_set_actions": permissions.can_set_actions(seat, latest),
        "can_record_visit": permissions.can_record_visit(seat, latest),
        "can_ask_for_waiver": permissions.can_ask_for_waiver(seat, latest),
        "today": today,
        "now": timezone.now(),
    }
    return render(request, "returns/provider.html", context)


def _queries(seat, organisation, return_type):
    """The open queries on its returns, with what each is about; None for those who are on neither side."""
    if not permissions.sees_queries(seat):
        return None
    rows = Query.objects.visible_to(seat).open().for_list().order_by("due_on", "pk")
    rows = rows.filter(submission__subject=organisation, submission__period__collection__return_type=return_type)
    return {"number": rows.count(), "rows": [(row, queries.about(row)) for row in rows[:MOST]]}


def _sections(seat, organisation, return_type, today):
    """What there is of each kind: how many, and the first few."""
    about = {"provider": organisation, "return_type": return_type}
    found = {
        "actions": Action.objects.visible_to(seat).filter(**about).open().for_list().order_by("due_on", "pk"),
        "escalations": Escalation.objects.visible_to(seat)
        .filter(**about)
        .open()
        .for_list()
        .order_by("step__due_on", "pk"),
        "visits": Visit.objects.visible_to(seat).filter(**about).for_list().order_by("-visited_on", "pk"),
        "waivers": Waiver.objects.visible_to(seat)
        .filter(**about, until__gte=today)
        .exclude(state__in=[Waiver.State.REFUSED, Waiver.State.ENDED])
        .for_list()
        .order_by("until", "pk"),
    }
    return {kind: {"number": rows.count(), "rows": rows[:MOST]} for kind, rows in found.items()}
