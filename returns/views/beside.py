"""What stands beside a return on its pages: the provider's open escalations and actions."""

from django.utils import timezone

from returns import actions, permissions
from returns.models import Escalation


def beside(seat, submission, now, can_fill_in=False):
    """The context of `parts/escalated.html` and `parts/open_actions.html`."""
    open_actions = list(actions.open_for(submission))
    may_change = can_fill_in and submission.is_being_filled_in
    escalated = Escalation.objects.visible_to(seat).open().for_list()
    return {
        "escalated": escalated.filter(provider=submission.subject_id, return_type=submission.return_type).order_by(
            "step__due_on", "pk"
        ),
        "open_actions": open_actions,
        "today": timezone.localdate(now),
        "can_set_actions": permissions.can_set_actions(seat, submission),
        "can_record_visit": permissions.can_record_visit(seat, submission),
        "can_ask_for_waiver": permissions.can_ask_for_waiver(seat, submission),
        "can_take_over": bool(may_change and open_actions and actions.not_in_plan(submission, open_actions)),
    }
