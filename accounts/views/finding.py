"""What several pages need: the organisation through the seat, an act that may refuse."""

from django.contrib import messages
from django.shortcuts import get_object_or_404

from accounts.models import Organisation
from journal.refused import Refused


def organisation_for(request, code):
    """The organisation, if the seat may know of it; otherwise it is as if it were not there."""
    return get_object_or_404(Organisation.objects.visible_to(request.seat), code=code)


def attempt(request, done, act, *args, **kwargs):
    """Does the act and says so, or says why it was refused. Returns whether it was done."""
    try:
        act(*args, **kwargs)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return False
    messages.success(request, done)
    return True


def attempt_by_form(form, act, *args, **kwargs):
    """Does the act with what a form gave; a refusal becomes the form's error. Returns what the act returns, or None."""
    try:
        return act(*args, **kwargs)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return None
