"""The five scenarios of the guidance, section 6.3, and the questions that lead to them."""

import pytest
from django.urls import reverse

from accounts.tests.factories import sign_in
from continuity import scenarios
from continuity import vocabulary as words
from continuity.tests.factories import make_area, make_offer, make_prison, make_spoc, make_spoc_entry

WAYS = [
    ({"court": "no", "need": "yes", "accepts": "yes"}, 1),
    ({"court": "no", "need": "yes", "accepts": "no"}, 2),
    ({"court": "no", "need": "no", "recovery": "yes"}, 3),
    ({"court": "no", "need": "no", "recovery": "no"}, 4),
    ({"court": "yes"}, 5),
]


@pytest.mark.parametrize(("answers", "number"), WAYS)
def test_each_way_leads_to_its_scenario(answers, number):
    asked, reached = scenarios.walk(answers)

    assert reached.number == number
    assert {question.name: answer for question, answer in asked} == answers


@pytest.mark.parametrize(
    ("answers", "question"),
    [({}, "court"), ({"court": "maybe"}, "court"), ({"court": "no"}, "need"), ({"need": "yes"}, "court")],
)
def test_what_is_not_answered_is_asked(answers, question):
    assert scenarios.walk(answers)[1].name == question


def test_what_to_record_is_that_of_the_guidance():
    recorded = {item.number: (item.reasons, item.statuses, item.is_counted) for item in scenarios.SCENARIOS}

    assert recorded == {
        1: (("DR_TRANSF_NOT_CUST",), ("RR_STRUCT", "RR_STRUCT_REC"), True),
        2: (("DR_INC_REFUSED",), ("RR_NONE",), False),
        3: (words.COMPLETED, ("RR_REC",), False),
        4: (("DR_TC_DRUG_FREE", "DR_TC_ALC_FREE"), ("RR_NONE",), False),
        5: (("DR_INC_COURT",), ("RR_NONE",), False),
    }
    assert scenarios.SCENARIOS[4].discharge_date == "The day of the last face to face contact."


@pytest.mark.django_db
def test_the_guide_shows_what_to_record_and_what_the_area_offers(client):
    spoc, area = make_spoc(), make_area()
    make_spoc_entry(spoc, areas=[area])
    make_offer(spoc, drop_in="Every weekday at two")
    answers = {"court": "no", "need": "no", "recovery": "yes", "area": area.dat_code}

    page = sign_in(client, make_prison()).get(reverse("continuity:guide"), answers).text

    for label in ("Only recovery support is needed", "Referred to recovery support service", "Every weekday at two"):
        assert label in page


@pytest.mark.django_db
def test_continuing_without_an_answer_is_an_error_and_arriving_is_none(client):
    sign_in(client, make_prison())

    arrived = client.get(reverse("continuity:guide")).text
    unanswered = client.get(reverse("continuity:guide"), {"court": "no", "answering": "need"}).text
    next_one = client.get(reverse("continuity:guide"), {"court": "no", "answering": "court"}).text

    assert "Choose yes or no." in unanswered and "<title>Error: " in unanswered
    assert "Choose yes or no." not in arrived + next_one
