"""Answers between JSON and the rules: one by one, and a column of them with each different answer once."""

import base64
from collections.abc import Iterable
from datetime import date

import numpy as np

from continuity.columns import Kind
from continuity.rows import Answered

SEVERAL = {Kind.CHOICES, Kind.DELETIONS}


def stored(answer):
    """An answer as JSON holds it; `answer_of` takes it back."""
    if isinstance(answer, date):
        return answer.isoformat()
    return list(answer) if isinstance(answer, tuple) else answer


def answer_of(column, kept):
    """An answer from what is stored. Trusts its input: it was read once already."""
    if column.kind is Kind.DAY and isinstance(kept, str):
        return date.fromisoformat(kept)
    return tuple(kept) if column.kind in SEVERAL else kept


class Collector:
    """Takes what is stored of one column in batches; each different answer is read once. A blank text is no answer."""

    def __init__(self, column=None):
        self.column, self.answers, self.batches = column, [None], []
        self.places = _Places(self._read)
        self.is_several = column is not None and column.kind in SEVERAL

    def take(self, kept: Iterable, count: int):
        if self.is_several:
            kept = (value and tuple(value) for value in kept)
        self.batches.append(np.fromiter(map(self.places.__getitem__, kept), np.int32, count))

    def _read(self, kept):
        self.answers.append(kept if self.column is None else answer_of(self.column, kept))
        return len(self.answers) - 1

    def answered(self):
        return Answered(self.answers, np.concatenate(self.batches) if self.batches else np.zeros(0, np.int32))


class _Places(dict):
    def __init__(self, read):
        super().__init__({None: 0, "": 0})
        self.read = read

    def __missing__(self, kept):
        number = self[kept] = self.read(kept)
        return number


# Many whole numbers as a text that JSON reads at once


def dense(numbers):
    return base64.b64encode(np.asarray(numbers, "<i4").tobytes()).decode()


def numbers_in(text):
    """The array of which `dense` made the text."""
    return np.frombuffer(base64.b64decode(text), "<i4")


# A column as `returns.columns.by_column` writes it


def as_plain(answered):
    """The different answers in the order in which they first stand, as they are stored, and for each row its place there."""
    rows = len(answered)
    first = np.full(len(answered.answers), rows)
    first[answered.numbers[::-1]] = np.arange(rows)[::-1]
    there = np.argsort(first, kind="stable")[: np.count_nonzero(first < rows)]
    place = np.zeros(len(first), np.int32)
    place[there] = np.arange(len(there))
    return {
        "values": [stored(answered.answers[number]) for number in there.tolist()],
        "codes": place[answered.numbers].tolist(),
    }


def from_plain(plain, column=None):
    """The column (Answered) that `as_plain` wrote."""
    answers, numbers = [None], []
    for value in plain["values"]:
        numbers.append(0 if value is None else len(answers))
        if value is not None:
            answers.append(value if column is None else answer_of(column, value))
    return Answered(answers, np.array(numbers, np.int32)[np.array(plain["codes"], np.int64)])
