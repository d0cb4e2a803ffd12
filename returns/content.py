"""The questions of a return, and how an answer is read, kept and hashed: the same for a form, a workbook and JSON.

Missing, zero and not applicable are three things: a value that is None, the value 0, and a name in `absent`.
"""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from accounts.plain_text import has_hidden_characters

COUNT_LIMIT = 9_999_999
LINE_LIMIT = 200
PASSAGE_LIMIT = 4000


class Kind(StrEnum):
    COUNT = "COUNT"
    YES_NO = "YES_NO"
    DAY = "DAY"
    LINE = "LINE"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    PASSAGE = "PASSAGE"
    ACTIONS = "ACTIONS"


class ActionStatus(StrEnum):
    OPEN = "OPEN"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"


@dataclass(frozen=True)
class Question:
    """One question: `name` is the column, the JSON key and the workbook id; `label` and `hint` are for people.

    `subject` is what a sentence about the answer begins with, where the label cannot be: "The review date must be …".
    """

    name: str
    kind: Kind
    label: str
    hint: str = ""
    definition: str = ""
    required: bool = True
    may_be_absent: bool = False
    is_assumption: bool = False
    subject: str = ""


class Unreadable(ValueError):
    """What was given cannot be the answer; the message is a sentence for the person who gave it."""


# Reading one answer: each takes what came from a form, a cell or a JSON value and returns the answer, or None


def read_count(given, label="This answer"):
    """A whole number from 0 to 9,999,999, in plain digits; `12.0` and `"12"` are 12, as a spreadsheet may say."""
    if given is None or given == "":
        return None
    if isinstance(given, str):
        given = given.strip()
        if re.fullmatch(r"-\s*\d+", given):
            raise Unreadable(f"{label} cannot be less than 0.")
        if not re.fullmatch(r"[0-9]+(\.0+)?", given):
            raise Unreadable(f"{label} must be a whole number in plain digits, such as 1200.")
        if len(given) > 30:
            raise Unreadable(f"{label} must be {COUNT_LIMIT:,} or less.")
        given = int(given.split(".")[0])
    if isinstance(given, bool) or not isinstance(given, int | float) or given != given or given in _INFINITIES:
        raise Unreadable(f"{label} must be a whole number in plain digits, such as 1200.")
    if given < 0:
        raise Unreadable(f"{label} cannot be less than 0.")
    if given != int(given):
        raise Unreadable(f"{label} must be a whole number, without a decimal part.")
    if given > COUNT_LIMIT:
        raise Unreadable(f"{label} must be {COUNT_LIMIT:,} or less.")
    return int(given)


_INFINITIES = (float("inf"), float("-inf"))
_YES_NO = {"yes": True, "no": False, "true": True, "false": False}


def read_yes_no(given, label="This answer"):
    if given is None or given == "" or isinstance(given, bool):
        return given if isinstance(given, bool) else None
    if isinstance(given, str) and given.strip().lower() in _YES_NO:
        return _YES_NO[given.strip().lower()]
    raise Unreadable(f"{label} must be yes or no.")


def read_day(given, label="This answer"):
    """A day: a date, or text such as 2025-09-30."""
    if given is None or given == "":
        return None
    if isinstance(given, datetime):
        given = given.date()
    if isinstance(given, str):
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given.strip()):
                raise ValueError
            given = date.fromisoformat(given.strip())
        except ValueError:
            raise Unreadable(f"{label} must be a real date, such as 30 September 2025.") from None
    if not isinstance(given, date):
        raise Unreadable(f"{label} must be a real date, such as 30 September 2025.")
    if not 1900 <= given.year <= 2200:
        raise Unreadable(f"{label} must have a year between 1900 and 2200.")
    return given


def read_line(given, label="This answer", limit=LINE_LIMIT):
    text = read_passage(given, label, limit)
    return " ".join(text.split()) or None if text else None


def read_passage(given, label="This answer", limit=PASSAGE_LIMIT):
    """Text in one normal form, without characters that nobody can see or that turn the reading direction."""
    if given is None:
        return None
    if not isinstance(given, str):
        raise Unreadable(f"{label} must be text.")
    text = unicodedata.normalize("NFC", given).replace("\r\n", "\n").replace("\r", "\n").strip()
    if has_hidden_characters(text):
        raise Unreadable(f"{label} contains characters that cannot be seen. Type it again instead of pasting it.")
    if len(text) > limit:
        raise Unreadable(f"{label} must be {limit:,} characters or fewer. It has {len(text):,}.")
    return text or None


def read_email(given, label="This answer"):
    address = read_line(given, label)
    if address and not re.fullmatch(r"[^@\s\"<>(),:;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", address):
        raise Unreadable(f"{label} must be an email address, such as name@example.nhs.uk.")
    return address


