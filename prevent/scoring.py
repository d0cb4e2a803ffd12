"""How good a Prevent return is: method 2026.1. Only the 85 % is published; the rest is an assumption, and says so.

Every part is there, with the numbers and a sentence that says why; nothing here reads the database or the clock.
Source of the parts: Quarterly Prevent Data Returns (NHSE&I), "What could the data indicate?".
"""

from prevent.questions import is_mental_health_provider
from prevent.standards import fraction
from returns.return_type import Direction, MeasureRow, MeasureSpec, Unit
from returns.scoring import Band, Overall, Part, Score, band_of
from returns.statistics import percent_text, points_text, rate_text

METHOD = "2026.1"
TRAINING = ("training_l12", "training_l3")
SHARE_OF = {  # the measures that are shares, with the answers they are made of
    "training_l12": ("l12_compliant", "l12_required"),
    "training_l3": ("l3_compliant", "l3_required"),
    "l3_share": ("l3_required", "staff_total"),
    "channel_panels": ("channel_panels_attended", "channel_panels_held"),
    "mental_health_offers": ("mh_offered_within_7_days", "mh_requests_received"),
}
SCORED = (  # the questions that the score reads
    *("l12_required", "l12_compliant", "l3_required", "l3_compliant"),
    *("linked_to_channel", "channel_panels_held", "channel_panels_attended", "prevent_board_represented"),
    *("mh_requests_received", "mh_offered_within_7_days"),
    *("prevent_policy_in_date", "training_policy_current", "delivery_plan_current"),
)
COUNTED = ("staff_total", "l12_trained_in_quarter", "l3_trained_in_quarter", "general_enquiries", "prevent_referrals")

TRAINED, SHARES, REFERRED = "Training", "Need, offers and panels", "Enquiries and referrals, beside people trained"
MEASURES = (
    MeasureSpec(
        "training_l12",
        "Level 1 and 2 training",
        Unit.PERCENT,
        Direction.INCREASE,
        "training_target",
        group=TRAINED,
        has_peers=True,
    ),
    MeasureSpec(
        "training_l3",
        "Level 3 training",
        Unit.PERCENT,
        Direction.INCREASE,
        "training_target",
        group=TRAINED,
        has_peers=True,
    ),
    MeasureSpec("l3_share", "Staff who need level 3 training", Unit.PERCENT, group=SHARES, has_peers=True),
    MeasureSpec(
        "mental_health_offers",
        "Assessments offered within 7 days",
        Unit.PERCENT,
        Direction.INCREASE,
        "offers_target",
        group=SHARES,
        has_peers=True,
    ),
    MeasureSpec(
        "channel_panels",
        "Channel panels attended",
        Unit.PERCENT,
        Direction.INCREASE,
        "panels_target",
        group=SHARES,
        has_peers=True,
    ),
    # More enquiries or referrals are neither better nor worse: no direction, no target
    MeasureSpec("general_enquiries", "General enquiries", Unit.COUNT, group=REFERRED),
    MeasureSpec("prevent_referrals", "Prevent referrals", Unit.COUNT, group=REFERRED),
    MeasureSpec(
        "enquiry_rate",
        "General enquiries per 1,000 staff",
        Unit.RATE,
        group=REFERRED,
        of=("general_enquiries", "staff_total"),
        per=1000,
    ),
    MeasureSpec(
        "referral_rate",
        "Prevent referrals per 1,000 staff",
        Unit.RATE,
        group=REFERRED,
        of=("prevent_referrals", "staff_total"),
        per=1000,
    ),
    MeasureSpec(
        "referrals_per_enquiry",
        "Prevent referrals per general enquiry",
        Unit.RATE,
        group=REFERRED,
        of=("prevent_referrals", "general_enquiries"),
    ),
    MeasureSpec("l12_trained_in_quarter", "People trained at level 1 and 2 in the quarter", Unit.COUNT, group=REFERRED),
    MeasureSpec("l3_trained_in_quarter", "People trained at level 3 in the quarter", Unit.COUNT, group=REFERRED),
)


def score(answers, context):
    """The score of `answers`. Where an error stands it goes as far as it can; `overall` is None if no part applies."""
    found = parts(answers, context)
    overall = overall_of(found)
    return Score(METHOD, overall, found, why(overall, found))


def parts(answers, context):
    return (
        training(answers, context, "l12", "Level 1 and 2 training"),
        training(answers, context, "l3", "Level 3 training"),
        mental_health_offers(answers, context),
        channel(answers, context),
        governance(answers),
        partnership(answers),
    )


def training(answers, context, cohort, title):
    compliant, required = (answers.values.get(f"{cohort}_{name}") for name in ("compliant", "required"))
    nobody = f"Nobody needs {title[0].lower()}{title[1:]}, so it is not scored."
    return share_part(f"training_{cohort}", title, compliant, required, "training_target", context, nobody)


