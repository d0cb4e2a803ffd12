"""The words that an audit is written in: choices with their labels, aliases and codes, and how a text is recognised.

Spellings vary between systems, so a text is compared after `fold`; what is still another spelling is an alias. Codes are
those of suppliers' tables and of common use: they are read, but an extract should hold the words.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

DASHES = re.compile(r"[\u2010-\u2015\u2212\-]")


def fold(text):
    """`text` without what does not matter when two spellings are compared: case, dashes, blanks, kinds of apostrophes."""
    text = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    return " ".join(DASHES.sub(" ", text).casefold().split())


class Spelling(StrEnum):
    LABEL = "LABEL"
    ALIAS = "ALIAS"
    CODE = "CODE"


@dataclass(frozen=True)
class Choice:
    key: str
    label: str
    aliases: tuple = ()
    codes: tuple = ()


@dataclass(frozen=True)
class Choices:
    """What can be answered, in the order in which people see it."""

    all: tuple

    def __iter__(self):
        return iter(self.all)

    @cached_property
    def labels(self):
        return {choice.key: choice.label for choice in self.all}

    @cached_property
    def _known(self):
        known = {}
        for choice in self.all:
            for spelling, texts in (
                (Spelling.LABEL, (choice.key, choice.label)),
                (Spelling.ALIAS, choice.aliases),
                (Spelling.CODE, choice.codes),
            ):
                for text in texts:
                    known.setdefault(fold(text), (choice.key, spelling))
        return known

    def recognise(self, text):
        """(key, how it was spelt) of the choice that `text` means, or None."""
        return self._known.get(fold(text))


def choices(*rows):
    return Choices(tuple(Choice(*row) for row in rows))


YES_NO = choices(
    ("YES", "Yes", ("Y", "True"), ("1",)),
    ("NO", "No", ("N", "False"), ("0", "2")),
    ("NOT_KNOWN", "Not known", ("Unknown", "NK", "Don't know")),
    ("NOT_APPLICABLE", "Not applicable", ("N/A", "NA")),
)
CONTACT_DETAILS = choices(
    *((c.key, c.label, c.aliases, c.codes) for c in YES_NO), ("NO_FIXED_ABODE", "No fixed abode", ("NFA",))
)
SEX = choices(("MALE", "Male", ("M",), ("1",)), ("FEMALE", "Female", ("F",), ("2",)))

DISCHARGE_REASON = choices(
    ("DR_TRANSF_NOT_CUST", "Transferred - not in custody", ("Transferred (not in custody)",), ("83",)),
    ("DR_TC_DRUG_FREE", "Treatment completed - drug free", ("Treatment complete - drug free",), ("80",)),
    ("DR_TC_ALC_FREE", "Treatment completed - alcohol free", ("Treatment complete - alcohol free",), ("81",)),
    (
        "DR_TC_OCC",
        "Treatment completed - occasional user (not opiates or crack)",
        (
            "Treatment complete - occasional user (not opiates or crack)",
            "Treatment completed - occasional user (not heroin or crack)",
            "Treatment complete - occasional user (not heroin or crack)",
            "Treatment completed - occasional user",
            "Treatment complete - occasional user",
        ),
        ("82",),
    ),
    ("DR_INC_REFUSED", "Incomplete - onward referral offered and refused"),
    ("DR_INC_COURT", "Incomplete - client released from court", ("Incomplete - released from court",)),
    ("DR_TRANSF_CUST", "Transferred - in custody", (), ("84",)),
    ("DR_INC_DROPPED_OUT", "Incomplete - dropped out", (), ("85",)),
    ("DR_INC_WITHDRAWN", "Incomplete - treatment withdrawn by provider", (), ("86",)),
    ("DR_INC_RETAINED", "Incomplete - retained in custody", (), ("87",)),
    (
        "DR_INC_DECLINED",
        "Incomplete - treatment commencement declined by client",
        ("Incomplete - treatment commencement declined by the client",),
        ("88",),
    ),
    ("DR_INC_DIED", "Incomplete - client died", (), ("89",)),
    (
        "DR_RESIDENTIAL_RESIDENTIAL_DONE",
        "Transferred - programme completed at the residential provider - additional residential treatment required",
    ),
    (
        "DR_RESIDENTIAL_RESIDENTIAL_NOT_DONE",
        "Transferred - programme not completed at the residential provider - additional residential treatment required",
    ),
    (
        "DR_RESIDENTIAL_COMMUNITY_DONE",
        "Transferred - programme completed at the residential provider - additional community treatment required",
    ),
    (
        "DR_RESIDENTIAL_COMMUNITY_NOT_DONE",
        "Transferred - programme not completed at the residential provider - additional community treatment required",
    ),
    ("DR_TRANSITION_TO_ADULT", "Transferred - transition to adult substance misuse service"),
    ("DR_MOVED_AWAY", "Moved away"),
    ("DR_PRISON", "Prison"),
    ("DR_OTHER", "Other"),
    ("DR_NOT_KNOWN", "Not known", ("Unknown",)),
)
COMPLETED = ("DR_TC_DRUG_FREE", "DR_TC_ALC_FREE", "DR_TC_OCC")

REFERRAL_ON_RELEASE = choices(
    ("RR_STRUCT", "Referred to structured treatment provider", ("Referred to a structured treatment provider",)),
    (
        "RR_STRUCT_REC",
        "Referred to structured treatment provider and recovery support",
        ("Referred to structured treatment provider and recovery support service",),
    ),
    (
        "RR_REC",
        "Referred to recovery support service",
        ("Referred to recovery support only", "Referred to recovery support"),
    ),
    ("RR_NONE", "No onward referral"),
)
EXIT_REASON = choices(
    ("RELEASED", "Released"),
    ("TRANSFERRED", "Transferred to another secure setting", ("Transferred",)),
    ("DIED", "Died"),
    ("OTHER", "Other"),
    ("NOT_KNOWN", "Not known", ("Unknown",)),
)
RELEASE_TYPE = choices(
    ("PLANNED", "Planned"),
    ("COURT", "Unplanned from court", ("Unplanned, from court",)),
    ("UNPLANNED", "Unplanned other", ("Unplanned, other",)),
)
METHOD = choices(
    ("CJSM", "Secure e-mail (CJSM)", ("Secure email (CJSM)", "CJSM", "CJSM e-mail", "Secure e-mail", "Secure email")),
    ("SECURE_EMAIL", "Other secure e-mail", ("Other secure email",)),
    ("SECURE_SYSTEM", "Secure system"),
    ("TELEPHONE", "Telephone", ("Phone",)),
    ("IN_PERSON", "In person"),
    ("FAX", "Fax"),
    ("POST", "Post"),
    ("EMAIL", "Ordinary e-mail", ("Ordinary email", "E-mail", "Email")),
    ("NONE", "None"),
    ("NOT_KNOWN", "Not known", ("Unknown", "NK")),
)
INSECURE = ("FAX", "POST", "EMAIL")

NOT_APPROPRIATE = choices(
    ("NO_STRUCTURED_NEED", "No structured need", ("No structured treatment need",)),
    ("WRONG_AREA", "Wrong area"),
    ("WRONG_SERVICE", "Wrong service type"),
    ("UNDER_18", "Under 18"),
    ("ELSEWHERE", "Already in treatment elsewhere"),
    ("OTHER", "Other"),
)
PROBATION = choices(
    ("CRC", "CRC", ("Community rehabilitation company",)),
    ("NPS", "NPS", ("National Probation Service",)),
    ("NONE", "None"),
    ("NOT_KNOWN", "Not known", ("Unknown", "NK")),
)
CONTACT = choices(
    ("NONE", "None"),
    ("VISIT", "In-reach visit", ("Visit", "In-reach")),
    ("TELEPHONE", "Telephone", ("Phone",)),
    ("VIDEO", "Video"),
    ("GROUP", "Pre-release group"),
    ("LETTER", "Letter"),
    ("NOT_KNOWN", "Not known", ("Unknown", "NK")),
)
CONTACTED = ("VISIT", "TELEPHONE", "VIDEO", "GROUP", "LETTER")
CONTACT_BY = choices(
    ("IN_REACH_TEAM", "Dedicated in-reach team", ("In-reach team",)),
    ("COMMUNITY_WORKER", "Community worker"),
    ("SPOC", "SPOC", ("Single point of contact",)),
    ("PEER", "Peer/mutual aid", ("Peer or mutual aid", "Peer / mutual aid", "Peer", "Mutual aid")),
    ("OTHER", "Other"),
)
APPOINTMENT = choices(
    ("APPOINTMENT", "Yes appointment", ("Yes, appointment", "Yes")),
    ("DROP_IN", "Yes told of drop-in", ("Yes, told of drop-in",)),
    ("NO", "No", ("N",)),
    ("NOT_KNOWN", "Not known", ("Unknown", "NK")),
)
APPOINTMENT_MADE = ("APPOINTMENT", "DROP_IN")
APPOINTMENT_BY = choices(
    ("PRISON", "Prison"), ("COMMUNITY", "Community"), ("PROBATION", "Probation"), ("CLIENT", "Client")
)
ATTENDANCE = choices(
    ("ATTENDED", "Attended"),
    ("DNA", "DNA", ("Did not attend",)),
    ("ATTENDED_LATER", "Attended later without appointment"),
    ("CANCELLED", "Cancelled by service"),
    ("RETURNED", "Returned to custody before"),
    ("DIED", "Died before"),
    ("NOT_APPLICABLE", "Not applicable", ("NA", "N/A")),
)
ATTENDED = ("ATTENDED", "ATTENDED_LATER")
FOLLOW_UP = choices(
    ("TELEPHONE", "Telephone", ("Phone",)),
    ("LETTER", "Letter"),
    ("TEXT", "Text", ("Text message",)),
    ("OUTREACH", "Outreach"),
    ("PROBATION", "Via probation"),
    ("PRISON", "Via prison"),
    ("OTHER", "Other"),
)
NOT_FOLLOWED_UP = choices(
    ("NO_DETAILS", "No contact details"),
    ("NO_FIXED_ABODE", "NFA", ("No fixed abode",)),
    ("RECALLED", "Recalled"),
    ("NO_PROCESS", "No process"),
    ("OTHER", "Other"),
)
ENGAGED = choices(
    ("STRUCTURED", "Yes structured", ("Yes, structured",)),
    ("RECOVERY", "Yes recovery support only", ("Yes, recovery support only",)),
    ("NO", "No", ("N",)),
    ("NOT_KNOWN", "Not known", ("Unknown", "NK")),
)
ENGAGED_LOCALLY = ("STRUCTURED", "RECOVERY")
NOT_ENGAGED = choices(
    ("REFUSED", "Refused"),
    ("NOT_CONTACTABLE", "Not contactable"),
    ("MOVED", "Moved"),
    ("RETURNED", "Returned to custody"),
    ("DIED", "Died"),
    ("ELSEWHERE", "In treatment elsewhere"),
    ("OTHER", "Other"),
)
EPISODE = choices(
    ("NEW", "New"),
    ("REOPENED", "Re-opened", ("Reopened",)),
    ("STILL_OPEN", "Still open from before custody", ("Still open",)),
    ("NONE", "None"),
)
AN_EPISODE = ("NEW", "REOPENED", "STILL_OPEN")
INTERVENTION = choices(
    ("PHARM", "Pharmacological", ("Pharmacological intervention",)),
    ("PSYCH", "Psychosocial", ("Psychosocial intervention",)),
    ("RECOVERY", "Recovery support", ("Recovery support only",)),
)
STRUCTURED = ("PHARM", "PSYCH")
EXIT_STATUS = choices(
    ("A", "A", ("Mutually agreed planned exit",)),
    ("B", "B", ("Client's unilateral unplanned exit",)),
    ("C", "C", ("Intervention withdrawn",)),
)

# Substances. A code is four digits; its family decides the group: 1xxx opiates, 7000 alcohol, 3409 nicotine

OPIATE, NON_OPIATE, ALCOHOL, IGNORED = "OPIATE", "NON_OPIATE", "ALCOHOL", "IGNORED"
SUBSTANCE = choices(
    ("HEROIN", "Heroin", (), ("1011", "1101")),
    ("METHADONE", "Methadone", (), ("1105",)),
    (
        "OTHER_OPIATES",
        "Other opiates",
        ("Other opiate", "Opiates", "Buprenorphine", "Codeine", "Morphine", "Tramadol", "Fentanyl"),
        ("1000",),
    ),
    ("CRACK", "Crack", ("Crack cocaine",), ("3201",)),
    ("COCAINE", "Cocaine", ("Cocaine powder",), ("3200",)),
    ("CANNABIS", "Cannabis", (), ("5000",)),
    ("BENZODIAZEPINES", "Benzodiazepines", ("Benzodiazepine",), ("2200",)),
    ("AMPHETAMINES", "Amphetamines", ("Amphetamine",), ("3100",)),
    ("ECSTASY", "Ecstasy", ("MDMA",), ("3406",)),
    ("SOLVENTS", "Solvents", ("Solvent",), ("6000",)),
    ("HALLUCINOGENS", "Hallucinogens", ("Hallucinogen",), ("4000",)),
    ("BARBITURATES", "Barbiturates", ("Barbiturate",), ("2100",)),
    ("TRANQUILLISERS", "Major tranquillisers", (), ("8200",)),
    ("ANTIDEPRESSANTS", "Antidepressants", ("Anti-depressants",), ("8300",)),
    ("PRESCRIPTION", "Prescription drugs", (), ("9005",)),
    (
        "OTHER",
        "Other drugs",
        ("Other", "Other drug", "Ketamine", "Spice", "Synthetic cannabinoids", "New psychoactive substances", "NPS"),
        ("8799",),
    ),
    ("ALCOHOL", "Alcohol", (), ("7000",)),
    ("NICOTINE", "Nicotine", ("Tobacco",), ("3409",)),
    ("NONE", "None", ("No second drug", "No third drug")),
)
SUBSTANCE_FAMILY = dict.fromkeys(SUBSTANCE.labels, NON_OPIATE) | {
    "HEROIN": OPIATE,
    "METHADONE": OPIATE,
    "OTHER_OPIATES": OPIATE,
    "ALCOHOL": ALCOHOL,
    "NICOTINE": IGNORED,
    "NONE": IGNORED,
}


def recognise_substance(text):
    """As `Choices.recognise`; a code that no table names counts by its family."""
    known = SUBSTANCE.recognise(text)
    if known or not re.fullmatch(r"[1-9][0-9]{3}", text.strip()):
        return known
    return ("OTHER_OPIATES" if text.strip().startswith("1") else "OTHER"), Spelling.CODE


# The five scenarios of leaving prison treatment: which discharge reason goes with which referral on release


@dataclass(frozen=True)
class Scenario:
    number: int
    title: str
    reasons: tuple
    referrals: tuple
    counts: bool
    discharge_date: str


SCENARIOS = (
    Scenario(
        1,
        "Needs structured treatment in the community and accepts it",
        ("DR_TRANSF_NOT_CUST",),
        ("RR_STRUCT", "RR_STRUCT_REC"),
        True,
        "the appropriate discharge date",
    ),
    Scenario(
        2,
        "Needs structured treatment but does not want a community service",
        ("DR_INC_REFUSED",),
        ("RR_NONE",),
        False,
        "the appropriate discharge date",
    ),
    Scenario(3, "Needs recovery support only", COMPLETED, ("RR_REC",), False, "the appropriate discharge date"),
    Scenario(
        4,
        "Needs nothing further",
        ("DR_TC_DRUG_FREE", "DR_TC_ALC_FREE"),
        ("RR_NONE",),
        False,
        "the appropriate discharge date",
    ),
    Scenario(
        5,
        "Was unexpectedly released from court",
        ("DR_INC_COURT",),
        ("RR_NONE",),
        False,
        "the date of the last face to face contact",
    ),
)
SCENARIO_OF = {
    (reason, referral): scenario.number
    for scenario in SCENARIOS
    for reason in scenario.reasons
    for referral in scenario.referrals
}
