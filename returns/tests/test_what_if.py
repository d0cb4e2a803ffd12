"""Trying other figures: the score moves on a copy, and nothing is stored."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import sign_in
from returns.tests.factories import fill, make_toy, make_world, reload, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = make_world()
    fill(world.submission, world.lead, l3_compliant=1100, areas_for_improvement="Level 3 on the wards.")
    return world


def form_of(page):
    """What the form holds, as a browser would send it back."""
    return {
        bound.html_name: value
        for bound in page.context["form"]
        if (value := bound.field.widget.format_value(bound.value())) not in (None, [None], False)
    }


def tried(seat, submission, client=None, **changes):
    client = client or sign_in(Client(), seat)
    address = reverse("returns:what_if", args=[submission.uuid])
    given = {
        name: value[0] if isinstance(value, list) else value for name, value in form_of(client.get(address)).items()
    }
    return client.post(address, given | changes)


def test_the_page_begins_with_the_answers_and_the_score_as_they_are(world):
    page = sign_in(Client(), world.lead).get(reverse("returns:what_if", args=[world.submission.uuid]))

    assert page.context["form"]["l3_compliant"].value() == 1100
    assert page.context["score"].overall == "RED"
    assert "tried" not in page.context


def test_a_figure_moves_its_part_and_the_score(world):
    page = tried(world.lead, world.submission, l3_compliant="1260")

    assert page.context["tried"].overall == "GREEN"
    assert [after.key for before, after in page.context["parts"] if before.band != after.band] == ["training_l3"]
    said = page.content.decode()
    assert "Level 3 training: 90.0 % – 1,260 of 1,400. This meets the target of 85 %." in said
    assert "by method 2026.1" in said


def test_without_a_change_nothing_moves(world):
    page = tried(world.lead, world.submission)

    assert page.context["tried"] == page.context["score"]
    assert "Nothing moves." in page.content.decode()


def test_the_rules_say_what_they_would_object_to(world):
    said = tried(world.lead, world.submission, l3_compliant="1500").content.decode()

    assert "Level 3: staff trained (1,500) cannot be more than staff who need it (1,400)." in said


def test_what_cannot_be_read_is_said_and_nothing_is_figured(world):
    page = tried(world.lead, world.submission, l3_compliant="many")

    assert "tried" not in page.context
    assert "<title>Error:" in page.content.decode()


def test_nothing_is_stored(world):
    before, client = reload(world.submission), sign_in(Client(), world.lead)
    with CaptureQueriesContext(connection) as queries:
        tried(world.lead, world.submission, client, l3_compliant="1260", linked_to_channel="no")

    written = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert [sql for sql in written if "session" not in sql and "cache" not in sql] == []
    after = reload(world.submission)
    assert (after.content_sha256, after.status_at, after.checked_sha256) == (
        before.content_sha256,
        before.status_at,
        before.checked_sha256,
    )


def test_a_submitted_return_can_be_tried_by_its_owner_alone():
    world = make_world()
    submit(world)

    assert tried(world.signer, world.submission, l3_compliant="100").context["tried"].overall == "RED"
    address = reverse("returns:what_if", args=[world.submission.uuid])
    assert sign_in(Client(), world.reviewer).get(address).status_code == 403


def test_a_return_without_a_score_has_nothing_to_try():
    toy, (owner, _) = make_toy()

    assert sign_in(Client(), owner).get(reverse("returns:what_if", args=[toy.uuid])).status_code == 404


def test_every_score_leads_there_and_says_method_and_date(world):
    page = sign_in(Client(), world.lead).get(reverse("returns:check_answers", args=[world.submission.uuid]))

    said = page.content.decode()
    assert reverse("returns:what_if", args=[world.submission.uuid]) in said
    assert "Worked out now by method 2026.1, with the targets that were fixed when the quarter opened" in said
