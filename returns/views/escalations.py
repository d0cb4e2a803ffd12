"""Escalations for both sides: the list, one with its steps, and what is done to it."""

from django.db import transaction
from django.db.models import F, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.lists import page_of
from returns import attaching, escalations, permissions
from returns.escalation_forms import CloseForm, MoveForm, NoteForm, OwnerForm, RaiseForm
from returns.models import Escalation
from returns.registry import type_of
from returns.views.access import attempt, require, submission_for

SHOW = {
    "open": ("Open", lambda today: Q(state=Escalation.State.OPEN)),
    "overdue": ("Overdue", lambda today: Q(step__due_on__lt=today)),
    "failure": ("Failure to submit, open", lambda today: _open_of(Escalation.Kind.FAILURE_TO_SUBMIT)),
    "performance": ("Inadequate performance, open", lambda today: _open_of(Escalation.Kind.INADEQUATE_PERFORMANCE)),
    "closed": ("Closed", lambda today: Q(state=Escalation.State.CLOSED)),
}


def _open_of(kind):
    return Q(state=Escalation.State.OPEN, kind=kind)


@require_GET
def escalation_list(request):
    """Whose turn, due when, which step; the next that is due first."""
    require(permissions.can_see_escalations(request.seat))
    today = timezone.localdate()
    rows = Escalation.objects.visible_to(request.seat).for_list()
    chosen = request.GET.get("show", "open")
    chosen = chosen if chosen in SHOW else "open"
    words = request.GET.get("q", "").strip()[:80]
    rows = rows.filter(SHOW[chosen][1](today))
    if words:
        rows = rows.filter(Q(provider__name__icontains=words) | Q(provider__code__istartswith=words))
    context = {
        "page": page_of(request, rows.order_by(F("step__due_on").asc(nulls_last=True), "-raised_at", "pk")),
        "filters": [(key, title) for key, (title, _) in SHOW.items()],
        "chosen": chosen,
        "chosen_title": SHOW[chosen][0],
        "words": words,
        "today": today,
    }
    return render(request, "returns/escalations.html", context)


@require_GET
def one_escalation(request, uuid):
    found = _escalation_for(request, uuid)
    steps = list(
        found.steps.select_related("owner__person", "handed_over_from__person", "taken_by", "done_by")
        .prefetch_related("notes__written_by__person", "notes__written_by__organisation", "notes__attachments")
        .order_by("pk")
    )
    present = next((step for step in steps if step.is_open), None)
    context = {
        "escalation": found,
        "steps": steps[::-1],
        "present": present,
        "rung": found.ladder.rung(present.key) if present else None,
        "way_on": _way_on(found, present),
        "is_party": permissions.is_party(request.seat, found),
        "can_move": permissions.can_move(request.seat, found),
        "actions": found.actions.for_list().order_by("due_on", "pk"),
        "can_set_actions": permissions.can_set_actions(request.seat, found.submission),
        "can_answer": permissions.can_answer(request.seat, found),
        "today": timezone.localdate(),
    }
    return render(request, "returns/escalation.html", context)


def _way_on(escalation, present):
    """What its button says: up while there is a step above, else down; nothing where the ladder has one step."""
    rungs = escalation.ladder.rungs
    if present is None:
        return "Open it again"
    if present.key != rungs[-1].key:
        return "Take the next step"
    return "Go back to an earlier step" if len(rungs) > 1 else ""


@require_http_methods(["GET", "POST"])
def raise_one(request, uuid):
    submission = submission_for(request, uuid)
    require(permissions.can_escalate(request.seat, submission))
    measures = [(spec.key, spec.title) for spec in type_of(submission).measure_specs]
    form = RaiseForm(request.POST or None, submission=submission, measures=measures)
    ladder = escalations.ladder_shown(type_of(submission), timezone.localdate())
    if request.method == "POST" and form.is_valid():
        raised = attempt(
            request,
            escalations.raise_one,
            submission,
            **form.cleaned_data,
            by=request.seat,
            at=timezone.now(),
            done=f"The escalation of {submission.subject.name} is raised. Both sides have been told.",
        )
        if raised:
            return redirect(
                "returns:escalation", uuid=Escalation.objects.filter(submission=submission).latest("pk").uuid
            )
        return redirect("returns:review", uuid=uuid)
    context = {"submission": submission, "form": form, "act_title": "Escalate", "ladder": ladder}
    return render(request, "returns/escalate.html", context)


