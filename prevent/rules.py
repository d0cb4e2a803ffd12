"""What must hold in a Prevent return. Read from top to bottom, this is the policy.

PRV-E01, E02, E11, E13, E14 and E15 refuse an act or an upload and live with the workflow. PRV-W08 compares with the peers
frozen when the period opened, PRV-W15 with the provider's own chart; both are silent where these are not known. A code
is never used twice. Topics and numbers: Quarterly Prevent Data Returns (NHSE&I); what is marked
ASSUMED is an assumption of this portal.
"""

import re
from calendar import monthrange
from datetime import date
from fractions import Fraction

from accounts.addresses import is_team_mailbox
from prevent.questions import COUNTS, PERCENTAGES, QUESTIONS, SECTION_E, is_mental_health_provider
from prevent.scoring import MEASURES, SHARE_OF, parts, shares
from prevent.standards import ASSUMED, GUIDE, fraction, months, standard
from returns import charts
from returns.content import ActionStatus, Kind
from returns.return_type import Direction
from returns.rules import RuleBook
from returns.scoring import Band
from returns.statistics import floats_of, is_at_least, is_within, percent, percent_text, points_text, rate_text, share

rules = RuleBook(version="2026.1")

COHORTS = {"l12": "Level 1 and 2", "l3": "Level 3"}
LEADS = {"operational": "operational lead", "accountable": "accountable lead"}
MEETINGS = {
    "channel_panels_attended channel_panels_held": "Channel panels",
    "prevent_forums_attended prevent_forums_invited": "Prevent forums",
}

TRAINING = f"{GUIDE}: training"
ACTIVITY = f"{GUIDE}: activity"
ENGAGEMENT = f"{GUIDE}: engagement"
GOVERNANCE = f"{GUIDE}: governance"
MENTAL_HEALTH = f"{GUIDE}: mental health"
INTEGRITY = f"{GUIDE}: data integrity"
SUBMITTERS = f"{GUIDE}: SDCS submission of data"


def of_mental_health_providers(context):
    return is_mental_health_provider(context.kind, context.traits)


def where_each_person_counts_once(context):
    return standard(context, "counting") == "highest_level_once"


# Errors: the numbers cannot be right


@rules.error("PRV-E04", remedy="Answer the question.", source=INTEGRITY)
def every_required_question_is_answered_and_every_answer_can_be_read(context, answers):
    return [
        ([question.name], answers.unreadable.get(question.name) or request_for(question))
        for question in ASKED_OF_ALL
        if answers.values.get(question.name) is None
        if question.name in answers.unreadable or is_missing(question, answers)
    ]


ASKED_OF_ALL = tuple(question for question in QUESTIONS if question.name not in SECTION_E)


def is_missing(question, answers):
    excused = question.may_be_absent and question.name in answers.absent
    return question.required and answers.values.get(question.name) is None and not excused


def request_for(question):
    if question.kind is Kind.COUNT:
        return f"Enter a number for “{question.label}”. If there were none, enter 0."
    if question.kind is Kind.YES_NO:
        return f"Answer yes or no: {question.label}"
    return f"Enter an answer for “{question.label}”."


@rules.error(
    "PRV-E05",
    "{each}_compliant {each}_required",
    each=COHORTS,
    remedy="Check both numbers. Staff who need another level do not count here.",
    source=INTEGRITY,
)
def trained_staff_are_among_those_who_need_it(context, level, compliant, required):
    if compliant > required:
        return f"{level}: staff trained ({compliant:,}) cannot be more than staff who need it ({required:,})."


@rules.error(
    "PRV-E06",
    "{each}_required staff_total",
    each=COHORTS,
    remedy="Check both numbers. Count headcount in both.",
    source=INTEGRITY,
)
def staff_who_need_training_are_in_post(context, level, required, staff):
    if required > staff:
        return f"{level}: staff who need training ({required:,}) cannot be more than staff in post ({staff:,})."


@rules.error(
    "PRV-E07",
    "l12_required l3_required staff_total",
    standards="counting",
    applies=where_each_person_counts_once,
    remedy="Count each person once, at the highest level that they need.",
    source=ASSUMED,
)
def each_person_counts_in_one_cohort(context, level_12, level_3, staff):
    if level_12 + level_3 > staff:
        return (
            f"Staff who need level 1 and 2 ({level_12:,}) and level 3 ({level_3:,}) come to {level_12 + level_3:,}, "
            f"more than staff in post ({staff:,})."
        )


