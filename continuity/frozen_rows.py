"""The rows of sent-in sheets as their versions keep them, ready to be counted: nobody's name, and all that followed from it.

Whether attributors matched, who is engaged and which rules fired were worked out while the people were known; that stands.
"""

from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from continuity.columns import COLUMNS
from continuity.engagement import Audit, Referrals
from continuity.measures import Analysis
from continuity.recording_rules import RULES, Checked
from continuity.rows import rows_of
from continuity.same_person import NOBODY


class Frozen(Referrals):
    """Referrals whose people are gone. `computed` are X01 to X09 as they were kept; `people` are the digests of each row's
    person (`continuity.same_person`), which tell the same one on all sheets; `today` is each row's own.
    """

    def __init__(self, rows, audit, computed, people, today):
        super().__init__(rows, audit)
        self.computed, self.people, self.today = computed, people, today

    @cached_property
    def in_scope(self):
        return np.array(self.computed["in_scope"], bool)

    @cached_property
    def engaged_ndtms(self):
        return np.array(self.computed["engaged_ndtms"], bool)

    @cached_property
    def reference_key(self):
        return _numbered([number for number, _ in self.people])

    @cached_property
    def attributor_key(self):
        return _numbered([attributors for _, attributors in self.people])


class FrozenChecks(Checked):
    """The rules as they fired when the sheets were sent in."""

    def __init__(self, referrals, codes):
        self.referrals, self.workbook_rules = referrals, []
        self.fired = {code: np.zeros(len(referrals), bool) for code, rule in RULES.items() if not rule.workbook}
        for row, fired in enumerate(codes):
            for code in fired:
                if code in self.fired:
                    self.fired[code][row] = True


def _numbered(digests):
    """A number for each different digest; -1 where there is none."""
    return pd.factorize(np.array([digest or None for digest in digests], object))[0]


def analysis_of(sheets, people):
    """The Analysis of several sheets together; each is the rows of a version (`about`, `referrals`, `interventions`,
    `computed`), and `people` the digests of their people by row id. Who is on several sheets is one person.
    """
    sheets = [sheet for sheet in sheets if sheet.referrals]
    names = sheets[0].computed if sheets else {"in_scope", "engaged_ndtms", "rules"}
    computed = {name: [value for sheet in sheets for value in sheet.computed[name]] for name in names}
    referrals = [{id: row.get(id) for id in COLUMNS} for sheet in sheets for row in sheet.referrals]
    days = [date.fromisoformat(sheet.about["as_at"]) for sheet in sheets]
    today = [day.toordinal() for day, sheet in zip(days, sheets, strict=True) for _ in sheet.referrals]
    rows = rows_of(referrals, [given for sheet in sheets for given in sheet.interventions])
    audit = Audit(as_at=max(days, default=date.min))
    people = [people.get(row["P25"], NOBODY) for row in referrals]
    return Analysis(FrozenChecks(Frozen(rows, audit, computed, people, np.array(today, float)), computed["rules"]))
