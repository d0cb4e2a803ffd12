"""Actions for both sides: the list with its download, one with its progress, and what is done to it."""

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.lists import page_of
from accounts.roles import Reach
from returns import actions, attaching, outgoing, permissions
from returns.action_forms import ActionForm, OwnerAndDayForm, ProgressForm
from returns.actions import About
from returns.csv_table import csv_table
from returns.findings import kept_for
from returns.forms import ReasonForm
from returns.models import Action, Escalation, Visit
from returns.registry import return_types, type_of
from returns.views.access import attempt, require, submission_for

State = Action.State
SHOW = {
    "open": ("Open", lambda today: ~Q(state=State.CLOSED)),
    "due-soon": (f"Due in {actions.SOON_DAYS} days", actions.due_soon),
    "overdue": ("Overdue", actions.overdue),
    "proposed": ("Proposed as done", lambda today: Q(state=State.PROPOSED_DONE)),
    "closed": ("Closed", lambda today: Q(state=State.CLOSED)),
    "all": ("All", lambda today: Q()),
}
COLUMNS = (
    "organisation_code",
    "organisation_name",
    "title",
    "owner",
    "due_on",
    "state",
    "overdue",
    "follows_from",
    "period",
    "set_on",
    "closed_on",
    "close_reason",
)


@require_GET
def action_list(request):
    """What is due first stands first."""
    require(permissions.can_see_actions(request.seat))
    rows, context = _chosen(request)
    return render(request, "returns/actions.html", context | {"page": page_of(request, rows)})


def _chosen(request):
    """The rows that the filters of the page leave, with what the page says of them."""
    today = timezone.localdate()
    chosen = request.GET.get("show", "open")
    chosen = chosen if chosen in SHOW else "open"
    words = request.GET.get("q", "").strip()[:80]
    rows = Action.objects.visible_to(request.seat).for_list().filter(SHOW[chosen][1](today))
    if words:
        named = Q(provider__name__icontains=words) | Q(provider__code__istartswith=words) | Q(title__icontains=words)
        rows = rows.filter(named)
    return rows.order_by("due_on", "provider__name", "pk"), {
        "filters": [(key, title) for key, (title, _) in SHOW.items()],
        "chosen": chosen,
        "chosen_title": SHOW[chosen][0],
        "words": words,
        "today": today,
        "is_ours": request.seat.reach is Reach.OWN,
        "can_download": permissions.can_download_actions(request.seat),
    }


@require_POST
def download(request):
    """The list as CSV, with everything the page would show on all its pages."""
    require(permissions.can_download_actions(request.seat))
    rows, context = _chosen(request)
    rows = list(rows)
    body = csv_table(COLUMNS, (_line(row, context["today"]) for row in rows))
    outgoing.send_out(
        kind="action list",
        name="actions.csv",
        data=body,
        recipient=request.seat.organisation.name,
        policy="party to the matter",
        rows=len(rows),
        versions=[],
        by=request.seat,
        at=timezone.now(),
    )
    headers = {"Content-Disposition": 'attachment; filename="actions.csv"'}
    return HttpResponse(body, content_type="text/csv", headers=headers)


def _line(row, today):
    return (
        row.provider.code,
        row.provider.name,
        row.title,
        row.owner.person.name,
        row.due_on.isoformat(),
        row.get_state_display(),
        "yes" if row.is_overdue_on(today) else "no",
        follows_from(row),
        row.submission.period.key if row.submission else "",
        timezone.localdate(row.set_at).isoformat(),
        timezone.localdate(row.closed_at).isoformat() if row.closed_at else "",
        row.close_reason,
    )


def follows_from(action):
    """What the action follows from, in words; no query."""
    if action.measure:
        specs = return_types()[action.return_type].measure_specs
        return next((spec.title for spec in specs if spec.key == action.measure), action.measure)
    if action.rule:
        return f"Finding {action.rule}"
    if action.escalation_id:
        return "An escalation"
    return "A quality visit" if action.visit_id else ""


@require_GET
def one_action(request, uuid):
    found = _action_for(request, uuid)
    now = timezone.now()
    context = {
        "action": found,
        "notes": found.notes.select_related("written_by__person", "written_by__organisation")
        .prefetch_related("attachments")
        .order_by("-pk"),
        "follows_from": follows_from(found),
        "owner_has_left": found.owner.has_ended(now) or not found.owner.person.is_active,
        "is_party": permissions.is_party(request.seat, found),
        "can_progress": permissions.can_progress(request.seat, found),
        "can_close": permissions.can_close_action(request.seat, found),
        "can_change": permissions.can_change_action(request.seat, found),
        "today": timezone.localdate(now),
    }
    return render(request, "returns/action.html", context)


@require_http_methods(["GET", "POST"])
def add(request, uuid):
    """A new action of the provider of this return."""
    submission = submission_for(request, uuid)
    require(permissions.can_set_actions(request.seat, submission))
    now = timezone.now()
    owners = actions.owners_of(submission.subject, submission.return_type, now)
    subjects = _subjects(request.seat, submission)
    form = ActionForm(
        request.POST or None, owners=owners, subjects=subjects, initial={"about": request.GET.get("about", "")}
    )
    if request.method == "POST" and form.is_valid():
        added = attempt(
            request,
            actions.set_one,
            submission,
            title=form.cleaned_data["title"],
            details=form.cleaned_data["details"],
            owner=form.owner_seat,
            due_on=form.cleaned_data["due_on"],
            about=form.about_what,
            by=request.seat,
            at=now,
            done="The action is written down. Its owner has been told.",
        )
        if added:
            return redirect("returns:actions")
    context = {"submission": submission, "form": form, "act_title": "Add an action", "has_owners": bool(owners)}
    return render(request, "returns/add_action.html", context)


