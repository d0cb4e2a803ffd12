"""The scenario guide: which discharge reason and referral status to record, one question at a time."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from continuity import permissions, scenarios
from continuity.models import Area, Offer
from returns.views.access import require


@require_GET
def guide(request):
    require(permissions.takes_part(request.seat))
    asked, reached = scenarios.walk(request.GET)
    area = Area.objects.filter(dat_code=request.GET.get("area", "")).first()
    is_scenario = isinstance(reached, scenarios.Scenario)
    is_unanswered = not is_scenario and request.GET.get("answering") == reached.name
    context = {
        "has_error": is_unanswered,
        "errors": [("Choose yes or no.", f"{reached.name}-yes")] if is_unanswered else [],
        "asked": [(question, answer, asked[:number]) for number, (question, answer) in enumerate(asked)],
        "question": None if is_scenario else reached,
        "scenario": reached if is_scenario else None,
        "area": area,
        "areas": Area.objects.order_by("name") if is_scenario else [],
        "offers": _offers_in(area) if is_scenario and area else [],
    }
    return render(request, "continuity/guide.html", context)


def _offers_in(area):
    return (
        Offer.objects.filter(organisation__spoc_entry__areas=area)
        .select_related("organisation__spoc_entry")
        .order_by("organisation__name")
    )
