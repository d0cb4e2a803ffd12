"""Routes of the continuity audit and of what goes on between audits."""

from django.urls import path

from continuity.views import directory

app_name = "continuity"
urlpatterns = [
    path("spoc/", directory.entries, name="spoc_entries"),
    path("spoc/download/", directory.download, name="spoc_download"),
    path("spoc/edit/", directory.edit_entry, name="edit_spoc_entry"),
    path("spoc/confirm/", directory.confirm_entry, name="confirm_spoc_entry"),
    path("spoc/<str:code>/", directory.entry, name="spoc_entry"),
    path("offers/edit/", directory.edit_offer, name="edit_offer"),
    path("offers/<str:code>/", directory.offer, name="offer"),
]
