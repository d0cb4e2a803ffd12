"""The measures, the breakdowns, the funnel and the comparisons, on audits small enough to count by hand."""

import pytest

from continuity.measures import BREAKDOWNS, MEASURES, Analysis, Share, Spread, katz, wilson
from continuity.tests.audits_made import REOPENED, checked, day, referral, treated


def analysis(*changes, interventions=None):
    rows = [referral(number, P02=f"S{number:04}", **change) for number, change in enumerate(changes, start=1)]
    return Analysis(checked(*rows, interventions=interventions))


def counted(found, id):
    figure = found.measures[id].as_json()
    return figure["numerator"], figure["denominator"], figure["not_known"]


@pytest.mark.parametrize(
    ("counts", "percent", "low", "high"),
    [
        ((6, 19), 31.58, 15.36, 53.99),
        ((12, 15), 80.00, 54.81, 92.95),
        ((30, 100), 30.00, 21.89, 39.58),
        ((0, 10), 0, 0, 27.75),
        ((10, 10), 100, 72.25, 100),
        ((1, 3), 33.33, 6.15, 79.23),
        ((80, 100), 80, 71.12, 86.66),
    ],
)
def test_wilson_as_published(counts, percent, low, high):
    share = Share(*counts)

    assert (round(share.percent, 2), *(round(end, 2) for end in share.interval)) == (percent, low, high)


def test_a_share_as_it_is_printed():
    assert Share(170, 247, 14).as_json() == {
        "numerator": 170, "denominator": 247, "percent": 68.8259, "low": 62.7982, "high": 74.2771, "not_known": 14
    }  # fmt: skip
    assert Share(0, 0).as_json() == {
        "numerator": 0, "denominator": 0, "percent": None, "low": None, "high": None, "not_known": 0
    }  # fmt: skip
    assert wilson(0, 0) == (None, None)


def test_the_ratio_of_two_rates_has_its_interval_on_the_log_scale():
    ratio, low, high = katz(12, 15, 30, 100)

    assert (round(ratio, 4), round(low, 4), round(high, 4)) == (2.6667, 1.8019, 3.9465)
    assert katz(0, 5, 3, 10) == (0.0, None, None)
    assert katz(3, 10, 0, 5) == (None, None, None)


def test_quartiles_interpolate_between_the_days():
    spread = Spread.of(analysis(*[{"C33": day(n)} for n in (1, 2, 3, 10)]).r.days_to_triage)

    assert (spread.count, spread.lower_quartile, spread.median, spread.upper_quartile) == (4, 1.75, 2.5, 4.75)


def test_there_are_44_measures_with_words():
    assert len(MEASURES) == 44
    assert [id for id in MEASURES if not MEASURES[id].title or not MEASURES[id].among] == []
    assert list(analysis({}).measures) == list(MEASURES)


