"""Role × act, in one table that a governance officer can read.

The portal's own roles stand here; each return type adds its roles (`ReturnType.roles`). Rights are asked of the seat.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string


class Act(StrEnum):
    """What a seat may do, whatever the kind of return; return types add acts of their own, in the same way. The value is how
    the table of roles calls it.
    """

    FILL_IN = "fill in and explain"
    SEND_FOR_SIGN_OFF = "send for sign-off"
    SIGN_OFF = "sign off, which submits"
    RECORD_RECEIPT = "download the pro-forma and record the national receipt"
    REVIEW = "review, propose a verdict, and send sections back"
    DECIDE = "give or confirm a verdict, choose whether it takes two people, and reopen"
    ASK = "ask and close queries"
    ANSWER = "answer queries"
    EXTEND = "give more time, or say that a return is not required"
    ESCALATE = "raise, move and close escalations"
    ANSWER_ESCALATION = "answer escalations"
    SET_ACTIONS = "set actions, and change their owner or day"
    PROGRESS_ACTIONS = "own actions, report progress and propose them as done"
    CLOSE_ACTIONS = "close actions"
    RECORD_VISITS = "write down quality visits"
    ASK_WAIVERS = "ask that a warning be waived"
    APPROVE_WAIVERS = "approve waivers that somebody else asked for"
    REBASE = "say from when the limits of a chart count anew"
    MANAGE_PERIODS = "open periods and change their dates"
    EXPORT = "write the national files"
    SEE_LOG = "read the event log and retry stuck work"
    MANAGE_ORGANISATION = "keep organisations, traits and links"
    MANAGE_PEOPLE = "invite people and give roles"
    MANAGE_SUBMITTERS = "swap registered submitters"
    IMPORT_FIGURES = "bring in published figures"


class Reach(StrEnum):
    """Whose returns a role sees."""

    NOTHING = "no returns"
    OWN = "its own organisation’s"
    RECEIVED = "those sent to its own organisation"
    REGION = "its own region’s"
    EVERYTHING = "all"

    @property
    def to_oneself(self):
        """The same, said to whoever has it: "your own organisation’s"."""
        return self.replace("its own", "your own")


class Scope(StrEnum):
    """Where a role's acts on people and organisations count."""

    OWN_ORGANISATION = "own organisation"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True)
class Role:
    """`key` is what a membership stores; `return_type` is empty for roles that count for every kind of return.

    The keys of registered submitters, and of nobody else, end with SUBMITTER: a constraint of the memberships says so.
    """

    key: str
    title: str
    reach: Reach
    acts: frozenset = frozenset()
    return_type: str = ""
    scope: Scope = Scope.OWN_ORGANISATION
    held_in: frozenset = frozenset()
    is_submitter: bool = False

    def __post_init__(self):
        if self.is_submitter != self.key.endswith("SUBMITTER"):
            raise ValueError(f"{self.key}: the keys of registered submitters, and only theirs, end with SUBMITTER.")

    def may(self, act, return_type=""):
        return act in self.acts and self.return_type in ("", return_type or self.return_type)

    @property
    def acts_in_order(self):
        """The acts in the order of the table."""
        return [act for act in all_acts() if act in self.acts]

    def fits(self, kind):
        """Whether an organisation of this kind has such a role; a role that names no kinds fits everywhere."""
        return not self.held_in or kind in self.held_in


PORTAL_ROLES = (
    Role(
        "NATIONAL_ADMINISTRATOR",
        "National administrator",
        Reach.EVERYTHING,
        frozenset(
            {Act.MANAGE_PERIODS, Act.EXPORT, Act.EXTEND, Act.SEE_LOG, Act.MANAGE_ORGANISATION, Act.MANAGE_PEOPLE}
            | {Act.APPROVE_WAIVERS, Act.MANAGE_SUBMITTERS, Act.IMPORT_FIGURES}
        ),
        scope=Scope.EVERYWHERE,
        held_in=frozenset({"OTHER"}),  # a national body is no provider and no commissioner
    ),
    Role(
        "USER_ADMINISTRATOR",
        "User administrator",
        Reach.NOTHING,
        frozenset({Act.MANAGE_PEOPLE, Act.MANAGE_SUBMITTERS}),
    ),
)


@cache
def all_roles():
    """Every role by its key: the portal's and those that the return types declare."""
    declared = [role for path in settings.RETURN_TYPES for role in import_string(path).roles]
    return {role.key: role for role in (*PORTAL_ROLES, *declared)}


@cache
def all_acts():
    """Every act in the order of the table: those for every kind of return, then those that return types add."""
    tables = dict.fromkeys([Act, *(type(act) for role in all_roles().values() for act in role.acts)])
    return [act for table in tables for act in table]
