"""The ladders of escalation: what is in force, what was, and a new one from a day on."""

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from returns import escalations, permissions
from returns.escalation_forms import LadderForm
from returns.registry import return_types
from returns.views.access import attempt, require


@require_GET
def ladder_list(request):
    """The ladders of the return types that the seat is about, the newest first."""
    require(permissions.can_see_escalations(request.seat))
    own = request.seat.role_spec.return_type
    types = [item for item in return_types().values() if item.ladder and own in ("", item.slug)]
    context = {
        "ladders": [(item, escalations.ladders_of(item)) for item in types],
        "today": timezone.localdate(),
        "can_change": permissions.can_manage_periods(request.seat),
    }
    return render(request, "returns/ladders.html", context)


@require_http_methods(["GET", "POST"])
def new_ladder(request):
    """Other steps, or other days, from a day on; what is under way keeps its own."""
    require(permissions.can_manage_periods(request.seat))
    types = {item.slug: item for item in return_types().values() if item.ladder}
    form = LadderForm(request.POST or None, types=types, present=_present(request, types))
    if request.method == "POST" and form.is_valid():
        dated = attempt(
            request,
            escalations.date_ladder,
            types[form.cleaned_data["return_type"]],
            valid_from=form.cleaned_data["valid_from"],
            title=form.cleaned_data["title"],
            source=form.cleaned_data["source"],
            steps=form.steps,
            by=request.seat,
            at=timezone.now(),
            done="The new steps are written down.",
        )
        if dated:
            return redirect("returns:ladders")
    return render(request, "returns/new_ladder.html", {"form": form})


def _present(request, types):
    """The ladder that is in force for the type asked for: what the form begins with."""
    chosen = types.get(request.GET.get("type", ""), next(iter(types.values())))
    return escalations.ladders_of(chosen)[0]
