"""The rules of the Prevent return as a specification: for each, when it speaks and when it is silent."""

from datetime import date

import pytest

from prevent.questions import QUESTIONS, SECTION_E
from prevent.rules import months_before, rules
from prevent.tests.factories import ASSESSMENTS, make_answers, make_context, make_part

BOTH_LEADS = [
    ("operational_lead_name", "operational_lead_email"),
    ("accountable_lead_name", "accountable_lead_email"),
]


def problems(code, answers, context):
    return [problem for problem in rules.problems_in(answers, context) if problem.code == code]


def speaks(code, context=None, **changes):
    return bool(problems(code, make_answers(**changes), context or make_context()))


def fields(code, context=None, **changes):
    return [problem.fields for problem in problems(code, make_answers(**changes), context or make_context())]


def mental_health(**changes):
    return make_context(mental_health=True, **changes)


def after(**previous):
    return make_context(previous=make_part(**previous))


def test_a_clean_return_raises_nothing():
    assert rules.problems_in(make_answers(), make_context()) == []
    assert rules.problems_in(make_answers(**ASSESSMENTS), mental_health()) == []


def test_the_book_holds_every_rule_of_content_and_no_other():
    errors = {f"PRV-E{number:02}" for number in (4, 5, 6, 7, 8, 9, 10, 12, 16)}
    warnings = {f"PRV-W{number:02}" for number in range(1, 25)}

    assert set(rules.rules) == errors | warnings
    assert all(rule.remedy and rule.source for rule in rules.rules.values())


# PRV-E04: required answers are there, and answers can be read


@pytest.mark.parametrize("name", [question.name for question in QUESTIONS if question.required])
def test_e04_a_required_answer_is_missing(name):
    assert fields("PRV-E04", without=[name]) == [(name,)]


@pytest.mark.parametrize("name", [question.name for question in QUESTIONS if not question.required])
def test_e04_is_silent_about_optional_answers(name):
    assert not speaks("PRV-E04", without=[name])


@pytest.mark.parametrize("given", ["1,200", "1.5", 1.5, -1, "-1", "12 staff", "85 %", "one", True, [1], 10_000_000])
def test_e04_a_count_is_a_whole_number_in_plain_digits(given):
    assert fields("PRV-E04", staff_total=given) == [("staff_total",)]
    assert fields("PRV-E04", referrals_staff=given) == [("referrals_staff",)]


@pytest.mark.parametrize("given", ["5000", "5000.0", 5000.0, " 5000 "])
def test_e04_reads_plain_digits_and_whole_floats(given):
    assert rules.problems_in(make_answers(staff_total=given), make_context()) == []


def test_e04_zero_is_an_answer_and_not_applicable_is_one_where_it_may_be():
    assert not speaks("PRV-E04", channel_panels_held=0, channel_panels_attended=0)
    assert not speaks("PRV-E04", absent=["channel_panels_held", "channel_panels_attended"])
    assert not speaks("PRV-E04", channel_panels_held="NA", channel_panels_attended="n/a")
    assert fields("PRV-E04", absent=["staff_total"]) == [("staff_total",)]
    assert fields("PRV-E04", staff_total="NA") == [("staff_total",)]


def test_e04_gives_one_finding_for_each_field_and_leaves_section_e_to_e10():
    assert fields("PRV-E04", without=["l3_required", "staff_total"]) == [("staff_total",), ("l3_required",)]
    assert not speaks("PRV-E04", mental_health(), mh_requests_received="many")


def test_e04_silences_the_rules_that_need_the_field():
    found = {problem.code for problem in rules.problems_in(make_answers(l3_required="all"), make_context())}

    assert found == {"PRV-E04"}


# The other errors


@pytest.mark.parametrize(
    ("compliant", "required", "wrong"), [(1201, 1200, True), (1200, 1200, False), (0, 0, False), (1, 0, True)]
)
def test_e05_trained_staff_are_among_those_who_need_it(compliant, required, wrong):
    assert speaks("PRV-E05", l3_compliant=compliant, l3_required=required) is wrong


def test_e05_speaks_of_each_cohort_and_says_the_numbers():
    found = problems("PRV-E05", make_answers(l12_compliant=3801, l3_compliant=1201), make_context())

    assert [problem.fields for problem in found] == [
        ("l12_compliant", "l12_required"),
        ("l3_compliant", "l3_required"),
    ]
    assert found[1].message == "Level 3: staff trained (1,201) cannot be more than staff who need it (1,200)."


