"""What the rules say of a prison's own record of its releases, all of them, before anything of it is shared.

Left out are the rules that say who is on the audit list (a row that is not is listed with its reason), and those that wait
for a service's answers.
"""

import numpy as np

from continuity import held_back, working_rows
from continuity.held_back import Stands
from continuity.models import ExtractFinding, RowFinding
from continuity.recording_rules import RULES
from continuity.row_findings import fired
from journal.copy_rows import copy_lines

OF_THE_RECORD = frozenset(
    ("EXT-06", "EXT-07", "EXT-08", "EXT-12", "EXT-13", "ATT-12", "DAT-01", "DAT-02", "DAT-08", "DAT-09", "DAT-10")
    + ("REF-02", "REF-05")
    + tuple(code for code in RULES if code.startswith("DIS-"))
)
GRAVE = (RowFinding.Severity.BLOCK, RowFinding.Severity.ERROR)
COLUMNS_KEPT = ("extract_id", "referral_id", "position", "rule", "severity")


def keep(extract, checked, referrals):
    """Writes down what fired for the rows of an extract (`referrals` in the order of `checked`), instead of what the
    prison's earlier extract had.
    """
    of(extract.audit_id, extract.prison_id).delete()
    places = np.array([(row.pk, row.position) for row in referrals], np.int64).reshape(-1, 2)
    codes = [code for code in checked.fired if code in OF_THE_RECORD]
    return copy_lines(ExtractFinding, COLUMNS_KEPT, fired(checked, *places.T, codes, extract.pk))


def of(audit_id, prison_id):
    """The findings of the last extract of a prison, of all its releases."""
    return ExtractFinding.objects.filter(extract__audit=audit_id, extract__prison=prison_id)


def with_findings(rows):
    """Referrals, each with `found`: its findings, the gravest first (asked once for all of them)."""
    order = list(RowFinding.Severity)
    by_row = {row.pk: [] for row in rows}
    for finding in sorted(ExtractFinding.objects.filter(referral__in=rows), key=lambda one: order.index(one.severity)):
        finding.message, _ = working_rows.said_of_any_row(RULES[finding.rule])
        by_row[finding.referral_id].append(finding)
    for row in rows:
        row.found = by_row[row.pk]
    return rows


def grave_among(pair, day):
    """How many of the rows that would be shared of a pair on a day have a finding that breaks the indicator."""
    to_share = held_back.listed(pair.audit_id, pair.prison_id, day).filter(pair=pair, stands=Stands.TO_SHARE)
    found = ExtractFinding.objects.filter(referral__in=to_share.values("pk"), severity__in=GRAVE)
    return found.values("referral").distinct().count()
