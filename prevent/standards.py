"""The targets and tolerances of the Prevent return, as they stand before an administrator dates another value.

Only the training target is published. The others are assumptions of this portal and are shown as such.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

GUIDE = "Quarterly Prevent Data Returns (NHS England and NHS Improvement)"
ASSUMED = "An assumption of this portal"


@dataclass(frozen=True)
class Standard:
    """One target or tolerance. Shares and points are fractions of 1: 0.85 is 85 %, 0.05 is 5 points."""

    key: str
    value: str
    meaning: str
    source: str = ASSUMED

    @property
    def is_assumption(self):
        return self.source == ASSUMED


ALL = (
    Standard("training_target", "0.85", "Staff trained, of those who need it, in each cohort", f"{GUIDE}: training"),
    Standard("training_months", "36", "Months for which training counts, before the last day of the quarter"),
    Standard("counting", "highest_level_once", "A person counts once, at the highest level; or every_level"),
    Standard("staff_change", "0.10", "Change of staff in post in a quarter that needs no explanation"),
    Standard("required_change", "0.10", "Change of staff who need training in a quarter that needs no explanation"),
    Standard("compliance_change", "0.10", "Points by which compliance may move in a quarter without explanation"),
    Standard("percentage_tolerance", "0.1", "Points by which an uploaded percentage must differ to be an error"),
    Standard("tna_months", "12", "Months after which a training needs analysis is old"),
    Standard("refresher_months", "36", "Months after which the review of refresher content is old"),
    Standard(
        "peer_limits", "chance", "Limits of a comparison with similar providers: chance; or widened, by their spread"
    ),
    Standard("close_by", "0.05", "Points below a target that are still close to it"),
    Standard("offers_target", "1", "Assessments offered within seven days, of those requested"),
    Standard(
        "escalate_after_quarters", "2", "Quarters in a row below a target after which it is escalated; 0 for never"
    ),
    Standard("headcount_tolerance", "0.10", "Difference from a published headcount that a reviewer is not warned of"),
    Standard("query_days", "5", "Working days within which a provider answers a query"),
    Standard("panels_target", "1", "Channel panels attended, of those held, by a mental-health provider"),
)

STANDARDS = {standard.key: standard.value for standard in ALL}


def standard(context, key):
    """The value for this period: what was frozen when it opened, else what stands above."""
    return context.standards.get(key, STANDARDS[key])


def fraction(context, key):
    """The value as an exact number, however it was kept."""
    value = standard(context, key)
    return value if isinstance(value, Fraction) else _fraction(value)


def months(context, key):
    return int(standard(context, key))


@cache
def _fraction(value):
    return Fraction(str(value))