@pytest.mark.parametrize(("required", "wrong"), [(5001, True), (5000, False)])
def test_e06_staff_who_need_training_are_in_post(required, wrong):
    assert (("l12_required", "staff_total") in fields("PRV-E06", l12_required=required)) is wrong
    assert (("l3_required", "staff_total") in fields("PRV-E06", l3_required=required)) is wrong


@pytest.mark.parametrize(("staff", "wrong"), [(4999, True), (5000, False), (5001, False)])
def test_e07_each_person_counts_in_one_cohort(staff, wrong):
    assert speaks("PRV-E07", staff_total=staff) is wrong


@pytest.mark.parametrize("code", ["PRV-E07", "PRV-W16"])
def test_the_sums_of_cohorts_do_not_matter_where_a_person_counts_at_every_level(code):
    context = make_context(standards={"counting": "every_level"})

    assert not speaks(code, context, staff_total=4999)
    assert not speaks(code, context, staff_total=5001)


def test_e08_meetings_attended_took_place():
    assert fields("PRV-E08", channel_panels_attended=4) == [("channel_panels_attended", "channel_panels_held")]
    assert fields("PRV-E08", prevent_forums_invited=1, prevent_forums_attended=2) == [
        ("prevent_forums_attended", "prevent_forums_invited")
    ]
    assert not speaks("PRV-E08", channel_panels_attended=3, prevent_forums_invited=1, prevent_forums_attended=1)
    assert not speaks("PRV-E08", prevent_forums_attended=2)


@pytest.mark.parametrize(("offered", "wrong"), [(5, True), (4, False), (0, False)])
def test_e09_assessments_offered_were_requested(offered, wrong):
    assert speaks("PRV-E09", mental_health(), mh_requests_received=4, mh_offered_within_7_days=offered) is wrong


def test_e10_a_mental_health_provider_answers_both_questions_and_zero_is_an_answer():
    zero = dict.fromkeys(SECTION_E, 0)

    assert not speaks("PRV-E10", mental_health(), **zero)
    assert fields("PRV-E10", mental_health()) == [SECTION_E]
    assert fields("PRV-E10", mental_health(), mh_requests_received=0) == [("mh_offered_within_7_days",)]
    assert fields("PRV-E10", mental_health(), **zero | {"mh_requests_received": "?"}) == [("mh_requests_received",)]


@pytest.mark.parametrize("given", [0, 4, "?"])
def test_e10_others_leave_section_e_blank(given):
    assert fields("PRV-E10", mh_requests_received=given) == [("mh_requests_received",)]
    assert not speaks("PRV-E10")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (91.7, False),  # 1,100 of 1,200 is 91.666…
        ("91.7", False),
        ("91.7 %", False),
        (91.65, False),
        (91.6, True),
        (91.8, True),
        (0.917, True),
        ("", False),
        (None, False),
        ("high", True),
        (True, True),
        (float("nan"), True),
    ],
)
def test_e12_a_percentage_in_a_file_is_the_calculated_one(given, wrong):
    context = make_context(given_percentages={"l3_compliance_pct": given})

    assert fields("PRV-E12", context) == [("l3_compliant", "l3_required")] * wrong


def test_e12_is_silent_where_nothing_can_be_calculated():
    context = make_context(given_percentages={"l3_compliance_pct": 50, "mh_7_day_pct": 100})

    assert not speaks("PRV-E12", context, l3_required=0, l3_compliant=0)


@pytest.mark.parametrize(("staff", "patients", "wrong"), [(1, 1, False), (1, 2, True), (0, 0, True), (1, None, False)])
def test_e16_the_split_of_referrals_makes_all_referrals(staff, patients, wrong):
    assert speaks("PRV-E16", referrals_staff=staff, referrals_patients=patients, prevent_referrals=2) is wrong


# Warnings on training


@pytest.mark.parametrize(
    ("compliant", "below"),
    [(8500, False), (8499, True), (8495, True), (8501, False), (0, True)],  # 85 % exactly; 84.99 %; 84.95 %
)
def test_w01_the_target_is_compared_exactly(compliant, below):
    numbers = {"staff_total": 20_000, "l12_required": 10_000, "l3_required": 10_000, "l3_compliant": 9000}

    assert speaks("PRV-W01", **numbers, l12_compliant=compliant) is below


