from django.apps import AppConfig


class PreventConfig(AppConfig):
    name = "prevent"
