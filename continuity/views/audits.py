"""An audit: its list, its page, and its set-up, by whoever takes part in it."""

from datetime import date

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.lists import page_of
from accounts.posted import posted_number
from continuity import analyses, audits, indicator, permissions, stages
from continuity.audit_forms import (
    AgreementForm,
    CapacityForm,
    DeclineForm,
    MeetingForm,
    PairForm,
    PartyForm,
    TermsForm,
    TopicForm,
)
from continuity.models import TOPICS, Audit, SharingAgreement
from continuity.views.acting import by_now, done, either, form_page, tried
from continuity.views.finding import audit_for
from journal import events
from returns import stored_files
from returns.views.access import attempt, require


@require_GET
def audit_list(request):
    require(permissions.takes_part(request.seat))
    rows = (
        Audit.objects.visible_to(request.seat)
        .select_related("period__collection__owner")
        .order_by("-period__ends", "-pk")
    )
    context = {"page": page_of(request, rows), "can_set_up": permissions.can_set_up(request.seat)}
    return render(request, "continuity/audits.html", context)


@require_GET
def audit(request, uuid):
    """The stages as a task list: what is done, what waits, and for whom."""
    found = audit_for(request, uuid)
    asked = [party for party in found.parties.all() if party.is_asked and permissions.can_answer(request.seat, party)]
    for party in asked:
        party.audit = found
    context = {
        "audit": found,
        "stages": stages.stages_of(found, request.seat),
        "to_accept": [party for party in asked if party.invited_at and not party.has_accepted],
        "proposals": audits.proposals(found) if permissions.can_run(request.seat, found) else [],
        "runs": permissions.can_run(request.seat, found),
        "lost": analyses.lost_to_the_data(found, request.seat),
    }
    return render(request, "continuity/audit.html", context)


# Terms


@either
def set_up(request):
    require(permissions.can_set_up(request.seat))
    form = TermsForm(request.POST or None)
    if form.is_valid() and (made := tried(form, audits.set_up, **form.cleaned_data, **by_now(request))):
        messages.success(request, "The audit is set up. Now say which prisons and areas it is about.")
        return redirect("audits:pairs", made.uuid)
    return form_page(request, form, "Set up an audit", "Continue")


@either
def terms(request, uuid):
    found = _run(request, uuid)
    period = found.period
    initial = {
        "title": found.title,
        "starts": period.starts,
        "ends": _proposed_end(request, period) or period.ends,
        "due_on": timezone.localdate(period.due_at),
        "aims": found.aims,
        "analysis_lead": found.analysis_lead,
    }
    form = TermsForm(request.POST or None, initial=initial)
    if form.is_valid() and done(form, audits.change_terms, found, **form.cleaned_data, **by_now(request)):
        messages.success(request, "The terms are changed. Everybody who was asked is asked again.")
        return redirect("audits:audit", uuid)
    about = "Whoever has been asked to accept the audit is asked again about the new terms."
    return form_page(request, form, "Change the terms", "Save the terms", found, about)


def _proposed_end(request, period):
    """The last day that a proposal of a shorter period leads here with."""
    try:
        day = date.fromisoformat(request.GET.get("ends", ""))
    except ValueError:
        return None
    return day if period.starts <= day < period.ends else None


@either
def pairs(request, uuid):
    """The prisons and areas of the audit, what is expected of each, and whether the services can do it."""
    found = audit_for(request, uuid)
    runs = permissions.can_run(request.seat, found)
    require(runs or request.method == "GET")
    changes = runs and not found.is_closed
    offered = indicator.main_pairs(request.seat, "2.16") if changes else []
    form = PairForm(request.POST or None, initial=_chosen(request, found, offered))
    if form.is_valid() and done(form, audits.add_pair, found, **form.cleaned_data, **by_now(request)):
        messages.success(request, "The prison and area are added.")
        return redirect("audits:pairs", uuid)
    rows = found.pairs.select_related("prison", "area", "service").order_by("prison__name", "area__name")
    taken = {(pair.prison_id, pair.area_id) for pair in rows}
    context = {
        "audit": found,
        "pairs": rows,
        "form": form,
        "runs": changes,
        "proposals": audits.proposals(found) if not found.is_closed else [],
        "main_pairs": [
            {
                "reading": reading,
                "expected": indicator.to_expect(reading, found.period),
                "is_in": (reading.value.prison_id, reading.value.area_id) in taken,
            }
            for reading in offered
        ],
    }
    return render(request, "continuity/pairs.html", context)