def read_phone(given, label="This answer"):
    number = read_line(given, label, limit=40)
    if number and not re.fullmatch(r"[+0-9][0-9 ()\-]{4,}( ?(x|ext\.?) ?[0-9]+)?", number):
        raise Unreadable(f"{label} must be a telephone number, such as 020 7946 0000.")
    return number


def read_actions(given, label="The action plan"):
    """A list of actions, each with `title`, `owner`, `due_on` (a day) and `status` (OPEN, IN_PROGRESS or DONE)."""
    if given is None or given == "" or given == []:
        return None
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise Unreadable(f"{label} must be a list of actions.")
    if len(given) > 50:
        raise Unreadable(f"{label} can hold 50 actions. It has {len(given)}.")
    return [_read_action(row, f"{label}, action {number}") for number, row in enumerate(given, start=1)]


def _read_action(row, label):
    unknown = set(row) - {"title", "owner", "due_on", "status"}
    if unknown:
        raise Unreadable(f"{label} has a part that is not known: {ascii(min(map(str, unknown)))[:60]}.")
    title = read_line(row.get("title"), f"{label}: what will be done")
    if not title:
        raise Unreadable(f"{label}: say what will be done.")
    status = str(row.get("status") or ActionStatus.OPEN).upper().replace(" ", "_")
    if status not in set(ActionStatus):
        raise Unreadable(f"{label}: the status must be open, in progress or done.")
    due_on = read_day(row.get("due_on"), f"{label}: the due date")
    return {
        "title": title,
        "owner": read_line(row.get("owner"), f"{label}: the owner"),
        "due_on": due_on.isoformat() if due_on else None,
        "status": status,
    }


READERS = {
    Kind.COUNT: read_count,
    Kind.YES_NO: read_yes_no,
    Kind.DAY: read_day,
    Kind.LINE: read_line,
    Kind.EMAIL: read_email,
    Kind.PHONE: read_phone,
    Kind.PASSAGE: read_passage,
    Kind.ACTIONS: read_actions,
}


def read(question, given):
    """The answer to `question`, or None where nothing was given. Raises Unreadable with a sentence."""
    if isinstance(given, str) and not given.strip():
        return None
    return READERS[question.kind](given, question.subject or question.label)


@dataclass
class Answers:
    """What was answered, by question name; `answers.staff_total` is the value or None.

    `absent` maps names to NOT_APPLICABLE; `unreadable` maps names to the sentence that says why a value is none.
    """

    values: dict
    absent: dict = field(default_factory=dict)
    unreadable: dict = field(default_factory=dict)

    def __getattr__(self, name):
        try:
            return self.__dict__["values"][name]
        except KeyError:
            raise AttributeError(f"There is no question {name}.") from None

    @property
    def says_anything(self):
        """Whether at least one question is answered, if only with "not applicable"."""
        return bool(self.absent) or any(value not in (None, "", []) for value in self.values.values())


NOT_APPLICABLE = "NOT_APPLICABLE"
_SAYS_NOT_APPLICABLE = {"na", "n/a", "not applicable", "not_applicable"}


def read_answers(questions, given, absent=None):
    """Answers from a mapping of what was given. Unknown names are left for the caller to refuse.

    Files write `NA` for "not applicable"; it counts where the question allows it. What is absent has no value.
    """
    answers = Answers(values={}, absent=dict(absent or {}))
    for question in questions:
        value = given.get(question.name)
        if question.may_be_absent and isinstance(value, str) and value.strip().lower() in _SAYS_NOT_APPLICABLE:
            answers.absent[question.name] = NOT_APPLICABLE
        answers.values[question.name] = None
        if question.name in answers.absent:
            continue
        try:
            answers.values[question.name] = read(question, value)
        except Unreadable as problem:
            answers.unreadable[question.name] = str(problem)
    return answers


# Keeping: one canonical form, so that the same answers always have the same hash


def to_payload(answers):
    """Answers as plain JSON values; days as text."""
    return {
        "absent": dict(answers.absent),
        "content": {
            name: value.isoformat() if isinstance(value, date) else value for name, value in answers.values.items()
        },
    }


def from_payload(questions, payload):
    """The answers that `to_payload` wrote. Trusts its input: it was read once already; new questions are None."""
    kept = payload["content"]
    values = {}
    for question in questions:
        value = kept.get(question.name)
        values[question.name] = date.fromisoformat(value) if value and question.kind is Kind.DAY else value
    return Answers(values=values, absent=payload.get("absent") or {})


def canonical(data):
    """`data` as the bytes that are hashed: JSON with sorted keys, no spaces, NFC, UTF-8."""
    return unicodedata.normalize("NFC", _as_text(data)).encode()


_as_text = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def sha256(data):
    """The SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest(data):
    """The SHA-256 of plain data in canonical form."""
    return sha256(canonical(data))
