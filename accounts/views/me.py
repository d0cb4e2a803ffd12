"""What concerns oneself: my details, my activity, the seat I act under."""

from itertools import groupby

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import kept, seats
from accounts.lists import page_of
from accounts.models import Membership
from accounts.posted import posted_number
from accounts.roles import all_acts, all_roles
from journal.models import Event


@require_GET
def me(request):
    return render(request, "accounts/me.html")


@require_GET
def my_activity(request):
    mine = Event.objects.filter(actor_id=request.user.pk).order_by("-id")
    return render(request, "accounts/my_activity.html", {"page": page_of(request, mine)})


@require_POST
def forget_typed(request, uuid):
    """What was typed into a form that was not taken is not wanted any more."""
    form = kept.of(request, uuid, at=timezone.now())
    if form is None:
        raise Http404("Nothing is kept under this name.")
    form.delete()
    messages.success(request, "What you had typed is gone.")
    return redirect("home")


@require_GET
def choose_seat(request):
    return render(request, "accounts/seats.html")


@require_POST
def switch_seat(request):
    """The field is called `membership`: `seat` says for whom a form was shown."""
    now = timezone.now()
    mine = Membership.objects.filter(person=request.user).active_at(now).select_related("organisation")
    seat = get_object_or_404(mine, pk=posted_number(request.POST.get("membership")))
    seats.choose(request.session, seat, at=now)
    messages.success(request, f"You are now acting for {seat.organisation.name} as {seat.role_label}.")
    return redirect("home")


@require_GET
def roles(request):
    """Role × act, made from the roles themselves: the portal's own, then each return type's, with the acts they know."""
    groups = groupby(all_roles().values(), key=lambda role: role.return_type)
    tables = [_table(return_type, list(roles)) for return_type, roles in groups]
    return render(request, "accounts/roles.html", {"tables": tables})


def _table(return_type, roles):
    acts = [act for act in all_acts() if any(act in role.acts for role in roles)]
    rows = [(role, [act in role.acts for act in acts]) for role in roles]
    return return_type, acts, rows
