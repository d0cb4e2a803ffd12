"""The files of escalations, actions and visits, for those who are a party to them."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from returns import attaching, permissions
from returns.models import Attachment
from returns.views.access import require


@require_GET
def document(request, uuid):
    rows = Attachment.objects.select_related("note__step__escalation", "note__action", "visit")
    found = get_object_or_404(rows, uuid=uuid)
    about = found.about
    if not type(about).objects.visible_to(request.seat).filter(pk=about.pk).exists():
        raise Http404
    require(permissions.is_party(request.seat, about))
    return attaching.hand_over(found, by=request.seat, at=timezone.now())
