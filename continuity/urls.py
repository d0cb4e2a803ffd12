"""Routes of the continuity audit and of what goes on between audits."""

from django.urls import path

from continuity.views import directory, guide, protocols

app_name = "continuity"
urlpatterns = [
    path("spoc/", directory.entries, name="spoc_entries"),
    path("spoc/download/", directory.download, name="spoc_download"),
    path("spoc/edit/", directory.edit_entry, name="edit_spoc_entry"),
    path("spoc/confirm/", directory.confirm_entry, name="confirm_spoc_entry"),
    path("spoc/<str:code>/", directory.entry, name="spoc_entry"),
    path("offers/edit/", directory.edit_offer, name="edit_offer"),
    path("offers/<str:code>/", directory.offer, name="offer"),
    path("scenarios/", guide.guide, name="guide"),
    path("protocols/", protocols.protocol_list, name="protocols"),
    path("protocols/new/", protocols.propose, name="propose_protocol"),
    path("protocols/<uuid:uuid>/", protocols.protocol, name="protocol"),
    path("protocols/<uuid:uuid>/change/", protocols.change, name="change_protocol"),
    path("protocols/<uuid:uuid>/agree/", protocols.agree, name="agree_protocol"),
]
