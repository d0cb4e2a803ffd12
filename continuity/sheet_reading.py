"""A completed workbook laid beside its sheet as it is now, and beside what the workbook was downloaded with.

Only what somebody changed in the workbook counts. Where the sheet was changed since the download as well, the two are in
conflict: what stands in the portal stays, unless the workbook is chosen for that answer. A question is asked only where the
answers before it say so, so an answer may be typed and not taken.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from continuity import interventions, sheet_columns, working_rows
from continuity.columns import COLUMNS, COMMUNITY_COLUMNS, INTERVENTION_COLUMNS, INTERVENTIONS_ASKED_IF, shown
from continuity.interventions import C45
from continuity.kept_answers import answer_of, numbers_in
from continuity.models import Referral
from continuity.near_misses import with_what_would_match
from continuity.row_form import in_words
from continuity.rows import Answered, answered_by
from continuity.sheet_workbook import BOTH_CHANGED, GAP, NOT_TAKEN, UNREAD, Mark

QUESTIONS = (*(column.id for column in COMMUNITY_COLUMNS), C45)
NOT_SAID = -1  # in place of an answer's number: no cell, or one that cannot be read
NOT_KNOWN = -2  # nobody knows what the workbook was downloaded with


def merged(now, said, before, *, workbook_wins=False):
    """One question over all rows, its answers as numbers in arrays (0: blank): (the answers as they would be, where the two
    are in conflict). There the workbook's stands if `workbook_wins`, for all rows or row by row. Where nobody knows what the
    workbook was downloaded with, a blank cell takes nothing away.

    >>> merged(np.array([3, 1]), np.array([0, 2]), np.array([1, 1]))
    (array([3, 2]), array([False, False]))
    """
    is_known = before != NOT_KNOWN
    is_given = (said != NOT_SAID) & (said != before) & (said != now) & (is_known | (said != 0))
    in_conflict = is_given & is_known & (now != before)
    return np.where(is_given & (~in_conflict | workbook_wins), said, now), in_conflict


@dataclass(frozen=True)
class Change:
    """One answer about one referral, to the question with this column id: now, and after; `note` says why it is not taken, or
    goes.
    """

    id: str
    label: str
    now: str
    after: str
    note: str = ""


class Reading:
    """What a workbook says (`sheet_workbook.as_plain_data`) of a sheet. Answers are named by (row number, column id), the
    interventions of a row being one answer, C45.

    `rows` (RowsOn) are as they stand, `after` the answers by column as they would be; `changed` the numbers of the rows that
    would change, and `removed` the answers that would go. `conflicts` were changed in both since the download, `not_taken`
    typed although not asked for. `strangers` are row ids that are not on this sheet. `checked` is what was typed, with the
    rules that fire, and `findings` the same in words, as (row id, finding). With `only` (primary keys) it is about these.
    `workbook_wins` has the answers (primary key, column id) for which the workbook was chosen, or is True for all.
    """

    def __init__(self, sheet, said, *, workbook_wins=(), only=None):
        self.said = said
        self.rows = working_rows.rows_on(sheet, only)
        self.names = self.rows.filled.names
        self.place = {name: number for number, name in enumerate(self.names)}
        self.number = {id: number for number, id in enumerate(self.rows.ids.tolist())}
        there = set(said["row_ids"])
        self.strangers = [name for name in said["row_ids"] if name not in self.place]
        self.not_there = [name for name in self.names if name not in there]
        theirs, before = _Laid(said, self.names), _Laid(said["downloaded"], self.names)
        self._answers, self._now, self._theirs, self._before = {}, {}, {}, {}
        self._typed, self._in_conflict = {}, {}
        for id in QUESTIONS:
            now = self.rows.filled.columns[id]
            answers = {None: 0}
            self._now[id] = _renumbered(now, answers)
            self._theirs[id] = theirs.numbers(id, answers, NOT_SAID)
            self._before[id] = before.numbers(id, answers, NOT_KNOWN)
            self._answers[id] = list(answers)
            sides = self._now[id], self._theirs[id], self._before[id]
            self._typed[id], self._in_conflict[id] = merged(*sides, workbook_wins=self._chosen(id, workbook_wins))
        self.after = sheet_columns.asked_for(self._columns(self._typed), self.names)
        self._after = {id: answered.numbers for id, answered in self.after.items()}

    def _chosen(self, id, workbook_wins):
        """The rows for which the workbook's answer to a question was chosen; True for all."""
        if workbook_wins is True:
            return True
        return np.isin(self.rows.ids, [pk for pk, column in workbook_wins if column == id])

    def _columns(self, numbers):
        return {id: Answered(self._answers[id], numbers[id]) for id in QUESTIONS}

    def _listed(self, where):
        """The (row number, column id) of the places marked in arrays by column, row by row."""
        found = [(number, id) for id in QUESTIONS for number in np.flatnonzero(where[id]).tolist()]
        return sorted(found, key=lambda one: one[0])

    # What would be

    @cached_property
    def _differs(self):
        return {id: self._now[id] != self._after[id] for id in QUESTIONS}

    @cached_property
    def changed(self):
        return np.flatnonzero(np.logical_or.reduce(list(self._differs.values()))).tolist()

    @property
    def changes(self):
        """The rows that would change: (Referral, Changes)."""
        return self._with_referrals((number, self.changes_of(number)) for number in self.changed)

    @cached_property
    def removed(self):
        return self._listed({id: self._differs[id] & (self._after[id] == 0) for id in QUESTIONS})

    @cached_property
    def conflicts(self):
        return self._listed(self._in_conflict)

    @cached_property
    def not_taken(self):
        typed = self._typed
        return self._listed({id: (typed[id] != self._after[id]) & (typed[id] != self._now[id]) for id in QUESTIONS})

    @property
    def as_it_would_be(self):
        """All rows of the sheet with the answers taken over."""
        return self.rows.filled.given(self.after)

    # In words

    def referrals(self, numbers):
        """The Referrals, with their people, of some rows by their numbers."""
        ids = {number: int(self.rows.ids[number]) for number in numbers}
        found = Referral.objects.select_related("identity").in_bulk(ids.values())
        return {number: found[id] for number, id in ids.items()}

    def changes_of(self, number):
        return [self._change(number, id, self._after) for id in QUESTIONS if self._differs[id][number]]

    def _change(self, number, id, after, note=""):
        return Change(id, _label(id), self._said(self._now, number, id), self._said(after, number, id), note)

    def _said(self, numbers, number, id):
        return _in_words(id, self._answers[id][numbers[id][number]])

    def in_words(self, kind, answers):
        """Answers (primary key, column id) that are to be looked at apart, with their Referral and Change. `kind` is one of
        `conflicts`, `removed` and `not_taken`.
        """
        after = {"conflicts": self._theirs, "not_taken": self._typed, "removed": self._after}[kind]
        found = []
        for pk, id in answers:
            number = self.number.get(pk)
            if number is not None and after[id][number] != NOT_SAID:
                note = "" if kind == "conflicts" else self._why(number, id)
                found.append((number, self._change(number, id, after, note)))
        return self._with_referrals(found)

    def _why(self, number, id):
        return _only(id) if self._typed[id][number] else "Its cell is blank in the workbook."

    def _with_referrals(self, said):
        said = list(said)
        referrals = self.referrals({number for number, _ in said})
        return [(referrals[number], words) for number, words in said]

    # The rules

    @cached_property
    def checked(self):
        return self.rows.filled.given(self._columns(self._typed)).checked

    @property
    def findings(self):
        return [
            (name, found)
            for number, name in enumerate(self.names)
            for found in with_what_would_match(self.checked, number, self.checked.findings_of(number))
        ]

    # The annotated copy

    @property
    def as_typed(self):
        """The sheet as the workbook has it, with what it says where the portal keeps its own."""
        typed = {id: np.where(self._in_conflict[id], self._theirs[id], self._typed[id]) for id in QUESTIONS}
        columns = self._columns(typed)
        if unread := [number for number, id in self._unread if id == C45]:
            treated = columns[C45].each()
            for number in unread:
                treated[number] = interventions.answer(self.said["interventions"].get(self.names[number]))
            columns[C45] = answered_by(treated)
        return self.rows.filled.given(columns)

    @property
    def as_downloaded(self):
        """What the annotated copy counts as downloaded with: the sheet as it is, but not where something is still open."""
        still_open = {id: where.copy() for id, where in self._in_conflict.items()}
        for number, id in self._unread:
            still_open[id][number] = True
        before = {
            id: np.where(still_open[id] & (self._before[id] != NOT_KNOWN), self._before[id], self._now[id])
            for id in QUESTIONS
        }
        return self.rows.filled.given(self._columns(before))

    @property
    def _unread(self):
        """The answers with cells that cannot be read."""
        return {
            (self.place[cell["row_id"]], cell["column"] if cell["line"] is None else C45)
            for cell in self.said["unread"]
            if cell["row_id"] in self.place
        }

    @property
    def marks(self):
        """What the annotated copy says at cells besides findings."""
        for cell in self.said["unread"]:
            if cell["row_id"] in self.place:
                about = cell["row_id"], cell["column"], UNREAD, cell["sentence"]
                yield Mark(*about, line=cell["line"], typed=cell["typed"])
        for number, id in self.conflicts:
            now = self._said(self._now, number, id) or "nothing"
            sentence = f"Changed in the portal too since you downloaded the workbook. The portal says: {now}."
            yield self._mark(number, id, BOTH_CHANGED, sentence)
        for number, id in self.not_taken:
            yield self._mark(number, id, NOT_TAKEN, _only(id))

    def _mark(self, number, id, kind, sentence):
        if id == C45:
            return Mark(self.names[number], "C45a", kind, sentence, line=0)
        return Mark(self.names[number], id, kind, sentence)