def test_w01_says_just_below_where_rounding_hides_it():
    answers = make_answers(staff_total=20_000, l12_required=10_000, l12_compliant=8495)

    assert problems("PRV-W01", answers, make_context())[0].message == (
        "Level 1 and 2 training is just below 85 %: 85.0 % – 8,495 of 10,000."
    )


def test_w01_speaks_of_each_cohort_and_is_silent_where_nobody_needs_training():
    assert len(fields("PRV-W01", l12_compliant=0, l3_compliant=0)) == 2
    assert not speaks("PRV-W01", l3_required=0, l3_compliant=0)


def test_w01_follows_the_target_of_the_period():
    assert speaks("PRV-W01", make_context(standards={"training_target": "0.95"}))


@pytest.mark.parametrize(
    ("before", "changed"),
    [(5000, False), (5555, False), (5556, True), (4546, False), (4545, True), (0, True)],
)
def test_w02_staff_in_post_change_by_at_most_10_percent_of_the_last_quarter(before, changed):
    assert speaks("PRV-W02", after(staff_total=before)) is changed


def test_w02_exactly_10_percent_is_not_more_than_10_percent():
    assert not speaks("PRV-W02", after(staff_total=1000), staff_total=1100)
    assert speaks("PRV-W02", after(staff_total=1000), staff_total=1101)
    assert not speaks("PRV-W02", after(staff_total=1000), staff_total=900)
    assert speaks("PRV-W02", after(staff_total=1000), staff_total=899)


@pytest.mark.parametrize("code", ["PRV-W02", "PRV-W03", "PRV-W05", "PRV-W07", "PRV-W09", "PRV-W14"])
def test_comparisons_are_silent_without_an_earlier_quarter_or_the_field_in_it(code):
    assert not speaks(code, make_context())
    assert not speaks(code, after(comments="Nothing else is known."))


def test_w03_the_need_for_training_changes_by_at_most_10_percent():
    assert fields("PRV-W03", after(l12_required=3000, l3_required=1000)) == [("l12_required",), ("l3_required",)]
    assert not speaks("PRV-W03", after(l3_required=1000), l3_required=1100)
    assert speaks("PRV-W03", after(l3_required=0), l3_required=1)
    assert not speaks("PRV-W03", after(l3_required=0), l3_required=0)


@pytest.mark.parametrize(("level_3", "odd"), [(0, True), (1, False), (4999, False), (5000, True)])
def test_w04_some_staff_but_not_all_need_level_3(level_3, odd):
    assert speaks("PRV-W04", l3_required=level_3) is odd


@pytest.mark.parametrize(("before", "moved"), [(800, False), (799, True), (900, False), (1000, False), (0, True)])
def test_w05_compliance_moves_by_at_most_10_points(before, moved):
    context = after(l3_compliant=before, l3_required=1000)

    assert speaks("PRV-W05", context, l3_compliant=900, l3_required=1000) is moved


def test_w05_is_silent_where_there_was_no_compliance():
    assert not speaks("PRV-W05", after(l3_compliant=0, l3_required=0))


def test_w06_exactly_100_percent_is_confirmed():
    assert fields("PRV-W06", l3_compliant=1200) == [("l3_compliant", "l3_required")]
    assert not speaks("PRV-W06", l3_compliant=1199)
    assert not speaks("PRV-W06", l3_compliant=0, l3_required=0)


def test_w07_every_count_is_that_of_the_last_quarter():
    same = make_context(previous=make_answers(general_enquiries=12))
    other = make_context(previous=make_answers(general_enquiries=13))

    assert speaks("PRV-W07", same)
    assert len(fields("PRV-W07", same)) == 1
    assert not speaks("PRV-W07", other)


def test_w07_is_silent_unless_all_counts_are_known_in_both():
    assert not speaks("PRV-W07", make_context(previous=make_answers(without=["general_enquiries"])))
    assert not speaks("PRV-W07", make_context(previous=make_answers()), without=["general_enquiries"])
    assert not speaks("PRV-W07", make_context(previous=make_answers()), l3_refresher_overdue=4)


@pytest.mark.parametrize(("before", "odd"), [(1010, False), (1009, True), (1200, False)])
def test_w09_a_rise_in_trained_staff_comes_from_training(before, odd):
    assert speaks("PRV-W09", after(l3_compliant=before), l3_compliant=1100, l3_trained_in_quarter=90) is odd


