"""Is the process alive, and can it work? For load balancers and people on call."""

from django.db import connection
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from journal.models import Event
from journal.seal import unsealed


@require_GET
def alive(request):
    """The web process answers."""
    return JsonResponse({"alive": True})


@require_GET
def ready(request):
    """The database answers, and the clock seals events; the broker may be down, that only makes work later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    oldest = unsealed().first()
    waiting = (timezone.now() - oldest.at).total_seconds() if oldest else 0
    return JsonResponse({"ready": True, "events": Event.objects.count(), "oldest_unsealed_seconds": round(waiting, 1)})
