"""Pages that belong to no app."""

from django.shortcuts import render

from accounts.middleware import not_taken
from accounts.typed import what_was_typed


def form_too_old(request, reason=""):
    """The answer to a form whose token no longer fits, such as one left open overnight."""
    return render(request, "form_too_old.html", not_taken(request, what_was_typed(request.POST)), status=403)