def _subjects(seat, submission):
    """What an action of this return's provider may follow from: (group, [(key, words, About)])."""
    specs = type_of(submission).measure_specs
    found = kept_for(submission.standing_version) if submission.standing_version else []
    about = {"provider": submission.subject, "return_type": submission.return_type}
    raised = Escalation.objects.visible_to(seat).open().filter(**about).select_related("submission__period")
    visits = Visit.objects.visible_to(seat).filter(**about).order_by("-visited_on")[:10]
    return [
        ("Measures", [(f"measure:{spec.key}", spec.title, About(measure=spec.key)) for spec in specs]),
        (
            "Findings",
            [
                (f"rule:{rule}", f"{rule}: {message}"[:120], About(rule=rule))
                for rule, message in {item.rule: item.message for item in found}.items()
            ],
        ),
        (
            "Escalations",
            [
                (
                    f"escalation:{row.uuid}",
                    f"{row.get_kind_display()}, {row.submission.period.title}",
                    About(escalation=row),
                )
                for row in raised
            ],
        ),
        (
            "Quality visits",
            [(f"visit:{row.uuid}", f"Visit on {row.visited_on:%-d %B %Y}", About(visit=row)) for row in visits],
        ),
    ]


@require_http_methods(["GET", "POST"])
def progress(request, uuid):
    found = _action_for(request, uuid)
    seat = request.seat
    require(permissions.can_progress(seat, found) or permissions.can_close_action(seat, found))
    if not found.is_open:
        return redirect("returns:action", uuid=uuid)
    form = ProgressForm(request.POST or None, request.FILES or None, may_propose=permissions.can_progress(seat, found))
    if request.method == "POST" and form.is_valid():
        written = attempt(
            request, _write, found, form, by=seat, at=timezone.now(), done="Added. Both sides can see it."
        )
        if written:
            return redirect("returns:action", uuid=uuid)
    return _form(request, found, form, "Add progress or evidence", button="Add")


@transaction.atomic
def _write(found, form, *, by, at):
    given = form.cleaned_data
    note = actions.note(found, text=given["text"], is_done=given.get("is_done", False), by=by, at=at)
    if given["document"]:
        attaching.attach(given["document"], to=("action", found.uuid), note=note, by=by, at=at)


@require_http_methods(["GET", "POST"])
def change(request, uuid):
    found = _action_for(request, uuid)
    require(permissions.can_change_action(request.seat, found))
    now = timezone.now()
    owners = actions.owners_of(found.provider, found.return_type, now)
    form = OwnerAndDayForm(
        request.POST or None, owners=owners, initial={"owner": found.owner_id, "due_on": found.due_on}
    )
    if request.method == "POST" and form.is_valid():
        changed = attempt(
            request,
            actions.change,
            found,
            owner=form.owner_seat,
            due_on=form.cleaned_data["due_on"],
            by=request.seat,
            at=now,
            done="The action is changed. Its owner has been told.",
        )
        if changed:
            return redirect("returns:action", uuid=uuid)
    return _form(request, found, form, "Change owner or day", button="Save")


@require_http_methods(["GET", "POST"])
def close(request, uuid):
    return _with_reason(
        request,
        uuid,
        actions.close,
        title="Close this action",
        label="Why is it closed?",
        hint="Such as what showed that it worked. Both sides read this.",
        done="The action is closed. Its owner has been told.",
    )


@require_http_methods(["GET", "POST"])
def keep_open(request, uuid):
    return _with_reason(
        request,
        uuid,
        actions.keep_open,
        title="Keep this action open",
        label="What is still to do?",
        hint="Both sides read this.",
        done="The action stays open. Its owner has been told.",
    )


def _with_reason(request, uuid, act, *, title, label, hint, done):
    found = _action_for(request, uuid)
    require(permissions.can_close_action(request.seat, found))
    form = ReasonForm(request.POST or None, label=label, hint=hint)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        attempt(request, act, found, reason=reason, by=request.seat, at=timezone.now(), done=done)
        return redirect("returns:action", uuid=uuid)
    return _form(request, found, form, title, button=title)


@require_POST
def take_over(request, uuid):
    """The provider's open actions go into the action plan of this return."""
    submission = submission_for(request, uuid)
    require(permissions.can_fill_in(request.seat, submission))
    done = "The open actions are in your action plan now."
    attempt(request, actions.take_over, submission, by=request.seat, at=timezone.now(), done=done)
    return redirect("returns:return", uuid=uuid)


def _action_for(request, uuid):
    return get_object_or_404(
        Action.objects.visible_to(request.seat).for_list().select_related("closed_by", "escalation", "visit"), uuid=uuid
    )


def _form(request, found, form, title, *, button):
    return render(
        request, "returns/action_form.html", {"action": found, "form": form, "act_title": title, "button": button}
    )