YES = ({}, {}, {})
ANSWERS = [
    ("M01", [{}, {"C01": "No"}, {"C01": "Not known"}, {"C01": None}], (1, 4, 1)),
    ("M02", [{}, {"C05": "No"}, {"C05": "Not known"}, {"C01": "No"}], (1, 3, 1)),
    ("M02b", [{}, {"C05": "No"}, {"C05": "Not known"}, {"C05": "No", "C01": "No"}], (1, 3, 1)),
    ("M03", [{}, {"C07": "No"}, {"C07": "Not known"}], (1, 3, 1)),
    ("M04", [{}, {"C04": "Not known"}], (1, 2, 1)),
    ("M05", [{}, {"C03": "Fax"}, {"C03": "Not known"}, {"C03": None}], (2, 4, 1)),
    ("M06", [{}, {"C03": "Fax"}, {"C03": "Post"}, {"C03": "Ordinary e-mail"}, {"C03": "Telephone"}], (3, 5, 0)),
    ("M07", [{}, {"C13": "Yes"}], (1, 2, 0)),
    ("M08", [{}, {"C14": "Not known"}], (1, 2, 1)),
    ("M09", [{}, {"C15": "Yes"}, {"C15": "Yes", "C01": "No"}], (1, 2, 0)),
    ("M10", [{}, {"C10": "No fixed abode"}, {"C10": "Not known"}], (1, 3, 1)),
    ("M11", [{}, {"C13": "Not known"}, {"C12": "No"}, {"C10": "No fixed abode"}, {"C14": "No"}], (2, 5, 0)),
    ("M12", [{}, {"C17": "None"}, {"C17": "Not known"}, {"C17": "Letter"}, {"C01": "No"}], (3, 5, 1)),
    ("M13", [{}, {"C17": "Telephone"}, {"C19": "SPOC"}, {"C17": "None"}], (1, 3, 0)),
    ("M14", [{}, {"C20": "Yes told of drop-in"}, {"C20": "No"}, {"C20": "Not known"}, {"C05": "No"}], (2, 4, 1)),
    ("M15", [{}, {"C24": "DNA"}, {"C24": "Attended later without appointment"}, {"C20": "No"}], (2, 3, 0)),
    ("M16", [{}, {"C24": "DNA"}, {"C24": "Died before"}], (1, 3, 0)),
    ("M17", [{"C24": "DNA", "C26": a} for a in ("Yes", "No", "Not known", None)], (1, 4, 1)),
    ("M18", [{"C24": "DNA", "C26": "Yes", "C30": a} for a in ("Yes recovery support only", "No")], (2, 2, 0)),
    ("M19", [{}, {"C30": "Yes recovery support only"}, {"C30": "No"}, {"C30": "Not known"}], (1, 4, 1)),
    ("M20", [{}, {"C33": day(22)}], (1, 2, 0)),
    ("M21", [{}, {"C33": day(22)}, {"C33": day(22), "C30": "Yes recovery support only"}], (1, 2, 0)),
    ("M22", [{}, {"C33": day(22)}], (1, 2, 0)),
    ("M23", [{}, {"C17": "None"}, {"C17": "Not known"}, {"C33": day(22)}], (1, 2, 0)),
    ("M24", [{}, {"C20": "No"}, {"C33": day(22)}], (1, 2, 0)),
    ("M25", [{"C15": "Yes"}, {}, {"C15": "Not known"}], (1, 1, 0)),
    ("M30", [{}, {"P14": "No onward referral"}, {"P14": "Referred to recovery support only"}], (2, 3, 0)),
    ("M31", [{}, {"P14": "No onward referral"}, {"C33": day(22)}], (1, 2, 0)),
    ("M32", [{}, {"C37": "Female"}, {"C34": None}, {"C32": "None"}, {"C32": None}], (1, 3, 0)),
    ("M33", [{}, {"C09": day(1)}, {"C33": day(-1)}], (2, 3, 0)),
    ("M34", [REOPENED, {}, REOPENED | {"C41": "No"}, {"C41": "No"}], (1, 2, 0)),
    ("M35", [REOPENED, {}, REOPENED | {"C44": "No;Yes;Yes"}], (1, 2, 0)),
    ("M37", [{}, {"C46": day(24)}, {"C46": None}, REOPENED], (1, 3, 0)),
    ("M38", [{}, {"C47": day(57)}, {"C33": day(22)}], (1, 2, 0)),
    ("M39", [{}, {"P18": "Unplanned from court"}, {"P18": "Unplanned from court", "P13": "Z00B"}], (2, 3, 0)),
    ("M40", [{"P05": "A"}, {"P05": "A", "P11": day(-20)}, {"P05": "B"}], (1, 3, 0)),
    ("M41", [{}, {"P10": "Other"}, {"P14": "No onward referral"}], (2, 3, 0)),
    ("M42", [{}, {"C30": "No", "C31": "Moved"}, {"C30": "No"}], (1, 2, 0)),
    ("M43", [{}, {"C16": "NPS"}, {"C16": "CRC"}, {"C16": "None"}, {"C16": "Not known"}], (2, 5, 1)),
]


@pytest.mark.parametrize(("id", "rows", "figures"), ANSWERS, ids=[id for id, *_ in ANSWERS])
def test_a_measure_counts_whom_it_says(id, rows, figures):
    assert counted(analysis(*rows), id) == figures


def test_no_intervention_and_recovery_support_only_are_counted_among_the_engaged():
    found = analysis({}, {}, {}, {"C30": "No"}, interventions=treated(("Psychosocial", day(9))))

    assert counted(found, "M36") == (2, 3, 0)


def test_rows_outside_the_audit_count_only_among_all_releases():
    found = analysis({}, {"P13": "Z00B"}, {"P10": "Other"})

    assert counted(found, "M01") == (1, 1, 0)
    assert counted(found, "M41") == (1, 3, 0)


def test_an_audit_of_nobody_has_no_percentages():
    found = analysis({"P13": "Z00B"})

    assert found.measures["M01"].as_json()["percent"] is None
    assert found.measures["M22"].as_json()["percent"] is None
    assert [step.count for step in found.funnel] == [0] * 7
    assert found.breakdowns["prison"] == {}