def _chosen(request, audit, offered):
    """What the form begins with where one of the main pairs was chosen: the service is the area's, where it has but one."""
    reading = next((reading for reading in offered if str(reading.value.pk) == request.GET.get("choose")), None)
    if reading is None:
        return {}
    value = reading.value
    services = list(value.area.spoc_entries.values_list("organisation", flat=True)[:2])
    return {
        "prison": value.prison,
        "area": value.area,
        "service": services[0] if len(services) == 1 else None,
        "expected": indicator.to_expect(reading, audit.period),
    }


@either
def remove_pair(request, uuid, number):
    found = _run(request, uuid)
    pair = get_object_or_404(found.pairs.select_related("prison", "area", "service"), pk=number)
    if request.method == "POST":
        attempt(request, audits.remove_pair, found, pair, **by_now(request), done="They are no longer in the audit.")
        return redirect("audits:pairs", uuid)
    about = (
        f"{pair.prison.name} and {pair.area.name} leave the audit. Whoever has no other part in it leaves with them."
    )
    return form_page(request, None, "Take this pair out", "Take it out", found, about, warning=True)


# Parties


@either
def parties(request, uuid):
    found = audit_for(request, uuid)
    runs = permissions.can_run(request.seat, found)
    require(runs or request.method == "GET")
    form = PartyForm(request.POST or None)
    if form.is_valid() and done(form, audits.add_party, found, **form.cleaned_data, **by_now(request)):
        messages.success(request, "The party is added. Invite it next.")
        return redirect("audits:parties", uuid)
    rows = list(found.parties.select_related("organisation", "accepted_by").order_by("organisation__name", "part"))
    for party in rows:
        party.audit = found
    context = {
        "audit": found,
        "parties": rows,
        "form": form,
        "runs": runs and not found.is_closed,
        "to_invite": sum(party.invited_at is None for party in rows),
    }
    return render(request, "continuity/parties.html", context)


@require_POST
def invite(request, uuid):
    found = _run(request, uuid)
    attempt(
        request, audits.invite, found, **by_now(request), done="They are invited. You will hear when each has answered."
    )
    return redirect("audits:parties", uuid)


@either
def accept(request, uuid, number):
    """The terms in full, and the button that accepts them; a service says what it can do."""
    found, party = _asked(request, uuid, number)
    form = (
        CapacityForm(request.POST or None, initial={"capacity": party.capacity}) if party.part == "COMMUNITY" else None
    )
    if request.method == "POST" and (form is None or form.is_valid()):
        capacity = form.cleaned_data["capacity"] if form else None
        said = {"revision": posted_number(request.POST.get("revision")), "capacity": capacity}
        if attempt(request, audits.accept, party, **said, **by_now(request), done="You have accepted the audit."):
            return redirect("audits:audit", uuid)
    rows = found.pairs.select_related("prison", "area", "service").order_by("prison__name", "area__name")
    context = {"audit": found, "party": party, "pairs": rows, "form": form, "agreement": audits.agreement_of(found)}
    return render(request, "continuity/accept_audit.html", context)


@either
def decline(request, uuid, number):
    found, party = _asked(request, uuid, number)
    form = DeclineForm(request.POST or None)
    if form.is_valid() and done(form, audits.decline, party, **form.cleaned_data, **by_now(request)):
        messages.success(request, f"{found.owner.name} is told what should change.")
        return redirect("audits:audit", uuid)
    about = f"Your reason goes to {found.owner.name}, who can change the terms and ask again."
    return form_page(request, form, "Do not accept the audit", "Send", found, about)


