"""Quality visits for both sides: the list, one of them, and writing one down."""

from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.lists import page_of
from returns import permissions, visits
from returns.models import Visit
from returns.views.access import attempt, require, submission_for
from returns.visit_forms import VisitForm


@require_GET
def visit_list(request):
    """The newest first; planned ones stand above."""
    require(permissions.can_see_visits(request.seat))
    words = request.GET.get("q", "").strip()[:80]
    rows = Visit.objects.visible_to(request.seat).for_list()
    if words:
        rows = rows.filter(Q(provider__name__icontains=words) | Q(provider__code__istartswith=words))
    page = page_of(request, rows.order_by("-visited_on", "provider__name", "pk"))
    return render(request, "returns/visits.html", {"page": page, "words": words, "today": timezone.localdate()})


@require_GET
def one_visit(request, uuid):
    found = _visit_for(request, uuid)
    latest = visits.latest_return(found.provider, found.return_type, request.seat)
    context = {
        "visit": found,
        "actions": found.actions.for_list().order_by("due_on", "pk"),
        "files": found.attachments.order_by("pk"),
        "submission": latest,
        "is_party": permissions.is_party(request.seat, found),
        "can_change": permissions.can_change_visit(request.seat, found),
        "can_set_actions": latest is not None and permissions.can_set_actions(request.seat, latest),
        "today": timezone.localdate(),
    }
    return render(request, "returns/visit.html", context)


@require_http_methods(["GET", "POST"])
def record(request, uuid):
    """A visit to the provider of this return."""
    submission = submission_for(request, uuid)
    require(permissions.can_record_visit(request.seat, submission))
    form = VisitForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        recorded = attempt(
            request,
            visits.record,
            submission,
            **form.cleaned_data,
            by=request.seat,
            at=timezone.now(),
            done="The visit is written down. The provider can see it.",
        )
        if recorded:
            return redirect("returns:visits")
    context = {"provider": submission.subject, "form": form, "act_title": "Write down a quality visit"}
    return render(request, "returns/visit_form.html", context)


@require_http_methods(["GET", "POST"])
def change(request, uuid):
    found = _visit_for(request, uuid)
    require(permissions.can_change_visit(request.seat, found))
    initial = {name: getattr(found, name) for name in ("visited_on", "people", "looked_at", "findings")}
    form = VisitForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        changed = attempt(
            request,
            visits.change,
            found,
            **form.cleaned_data,
            by=request.seat,
            at=timezone.now(),
            done="The visit is changed.",
        )
        if changed:
            return redirect("returns:visit", uuid=uuid)
    context = {"provider": found.provider, "visit": found, "form": form, "act_title": "Change this visit"}
    return render(request, "returns/visit_form.html", context)


def _visit_for(request, uuid):
    rows = Visit.objects.visible_to(request.seat).for_list().select_related("recorded_by__person")
    return get_object_or_404(rows, uuid=uuid)