@rules.error("PRV-E08", "{each}", each=MEETINGS, remedy="Check both numbers.", source=INTEGRITY)
def meetings_attended_took_place(context, meetings, attended, possible):
    if attended > possible:
        return f"{meetings} attended ({attended:,}) cannot be more than there were to attend ({possible:,})."


@rules.error("PRV-E09", "mh_offered_within_7_days mh_requests_received", remedy="Check both numbers.", source=INTEGRITY)
def assessments_offered_were_requested(context, offered, requests):
    if offered > requests:
        return f"Assessments offered within 7 days ({offered:,}) cannot be more than requests ({requests:,})."


@rules.error(
    "PRV-E10",
    title="mental-health questions are answered by mental-health providers alone",
    remedy="If there were no requests, a mental-health provider enters 0.",
    source=MENTAL_HEALTH,
)
def mental_health_questions_are_answered_by_mental_health_providers_alone(context, answers):
    given = [name for name in SECTION_E if answers.values.get(name) is not None or name in answers.unreadable]
    missing = [name for name in SECTION_E if answers.values.get(name) is None]
    if of_mental_health_providers(context) and missing:
        reasons = [answers.unreadable[name] for name in missing if name in answers.unreadable]
        return missing, " ".join(reasons) or "Answer both mental health questions. If there were no requests, enter 0."
    if given and not of_mental_health_providers(context):
        return given, "You are not recorded as a mental-health provider, so leave the mental health questions blank."


@rules.error("PRV-E12", remedy="Percentages are calculated: leave them out, or correct the counts.", source=INTEGRITY)
def percentages_in_a_file_are_the_calculated_ones(context, answers):
    return [
        ([figure.numerator, figure.denominator], sentence)
        for figure in PERCENTAGES
        if (sentence := percentage_error(figure, context, answers.values))
    ]


def percentage_error(figure, context, values):
    """Compares with the calculated figure as it is shown, to one decimal; silent where there is none."""
    given = context.given_percentages.get(figure.name)
    numerator, denominator = values.get(figure.numerator), values.get(figure.denominator)
    calculated = percent(numerator, denominator)
    if given in (None, "") or calculated is None:
        return None
    number = as_number(given)
    if number is None or abs(number - Fraction(calculated)) >= fraction(context, "percentage_tolerance"):
        shown = re.sub(r"[^0-9A-Za-z.,% -]", "?", str(given)[:20])
        return f"{figure.label} is given as {shown}, but is {percent_text(numerator, denominator)}."


def as_number(given):
    """The exact number that a file gives for a percentage, or None: 87.2, "87.2" and "87.2 %" are the same."""
    found = re.fullmatch(r"(-?[0-9]{1,10}(\.[0-9]{1,30})?)\s*%?", str(given).strip())
    return Fraction(found[1]) if found and not isinstance(given, bool) else None


@rules.error(
    "PRV-E16",
    "referrals_staff referrals_patients prevent_referrals",
    remedy="Check the three numbers, or leave the split blank.",
    source=ASSUMED,
)
def referrals_about_staff_and_patients_make_all_referrals(context, staff, patients, referrals):
    if staff + patients != referrals:
        return (
            f"Referrals about staff ({staff:,}) and patients ({patients:,}) come to {staff + patients:,}, "
            f"not to all referrals ({referrals:,})."
        )


# Warnings on training


@rules.warning(
    "PRV-W01",
    "{each}_compliant {each}_required",
    each=COHORTS,
    standards="training_target",
    remedy="Say why, and what you will do about it.",
    source=TRAINING,
)
def training_reaches_the_target(context, level, compliant, required):
    target = fraction(context, "training_target")
    if required and not is_at_least(compliant, required, target):
        just = "just " if Fraction(percent(compliant, required)) >= 100 * target else ""
        return f"{level} training is {just}below {rate_text(target)}: {percent_text(compliant, required)}."


@rules.warning(
    "PRV-W02",
    "staff_total",
    compared_with="staff_total",
    standards="staff_change",
    remedy="Say what changed, such as a merger or a transfer of services.",
    source=ASSUMED,
)
def the_number_of_staff_in_post_is_steady(context, staff, before):
    tolerance = fraction(context, "staff_change")
    if not is_within(staff, before, tolerance):
        return (
            f"Staff in post went from {before:,} to {staff:,}, a change of more than {rate_text(tolerance)}. "
            "What happened?"
        )


