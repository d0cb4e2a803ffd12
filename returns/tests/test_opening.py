"""Opening a period: who owes is settled on the census day, and opening twice is opening once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import InternalError, transaction
from django.db.models import F

from accounts.models import Organisation, OrganisationLink, Trait
from accounts.tests.factories import (
    make_commissioner,
    make_link,
    make_organisation,
    make_seat,
    make_trait,
)
from journal.models import Event
from journal.refused import Refused
from returns import opening
from returns.models import Participant, Standard
from returns.periods import Quarter, start_of
from returns.registry import return_types
from returns.tests.factories import IN_THE_WINDOW, QUARTER, make_period, make_world, submit

Kind = Organisation.Kind
CENSUS = QUARTER.ends
PREVENT = return_types()["prevent"]

pytestmark = pytest.mark.django_db


def open_again(period):
    return opening.open_period(period, PREVENT, by=None, at=IN_THE_WINDOW)


def owing(period):
    return set(period.submissions.values_list("subject__code", flat=True))


def recipient_of(period, provider):
    part = Participant.objects.get(submission__period=period, submission__subject=provider, part="RECIPIENT")
    return part.organisation


def test_who_is_open_and_holds_the_contract_on_the_census_day_owes_a_return():
    make_organisation("ZZT01", kind=Kind.NHS_TRUST)
    make_organisation("ZZT02", kind=Kind.NHS_TRUST, closed_on=CENSUS)
    make_organisation("ZZT03", kind=Kind.NHS_TRUST, opened_on=CENSUS + timedelta(days=1))
    make_organisation("ZZT04", kind=Kind.NHS_TRUST, closed_on=CENSUS + timedelta(days=1))
    make_organisation("ZZP01", kind=Kind.INDEPENDENT_PROVIDER)
    make_organisation("ZZP02", kind=Kind.INDEPENDENT_PROVIDER, holds_contract=False)
    ended = make_organisation("ZZP03", kind=Kind.INDEPENDENT_PROVIDER, holds_contract=False)
    make_trait(ended, Trait.HOLDS_NHS_STANDARD_CONTRACT, until=CENSUS)
    make_commissioner("ZZC01")

    assert owing(make_period()) == {"ZZT01", "ZZT04", "ZZP01"}


def test_a_later_closure_changes_nothing():
    trust = make_organisation()
    period = make_period()

    trust.closed_on = CENSUS + timedelta(days=2)
    trust.save()
    outcome = open_again(period)

    assert outcome.created == 0
    assert outcome.owing == 1
    assert owing(period) == {trust.code}


def test_opening_again_adds_only_who_is_missing():
    make_organisation("ZZT01")
    period = make_period()
    make_organisation("ZZT02")

    outcome = open_again(period)

    assert (outcome.created, outcome.owing) == (1, 2)
    assert open_again(period).created == 0
    assert owing(period) == {"ZZT01", "ZZT02"}


def test_the_standards_are_frozen_when_the_period_opens():
    Standard.objects.create(return_type="prevent", key="training_target", value="0.90", valid_from=date(2025, 7, 1))
    period = make_period()
    Standard.objects.create(return_type="prevent", key="training_target", value="0.95", valid_from=date(2025, 8, 1))

    open_again(period)
    period.refresh_from_db()

    assert period.standards["training_target"] == "0.90"


def test_a_period_does_not_open_before_its_census_day():
    period = opening.quarter_of(opening.national_collection(PREVENT), QUARTER)

    with pytest.raises(Refused, match="30 September 2025"):
        opening.open_period(period, PREVENT, by=None, at=start_of(CENSUS) - timedelta(days=1))


def test_the_lead_commissioner_is_the_one_of_the_census_day():
    trust, before, now, after = make_organisation(), *(make_commissioner() for _ in range(3))
    make_link(trust, before, until=date(2025, 7, 1))
    make_link(trust, now, since=date(2025, 7, 1), until=CENSUS + timedelta(days=1))
    make_link(trust, after, since=CENSUS + timedelta(days=1))

    assert recipient_of(make_period(), trust) == now


def test_a_commissioner_for_this_kind_of_return_goes_before_one_for_all_kinds():
    trust, general, special = make_organisation(), make_commissioner(), make_commissioner()
    make_link(trust, special, return_type="prevent")
    make_link(trust, general)

    assert recipient_of(make_period(), trust) == special


def test_returns_that_nobody_receives_are_listed():
    alone, silent, heard = make_organisation("ZZT01"), make_organisation("ZZT02"), make_organisation("ZZT03")
    make_link(silent, make_commissioner())
    listening = make_commissioner()
    make_link(heard, listening)
    make_seat("PREVENT_REVIEWER", listening)

    period = make_period()

    assert opening.unreceived(period, PREVENT, IN_THE_WINDOW) == ([alone], [silent])


def test_a_commissioner_whose_only_reviewer_has_left_has_no_user():
    trust, commissioner = make_organisation(), make_commissioner()
    make_link(trust, commissioner)
    make_seat("PREVENT_REVIEWER", commissioner, until=IN_THE_WINDOW - timedelta(days=1))
    make_seat("PREVENT_COMMISSIONER_VIEWER", commissioner)

    assert opening.unreceived(make_period(), PREVENT, IN_THE_WINDOW) == ([], [trust])


def test_moving_the_dates_says_from_what_to_what():
    world = make_world()
    administrator = make_seat("NATIONAL_ADMINISTRATOR")
    due_at, closes_at = world.period.due_at + timedelta(days=2), world.period.closes_at + timedelta(days=2)

    opening.move_dates(world.period, due_at=due_at, closes_at=closes_at, by=administrator, at=IN_THE_WINDOW)

    moved = Event.objects.get(act="period moved")
    assert moved.actor_id == administrator.person_id
    assert moved.detail["due_at"] == [world.period.due_at.isoformat(), due_at.isoformat()]


def test_dates_in_the_wrong_order_are_refused():
    period = make_period()

    with pytest.raises(Refused):
        opening.move_dates(period, due_at=period.closes_at, closes_at=period.due_at, by=None, at=IN_THE_WINDOW)


def test_a_wrong_lead_commissioner_is_corrected_while_nothing_is_submitted():
    waiting, submitted = make_world("ZZT71"), make_world("ZZT72")
    submit(submitted)
    right = make_commissioner()
    OrganisationLink.objects.update(to_organisation=right)

    open_again(waiting.period)

    assert recipient_of(waiting.period, waiting.trust) == right
    assert recipient_of(waiting.period, submitted.trust) == submitted.commissioner


def test_the_day_on_which_a_period_opens_is_a_day_in_london():
    """On summer evenings it is tomorrow there, when it is still today in universal time."""
    period = opening.quarter_of(opening.national_collection(PREVENT), Quarter(2025, 1))

    with pytest.raises(Refused, match="opens after its last day"):
        opening.open_period(period, PREVENT, by=None, at=datetime(2025, 6, 29, 22, 30, tzinfo=UTC))
    assert opening.open_period(period, PREVENT, by=None, at=datetime(2025, 6, 29, 23, 30, tzinfo=UTC))


def test_a_part_is_of_its_returns_period_and_a_return_stays_in_it():
    """The copy of the period on a part is made by the database, and cannot be told anything else."""
    make_organisation(kind=Kind.NHS_TRUST)
    make_commissioner("ZZC01")
    earlier, period = make_period(QUARTER.previous()), make_period()
    part = Participant.objects.filter(submission__period=period).first()

    assert not Participant.objects.exclude(period=F("submission__period")).exists()
    Participant.objects.filter(pk=part.pk).update(period=earlier)
    assert Participant.objects.get(pk=part.pk).period == period
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        period.submissions.update(period=earlier)
