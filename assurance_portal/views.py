"""Pages that belong to no app."""

from django.shortcuts import render


def form_too_old(request, reason=""):
    """The answer to a form whose token no longer fits, such as one left open overnight."""
    return render(request, "form_too_old.html", status=403)
