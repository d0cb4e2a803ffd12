"""What a commissioner's Prevent lead looks at before a verdict: the data first, then the performance.

Source of every question: "What could the data indicate?" and the duties of the two leads in the quarterly guidance.
"""

from accounts.models import Trait
from returns.return_type import ChecklistItem, Look

GUIDE = "Quarterly Prevent Data Returns (NHS England and NHS Improvement)"


def asked(group, *items):
    """The questions of one group: (key, question), and whom it is asked about where that is not everybody."""
    return tuple(
        ChecklistItem(key, question, group, GUIDE, **({"applies": whom[0]} if whom else {}))
        for key, question, *whom in items
    )


def mental_health(kind, traits):
    return Trait.MENTAL_HEALTH_PROVIDER in traits


CHECKLIST = (
    *asked(
        "The data",
        ("staffing_numbers", "Are the staffing numbers correct?"),
        ("level_3_need", "Is the level 3 training need reasonable, beside the regional and national figures?"),
        ("figures_likely", "Are the figures realistic, and is every unlikely one explained?"),
    ),
    *asked(
        "Refresher training",
        ("refresher_current", "Is refresher training current?"),
        ("refresher_outcomes", "Does it contain appropriate training outcomes?"),
        ("refresher_fit", "Is it fit for purpose?"),
    ),
    *asked(
        "Activity and engagement",
        ("referrals_triaged", "Do enquiries and referrals suggest that cases are triaged appropriately?"),
        ("channel", "Is the provider appropriately linked to Channel?"),
        ("channel_panels", "Is the provider represented at every Channel panel meeting?", mental_health),
        ("boards", "Is the provider linked to its local Prevent network or represented on its Prevent board?"),
        ("seven_days", "Are requests for a mental health assessment met with an offer within 7 days?", mental_health),
    ),
    *asked(
        "Governance and improvement",
        ("policies", "Are the Prevent policy and the training policy or delivery plan up to date?"),
        ("improvement_noted", "Are areas for improvement noted, with an action plan?"),
    ),
)

LOOKS = (
    Look(
        "Staffing numbers",
        ("staff_total", "l12_required", "l3_required"),
        says="Do they fit last quarter, the published headcount and what you know of the provider?",
    ),
    Look(
        "Level 3 need",
        ("l3_required", "tna_completed_on"),
        ("l3_share_pct",),
        says="Is the share of staff who need level 3 training reasonable beside the regional and national figures?",
    ),
)

# What these say is that something is less than asked; all other rules ask whether the data can be true
PERFORMANCE_RULES = frozenset(
    f"PRV-W{number}" for number in ("01", "12", "13", "17", "18", "19", "20", "21", "22", "23")
)
