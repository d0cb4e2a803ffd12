from django.apps import AppConfig


class ToyConfig(AppConfig):
    name = "returns.tests.toy"
    label = "toy"
