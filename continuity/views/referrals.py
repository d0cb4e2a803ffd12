"""Live referrals: for the sending prison and the receiving service alone; for everybody else they are not there."""

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.lists import page_of
from continuity import permissions, referral_acts, referral_form, referrals, windows
from continuity.models import Area, LiveReferral, Protocol, ReleaseChange, SpocEntry
from continuity.referral_answers import clashes, with_rows
from continuity.views.protocols import attempt_by_form
from returns.views.access import attempt, require

FILTERS = {
    "drafts": ("Drafts", Q(status="DRAFT", purged_at=None)),
    "waiting": ("Not acknowledged yet", Q(status__in=["SENT", "RECEIVED"], purged_at=None)),
    "expected": ("Acknowledged, not released yet", Q(status="ACKNOWLEDGED", released_on=None, purged_at=None)),
    "released": ("Released", Q(released_on__isnull=False, purged_at=None)),
    "closed": ("Withdrawn or removed", Q(status="WITHDRAWN") | Q(purged_at__isnull=False)),
}


def referral_for(request, uuid):
    """The referral, if the seat's organisation is one of its two parties; otherwise 404."""
    return get_object_or_404(LiveReferral.objects.visible_to(request.seat).for_page(), uuid=uuid)


@require_GET
def referral_list(request):
    require(permissions.works_with_referrals(request.seat))
    chosen, words = request.GET.get("show", ""), request.GET.get("q", "").strip()[:80]
    unseen = ReleaseChange.objects.filter(referral=OuterRef("pk"), acknowledged_at=None)
    rows = LiveReferral.objects.visible_to(request.seat).for_page().annotate(has_unseen=Exists(unseen))
    if chosen in FILTERS:
        rows = rows.filter(FILTERS[chosen][1])
    if words:
        number = words.upper().removeprefix("R-")
        same_number = Q(pk=int(number)) if number.isdecimal() and len(number) < 12 else Q(pk=None)
        rows = rows.filter(same_number | Q(person__surname__istartswith=words) | Q(person__prison_number__iexact=words))
    context = {
        "page": page_of(request, rows.order_by("-created_at", "-pk")),
        "filters": [(key, title) for key, (title, _) in FILTERS.items()],
        "chosen": chosen,
        "words": words,
        "can_begin": permissions.can_begin_referral(request.seat),
        "today": timezone.localdate(),
    }
    return render(request, "continuity/referrals.html", context)


@require_http_methods(["GET", "POST"])
def begin(request):
    """First the area, then one of its services, with what it offers and what was agreed with it."""
    require(permissions.can_begin_referral(request.seat))
    form = referral_acts.WhereForm(request.POST or None)
    if form.is_valid():
        service = form.cleaned_data["service"].organisation
        found = referrals.begin(service=service, area=form.cleaned_data["area"], by=request.seat, at=timezone.now())
        return redirect("continuity:referral", found.uuid)
    area = Area.objects.filter(dat_code=request.POST.get("area") or request.GET.get("area", "")).first()
    protocol = Protocol.objects.agreed().filter(prison=request.seat.organisation, area=area).first() if area else None
    context = {
        "form": form,
        "areas": Area.objects.filter(spoc_entries__isnull=False).distinct().order_by("name"),
        "area": area,
        "entries": _services_of(area),
        "protocol": protocol,
    }
    return render(request, "continuity/begin_referral.html", context)


def _services_of(area):
    if area is None:
        return []
    return SpocEntry.objects.filter(areas=area).select_related("organisation__offer").order_by("service", "pk")


