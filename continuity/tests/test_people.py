"""The second net: the table of people is closed by the database itself, whatever the portal asks of it."""

import pytest
from django.db import connection, transaction

from accounts.row_security import acting_for, as_system
from accounts.tests.factories import make_organisation
from continuity import sheets
from continuity.models import Identity
from continuity.tests.audit_factories import AT, shared

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_the_system")]


@pytest.fixture
def world():
    return shared(north=2, south=3)


@pytest.fixture
def as_the_portal(world):
    """What web and workers are: the role without any right of an owner, and nobody in particular."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE portal_app")
    with as_system(""):
        yield world
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def seen(*organisations):
    with acting_for(organisations), transaction.atomic():
        return Identity.objects.count()


def test_who_acts_for_nobody_sees_nobody(as_the_portal):
    assert seen() == 0


def test_each_party_sees_the_people_of_its_rows(as_the_portal):
    world = as_the_portal

    assert seen(world.prison.organisation_id) == 5
    assert seen(world.north.organisation_id) == 2
    assert seen(world.south.organisation_id) == 3
    assert seen(world.commissioner.organisation_id) == 0
    assert seen(make_organisation().pk) == 0


def test_a_count_of_all_is_a_count_of_ones_own(as_the_portal):
    world = as_the_portal

    with acting_for([world.north.organisation_id]), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT surname) FROM continuity_identity")
        assert cursor.fetchone() == (2, 2)


def test_nobody_changes_or_removes_anothers_people(as_the_portal):
    world = as_the_portal

    with acting_for([world.north.organisation_id]), transaction.atomic():
        south = Identity.objects.filter(referral__sheet=world.sheet_south)
        assert south.update(surname="Taken") == 0
        assert Identity.objects.filter(referral__sheet_id=world.sheet_south.pk).delete()[0] == 0


def test_a_service_cannot_open_a_row_to_itself(as_the_portal):
    world = as_the_portal

    with acting_for([world.north.organisation_id]), transaction.atomic():
        assert Identity.objects.update(organisations=[world.north.organisation_id]) == 2

    with as_system("test"), transaction.atomic():
        assert Identity.objects.filter(organisations__contains=[world.south.organisation_id]).count() == 3


def test_a_recall_closes_people_in_the_database_too(as_the_portal):
    world = as_the_portal

    with acting_for([world.prison.organisation_id]):
        sheets.recall(world.sheet_north, reason="Wrong area.", by=world.prison, at=AT)

    assert seen(world.north.organisation_id) == 0
    assert seen(world.prison.organisation_id) == 5


def test_jobs_of_the_system_see_all(as_the_portal):
    with as_system("purge"), transaction.atomic():
        assert Identity.objects.count() == 5