def test_the_funnel_says_where_the_rest_went():
    found = analysis(
        {}, {"C01": "No"}, {"C01": "Not known"}, {"C24": "DNA", "C26": "No", "C25": None}, {"C33": day(22)}
    )

    assert [(step.name, step.count, step.lost) for step in found.funnel] == [
        ("in_scope", 5, 0),
        ("received", 3, 2),
        ("appropriate", 3, 0),
        ("appointment_made", 3, 0),
        ("attended", 2, 1),
        ("engaged_locally", 2, 0),
        ("engaged_ndtms", 1, 1),
    ]
    assert found.funnel[1].went == {"NO": 1, "NOT_KNOWN": 1}
    assert found.funnel[1].as_json() == {
        "step": "received", "count": 3, "percent_of_previous": 60.0, "percent_of_n0": 60.0, "lost": 2
    }  # fmt: skip


def test_a_missed_appointment_that_was_followed_up_counts_as_attended_in_the_funnel():
    found = analysis({"C24": "DNA", "C26": "Yes", "C25": day(8)}, {"C24": "DNA", "C26": "Yes", "C25": None})

    assert found.funnel[4].count == 1
    assert counted(found, "M15")[0] == 0


def test_who_engages_without_a_referral_is_outside_the_pathway():
    found = analysis({}, {"C01": "No"})

    assert found.outside_the_pathway == 1
    assert counted(found, "M20") == (2, 2, 0)
    assert found.funnel[-1].count == 1


def test_breakdowns_count_each_group_of_referrals_in_scope():
    found = analysis(
        {},
        {"P15": "HMP Other", "P06": day(-28), "P18": "Unplanned other", "P04": "Female", "C37": "Female"},
        {"P13": "A09B", "P07": "Crack", "P08": None, "P11": day(30), "P06": None},
        {"P13": "Z00B", "P15": "HMP Elsewhere"},
    ).breakdowns

    names = {breakdown: list(groups) for breakdown, groups in found.items()}
    assert names == {
        "prison": ["HMP Invented", "HMP Other"],
        "la": ["A09B", "A10B"],
        "substance_group": ["OPIATE", "NONOPIATE_ONLY"],
        "custody_band": ["0-28", "91-182", "Unknown"],
        "release_type": ["Planned", "Unplanned other"],
        "sex": ["Male", "Female"],
        "quarter": ["2018-Q1"],
    }
    assert list(BREAKDOWNS) == list(names)
    assert found["la"]["A10B"]["M01"].denominator == 2
    assert set(found["la"]["A10B"]) == set(MEASURES)


@pytest.mark.parametrize(
    ("days", "band"),
    [(0, "0-28"), (28, "0-28"), (29, "29-90"), (90, "29-90"), (91, "91-182"), (182, "91-182"), (183, "183-365"),
     (365, "183-365"), (366, "366+"), (-1, "Unknown")],
)  # fmt: skip
def test_bands_of_time_in_custody(days, band):
    assert list(analysis({"P06": day(-days)}).breakdowns["custody_band"]) == [band]


@pytest.mark.parametrize(
    ("drugs", "group"),
    [
        (("Heroin", "Alcohol", "Crack"), "OPIATE"),
        (("Crack", None, None), "NONOPIATE_ONLY"),
        (("Alcohol", "Cannabis", None), "NONOPIATE_ALCOHOL"),
        (("Alcohol", None, "None"), "ALCOHOL_ONLY"),
        (("None", None, "Nicotine"), "UNKNOWN"),
        (("Cannabis", "1105", None), "OPIATE"),
        (("Crack", "Heroin", "Alcohol"), "OPIATE"),
    ],
)
def test_substance_groups(drugs, group):
    assert list(analysis(dict(zip(("P07", "P08", "P09"), drugs, strict=True))).breakdowns["substance_group"]) == [group]


def test_contact_before_release_is_compared_with_a_clear_no():
    found = analysis({}, {"C33": day(22)}, {"C17": "None"}, {"C17": "None", "C33": day(22)}, {"C17": "Not known"})

    contact = found.comparisons["M23"][0]

    assert (contact.with_it, contact.without) == (Share(1, 2), Share(1, 2))
    assert contact.difference == 0
    assert round(contact.ratio[0], 4) == 1


def test_the_days_to_treatment_are_those_of_people_engaged():
    figure = analysis({}, {"C33": day(22)}).measures["M29"]

    assert figure.as_json() == {
        "numerator": None, "denominator": 1, "percent": None, "low": None, "high": None, "not_known": 0
    }  # fmt: skip
    assert figure.median == 9


def test_details_say_what_a_share_cannot():
    found = analysis({"C24": "DNA", "C26": "Yes", "C27": "Telephone; Text"}, {"C33": day(22)}, {"C30": "No"}).details

    assert found["M17"] == {"methods": {"TELEPHONE": 1, "TEXT": 1}}
    assert found["M21"] == {"reasons": {"WIN-02": 1}}
    assert found["M42"] == {"reasons": {"NOT_ANSWERED": 1}}
    assert found["M40"] == {"distinct_clients": 3}
    assert found["M41"]["scenarios"][1] == 3
