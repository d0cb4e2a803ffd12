"""Reminders: on working days, to those who can still move a return, once for each cause and person."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from accounts.tests.factories import make_seat
from journal.models import Event, Notice
from returns import reminders, workflow
from returns.models import Extension, Participant, Period, Reminder, ReminderRun, Standard, Submission
from returns.periods import LONDON, end_of
from returns.registry import return_types
from returns.tests.factories import (
    AFTER_THE_CLOSE,
    IN_THE_WINDOW,
    fill,
    make_period,
    make_toy,
    make_world,
    reload,
    submit,
    submit_and_check,
)

pytestmark = pytest.mark.django_db

# Quarter 2 of 2025 to 2026 is due on Tuesday 7 October 2025 and closes on Tuesday 14 October
TWO_DAYS_BEFORE, DUE = date(2025, 10, 3), date(2025, 10, 7)
ONE_DAY_OVERDUE, THREE_DAYS_OVERDUE = date(2025, 10, 8), date(2025, 10, 10)
CLOSING, CLOSED = date(2025, 10, 14), date(2025, 10, 15)


def morning(day, hour=7, minute=30):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)


def told(at):
    """Sends what is due and says who was told what by it: {person: subjects}."""
    before = set(Notice.objects.values_list("pk", flat=True))
    reminders.send_due(at=at)
    found = {}
    for notice in Notice.objects.exclude(pk__in=before).order_by("pk"):
        found.setdefault(notice.person_id, []).append(notice.subject)
    return found


def people(*seats):
    return {seat.person_id for seat in seats}


# When


def test_the_schedule_counts_working_days():
    period = make_period()

    assert [(step.key, step.on) for step in reminders.schedule(period)] == [
        ("before 2", TWO_DAYS_BEFORE),
        ("due", DUE),
        ("overdue 1", ONE_DAY_OVERDUE),
        ("overdue 3", THREE_DAYS_OVERDUE),
        ("closing", CLOSING),
        ("closed", CLOSED),
    ]


def test_the_schedule_is_dated_data_and_frozen_with_the_period():
    Standard.objects.create(
        return_type="prevent", key="reminders_before_due", value="4, 1", valid_from=date(2025, 7, 1)
    )
    period = make_period()
    Standard.objects.create(return_type="prevent", key="reminders_before_due", value="9", valid_from=date(2025, 8, 1))

    steps = reminders.schedule(Period.objects.get(pk=period.pk))

    assert [step.on for step in steps[:2]] == [date(2025, 10, 1), date(2025, 10, 6)]


def test_nobody_is_reminded_before_the_period_opens_or_at_night():
    Standard.objects.create(return_type="prevent", key="reminders_before_due", value="30", valid_from=date(2025, 7, 1))
    make_world()

    assert not told(morning(date(2025, 10, 1)))
    assert not told(morning(DUE, hour=6, minute=59))
    assert told(morning(DUE, hour=7, minute=0))


# Whom


def test_while_it_is_filled_in_those_who_fill_it_in_or_send_it_are_reminded():
    world = make_world()
    editor = make_seat("PREVENT_EDITOR", world.trust)
    make_seat("PREVENT_PROVIDER_VIEWER", world.trust)
    make_seat("PREVENT_EDITOR", world.trust, until=IN_THE_WINDOW - timedelta(days=30))

    found = told(morning(TWO_DAYS_BEFORE))

    assert set(found) == people(world.lead, world.submitter, editor)
    assert "is due on 7 October 2025, 5pm" in found[world.lead.person_id][0]


def test_while_it_waits_for_a_signature_whoever_may_sign_is_reminded():
    world = make_world()
    fill(world.submission, world.lead)
    workflow.send_for_sign_off(reload(world.submission), by=world.submitter, at=IN_THE_WINDOW)

    found = told(morning(DUE))

    assert set(found) == people(world.signer)
    assert "waits for your signature and is due" in found[world.signer.person_id][0]


def test_where_nobody_else_can_sign_those_who_sent_it_are_reminded():
    world = make_world()
    fill(world.submission, world.lead)
    workflow.send_for_sign_off(reload(world.submission), by=world.submitter, at=IN_THE_WINDOW)
    Membership.objects.filter(pk=world.signer.pk).update(person=world.submitter.person)

    assert world.submitter.person_id in told(morning(DUE))


def test_of_several_owners_only_those_who_have_not_signed_are_reminded():
    submission, (first, second) = make_toy()
    at = submission.period.opens_at + timedelta(hours=10)
    fill(submission, first, at, explain=False, wheels=4, doors=2)
    workflow.send_for_sign_off(reload(submission), by=first, at=at)
    waiting = reload(submission)
    workflow.sign_off(waiting, content_sha256=waiting.content_sha256, by=first, at=at + timedelta(minutes=1))

    found = told(morning(submission.period.due_at.astimezone(LONDON).date()))

    assert set(found) == people(second)


def test_an_organisation_with_many_returns_in_a_period_is_reminded_once_of_all():
    submission, (owner, _) = make_toy()
    for number in range(2, 5):
        other = Submission.objects.create(
            period=submission.period, subject=submission.subject, subject_key=f"sheet {number}"
        )
        Participant.objects.create(submission=other, organisation=submission.subject, part="OWNER")

    found = told(morning(submission.period.due_at.astimezone(LONDON).date()))

    assert len(found[owner.person_id]) == 1


def test_who_has_submitted_is_left_in_peace():
    world = make_world()
    submit_and_check(world)

    assert not told(morning(DUE))
    assert not told(morning(ONE_DAY_OVERDUE))
    assert not told(morning(CLOSING))


def test_who_need_not_submit_is_left_in_peace():
    world = make_world()
    workflow.excuse(world.submission, reason="No staff.", by=world.reviewer, at=IN_THE_WINDOW)

    assert not (people(world.lead) & set(told(morning(DUE))))


def test_once_overdue_the_commissioner_learns_whose_return_has_not_come():
    silent, prompt = make_world("ZZT71"), make_world("ZZT72")
    submit_and_check(prompt)
    viewer = make_seat("PREVENT_COMMISSIONER_VIEWER", silent.commissioner)

    found = told(morning(ONE_DAY_OVERDUE))

    assert set(found) == people(silent.lead, silent.submitter, silent.reviewer)
    assert "was due on 7 October 2025, 5pm" in found[silent.lead.person_id][0]
    notice = Notice.objects.get(person_id=silent.reviewer.person_id)
    assert notice.body == f"Not submitted: {silent.trust.name}."
    assert notice.link.endswith("?period=2025-26-Q2&show=not-submitted")
    assert viewer.person_id not in found


def test_after_the_close_only_the_commissioner_is_told():
    world = make_world()

    found = told(morning(CLOSED))

    assert set(found) == people(world.reviewer)
    assert "were not submitted before they closed" in found[world.reviewer.person_id][0]


def test_a_return_with_more_time_is_reminded_on_its_own_last_day():
    world, other = make_world("ZZT71"), make_world("ZZT72")
    Extension.objects.create(
        submission=world.submission,
        closes_at=end_of(date(2025, 11, 5)),
        reason="Illness",
        given_at=IN_THE_WINDOW,
    )
    told(morning(THREE_DAYS_OVERDUE))

    on_the_day_for_all, on_its_own = told(morning(CLOSING)), told(morning(date(2025, 11, 5)))

    assert set(on_the_day_for_all) == people(other.lead, other.submitter)
    assert set(on_its_own) == people(world.lead, world.submitter)
    assert "closes on 5 November 2025, 11:59pm" in on_its_own[world.lead.person_id][0]


def test_a_return_that_went_back_is_not_overdue_but_has_a_last_day():
    world = make_world()
    submit_and_check(world)
    workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
    workflow.send_back(
        world.submission, version=1, reasons={"training": "Look again."}, by=world.reviewer, at=IN_THE_WINDOW
    )

    assert not told(morning(ONE_DAY_OVERDUE))
    assert world.lead.person_id in told(morning(CLOSING))


# Once


def test_a_clock_that_runs_twice_reminds_once():
    make_world()

    assert reminders.send_due(at=morning(DUE)) == 1
    assert reminders.send_due(at=morning(DUE, minute=31)) == 0
    ReminderRun.objects.all().delete()
    before = Notice.objects.count()
    reminders.send_due(at=morning(DUE, minute=32))
    assert Notice.objects.count() == before


def test_a_clock_that_was_down_for_a_day_reminds_of_the_latest_step_alone():
    world = make_world()
    told(morning(TWO_DAYS_BEFORE))

    found = told(morning(date(2025, 10, 9)))

    assert len(found[world.lead.person_id]) == 1
    assert "was due on 7 October" in found[world.lead.person_id][0]
    assert not told(morning(date(2025, 10, 9), minute=40))


def test_what_was_missed_for_weeks_is_not_brought_up_again():
    make_world()

    assert not told(AFTER_THE_CLOSE + timedelta(days=30))


def test_a_moved_due_date_is_reminded_of_once_more():
    world = make_world()
    told(morning(DUE))
    Period.objects.update(due_at=morning(date(2025, 10, 9), hour=17))

    found = told(morning(date(2025, 10, 9)))

    assert "is due on 9 October 2025, 5:30pm" in found[world.lead.person_id][0]


def test_the_words_hold_no_figures():
    world = make_world()
    fill(world.submission, world.lead, staff_total=5417)
    for day in (TWO_DAYS_BEFORE, DUE, ONE_DAY_OVERDUE, CLOSING, CLOSED):
        told(morning(day))

    assert not Notice.objects.filter(body__contains="5417").exists()
    assert not Notice.objects.filter(subject__contains="5417").exists()


def test_many_returns_are_reminded_of_with_as_many_queries_as_few():
    make_world("ZZT71")
    few = queries_of_a_run(DUE)
    for number in range(10, 30):
        make_world(f"ZZT{number}")

    assert queries_of_a_run(DUE, again=True) == few


def queries_of_a_run(day, again=False):
    if again:
        ReminderRun.objects.all().delete()
    with CaptureQueriesContext(connection) as queries:
        reminders.send_due(at=morning(day))
    return len(queries)


# By hand


def chosen(*worlds):
    return Submission.objects.filter(pk__in=[world.submission.pk for world in worlds])


def remind(*worlds, at=IN_THE_WINDOW):
    return reminders.remind(chosen(*worlds), return_types()["prevent"], by=worlds[0].reviewer, at=at)


def test_a_commissioner_reminds_those_who_have_not_submitted():
    world = make_world()

    outcome = remind(world)

    assert outcome.reminded == [world.submission]
    assert outcome.people == 2
    notice = Notice.objects.get(person_id=world.lead.person_id)
    assert "has not been submitted" in notice.subject
    assert notice.body == f"{world.commissioner.name} reminds you of it."
    assert Event.objects.get(act="reminded").actor_id == world.reviewer.person_id


def test_once_a_day_is_enough():
    world = make_world()
    remind(world)

    again, tomorrow = remind(world), remind(world, at=IN_THE_WINDOW + timedelta(days=1))

    assert again.already_today == [world.submission] and not again.reminded
    assert tomorrow.reminded == [world.submission]
    assert Reminder.objects.count() == 2


def test_who_has_submitted_or_can_submit_no_more_is_not_reminded_by_hand():
    world, late = make_world("ZZT71"), make_world("ZZT72")
    submit(world)

    assert remind(world, late).too_late == [world.submission]
    assert remind(late, at=AFTER_THE_CLOSE).too_late == [late.submission]
    assert not Notice.objects.filter(
        subject__contains="has not been submitted", person_id=world.lead.person_id
    ).exists()


def test_where_nobody_is_there_to_be_reminded_the_outcome_says_so():
    world = make_world()
    Membership.objects.filter(organisation=world.trust).delete()

    assert remind(world).nobody_there == [world.submission]
