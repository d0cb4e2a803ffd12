"""A service's answers about many rows at once, column by column: what is asked for, and writing them with COPY."""

import json

import numpy as np

from continuity import bulk_rows, interventions
from continuity.columns import COMMUNITY_COLUMNS, INTERVENTIONS_ASKED_IF
from continuity.interventions import C45
from continuity.kept_answers import stored
from continuity.models import Identity, Referral
from continuity.models.people import COMMUNITY as COMMUNITY_IDENTITY
from continuity.rows import Answered, rows_with
from journal.copy_rows import cell

ANSWERS = [column.id for column in COMMUNITY_COLUMNS if column.id not in COMMUNITY_IDENTITY]


def asked_for(columns, names):
    """The columns (Answered, C45 among them) with what is asked for alone, each after the answers before it."""
    rows, asked = rows_with(columns, names), {}
    conditions = {column.id: column.asked_if for column in COMMUNITY_COLUMNS} | {C45: INTERVENTIONS_ASKED_IF}
    kept = {}
    for id, asked_if in conditions.items():
        asked[id] = rows.is_filled(id)
        for other, keys in asked_if:
            asked[id] &= rows.says(other, *keys) & asked.get(other, False)
        kept[id] = Answered(columns[id].answers, np.where(asked[id], columns[id].numbers, 0))
    return kept


def write(ids, revisions, columns):
    """Keeps the answers (columns as `asked_for` gives them) about the referrals with these primary keys, of which these
    revisions were read.
    """
    ids = [str(id) for id in ids.tolist()]
    treated = _texts(columns[C45], lambda given: cell(interventions.as_stored(given)))
    lines = map(",".join, zip(ids, _as_json(columns), treated, map(str, (revisions + 1).tolist()), strict=True))
    bulk_rows.update_rows(Referral, ("id", "answers", "interventions", "revision"), lines)
    people = (
        _texts(columns[id], lambda answer, blank=None if id == "C36" else "": cell(answer or blank))
        for id in COMMUNITY_IDENTITY
    )
    lines = map(",".join, zip(ids, *people, strict=True))
    bulk_rows.update_rows(Identity, ("referral_id", *COMMUNITY_IDENTITY.values()), lines)


def _as_json(columns):
    """The answers of each row as a cell with a JSON object."""
    parts = [
        _texts(
            columns[id],
            lambda answer, id=id: "" if answer is None else json.dumps({id: stored(answer)}, ensure_ascii=False)[1:-1],
        )
        for id in ANSWERS
    ]
    for row in zip(*parts, strict=True):
        yield cell(f"{{{', '.join(filter(None, row))}}}")


def _texts(answered, text):
    """The text of each row's answer; each different answer is written once."""
    return map([text(answer) for answer in answered.answers].__getitem__, answered.numbers.tolist())
