"""What the Prevent return asks, section by section, in the order in which every file writes it.

The official pro-forma is not public: labels and definitions are ours. Where a definition is not published either, the
question is marked as an assumption and says so. Source of the topics: Quarterly Prevent Data Returns (NHSE&I).
"""

from accounts.models import Trait
from returns.content import Kind, Question
from returns.return_type import Percentage, SectionSpec

LAST_DAY = "Headcount of staff in post on the last day of the quarter."
TRAINED = "Trained within the 36 months before the last day of the quarter."
COUNTED_ONCE = "Each person counts once, at the highest level that they need."


def is_mental_health_provider(kind, traits):
    return Trait.MENTAL_HEALTH_PROVIDER in traits


def count(name, label, definition, **options):
    return Question(name, Kind.COUNT, label, definition=definition, **options)


def yes_no(name, label, definition="", **options):
    return Question(name, Kind.YES_NO, label, definition=definition, **options)


LEADS = SectionSpec(
    slug="leads",
    title="Prevent leads",
    intro="Who leads on Prevent, and who answers for it. Give work contacts of people, not of teams.",
    questions=(
        Question(
            "operational_lead_name", Kind.LINE, "Operational lead: name", definition="Who runs Prevent day to day."
        ),
        Question("operational_lead_job_title", Kind.LINE, "Operational lead: job title"),
        Question(
            "operational_lead_email",
            Kind.EMAIL,
            "Operational lead: work email",
            hint="The address of a person. A team mailbox needs an explanation.",
        ),
        Question("operational_lead_phone", Kind.PHONE, "Operational lead: telephone", required=False),
        Question(
            "accountable_lead_name",
            Kind.LINE,
            "Accountable lead: name",
            definition="The board member or executive who is accountable for Prevent.",
        ),
        Question("accountable_lead_job_title", Kind.LINE, "Accountable lead: job title"),
        Question(
            "accountable_lead_email",
            Kind.EMAIL,
            "Accountable lead: work email",
            hint="The address of a person. A team mailbox needs an explanation.",
        ),
    ),
)

GOVERNANCE = SectionSpec(
    slug="governance",
    title="Governance",
    intro="The policies and plans that stand behind your Prevent work.",
    questions=(
        yes_no(
            "prevent_policy_in_date",
            "Is your Prevent policy in date?",
            "Your own Prevent policy, or Prevent inside your safeguarding policy; not past its end or review date.",
            subject="The answer about your Prevent policy",
        ),
        Question(
            "prevent_policy_review_date",
            Kind.DAY,
            "When is the policy next reviewed?",
            hint="For example, 31 3 2026.",
            required=False,
            is_assumption=True,
            subject="The review date of the policy",
        ),
        yes_no(
            "training_policy_current",
            "Do you have a current Prevent training policy?",
            "You need this, or a current Prevent delivery plan, or both.",
            subject="The answer about your training policy",
        ),
        yes_no(
            "delivery_plan_current",
            "Do you have a current Prevent delivery plan?",
            "You need this, or a current Prevent training policy, or both.",
            subject="The answer about your delivery plan",
        ),
        Question(
            "tna_completed_on",
            Kind.DAY,
            "When was the training needs analysis last completed?",
            hint="For example, 12 9 2025.",
            definition="The analysis that says which roles need level 3. It should be no older than 12 months.",
            required=False,
            is_assumption=True,
            subject="The date of the training needs analysis",
        ),
    ),
)

TRAINING = SectionSpec(
    slug="training",
    title="Training",
    intro="Count people, not full-time equivalents, on the last day of the quarter. If nobody is counted, enter 0.",
    questions=(
        count("staff_total", "Staff in post", LAST_DAY, hint="Everybody employed.", is_assumption=True),
        count(
            "l12_required",
            "Staff who need level 1 and 2 training",
            f"Staff whose highest level needed is basic awareness (level 1 or 2). {COUNTED_ONCE}",
            is_assumption=True,
        ),
        count(
            "l12_compliant",
            "Staff trained at level 1 and 2",
            f"Of the staff who need level 1 and 2 training, those who have it. {TRAINED}",
            is_assumption=True,
        ),
        count(
            "l12_trained_in_quarter",
            "Staff who completed level 1 and 2 training this quarter",
            "Completions from the first to the last day of the quarter. This is activity, not compliance.",
            is_assumption=True,
        ),
        count(
            "l3_required",
            "Staff who need level 3 training",
            f"Staff who need level 3 by your training needs analysis. {COUNTED_ONCE}",
            is_assumption=True,
        ),
        count(
            "l3_compliant",
            "Staff trained at level 3",
            f"Of the staff who need level 3 training, those who have it. {TRAINED}",
            is_assumption=True,
        ),
        count(
            "l3_trained_in_quarter",
            "Staff who completed level 3 training this quarter",
            "Completions from the first to the last day of the quarter. This is activity, not compliance.",
            is_assumption=True,
        ),
    ),
    percentages=(
        Percentage(
            "l12_compliance_pct", "Level 1 and 2 compliance", "l12_compliant", "l12_required", "training_target"
        ),
        Percentage("l3_compliance_pct", "Level 3 compliance", "l3_compliant", "l3_required", "training_target"),
        Percentage("l3_share_pct", "Share of staff who need level 3", "l3_required", "staff_total", measure="l3_share"),
    ),
)

