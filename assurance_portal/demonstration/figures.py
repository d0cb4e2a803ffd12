"""What the invented providers answer: figures that move from quarter to quarter as real ones do."""

import random
from datetime import date, timedelta

from assurance_portal.demonstration import people
from returns.content import NOT_APPLICABLE

TARGET = 0.85

# How training goes over three years: (share trained at the start, at the end, at level 3 less by)
COURSES = {
    "steady": (0.9, 0.92, 0.02),
    "improving": (0.69, 0.9, 0.05),
    "failing": (0.84, 0.71, 0.06),
    "slumping": (0.93, 0.82, 0.01),
    "hovering": (0.85, 0.86, 0.015),
    "high": (0.95, 0.97, 0.01),
    "perfect": (0.97, 1.0, 0.0),
}
NO_PANEL = {"ZZP05", "ZZP09"}  # in areas without a Channel panel
NO_BOARD = {"ZZP13", "ZZP24", "ZZP25"}
NEW_LEAD = {"ZZT06": -5, "ZZP07": -2}  # the operational lead changed in this quarter, counted from the last one
TAKEN_OVER = {"ZZT12": (-5, 3100)}  # staff who came over when a trust next door closed

STATEMENTS = (
    "Refresher training uses the national e-learning; the safeguarding team reviews it every year against local cases.",
    "Content is checked yearly with the regional Prevent lead. Ward-based sessions were added for night staff.",
    "Level 3 is taught face to face with case studies of our own services. Evaluation forms are read every quarter.",
)
CAUSES = (
    "Release of ward staff for level 3 sessions.",
    "New starters who have not yet done their induction.",
    "Staff whose training fell out of date during the winter.",
)
ACTIONS = (
    "Offer level 3 sessions on every site, at weekends too",
    "Book new starters on training in their first week",
    "Send managers a list of staff whose training runs out in three months",
)


def course_of_returns(provider, quarters, operational, accountable, *, seed):
    """One mapping of answers for each quarter, oldest first, with `absent` in it. The two leads are people.

    The same provider, quarters and seed give the same answers.
    """
    chance = random.Random(f"{seed} {provider.code}")
    headcount, before, found = provider.staff, {}, []
    for number, quarter in enumerate(quarters):
        progress = number / max(len(quarters) - 1, 1)
        quarters_ago = number - len(quarters) + 1
        headcount += _joined(provider, quarters_ago)
        answers = _training(provider, headcount, progress, before, chance)
        answers |= _activity(provider, headcount, progress, chance)
        answers |= _governance(provider, quarter)
        answers |= _leads(provider, operational, accountable, quarters_ago)
        answers |= _improvement(provider, answers, quarter, number)
        found.append(answers)
        before = answers
        headcount = round(headcount * (1 + chance.uniform(-0.012, 0.018)))
    return found


def _joined(provider, quarters_ago):
    when, staff = TAKEN_OVER.get(provider.code, (None, 0))
    return staff if quarters_ago == when else 0


def _training(provider, staff, progress, before, chance):
    level_3 = round(staff * (provider.level_3 + chance.uniform(-0.003, 0.003)))
    answers = {"staff_total": staff, "l12_required": staff - level_3, "l3_required": level_3}
    start, end, less = COURSES[provider.course]
    wave = 0.0 if provider.course == "perfect" else chance.uniform(-0.012, 0.012)
    for cohort, rate in (
        ("l12", start + (end - start) * progress + wave),
        ("l3", start + (end - start) * progress + wave - less),
    ):
        answers |= _cohort(cohort, answers[f"{cohort}_required"], rate, before, chance)
    return answers


def _cohort(cohort, required, rate, before, chance):
    """Renewal every three years keeps a twelfth of the cohort training each quarter; a rise comes on top."""
    compliant = min(required, round(required * rate))
    rise = max(0, compliant - round(required * _share(before, cohort))) if before else 0
    untrained = required - compliant
    return {
        f"{cohort}_compliant": compliant,
        f"{cohort}_trained_in_quarter": rise + round(required * chance.uniform(0.06, 0.1)),
        f"{cohort}_refresher_overdue": round(untrained * chance.uniform(0.4, 0.7)),
    }


