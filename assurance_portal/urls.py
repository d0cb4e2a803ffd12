"""All routes. Each stands in the access table of the tests."""

from django.urls import include, path

from assurance_portal import health
from returns.registry import return_types
from returns.views import home, mailbox

urlpatterns = [
    path("", home.home, name="home"),
    path("messages/", mailbox.mailbox, name="mailbox"),
    path("messages/<int:pk>/open/", mailbox.open_notice, name="open_notice"),
    path("messages/how/", mailbox.how_told, name="how_told"),
    path("messages/read/", mailbox.mark_all_read, name="mark_all_read"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("help/", include("returns.help_urls")),
    path("", include("accounts.urls")),
    path("", include("returns.urls")),
    *(path(place, include(module)) for kind in return_types().values() for place, module in kind.beside.routes.items()),
    path("", include("accounts.sign_in_urls")),
]
