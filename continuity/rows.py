"""Referrals by column: what the rules and the measures work on, for one row as for 100,000.

Each column is kept as its different answers and, for every row, the number of its answer (0: none). Whatever is asked of
a column is asked once of each different answer. Days become numbers; where there is no day the number is NaN, and no
comparison with it is true.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from continuity.columns import COLUMNS, INTERVENTION_COLUMNS, Column, Kind, Party, read_with_spelling
from continuity.vocabulary import Spelling
from returns.content import Unreadable

NO_DAY = float("nan")


def number_of(day):
    """A day as a number (date.toordinal), or NaN."""
    return day.toordinal() if day else NO_DAY


def day_of(number):
    """The day that a number stands for, or None."""
    return None if number != number else date.fromordinal(int(number))


@dataclass
class Answered:
    """One column: `answers[0]` is None, `numbers` says for each row which answer it has."""

    answers: list
    numbers: np.ndarray

    def __len__(self):
        return len(self.numbers)

    def mapped(self, ask: Callable, kind):
        """`ask` of each different answer, spread over the rows as an array of `kind`."""
        return np.array([ask(answer) for answer in self.answers], dtype=kind)[self.numbers]

    def each(self):
        """The answer of every row."""
        return list(map(self.answers.__getitem__, self.numbers.tolist()))

    def at(self, rows):
        """The same column of some rows (their numbers) alone."""
        return Answered(self.answers, self.numbers[rows])


@dataclass
class Wrong:
    """A cell that cannot be read: it counts as empty, and the sentence says why. `cell` is its place in the file."""

    row: int
    column: str
    sentence: str
    typed: object = None
    cell: str = ""


class Reader:
    """Reads the cells of one column in batches. Each different cell is read once."""

    def __init__(self, column: Column):
        self.column = column
        self.answers, self.place = [None], {None: 0}
        self.answer_of, self.spelt, self.sentences = [], [], []
        self.batches = []
        self.known = _Remembered(self._read)

    def take(self, cells: Iterable, count: int):
        self.batches.append(np.fromiter(map(self.known.__getitem__, cells), np.int32, count))

    def _read(self, cell):
        """Reads a cell that was not seen before, and returns its number among the different cells."""
        answer = spelling = sentence = None
        try:
            answer, spelling = read_with_spelling(self.column, cell)
        except Unreadable as problem:
            sentence = str(problem)
        if answer not in self.place:
            self.place[answer] = len(self.answers)
            self.answers.append(answer)
        self.answer_of.append(self.place[answer])
        self.spelt.append(spelling)
        self.sentences.append(sentence)
        return len(self.answer_of) - 1

    def cells(self):
        """For every row, the number of its cell among the different cells."""
        return np.concatenate(self.batches) if self.batches else np.zeros(0, np.int32)

    def answered(self):
        return Answered(self.answers, np.array(self.answer_of, np.int32)[self.cells()])

    def rows_spelt(self, spelling):
        return np.array([spelt is spelling for spelt in self.spelt], bool)[self.cells()]

    def wrong(self):
        if not any(self.sentences):
            return
        unreadable = np.array([bool(sentence) for sentence in self.sentences])
        cells, typed = self.cells(), list(self.known)
        for row in np.flatnonzero(unreadable[cells]):
            yield Wrong(int(row), self.column.id, self.sentences[cells[row]], typed[cells[row]])


class _Remembered(dict):
    """The numbers of the cells that were read, by cell."""

    def __init__(self, read):
        self.read = read

    def __missing__(self, cell):
        number = self[cell] = self.read(cell)
        return number


@dataclass
class Interventions:
    """The second sheet: `row` says to which referral each belongs; `wrong` are its cells that could not be read."""

    row: np.ndarray
    columns: Mapping
    wrong: list = field(default_factory=list)

    def __len__(self):
        return len(self.row)


@dataclass
class Rows:
    """The referrals. `names` are what a row is called; `wrong` the cells that could not be read."""

    count: int
    columns: Mapping
    interventions: Interventions
    names: list
    with_codes: np.ndarray
    reason_by_alias: np.ndarray
    wrong: list = field(default_factory=list)

    def __len__(self):
        return self.count

    def answered(self, id):
        return self.columns.get(id) or Answered([None], np.zeros(self.count, np.int32))

    def mapped(self, id, ask, kind):
        return self.answered(id).mapped(ask, kind)

    def day(self, id):
        return self.mapped(id, number_of, float)

    def is_blank(self, id):
        return self.answered(id).numbers == 0

    def is_filled(self, id):
        return self.answered(id).numbers != 0

    def says(self, id, *keys):
        """Where a choice is one of `keys`; where several may be chosen, where one of them is."""
        wanted = set(keys)
        if COLUMNS[id].kind in {Kind.CHOICES, Kind.DELETIONS}:
            return self.mapped(id, lambda answer: not wanted.isdisjoint(answer or ()), bool)
        return self.mapped(id, wanted.__contains__, bool)

    def answer(self, id, row):
        answered = self.answered(id)
        return answered.answers[answered.numbers[row]]

    def answers(self, row):
        """All answers of one row, by column id; what is not answered is left out."""
        found = {id: self.answer(id, row) for id in self.columns}
        return {id: answer for id, answer in found.items() if answer is not None}


def put_together(readers, names, intervention_readers, intervention_rows, wrong=()):
    """Rows from readers that took all cells. `intervention_rows` are row numbers, one for each intervention."""
    columns = {id: reader.answered() for id, reader in readers.items()}
    with_codes = np.zeros(len(names), bool)
    for reader in readers.values():
        if reader.column.kind is Kind.CHOICE and reader.column.party is Party.PRISON:
            with_codes |= reader.rows_spelt(Spelling.CODE)
    by_alias = readers["P10"].rows_spelt(Spelling.ALIAS) if "P10" in readers else np.zeros(len(names), bool)
    return Rows(
        count=len(names),
        columns=columns,
        interventions=Interventions(
            row=np.array(intervention_rows, np.int64),
            columns={id: reader.answered() for id, reader in intervention_readers.items()},
        ),
        names=names,
        with_codes=with_codes,
        reason_by_alias=by_alias,
        wrong=[*wrong, *(problem for reader in readers.values() for problem in reader.wrong())],
    )


def rows_of(referrals, interventions=(), columns=COLUMNS):
    """Rows from mappings of column id to a cell or an answer; an intervention names its referral by P25. Only the ids among
    `columns` are looked at.

    >>> rows_of([{"P25": "r1", "C30": "Yes structured"}], [{"P25": "r1", "C45a": "PSYCH", "C45b": date(2018, 3, 10)}])
    """
    referrals = list(referrals)
    names = [referral.get("P25") or f"row {number}" for number, referral in enumerate(referrals, start=1)]
    return _put_together({id: [hashable(row.get(id)) for row in referrals] for id in columns}, names, interventions)


def _put_together(columns, names, interventions):
    place = {name: number for number, name in enumerate(names)}
    interventions = [given for given in interventions if given.get("P25") in place]
    treatments = {id: [hashable(given.get(id)) for given in interventions] for id in INTERVENTION_COLUMNS}
    return put_together(
        {id: reader_of(COLUMNS[id], cells) for id, cells in columns.items()},
        list(names),
        {id: reader_of(INTERVENTION_COLUMNS[id], cells) for id, cells in treatments.items()},
        [place[given["P25"]] for given in interventions],
    )


def answered_by(answers):
    """A column from answers that were read already."""
    places = {None: 0}
    numbers = np.fromiter((places.setdefault(answer, len(places)) for answer in answers), np.int32)
    return Answered(list(places), numbers)


def rows_with(columns, names, interventions=None):
    """Rows from columns (Answered) that were read already, however they were spelt."""
    nothing = np.zeros(len(names), bool)
    return Rows(len(names), columns, interventions or Interventions(np.zeros(0, np.int64), {}), names, nothing, nothing)


def reader_of(column, cells):
    reader = Reader(column)
    reader.take(cells, len(cells))
    return reader


def hashable(given):
    return tuple(given) if isinstance(given, list) else given
