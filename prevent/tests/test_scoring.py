"""Method 2026.1 as a specification."""

import pytest

from prevent.questions import QUESTIONS, SECTION_E
from prevent.scoring import SCORED, measures, score
from prevent.tests.factories import ASSESSMENTS, make_answers, make_context
from returns.content import Answers, Kind, from_payload, read_answers, to_payload

PARTS = ["training_l12", "training_l3", "mental_health_offers", "channel_panels", "governance", "partnership"]
THOUSANDS = {"staff_total": 20_000, "l12_required": 10_000, "l3_required": 10_000, "l3_compliant": 9000}


def band(key, mental_health=False, **changes):
    return score(make_answers(**changes), make_context(mental_health=mental_health)).part(key).band


def overall(mental_health=False, **changes):
    return score(make_answers(**changes), make_context(mental_health=mental_health)).overall


def test_every_part_is_there_even_when_nothing_is_answered():
    result = score(read_answers(QUESTIONS, {}), make_context())

    assert result.method == "2026.1"
    assert [part.key for part in result.parts] == PARTS
    assert {part.band for part in result.parts} == {"NOT_APPLICABLE"}
    assert all(part.sentence for part in result.parts)
    assert result.overall is None


@pytest.mark.parametrize(
    ("compliant", "expected"),
    [
        (10_000, "MET"),
        (8500, "MET"),
        (8499, "CLOSE"),
        (8495, "CLOSE"),
        (8000, "CLOSE"),
        (7999, "NOT_MET"),
        (0, "NOT_MET"),
    ],
)
def test_training_is_met_at_85_percent_and_close_down_to_80(compliant, expected):
    assert band("training_l12", **THOUSANDS, l12_compliant=compliant) == expected


def test_training_that_nobody_needs_is_not_applicable():
    assert band("training_l3", l3_required=0, l3_compliant=0) == "NOT_APPLICABLE"


@pytest.mark.parametrize(
    ("offered", "requests", "expected"),
    [(4, 4, "MET"), (19, 20, "CLOSE"), (18, 20, "NOT_MET"), (0, 0, "NOT_APPLICABLE"), (None, 4, "NOT_APPLICABLE")],
)
def test_mental_health_offers(offered, requests, expected):
    given = dict(zip(SECTION_E, (requests, offered), strict=True))

    assert band("mental_health_offers", mental_health=True, **given) == expected
    assert band("mental_health_offers", mental_health=False, **given) == "NOT_APPLICABLE"


@pytest.mark.parametrize(
    ("attended", "held", "linked", "expected"),
    [
        (3, 3, "no", "MET"),
        (19, 20, "no", "CLOSE"),
        (2, 3, "yes", "NOT_MET"),
        (0, 0, "yes", "MET"),
        (0, 0, "no", "NOT_MET"),
        (None, 3, "yes", "NOT_APPLICABLE"),
        ("NA", "NA", "yes", "NOT_APPLICABLE"),
    ],
)
def test_channel_for_a_mental_health_provider_is_its_panels_where_there_are_any(attended, held, linked, expected):
    panels = {"channel_panels_attended": attended, "channel_panels_held": held, "linked_to_channel": linked}

    assert band("channel_panels", mental_health=True, **panels) == expected


@pytest.mark.parametrize(("linked", "expected"), [("yes", "MET"), ("no", "NOT_MET"), (None, "NOT_APPLICABLE")])
def test_channel_for_others_is_the_link(linked, expected):
    assert band("channel_panels", linked_to_channel=linked, channel_panels_attended=0) == expected


@pytest.mark.parametrize(
    ("policy", "training_policy", "plan", "expected"),
    [
        ("yes", "yes", "no", "MET"),
        ("yes", None, "yes", "MET"),
        ("yes", "no", "no", "NOT_MET"),
        ("no", None, None, "NOT_MET"),
        (None, "no", "no", "NOT_MET"),
        ("yes", None, "no", "NOT_APPLICABLE"),
        (None, "yes", "yes", "NOT_APPLICABLE"),
    ],
)
def test_governance(policy, training_policy, plan, expected):
    answers = {
        "prevent_policy_in_date": policy,
        "training_policy_current": training_policy,
        "delivery_plan_current": plan,
    }

    assert band("governance", **answers) == expected


