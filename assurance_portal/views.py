"""Pages that belong to no app."""

from django.shortcuts import render

from accounts.typed import what_was_typed


def form_too_old(request, reason=""):
    """The answer to a form whose token no longer fits, such as one left open overnight."""
    return render(request, "form_too_old.html", {"typed": what_was_typed(request.POST)}, status=403)