@require_GET
def referral(request, uuid):
    """Everything about one referral. That somebody read it is written down."""
    found = referral_for(request, uuid)
    now = timezone.now()
    protocol = referrals.protocol_for(found)
    rows = with_rows(found)
    changes = list(found.release_changes.select_related("told_by", "acknowledged_by").order_by("-pk"))
    writes = found.is_open and permissions.can_write_referral(request.seat, found)
    follows = found.is_with_service and permissions.can_follow_referral(request.seat, found)
    if found.purged_at is None:
        referrals.record_read(found, by=request.seat, at=now)
    context = {
        "referral": found,
        "sections": _sections(found),
        "missing": referrals.missing_content(found, protocol),
        "protocol": protocol,
        "acknowledge_by": referrals.acknowledged_by(found, protocol),
        "is_late": referrals.is_late(found, protocol, now),
        "changes": changes,
        "unseen": [change for change in changes if change.acknowledged_at is None],
        "rows": rows,
        "clashes": clashes(rows.appointments),
        "missed": any(row.outcome == "DNA" for row in rows.appointments),
        "countdowns": [(item, item.said(timezone.localdate())) for item in _countdowns(found)],
        "entry": SpocEntry.objects.filter(organisation=found.service_id).first(),
        "writes": writes,
        "follows": follows,
        "both": writes or follows,
        "must_receive": follows and found.status == LiveReferral.Status.SENT,
        "must_acknowledge": follows and found.acknowledged_at is None,
        "can_change_release": writes and found.sent_at is not None and found.released_on is None,
    }
    return render(request, "continuity/referral.html", context)


def _sections(found):
    if found.purged_at:
        return []
    answers = referral_form.answers_of(found)
    return [(section, list(referral_form.shown(section, answers))) for section in referral_form.SECTIONS]


def _countdowns(found):
    return windows.countdowns(found.released_on, timezone.localdate()) if found.released_on else []


@require_http_methods(["GET", "POST"])
def section(request, uuid, slug):
    found = referral_for(request, uuid)
    require(permissions.can_write_referral(request.seat, found))
    spec = referral_form.BY_SLUG.get(slug)
    if spec is None or not found.is_open:
        messages.error(request, "This part of the referral cannot be changed.")
        return redirect("continuity:referral", uuid)
    form = referral_form.SectionForm(spec, found, request.POST or None)
    if form.is_valid() and attempt_by_form(
        form,
        referrals.save_section,
        found,
        spec,
        form.given,
        revision=form.cleaned_data["revision"],
        by=request.seat,
    ):
        return redirect(_next(request, uuid, spec))
    if request.method == "GET":
        referrals.record_read(found, by=request.seat, at=timezone.now())
    context = {
        "referral": found,
        "section": spec,
        "form": form,
        "number": referral_form.SECTIONS.index(spec) + 1,
        "count": len(referral_form.SECTIONS),
    }
    return render(request, "continuity/referral_section.html", context)


def _next(request, uuid, spec):
    place = referral_form.SECTIONS.index(spec) + 1
    if "continue" in request.POST and place < len(referral_form.SECTIONS):
        return reverse("continuity:referral_section", args=[uuid, referral_form.SECTIONS[place].slug])
    return reverse("continuity:referral", args=[uuid])


@require_http_methods(["GET", "POST"])
def send(request, uuid):
    """Says first to whom it goes and what is missing."""
    found = referral_for(request, uuid)
    require(permissions.can_write_referral(request.seat, found))
    if request.method == "POST":
        done = f"Sent. {found.service.name} has got a message and sees the referral now."
        attempt(request, referrals.send, found, by=request.seat, at=timezone.now(), done=done)
        return redirect("continuity:referral", uuid)
    if not found.is_draft or not found.is_open:
        return redirect("continuity:referral", uuid)
    protocol = referrals.protocol_for(found)
    context = {
        "referral": found,
        "protocol": protocol,
        "needed": referral_form.missing_to_send(referral_form.answers_of(found)),
        "missing": referrals.missing_content(found, protocol),
    }
    return render(request, "continuity/send_referral.html", context)


@require_http_methods(["GET", "POST"])
def withdraw(request, uuid):
    found = referral_for(request, uuid)
    require(permissions.can_write_referral(request.seat, found))
    if request.method == "POST":
        done = "Withdrawn. The person’s details have been removed."
        attempt(request, referrals.withdraw, found, by=request.seat, at=timezone.now(), done=done)
        return redirect("continuity:referral", uuid)
    return render(request, "continuity/withdraw_referral.html", {"referral": found})


@require_POST
def receive(request, uuid):
    return _at_once(request, uuid, permissions.can_follow_referral, referrals.receive, "Received. Acknowledge it next.")


@require_POST
def acknowledge_changes(request, uuid):
    done = "Acknowledged. The prison sees that you know."
    return _at_once(request, uuid, permissions.can_follow_referral, referrals.acknowledge_changes, done)


