"""The columns of the audit as values: P01 to P25 from the prison, C01 to C49 from the community provider.

One list serves the pages, the grid, the templates, the reader of workbooks and the rules. An answer is kept as plain
values: a choice by its key, a day as `date`, several choices as a tuple of keys in the order of the list.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from continuity import vocabulary as words
from continuity.vocabulary import Choices
from returns.content import Unreadable, read_line, read_passage


class Kind(StrEnum):
    LINE = "LINE"
    PASSAGE = "PASSAGE"
    INITIAL = "INITIAL"
    DAY = "DAY"
    CHOICE = "CHOICE"
    CHOICES = "CHOICES"
    COUNT = "COUNT"
    DELETIONS = "DELETIONS"
    SIGNED = "SIGNED"


class Party(StrEnum):
    PRISON = "PRISON"
    COMMUNITY = "COMMUNITY"
    SYSTEM = "SYSTEM"


class Need(StrEnum):
    MANDATORY = "MANDATORY"
    CONDITIONAL = "CONDITIONAL"
    OPTIONAL = "OPTIONAL"


class Section(StrEnum):
    PRISON_RECORD = "The prison's record"
    RECEIPT = "Receipt of the referral"
    CONTENT = "What the referral said"
    BEFORE_RELEASE = "Before release"
    APPOINTMENT = "Appointment"
    ATTENDANCE = "Attendance"
    FOLLOW_UP = "Follow-up and engagement"
    RECORDING = "Recording"


@dataclass(frozen=True)
class Column:
    """One column. `name` is the machine's word, `label` heads tables, `question` is for people.

    `asked_if` are pairs (column, keys): it is asked when each of these columns has one of these answers. A mandatory
    column with a condition is owed where it is asked, or, with `owed_if`, where these hold as well.
    """

    id: str
    name: str
    label: str
    kind: Kind
    party: Party
    need: Need
    section: Section
    question: str = ""
    hint: str = ""
    choices: Choices | None = None
    asked_if: tuple = ()
    owed_if: tuple = ()
    limit: int = 200
    recognise: Callable | None = None
    identifies: bool = False

    @property
    def heading(self):
        return f"{self.id} {self.label}"

    def is_asked(self, answers):
        """Whether the answers so far (by column id) lead to this question."""
        return _hold(self.asked_if, answers)

    def is_owed(self, answers):
        """Whether this must be answered: always, or because an earlier answer asks for it."""
        return self.need is not Need.OPTIONAL and self.is_asked(answers) and _hold(self.owed_if, answers)


def _hold(conditions, answers):
    return all(given_of(answers.get(other)) & set(keys) for other, keys in conditions)


def given_of(answer):
    return set(answer) if isinstance(answer, tuple | list) else {answer}


# The list

M, C, O = Need.MANDATORY, Need.CONDITIONAL, Need.OPTIONAL  # noqa: E741
LINE, PASSAGE, INITIAL, DAY = Kind.LINE, Kind.PASSAGE, Kind.INITIAL, Kind.DAY
CHOICE, SEVERAL, COUNT = Kind.CHOICE, Kind.CHOICES, Kind.COUNT

RECEIVED = (("C01", ("YES",)),)
CONTACTED = (("C17", words.CONTACTED),)
APPOINTED = (("C20", words.APPOINTMENT_MADE),)
MISSED = (("C24", ("DNA",)),)
FOLLOWED_UP = (("C26", ("YES",)),)
NEW_EPISODE = (("C32", ("NEW",)),)
REOPENED = (("C32", ("REOPENED",)),)
WITH_EPISODE = (("C32", words.AN_EPISODE),)
EARLIER_EPISODE = (("C38", ("YES",)),)


def prison(id, name, label, kind, need, **more):
    party = more.pop("party", Party.PRISON)
    return Column(id, name, label, kind, party, need, Section.PRISON_RECORD, question=label, **more)


def community(id, name, label, kind, need, section, question, **more):
    return Column(id, name, label, kind, Party.COMMUNITY, need, section, question=question, **more)


PRISON_COLUMNS = (
    prison("P01", "first_name", "First name", LINE, M, limit=50, identifies=True),
    prison("P02", "surname", "Surname", LINE, M, limit=50, identifies=True),
    prison("P03", "date_of_birth", "Date of birth", DAY, M, identifies=True),
    prison("P04", "sex", "Sex", CHOICE, M, choices=words.SEX),
    prison("P05", "client_reference", "Client reference", LINE, M, identifies=True, hint="The PNOMS ID, like A1234BC."),
    prison("P06", "initial_reception_date", "Initial reception date", DAY, M),
    prison("P07", "drug_1", "Drug 1", CHOICE, M, choices=words.SUBSTANCE, recognise=words.recognise_substance),
    prison("P08", "drug_2", "Drug 2", CHOICE, O, choices=words.SUBSTANCE, recognise=words.recognise_substance),
    prison("P09", "drug_3", "Drug 3", CHOICE, O, choices=words.SUBSTANCE, recognise=words.recognise_substance),
    prison("P10", "discharge_reason", "Discharge reason", CHOICE, M, choices=words.DISCHARGE_REASON),
    prison("P11", "prison_exit_date", "Prison exit date", DAY, M),
    prison("P12", "prison_exit_reason", "Prison exit reason", CHOICE, M, choices=words.EXIT_REASON),
    prison("P13", "prison_exit_destination", "Prison exit destination", LINE, M, limit=60, hint="The DAT code."),
    prison(
        "P14",
        "referral_on_release_status",
        "Referral on release status",
        CHOICE,
        M,
        choices=words.REFERRAL_ON_RELEASE,
    ),
    prison("P15", "secure_setting", "Secure setting", LINE, M),
    prison("P16", "discharge_date", "Discharge date", DAY, M),
    prison(
        "P17",
        "last_face_to_face_date",
        "Last face to face contact",
        DAY,
        C,
        asked_if=(("P10", ("DR_INC_COURT",)),),
    ),
    prison("P18", "release_type", "Release type", CHOICE, M, choices=words.RELEASE_TYPE),
    prison("P19", "planned_release_date_told", "Planned release date told", DAY, O),
    prison("P20", "release_date_change_told", "Change of release date told", CHOICE, O, choices=words.YES_NO),
    prison("P21", "referral_sent_date", "Referral sent", DAY, O),
    prison("P22", "referral_method", "Referral method", CHOICE, O, choices=words.METHOD),
    prison("P23", "standard_form_used", "Standard form used", CHOICE, O, choices=words.YES_NO),
    prison("P24", "consent_to_share", "Consent to share", CHOICE, M, choices=words.YES_NO),
    prison("P25", "audit_row_id", "Row id", LINE, M, party=Party.SYSTEM, limit=60),
)


def yes_no(id, name, label, need, section, question, **more):
    return community(id, name, label, CHOICE, need, section, question, choices=words.YES_NO, **more)


def receipt():
    where = Section.RECEIPT
    yield yes_no("C01", "received", "Was the referral received?", M, where, "Did you receive this referral?")
    yield community("C02", "received_on", "Date received", DAY, C, where, "When did you receive it?", asked_if=RECEIVED)
    yield community(
        "C03",
        "received_by",
        "How received",
        CHOICE,
        C,
        where,
        "How did it reach you?",
        choices=words.METHOD,
        asked_if=RECEIVED,
    )
    yield yes_no(
        "C04",
        "acknowledged",
        "Receipt acknowledged?",
        C,
        where,
        "Did you tell the prison that you had received it?",
        asked_if=RECEIVED,
    )
    yield yes_no(
        "C05",
        "appropriate",
        "Appropriate to this service?",
        C,
        where,
        "Was the referral appropriate to your service?",
        asked_if=RECEIVED,
    )
    yield community(
        "C06",
        "not_appropriate_because",
        "Why not appropriate",
        CHOICE,
        C,
        where,
        "Why was it not appropriate?",
        choices=words.NOT_APPROPRIATE,
        asked_if=(*RECEIVED, ("C05", ("NO",))),
    )


def content_of_the_form():
    where = Section.CONTENT
    yield yes_no(
        "C07",
        "release_date_told",
        "Release date communicated?",
        C,
        where,
        "Did the prison tell you the release date?",
        asked_if=RECEIVED,
    )
    yield community(
        "C08",
        "told_release_on",
        "Release date as told",
        DAY,
        C,
        where,
        "Which release date did the prison tell you?",
        asked_if=(*RECEIVED, ("C07", ("YES",))),
    )
    yield community(
        "C09",
        "actual_release_on",
        "Actual release date",
        DAY,
        O,
        where,
        "On which date was the person actually released, if you know?",
    )
    yield community(
        "C10",
        "contact_details",
        "Contact details given?",
        CHOICE,
        C,
        where,
        "Did the referral give contact details for the person?",
        choices=words.CONTACT_DETAILS,
        asked_if=RECEIVED,
    )
    for id, name, label, question in (
        ("C11", "substance_need", "Substance need described?", "Did it describe the substance misuse need?"),
        ("C12", "prison_treatment", "Prison treatment described?", "Did it describe the treatment received in prison?"),
        ("C13", "mental_health", "Mental health need flagged?", "Did it flag a mental health need?"),
        ("C14", "housing", "Housing need flagged?", "Did it flag a housing need?"),
        (
            "C15",
            "licence_condition",
            "Licence condition known?",
            "Did you know of a licence condition to attend treatment?",
        ),
    ):
        yield yes_no(id, name, label, C, where, question, asked_if=RECEIVED)
    yield community(
        "C16",
        "probation",
        "Probation contact",
        CHOICE,
        O,
        where,
        "Who supervised the person after release?",
        choices=words.PROBATION,
    )


def before_release():
    where = Section.BEFORE_RELEASE
    yield community(
        "C17",
        "contact",
        "Contact before release?",
        SEVERAL,
        M,
        where,
        "How did your service have contact with the person before release?",
        choices=words.CONTACT,
        hint="Choose all that apply.",
    )
    yield community(
        "C18",
        "contacted_on",
        "First contact before release",
        DAY,
        C,
        where,
        "When was the first contact before release?",
        asked_if=CONTACTED,
    )
    yield community(
        "C19",
        "contact_by",
        "Contact made by",
        CHOICE,
        C,
        where,
        "Who made that contact?",
        choices=words.CONTACT_BY,
        asked_if=CONTACTED,
    )


def appointment():
    where = Section.APPOINTMENT
    yield community(
        "C20",
        "appointment",
        "Appointment made?",
        CHOICE,
        M,
        where,
        "Was an appointment made?",
        choices=words.APPOINTMENT,
        asked_if=RECEIVED,
    )
    yield community(
        "C21",
        "appointment_on",
        "Appointment date",
        DAY,
        C,
        where,
        "When was the appointment?",
        asked_if=(("C20", ("APPOINTMENT",)),),
    )
    yield community(
        "C22",
        "appointment_by",
        "Appointment made by",
        CHOICE,
        O,
        where,
        "Who made the appointment?",
        choices=words.APPOINTMENT_BY,
        asked_if=APPOINTED,
    )
    yield yes_no("C23", "client_told", "Client told?", C, where, "Was the person told about it?", asked_if=APPOINTED)


def attendance():
    where = Section.ATTENDANCE
    yield community(
        "C24",
        "attendance",
        "Attended?",
        CHOICE,
        M,
        where,
        "Did the person attend?",
        choices=words.ATTENDANCE,
        asked_if=APPOINTED,
    )
    yield community(
        "C25",
        "first_attended_on",
        "Date first attended",
        DAY,
        C,
        where,
        "When did the person first attend?",
        hint="After a missed appointment: the day on which they came later, if they did.",
        asked_if=(("C24", (*words.ATTENDED, "DNA")),),
        owed_if=(("C24", words.ATTENDED),),
    )


def follow_up():
    where = Section.FOLLOW_UP
    yield yes_no(
        "C26",
        "followed_up",
        "Missed appointment followed up?",
        C,
        where,
        "Was the missed appointment followed up?",
        asked_if=MISSED,
    )
    yield community(
        "C27",
        "followed_up_by",
        "Follow-up methods",
        SEVERAL,
        C,
        where,
        "How was it followed up?",
        choices=words.FOLLOW_UP,
        hint="Choose all that apply.",
        asked_if=FOLLOWED_UP,
    )
    yield community(
        "C28",
        "attempts",
        "Follow-up attempts",
        COUNT,
        C,
        where,
        "How many times did you try?",
        hint="A whole number from 0 to 20.",
        limit=20,
        asked_if=FOLLOWED_UP,
    )
    yield community(
        "C29",
        "not_followed_up_because",
        "Why not followed up",
        CHOICE,
        C,
        where,
        "Why was it not followed up?",
        choices=words.NOT_FOLLOWED_UP,
        asked_if=(("C26", ("NO",)),),
    )
    yield community(
        "C30",
        "engaged",
        "Engaged?",
        CHOICE,
        M,
        where,
        "Did the person engage with your service?",
        choices=words.ENGAGED,
    )
    yield community(
        "C31",
        "not_engaged_because",
        "Reason not engaged",
        CHOICE,
        C,
        where,
        "Why did the person not engage?",
        choices=words.NOT_ENGAGED,
        asked_if=(("C30", ("NO",)),),
    )


def recording():
    where = Section.RECORDING
    yield community(
        "C32",
        "episode",
        "Episode on return",
        CHOICE,
        M,
        where,
        "Which episode did you record when the person came back?",
        choices=words.EPISODE,
    )
    yield community("C33", "triage_on", "Triage date", DAY, C, where, "What is the triage date?", asked_if=NEW_EPISODE)
    as_recorded = "As recorded in your NDTMS data, not as the prison writes it."
    yield community(
        "C34",
        "recorded_first_initial",
        "First initial recorded",
        INITIAL,
        M,
        where,
        "Which first initial does your record have?",
        hint=as_recorded,
        asked_if=WITH_EPISODE,
    )
    yield community(
        "C35",
        "recorded_surname_initial",
        "Surname initial recorded",
        INITIAL,
        M,
        where,
        "Which surname initial does your record have?",
        asked_if=WITH_EPISODE,
    )
    yield community(
        "C36",
        "recorded_date_of_birth",
        "Date of birth recorded",
        DAY,
        M,
        where,
        "Which date of birth does your record have?",
        asked_if=WITH_EPISODE,
        identifies=True,
    )
    yield community(
        "C37",
        "recorded_sex",
        "Sex recorded",
        CHOICE,
        M,
        where,
        "Which sex does your record have?",
        choices=words.SEX,
        asked_if=WITH_EPISODE,
    )
    yield yes_no(
        "C38",
        "in_treatment_before",
        "In treatment when taken into custody?",
        M,
        where,
        "Was the person in treatment with you when taken into custody?",
    )
    yield community(
        "C39",
        "earlier_discharge_on",
        "Earlier episode discharge date",
        DAY,
        C,
        where,
        "When was the earlier episode closed?",
        hint="Leave it empty where the episode is still open.",
        asked_if=EARLIER_EPISODE,
    )
    yield community(
        "C40",
        "earlier_discharge_reason",
        "Earlier episode discharge reason",
        CHOICE,
        C,
        where,
        "With which discharge reason?",
        choices=words.DISCHARGE_REASON,
        asked_if=EARLIER_EPISODE,
    )
    yield yes_no(
        "C41",
        "earlier_interventions_closed",
        "Earlier interventions closed?",
        C,
        where,
        "Do all its interventions have an end date and an exit status?",
        asked_if=EARLIER_EPISODE,
    )
    yield community(
        "C42",
        "final_sir_on",
        "Final SIR date",
        DAY,
        C,
        where,
        "When was the final sub-intervention review (SIR) done?",
        asked_if=EARLIER_EPISODE,
    )
    yield community(
        "C43",
        "exit_top_on",
        "Exit TOP of earlier episode",
        DAY,
        C,
        where,
        "When was the exit TOP of the earlier episode done?",
        asked_if=EARLIER_EPISODE,
    )
    yield community(
        "C44",
        "deleted_on_reopening",
        "Deleted on re-opening?",
        Kind.DELETIONS,
        C,
        where,
        "When you re-opened the episode, did you delete these?",
        choices=words.YES_NO,
        asked_if=REOPENED,
    )
    yield community(
        "C46", "start_top_on", "Start TOP date", DAY, C, where, "When was the start TOP done?", asked_if=NEW_EPISODE
    )
    yield community(
        "C47",
        "post_prison_top_on",
        "Post-prison exit TOP date",
        DAY,
        C,
        where,
        "When was the post-prison exit TOP done?",
        hint="It is due from day 28 to day 56 after release.",
        asked_if=(("C32", ("NEW", "REOPENED")),),
    )
    yield community(
        "C48",
        "comment",
        "Comment (no names)",
        PASSAGE,
        O,
        where,
        "Is there anything else to say?",
        hint="Do not write names, dates of birth or reference numbers.",
        limit=500,
    )
    yield community(
        "C49",
        "completed_by",
        "Completed by role, date",
        Kind.SIGNED,
        M,
        where,
        "Who completed this, in which role and when?",
    )


COMMUNITY_COLUMNS = (
    *receipt(),
    *content_of_the_form(),
    *before_release(),
    *appointment(),
    *attendance(),
    *follow_up(),
    *recording(),
)
COLUMNS = {column.id: column for column in (*PRISON_COLUMNS, *COMMUNITY_COLUMNS)}
DELETIONS = ("discharge date", "discharge reason", "exit TOP")


def intervention(id, name, label, kind, question, **more):
    return community(id, name, label, kind, C, Section.RECORDING, question, **more)


INTERVENTION_COLUMNS = {
    column.id: column
    for column in (
        intervention("C45a", "type", "Type", CHOICE, "Which type?", choices=words.INTERVENTION),
        intervention("C45b", "starts", "Start", DAY, "When did it start?"),
        intervention("C45c", "ends", "End", DAY, "When did it end?"),
        intervention(
            "C45d", "exit_status", "Exit status", CHOICE, "With which exit status?", choices=words.EXIT_STATUS
        ),
    )
}
INTERVENTIONS_ASKED_IF = (("C30", words.ENGAGED_LOCALLY),)


# Reading a cell, a form field or a stored value; showing an answer


def read(column, given):
    """The answer that `given` means, or None where nothing was given. Raises Unreadable with a sentence."""
    return read_with_spelling(column, given)[0]


def read_with_spelling(column, given):
    """(answer, how it was spelt); the spelling is None where nothing can be chosen."""
    if given is None or (isinstance(given, str) and not given.strip()) or given in ((), []):
        return None, None
    if column.kind is Kind.CHOICE:
        return read_choice(column, given)
    return READERS[column.kind](column, given), None


def read_choice(column, given):
    text = plain(given)
    found = (column.recognise or column.choices.recognise)(text)
    if not found:
        raise Unreadable(f"{column.label} cannot be {shown_text(text)}. It is one of: {listed(column.choices)}.")
    return found


def plain(given):
    """A cell as text: a whole number without a decimal part. TRUE and FALSE are words, never the numbers 1 and 0."""
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    if isinstance(given, datetime):
        return given.date().isoformat()
    return str(given)


def shown_text(text):
    return f"“{re.sub(r'[^ -~£-ÿ]', '?', text.strip())[:40]}”"


def listed(choices):
    labels = list(choices.labels.values())
    return "; ".join(labels[:8]) + ("; …" if len(labels) > 8 else "")


STANDS_ALONE = {"NONE", "NOT_KNOWN"}


def read_several(column, given):
    parts = given if isinstance(given, tuple | list) else plain(given).split(";")
    found = {read_choice(column, part)[0] for part in parts if str(part).strip()}
    if len(found) > 1 and (alone := found & STANDS_ALONE):
        label = column.choices.labels[min(alone)]
        raise Unreadable(f"{column.label}: “{label}” cannot stand beside another answer. Keep the one that is right.")
    return tuple(key for key in column.choices.labels if key in found) or None


def read_deletions(column, given):
    """Three answers: were the discharge date, the reason and the exit TOP deleted? One that is not given is None."""
    parts = given if isinstance(given, tuple | list) else plain(given).split(";")
    if len(parts) > len(DELETIONS):
        raise Unreadable(f"{column.label} has three answers: {', '.join(DELETIONS)}. Write them like Yes; No; Yes.")
    answers = [read_choice(column, part)[0] if part and str(part).strip() else None for part in parts]
    return (*answers, *[None] * (len(DELETIONS) - len(answers))) if any(answers) else None


ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00)?)?")
WITH_TIME = re.compile(r"[0-9][T ](?!00:00(?::00)?$)[0-9]{1,2}:[0-9]{2}")
DAY_IN_WORDS = re.compile(r"([0-9]{1,2})[ -]([A-Za-z]{3,9})[ -]([0-9]{4})")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
UK_DAY = re.compile(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})")


def read_a_day(column, given):
    """A day: a date, 2018-03-01, 1/3/2018 as written in the United Kingdom, or 1 March 2018. A bare number is none."""
    if isinstance(given, datetime):
        given = given.date()
    if isinstance(given, int | float):
        raise Unreadable(f"{column.label} is a number, not a date. Format the cell as a date.")
    if isinstance(given, str):
        if WITH_TIME.search(given):
            raise Unreadable(f"{column.label} has a time of day. Give the day alone, such as 30/09/2025.")
        given = day_in(given.strip())
    if not isinstance(given, date):
        raise Unreadable(f"{column.label} must be a real date, such as 30/09/2025 or 30 September 2025.")
    if not 1800 <= given.year <= 2100:
        raise Unreadable(f"{column.label} must have a year between 1800 and 2100.")
    return given


def day_in(text):
    """The day that a text writes in one of the forms above, or None."""
    iso, uk, words = ISO_DAY.fullmatch(text), UK_DAY.fullmatch(text), DAY_IN_WORDS.fullmatch(text)
    try:
        if iso:
            return date(*map(int, iso.groups()))
        if uk:
            return date(*map(int, reversed(uk.groups())))
        return date(int(words[3]), _month(words[2]), int(words[1])) if words else None
    except ValueError:
        return None


def _month(name):
    """The number of a month by its name or the first three letters of it. Raises ValueError for any other word."""
    name = name.casefold()
    months = [month.casefold() for month in MONTHS]
    return 1 + (months if len(name) > 3 else [month[:3] for month in months]).index(name)


def read_initial(column, given):
    """The first letter; a whole name is shortened to its initial."""
    letters = [letter for letter in plain(given) if letter.isalpha()]
    if not letters:
        raise Unreadable(f"{column.label} must be a letter.")
    return letters[0].upper()[:1]


def read_attempts(column, given):
    text = plain(given).strip()
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) > column.limit:
        raise Unreadable(f"{column.label} must be a whole number from 0 to {column.limit}.")
    return int(text)


READERS = {
    Kind.LINE: lambda column, given: read_line(plain(given), column.label, column.limit),
    Kind.PASSAGE: lambda column, given: read_passage(plain(given), column.label, column.limit),
    Kind.SIGNED: lambda column, given: read_line(plain(given), column.label, column.limit),
    Kind.INITIAL: read_initial,
    Kind.DAY: read_a_day,
    Kind.CHOICES: read_several,
    Kind.COUNT: read_attempts,
    Kind.DELETIONS: read_deletions,
}


def shown(column, answer):
    """An answer as people read it and as the workbook writes it; days stay days."""
    if answer is None:
        return ""
    if column.kind is Kind.CHOICE:
        return column.choices.labels[answer]
    if column.kind in {Kind.CHOICES, Kind.DELETIONS}:
        return "; ".join(column.choices.labels[key] if key else "" for key in answer)
    return answer
