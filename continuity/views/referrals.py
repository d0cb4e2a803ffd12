"""Live referrals: for the sending prison and the receiving service alone; for everybody else they are not there."""

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.lists import page_of
from accounts.posted import posted_number
from continuity import permissions, referral_acts, referral_form, referrals, windows
from continuity.models import Area, LiveReferral, Protocol, ReleaseChange, SpocEntry
from continuity.referral_answers import clashes, with_rows
from continuity.views.acting import by_now, done, either
from returns.views.access import attempt, require

FILTERS = {
    "drafts": ("Drafts", Q(status="DRAFT", purged_at=None)),
    "waiting": ("Not acknowledged yet", Q(status__in=["SENT", "RECEIVED"], purged_at=None)),
    "changes": (
        "With a change that is not acknowledged",
        Q(has_unseen=True, purged_at=None) & ~Q(status="WITHDRAWN"),
    ),
    "expected": ("Acknowledged, not released yet", Q(status="ACKNOWLEDGED", released_on=None, purged_at=None)),
    "released": ("Released", Q(released_on__isnull=False, purged_at=None)),
    "closed": ("Withdrawn or removed", Q(status="WITHDRAWN") | Q(purged_at__isnull=False)),
}


def referral_for(request, uuid):
    """The referral, if the seat's organisation is one of its two parties; otherwise 404."""
    rows = LiveReferral.objects.visible_to(request.seat).for_page()
    return get_object_or_404(rows.select_related("sent_by", "received_by", "acknowledged_by"), uuid=uuid)


@require_GET
def referral_list(request):
    require(permissions.works_with_referrals(request.seat))
    chosen, words = request.GET.get("show", ""), request.GET.get("q", "").strip()[:80]
    unseen = ReleaseChange.objects.filter(referral=OuterRef("pk"), acknowledged_at=None)
    rows = LiveReferral.objects.visible_to(request.seat).for_page().annotate(has_unseen=Exists(unseen))
    if chosen in FILTERS:
        rows = rows.filter(FILTERS[chosen][1])
    if words:
        same_number = Q(pk=posted_number(words.upper().removeprefix("R-")))
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


@either
def begin(request):
    """First the area, then one of its services, with what it offers and what was agreed with it."""
    require(permissions.can_begin_referral(request.seat))
    form = referral_acts.WhereForm(request.POST or None)
    if form.is_valid():
        service = form.cleaned_data["service"].organisation
        found = referrals.begin(service=service, area=form.cleaned_data["area"], **by_now(request))
        return redirect("continuity:referral", found.uuid)
    asked = request.POST.get("area") or request.GET.get("area", "")
    area = Area.objects.filter(dat_code=asked.replace("\0", "")).first()
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
        "missing": referrals.missing_content(found),
        "protocol": protocol,
        "acknowledge_by": referrals.acknowledged_by(found),
        "is_late": referrals.is_late(found, now),
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
        "can_correct_release": writes and found.released_on is not None,
    }
    return render(request, "continuity/referral.html", context)


def _sections(found):
    if found.purged_at:
        return []
    answers = referral_form.answers_of(found)
    return [(section, list(referral_form.shown(section, answers))) for section in referral_form.SECTIONS]


def _countdowns(found):
    return windows.countdowns(found.released_on, timezone.localdate()) if found.released_on else []


@either
def section(request, uuid, slug):
    found = referral_for(request, uuid)
    require(permissions.can_write_referral(request.seat, found))
    spec = referral_form.BY_SLUG.get(slug)
    if spec is None or not found.is_open:
        messages.error(request, "This part of the referral cannot be changed.")
        return redirect("continuity:referral", uuid)
    form = referral_form.SectionForm(spec, found, request.POST or None)
    if form.is_valid() and done(
        form,
        referrals.save_section,
        found,
        spec,
        form.given,
        revision=form.cleaned_data["revision"],
        **by_now(request),
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


@either
def send(request, uuid):
    """Says first to whom it goes and what is missing."""
    found = referral_for(request, uuid)
    require(permissions.can_write_referral(request.seat, found))
    if request.method == "POST":
        said = f"Sent. {found.service.name} has got a message and sees the referral now."
        attempt(request, referrals.send, found, **by_now(request), done=said)
        return redirect("continuity:referral", uuid)
    if not found.is_draft or not found.is_open:
        return redirect("continuity:referral", uuid)
    protocol = referrals.protocol_for(found)
    context = {
        "referral": found,
        "protocol": protocol,
        "needed": referral_form.missing_to_send(referral_form.answers_of(found)),
        "missing": referrals.missing_content(found),
    }
    return render(request, "continuity/send_referral.html", context)


@either
def withdraw(request, uuid):
    found = referral_for(request, uuid)
    require(permissions.can_write_referral(request.seat, found))
    if request.method == "POST":
        said = "Withdrawn. The person’s details have been removed."
        attempt(request, referrals.withdraw, found, **by_now(request), done=said)
        return redirect("continuity:referral", uuid)
    return render(request, "continuity/withdraw_referral.html", {"referral": found})
