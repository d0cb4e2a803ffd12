"""Who does what with a Prevent return. Source of the two leads and the registered submitters: the quarterly guidance.

The accountable lead signs and does not fill in, so that a trust's return always has two pairs of eyes.
"""

from accounts.models import Organisation
from accounts.roles import Act, Reach, Role

TRUST_KINDS = frozenset({Organisation.Kind.NHS_TRUST, Organisation.Kind.NHS_FOUNDATION_TRUST})
PROVIDER_KINDS = TRUST_KINDS | {Organisation.Kind.INDEPENDENT_PROVIDER, Organisation.Kind.OTHER_PROVIDER}
COMMISSIONER_KINDS = frozenset({Organisation.Kind.CCG, Organisation.Kind.ICB})


OPERATIONAL_LEAD = "PREVENT_OPERATIONAL_LEAD"


def provider(key, title, *acts, **options):
    held_in = options.pop("held_in", PROVIDER_KINDS)
    return Role(key, title, Reach.OWN, frozenset(acts), "prevent", held_in=held_in, **options)


def commissioner(key, title, *acts):
    return Role(key, title, Reach.RECEIVED, frozenset(acts), "prevent", held_in=COMMISSIONER_KINDS)


FILLS_IN = (Act.FILL_IN, Act.PROGRESS_ACTIONS, Act.ANSWER)
REVIEWS = (Act.REVIEW, Act.SET_ACTIONS, Act.CLOSE_ACTIONS, Act.RECORD_VISITS, Act.ASK_WAIVERS, Act.ASK)

ROLES = (
    provider(
        OPERATIONAL_LEAD,
        "Prevent operational lead",
        *FILLS_IN,
        Act.SEND_FOR_SIGN_OFF,
        Act.ANSWER_ESCALATION,
        Act.SET_ACTIONS,
        Act.ASK_WAIVERS,
        Act.REBASE,
    ),
    provider("PREVENT_EDITOR", "Prevent editor", *FILLS_IN),
    provider(
        "PREVENT_DATA_SUBMITTER",
        "Registered SDCS data submitter",
        *FILLS_IN,
        Act.SEND_FOR_SIGN_OFF,
        Act.RECORD_RECEIPT,
        held_in=TRUST_KINDS,
        is_submitter=True,
    ),
    provider(
        "PREVENT_ACCOUNTABLE_LEAD",
        "Prevent accountable lead",
        Act.SIGN_OFF,
        Act.ANSWER_ESCALATION,
        Act.PROGRESS_ACTIONS,
    ),
    provider("PREVENT_PROVIDER_VIEWER", "Prevent viewer (provider)"),
    commissioner(
        "PREVENT_COMMISSIONER_LEAD",
        "Prevent commissioner lead",
        *REVIEWS,
        Act.DECIDE,
        Act.EXTEND,
        Act.ESCALATE,
        Act.APPROVE_WAIVERS,
        Act.REBASE,
    ),
    commissioner("PREVENT_REVIEWER", "Prevent reviewer", *REVIEWS),
    commissioner("PREVENT_COMMISSIONER_VIEWER", "Prevent viewer (commissioner)"),
    Role(
        "PREVENT_REGIONAL_VIEWER",
        "Prevent viewer (region)",
        Reach.REGION,
        return_type="prevent",
        held_in=frozenset({Organisation.Kind.REGION}),
    ),
)
