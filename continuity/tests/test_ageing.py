"""Findings that the calendar brings are there in the morning, though nobody saved anything."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from continuity import ageing, sheets, working_rows
from continuity.models import Referral, RowFinding, Sheet
from continuity.tests.audit_factories import AT, shared
from continuity.tests.audits_made import AUDIT, EXIT, checked, referral
from continuity.tests.factories import make_spoc_entry
from journal.models import Event, Notice
from returns import workflow
from returns.models import Period

TODAY = timezone.localdate(AT)
database = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]


DATES = ("C02", "C08", "C09", "C18", "C21", "C25", "C33", "C39", "C46", "C47")


def somebody(dice, number):
    """A person with dates round the release, and when structured treatment started."""
    on = lambda: dice.choice([None, EXIT + timedelta(dice.randint(-40, 70))])  # noqa: E731
    episode = dice.choice(["New", "Re-opened", "Still open from before custody", "None"])
    return referral(number, C32=episode, **{id: on() for id in DATES}), [on() for _ in range(dice.randint(0, 2))]


def test_no_rule_changes_its_mind_on_a_day_that_is_not_looked_for():
    dice = Random(21)
    people = [somebody(dice, number) for number in range(400)]
    rows = [row for row, _ in people]
    begun = [
        {"P25": row["P25"], "C45a": "Psychosocial", "C45b": day} for row, starts in people for day in starts if day
    ]
    turning = [
        {day + timedelta(turn) for id, dates in about.items() for day in dates if day for turn in ageing.TURNS[id]}
        for row, starts in people
        for about in [{"P11": [row["P11"]], "C33": [row["C33"]], "C45b": starts}]
    ]
    before, changes = None, 0

    for day in (EXIT + timedelta(number) for number in range(-5, 90)):
        now = checked(*rows, interventions=begun, audit=replace(AUDIT, as_at=day)).codes()
        changed = [number for number, codes in enumerate(now) if before and codes != before[number]]
        assert [number for number in changed if day not in turning[number]] == []
        before, changes = now, changes + len(changed)

    assert changes > 1000


def left_since(days, **answers):
    """A shared sheet of one person who left so many days ago, judged a day ago."""
    world = shared(north=1, south=1)
    Period.objects.filter(audit=world.audit).update(ends=TODAY)
    row = Referral.objects.get(sheet=world.sheet_north)
    row.sent |= {"P11": (TODAY - timedelta(days=days)).isoformat()}
    row.answers |= answers
    row.save()
    judged_as_of(world.sheet_north, TODAY - timedelta(days=1))
    Sheet.objects.update(judged_on=TODAY - timedelta(days=1))
    return world


def judged_as_of(sheet, day):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(working_rows, "timezone", SimpleNamespace(localdate=lambda *moment: day))
        workflow.judge_rows_again(sheet.submission)


def rules_of(sheet):
    return set(RowFinding.objects.filter(sheet=sheet, upload=None).values_list("rule", flat=True))


class TestTheSheetsOfToday:
    pytestmark = database

    @pytest.mark.parametrize(
        ("days", "answers", "gone", "come"),
        [
            (15, {}, set(), {"WIN-06"}),
            (22, {}, {"WIN-05", "WIN-06"}, set()),
            (28, {"C32": "NEW"}, {"TOP-03"}, {"TOP-04"}),
            (57, {"C32": "NEW"}, {"TOP-04"}, {"TOP-05"}),
        ],
    )
    def test_a_window_that_opened_or_closed_in_the_night_is_seen(self, days, answers, gone, come):
        world = left_since(days, **answers)
        before = rules_of(world.sheet_north)

        assert ageing.judge_aged(at=AT) == 1

        after = rules_of(world.sheet_north)
        assert (before - after, after - before) == (gone, come)

    def test_an_overdue_start_top_is_seen(self):
        world = left_since(40, C32="NEW", C33=(TODAY - timedelta(days=15)).isoformat())

        ageing.judge_aged(at=AT)

        assert "TOP-01" in rules_of(world.sheet_north)

    def test_days_that_the_clock_missed_are_made_up_for(self):
        world = left_since(30)
        judged_as_of(world.sheet_north, TODAY - timedelta(days=14))
        Sheet.objects.update(judged_on=TODAY - timedelta(days=14))

        assert "WIN-06" in rules_of(world.sheet_north)
        assert ageing.judge_aged(at=AT) == 1
        assert "WIN-06" not in rules_of(world.sheet_north)

    def test_a_sheet_on_which_no_day_turned_is_left_as_it_is(self):
        world = left_since(18)
        RowFinding.objects.all().delete()

        assert ageing.judge_aged(at=AT) == 0

        assert rules_of(world.sheet_north) == set()
        assert Sheet.objects.get(pk=world.sheet_north.pk).judged_on == TODAY

    def test_a_day_s_sheets_are_asked_for_once(self):
        left_since(22)
        ageing.judge_aged(at=AT)

        with CaptureQueriesContext(connection) as queries:
            assert ageing.judge_aged(at=AT) == 0

        assert len(queries) == 1

    def test_nobody_is_told_and_the_log_has_nothing_of_it(self):
        left_since(22)
        before = Event.objects.count(), Notice.objects.count()

        ageing.judge_aged(at=AT)

        assert (Event.objects.count(), Notice.objects.count()) == before

    def test_a_sheet_that_is_sent_in_or_recalled_is_no_longer_judged(self):
        world = left_since(22)
        sheets.recall(world.sheet_north, reason="Wrong area.", by=world.prison, at=AT)

        assert ageing.judge_aged(at=AT) == 0

    def test_a_point_of_contact_that_nobody_confirmed_for_a_year_is_seen(self):
        world = left_since(100)
        make_spoc_entry(world.north, areas=[world.pair_north.area], at=AT - timedelta(days=366))
        judged_as_of(world.sheet_north, TODAY - timedelta(days=1))
        before = rules_of(world.sheet_north)

        assert ageing.judge_aged(at=AT) == 1

        assert rules_of(world.sheet_north) - before == {"REF-14"}

    def test_the_clock_judges_some_and_the_others_the_next_minute(self, monkeypatch):
        world = left_since(22)
        monkeypatch.setattr(ageing, "SHEETS_AT_ONCE", 1)
        for row in Referral.objects.filter(sheet=world.sheet_south):
            row.sent |= {"P11": (TODAY - timedelta(days=22)).isoformat()}
            row.save()

        assert [ageing.judge_aged(at=AT) for _ in range(3)] == [1, 1, 0]

    def test_a_sheet_that_cannot_be_judged_keeps_no_other_waiting(self, monkeypatch, caplog):
        left_since(22)
        monkeypatch.setattr(workflow, "judge_rows_again", lambda submission: 1 / 0)

        ageing.judge_aged(at=AT)

        assert "could not be judged again" in caplog.text
