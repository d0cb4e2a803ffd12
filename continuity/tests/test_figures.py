"""What may be shown of an audit's figures, and to whom."""

import json

from continuity.figures import BREAKDOWN_TITLES, COMPARED_BY, Figures, figures_of
from continuity.measures import ALL, MEASURES, RECEIVED, Analysis
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
    assert shown.lost.total.count == 14


def test_everybody_else_sees_rounded_numbers_and_percentages_of_these():
    shown = figures(False, *MANY)

    assert [step["count"] for step in shown.funnel] == [50, 40, 40, 40, 40, 40, 25]
    assert shown.funnel[1]["went"] == []
    assert shown.measure("M01").said == "80.0\u00a0% – 40 of 50"
    assert shown.lost.total.count == 15


def test_small_numbers_are_hidden_everywhere():
    shown = figures(False, *[{}] * 3, {"C01": "No"}, {"C33": day(22)}, {"C30": "No", "C31": "Moved"})

    assert [step["count"] for step in shown.funnel] == [None] * 7
    assert {figure.said for _, figure in shown.measures} <= {"Hidden", "Nobody to count"}
    assert shown.days == [] and shown.outside.count is None and shown.gap is None
    assert all(row.count is None for table in (shown.lost, *shown.reason_tables) for row in table.rows)


def test_what_is_of_nobody_cannot_be_told_from_what_is_hidden():
    shown, many = figures(False, *[{}] * 30), figures(False, *MANY)

    assert shown.lost.is_hidden
    assert len(shown.reason_tables) == len(many.reason_tables)
    assert [item.what for item in shown.comparisons] == [item.what for item in many.comparisons]


def test_where_half_a_table_would_be_hidden_its_small_rows_are_put_together():
    reasons = [*["Refused"] * 40, *["Moved"] * 6, *["Died"] * 4, *["Other"] * 5]
    shown = figures(False, *({"C30": "No", "C31": reason} for reason in reasons))

    table = next(table for table in shown.reason_tables if "M42" in table.title)
    assert [(row.label, row.count) for row in table.rows] == [("Refused", 40), ("All others", 15)]
    assert {"Moved", "Died", "Other"} < set(table.merged)
    assert table.total.count == 55


def test_answers_that_may_not_be_told_apart_have_their_total_alone():
    table = next(table for table in figures(False, *[{}] * 30).reason_tables if "M41" in table.title)

    assert (table.rows, table.total.count, table.is_hidden) == ((), 30, False)


def test_where_half_of_a_breakdown_would_be_hidden_its_small_groups_are_put_together():
    long, short = {"P06": day(-300)}, {"P06": day(-20)}
    table = figures(False, *[long] * 30, *[short] * 14, *[{}] * 8, {"P06": None}).breakdown("custody_band", "M01")

    shown = [(part.label, part.figure.numerator) for part in table.parts]
    assert shown == [("0-28", 15), ("183-365", 30), ("All others", None)]
    assert table.merged == ("29-90", "91-182", "366+", "Unknown")


def test_groups_and_measures_stand_in_the_order_of_the_catalogue_wherever_they_were_kept():
    rows = [{"P06": day(-days)} for days in (400, 20, 100, 40)]
    shown = figures(True, *rows)
    shown.kept = json.loads(json.dumps(shown.kept, sort_keys=True))  # as the database gives it back

    assert [part.label for part in shown.breakdown("custody_band", "M20").parts] == ["0-28", "29-90", "91-182", "366+"]
    ids = [measure.id for measure, _ in shown.measures]
    assert ids[:3] == ["M01", "M02", "M02b"] and ids == sorted(ids, key=list(MEASURES).index)


def test_every_measure_is_counted_in_every_breakdown_with_what_is_not_known_beside():
    shown = figures(True, *[{"C13": "Not known"}] * 3, {"C13": "Yes"})

    assert all(shown.breakdown(name, id).parts for name in BREAKDOWN_TITLES for id in COMPARED_BY)
    part = shown.breakdown("sex", "M07").parts[0]
    assert (part.figure.said, part.figure.beside, part.figure.needs_caution) == ("25.0\u00a0% – 1 of 4", "3", True)
    assert shown.breakdown("sex", "M11").parts[0].figure.beside == ""
    assert shown.breakdown("sex", "M29").parts[0].days["n"] == 4


def test_the_impact_of_contact_stands_in_every_breakdown():
    rows = [{}] * 3 + [{"C17": "None", "C33": day(22)}] * 2 + [{"C17": "Not known"}]
    compared = figures(True, *rows).breakdown("la", "M23").parts[0].compared

    assert (compared.with_it.denominator, compared.without.denominator, compared.not_known) == (3, 2, "1")
    assert compared.difference == "+100.0"


def test_a_measure_is_counted_among_others_too_where_the_catalogue_says_so():
    shown = figures(True, {}, {"C01": "No", "C15": "Yes"})
    counted = {(measure.id, measure.among): figure.said for measure, figure in shown.measures}

    assert counted["M09", ALL] == "50.0\u00a0% – 1 of 2" and counted["M09", RECEIVED] == "0.0\u00a0% – 0 of 1"
    assert {("M12", RECEIVED), ("M14", RECEIVED)} < counted.keys()
    assert [(row.label, row.count) for row in shown.contacts] == [("In-reach visit", 2)]


def test_who_was_told_of_drop_in_stands_beside_the_appointments():
    shown = figures(True, {}, {}, {"C20": "Yes told of drop-in"})

    assert shown.funnel[3]["count"] == 3 and shown.funnel[3]["drop_in"].count == 1


def test_contact_before_release_is_compared_by_what_may_be_shown():
    rows = [*[{}] * 20, *[{"C17": "None"}] * 10, *[{"C17": "None", "C33": day(22)}] * 20]

    assert figures(True, *rows).comparisons[0].difference == "+66.7"
    assert figures(False, *rows).comparisons[0].with_it.numerator == 20


def test_reopened_episodes_are_counted_as_they_are():
    assert figures(True, REOPENED).measure("M35").denominator == 1
