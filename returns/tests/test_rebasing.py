"""Rebasing: who may say from when a chart counts anew, what then shows, and that it can be taken back."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_commissioner, make_seat, sign_in
from journal.models import Event
from prevent.scoring import MEASURES
from returns import findings, rebasing
from returns.models import Rebase
from returns.rebasing import Refused
from returns.tests.factories import IN_THE_WINDOW
from returns.tests.test_trends import Place
from returns.trends import trends_of

pytestmark = pytest.mark.django_db

LEVEL_3 = next(spec for spec in MEASURES if spec.key == "training_l3")
OLD, NEW = 170, 100  # of 200: before and after the process changed


@pytest.fixture
def place():
    """Seven quarters of a trust; the last three after a merger. `quarters` are oldest first."""
    place = Place()
    place.lead_of_commissioner = make_seat("PREVENT_COMMISSIONER_LEAD", place.commissioner)
    trained = [OLD, OLD + 2, OLD, OLD + 2, NEW, NEW + 2, NEW][::-1]
    versions = [place.submitted({"training_l3": (number, 200)}) for number in trained]
    place.quarters = [version.submission.period for version in versions][::-1]
    return place


def rebase(place, quarter=4, reason="A merger", by=None):
    return rebasing.rebase(
        place.trust, LEVEL_3, period=place.quarters[quarter], reason=reason, by=by or place.lead, at=IN_THE_WINDOW
    )


def series(place):
    return next(item for item in trends_of(place.lead, place.trust).series if item.spec == LEVEL_3)


def address(place, name="rebase", *more):
    return reverse(f"returns:{name}", args=[place.trust.code, LEVEL_3.key, *more])


def test_the_limits_count_anew_and_the_lines_break(place):
    assert len(series(place).chart.segments) == 1

    rebase(place)

    old, new = series(place).chart.segments
    assert (old.start, old.stop, new.start, new.stop) == (0, 4, 4, 7)
    assert new.reason == "A merger"
    assert 'class="rebase"' in series(place).picture


def test_the_rule_that_warns_of_a_change_counts_from_there_too(place):
    now = place.quarters[-1]
    before = findings.context_for(place.trust, now).earlier["training_l3"]
    rebase(place)

    after = findings.context_for(place.trust, now).earlier["training_l3"]

    assert len(before) == 6
    assert list(after) == list(before[-2:])


def test_it_can_be_taken_back_and_stays_known(place):
    found = rebase(place)

    rebasing.take_back(found, by=place.lead, at=IN_THE_WINDOW)

    assert len(series(place).chart.segments) == 1
    assert Rebase.objects.get().taken_back_by == place.lead
    acts = Event.objects.filter(subject_type="rebase").order_by("pk")
    assert [event.act for event in acts] == ["chart rebased", "rebase taken back"]
    assert acts[0].detail == {
        "organisation": place.trust.code,
        "measure": "training_l3",
        "period": place.quarters[4].key,
    }
    with pytest.raises(Refused, match="already"):
        rebasing.take_back(found, by=place.lead, at=IN_THE_WINDOW)


@pytest.mark.parametrize(
    ("quarter", "reason", "says"), [(4, " ", "Say what changed"), (0, "A merger", "one before it")]
)
def test_what_makes_no_sense_is_refused(place, quarter, reason, says):
    with pytest.raises(Refused, match=says):
        rebase(place, quarter, reason)


def test_a_chart_counts_anew_from_a_quarter_once(place):
    rebase(place)

    with pytest.raises(Refused, match="already counts anew"):
        rebase(place, reason="Another reason")


@pytest.mark.parametrize("who", ["lead", "lead_of_commissioner"])
def test_the_leads_of_both_sides_may_say_so_and_everybody_sees_who_did(place, who):
    client = sign_in(Client(), getattr(place, who))

    client.post(address(place), {"period_key": place.quarters[4].key, "reason": "A merger"})

    page = sign_in(Client(), place.reviewer).get(reverse("returns:provider", args=[place.trust.code])).content.decode()
    seat = getattr(place, who)
    assert f"The limits count anew from {place.quarters[4].title}: A merger ({seat.person.name}" in page


def test_the_page_lists_what_was_said_and_takes_it_back(place):
    found = rebase(place)
    client = sign_in(Client(), place.lead)

    assert "A merger" in client.get(address(place)).content.decode()
    client.post(address(place, "take_back_rebase", found.pk))

    assert not rebasing.known_of(place.trust, "prevent")


def test_a_form_without_a_reason_says_so(place):
    page = sign_in(Client(), place.lead).post(address(place), {"period_key": place.quarters[4].key, "reason": ""})

    assert "<title>Error:" in page.content.decode() and "Enter a reason." in page.content.decode()


def test_others_may_not(place):
    elsewhere = make_seat("PREVENT_COMMISSIONER_LEAD", make_commissioner())

    assert sign_in(Client(), place.reviewer).get(address(place)).status_code == 403
    assert sign_in(Client(), elsewhere).get(address(place)).status_code == 404
    assert sign_in(Client(), place.lead).get(address(place).replace("training_l3", "nothing")).status_code == 404
