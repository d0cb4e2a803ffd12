"""What templates ask of steps and actions: whether a day has passed."""

from django import template
from django.utils import timezone

register = template.Library()


@register.filter
def is_overdue(thing, today):
    return thing.is_overdue_on(today)


@register.filter
def was_late(step):
    """Whether a step was finished after its last day."""
    return timezone.localdate(step.done_at) > step.due_on
