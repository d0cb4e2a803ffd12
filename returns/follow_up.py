"""What needs somebody of the follow-up: their steps and actions that are due, what waits for their decision."""

from django.urls import reverse
from django.utils import timezone

from accounts.roles import Act
from returns import permissions
from returns.models import Action, EscalationStep, Waiver
from returns.needs import Need, first

MOST = 5


def needs_of(seat, at):
    """Lines for the home page of a seat, what is due first before the rest; at most a few of each kind."""
    if not permissions.can_see_actions(seat):
        return []
    today = timezone.localdate(at)
    return [*_steps(seat, today), *_actions(seat, today), *_to_close(seat), *_to_decide(seat)]


def _steps(seat, today):
    rows = EscalationStep.objects.filter(owner=seat.pk, done_at=None, escalation__state="OPEN")
    rows = rows.select_related("escalation__provider").order_by("due_on", "pk")

    def line(step):
        title = f"Escalation of {step.escalation.provider.name}: {step.title}"
        return _due(step, today, title=title, url=reverse("returns:escalation", args=[step.escalation.uuid]))

    yield from first(rows, line, "steps of escalations", reverse("returns:escalations"), MOST)


def _actions(seat, today):
    rows = Action.objects.filter(owner=seat.pk, state=Action.State.OPEN)

    def line(action):
        return _due(action, today, title=f"Action: {action.title}", url=reverse("returns:action", args=[action.uuid]))

    yield from first(rows.order_by("due_on", "pk"), line, "actions", reverse("returns:actions"), MOST)


def _to_close(seat):
    if not seat.may(Act.CLOSE_ACTIONS):
        return
    rows = Action.objects.visible_to(seat).filter(state=Action.State.PROPOSED_DONE).select_related("provider")

    def line(action):
        return Need(
            title=f"Action of {action.provider.name}: {action.title}",
            url=reverse("returns:action", args=[action.uuid]),
            words="Proposed as done",
            colour="yellow",
        )

    yield from first(rows.order_by("due_on", "pk"), line, "actions proposed as done", reverse("returns:actions"), MOST)


def _to_decide(seat):
    if not seat.may(Act.APPROVE_WAIVERS):
        return
    rows = Waiver.objects.visible_to(seat).filter(state=Waiver.State.ASKED).exclude(requested_by=seat.person_id)
    rows = rows.select_related("provider").order_by("requested_at", "pk")

    def line(waiver):
        return Need(
            title=f"Waiver of {waiver.rule} for {waiver.provider.name}",
            url=reverse("returns:waiver", args=[waiver.uuid]),
            words="Waiting for approval",
            colour="yellow",
        )

    yield from first(rows, line, "waivers to decide on", reverse("returns:waivers"), MOST)


def _due(thing, today, *, title, url):
    is_late = thing.is_overdue_on(today)
    return Need(
        title=title,
        url=url,
        words="Overdue" if is_late else "Open",
        colour="red" if is_late else "blue",
        hint=f"{'Was due' if is_late else 'Due'} {thing.due_on:%-d %B %Y}",
    )