REFRESHER = SectionSpec(
    slug="refresher",
    title="Refresher training",
    intro="Whether refresher training is current, has the right outcomes and is fit for purpose.",
    questions=(
        count(
            "l12_refresher_overdue",
            "Staff whose level 1 and 2 refresher is out of date",
            "Staff who were trained once, but more than 36 months before the last day of the quarter.",
            required=False,
            is_assumption=True,
        ),
        count(
            "l3_refresher_overdue",
            "Staff whose level 3 refresher is out of date",
            "Staff who were trained once, but more than 36 months before the last day of the quarter.",
            required=False,
            is_assumption=True,
        ),
        Question(
            "refresher_content_reviewed_on",
            Kind.DAY,
            "When was the content of refresher training last reviewed?",
            hint="For example, 12 9 2025.",
            required=False,
            is_assumption=True,
            subject="The date of the last review of refresher content",
        ),
        yes_no(
            "refresher_outcomes_covered",
            "Does refresher training cover the training outcomes?",
            "The learning outcomes of the Prevent training and competencies framework.",
            required=False,
            is_assumption=True,
            subject="The answer about training outcomes",
        ),
        Question(
            "training_content_statement",
            Kind.PASSAGE,
            "Refresher training content",
            hint="Say how you know that it is current and fit for purpose.",
            required=False,
        ),
    ),
)

ACTIVITY = SectionSpec(
    slug="activity",
    title="Activity",
    intro="What happened in the quarter. If nothing happened, enter 0.",
    questions=(
        count(
            "general_enquiries",
            "General enquiries",
            "Enquiries and calls for advice on Prevent to the Prevent lead or team. Count enquiries, not people.",
            is_assumption=True,
        ),
        count("prevent_referrals", "Referrals into Prevent", "Onward referrals made to the police or local authority."),
        count(
            "referrals_staff",
            "Of these, referrals about staff",
            "Together with referrals about patients this must make all referrals.",
            required=False,
            is_assumption=True,
            subject="The number of referrals about staff",
        ),
        count(
            "referrals_patients",
            "Of these, referrals about patients",
            "Together with referrals about staff this must make all referrals.",
            required=False,
            is_assumption=True,
            subject="The number of referrals about patients",
        ),
    ),
)

# Meetings are the only answers that can be not applicable: an area may have no panel and no forum to go to. Every other
# count has a true zero, and a yes/no answer that does not fit is a no that wants explaining.
ENGAGEMENT = SectionSpec(
    slug="engagement",
    title="Engagement",
    intro="Your part in Channel and in the local Prevent network.",
    questions=(
        yes_no(
            "linked_to_channel",
            "Are you linked to Channel?",
            "There are arrangements for you to be called to, or represented at, Channel panels.",
            subject="The answer about Channel",
        ),
        count(
            "channel_panels_held",
            "Channel panels held",
            "Panels in your area in the quarter. Not applicable if your area has no panel.",
            may_be_absent=True,
            is_assumption=True,
        ),
        count(
            "channel_panels_attended",
            "Channel panels attended",
            "Of the panels held, those attended by you or a named deputy. A mental-health provider attends every one.",
            may_be_absent=True,
        ),
        yes_no(
            "prevent_board_represented",
            "Are you represented on a Prevent board?",
            "A Prevent or CONTEST board that works from the Counter Terrorism Local Profile.",
            subject="The answer about the Prevent board",
        ),
        count(
            "prevent_forums_invited",
            "Prevent forums you were invited to",
            "Meetings of the local Prevent network in the quarter.",
            required=False,
            may_be_absent=True,
            is_assumption=True,
        ),
        count(
            "prevent_forums_attended",
            "Prevent forums you attended",
            "Of the forums you were invited to, those attended by you or a named deputy.",
            required=False,
            may_be_absent=True,
            is_assumption=True,
        ),
    ),
)

# Asked of mental-health providers alone; whether both answers are there is for PRV-E10, not for `required`
MENTAL_HEALTH = SectionSpec(
    slug="mental-health",
    title="Mental health",
    intro="Requests for an assessment from Channel or the police. If there were none, enter 0.",
    applies=is_mental_health_provider,
    questions=(
        count(
            "mh_requests_received",
            "Requests for a mental health assessment",
            "Requests received from Channel or the police in the quarter.",
            required=False,
        ),
        count(
            "mh_offered_within_7_days",
            "Assessments offered within 7 days",
            "Of these requests, those where an assessment was offered within seven calendar days of receipt.",
            required=False,
            is_assumption=True,
        ),
    ),
    percentages=(
        Percentage(
            "mh_7_day_pct",
            "Assessments offered within 7 days",
            "mh_offered_within_7_days",
            "mh_requests_received",
            "offers_target",
        ),
    ),
)

NARRATIVE = SectionSpec(
    slug="narrative",
    title="Improvement and action plan",
    intro="This goes to your commissioner with the return. Name what is below target and what you will do about it.",
    questions=(
        Question("areas_for_improvement", Kind.PASSAGE, "Areas for improvement", required=False),
        Question("action_plan", Kind.ACTIONS, "Action plan", hint="What, who, by when.", required=False),
        Question("comments", Kind.PASSAGE, "Comments", hint="Do not name patients.", required=False),
    ),
)

SECTIONS = (LEADS, GOVERNANCE, TRAINING, REFRESHER, ACTIVITY, ENGAGEMENT, MENTAL_HEALTH, NARRATIVE)
QUESTIONS = tuple(question for section in SECTIONS for question in section.questions)
PERCENTAGES = tuple(percentage for section in SECTIONS for percentage in section.percentages)
COUNTS = tuple(question for question in QUESTIONS if question.kind is Kind.COUNT)
SECTION_E = tuple(question.name for question in MENTAL_HEALTH.questions)
