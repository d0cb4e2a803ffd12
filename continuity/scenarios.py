"""The five ways in which treatment in prison ends, and how each is recorded. Source: guidance of 2018, section 6.3."""

from dataclasses import dataclass

from continuity import vocabulary as words


@dataclass(frozen=True)
class Scenario:
    """One of the five: `reasons` and `statuses` are keys of the vocabulary, of which one is right.

    `status_said` is how firmly the guidance names the status. `is_counted` says whether the transfer counts in the
    denominator of the indicator.
    """

    number: int
    title: str
    reasons: tuple
    statuses: tuple
    status_said: str
    discharge_date: str
    is_counted: bool
    counted_said: str

    @property
    def reason_labels(self):
        return [words.DISCHARGE_REASON.labels[key] for key in self.reasons]

    @property
    def status_labels(self):
        return [words.REFERRAL_ON_RELEASE.labels[key] for key in self.statuses]


NOT_COUNTED = "Not counted: neither in the denominator nor in the numerator of the indicator."
ON_DISCHARGE = "The day on which treatment in prison ended."

SCENARIOS = (
    Scenario(
        1,
        "Structured treatment goes on in the community",
        ("DR_TRANSF_NOT_CUST",),
        ("RR_STRUCT", "RR_STRUCT_REC"),
        "as appropriate",
        ON_DISCHARGE,
        True,
        "Counted in the denominator. It counts as a success once a structured intervention starts within 21 days of "
        "release and both records name the same person.",
    ),
    Scenario(
        2,
        "Structured treatment is needed, and the person does not want to go to a community service",
        ("DR_INC_REFUSED",),
        ("RR_NONE",),
        "likely",
        ON_DISCHARGE,
        False,
        NOT_COUNTED,
    ),
    Scenario(
        3,
        "Only recovery support is needed",
        words.COMPLETED,
        ("RR_REC",),
        "expected",
        ON_DISCHARGE,
        False,
        NOT_COUNTED + " A referral for recovery support is still seen in the data.",
    ),
    Scenario(
        4,
        "Nothing further is needed: the care plan is complete",
        ("DR_TC_DRUG_FREE", "DR_TC_ALC_FREE"),
        ("RR_NONE",),
        "expected",
        ON_DISCHARGE,
        False,
        NOT_COUNTED,
    ),
    Scenario(
        5,
        "Released from court, before care could be transferred",
        ("DR_INC_COURT",),
        ("RR_NONE",),
        "expected",
        "The day of the last face to face contact.",
        False,
        NOT_COUNTED,
    ),
)


@dataclass(frozen=True)
class Question:
    """A question of the guide with what yes and no lead to: the next question's name, or a scenario's number."""

    name: str
    text: str
    yes: str | int
    no: str | int
    hint: str = ""


QUESTIONS = {
    question.name: question
    for question in (
        Question(
            "court",
            "Was the person released from court unexpectedly, before you could transfer their care?",
            yes=5,
            no="need",
        ),
        Question("need", "Do they still need structured treatment?", yes="accepts", no="recovery"),
        Question("accepts", "Do they want to go on with it at a community service?", yes=1, no=2),
        Question(
            "recovery",
            "Do they need recovery support in the community?",
            yes=3,
            no=4,
            hint="For example mutual aid or peer support, without structured treatment.",
        ),
    )
}
FIRST = "court"


def walk(answers):
    """Follows the answers ({name: "yes" or "no"}) from the first question.

    Returns (asked, next): the questions answered so far with their answers, and the next Question, or the Scenario.
    """
    asked, place = [], FIRST
    while isinstance(place, str):
        question = QUESTIONS[place]
        answer = answers.get(place)
        if answer not in ("yes", "no"):
            return asked, question
        asked.append((question, answer))
        place = question.yes if answer == "yes" else question.no
    return asked, SCENARIOS[place - 1]
