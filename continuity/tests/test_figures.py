"""What may be shown of an audit's figures, and to whom."""

from continuity.figures import Figures, figures_of
from continuity.measures import Analysis
from continuity.tests.audits_made import REOPENED, checked, day, referral


def figures(exact, *changes):
    rows = [referral(number, P02=f"S{number:04}", **change) for number, change in enumerate(changes, start=1)]
    return Figures(figures_of(Analysis(checked(*rows))), exact)


MANY = [*[{}] * 24, *[{"C01": "No"}] * 12, *[{"C33": day(22)}] * 14]


def test_parties_see_whole_numbers():
    shown = figures(True, *MANY)

    assert [step["count"] for step in shown.funnel] == [50, 38, 38, 38, 38, 38, 24]
    assert shown.funnel[1]["went"] == [("No", 12)]
    assert shown.measure("M01").said == "76.0\u00a0% – 38 of 50"
    assert shown.lost.total == 14


def test_everybody_else_sees_rounded_numbers_and_percentages_of_these():
    shown = figures(False, *MANY)

    assert [step["count"] for step in shown.funnel] == [50, 40, 40, 40, 40, 40, 25]
    assert shown.funnel[1]["went"] == []
    assert shown.measure("M01").said == "80.0\u00a0% – 40 of 50"
    assert shown.lost.total == 15


def test_small_numbers_are_hidden_everywhere():
    shown = figures(False, *[{}] * 3, {"C01": "No"}, {"C33": day(22)}, {"C30": "No", "C31": "Moved"})

    assert [step["count"] for step in shown.funnel] == [None] * 7
    assert {figure.said for _, figure in shown.measures} <= {"Hidden", "Nobody to count"}
    assert shown.days == [] and shown.outside is None and shown.gap is None
    assert all(row.count is None for table in (shown.lost, *shown.reason_tables) for row in table.rows)


def test_a_row_of_nobody_cannot_be_told_from_a_hidden_one():
    shown = figures(False, *[{}] * 30)

    assert [group for group, _ in shown.breakdown("sex")] == ["Male", "Female", "Unknown"]
    assert {found[0].said for group, found in shown.breakdown("sex")[1:]} == {"Hidden"}
    assert shown.lost.is_hidden
    assert all(table.total is not None or table.is_hidden for table in shown.reason_tables)
    assert len(shown.reason_tables) == len(figures(False, *MANY).reason_tables)
    assert [item.what for item in shown.comparisons] == [item.what for item in figures(False, *MANY).comparisons]


def test_where_half_a_table_would_be_hidden_its_small_rows_are_put_together():
    shown = figures(False).table("Reasons", {"Refused": 40, "Moved": 6, "Died": 2, "Other": 5})

    assert [(row.label, row.count) for row in shown.rows] == [("Refused", 40), ("All others", 15)]
    assert set(shown.merged) == {"Moved", "Died", "Other"}
    assert shown.total == 55


def test_contact_before_release_is_compared_by_what_may_be_shown():
    rows = [*[{}] * 20, *[{"C17": "None"}] * 10, *[{"C17": "None", "C33": day(22)}] * 20]

    assert figures(True, *rows).comparisons[0].difference == "+66.7"
    assert figures(False, *rows).comparisons[0].with_it.numerator == 20


def test_reopened_episodes_are_counted_as_they_are():
    assert figures(True, REOPENED).measure("M35").denominator == 1
