"""What the rules say of each row of a sheet, kept beside it, so that saving one row judges that row and not the sheet.

Most rules look at one row alone. The few that look across rows read nothing but ACROSS_COLUMNS, and are judged over these
columns of the whole sheet.
"""

from datetime import date

import numpy as np
from django.db import connection
from django.db.models.fields.json import KT

from continuity import working_rows
from continuity.engagement import Referrals
from continuity.models import Referral, RowFinding, Sheet
from continuity.models.people import IDENTIFYING
from continuity.recording_rules import RULES, Finding, Severity
from continuity.rows import answered_by, rows_with
from journal.copy_rows import cell, copy_lines, copy_rows
from returns.return_type import Standing

ACROSS = tuple(code for code, rule in RULES.items() if rule.across)
ACROSS_COLUMNS = ("P01", "P02", "P03", "P04", "P05", "P11", "C34", "C35", "C36", "C37")
COLUMNS_KEPT = ("sheet_id", "upload_id", "referral_id", "position", "rule", "severity")
CONTENT = """
    SELECT encode(sha256(convert_to(coalesce(string_agg(
        concat_ws(' ', uuid, revision, digest, md5(sent::text), md5(answers::text), md5(interventions::text)),
        E'\\n' ORDER BY position, id), ''), 'UTF8')), 'hex')
    FROM continuity_referral WHERE sheet_id = %s
"""


def judge(submission, rows=None):
    """Runs the rules over what a change of these rows may have changed, keeps what they say, and returns how the whole sheet
    stands then. `rows` are Referrals with their identity, or all rows of the sheet as they are now (RowsOn); None: they are
    read.
    """
    sheet = Sheet.objects.select_related("audit__period", "pair__area", "pair__prison").get(pk=submission.pk)
    kept = RowFinding.objects.filter(sheet=sheet, upload=None)
    if rows is None or isinstance(rows, working_rows.RowsOn):
        rows = rows or working_rows.rows_on(sheet)
        checked = rows.filled.checked
        kept.delete()
        keep(checked, rows, sheet.pk)
    else:
        audit = working_rows.audit_of(sheet.audit, pair=sheet.pair)
        checked = working_rows.filled_of(rows, audit).checked
        kept.filter(referral__in=rows).exclude(rule__in=ACROSS).delete()
        alone = [code for code in checked.fired if code not in ACROSS]
        places = np.array([(row.pk, row.position) for row in rows], np.int64).reshape(-1, 2)
        copy_lines(RowFinding, COLUMNS_KEPT, fired(checked, *places.T, alone, sheet.pk, None))
        _judge_across(sheet, audit, kept)
    blocking = kept.filter(severity=Severity.BLOCK).count()
    blocking += sum(RULES[code].severity is Severity.BLOCK for code in checked.workbook_rules)
    return Standing(_content_sha256(sheet.pk), blocking)


def keep(checked, rows, sheet_id, upload_id=None):
    """Writes which rules fired for which of the rows (RowsOn) with COPY; returns how many findings."""
    lines = fired(checked, rows.ids, rows.positions, checked.fired, sheet_id, upload_id)
    return copy_lines(RowFinding, COLUMNS_KEPT, lines)


def fired(checked, ids, positions, codes, *begins):
    """For COPY, a line for each of these rules and each row for which it fired: `begins`, primary key, position, rule and
    severity. `ids` and `positions` are those of the referrals that were checked, in their order.
    """
    begins = ",".join(map(cell, begins))
    for code in codes:
        rows = np.flatnonzero(checked.fired[code])
        severities = [checked.severity_of(code, row).value for row in rows.tolist()]
        for pk, position, severity in zip(ids[rows].tolist(), positions[rows].tolist(), severities, strict=True):
            yield f'{begins},{pk},{position},"{code}","{severity}"'


def _judge_across(sheet, audit, kept):
    """The rules that look across rows, over the whole sheet: what they say now is added, what they say no more goes."""
    places, rows = _thin_rows(sheet)
    referrals, pks = Referrals(rows, audit), rows.names
    now = {(pks[row], code) for code in ACROSS for row in RULES[code].fires(referrals).nonzero()[0].tolist()}
    before = {(pk, code): id for id, pk, code in kept.filter(rule__in=ACROSS).values_list("pk", "referral", "rule")}
    kept.filter(pk__in=[before[key] for key in before.keys() - now]).delete()
    new = (
        (sheet.pk, None, pk, places[pk], code, RULES[code].severity.value) for pk, code in sorted(now - before.keys())
    )
    copy_rows(RowFinding, COLUMNS_KEPT, new)


def _thin_rows(sheet):
    """The place of every row of a sheet by its primary key, and its rows with nothing but what rules compare across them."""
    found = Referral.objects.filter(sheet=sheet).order_by("position", "pk")
    found = found.values_list("pk", "position", *map(_where, ACROSS_COLUMNS))
    pks, positions, *columns = list(zip(*found, strict=True)) or [()] * (2 + len(ACROSS_COLUMNS))
    columns = {id: answered_by(_read(id, values)) for id, values in zip(ACROSS_COLUMNS, columns, strict=True)}
    return dict(zip(pks, positions, strict=True)), rows_with(columns, list(pks))


def _read(id, values):
    """What is kept as answers: text of an exit date becomes the day again; blanks are None."""
    if id == "P11":
        return [value and date.fromisoformat(value) for value in values]
    return [value or None for value in values]


def _where(id):
    if id in IDENTIFYING:
        return f"identity__{IDENTIFYING[id]}"
    return KT(f"answers__{id}") if id.startswith("C") else KT(f"sent__{id}")


def across(referral):
    """What is kept of a row from the rules that look across rows, in words."""
    codes = RowFinding.objects.filter(referral=referral, upload=None, rule__in=ACROSS).order_by("rule")
    return [_finding(RULES[code]) for code in codes.values_list("rule", flat=True)]


def _finding(rule):
    return Finding(rule.code, rule.severity, rule.columns, *working_rows.said_of_any_row(rule))


def _content_sha256(sheet_id):
    """A hash over all that the rows of a sheet say; what identifies people is in it by its digest and the row's revision."""
    with connection.cursor() as cursor:
        cursor.execute(CONTENT, [sheet_id])
        return cursor.fetchone()[0]