@rules.warning(
    "PRV-W03",
    "{each}_required",
    each=COHORTS,
    compared_with="{each}_required",
    standards="required_change",
    remedy="Say what changed, such as a new training needs analysis.",
    source=ASSUMED,
)
def the_need_for_training_is_steady(context, level, required, before):
    tolerance = fraction(context, "required_change")
    if not is_within(required, before, tolerance):
        return (
            f"{level}: staff who need training went from {before:,} to {required:,}, a change of more than "
            f"{rate_text(tolerance)}. What happened?"
        )


@rules.warning(
    "PRV-W04", "l3_required staff_total", remedy="Check it against your training needs analysis.", source=TRAINING
)
def some_staff_but_not_all_need_level_3(context, level_3, staff):
    if level_3 == 0:
        return "No staff need level 3 training. Is this what your training needs analysis says?"
    if level_3 == staff:
        return f"All staff in post ({staff:,}) need level 3 training. Is this what your training needs analysis says?"


@rules.warning(
    "PRV-W05",
    "{each}_compliant {each}_required",
    each=COHORTS,
    compared_with="{each}_compliant {each}_required",
    standards="compliance_change",
    remedy="Say what changed.",
    source=ASSUMED,
)
def compliance_is_steady(context, level, compliant, required, compliant_before, required_before):
    now, before = share(compliant, required), share(compliant_before, required_before)
    tolerance = fraction(context, "compliance_change")
    if now is not None and before is not None and abs(now - before) > tolerance:
        return (
            f"{level} training went from {percent_text(compliant_before, required_before)} to "
            f"{percent_text(compliant, required)}, a move of more than {points_text(tolerance)}. What happened?"
        )


@rules.warning(
    "PRV-W06",
    "{each}_compliant {each}_required",
    each=COHORTS,
    remedy="Confirm that nobody's training is missing or out of date.",
    source=TRAINING,
)
def full_compliance_is_confirmed(context, level, compliant, required):
    if required and compliant == required:
        return f"{level} training is exactly 100 %: all {required:,}. Is that right?"


@rules.warning(
    "PRV-W07",
    title="the numbers are this quarter’s own",
    remedy="Check that the numbers are this quarter’s.",
    source=ASSUMED,
)
def the_numbers_are_this_quarters_own(context, answers):
    """An optional count that was given in neither quarter is the same, too."""
    now, before = answers, context.previous
    if not before or any(now.values.get(count.name) != before.values.get(count.name) for count in COUNTS):
        return None
    given = [count.name for count in COUNTS if now.values.get(count.name) is not None]
    if given and not any(is_missing(count, now) or is_missing(count, before) for count in COUNTS):
        return given, "Every count is the same as in the last quarter. Are these this quarter's numbers?"


@rules.warning(
    "PRV-W08",
    "l3_required staff_total",
    standards="peer_limits",
    title="the need for level 3 training is like that of similar providers",
    remedy="Check it against your training needs analysis, and say what makes you different.",
    source=TRAINING,
)
def the_need_for_level_3_is_like_that_of_similar_providers(context, level_3, staff):
    peers = context.peers.get("l3_share")
    if not peers or not peers.in_region or not peers.in_nation or not 0 <= level_3 <= staff or not staff:
        return None
    if all(is_outside(level_3 / staff, staff, pooled, context) for pooled in (peers.in_region, peers.in_nation)):
        return (
            f"{percent_text(level_3, staff)} staff in post need level 3 training. Among providers of the same kind "
            f"it was {peers.in_region} in the region and {peers.in_nation} in the country, {peers.period}: "
            "chance alone does not explain the difference. What does?"
        )


def is_outside(own, size, pooled, context):
    """Whether a share of `size` people lies outside the 99.8 % limits of the funnel of these peers."""
    spread = pooled.spread if standard(context, "peer_limits") == "widened" else 0.0
    low, high = charts.funnel_limits(pooled.share, size, charts.BANDS["99.8 %"], spread)
    return not low <= own <= high


@rules.warning(
    "PRV-W09",
    "{each}_compliant {each}_trained_in_quarter",
    each=COHORTS,
    compared_with="{each}_compliant",
    remedy="Check the numbers. Staff may have joined who were trained elsewhere.",
    source=ASSUMED,
)
def a_rise_in_trained_staff_comes_from_training_in_the_quarter(context, level, compliant, trained, before):
    if compliant - before > trained:
        return (
            f"{level}: staff trained rose by {compliant - before:,}, from {before:,} to {compliant:,}, but only "
            f"{trained:,} completed training in the quarter. Where does the rise come from?"
        )


