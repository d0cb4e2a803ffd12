"""Quarters and deadlines. The published Prevent windows of 2019 to 2023 are the vectors."""

from datetime import date, datetime

import pytest

from returns.periods import (
    LONDON,
    Quarter,
    days_to_mend,
    deadlines,
    is_working_day,
    summary_moment,
    working_day_after,
    working_day_before,
)

# (quarter, published close); the two that the rule does not give are listed with what it gives instead
PUBLISHED = [
    ("2019-20-Q4", date(2020, 4, 7)),
    ("2020-21-Q1", date(2020, 7, 7)),
    ("2020-21-Q2", date(2020, 10, 7)),
    ("2020-21-Q3", date(2021, 1, 8)),  # published: Saturday 9 January
    ("2020-21-Q4", date(2021, 4, 9)),  # published: 7 April, later 21 May
    ("2021-22-Q1", date(2021, 7, 7)),
    ("2021-22-Q2", date(2021, 10, 7)),
    ("2021-22-Q3", date(2022, 1, 10)),
    ("2021-22-Q4", date(2022, 4, 7)),
    ("2022-23-Q1", date(2022, 7, 7)),
    ("2022-23-Q2", date(2022, 10, 7)),
    ("2022-23-Q3", date(2023, 1, 9)),
    ("2022-23-Q4", date(2023, 4, 11)),
]


@pytest.mark.parametrize(("key", "due_on"), PUBLISHED)
def test_the_window_is_the_first_five_working_days(key, due_on):
    assert deadlines(Quarter.parse(key).ends)["due_at"] == datetime(
        due_on.year, due_on.month, due_on.day, 17, tzinfo=LONDON
    )


@pytest.mark.parametrize(
    ("key", "starts", "ends", "title"),
    [
        ("2025-26-Q1", date(2025, 4, 1), date(2025, 6, 30), "Quarter 1 2025 to 2026 (April to June)"),
        ("2025-26-Q2", date(2025, 7, 1), date(2025, 9, 30), "Quarter 2 2025 to 2026 (July to September)"),
        ("2025-26-Q3", date(2025, 10, 1), date(2025, 12, 31), "Quarter 3 2025 to 2026 (October to December)"),
        ("2025-26-Q4", date(2026, 1, 1), date(2026, 3, 31), "Quarter 4 2025 to 2026 (January to March)"),
        ("2099-00-Q1", date(2099, 4, 1), date(2099, 6, 30), "Quarter 1 2099 to 2100 (April to June)"),
    ],
)
def test_a_quarter_knows_its_days_and_its_name(key, starts, ends, title):
    quarter = Quarter.parse(key)

    assert (quarter.key, quarter.starts, quarter.ends, quarter.title) == (key, starts, ends, title)
    assert Quarter.containing(starts) == Quarter.containing(ends) == quarter
    assert quarter.next().previous() == quarter


@pytest.mark.parametrize("key", ["2025-26-Q5", "2025-27-Q1", "2025-26", "", "2025-26-q1", None, "2025-26-Q1 "])
def test_what_is_not_a_quarter_is_said(key):
    with pytest.raises(ValueError, match="is not a quarter"):
        Quarter.parse(key)


def test_the_hard_close_is_the_last_second_of_the_tenth_working_day():
    closes = deadlines(date(2025, 12, 31))["closes_at"]

    assert closes == datetime(2026, 1, 15, 23, 59, 59, tzinfo=LONDON)


def test_the_clock_change_does_not_move_a_deadline():
    october = deadlines(date(2025, 9, 30))
    january = deadlines(date(2025, 12, 31))

    assert october["due_at"].utcoffset().total_seconds() == 3600
    assert january["due_at"].utcoffset().total_seconds() == 0
    assert october["due_at"].hour == january["due_at"].hour == 17


def test_good_friday_is_no_working_day():
    assert not is_working_day(date(2023, 4, 7))
    assert working_day_after(date(2023, 4, 6), 1) == date(2023, 4, 11)


def test_days_to_mend_are_working_days_from_the_moment_in_london():
    late_on_friday_in_utc = datetime.fromisoformat("2025-10-17T23:30:00+00:00")

    assert days_to_mend(late_on_friday_in_utc).date() == date(2025, 10, 24)


def test_working_days_are_counted_backwards_too():
    assert working_day_before(date(2025, 4, 22), 1) == date(2025, 4, 17)  # over Easter
    assert working_day_before(date(2025, 10, 7), 2) == date(2025, 10, 3)
    assert working_day_before(date(2025, 10, 7), 0) == date(2025, 10, 7)


@pytest.mark.parametrize(
    ("at", "sent"),
    [
        (datetime(2025, 10, 7, 8, 0), datetime(2025, 10, 7, 8, 0)),
        (datetime(2025, 10, 7, 7, 59), datetime(2025, 10, 6, 8, 0)),
        (datetime(2025, 10, 5, 12, 0), datetime(2025, 10, 3, 8, 0)),  # a Sunday
        (datetime(2025, 12, 26, 12, 0), datetime(2025, 12, 24, 8, 0)),  # Boxing Day
    ],
)
def test_summaries_go_out_in_the_morning_of_working_days(at, sent):
    assert summary_moment(at.replace(tzinfo=LONDON)) == sent.replace(tzinfo=LONDON)
