"""The people of an organisation: their roles and their invitations."""

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import invitations, memberships, permissions
from accounts.forms import InviteForm
from accounts.lists import page_of
from accounts.models import Invitation, Membership
from accounts.views.finding import attempt, attempt_by_form, organisation_for


@require_GET
def people(request):
    """One's own organisation's; for whoever keeps everybody, all of them, to search in."""
    seat = request.seat
    if seat is None or not permissions.can_manage_people(seat, seat.organisation):
        raise PermissionDenied
    if not permissions.counts_everywhere(seat):
        return redirect("accounts:people_of", seat.organisation.code)
    return _list(request, None)


@require_GET
def people_of(request, code):
    return _list(request, _managed(request, code))


def _list(request, organisation):
    words = request.GET.get("q", "").strip()
    rows = Membership.objects.active_at(timezone.now()).select_related("person", "organisation")
    if organisation:
        rows = rows.filter(organisation=organisation)
    if words:
        rows = rows.filter(
            Q(person__name__icontains=words)
            | Q(person__email__icontains=words)
            | Q(organisation__name__icontains=words)
        )
    page = page_of(request, rows.order_by("person__name", "id"))
    return render(request, "accounts/people.html", {"page": page, "organisation": organisation, "words": words})


@require_http_methods(["GET", "POST"])
def invite(request, code):
    organisation = _managed(request, code)
    form = InviteForm(request.POST or None, seat=request.seat, organisation=organisation)
    if form.is_valid() and attempt_by_form(
        form,
        invitations.invite,
        **form.cleaned_data,
        organisation=organisation,
        by=request.seat,
        at=timezone.now(),
    ):
        return redirect("accounts:invitations", organisation.code)
    return render(request, "accounts/invite.html", {"organisation": organisation, "form": form})


@require_GET
def invitations_of(request, code):
    organisation = _managed(request, code)
    rows = Invitation.objects.filter(organisation=organisation).select_related("invited_by").order_by("-invited_at")
    context = {"organisation": organisation, "page": page_of(request, rows), "now": timezone.now()}
    return render(request, "accounts/invitations.html", context)


@require_POST
def withdraw_invitation(request, uuid):
    return _with_invitation(request, uuid, invitations.withdraw, "Invitation withdrawn. Its link no longer works.")


@require_POST
def send_invitation_again(request, uuid):
    return _with_invitation(request, uuid, invitations.send_again, "A new link is on its way, good for 30 days.")


def _with_invitation(request, uuid, act, done):
    invitation = get_object_or_404(Invitation.objects.select_related("organisation"), uuid=uuid)
    _managed(request, invitation.organisation.code)
    attempt(request, done, act, invitation, by=request.seat, at=timezone.now())
    return redirect("accounts:invitations", invitation.organisation.code)


@require_http_methods(["GET", "POST"])
def end_membership(request, number):
    """Says first what will happen, and to whom."""
    rows = Membership.objects.select_related("person", "organisation")
    membership = get_object_or_404(rows, pk=number)
    organisation = _managed(request, membership.organisation.code)
    if not permissions.can_end(request.seat, membership):
        raise PermissionDenied
    if request.method == "POST":
        done = f"{membership.person} is no longer {membership.role_label} in {organisation.name}."
        attempt(request, done, memberships.end, membership, by=request.seat, at=timezone.now())
        return redirect("accounts:people_of", organisation.code)
    return render(request, "accounts/end_membership.html", {"membership": membership, "organisation": organisation})


def _managed(request, code):
    organisation = organisation_for(request, code)
    if not permissions.can_manage_people(request.seat, organisation):
        raise PermissionDenied
    return organisation
