"""Who does what in the continuity-of-care audit and between audits. Source: guidance of 2018, sections 3, 4 and 5.3.

Names and contact details of clients are seen by two parties alone: the prison's service that sends a referral and the
community service that receives it. Commissioners and analysts see figures, a facilitator not even those.
"""

from enum import StrEnum

from accounts.models import Organisation
from accounts.roles import Act, Reach, Role

RETURN_TYPE = "continuity"


class AuditAct(StrEnum):
    """What only the seats of the audit do. The value is how the table of roles calls it."""

    SET_UP_AUDIT = "set up an audit"
    UPLOAD_EXTRACT = "upload the extract"
    RELEASE_SHEETS = "release the sheets"
    ASSIGN_ROWS = "assign the rows of a sheet to services"
    ANALYSE = "analyse and share findings"
    SEND_REFERRALS = "send referrals"
    ACKNOWLEDGE_REFERRALS = "acknowledge and follow referrals"
    KEEP_SPOC_ENTRY = "keep and confirm the entry in the SPOC directory"
    KEEP_OFFER = "say what the service offers"
    AGREE_PROTOCOLS = "agree referral protocols"


Kind = Organisation.Kind
PRISON = frozenset({Kind.PRISON_HEALTH_SERVICE})
COMMUNITY = frozenset({Kind.COMMUNITY_TREATMENT_PROVIDER})
LOCAL_AUTHORITY = frozenset({Kind.LOCAL_AUTHORITY})
NHS_ENGLAND = frozenset({Kind.REGION, Kind.OTHER})


def role(key, title, reach, held_in, *acts):
    return Role(f"CONTINUITY_{key}", title, reach, frozenset(acts), RETURN_TYPE, held_in=held_in)


ROLES = (
    role(
        "PRISON_PROVIDER",
        "Prison treatment provider",
        Reach.OWN,
        PRISON,
        AuditAct.UPLOAD_EXTRACT,
        AuditAct.RELEASE_SHEETS,
        AuditAct.SEND_REFERRALS,
        AuditAct.AGREE_PROTOCOLS,
    ),
    role(
        "SPOC",
        "Single point of contact",
        Reach.OWN,
        COMMUNITY,
        Act.FILL_IN,
        Act.SEND_FOR_SIGN_OFF,
        AuditAct.ASSIGN_ROWS,
        AuditAct.ACKNOWLEDGE_REFERRALS,
        AuditAct.KEEP_SPOC_ENTRY,
        AuditAct.KEEP_OFFER,
        AuditAct.AGREE_PROTOCOLS,
    ),
    role(
        "COMMUNITY_PROVIDER",
        "Community treatment provider",
        Reach.OWN,
        COMMUNITY,
        Act.FILL_IN,
        Act.SEND_FOR_SIGN_OFF,
        AuditAct.ACKNOWLEDGE_REFERRALS,
        AuditAct.KEEP_OFFER,
    ),
    role(
        "LA_COMMISSIONER",
        "Local authority commissioner",
        Reach.RECEIVED,
        LOCAL_AUTHORITY,
        AuditAct.SET_UP_AUDIT,
        Act.IMPORT_FIGURES,
    ),
    role(
        "SECURE_COMMISSIONER",
        "Commissioner of secure settings",
        Reach.RECEIVED,
        NHS_ENGLAND,
        AuditAct.SET_UP_AUDIT,
        Act.IMPORT_FIGURES,
    ),
    role(
        "ANALYSIS_LEAD",
        "Analysis lead",
        Reach.RECEIVED,
        COMMUNITY | LOCAL_AUTHORITY | NHS_ENGLAND,
        AuditAct.ANALYSE,
    ),
    role("FACILITATOR", "Facilitator or NDTMS team", Reach.NOTHING, NHS_ENGLAND),
)

# A party's part in an audit, and the roles that speak for it
ROLES_OF = {
    "PRISON": ("CONTINUITY_PRISON_PROVIDER",),
    "COMMUNITY": ("CONTINUITY_SPOC", "CONTINUITY_COMMUNITY_PROVIDER"),
    "LA_COMMISSIONER": ("CONTINUITY_LA_COMMISSIONER",),
    "SECURE_COMMISSIONER": ("CONTINUITY_SECURE_COMMISSIONER",),
    "ANALYSIS_LEAD": ("CONTINUITY_ANALYSIS_LEAD",),
    "FACILITATOR": ("CONTINUITY_FACILITATOR",),
}
