"""A return with nothing to say about it, and the differences that a test is about."""

from datetime import date

from prevent.questions import QUESTIONS
from prevent.standards import STANDARDS
from returns.content import NOT_APPLICABLE, read_answers
from returns.rules import Context

CLEAN = {
    "operational_lead_name": "Asha Example",
    "operational_lead_job_title": "Head of safeguarding",
    "operational_lead_email": "asha.example@trust.example",
    "accountable_lead_name": "Ben Example",
    "accountable_lead_job_title": "Chief nurse",
    "accountable_lead_email": "ben.example@trust.example",
    "prevent_policy_in_date": "yes",
    "prevent_policy_review_date": "2026-03-31",
    "training_policy_current": "yes",
    "delivery_plan_current": "no",
    "tna_completed_on": "2025-04-10",
    "staff_total": 5000,
    "l12_required": 3800,
    "l12_compliant": 3400,
    "l12_trained_in_quarter": 300,
    "l3_required": 1200,
    "l3_compliant": 1100,
    "l3_trained_in_quarter": 90,
    "refresher_content_reviewed_on": "2024-05-01",
    "refresher_outcomes_covered": "yes",
    "training_content_statement": "Reviewed with the regional lead against the national framework.",
    "general_enquiries": 12,
    "prevent_referrals": 2,
    "linked_to_channel": "yes",
    "channel_panels_held": 3,
    "channel_panels_attended": 3,
    "prevent_board_represented": "yes",
}
ASSESSMENTS = {"mh_requests_received": 4, "mh_offered_within_7_days": 4}


def make_answers(absent=(), without=(), **changes):
    """A clean return with `changes`; `without` names the answers that are missing, `absent` those not applicable."""
    given = {name: value for name, value in (CLEAN | changes).items() if name not in without}
    return read_answers(QUESTIONS, given, dict.fromkeys(absent, NOT_APPLICABLE))


def make_part(**answers):
    """A return of which only this is known, as the quarter before may be."""
    return read_answers(QUESTIONS, answers)


def make_context(mental_health=False, standards=None, **changes):
    return Context(
        kind="NHS_TRUST",
        traits=frozenset({"MENTAL_HEALTH_PROVIDER"} if mental_health else ()),
        starts=date(2025, 7, 1),
        ends=date(2025, 9, 30),
        standards=STANDARDS | (standards or {}),
        **changes,
    )
