"""What `size` findings on one sheet cost: a page of them, the last page, those of one rule, and all as a file by a worker."""

import tempfile
import time

from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.urls import reverse

from accounts.row_security import as_system
from bench import audit_stage
from bench.audit_stage import AT
from bench.pages import signed_in
from continuity import findings_list, row_findings
from continuity.models import RowFinding
from continuity.recording_rules import RULES
from journal.copy_rows import copy_rows
from returns import exports

SIZE = 2_000
CODES = [code for code, rule in RULES.items() if not rule.workbook][:40]  # findings of one row


def run(size):
    """Puts `size` findings on a sheet and reads them; returns what the command prints."""
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder):
        with as_system("bench"):
            stage = audit_stage.make_stage()
            audit_stage.upload_extract(stage, audit_stage.people(-(-size // len(CODES))))
            sheet = audit_stage.shared_sheet(stage)
            kept = _findings_on(sheet, size)
        address, client = reverse("audits:row_findings", args=[sheet.submission.uuid]), signed_in(stage.service)
        client.get(address)
        pages = {
            "page": _timed(client.get, address),
            "last_page": _timed(client.get, f"{address}?page={-(-kept // 50)}"),
            "one_rule": _timed(client.get, f"{address}?rule={CODES[0]}"),
        }
        findings_list.ask(findings_list.About(sheet), by=stage.service, at=AT)
        seconds = _timed(lambda: exports.write_waiting(at=AT))
    return {
        "name": "row_findings",
        "n": kept,
        "seconds": round(seconds, 3),
        "per_second": round(kept / seconds),
        "milliseconds": {name: round(1000 * seconds) for name, seconds in pages.items()},
    }


def _findings_on(sheet, size):
    """Every row has the first rules, as if they had fired; returns how many findings there are."""
    RowFinding.objects.filter(sheet=sheet).delete()
    rows = list(sheet.referrals.order_by("position"))
    sheet.referrals.update(revision=1)
    found = (
        (sheet.pk, None, row.pk, row.position, code, RULES[code].severity.value)
        for row in rows
        for code in sorted(CODES)
    )
    kept = copy_rows(RowFinding, row_findings.COLUMNS_KEPT, found)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return kept


def _timed(work, *arguments):
    before = time.perf_counter()
    answer = work(*arguments)
    if getattr(answer, "status_code", 200) != 200:
        raise RuntimeError(f"The page answered {answer.status_code}.")
    return time.perf_counter() - before