@rules.warning(
    "PRV-W16",
    "l12_required l3_required staff_total",
    standards="counting",
    applies=where_each_person_counts_once,
    remedy="Say which staff need no level of training.",
    source=ASSUMED,
)
def everybody_needs_some_level(context, level_12, level_3, staff):
    if level_12 + level_3 < staff:
        return (
            f"Staff who need level 1 and 2 ({level_12:,}) and level 3 ({level_3:,}) come to {level_12 + level_3:,}, "
            f"fewer than staff in post ({staff:,}). Who needs no training?"
        )


@rules.warning(
    "PRV-W21",
    "tna_completed_on",
    standards="tna_months",
    even_if_missing=True,
    remedy="Say why, and when the analysis will be done.",
    source=ASSUMED,
)
def the_training_needs_analysis_is_recent(context, completed_on):
    if completed_on is None:
        return "There is no date for the training needs analysis."
    age = months(context, "tna_months")
    if completed_on < months_before(context.ends, age):
        return (
            f"The training needs analysis of {in_words(completed_on)} was older than {age} months on "
            f"{in_words(context.ends)}."
        )


@rules.warning(
    "PRV-W22",
    "training_content_statement refresher_content_reviewed_on refresher_outcomes_covered",
    standards="refresher_months",
    even_if_missing=True,
    remedy="Say how you know that refresher training is current and fit for purpose.",
    source=TRAINING,
)
def refresher_training_is_current_and_fit_for_purpose(context, statement, reviewed_on, outcomes_covered):
    age = months(context, "refresher_months")
    reasons = []
    if not statement:
        reasons.append("there is no statement on its content")
    if reviewed_on and reviewed_on < months_before(context.ends, age):
        reasons.append(
            f"its content was last reviewed on {in_words(reviewed_on)}, more than {age} months before "
            f"{in_words(context.ends)}"
        )
    if outcomes_covered is False:
        reasons.append("it does not cover the training outcomes")
    if reasons:
        return f"Is refresher training fit for purpose? We ask because {', and '.join(reasons)}."


@rules.warning(
    "PRV-W15",
    title="no figure has changed for the worse",
    remedy="Say what happened, and what you will do about it.",
    source=f"{GUIDE}: trends",
)
def no_figure_has_changed_for_the_worse(context, answers):
    """One finding for each share whose chart shows a special cause in the direction of concern in this quarter."""
    now = {row.measure: row for row in shares(answers, context) if row.denominator}
    return [
        (SHARE_OF[spec.key], f"{spec.title}: {percent_text(row.numerator, row.denominator)}. {why}")
        for spec in MEASURES
        if (row := now.get(spec.key)) and (earlier := context.earlier.get(spec.key))
        if (why := concern_in(earlier, row, spec))
    ]


def concern_in(earlier, now, spec):
    """What the chart of the earlier shares, oldest first, and of this one says of it, where that is a cause for concern."""
    value = now.numerator / now.denominator
    if spec.direction is Direction.INCREASE and not charts.may_be_low([*floats_of(earlier), value]):
        return None
    values, whole = charts.over_one_denominator([*earlier, share(now.numerator, now.denominator)])
    limits = charts.limits_of(values, locked_at=charts.SETTLED_FROM)
    signal = limits and charts.signal_at_the_end(values, limits)
    if signal and charts.meaning_of(signal, spec.direction) is charts.Meaning.CONCERN:
        lower, upper = max(limits.lower, 0), min(limits.upper, whole)
        usual = [charts.said(Fraction(100 * limit, whole), spec.unit) for limit in (lower, upper)]
        return f"This is {signal}; usual is {usual[0]} to {usual[1]}. What happened?"


# Warnings on activity and engagement


@rules.warning(
    "PRV-W10",
    "prevent_referrals",
    title="mental-health providers refer now and then",
    applies=of_mental_health_providers,
    remedy="Say how cases are triaged.",
    source=ASSUMED,
)
def mental_health_providers_refer_now_and_then(context, referrals):
    if referrals:
        return None
    earlier = [answers and answers.values.get("prevent_referrals") for answers in context.history[:3]]
    if earlier == [0, 0, 0]:
        return "There was no referral into Prevent in four quarters running. Are cases triaged as they should be?"


@rules.warning(
    "PRV-W11", "prevent_referrals general_enquiries", remedy="Check how enquiries are counted.", source=ACTIVITY
)
def referrals_follow_from_enquiries(context, referrals, enquiries):
    if referrals > enquiries:
        return f"Referrals ({referrals:,}) are more than general enquiries ({enquiries:,}). How were they triaged?"


