"""The registered SDCS data submitters of an organisation: their two places, the swap, and what SDCS answered."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts import invitations, permissions, submitters
from accounts.forms import AnswerForm, SubmitterForm
from accounts.lists import page_of
from accounts.models import Invitation, Membership, SubmitterRequest
from accounts.views.finding import attempt_by_form, organisation_for


@require_GET
def ours(request):
    """The page of one's own organisation."""
    if request.seat is None:
        raise PermissionDenied
    return redirect("accounts:submitters", request.seat.organisation.code)


@require_GET
def submitters_of(request, code):
    organisation = _seen(request, code)
    now = timezone.now()
    held = list(
        Membership.objects.filter(organisation=organisation, submitter_place__isnull=False)
        .not_over_at(now)
        .select_related("person", "submitter_request")
        .order_by("submitter_place", "during")
    )
    requests = SubmitterRequest.objects.filter(membership__organisation=organisation)
    context = {
        "organisation": organisation,
        "places": [(place, *_place(held, place, now)) for place in submitters.PLACES],
        "page": page_of(request, requests.select_related("membership__person", "asked_by").order_by("-asked_at")),
        "invited": Invitation.objects.filter(
            organisation=organisation,
            role__in=[role.key for role in submitters.submitter_roles(organisation)],
            accepted_at=None,
            withdrawn_at=None,
        ),
        "can_manage": permissions.can_manage_submitters(request.seat, organisation),
    }
    return render(request, "accounts/submitters.html", context)


def _place(held, place, now):
    """Who holds the place now, and who will hold it later."""
    rows = [row for row in held if row.submitter_place == place]
    current = next((row for row in rows if row.since <= now), None)
    return current, [row for row in rows if row is not current]


@require_http_methods(["GET", "POST"])
def add(request, code):
    return _take_place(request, _managed(request, code), None)


@require_http_methods(["GET", "POST"])
def swap(request, number):
    rows = Membership.objects.filter(submitter_place__isnull=False).select_related("person", "organisation")
    outgoing = get_object_or_404(rows, pk=number)
    return _take_place(request, _managed(request, outgoing.organisation.code), outgoing)


def _take_place(request, organisation, outgoing):
    now = timezone.now()
    form = SubmitterForm(request.POST or None, organisation=organisation, by=request.seat, at=now)
    if form.is_valid():
        if form.colleague and (membership := _register(request, form, organisation, outgoing, at=now)):
            return redirect("accounts:submitter_request", membership.submitter_request.pk)
        if not form.colleague and _invite(request, form, organisation, outgoing, at=now):
            return redirect("accounts:submitters", organisation.code)
    context = {"organisation": organisation, "outgoing": outgoing, "form": form}
    return render(request, "accounts/take_place.html", context)


def _register(request, form, organisation, outgoing, *, at):
    when = {"starts": form.starts_at, "ends": form.ends_at, "by": request.seat, "at": at}
    if outgoing:
        return attempt_by_form(form, submitters.swap, outgoing, form.colleague, **when)
    role = submitters.submitter_roles(organisation)[0].key
    return attempt_by_form(form, submitters.add, form.colleague, organisation, role, **when)


def _invite(request, form, organisation, outgoing, *, at):
    return attempt_by_form(
        form,
        invitations.invite,
        email=form.cleaned_data["email"],
        name=form.cleaned_data["name"],
        organisation=organisation,
        role=outgoing.role if outgoing else submitters.submitter_roles(organisation)[0].key,
        replaces=outgoing,
        starts_at=form.starts_at,
        ends_at=form.ends_at,
        by=request.seat,
        at=at,
    )


@require_http_methods(["GET", "POST"])
def submitter_request(request, number):
    """What was asked of the SDCS team, ready to be sent, and their answer."""
    asked = get_object_or_404(
        SubmitterRequest.objects.select_related("membership__organisation", "membership__person", "recorded_by"),
        pk=number,
    )
    organisation = _seen(request, asked.membership.organisation.code)
    can_manage = permissions.can_manage_submitters(request.seat, organisation)
    form = AnswerForm(request.POST or None)
    if request.method == "POST":
        if not can_manage:
            raise PermissionDenied
        if form.is_valid() and attempt_by_form(
            form,
            submitters.record_answer,
            asked,
            form.cleaned_data["answer"],
            by=request.seat,
            at=timezone.now(),
        ):
            return redirect("accounts:submitters", organisation.code)
    context = {
        "asked": asked,
        "organisation": organisation,
        "form": form,
        "can_manage": can_manage,
        "sdcs_team": submitters.SDCS_TEAM,
        "subject": f"Prevent: registered submitters of {organisation.code}",
    }
    return render(request, "accounts/submitter_request.html", context)


@require_GET
def registration_help(request):
    return render(request, "accounts/sdcs_registration.html", {"sdcs_team": submitters.SDCS_TEAM})


def _seen(request, code):
    organisation = organisation_for(request, code)
    if not permissions.can_see_submitters(request.seat, organisation):
        raise PermissionDenied
    return organisation


def _managed(request, code):
    organisation = organisation_for(request, code)
    if not permissions.can_manage_submitters(request.seat, organisation):
        raise PermissionDenied
    return organisation