@pytest.mark.parametrize(("staff", "left_over"), [(5000, False), (5001, True), (4999, False)])
def test_w16_everybody_needs_some_level(staff, left_over):
    assert speaks("PRV-W16", staff_total=staff) is left_over


@pytest.mark.parametrize(
    ("completed_on", "old"),
    [("2024-09-30", False), ("2024-09-29", True), ("2025-09-30", False), (None, True), ("last year", False)],
)
def test_w21_the_training_needs_analysis_is_at_most_12_months_old(completed_on, old):
    assert speaks("PRV-W21", tna_completed_on=completed_on) is old


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"training_content_statement": None}, True),
        ({"refresher_content_reviewed_on": "2022-09-30"}, False),
        ({"refresher_content_reviewed_on": "2022-09-29"}, True),
        ({"refresher_content_reviewed_on": None}, False),
        ({"refresher_outcomes_covered": "no"}, True),
        ({"refresher_outcomes_covered": None}, False),
    ],
)
def test_w22_refresher_training_is_current_and_fit_for_purpose(changes, asked):
    assert len(fields("PRV-W22", **changes)) == asked


# Warnings on activity and engagement


@pytest.mark.parametrize(
    ("history", "never"),
    [((0, 0, 0), True), ((0, 0, 0, 5), True), ((0, 0, 1), False), ((0, 0), False), ((0, None, 0), False), ((), False)],
)
def test_w10_a_mental_health_provider_without_referrals_in_four_quarters_running(history, never):
    earlier = tuple(None if number is None else make_part(prevent_referrals=number) for number in history)

    assert speaks("PRV-W10", mental_health(history=earlier), prevent_referrals=0, **ASSESSMENTS) is never
    assert not speaks("PRV-W10", mental_health(history=earlier), prevent_referrals=1, **ASSESSMENTS)
    assert not speaks("PRV-W10", make_context(history=earlier), prevent_referrals=0)


@pytest.mark.parametrize(("referrals", "more"), [(12, False), (13, True), (0, False)])
def test_w11_referrals_follow_from_enquiries(referrals, more):
    assert speaks("PRV-W11", prevent_referrals=referrals, general_enquiries=12) is more


def test_w12_a_mental_health_provider_attends_every_panel():
    assert speaks("PRV-W12", mental_health(), channel_panels_attended=2)
    assert not speaks("PRV-W12", mental_health(), channel_panels_attended=3)
    assert not speaks("PRV-W12", mental_health(), absent=["channel_panels_held", "channel_panels_attended"])
    assert not speaks("PRV-W12", make_context(), channel_panels_attended=0)


def test_w18_every_assessment_is_offered_within_7_days():
    assert speaks("PRV-W18", mental_health(), mh_requests_received=4, mh_offered_within_7_days=3)
    assert not speaks("PRV-W18", mental_health(), **ASSESSMENTS)
    assert not speaks("PRV-W18", mental_health(), **dict.fromkeys(SECTION_E, 0))


@pytest.mark.parametrize(("code", "name"), [("PRV-W19", "linked_to_channel"), ("PRV-W20", "prevent_board_represented")])
def test_w19_and_w20_a_no_is_explained(code, name):
    assert speaks(code, **{name: "no"})
    assert not speaks(code, **{name: "yes"})
    assert not speaks(code, without=[name])


# Warnings on leads, governance and improvement


@pytest.mark.parametrize(
    ("review_on", "passed"), [("2025-09-29", True), ("2025-09-30", False), ("2025-10-01", False), (None, False)]
)
def test_w13_the_review_of_the_policy_lies_ahead(review_on, passed):
    assert speaks("PRV-W13", prevent_policy_review_date=review_on) is passed


def test_w14_a_changed_lead_is_confirmed_one_finding_for_each():
    before = {
        "operational_lead_name": "Carys Example",
        "operational_lead_email": "carys.example@trust.example",
        "accountable_lead_email": "dev.example@trust.example",
    }

    assert fields("PRV-W14", after(**before)) == BOTH_LEADS
    assert fields("PRV-W14", after(operational_lead_name="Carys Example")) == BOTH_LEADS[:1]


def test_w14_capitals_and_unknown_names_are_no_change():
    assert not speaks("PRV-W14", after(operational_lead_name="ASHA EXAMPLE"))
    assert not speaks("PRV-W14", after(operational_lead_name="Carys Example"), without=["operational_lead_name"])


