"""Help: what the words mean, which rules there are, how a score comes about."""

from django.urls import path

from returns.views import help_pages

app_name = "help"

urlpatterns = [
    path("", help_pages.index, name="index"),
    path("about/", help_pages.about, name="about"),
    path("accessibility/", help_pages.accessibility, name="accessibility"),
    path("definitions/<slug:slug>/", help_pages.definitions, name="definitions"),
    path("rules/<slug:slug>/", help_pages.rules, name="rules"),
    path("scores/<slug:slug>/", help_pages.scores, name="scores"),
]
