"""Saying from when the limits of a chart count anew, and taking that back."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Organisation
from returns import permissions, rebasing
from returns.forms import RebaseForm
from returns.models import Rebase
from returns.registry import return_types
from returns.trends import trends_of
from returns.views.access import attempt, require


@require_http_methods(["GET", "POST"])
def rebase(request, code, measure):
    """A quarter and a reason, beside what was said before."""
    organisation, trends, spec = _chart(request, code, measure)
    periods = rebasing.periods_to_choose(organisation, spec, trends.collection)
    form = RebaseForm(request.POST or None, periods=periods)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            request,
            rebasing.rebase,
            organisation,
            spec,
            period=form.period,
            reason=form.cleaned_data["reason"],
            by=request.seat,
            at=timezone.now(),
            done=f"The limits of “{spec.title}” count anew from {form.period.title}.",
        )
        if done:
            return _back(organisation, spec)
    known = [
        item for item in rebasing.known_of(organisation, trends.collection.return_type) if item.measure == spec.key
    ]
    context = {"organisation": organisation, "spec": spec, "form": form, "known": known, "periods": periods}
    return render(request, "returns/rebase.html", context)


@require_POST
def take_back(request, code, measure, pk):
    organisation, _, spec = _chart(request, code, measure)
    found = get_object_or_404(Rebase.objects.select_related("organisation", "period"), pk=pk, measure=spec.key)
    if found.organisation_id != organisation.pk:
        raise Http404
    attempt(
        request,
        rebasing.take_back,
        found,
        by=request.seat,
        at=timezone.now(),
        done=f"The limits of “{spec.title}” count on as before {found.period.title}.",
    )
    return _back(organisation, spec)


def _chart(request, code, measure):
    """The organisation, its trends and the measure, if the seat may know of its returns; otherwise 404."""
    organisation = get_object_or_404(Organisation, code=code)
    trends = trends_of(request.seat, organisation)
    if trends is None:
        raise Http404
    require(permissions.can_rebase(request.seat, trends.collection.return_type))
    specs = return_types()[trends.collection.return_type].measure_specs
    spec = next((spec for spec in specs if spec.key == measure), None)
    if spec is None:
        raise Http404
    return organisation, trends, spec


def _back(organisation, spec):
    return redirect(f"{reverse('returns:provider', args=[organisation.code])}#{spec.key}")
