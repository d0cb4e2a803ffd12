"""The rows of sent-in sheets as their versions keep them, ready to be counted: nobody's name, and all that followed from it.

Whether attributors matched, who is engaged and which rules fired were worked out while the people were known; that stands.
"""

from datetime import date
from functools import cached_property

import numpy as np

from continuity.columns import COLUMNS
from continuity.engagement import Audit, Referrals
from continuity.measures import Analysis
from continuity.recording_rules import RULES, Checked
from continuity.rows import rows_of


class Frozen(Referrals):
    """Referrals whose people are gone. `computed` are X01 to X10 as they were kept, and `client` a number for each person of
    a sheet: nobody can tell any more whether two sheets speak of the same one. `today` is each row's own.
    """

    def __init__(self, rows, audit, computed, today):
        super().__init__(rows, audit)
        self.computed, self.today = computed, today

    @cached_property
    def in_scope(self):
        return np.array(self.computed["in_scope"], bool)

    @cached_property
    def engaged_ndtms(self):
        return np.array(self.computed["engaged_ndtms"], bool)

    @cached_property
    def sequence(self):
        return np.array(self.computed["sequence"], float)

    @cached_property
    def client(self):
        return np.array(self.computed["client"], int)


class FrozenChecks(Checked):
    """The rules as they fired when the sheets were sent in."""

    def __init__(self, referrals, codes):
        self.referrals, self.workbook_rules = referrals, []
        self.fired = {code: np.zeros(len(referrals), bool) for code, rule in RULES.items() if not rule.workbook}
        for row, fired in enumerate(codes):
            for code in fired:
                if code in self.fired:
                    self.fired[code][row] = True


def _people_apart(sheets):
    """For each sheet the number of each row's person; no number stands for people of two sheets."""
    first = 0
    for sheet in sheets:
        yield [first + client for client in sheet.computed["client"]]
        first += len(sheet.referrals)


def analysis_of(sheets):
    """The Analysis of several sheets together; each is the rows of a version (`about`, `referrals`, `interventions`,
    `computed`).
    """
    sheets = [sheet for sheet in sheets if sheet.referrals]
    names = sheets[0].computed if sheets else {"in_scope", "engaged_ndtms", "sequence", "rules"}
    computed = {name: [value for sheet in sheets for value in sheet.computed[name]] for name in names}
    computed["client"] = [client for sheet in _people_apart(sheets) for client in sheet]
    referrals = [{id: row.get(id) for id in COLUMNS} for sheet in sheets for row in sheet.referrals]
    days = [date.fromisoformat(sheet.about["as_at"]) for sheet in sheets]
    today = [day.toordinal() for day, sheet in zip(days, sheets, strict=True) for _ in sheet.referrals]
    rows = rows_of(referrals, [given for sheet in sheets for given in sheet.interventions])
    audit = Audit(as_at=max(days, default=date.min))
    return Analysis(FrozenChecks(Frozen(rows, audit, computed, np.array(today, float)), computed["rules"]))
