"""What stands beside a return on its pages: the provider's open actions."""

from django.utils import timezone

from returns import actions, permissions


def beside(seat, submission, now, can_fill_in=False):
    """The context of `parts/open_actions.html`."""
    open_actions = list(actions.open_for(submission))
    may_change = can_fill_in and submission.is_being_filled_in
    return {
        "open_actions": open_actions,
        "today": timezone.localdate(now),
        "can_set_actions": permissions.can_set_actions(seat, submission),
        "can_record_visit": permissions.can_record_visit(seat, submission),
        "can_ask_for_waiver": permissions.can_ask_for_waiver(seat, submission),
        "can_take_over": bool(may_change and open_actions and actions.not_in_plan(submission, open_actions)),
    }
