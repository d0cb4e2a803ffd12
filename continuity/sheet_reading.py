"""A completed workbook laid beside its sheet as it is now, and beside what the workbook was downloaded with.

Only what somebody changed in the workbook counts. Where the sheet was changed since the download as well, the two are in
conflict: what stands in the portal stays, unless the workbook is chosen. A question is asked only where the answers before
it say so, so an answer may be typed and not taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from continuity import row_findings, sheet_columns, working_rows
from continuity.columns import COLUMNS, COMMUNITY_COLUMNS, INTERVENTION_COLUMNS, INTERVENTIONS_ASKED_IF, read, shown
from continuity.models import Referral
from continuity.near_misses import with_what_would_match
from continuity.row_form import in_words
from continuity.sheet_columns import INTERVENTIONS
from continuity.sheet_workbook import BOTH_CHANGED, GAP, NOT_TAKEN, UNREAD, Mark

QUESTIONS = (*(column.id for column in COMMUNITY_COLUMNS), INTERVENTIONS)
NOT_SAID = object()  # no cell, or one that cannot be read
NOT_KNOWN = object()  # nobody knows what the workbook was downloaded with


def merged(now, said, before, *, workbook_wins=False):
    """One question over all rows: (the answers as they would be, the numbers of the rows in conflict). Blank is None.

    Where nobody knows what the workbook was downloaded with, a blank cell takes nothing away.

    >>> merged(["new", "old"], [None, "mine"], ["old", "old"])
    (['new', 'mine'], [0])
    """
    after, in_conflict = list(now), []
    for number, (stands, given, was) in enumerate(zip(now, said, before, strict=True)):
        if given is NOT_SAID or given in (was, stands) or (was is NOT_KNOWN and given is None):
            continue
        if was is not NOT_KNOWN and stands != was:
            in_conflict.append(number)
            if not workbook_wins:
                continue
        after[number] = given
    return after, in_conflict


@dataclass(frozen=True)
class Change:
    """One answer about one referral: now, and after; `note` says why it is not taken, or goes."""

    label: str
    now: str
    after: str
    note: str = ""


class Reading:
    """What a workbook says (`sheet_workbook.as_plain_data`) of a sheet. Answers are named by (row number, column id), the
    interventions of a row being one answer, C45.

    `given` and `interventions` are the answers of all rows as they would be; `changed` the numbers of the rows that would
    change, and `removed` the answers that would go. `conflicts` were changed in both since the download, `not_taken` typed
    although not asked for. `strangers` are row ids that are not on this sheet. `findings` is what the rules say of what was
    typed, as (row id, finding), and `fired` the same to be kept. With `only` (primary keys) it is about these rows.
    """

    def __init__(self, sheet, said, *, workbook_wins=False, only=None):
        self.said = said
        rows = (
            Referral.objects.filter(sheet=sheet) if only is None else Referral.objects.filter(sheet=sheet, pk__in=only)
        )
        rows = rows.select_related("identity").order_by("position", "pk")
        self.referrals = {str(row.uuid): row for row in rows}
        self.rows, self.names = list(rows), list(self.referrals)
        there = set(said["row_ids"])
        self.strangers = [name for name in said["row_ids"] if name not in self.referrals]
        self.not_there = [row for name, row in self.referrals.items() if name not in there]
        self.filled = working_rows.filled_of(rows, working_rows.audit_of(sheet.audit, pair=sheet.pair))
        self._now = {column.id: self.filled.columns[column.id] for column in COMMUNITY_COLUMNS}
        self._now[INTERVENTIONS] = [_in_order(row.interventions) for row in rows]
        self._theirs = _laid_out(said, self.names, NOT_SAID)
        self._before = _laid_out(said["downloaded"], self.names, NOT_KNOWN)
        self._typed, self.conflicts = {}, []
        for id in QUESTIONS:
            columns = self._now[id], self._theirs[id], self._before[id]
            self._typed[id], numbers = merged(*columns, workbook_wins=workbook_wins)
            self.conflicts += [(number, id) for number in numbers]
        asked = sheet_columns.asked_for(self._typed, self.names)
        self._after = {
            id: [answer if is_asked else None for answer, is_asked in zip(self._typed[id], asked[id], strict=True)]
            for id in QUESTIONS
        }

    # What would be

    @cached_property
    def given(self):
        return {column.id: self._after[column.id] for column in COMMUNITY_COLUMNS}

    @cached_property
    def interventions(self):
        return [given or [] for given in self._after[INTERVENTIONS]]

    @cached_property
    def _changes_by_row(self):
        found = {}
        for id in QUESTIONS:
            for number, (now, after) in enumerate(zip(self._now[id], self._after[id], strict=True)):
                if now != after:
                    found.setdefault(number, []).append(id)
        return found

    @cached_property
    def changed(self):
        return sorted(self._changes_by_row)

    @property
    def changes(self):
        return _Changes(self)

    @cached_property
    def removed(self):
        return [
            (number, id)
            for number in self.changed
            for id in self._changes_by_row[number]
            if self._after[id][number] is None
        ]

    @cached_property
    def not_taken(self):
        return [
            (number, id)
            for id in QUESTIONS
            for number, typed in enumerate(self._typed[id])
            if typed not in (self._after[id][number], self._now[id][number])
        ]

    # In words

    def change(self, number, id):
        answer, note = self._after[id][number], ""
        if answer is None:
            note = _only(id) if self._typed[id][number] is not None else "Its cell is blank in the workbook."
        return self._change(number, id, answer, note)

    def _change(self, number, id, answer, note=""):
        return Change(_label(id), _said(id, self._now[id][number]), _said(id, answer), note)

    def removed_in_words(self, most):
        return [(self.rows[number], self.change(number, id)) for number, id in self.removed[:most]]

    def conflicts_in_words(self, most):
        return [
            (self.rows[number], self._change(number, id, self._theirs[id][number]))
            for number, id in sorted(self.conflicts)[:most]
        ]

    def not_taken_in_words(self, most):
        return [
            (self.rows[number], self._change(number, id, self._typed[id][number], _only(id)))
            for number, id in sorted(self.not_taken)[:most]
        ]

    # The rules

    @cached_property
    def checked(self):
        """The sheet as it was typed, with the rules that fire."""
        return self._filled(self._typed).checked

    @property
    def findings(self):
        return [(name, found) for number, name in enumerate(self.names) for found in self._findings_of(number)]

    def _findings_of(self, number):
        return with_what_would_match(self.checked, number, self.checked.findings_of(number))

    @property
    def fired(self):
        return row_findings.fired_in(self.checked, self.rows)

    # The annotated copy

    @property
    def as_typed(self):
        """The sheet as the workbook has it, with what it says where the portal keeps its own."""
        answers = {id: list(self._typed[id]) for id in QUESTIONS}
        for number, id in self.conflicts:
            answers[id][number] = self._theirs[id][number]
        for number, id in self._unread:
            if id == INTERVENTIONS:
                answers[id][number] = self.said["interventions"].get(self.names[number])
        return self._filled(answers)

    @property
    def as_downloaded(self):
        """What the annotated copy counts as downloaded with: the sheet as it is, but not where something is still open."""
        answers = {id: list(self._now[id]) for id in QUESTIONS}
        for number, id in [*self.conflicts, *self._unread]:
            if self._before[id][number] is not NOT_KNOWN:
                answers[id][number] = self._before[id][number]
        return self._filled(answers)

    @property
    def _unread(self):
        """The answers with cells that cannot be read."""
        place = {name: number for number, name in enumerate(self.names)}
        return {
            (place[cell["row_id"]], cell["column"] if cell["line"] is None else INTERVENTIONS)
            for cell in self.said["unread"]
            if cell["row_id"] in place
        }

    @property
    def marks(self):
        """What the annotated copy says at cells besides findings."""
        for cell in self.said["unread"]:
            if cell["row_id"] in self.referrals:
                about = cell["row_id"], cell["column"], UNREAD, cell["sentence"]
                yield Mark(*about, line=cell["line"], typed=cell["typed"])
        for number, id in self.conflicts:
            now = _said(id, self._now[id][number]) or "nothing"
            sentence = f"Changed in the portal too since you downloaded the workbook. The portal says: {now}."
            yield self._mark(number, id, BOTH_CHANGED, sentence)
        for number, id in self.not_taken:
            yield self._mark(number, id, NOT_TAKEN, _only(id))

    def _mark(self, number, id, kind, sentence):
        if id == INTERVENTIONS:
            return Mark(self.names[number], "C45a", kind, sentence, line=0)
        return Mark(self.names[number], id, kind, sentence)

    def _filled(self, answers):
        columns = self.filled.columns | {column.id: answers[column.id] for column in COMMUNITY_COLUMNS}
        treatments = zip(self.names, answers[INTERVENTIONS], strict=True)
        treatments = [one | {"P25": name} for name, some in treatments for one in some or ()]
        return working_rows.Filled(self.filled.about, columns, treatments)


class _Changes(Sequence):
    """The rows that would change, each put into words when it is looked at: (referral, Changes)."""

    def __init__(self, reading):
        self._reading = reading

    def __len__(self):
        return len(self._reading.changed)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = self._reading.changed[index]
        ids = self._reading._changes_by_row[number]
        return self._reading.rows[number], [self._reading.change(number, id) for id in ids]


def _laid_out(said, names, missing):
    """By question a list of the answers in `said` about the rows called `names`; `missing` where it has none."""
    if said is None:
        return {id: [missing] * len(names) for id in QUESTIONS}
    place = {name: number for number, name in enumerate(said["row_ids"])}
    places = [place.get(name) for name in names]
    found = {column.id: _column(said["columns"].get(column.id), places, missing) for column in COMMUNITY_COLUMNS}
    if said["interventions"] is None:
        return found | {INTERVENTIONS: [missing] * len(names)}
    unread = {cell["row_id"] for cell in said.get("unread", ()) if cell["line"] is not None}
    found[INTERVENTIONS] = [
        missing if number is None or name in unread else _in_order(said["interventions"].get(name, []))
        for name, number in zip(names, places, strict=True)
    ]
    return found


def _column(said, places, missing):
    if said is None:
        return [missing] * len(places)
    values = [tuple(value) if isinstance(value, list) else value for value in said["values"]]
    codes = [GAP if number is None else said["codes"][number] for number in places]
    return [missing if code == GAP else values[code] for code in codes]


def _in_order(interventions):
    """By their start; None where there are none."""
    given = [{id: one.get(id) for id in INTERVENTION_COLUMNS} for one in interventions]
    return sorted(given, key=lambda one: [one["C45b"] or "", *(value or "" for value in one.values())]) or None


def _label(id):
    return "Interventions" if id == INTERVENTIONS else COLUMNS[id].label


def _only(id):
    return in_words(INTERVENTIONS_ASKED_IF if id == INTERVENTIONS else COLUMNS[id].asked_if)


def _said(id, stored):
    if id == INTERVENTIONS:
        return "; ".join(_intervention(one) for one in stored or ())
    return _words(COLUMNS[id], stored)


def _intervention(given):
    return ", ".join(filter(None, (_words(column, given.get(id)) for id, column in INTERVENTION_COLUMNS.items())))


def _words(column, stored):
    value = shown(column, read(column, stored))
    return f"{value.day} {value:%B %Y}" if hasattr(value, "day") else str(value)
