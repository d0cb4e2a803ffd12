"""A service's answers about many rows at once, column by column: what is asked for is kept, and written with COPY."""

import json

import numpy as np

from continuity import bulk_rows
from continuity.columns import COMMUNITY_COLUMNS, INTERVENTION_COLUMNS, INTERVENTIONS_ASKED_IF
from continuity.models import Identity, Referral
from continuity.models.people import COMMUNITY as COMMUNITY_IDENTITY
from continuity.rows import rows_by_column
from continuity.working_rows import stored

INTERVENTIONS = "C45"


def write(referrals, columns, interventions):
    """Keeps answers (a list for each column id, as they are stored) and interventions (a list for each row) of referrals.
    Each question is asked only where the answers before it say so; the rest is left out, as when one row is saved.
    """
    rows = rows_by_column(columns | {"P25": [row.pk for row in referrals]})
    kept = _kept(rows)
    revisions = [row.revision + 1 for row in referrals]
    treated = _are_asked(rows, kept, INTERVENTIONS_ASKED_IF).tolist()
    interventions = [
        _interventions(given) if asked else [] for given, asked in zip(interventions, treated, strict=True)
    ]
    answers = zip(rows.names, _as_json(rows, kept), interventions, revisions, strict=True)
    bulk_rows.update_rows(Referral, ("id", "answers", "interventions", "revision"), answers)
    people = zip(rows.names, *(_values(rows, kept, id) for id in COMMUNITY_IDENTITY), strict=True)
    bulk_rows.update_rows(Identity, ("referral_id", *COMMUNITY_IDENTITY.values()), people)


def asked_for(columns, names):
    """By column id, for each of the rows called `names` whether its answer is there and asked for; C45 are interventions."""
    rows = rows_by_column(columns | {"P25": names})
    kept = _kept(rows)
    asked = kept | {INTERVENTIONS: _are_asked(rows, kept, INTERVENTIONS_ASKED_IF)}
    return {id: answers.tolist() for id, answers in asked.items()}


def _kept(rows):
    """For each column, which of its answers were asked for, in the order of the questions."""
    kept = {}
    for column in COMMUNITY_COLUMNS:
        kept[column.id] = rows.is_filled(column.id) & _are_asked(rows, kept, column.asked_if)
    return kept


def _are_asked(rows, kept, conditions):
    asked = np.ones(len(rows), bool)
    for id, keys in conditions:
        asked &= rows.says(id, *keys) & kept.get(id, False)
    return asked


def _numbers(rows, kept, id):
    return np.where(kept[id], rows.answered(id).numbers, 0).tolist()


def _as_json(rows, kept):
    """The answers of each row as the text of a JSON object."""
    parts = []
    for id in kept:
        if id not in COMMUNITY_IDENTITY:
            said = [
                json.dumps({id: stored(answer)}, ensure_ascii=False)[1:-1] for answer in rows.answered(id).answers[1:]
            ]
            parts.append(map(["", *said].__getitem__, _numbers(rows, kept, id)))
    for row in zip(*parts, strict=True):
        yield f"{{{', '.join(filter(None, row))}}}"


def _values(rows, kept, id):
    """What a field of the table of people holds; without an answer a day is NULL and a text empty."""
    blank = None if id == "C36" else ""
    return map([blank, *rows.answered(id).answers[1:]].__getitem__, _numbers(rows, kept, id))


def _interventions(given):
    return [{id: one.get(id) for id in INTERVENTION_COLUMNS} for one in given]
