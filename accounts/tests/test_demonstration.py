import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import demonstration
from accounts.tests.factories import make_person, make_seat
from journal.refused import Refused

pytestmark = pytest.mark.django_db
HERE = {"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"}
PAGE = "/demo/"


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    demonstration.mark(at=timezone.now())
    return make_seat("PREVENT_EDITOR", person=make_person("Invented Pat", is_demonstration=True))


def test_with_all_three_conditions_one_chooses_a_person(client, demo):
    assert "Invented Pat" in client.get(PAGE, **HERE).text

    client.post(PAGE, {"person": demo.person_id}, **HERE)

    assert client.get(reverse("accounts:me"), **HERE).status_code == 200


def test_the_sign_in_page_leads_there_where_it_is(client, demo, settings):
    sign_in = reverse("account_login")

    assert f'href="{PAGE}"' in client.get(sign_in, **HERE).text
    assert f'href="{PAGE}"' not in client.get(sign_in, REMOTE_ADDR="192.0.2.7").text
    settings.DEMO = False
    assert f'href="{PAGE}"' not in client.get(sign_in, **HERE).text


def test_without_the_setting_there_is_no_such_page(client, demo, settings):
    settings.DEMO = False

    assert client.get(PAGE, **HERE).status_code == 404
    assert client.post(PAGE, {"person": demo.person_id}, **HERE).status_code == 404


@pytest.mark.parametrize(
    "there",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"HTTP_HOST": "portal.example"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    ],
)
def test_from_anywhere_else_there_is_no_such_page(client, demo, settings, there):
    settings.ALLOWED_HOSTS = ["*"]

    assert client.get(PAGE, **HERE | there).status_code == 404


def test_without_the_marker_there_is_no_such_page(client, settings):
    settings.DEMO = True

    assert client.get(PAGE, **HERE).status_code == 404


def test_only_invented_people_can_be_chosen(client, demo):
    real = make_person()

    assert client.post(PAGE, {"person": real.pk}, **HERE).status_code == 404


def test_a_database_that_holds_people_is_never_marked():
    make_person()

    with pytest.raises(Refused):
        demonstration.mark(at=timezone.now())


def test_marking_twice_is_no_harm(demo):
    demonstration.mark(at=timezone.now())
