"""The SPOC directory and the offers: looked up by everybody who takes part, each entry kept by its own service."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.lists import page_of
from accounts.models import Organisation
from continuity import directory, offers, permissions
from continuity.forms import OfferForm, SpocEntryForm
from continuity.models import Offer, SpocEntry
from journal.refused import Refused
from returns import outgoing
from returns.csv_table import csv_table
from returns.views.access import attempt, require


@require_GET
def entries(request):
    require(permissions.takes_part(request.seat))
    now, words = timezone.now(), request.GET.get("q", "").strip()[:80]
    rows = directory.matching(directory.entries_for_list(), words).order_by("service", "pk")
    page = page_of(request, rows)
    for entry in page:
        entry.is_unconfirmed = directory.is_unconfirmed(entry.confirmed_at, now)
    context = {"page": page, "words": words, "can_keep": permissions.can_keep_spoc_entry(request.seat)}
    return render(request, "continuity/spoc_entries.html", context | {"own": _own(request)})


def _own(request):
    return SpocEntry.objects.filter(organisation=request.seat.organisation).exists()


@require_GET
def entry(request, code):
    """One service: how to reach it, what it offers, and what its entry said before."""
    require(permissions.takes_part(request.seat))
    found = get_object_or_404(directory.entries_for_list().select_related("confirmed_by"), organisation__code=code)
    page = page_of(request, found.changes.select_related("by").order_by("-revision"))
    for change in page:
        change.lines = [
            (label, *change.changes[name]) for name, label in directory.LABELS.items() if name in change.changes
        ]
    context = {
        "entry": found,
        "is_unconfirmed": directory.is_unconfirmed(found.confirmed_at, timezone.now()),
        "offer": Offer.objects.filter(organisation=found.organisation).first(),
        "can_keep": _is_own(request, found.organisation) and permissions.can_keep_spoc_entry(request.seat),
        "can_offer": _is_own(request, found.organisation) and permissions.can_keep_offer(request.seat),
        "page": page,
    }
    return render(request, "continuity/spoc_entry.html", context)


def _is_own(request, organisation):
    return request.seat.organisation_id == organisation.pk


@require_http_methods(["GET", "POST"])
def edit_entry(request):
    """One's own entry."""
    require(permissions.can_keep_spoc_entry(request.seat))
    organisation = request.seat.organisation
    found = SpocEntry.objects.filter(organisation=organisation).first()
    initial = directory.values_of(found) if found else {"service": organisation.name}
    initial["revision"] = found.revision if found else 0
    form = SpocEntryForm(request.POST or None, initial=initial, organisation=organisation)
    if form.is_valid() and _save_entry(request, form):
        return redirect("continuity:spoc_entry", organisation.code)
    return render(request, "continuity/edit_spoc_entry.html", {"form": form, "entry": found})


def _save_entry(request, form):
    try:
        directory.save(
            request.seat.organisation,
            form.given,
            revision=form.cleaned_data["revision"],
            by=request.seat,
            at=timezone.now(),
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(
        request, "Saved and confirmed. The prisons that refer to you get a message where something changed."
    )
    return True


@require_POST
def confirm_entry(request):
    require(permissions.can_keep_spoc_entry(request.seat))
    found = get_object_or_404(SpocEntry.objects.select_related("organisation"), organisation=request.seat.organisation)
    attempt(
        request,
        directory.confirm,
        found,
        by=request.seat,
        at=timezone.now(),
        done="Thank you. Your entry is confirmed.",
    )
    return redirect("continuity:spoc_entry", found.organisation.code)


@require_POST
def download(request):
    """The whole directory as a file."""
    require(permissions.takes_part(request.seat))
    now = timezone.now()
    rows = list(directory.rows_of(directory.entries_for_list().order_by("service", "pk"), now))
    body, name = csv_table(directory.COLUMNS, rows), f"spoc-directory-{timezone.localdate(now)}.csv"
    outgoing.send_out(
        kind="SPOC directory",
        name=name,
        data=body,
        recipient=request.seat.organisation.name,
        policy="contact details of services, no clients",
        rows=len(rows),
        versions=[],
        by=request.seat,
        at=now,
    )
    return HttpResponse(
        body, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_GET
def offer(request, code):
    require(permissions.takes_part(request.seat))
    services = Organisation.objects.filter(kind=Organisation.Kind.COMMUNITY_TREATMENT_PROVIDER)
    organisation = get_object_or_404(services, code=code)
    found = Offer.objects.filter(organisation=organisation).select_related("edited_by").first()
    can_keep = _is_own(request, organisation) and permissions.can_keep_offer(request.seat)
    if found is None and not can_keep:
        raise Http404
    context = {"organisation": organisation, "offer": found, "can_keep": can_keep}
    return render(request, "continuity/offer.html", context)


@require_http_methods(["GET", "POST"])
def edit_offer(request):
    """One's own offer."""
    require(permissions.can_keep_offer(request.seat))
    organisation = request.seat.organisation
    found = Offer.objects.filter(organisation=organisation).first()
    initial = {name: getattr(found, name) for name in Offer.KINDS} if found else {}
    form = OfferForm(request.POST or None, initial=initial | {"as_at": timezone.localdate()})
    if form.is_valid():
        as_at = form.cleaned_data["as_at"]
        offers.save(organisation, form.given, as_at=as_at, by=request.seat, at=timezone.now())
        messages.success(request, "Saved. Prisons see this when they refer somebody to you.")
        return redirect("continuity:offer", organisation.code)
    return render(request, "continuity/edit_offer.html", {"form": form, "offer": found})