def test_partnership():
    assert band("partnership") == "MET"
    assert band("partnership", prevent_board_represented="no") == "NOT_MET"


def test_overall():
    assert overall() == "GREEN"
    assert overall(mental_health=True, **ASSESSMENTS) == "GREEN"
    assert overall(l3_compliant=1000) == "AMBER"  # close
    assert overall(prevent_board_represented="no") == "AMBER"  # one part not met
    assert overall(prevent_board_represented="no", linked_to_channel="no") == "RED"  # two parts not met
    assert overall(l3_compliant=900) == "RED"  # a training part not met


def test_overall_leaves_out_what_does_not_apply():
    assert overall(l3_required=0, l3_compliant=0) == "GREEN"
    assert overall(without=["l3_required"]) == "GREEN"


def test_the_sentences_say_why():
    result = score(make_answers(l3_compliant=1000, prevent_board_represented="no"), make_context())

    assert result.sentence == "Not met: Partnership; close to target: Level 3 training."
    assert result.part("training_l3").sentence == (
        "Level 3 training: 83.3 % – 1,000 of 1,200. This is below the target of 85 %, by 5 points or less."
    )
    assert result.part("partnership").sentence == "Not represented on a Prevent board."


def test_the_sentences_read_right_for_whoever_reads_them():
    """Provider and commissioner see the same words, after the colour and beside the title of the part."""
    results = [
        score(make_answers(), make_context()),
        score(make_answers(linked_to_channel="no", prevent_policy_in_date="no"), make_context()),
    ]

    sentences = [sentence for result in results for sentence in (result.sentence, *(p.sentence for p in result.parts))]
    assert {"Linked to Channel.", "Not linked to Channel.", "Every part that applies is met."} <= set(sentences)
    assert not any(word in f" {sentence.lower()}" for sentence in sentences for word in (" you", "green:", "red:"))


def test_a_part_whose_answer_is_missing_says_that_it_is_not_known_yet():
    result = score(make_answers(without=["linked_to_channel"]), make_context())

    assert result.part("channel_panels").sentence == "Not known yet: an answer that decides “Channel” is missing."
    assert not any(part.sentence.startswith("Not known") for part in score(make_answers(), make_context()).parts)


def test_a_part_keeps_its_numbers_exactly():
    assert score(make_answers(), make_context()).part("training_l3").as_json() == {
        "key": "training_l3",
        "title": "Level 3 training",
        "band": "MET",
        "sentence": "Level 3 training: 91.7 % – 1,100 of 1,200. This meets the target of 85 %.",
        "numerator": 1100,
        "denominator": 1200,
        "exact": "11/12",
        "percent": 91.7,
        "target": 85.0,
    }


def test_what_was_kept_scores_the_same():
    answers, context = make_answers(absent=["prevent_forums_invited"]), make_context()

    kept = from_payload(QUESTIONS, to_payload(answers))

    assert score(kept, context) == score(answers, context)


def test_measures_are_the_shares_and_counts_that_are_known():
    rows = {row.measure: (row.numerator, row.denominator) for row in measures(make_answers(), make_context())}

    assert rows == {
        "training_l12": (3400, 3800),
        "training_l3": (1100, 1200),
        "l3_share": (1200, 5000),
        "channel_panels": (3, 3),
        "staff_total": (5000, None),
        "l12_trained_in_quarter": (300, None),
        "l3_trained_in_quarter": (90, None),
        "general_enquiries": (12, None),
        "prevent_referrals": (2, None),
    }
    assert measures(read_answers(QUESTIONS, {}), make_context()) == []


# What the score reads


def other_values(question):
    return {Kind.COUNT: (0, 1, 7), Kind.YES_NO: (True, False)}.get(question.kind, ())


@pytest.mark.parametrize("question", [question for question in QUESTIONS if question.kind in (Kind.COUNT, Kind.YES_NO)])
def test_the_score_reads_the_questions_that_it_names_and_no_other(question):
    found = set()
    for plans in ("yes", "no"):
        base = make_answers(**ASSESSMENTS, training_policy_current=plans, delivery_plan_current="no")
        for context in (make_context(), make_context(mental_health=True)):
            tried = [Answers(base.values | {question.name: value}) for value in other_values(question)]
            found.add(len({repr(score(answers, context)) for answers in tried}) > 1)

    assert (True in found) is (question.name in SCORED)