def _asked(request, uuid, number):
    found = audit_for(request, uuid)
    party = get_object_or_404(found.parties.select_related("organisation"), pk=number)
    party.audit = found
    require(party.is_asked and permissions.can_answer(request.seat, party))
    return found, party


# Agreement, topics, meetings


@either
def agreement(request, uuid):
    found = audit_for(request, uuid)
    runs = permissions.can_run(request.seat, found)
    require(runs or request.method == "GET")
    form = AgreementForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        given = dict(form.cleaned_data)
        uploaded = given.pop("file")
        if done(form, audits.record_agreement, found, uploaded=uploaded, **given, **by_now(request)):
            messages.success(request, "The agreement is on file.")
            return redirect("audits:agreement", uuid)
    rows = found.agreements.select_related("recorded_by").order_by("-pk")
    context = {"audit": found, "agreements": rows, "form": form, "runs": runs and not found.is_closed}
    return render(request, "continuity/agreement.html", context)


@require_GET
def agreement_file(request, uuid, number):
    found = audit_for(request, uuid)
    row = get_object_or_404(SharingAgreement, audit=found, pk=number)
    events.record("sharing agreement downloaded", subject=("audit", found.uuid), by=request.seat, at=timezone.now())
    return stored_files.attachment(row)


@require_GET
def topics(request, uuid):
    found = audit_for(request, uuid)
    context = {"audit": found, "topics": audits.topics_of(found), "can_note": permissions.can_note(request.seat, found)}
    return render(request, "continuity/topics.html", context)


@either
def topic(request, uuid, number):
    found = audit_for(request, uuid)
    require(permissions.can_note(request.seat, found))
    if not 1 <= number <= len(TOPICS):
        raise Http404
    noted = audits.topics_of(found)[number - 1]
    initial = {"text": noted.text, "owner": noted.owner, "agreed_change": noted.agreed_change}
    form = TopicForm(request.POST or None, initial=initial)
    if form.is_valid() and done(form, audits.note_topic, found, number, **form.cleaned_data, **by_now(request)):
        messages.success(request, "Noted.")
        return redirect("audits:topics", uuid)
    return form_page(request, form, TOPICS[number - 1], "Save", found)


@require_GET
def meetings(request, uuid):
    found = audit_for(request, uuid)
    rows = found.meetings.select_related("recorded_by").order_by("-held_on", "-pk")
    context = {"audit": found, "page": page_of(request, rows), "can_note": permissions.can_note(request.seat, found)}
    return render(request, "continuity/meetings.html", context)


@either
def add_meeting(request, uuid):
    found = audit_for(request, uuid)
    require(permissions.can_note(request.seat, found))
    form = MeetingForm(request.POST or None)
    if form.is_valid() and done(form, audits.record_meeting, found, **form.cleaned_data, **by_now(request)):
        messages.success(request, "The meeting is noted.")
        return redirect("audits:meetings", uuid)
    return form_page(
        request,
        form,
        "Note a meeting",
        "Save",
        found,
        "Every party to the audit reads this. Do not write about clients.",
    )


@either
def close(request, uuid):
    found = _run(request, uuid)
    if request.method == "POST":
        attempt(request, audits.close, found, **by_now(request), done="The audit is closed.")
        return redirect("audits:audit", uuid)
    about = (
        f"Sheets cannot change any more. In {audits.PURGE_AFTER} days names, dates of birth and reference numbers are removed"
        " for good. The rows stay without them, for the analysis."
    )
    if not found.figures.filter(shared_at__isnull=False).exists():
        about = (
            f"The findings have not been shared yet: go back and share them first, unless there will be none. {about}"
        )
    return form_page(request, None, "Close the audit", "Close the audit", found, about, warning=True)


def _run(request, uuid):
    found = audit_for(request, uuid)
    require(permissions.can_run(request.seat, found))
    return found
