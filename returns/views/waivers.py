"""Waivers: the list, one of them, and what is done to it."""

from django.db.models import Case, IntegerField, Q, Value, When
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.lists import page_of
from returns import permissions, waivers
from returns.forms import ReasonForm
from returns.models import Waiver
from returns.registry import type_of
from returns.views.access import attempt, require, submission_for
from returns.waiver_forms import AskForm, DecideForm

State = Waiver.State
SHOW = {
    "in-force": ("In force or waiting", lambda today: Q(state=State.ASKED) | Q(state=State.APPROVED, until__gte=today)),
    "asked": ("Waiting for approval", lambda today: Q(state=State.ASKED)),
    "over": ("Refused or over", lambda today: ~Q(state=State.ASKED) & ~Q(state=State.APPROVED, until__gte=today)),
}


@require_GET
def waiver_list(request):
    """What waits for a decision first."""
    require(permissions.can_see_waivers(request.seat))
    today = timezone.localdate()
    chosen = request.GET.get("show", "in-force")
    chosen = chosen if chosen in SHOW else "in-force"
    waits_first = Case(When(state=State.ASKED, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = Waiver.objects.visible_to(request.seat).for_list().filter(SHOW[chosen][1](today))
    context = {
        "page": page_of(request, rows.order_by(waits_first, "until", "pk")),
        "filters": [(key, title) for key, (title, _) in SHOW.items()],
        "chosen": chosen,
        "chosen_title": SHOW[chosen][0],
        "today": today,
    }
    return render(request, "returns/waivers.html", context)


@require_GET
def one_waiver(request, uuid):
    found = _waiver_for(request, uuid)
    may = permissions.can_decide_waiver(request.seat, found)
    context = {
        "waiver": found,
        "rule": waivers.rule_of(found),
        "is_own": found.requested_by_id == request.user.pk,
        "can_decide": may,
        "today": timezone.localdate(),
    }
    return render(request, "returns/waiver.html", context)


@require_http_methods(["GET", "POST"])
def ask(request, uuid):
    """Asks for a waiver for the provider of this return."""
    submission = submission_for(request, uuid)
    require(permissions.can_ask_for_waiver(request.seat, submission))
    rules = waivers.waivable(type_of(submission))
    form = AskForm(request.POST or None, rules=rules, initial={"rule": request.GET.get("rule", "")})
    if request.method == "POST" and form.is_valid():
        asked = attempt(
            request,
            waivers.ask,
            submission,
            **form.cleaned_data,
            by=request.seat,
            at=timezone.now(),
            done="The waiver is asked for. It counts when another person has approved it.",
        )
        if asked:
            return redirect("returns:waivers")
    return render(
        request, "returns/ask_waiver.html", {"submission": submission, "form": form, "act_title": "Ask for a waiver"}
    )


@require_http_methods(["GET", "POST"])
def decide(request, uuid):
    found = _decided(request, uuid)
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        attempt(
            request,
            waivers.decide,
            found,
            **form.cleaned_data,
            by=request.seat,
            at=timezone.now(),
            done="Your decision is written down. Both sides have been told.",
        )
        return redirect("returns:waiver", uuid=uuid)
    return _form(request, found, form, "Decide on this waiver", button="Decide")


@require_http_methods(["GET", "POST"])
def end(request, uuid):
    found = _decided(request, uuid)
    form = ReasonForm(request.POST or None, label="Why does it end?", hint="Both sides read this.")
    if request.method == "POST" and form.is_valid():
        attempt(
            request,
            waivers.end,
            found,
            reason=form.cleaned_data["reason"],
            by=request.seat,
            at=timezone.now(),
            done="The waiver has ended. Both sides have been told.",
        )
        return redirect("returns:waiver", uuid=uuid)
    explains = "From now on the warning is raised again. Versions that were checked keep their findings."
    return _form(request, found, form, "End this waiver early", button="End the waiver", explains=explains)


def _waiver_for(request, uuid):
    return get_object_or_404(Waiver.objects.visible_to(request.seat).for_list(), uuid=uuid)


def _decided(request, uuid):
    found = _waiver_for(request, uuid)
    require(permissions.can_decide_waiver(request.seat, found))
    return found


def _form(request, found, form, title, *, button, explains=""):
    context = {"waiver": found, "form": form, "act_title": title, "button": button, "explains": explains}
    return render(request, "returns/waiver_form.html", context)