@require_http_methods(["GET", "POST"])
def move(request, uuid):
    """The next step, an earlier one, or, where it is closed, one to begin with again."""
    found = _moved(request, uuid)
    now = timezone.now()
    step = found.steps.filter(done_at=None).first()
    form = MoveForm(request.POST or None, escalation=found, step=step, owners=list(escalations.owners_for(found, now)))
    if request.method == "POST" and form.is_valid():
        moved = attempt(
            request,
            escalations.move,
            found,
            to=form.cleaned_data["to"],
            outcome=form.cleaned_data["outcome"],
            owner=form.owner_seat,
            by=request.seat,
            at=now,
            done="The step is taken. Both sides have been told.",
        )
        if moved:
            return redirect("returns:escalation", uuid=uuid)
    title = "Take a step" if step else "Open this escalation again"
    explains = (
        "The step on which it stands now is finished with what you write. The days of the new one run from today."
    )
    return _form(request, found, form, title, button=title, explains=explains if step else "")


@require_http_methods(["GET", "POST"])
def close(request, uuid):
    found = _moved(request, uuid)
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        attempt(
            request,
            escalations.close,
            found,
            reason=form.cleaned_data["reason"],
            by=request.seat,
            at=timezone.now(),
            done="The escalation is closed. Both sides have been told.",
        )
        return redirect("returns:escalation", uuid=uuid)
    explains = "Nothing more is due after this. It stays on the record, and you can open it again."
    return _form(request, found, form, "Close this escalation", button="Close the escalation", explains=explains)


@require_http_methods(["GET", "POST"])
def answer(request, uuid):
    """Words and documents on the step where it stands, from either side."""
    found = _escalation_for(request, uuid)
    require(permissions.can_answer(request.seat, found))
    form = NoteForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        now, done = timezone.now(), "Added. Both sides can see it."
        added = attempt(request, _write, found, form, by=request.seat, at=now, done=done)
        if added:
            return redirect("returns:escalation", uuid=uuid)
    return _form(request, found, form, "Add an answer or a document", button="Add")


@transaction.atomic
def _write(found, form, *, by, at):
    note = escalations.answer(found, text=form.cleaned_data["text"], by=by, at=at)
    if uploaded := form.cleaned_data["document"]:
        attaching.attach(uploaded, to=("escalation", found.uuid), note=note, by=by, at=at)


@require_http_methods(["GET", "POST"])
def give(request, uuid):
    """Another owner for the step where it stands."""
    found = _moved(request, uuid)
    now = timezone.now()
    step = found.steps.filter(done_at=None).first()
    if step is None:
        return redirect("returns:escalation", uuid=uuid)
    form = OwnerForm(request.POST or None, seats=dict(escalations.owners_for(found, now))[step.side])
    if request.method == "POST" and form.is_valid():
        attempt(
            request,
            escalations.give_to,
            found,
            owner=form.owner_seat,
            by=request.seat,
            at=now,
            done="The owner is told.",
        )
        return redirect("returns:escalation", uuid=uuid)
    return _form(request, found, form, "Give this step to somebody else", button="Give the step")


def _escalation_for(request, uuid):
    rows = Escalation.objects.visible_to(request.seat)
    rows = rows.select_related(
        "provider", "commissioner", "ladder", "raised_by", "closed_by", "submission__period__collection"
    )
    return get_object_or_404(rows, uuid=uuid)


def _moved(request, uuid):
    found = _escalation_for(request, uuid)
    require(permissions.can_move(request.seat, found))
    return found


def _form(request, found, form, title, *, button, explains=""):
    context = {"escalation": found, "form": form, "act_title": title, "button": button, "explains": explains}
    return render(request, "returns/escalation_form.html", context)
