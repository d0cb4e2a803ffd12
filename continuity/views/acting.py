"""The last lines of the audits' views: try the act, put what it refuses on the form, show the form again."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from journal.refused import Refused

either = require_http_methods(["GET", "POST"])


def by_now(request):
    """Who acts, and when: what every act asks."""
    return {"by": request.seat, "at": timezone.now()}


def tried(form, act, *args, **kwargs):
    """What the act gives; what it refuses stands on the form, and the answer is None."""
    try:
        return act(*args, **kwargs)
    except Refused as refusal:
        form.add_error(None, str(refusal))


def done(form, act, *args, **kwargs):
    """Whether the act was done; what it refuses stands on the form."""
    tried(form, act, *args, **kwargs)
    return form.is_valid()


def form_page(request, form, heading, button, audit=None, about="", warning=False):
    """A page with one form (or only a button), about an audit where there is one already."""
    context = {"form": form, "heading": heading, "button": button, "audit": audit, "about": about, "warning": warning}
    return render(request, "continuity/audit_form.html", context)
