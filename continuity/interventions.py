"""The interventions of a referral (C45a to C45d) as one answer, C45: a tuple of them."""

import numpy as np

from continuity.columns import INTERVENTION_COLUMNS
from continuity.kept_answers import answer_of, stored
from continuity.rows import Interventions, answered_by

C45 = "C45"
START = list(INTERVENTION_COLUMNS).index("C45b")


def answer(kept):
    """The answer C45 from interventions as they are stored (mappings by column id), as they stand; None without any."""
    return tuple(tuple(_read(id, one) for id in INTERVENTION_COLUMNS) for one in kept or ()) or None


def _read(id, one):
    value = one.get(id)
    return value if value is None else answer_of(INTERVENTION_COLUMNS[id], value)


def in_order(kept):
    """The same by their start, so that the same interventions are the same answer."""
    given = answer(kept)
    return given and tuple(sorted(given, key=lambda one: [str(value or "") for value in (one[START], *one)]))


def as_stored(given):
    """The interventions of an answer C45 as they are stored."""
    return [dict(zip(INTERVENTION_COLUMNS, map(stored, one), strict=True)) for one in given or ()]


def in_rows(answered):
    """A column C45 (Answered) as the rules take it."""
    each = answered.each()
    found = [one for given in each if given for one in given]
    columns = zip(*found, strict=True) if found else [()] * len(INTERVENTION_COLUMNS)
    return Interventions(
        row=np.repeat(np.arange(len(each)), [len(given or ()) for given in each]),
        columns={id: answered_by(values) for id, values in zip(INTERVENTION_COLUMNS, columns, strict=True)},
    )