def mental_health_offers(answers, context):
    key, title = "mental_health_offers", "Assessments offered within 7 days"
    if not is_mental_health_provider(context.kind, context.traits):
        return not_scored(key, title, "Only mental-health providers are asked about assessments.")
    offered, requests = answers.values.get("mh_offered_within_7_days"), answers.values.get("mh_requests_received")
    nothing = "No assessment was requested, so this is not scored."
    return share_part(key, title, offered, requests, "offers_target", context, nothing)


def channel(answers, context):
    """Panels attended for a mental-health provider with at least one panel; for others, whether there is a link."""
    key, title, values = "channel_panels", "Channel", answers.values
    if is_mental_health_provider(context.kind, context.traits):
        if "channel_panels_held" in answers.absent or "channel_panels_attended" in answers.absent:
            return not_scored(key, title, "Channel panels are not applicable here, so this is not scored.")
        attended, held = values.get("channel_panels_attended"), values.get("channel_panels_held")
        if held != 0:
            return share_part(key, "Channel panels attended", attended, held, "panels_target", context, "")
    return yes_no_part(key, title, values.get("linked_to_channel"), "linked to Channel")


def governance(answers):
    """A policy in date, and a current training policy or delivery plan. One `no` can decide; one `yes` may not."""
    policy = answers.prevent_policy_in_date
    either = (answers.training_policy_current, answers.delivery_plan_current)
    current = True if True in either else None if None in either else False
    both = False if False in (policy, current) else None if None in (policy, current) else True
    return yes_no_part(
        "governance", "Governance", both, "covered by a policy in date, and a current training policy or delivery plan"
    )


def partnership(answers):
    represented = answers.values.get("prevent_board_represented")
    return yes_no_part("partnership", "Partnership", represented, "represented on a Prevent board")


def share_part(key, title, numerator, denominator, target, context, nothing):
    target, close_by = fraction(context, target), fraction(context, "close_by")
    band = band_of(numerator, denominator, target, close_by)
    sentence = f"{title}: {percent_text(numerator, denominator)}. This "
    if band is Band.MET:
        sentence += f"meets the target of {rate_text(target)}."
    elif band is Band.CLOSE:
        sentence += f"is below the target of {rate_text(target)}, by {points_text(close_by)} or less."
    elif band is Band.NOT_MET:
        sentence += f"is more than {points_text(close_by)} below the target of {rate_text(target)}."
    else:
        sentence = nothing if denominator == 0 else missing(title)
    return Part(key, title, band, sentence, numerator, denominator, target)


def yes_no_part(key, title, answer, what):
    if answer is None:
        return not_scored(key, title, missing(title))
    if answer:
        return Part(key, title, Band.MET, f"{sentence_case(what)}.")
    return Part(key, title, Band.NOT_MET, f"Not {what}.")


def not_scored(key, title, sentence):
    return Part(key, title, Band.NOT_APPLICABLE, sentence)


def missing(title):
    """Not applicable so far; the first words are what pages show instead of that."""
    return f"Not known yet: an answer that decides “{title}” is missing."


def sentence_case(words):
    return f"{words[0].upper()}{words[1:]}"


def overall_of(found):
    bands = [part.band for part in found if part.band is not Band.NOT_APPLICABLE]
    if not bands:
        return None
    if bands.count(Band.NOT_MET) >= 2 or training_not_met(found):
        return Overall.RED
    return Overall.GREEN if set(bands) == {Band.MET} else Overall.AMBER


def training_not_met(found):
    return any(part.band is Band.NOT_MET for part in found if part.key in TRAINING)


def why(overall, found):
    """The sentence beside the colour: which parts made it so."""
    if overall is None:
        return "There is nothing to score yet."
    if overall is Overall.GREEN:
        return "Every part that applies is met."
    reasons = []
    for band, name in ((Band.NOT_MET, "not met"), (Band.CLOSE, "close to target")):
        titles = [part.title for part in found if part.band is band]
        if titles:
            reasons.append(f"{name}: {', '.join(titles)}")
    return f"{sentence_case('; '.join(reasons))}."


def measures(answers, context):
    """What is kept for trends and benchmarks: the shares behind the score, and the counts, wherever they are known."""
    values = answers.values
    return shares(answers, context) + [
        MeasureRow(name, values[name], None) for name in COUNTED if values.get(name) is not None
    ]


def shares(answers, context):
    """Those measures that are shares, as their counts."""
    is_asked = is_mental_health_provider(context.kind, context.traits)
    known = answers.values.get
    return [
        MeasureRow(name, known(numerator), known(denominator))
        for name, (numerator, denominator) in SHARE_OF.items()
        if known(numerator) is not None and known(denominator) is not None
        if is_asked or name != "mental_health_offers"
    ]