@pytest.mark.parametrize(
    ("policy", "training_policy", "plan", "lacking"),
    [
        ("yes", "yes", "yes", False),
        ("yes", "no", "yes", False),
        ("yes", "yes", "no", False),
        ("yes", "no", "no", True),
        ("no", "yes", "yes", True),
        ("no", "no", "no", True),
    ],
)
def test_w17_policies_and_plans_are_current(policy, training_policy, plan, lacking):
    found = fields(
        "PRV-W17", prevent_policy_in_date=policy, training_policy_current=training_policy, delivery_plan_current=plan
    )

    assert len(found) == lacking


@pytest.mark.parametrize(
    ("plan", "asked"),
    [
        ({}, True),
        ({"areas_for_improvement": "Level 3 on night shifts."}, False),
        ({"action_plan": [{"title": "Train", "status": "OPEN"}]}, False),
        ({"action_plan": [{"title": "Train", "status": "IN_PROGRESS"}]}, False),
        ({"action_plan": [{"title": "Train", "status": "DONE"}]}, True),
        ({"action_plan": "Train"}, False),
    ],
)
def test_w23_what_is_below_target_has_an_open_action_or_an_area_for_improvement(plan, asked):
    assert len(fields("PRV-W23", l3_compliant=1000, **plan)) == asked
    assert not speaks("PRV-W23", **plan)


def test_w23_is_one_finding_that_speaks_of_the_numbers_below_target():
    one = problems("PRV-W23", make_answers(l3_compliant=1000, l12_compliant=0), make_context())
    other = problems("PRV-W23", make_answers(l3_compliant=1001, l12_compliant=0), make_context())

    assert len(one) == len(other) == 1
    assert one[0].fingerprint != other[0].fingerprint


def test_w24_a_lead_has_an_address_of_their_own():
    assert fields("PRV-W24", operational_lead_email="prevent.team@trust.example") == [("operational_lead_email",)]
    assert fields("PRV-W24", accountable_lead_email="info@trust.example") == [("accountable_lead_email",)]
    assert not speaks("PRV-W24")


@pytest.mark.parametrize(
    ("day", "number", "earlier"),
    [
        (date(2025, 9, 30), 12, date(2024, 9, 30)),
        (date(2025, 3, 31), 36, date(2022, 3, 31)),
        (date(2025, 3, 31), 1, date(2025, 2, 28)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2025, 1, 31), 1, date(2024, 12, 31)),
    ],
)
def test_months_before(day, number, earlier):
    assert months_before(day, number) == earlier


# Explanations stay while the values they speak about, and what these are compared with, stay


def test_a_fingerprint_changes_with_the_values_the_comparator_and_the_target():
    def fingerprint(context, **changes):
        return problems("PRV-W02", make_answers(**changes), context)[0].fingerprint

    first = fingerprint(after(staff_total=4000))

    assert first == fingerprint(after(staff_total=4000), comments="Something else changed.")
    assert first != fingerprint(after(staff_total=4001))
    assert first != fingerprint(after(staff_total=4000), staff_total=5001)
    assert first != fingerprint(make_context(previous=make_part(staff_total=4000), standards={"staff_change": "0.2"}))


def test_messages_are_read_by_both_sides_and_remedies_ask_the_provider_once():
    answers = make_answers(
        l12_compliant=0, linked_to_channel="no", prevent_board_represented="no", prevent_policy_in_date="no"
    )

    found = rules.problems_in(answers, make_context())

    assert {"PRV-W01", "PRV-W17", "PRV-W19", "PRV-W20", "PRV-W23"} <= {problem.code for problem in found}
    for problem in found:
        assert "ommissioner why" not in problem.message and "You" not in problem.message
        assert problem.remedy not in problem.message


def test_a_title_is_written_as_people_write_it():
    titles = {rule.code: rule.title for rule in rules.rules.values()}

    assert titles["PRV-W07"] == "the numbers are this quarter’s own"
    assert titles["PRV-W19"] == "the provider is linked to Channel"
    assert titles["PRV-W05"] == "compliance is steady"


def test_a_sentence_about_an_answer_has_a_subject():
    given = dict.fromkeys(("prevent_policy_review_date", "linked_to_channel", "referrals_staff"), "perhaps")

    messages = [problem.message for problem in problems("PRV-E04", make_answers(**given), make_context())]

    assert "The review date of the policy must be a real date, such as 30 September 2025." in messages
    assert "The answer about Channel must be yes or no." in messages
    assert not any("?" in message or "Of these" in message for message in messages)
