"""Completeness and timeliness do not lie: what is owed is settled, numbers agree wherever they stand, none passes 100 %."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organisation
from accounts.tests.factories import (
    make_commissioner,
    make_link,
    make_organisation,
    make_person,
    make_region,
    make_seat,
    make_trait,
)
from journal.models import Notice
from returns import completeness, opening, workflow
from returns.models import Participant, Period, Submission, Version
from returns.registry import return_types
from returns.tests.factories import (
    AFTER_THE_CLOSE,
    AFTER_THE_DUE_DATE,
    IN_THE_WINDOW,
    QUARTER,
    check,
    fill,
    make_period,
    make_toy,
    make_world,
    reload,
    save,
    submit,
    submit_and_check,
)
from returns.views import quarter

pytestmark = pytest.mark.django_db
PREVENT = return_types()["prevent"]
NAMES = ("owed", "submitted", "missing", "in_time", "late", "accepted")


def numbers(period, at=AFTER_THE_CLOSE):
    row = completeness.period_counted(period.pk, at).get()
    return {name: getattr(row, name) for name in NAMES}


def look_again(period, at=AFTER_THE_CLOSE):
    return opening.open_period(period, PREVENT, by=None, at=at)


# Who owes is settled


def test_after_the_close_nothing_that_is_recorded_changes_who_owed():
    stays, closes, loses = make_organisation(), make_organisation(), make_organisation(kind="INDEPENDENT_PROVIDER")
    period = make_period()
    before = numbers(period)
    Organisation.objects.filter(pk=closes.pk).update(closed_on=QUARTER.ends - timedelta(days=30))
    loses.traits.all().delete()
    late = make_organisation(kind="INDEPENDENT_PROVIDER", holds_contract=False)
    make_trait(late, "HOLDS_NHS_STANDARD_CONTRACT")

    outcome = look_again(period)

    assert (outcome.created, outcome.owing) == (0, 3)
    assert numbers(period) == before
    assert {stays, closes, loses} == {row.subject for row in period.submissions.all()}


def test_until_the_close_who_was_forgotten_is_added():
    make_organisation()
    period = make_period()
    make_organisation()

    assert look_again(period, IN_THE_WINDOW).created == 1


def test_a_provider_that_moves_to_another_region_leaves_past_figures_where_they_were():
    north, south = make_region(name="North"), make_region(name="South")
    trust = make_organisation(region=north)
    period = make_period()

    Organisation.objects.filter(pk=trust.pk).update(region=south)

    rows = completeness.by_region(period.submissions.all(), AFTER_THE_CLOSE)
    assert [(row["group"], row["owed"]) for row in rows] == [("North", 1)]
    seats = [make_seat("PREVENT_REGIONAL_VIEWER", region) for region in (north, south)]
    assert [Submission.objects.visible_to(seat).count() for seat in seats] == [1, 1]


def test_after_the_close_a_recipient_stays_who_it_was_and_a_missing_one_is_filled_in():
    world, alone = make_world(), make_organisation("ZZT88")
    make_period()
    world.trust.links_out.update(to_organisation=make_commissioner())
    found = make_commissioner()
    make_link(alone, found)

    look_again(world.period)

    received = dict(
        Participant.objects.filter(part="RECIPIENT").values_list("submission__subject_id", "organisation_id")
    )
    assert received == {world.trust.pk: world.commissioner.pk, alone.pk: found.pk}


def test_when_a_checked_return_gets_its_recipient_the_reviewers_are_told():
    world = make_world()
    Participant.objects.filter(part="RECIPIENT").delete()
    submit_and_check(world)
    assert not Notice.objects.filter(person_id=world.reviewer.person_id).exists()

    look_again(world.period)
    look_again(world.period)

    notice = Notice.objects.get(person_id=world.reviewer.person_id)
    assert "is ready for your review" in notice.subject


# In time


def test_the_first_submission_counts_also_after_it_went_back():
    world = make_world()
    submit_and_check(world)
    workflow.start_review(world.submission, by=world.reviewer, at=AFTER_THE_DUE_DATE)
    workflow.send_back(
        world.submission, version=1, reasons={"training": "Look again."}, by=world.reviewer, at=AFTER_THE_DUE_DATE
    )

    assert numbers(world.period) == dict(zip(NAMES, (1, 1, 0, 1, 0, 0), strict=True))


def test_what_failed_its_check_is_missing_until_it_is_mended_and_then_in_time():
    world = make_world()
    submit(world)
    workflow.check_failed(world.submission, world.submission.current_version, ["Wrong."], at=IN_THE_WINDOW)
    assert numbers(world.period) == dict(zip(NAMES, (1, 0, 1, 0, 1, 0), strict=True))

    fill(world.submission, world.lead, AFTER_THE_DUE_DATE, staff_total=5001)
    submit_again(world, AFTER_THE_DUE_DATE)

    assert numbers(world.period) == dict(zip(NAMES, (1, 1, 0, 1, 0, 0), strict=True))


def submit_again(world, at):
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=at)
    waiting = reload(world.submission)
    workflow.sign_off(waiting, content_sha256=waiting.content_sha256, by=world.signer, at=at)
    check(world, at)


def test_before_the_due_date_nobody_is_late():
    world = make_world()

    assert numbers(world.period, IN_THE_WINDOW)["late"] == 0
    assert numbers(world.period, AFTER_THE_DUE_DATE)["late"] == 1


def test_what_is_not_required_counts_neither_way():
    world, other = make_world("ZZT71"), make_world("ZZT72")
    for one in (world, other):
        submit_and_check(one)
    workflow.excuse(world.submission, reason="Merged.", by=world.reviewer, at=IN_THE_WINDOW)

    assert numbers(world.period) == dict(zip(NAMES, (1, 1, 0, 1, 0, 0), strict=True))


def test_a_return_with_nothing_in_it_cannot_be_submitted():
    submission, (owner, _) = make_toy()
    at = submission.period.opens_at + timedelta(hours=10)
    save(submission, "paint", owner, at)

    with pytest.raises(workflow.Refused, match="nothing in this return"):
        workflow.send_for_sign_off(reload(submission), by=owner, at=at)


# The numbers agree


def states():
    """(status, has a version, that version stands, hours after the opening at which it first came)."""
    S = Submission.Status
    fresh = st.sampled_from([S.NOT_STARTED, S.DRAFT, S.AWAITING_SIGN_OFF, S.NOT_REQUIRED]).map(
        lambda status: (status, False, False, 0)
    )
    came = st.tuples(
        st.sampled_from([S.DRAFT, S.AWAITING_SIGN_OFF, S.SUBMITTED, S.IN_REVIEW, S.NOT_REQUIRED]),
        st.just(True),
        st.booleans(),
        st.integers(1, 400),
    )
    accepted = st.tuples(st.just(S.ACCEPTED), st.just(True), st.just(True), st.integers(1, 400))
    return st.one_of(fresh, came, accepted)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(states(), st.integers(0, 2), st.integers(0, 2)), max_size=8),
    hours=st.integers(0, 500),
)
def test_the_numbers_of_every_page_agree_and_none_passes_the_whole(rows, hours):
    with transaction.atomic():
        period, at = make_returns(rows, hours)

        everything = numbers(period, at)
        listed = quarter_numbers(period, at)

        assert everything == listed
        for groups in (completeness.by_region, completeness.by_commissioner):
            found = groups(period.submissions.all(), at)
            assert everything == {name: sum(row[name] for row in found) for name in NAMES}
            assert all(row["accepted"] <= row["submitted"] <= row["owed"] for row in found)
        assert everything["submitted"] + everything["missing"] == everything["owed"]
        not_due_yet = 0 if at > period.due_at else everything["missing"]
        assert everything["in_time"] + everything["late"] + not_due_yet == everything["owed"]
        assert completeness.non_submitters(period.submissions.all()).count() == everything["missing"]
        transaction.set_rollback(True)


def quarter_numbers(period, at):
    """The numbers as the quarter's page counts them."""
    rows = Submission.objects.filter(period=period)
    found = rows.aggregate(**completeness.totals(at))
    assert rows.filter(quarter.NOT_SUBMITTED).count() == found["missing"]
    return found


def make_returns(rows, hours):
    person = make_person()
    regions = [make_region(), make_region(), None]
    commissioners = [make_commissioner(), make_commissioner(), None]
    period = make_period()
    for (status, came, stands, after), region, commissioner in rows:
        submission = Submission.objects.create(
            period=period,
            subject=make_organisation(),
            region=regions[region],
            status_reason="Because.",
            first_submitted_at=period.opens_at + timedelta(hours=after) if came else None,
        )
        if commissioners[commissioner]:
            Participant.objects.create(
                submission=submission, organisation=commissioners[commissioner], part="RECIPIENT"
            )
        if came:
            version = Version.objects.create(
                submission=submission,
                number=1,
                rulebook="x",
                submitted_by=person,
                submitted_at=submission.first_submitted_at,
            )
            submission.current_version, submission.standing_version = version, version if stands else None
        submission.status = status
        submission.save()
    return Period.objects.get(pk=period.pk), period.opens_at + timedelta(hours=hours)
