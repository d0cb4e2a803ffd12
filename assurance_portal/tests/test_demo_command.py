"""`manage.py demo` where it cannot do its work, or is stopped in the middle of it."""

import json

import pytest
from django.core.management import call_command

from accounts.models import DemonstrationMarker, Organisation, Person
from accounts.tests.factories import make_organisation
from assurance_portal.demonstration import returns

pytestmark = pytest.mark.django_db


def test_a_database_that_holds_something_else_is_refused(capsys):
    make_organisation()

    with pytest.raises(SystemExit) as refusal:
        call_command("demo", "--json")

    assert refusal.value.code == 2
    assert "starts with an empty one" in json.loads(capsys.readouterr().out)["error"]
    assert Organisation.objects.count() == 1


def test_whoever_is_stopped_on_the_way_leaves_nothing_behind(monkeypatch):
    def stop(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(returns, "live_through", stop)

    with pytest.raises(KeyboardInterrupt):
        call_command("demo", today=returns.datetime(2026, 1, 9).date())

    assert not any(model.objects.exists() for model in (Person, Organisation, DemonstrationMarker))
