import pytest
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts import outbox
from accounts.models import Membership

pytestmark = pytest.mark.django_db


def make():
    call_command("first_administrator", "Ada@national.example", "Ada", "ZZN", "--organisation-name", "Invented England")


def test_the_first_administrator_comes_in_by_asking_for_a_password(client, capsys):
    make()

    assert Membership.objects.get().role == "NATIONAL_ADMINISTRATOR"
    client.post(reverse("account_reset_password"), {"email": "ada@national.example"})
    outbox.send_waiting(at=timezone.now())
    assert "/password/reset/" in mail.outbox[0].body


def test_there_is_no_second_first_administrator(capsys):
    make()

    with pytest.raises(SystemExit) as stop:
        make()
    assert stop.value.code == 1
