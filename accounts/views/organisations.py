"""The register of organisations, and what each one is and belongs to as at a date."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_http_methods

from accounts import organisations, permissions
from accounts.forms import DomainsForm, EndTraitForm, LeadCommissionerForm, TraitForm
from accounts.lists import page_of
from accounts.models import Organisation, OrganisationLink, OrganisationTrait
from accounts.views.finding import attempt_by_form, organisation_for


@require_GET
def organisation_list(request):
    words, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    rows = Organisation.objects.visible_to(request.seat).matching(words).select_related("region")
    if kind in Organisation.Kind.values:
        rows = rows.filter(kind=kind)
    context = {
        "page": page_of(request, rows.order_by("name", "id")),
        "words": words,
        "kind": kind,
        "kinds": Organisation.Kind.choices,
    }
    return render(request, "accounts/organisations.html", context)


@require_GET
def organisation(request, code):
    found = organisation_for(request, code)
    on = _day(request.GET.get("on", "")) or timezone.localdate()
    links = OrganisationLink.objects.select_related("from_organisation", "to_organisation", "edited_by")
    traits = OrganisationTrait.objects.filter(organisation=found).select_related("edited_by").order_by("-during")
    context = {
        "organisation": found,
        "on": on,
        "traits": [row for row in traits if on in row.during],
        "earlier_traits": [row for row in traits if on not in row.during],
        "links_out": links.filter(from_organisation=found).on(on).order_by("kind"),
        "links_in": page_of(request, links.filter(to_organisation=found).on(on).order_by("from_organisation__name")),
        "can_keep": permissions.can_keep_organisations(request.seat),
        "can_manage_people": permissions.can_manage_people(request.seat, found),
        "can_see_submitters": permissions.can_see_submitters(request.seat, found),
    }
    return render(request, "accounts/organisation.html", context)


@require_http_methods(["GET", "POST"])
def set_trait(request, code):
    form = TraitForm(request.POST or None)
    words = {"heading": "Say what this organisation is", "done": "Written down."}
    return _keep(request, _kept(request, code), form, organisations.set_trait, **words)


@require_http_methods(["GET", "POST"])
def set_lead_commissioner(request, code):
    form = LeadCommissionerForm(request.POST or None, today=timezone.localdate())
    words = {"heading": "Name the lead commissioner", "done": "The lead commissioner is written down."}
    return _keep(request, _kept(request, code), form, organisations.set_lead_commissioner, **words)


@require_http_methods(["GET", "POST"])
def set_email_domains(request, code):
    found = _kept(request, code)
    form = DomainsForm(request.POST or None, initial={"domains": "\n".join(found.email_domains)})
    words = {"heading": "Domains of work addresses", "done": "The domains are written down."}
    return _keep(request, found, form, organisations.set_email_domains, **words)


@require_http_methods(["GET", "POST"])
def end_trait(request, number):
    row = get_object_or_404(OrganisationTrait.objects.select_related("organisation"), pk=number)
    _kept(request, row.organisation.code)
    words = {"heading": f"End “{row.get_trait_display()}”", "done": "Written down."}
    return _keep(request, row.organisation, EndTraitForm(request.POST or None), organisations.end_trait, row, **words)


def _keep(request, found, form, act, subject=None, *, heading, done):
    """A form about an organisation, and the act it leads to."""
    if form.is_valid():
        now = timezone.now()
        attempt_by_form(form, act, subject or found, **form.cleaned_data, by=request.seat, at=now)
        if not form.errors:
            messages.success(request, done)
            return redirect("accounts:organisation", found.code)
    return render(request, "accounts/keep_organisation.html", {"organisation": found, "form": form, "heading": heading})


def _kept(request, code):
    found = organisation_for(request, code)
    if not permissions.can_keep_organisations(request.seat):
        raise PermissionDenied
    return found


def _day(text):
    try:
        return parse_date(text)
    except ValueError:
        return None
