"""Whether a text says who it is about: names, reference or date of birth of its own row, or of anybody else in an audit."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from continuity.rows import Rows

SHORTEST_PART = 4
REFERENCE_PARTS, NAME_PARTS = 3, 3  # words that a reference, or a surname, may be written in
MONTHS = {date(2000, month, 1).strftime("%B").lower(): month for month in range(1, 13)}
MONTHS |= {name[:3]: month for name, month in MONTHS.items()} | {"sept": 9}
DAY, MONTH, YEAR = r"(\d{1,2})(?:st|nd|rd|th)?", rf"({'|'.join(MONTHS)}|\d{{1,2}})", r"(\d{4}|\d{2})"
WRITTEN = (
    (re.compile(rf"\b(?={DAY} (?:of )?{MONTH} {YEAR}\b)"), (0, 1, 2)),
    (re.compile(rf"\b(?={MONTH} {DAY} {YEAR}\b)"), (1, 0, 2)),
    (re.compile(r"\b(?=(\d{4}) (\d{1,2}) (\d{1,2})\b)"), (2, 1, 0)),
    (re.compile(r"\b(?=(\d\d)(\d\d)(\d{4})\b)"), (0, 1, 2)),
    (re.compile(r"\b(?=(\d{4})(\d\d)(\d\d)\b)"), (2, 1, 0)),
)


def personal_details(rows: Rows):
    """For each row, whether its comment (C48) contains P01, P02, P05 or the date of birth."""
    found = np.zeros(len(rows), bool)
    comments, *about = (rows.answered(id) for id in ("C48", "P01", "P02", "P05", "P03"))
    texts = [Text.of(comment or "") for comment in comments.answers]
    names = [[spellings(answer) for answer in column.answers] for column in about[:3]]
    for row in np.flatnonzero(comments.numbers).tolist():
        text = texts[comments.numbers[row]]
        found[row] = any(
            text.says(known[column.numbers[row]]) for known, column in zip(names, about, strict=False)
        ) or (text.says_day(about[3].answers[about[3].numbers[row]]))
    return found


def of_others(rows: Rows):
    """For each row, whether its comment gives away anybody of these rows."""
    comments = rows.answered("C48")
    if not comments.numbers.any():
        return np.zeros(len(rows), bool)
    people = People(zip(*(rows.answered(id).each() for id in ("P01", "P02", "P05", "P03")), strict=True))
    return comments.mapped(lambda text: bool(text) and people.are_named_in(text), bool)


def found_in(comment, first_name=None, surname=None, reference=None, born=None):
    """What a comment gives away, in words: ["first name", "date of birth"]."""
    text = Text.of(comment)
    given = {"first name": first_name, "surname": surname, "client reference": reference}
    found = [what for what, value in given.items() if text.says(spellings(value))]
    return [*found, "date of birth"] if text.says_day(born) else found


class People:
    """Everybody that a text might name. Of somebody else a name is first name and surname together: either alone is a word
    like others.
    """

    def __init__(self, people):
        """`people` are (first name, surname, client reference, date of birth); any may be missing."""
        self.first_names, self.references, self.days = {}, set(), set()
        for first_name, surname, reference, born in people:
            if first_name and surname:
                first_names = self.first_names.setdefault(" ".join(words_of(surname)), set())
                first_names.add(" ".join(words_of(first_name)))
            self.references.add("".join(words_of(reference or "")))
            self.days |= ways_to_say(born) if born else set()
        self.references.discard("")

    def are_named_in(self, comment):
        """Whether a text names one of them, or gives a reference or a date of birth of theirs."""
        text = Text.of(comment)
        return (
            not text.days.isdisjoint(self.days)
            or not text.runs("", REFERENCE_PARTS).isdisjoint(self.references)
            or any(text.says(self.first_names.get(surname, ())) for surname in text.runs(" ", NAME_PARTS))
        )


@dataclass(frozen=True)
class Text:
    """A comment as its words, in small letters, and the days that it names."""

    words: tuple

    @classmethod
    def of(cls, comment):
        return cls(words_of(comment))

    @cached_property
    def known(self):
        return frozenset(self.words)

    @cached_property
    def line(self):
        return f" {' '.join(self.words)} "

    def says(self, spellings):
        """Whether one of the spellings stands here as whole words."""
        return any(name in self.known if " " not in name else f" {name} " in self.line for name in spellings)

    def runs(self, between, longest):
        """Up to `longest` words that stand beside one another, put together with `between`."""
        words = self.words
        return {
            between.join(words[start : start + length])
            for length in range(1, longest + 1)
            for start in range(len(words) - length + 1)
        }

    def says_day(self, day):
        return bool(self.days) and day is not None and not self.days.isdisjoint(ways_to_say(day))

    @cached_property
    def days(self):
        """(day, month, year) of each date named; the year of two digits as it stands."""
        if not any(word[:1].isdigit() for word in self.words):
            return frozenset()
        return frozenset(
            (int(parts[day]), MONTHS.get(parts[month]) or int(parts[month]), int(parts[year]))
            for pattern, (day, month, year) in WRITTEN
            for parts in pattern.findall(self.line)
        )


def ways_to_say(day):
    return {(day.day, day.month, day.year), (day.day, day.month, day.year % 100)}


def words_of(text):
    if text.isalnum() and text.isascii():
        return (text.casefold(),)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return tuple(re.findall(r"\w+", text.casefold()))


def spellings(name):
    """The whole name, and those of its parts that are no small words."""
    words = words_of(name or "")
    return {" ".join(words), *(word for word in words if len(word) >= SHORTEST_PART)} - {""}
