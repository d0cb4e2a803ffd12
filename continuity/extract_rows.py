"""The rows of an extract: every cell as its column means it, and what cannot be true of a person. Pure: no database.

What cannot be read refuses the file, with the cell named. Only a choice on which nothing depends that is shared or left out
counts as empty instead, and is noted: the row then lacks it, and the rules say so.
"""

from dataclasses import dataclass
from datetime import date

from continuity.columns import COLUMNS, Kind, read_with_spelling
from continuity.vocabulary import Spelling, fold
from returns.content import Unreadable
from returns.workbooks import plain

DECIDE = {"P10", "P12", "P14", "P18", "P24"}  # choices that decide whether a row is audited and shared
EARLIEST_BIRTH = date(1900, 1, 1)


@dataclass
class Given:
    """A row of the file: its number there, the row id it names, and its answers by column id.

    `has_codes` and `by_alias` say how it was written, for EXT-12 and EXT-13.
    """

    number: int
    row_id: str
    answers: dict
    has_codes: bool = False
    by_alias: bool = False


class RowReader:
    """Reads the rows of a Table one after another, each different cell once. `areas` are DAT codes by folded name.

    `wrong` are sentences that refuse the file, `notes` those about cells that count as empty.
    """

    def __init__(self, table, meaning, areas, today):
        self.table, self.areas, self.today = table, areas, today
        self.places = {id: place for place, id in meaning.columns.items()}
        self.wrong, self.notes, self._known = [], [], {}

    def read(self, number, cells):
        """The row of this number with these cells (by column id) as Given."""
        answers, spellings = {}, {}
        for id, cell in cells.items():
            answer, spellings[id], sentence = self._cell(id, plain(cell))
            if sentence:
                self._say(number, id, sentence)
            elif answer is not None:
                answers[id] = answer
        if sentence := impossible_birth(answers, self.today):
            self._say(number, "P03", sentence)
        row_id = str(answers.pop("P25", "")).lower()
        has_codes = Spelling.CODE in spellings.values()
        return Given(number, row_id, answers, has_codes, spellings.get("P10") is Spelling.ALIAS)

    def _cell(self, id, cell):
        """(answer, how it was spelt, what is wrong with it) of a cell."""
        key = id, cell.__class__, cell
        if key not in self._known:
            try:
                answer, spelling = read_with_spelling(COLUMNS[id], cell)
                self._known[key] = (
                    self.areas.get(fold(answer), answer) if id == "P13" and answer else answer,
                    spelling,
                    "",
                )
            except Unreadable as problem:
                self._known[key] = None, None, str(problem)
        return self._known[key]

    def _say(self, number, id, sentence):
        counts_as_empty = COLUMNS[id].kind is Kind.CHOICE and id not in DECIDE
        sentences = self.notes if counts_as_empty else self.wrong
        sentences.append(f"{self.table.cell(number, self.places[id])}: {sentence}")


def impossible_birth(answers, today):
    """Why nobody can have been born on the date of birth given, in a sentence, or ""."""
    born, received = answers.get("P03"), answers.get("P06")
    if born is None:
        return ""
    if born > today:
        return "Date of birth lies in the future."
    if born < EARLIEST_BIRTH:
        return "Date of birth is before 1900."
    if received and born > received:
        return "Date of birth is after the initial reception date."
    return ""