def _activity(provider, staff, progress, chance):
    enquiries = chance.randint(0, 3) + round(staff / 700 * chance.uniform(0.7, 1.4))
    referrals = min(enquiries, round(enquiries * chance.uniform(0.1, 0.5)))
    if provider.mental_health:
        enquiries, referrals = enquiries + 2, max(1, referrals)
    about_staff = 1 if referrals > 3 and chance.random() < 0.3 else 0
    held = 0 if provider.code in NO_PANEL else chance.choice((2, 3, 3, 3))
    missed = chance.random() < (0.12 if provider.mental_health else 0.35)
    answers = {
        "general_enquiries": enquiries,
        "prevent_referrals": referrals,
        "referrals_staff": about_staff,
        "referrals_patients": referrals - about_staff,
        "linked_to_channel": provider.code not in NO_PANEL or progress > 0.5,
        "channel_panels_held": held,
        "channel_panels_attended": max(0, held - missed),
        "prevent_board_represented": provider.code not in NO_BOARD or progress > 0.7,
        "prevent_forums_invited": 2,
        "prevent_forums_attended": chance.choice((1, 2, 2)),
        "mh_requests_received": None,
        "mh_offered_within_7_days": None,
        "absent": {},
    }
    if provider.mental_health:
        requests = chance.randint(0, 3 + staff // 900)
        late = 1 if requests and chance.random() < 0.3 else 0
        answers |= {"mh_requests_received": requests, "mh_offered_within_7_days": requests - late}
    if provider.code in NO_PANEL:
        answers["absent"] = dict.fromkeys(("channel_panels_held", "channel_panels_attended"), NOT_APPLICABLE)
        answers |= {"channel_panels_held": None, "channel_panels_attended": None}
    return answers


def _governance(provider, quarter):
    """Policies are reviewed every other March and training needs every May; who is failing lets both run out."""
    day = sum(map(ord, provider.code)) % 20 + 1
    is_slack = provider.course == "failing" and quarter.number in {3, 4}
    review = date(quarter.ends.year + 1 + quarter.ends.year % 2, 3, 31)
    return {
        "prevent_policy_in_date": not is_slack,
        "prevent_policy_review_date": date(quarter.ends.year - 1, 9, 30) if is_slack else review,
        "training_policy_current": True,
        "delivery_plan_current": not is_slack,
        "tna_completed_on": _latest(5, day, quarter.ends, years_ago=1 if is_slack else 0),
        "refresher_content_reviewed_on": _latest(2, day, quarter.ends),
        "refresher_outcomes_covered": True,
        "training_content_statement": STATEMENTS[day % len(STATEMENTS)],
    }


def _latest(month, day, until, years_ago=0):
    found = date(until.year, month, day)
    return found.replace(year=(found.year if found <= until else found.year - 1) - years_ago)


def _leads(provider, operational, accountable, quarters_ago):
    if quarters_ago < NEW_LEAD.get(provider.code, quarters_ago):
        name, email = "Morgan Ashdown", people.address_of("Morgan Ashdown", provider.code)
    else:
        name, email = operational.name, operational.email
    return {
        "operational_lead_name": name,
        "operational_lead_job_title": people.job_title(people.OPERATIONAL_LEAD, provider.code),
        "operational_lead_email": email,
        "operational_lead_phone": f"01632 960{sum(map(ord, provider.code)):03}",  # a range kept for fiction
        "accountable_lead_name": accountable.name,
        "accountable_lead_job_title": people.job_title(people.ACCOUNTABLE_LEAD, provider.code),
        "accountable_lead_email": accountable.email,
    }


def _improvement(provider, answers, quarter, number):
    below = [name for name, cohort in (("level 1 and 2", "l12"), ("level 3", "l3")) if _share(answers, cohort) < TARGET]
    plan = [_action(answers, quarter, number)] if below else None
    areas = [f"Training at {' and '.join(below)}. {CAUSES[number % len(CAUSES)]}"] if below else []
    if (answers["mh_requests_received"] or 0) > (answers["mh_offered_within_7_days"] or 0):
        areas.append("Offers of an assessment within seven days: one came late, over a bank holiday.")
    if not answers["linked_to_channel"] or not answers["prevent_board_represented"]:
        areas.append("Our place in the local partnership: we are talking with the local authority.")
    if not answers["prevent_policy_in_date"]:
        areas.append("The Prevent policy: its review goes to the board next quarter.")
    if provider.mental_health and answers["channel_panels_attended"] != answers["channel_panels_held"]:
        areas.append("Channel panels: a second deputy will be named.")
    return {"areas_for_improvement": " ".join(areas) or None, "action_plan": plan, "comments": None}


def _share(answers, cohort):
    return answers[f"{cohort}_compliant"] / answers[f"{cohort}_required"]


def _action(answers, quarter, number):
    return {
        "title": ACTIONS[number % len(ACTIONS)],
        "owner": answers["operational_lead_job_title"],
        "due_on": (quarter.ends + timedelta(days=90)).isoformat(),
        "status": "IN_PROGRESS" if number % 2 else "OPEN",
    }


REASONS = {
    "PRV-W01": (
        "Winter pressures kept staff from training. Extra sessions are booked, see the action plan.",
        "We have many new starters this quarter. All are booked within six weeks.",
        "Two trainers left. A new one has started and the backlog is shrinking.",
    ),
    "PRV-W02": ("A neighbouring trust closed and its services moved to us, with their staff.",),
    "PRV-W03": ("The staff who joined us were added to the training needs analysis.",),
    "PRV-W05": ("A catch-up campaign, and a cleansing of training records, both in this quarter.",),
    "PRV-W06": ("Checked by name against the staff list: everybody is in date.",),
    "PRV-W08": (
        "Our analysis counts every clinical role as level 3, as the competency framework has it for our services.",
        "We run more community and mental-health services than others of our kind, so more roles need level 3.",
    ),
    "PRV-W09": ("Staff who joined us were trained by their earlier employer; we have their certificates.",),
    "PRV-W10": ("All enquiries were triaged with the police lead; none met the threshold.",),
    "PRV-W12": ("One panel was moved at short notice. Our deputy read the papers and sent comments.",),
    "PRV-W13": ("The review was put off by a change of executive. It goes to the board next quarter.",),
    "PRV-W14": ("The previous lead retired. The new lead has been introduced to our commissioner.",),
    "PRV-W15": ("Two rotations of new doctors arrived at once. They are booked, see the action plan.",),
    "PRV-W17": ("The policy is being reviewed; the old one stays in force until the board has agreed the new one.",),
    "PRV-W18": ("One offer came on day nine because of a bank holiday. The person was seen on day eleven.",),
    "PRV-W19": ("There is no panel in our area yet. The local authority plans one.",),
    "PRV-W20": ("We have asked the local authority for a place on the board.",),
    "PRV-W21": ("The analysis is being repeated with the new staff groups and will be ready next quarter.",),
}
CHECKED = "We looked at these figures again with the training team. They are right."


def reason_for(problem, chance):
    """What the provider says about a warning."""
    return chance.choice(REASONS.get(problem.code, (CHECKED,)))
