"""The first lines of most views: find the return through the seat, ask for the right, try the act."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from returns.models import Submission
from returns.registry import type_of
from returns.workflow import Refused


def submission_for(request, uuid):
    """The return with this uuid, if the seat may know of it; otherwise 404. A return of rows has pages of its own."""
    submission = any_submission_for(request, uuid)
    if type_of(submission).rows:
        raise Http404("This return has other pages.")
    return submission


def any_submission_for(request, uuid):
    """The same, whether its content is answers or rows."""
    rows = Submission.objects.visible_to(request.seat).for_list().select_related("subject__region")
    return get_object_or_404(rows.prefetch_related("participants__organisation"), uuid=uuid)


def require(is_allowed):
    if not is_allowed:
        raise PermissionDenied


def attempt(request, act, *args, done="", **kwargs):
    """Tries an act and tells the person how it went; True when it was done."""
    try:
        act(*args, **kwargs)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    if done:
        messages.success(request, done)
    return True
