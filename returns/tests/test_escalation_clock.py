"""What the clock escalates: returns that did not come, and measures below target in quarters running. Never twice."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tests.factories import make_link, make_organisation, make_seat
from journal.models import Event, Notice
from prevent.return_type import PREVENT
from returns import escalations, opening, periodic, workflow
from returns.models import Escalation, EscalationStep, Measure, Participant, Submission, Version
from returns.periods import end_of, working_day_after
from returns.tests.dealings import make_escalation
from returns.tests.factories import (
    AFTER_THE_CLOSE,
    AFTER_THE_DUE_DATE,
    IN_THE_WINDOW,
    QUARTER,
    make_toy,
    make_world,
    save,
    submit_and_check,
)

pytestmark = pytest.mark.django_db
Kind = Escalation.Kind


# Failure to submit


def test_a_return_that_never_came_is_escalated_once_after_the_hard_close():
    world = make_world()

    assert escalations.run_clock(at=AFTER_THE_DUE_DATE).not_submitted == 0
    assert escalations.run_clock(at=AFTER_THE_CLOSE).not_submitted == 1
    assert escalations.run_clock(at=AFTER_THE_CLOSE).not_submitted == 0

    escalation = Escalation.objects.get()
    assert (escalation.kind, escalation.provider, escalation.commissioner) == (
        Kind.FAILURE_TO_SUBMIT,
        world.trust,
        world.commissioner,
    )
    assert escalation.raised_by is None
    assert escalation.steps.get().owner == world.reviewer
    assert Event.objects.filter(act="escalation raised", subject_id=str(escalation.uuid)).count() == 1
    assert Notice.objects.filter(link__contains=str(escalation.uuid)).count() == 3


def test_a_draft_that_was_never_submitted_did_not_come():
    world = make_world()
    save(world.submission, "training", world.lead, staff_total=10)

    assert escalations.run_clock(at=AFTER_THE_CLOSE).not_submitted == 1


@pytest.mark.parametrize("closed", [False, True])
def test_a_cause_that_was_escalated_is_not_escalated_again_open_or_closed(closed):
    world = make_world()
    escalation = make_escalation(world, AFTER_THE_CLOSE, kind=Kind.FAILURE_TO_SUBMIT)
    if closed:
        escalations.close(escalation, reason="They wrote to us.", by=world.reviewer, at=AFTER_THE_CLOSE)

    assert escalations.run_clock(at=AFTER_THE_CLOSE + timedelta(days=1)).not_submitted == 0


def test_an_extension_is_respected_until_it_ends():
    world = make_world()
    until = end_of(working_day_after(AFTER_THE_CLOSE.date(), 5))
    workflow.extend(world.submission, until=until, reason="Flood.", by=world.reviewer, at=IN_THE_WINDOW)

    assert escalations.run_clock(at=until).not_submitted == 0
    assert escalations.run_clock(at=until + timedelta(seconds=1)).not_submitted == 1


def test_what_is_not_required_and_what_was_submitted_even_once_is_left_alone():
    excused, came, went_back = make_world("ZZT01"), make_world("ZZT02"), make_world("ZZT03")
    workflow.excuse(excused.submission, reason="Closed.", by=excused.reviewer, at=IN_THE_WINDOW)
    submit_and_check(came)
    submit_and_check(went_back)
    workflow.take_back(went_back.submission, reason="A mistake.", by=went_back.submitter, at=IN_THE_WINDOW)

    assert escalations.run_clock(at=AFTER_THE_CLOSE).not_submitted == 0


def test_history_is_not_escalated_when_the_clock_is_new():
    make_world()

    assert escalations.run_clock(at=AFTER_THE_CLOSE + timedelta(days=150)).not_submitted == 0


def test_a_return_that_nobody_receives_and_a_type_without_a_ladder_are_left_alone():
    world = make_world()
    Participant.objects.filter(submission=world.submission, part="RECIPIENT").delete()
    make_toy()

    assert escalations.run_clock(at=AFTER_THE_CLOSE) == escalations.Done()


# Below the target


class Story:
    """A trust whose level 3 training, quarter after quarter, is below its target, at it, or not known."""

    TARGET = 0.85

    def __init__(self, quarters=0, **standards):
        self.world = make_world(quarter=QUARTER)
        self.standards = dict(PREVENT.standards) | standards
        self.quarter = QUARTER
        self.periods = []

    def quarter_ends(self, below):
        """One more quarter, with the figure and the clock after its close."""
        period = opening.quarter_of(self.world.period.collection, self.quarter)
        period.opened_at, period.standards = period.opens_at, self.standards
        period.save()
        row, created = Submission.objects.get_or_create(period=period, subject=self.world.trust)
        if created:
            for part, organisation in (("OWNER", self.world.trust), ("RECIPIENT", self.world.commissioner)):
                Participant.objects.create(submission=row, organisation=organisation, part=part)
        version = Version.objects.create(
            submission=row,
            number=1,
            content_sha256="0" * 64,
            explanations_sha256="0" * 64,
            rulebook="1",
            submitted_by=self.world.lead.person,
            submitted_at=period.opens_at,
        )
        Submission.objects.filter(pk=row.pk).update(
            status="ACCEPTED", first_submitted_at=period.opens_at, current_version=version, standing_version=version
        )
        if below is not None:
            Measure.objects.create(
                version=version,
                measure="training_l3",
                numerator=849 if below else 850,
                denominator=1000,
                period=period,
                organisation=self.world.trust,
            )
        self.quarter = self.quarter.next()
        self.periods.append(period)
        return escalations.run_clock(at=period.closes_at + timedelta(hours=1)).below_target


@pytest.mark.parametrize(
    ("quarters", "raised"),
    [
        ([True], [0]),
        ([True, True], [0, 1]),
        ([True, False, True], [0, 0, 0]),
        ([True, None, True], [0, 0, 0]),
        ([True, True, True, True], [0, 1, 0, 0]),
        ([True, True, False, True, True], [0, 1, 0, 0, 1]),
    ],
)
def test_a_run_of_two_quarters_below_target_is_escalated_once_for_as_long_as_it_lasts(quarters, raised):
    story = Story()

    assert [story.quarter_ends(below) for below in quarters] == raised


def test_what_is_said_names_measure_and_quarter_and_holds_no_figure():
    story = Story()
    story.quarter_ends(True)
    story.quarter_ends(True)

    escalation = Escalation.objects.get()
    assert (escalation.kind, escalation.measure) == (Kind.INADEQUATE_PERFORMANCE, "training_l3")
    assert escalation.cause.startswith("Level 3 training was below its target in at least 2 quarters in a row")
    assert "849" not in escalation.cause and "84" not in escalation.cause


@pytest.mark.parametrize(("number", "raised"), [("1", [1, 0, 0]), ("3", [0, 0, 1]), ("0", [0, 0, 0])])
def test_how_many_quarters_is_the_standard_of_the_last_quarter(number, raised):
    story = Story(escalate_after_quarters=number)

    assert [story.quarter_ends(True) for _ in range(3)] == raised


def test_each_quarter_is_compared_with_its_own_target():
    story = Story()
    story.standards = story.standards | {"training_target": "0.80"}
    assert story.quarter_ends(True) == 0
    story.standards = story.standards | {"training_target": "0.85"}

    assert story.quarter_ends(True) == 0


def test_a_run_that_a_person_escalated_is_not_escalated_by_the_clock():
    story = Story()
    story.quarter_ends(True)
    story.world.submission = Submission.objects.get(period=story.periods[0])
    make_escalation(story.world, story.periods[0].closes_at, measure="training_l3")

    assert [story.quarter_ends(True), story.quarter_ends(True)] == [0, 0]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quarters=st.lists(st.sampled_from([True, True, True, False, None]), min_size=1, max_size=8),
    wanted=st.integers(1, 3),
    twice=st.booleans(),
)
def test_whatever_the_quarters_bring_each_long_run_is_escalated_exactly_once(quarters, wanted, twice):
    with transaction.atomic():
        story = Story(escalate_after_quarters=str(wanted))
        run, expected = 0, []
        for below in quarters:
            run = run + 1 if below else 0
            expected.append(int(run == wanted))
            assert story.quarter_ends(below) == expected[-1]
            if twice:
                assert escalations.run_clock(at=story.periods[-1].closes_at + timedelta(days=2)).below_target == 0
        assert Escalation.objects.count() == EscalationStep.objects.count() == sum(expected)
        transaction.set_rollback(True)


# Overdue


def test_a_step_is_marked_overdue_once_the_day_after_its_last_and_both_sides_are_told():
    world = make_world()
    submit_and_check(world)
    escalation = make_escalation(world, IN_THE_WINDOW)
    step = escalation.steps.get()
    told = Notice.objects.count()

    last_day = end_of(step.due_on)
    assert escalations.mark_overdue(at=last_day) == 0
    assert escalations.mark_overdue(at=last_day + timedelta(seconds=1)) == 1
    assert escalations.mark_overdue(at=last_day + timedelta(days=1)) == 0

    assert Notice.objects.count() == told + 3
    assert Event.objects.filter(act="escalation step overdue").count() == 1


# Many at once


def test_the_clock_asks_the_same_number_of_queries_for_many_as_for_few():
    def silent(number):
        world = make_world(f"ZZT{number}0")
        for _ in range(number):
            trust = make_organisation()
            make_link(trust, world.commissioner)
            make_seat("PREVENT_OPERATIONAL_LEAD", trust)
        opening.open_period(world.period, PREVENT, by=None, at=IN_THE_WINDOW)
        with CaptureQueriesContext(connection) as queries:
            assert escalations.run_clock(at=AFTER_THE_CLOSE).not_submitted == number + 1
        return len(queries)

    few = silent(2)
    assert silent(20) <= few


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_raise_each_cause_once():
    make_world("ZZT01"), make_world("ZZT02")
    start = threading.Barrier(2)

    def tick():
        start.wait()
        try:
            periodic.each_hour(at=AFTER_THE_CLOSE)
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Escalation.objects.count() == EscalationStep.objects.count() == 2
    assert Event.objects.filter(act="escalation raised").count() == 2
