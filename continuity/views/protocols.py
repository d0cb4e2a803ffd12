"""Referral protocols: the list, one with what was agreed, proposing, changing and agreeing."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.lists import page_of
from accounts.posted import posted_number
from continuity import permissions, protocols, referrals
from continuity.forms import NewProtocolForm, ProtocolForm
from continuity.minimum_content import BY_AGREEMENT, CONTENT
from continuity.models import Protocol
from continuity.views.acting import by_now, done, either, tried
from returns.views.access import attempt, require


def protocols_of(request):
    return Protocol.objects.visible_to(request.seat).select_related("prison", "service", "area")


def protocol_for(request, uuid):
    return get_object_or_404(protocols_of(request).select_related("prison_agreed_by", "service_agreed_by"), uuid=uuid)


@require_GET
def protocol_list(request):
    require(permissions.takes_part(request.seat))
    page = page_of(request, protocols_of(request).order_by("prison__name", "area__name", "pk"))
    context = {
        "page": page,
        "can_propose": permissions.can_propose_protocols(request.seat),
        "today": timezone.localdate(),
    }
    return render(request, "continuity/protocols.html", context)


@require_GET
def protocol(request, uuid):
    found = protocol_for(request, uuid)
    can_agree = permissions.can_agree(request.seat, found)
    context = {
        "protocol": found,
        "content": [CONTENT[key] for key in found.minimum_content],
        "can_agree": can_agree,
        "must_agree": can_agree and found.lacks(found.side_of(request.seat.organisation_id)),
        "today": timezone.localdate(),
        "measured": referrals.measured(found, timezone.now()),
    }
    return render(request, "continuity/protocol.html", context)


@either
def propose(request):
    require(permissions.can_propose_protocols(request.seat))
    organisation = request.seat.organisation
    form = NewProtocolForm(request.POST or None, organisation=organisation, today=timezone.localdate())
    if form.is_valid():
        found = tried(form, protocols.propose, **form.parties, terms=form.terms, **by_now(request))
        if found:
            messages.success(request, "Proposed. Your side agrees to it; the other side has got a message.")
            return redirect("continuity:protocol", found.uuid)
    return render(request, "continuity/edit_protocol.html", {"form": form, "content": CONTENT, "extra": BY_AGREEMENT})


@either
def change(request, uuid):
    found = protocol_for(request, uuid)
    require(permissions.can_agree(request.seat, found))
    initial = {name: getattr(found, name) for name in (*protocols.TERMS, "revision")}
    initial["more_content"] = [key for key in found.minimum_content if key in BY_AGREEMENT]
    form = ProtocolForm(request.POST or None, initial=initial, today=timezone.localdate())
    if form.is_valid():
        revision = form.cleaned_data["revision"]
        if done(form, protocols.change, found, form.terms, revision=revision, **by_now(request)):
            messages.success(request, "Changed. Your side agrees to it; the other side has to agree again.")
            return redirect("continuity:protocol", uuid)
    context = {"form": form, "protocol": found, "content": CONTENT, "extra": BY_AGREEMENT}
    return render(request, "continuity/edit_protocol.html", context)


@require_POST
def agree(request, uuid):
    found = protocol_for(request, uuid)
    require(permissions.can_agree(request.seat, found))
    revision = posted_number(request.POST.get("revision"))
    said = "Your side agrees to this protocol."
    attempt(request, protocols.agree, found, revision=revision, **by_now(request), done=said)
    return redirect("continuity:protocol", uuid)