@rules.warning(
    "PRV-W12",
    "channel_panels_attended channel_panels_held",
    title="mental-health providers attend every Channel panel",
    applies=of_mental_health_providers,
    remedy="Say which panels were missed, and why.",
    source=ENGAGEMENT,
)
def mental_health_providers_attend_every_panel(context, attended, held):
    if attended < held:
        return f"Only {attended:,} of {held:,} Channel panels were attended. Mental-health providers are expected at every one."


@rules.warning(
    "PRV-W18",
    "mh_offered_within_7_days mh_requests_received",
    applies=of_mental_health_providers,
    remedy="Say what delayed the offers.",
    source=MENTAL_HEALTH,
)
def every_assessment_is_offered_within_7_days(context, offered, requests):
    if offered < requests:
        return f"Only {offered:,} of {requests:,} assessments were offered within 7 days."


@rules.warning(
    "PRV-W19",
    "linked_to_channel",
    title="the provider is linked to Channel",
    remedy="Say why, and when you will be.",
    source=ENGAGEMENT,
)
def the_provider_is_linked_to_channel(context, linked):
    if not linked:
        return "There is no link to Channel."


@rules.warning(
    "PRV-W20",
    "prevent_board_represented",
    title="the provider is represented on a Prevent board",
    remedy="Say why, and when you will be.",
    source=ENGAGEMENT,
)
def the_provider_is_represented_on_a_prevent_board(context, represented):
    if not represented:
        return "The provider is not represented on a Prevent board."


# Warnings on leads, governance and improvement


@rules.warning("PRV-W13", "prevent_policy_review_date", remedy="Say when it will be reviewed.", source=GOVERNANCE)
def the_review_of_the_policy_lies_ahead(context, review_on):
    if review_on < context.ends:
        return (
            f"The Prevent policy was to be reviewed on {in_words(review_on)}, before the quarter ended on "
            f"{in_words(context.ends)}. Has it been?"
        )


@rules.warning(
    "PRV-W14",
    "{each}_lead_name {each}_lead_email",
    each=LEADS,
    compared_with="{each}_lead_name {each}_lead_email",
    even_if_missing=True,
    remedy="Confirm the change.",
    source=ASSUMED,
)
def the_leads_are_those_of_last_quarter(context, lead, name, email, name_before, email_before):
    pairs = ((name_before, name), (email_before, email))
    changed = [f"from {old} to {new}" for old, new in pairs if old and new and old.casefold() != new.casefold()]
    if changed:
        return f"The {lead} changed {' and '.join(changed)}. Is that right?"


@rules.warning(
    "PRV-W17",
    "prevent_policy_in_date training_policy_current delivery_plan_current",
    remedy="Say why, and when they will be in place.",
    source=GOVERNANCE,
)
def policies_and_plans_are_current(context, policy, training_policy, delivery_plan):
    reasons = []
    if not policy:
        reasons.append("The Prevent policy is not in date.")
    if not training_policy and not delivery_plan:
        reasons.append("There is neither a current Prevent training policy nor a current delivery plan.")
    if reasons:
        return " ".join(reasons)


@rules.warning(
    "PRV-W23",
    standards="training_target offers_target panels_target close_by",
    remedy="Name an area for improvement, or add an open action.",
    source=f"{GUIDE}: the provider Prevent leads",
)
def what_is_below_target_is_being_improved(context, answers):
    if answers.areas_for_improvement or has_open_action(answers) or PLANS & answers.unreadable.keys():
        return None
    below = [part.sentence for part in parts(answers, context) if part.band in (Band.CLOSE, Band.NOT_MET)]
    if below:
        return [
            "areas_for_improvement",
            "action_plan",
        ], f"{' '.join(below)} No area for improvement and no open action is given."


PLANS = {"areas_for_improvement", "action_plan"}
OPEN = {ActionStatus.OPEN, ActionStatus.IN_PROGRESS}


def has_open_action(answers):
    return any(action["status"] in OPEN for action in answers.action_plan or ())


@rules.warning(
    "PRV-W24",
    "{each}_lead_email",
    each=LEADS,
    remedy="Give the work address of the person.",
    source=SUBMITTERS,
)
def a_lead_has_an_address_of_their_own(context, lead, email):
    if is_team_mailbox(email):
        return f"{email} looks like a team mailbox. Is it the address of the {lead}?"


def months_before(day, number):
    """The same day `number` months earlier; the last day of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def in_words(day):
    return f"{day.day} {day:%B %Y}"