class _Laid:
    """What a workbook says, or said when it was downloaded, laid out for the rows called `names`."""

    def __init__(self, said, names):
        self.said, self.names = said, names
        place = {name: number for number, name in enumerate(said["row_ids"])} if said else {}
        self.places = np.array([place.get(name, GAP) for name in names], np.int64)

    def numbers(self, id, answers, missing):
        """The answers of one question by their numbers among `answers`, which grow; `missing` where there is none."""
        if self.said is None:
            return np.full(len(self.names), missing)
        if id == C45:
            return self._interventions(answers, missing)
        if id not in self.said["columns"]:
            return np.full(len(self.names), missing)
        plain = self.said["columns"][id]
        read = [value if value is None else answer_of(COLUMNS[id], value) for value in plain["values"]]
        among = np.array([*(answers.setdefault(answer, len(answers)) for answer in read), missing], np.int64)
        return among[np.append(numbers_in(plain["codes"]), GAP)[self.places]]  # GAP is the last of either

    def _interventions(self, answers, missing):
        treated = self.said["interventions"]
        if treated is None:
            return np.full(len(self.names), missing)
        unread = {cell["row_id"] for cell in self.said.get("unread", ()) if cell["line"] is not None}
        found = [
            missing
            if place == GAP or name in unread
            else answers.setdefault(interventions.in_order(treated.get(name)), len(answers))
            for name, place in zip(self.names, self.places.tolist(), strict=True)
        ]
        return np.array(found, np.int64)


def _renumbered(answered, answers):
    """A column with the numbers of its answers among `answers`, which grow by them."""
    among = [answers.setdefault(answer, len(answers)) for answer in answered.answers]
    return np.array(among, np.int64)[answered.numbers]


def _label(id):
    return "Interventions" if id == C45 else COLUMNS[id].label


def _only(id):
    return in_words(INTERVENTIONS_ASKED_IF if id == C45 else COLUMNS[id].asked_if)


def _in_words(id, answer):
    if id == C45:
        return "; ".join(map(_intervention, answer or ()))
    return _words(COLUMNS[id], answer)


def _intervention(given):
    return ", ".join(filter(None, map(_words, INTERVENTION_COLUMNS.values(), given)))


def _words(column, answer):
    value = shown(column, answer)
    return f"{value.day} {value:%B %Y}" if hasattr(value, "day") else str(value)
