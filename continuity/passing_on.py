"""A single point of contact passes rows on to another service, if it likes with what its live referrals tell of them.

The other service was no party to those referrals and never sees one. What they tell is the sender's to say: it goes along as
answers on the rows, which the other service completes and may correct like any other.
"""

from django.db import transaction

from continuity import sheets, working_rows
from continuity.columns import COMMUNITY_COLUMNS, INTERVENTION_COLUMNS, read
from continuity.referral_links import begun


def told_by_referrals(sheet, rows, by):
    """What live referrals sent to the sender tell of rows (with their identity) that nobody answered there yet: {primary key:
    (referral, {column id: answer})}.
    """
    return begun(rows, prison_id=sheet.pair.prison_id, service_id=by.organisation_id)


@transaction.atomic
def pass_on(sheet, row_ids, service, *, with_referrals, by, at):
    """Gives rows of a sheet to another service, as `sheets.assign` does; `with_referrals` they are answered as far as the
    sender's live referrals tell.
    """
    other = sheets.assign(sheet, row_ids, service, by=by, at=at)
    if other and with_referrals:
        rows = {row.pk: row for row in other.referrals.filter(uuid__in=row_ids).select_related("identity")}
        told = told_by_referrals(sheet, rows.values(), by)
        if told:
            given = {rows[pk].uuid: _with(rows[pk], answers) for pk, (_, answers) in told.items()}
            sheets.save_rows(other, given, by=by, at=at)
    return other


def _with(row, told):
    """(answers, interventions) of a row as `sheets.save_rows` takes them, with what a referral told of it."""
    known = working_rows.answers_of(row)
    answers = {column.id: read(column, known.get(column.id)) for column in COMMUNITY_COLUMNS}
    treated = [
        {id: read(column, given.get(id)) for id, column in INTERVENTION_COLUMNS.items()} for given in row.interventions
    ]
    return answers | told, treated