@require_POST
def remove_appointment(request, uuid, pk):
    found = referral_for(request, uuid)
    require(_either(request.seat, found))
    attempt(
        request,
        referrals.remove_appointment,
        found,
        pk,
        by=request.seat,
        at=timezone.now(),
        done="Appointment removed.",
    )
    return redirect("continuity:referral", uuid)


def _at_once(request, uuid, permission, act, done):
    found = referral_for(request, uuid)
    require(permission(request.seat, found))
    attempt(request, act, found, by=request.seat, at=timezone.now(), done=done)
    return redirect("continuity:referral", uuid)


@require_http_methods(["GET", "POST"])
def acknowledge(request, uuid):
    page = {
        "title": "Acknowledge the referral",
        "explains": "The prison gets a message. Acknowledge also what is not for you, so that it can be sent elsewhere.",
        "button": "Acknowledge",
        "done": "Acknowledged. The prison has got a message.",
    }
    form = referral_acts.AcknowledgeForm(request.POST or None)
    return _by_form(request, uuid, permissions.can_follow_referral, form, page, referrals.acknowledge)


@require_http_methods(["GET", "POST"])
def change_release(request, uuid):
    page = {
        "title": "The release has changed",
        "explains": "The service is told at once and is asked to say that it knows.",
        "button": "Save and tell the service",
        "done": "Saved. The service has got a message.",
    }
    form = referral_acts.ReleaseForm(request.POST or None)
    return _by_form(request, uuid, permissions.can_write_referral, form, page, referrals.change_release)


@require_http_methods(["GET", "POST"])
def add_contact(request, uuid):
    page = {
        "title": "Add a contact before release",
        "explains": "A visit, a call or a group before release. Peers and families count too.",
        "button": "Save",
        "done": "Contact saved.",
    }
    form = referral_acts.ContactForm(request.POST or None)
    return _by_form(request, uuid, permissions.can_follow_referral, form, page, referrals.record_contact)


@require_http_methods(["GET", "POST"])
def add_appointment(request, uuid):
    page = {
        "title": "Add an appointment",
        "explains": "Add those with probation and resettlement as well: then you see whether they clash.",
        "button": "Save",
        "done": "Appointment saved.",
    }
    form = referral_acts.AppointmentForm(request.POST or None)
    return _by_form(request, uuid, _either, form, page, _record_appointment)


def _record_appointment(found, *, by, at, **given):
    return referrals.record_appointment(found, given=given, by=by, at=at)


@require_http_methods(["GET", "POST"])
def record_outcome(request, uuid, pk):
    page = {
        "title": "What came of the appointment",
        "explains": "Record it also when the person did not come: then the follow-up can be recorded.",
        "button": "Save",
        "done": "Saved.",
    }
    form = referral_acts.OutcomeForm(request.POST or None)

    def act(found, **given):
        return referrals.record_outcome(found, pk, **given)

    return _by_form(request, uuid, permissions.can_follow_referral, form, page, act)


@require_http_methods(["GET", "POST"])
def add_follow_up(request, uuid):
    page = {
        "title": "Add a follow-up",
        "explains": "Each attempt to reach the person after a missed appointment is one line.",
        "button": "Save",
        "done": "Follow-up saved.",
    }
    form = referral_acts.FollowUpForm(request.POST or None)
    return _by_form(request, uuid, permissions.can_follow_referral, form, page, referrals.record_follow_up)


@require_http_methods(["GET", "POST"])
def no_follow_up(request, uuid):
    page = {
        "title": "Not followed up",
        "explains": "Say why nobody tried to reach the person after the missed appointment.",
        "button": "Save",
        "done": "Saved.",
    }
    form = referral_acts.NoFollowUpForm(request.POST or None)
    return _by_form(request, uuid, permissions.can_follow_referral, form, page, referrals.say_not_followed_up)


def _either(seat, found):
    return permissions.can_write_referral(seat, found) or permissions.can_follow_referral(seat, found)


def _by_form(request, uuid, permission, form, page, act):
    """A page with one form about one referral: the act takes the form's answers by name."""
    found = referral_for(request, uuid)
    require(permission(request.seat, found))
    if form.is_valid() and attempt_by_form(form, act, found, **form.cleaned_data, by=request.seat):
        messages.success(request, page["done"])
        return redirect("continuity:referral", uuid)
    return render(request, "continuity/referral_act.html", {"referral": found, "form": form, "page": page})
