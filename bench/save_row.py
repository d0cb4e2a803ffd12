"""What saving one row costs on a sheet of `size` rows, beside judging the whole sheet again."""

import tempfile
import time

from django.test import override_settings

from accounts.row_security import as_system
from bench import audit_stage
from bench.audit_stage import AT
from continuity import sheets
from continuity.columns import COLUMNS, COMMUNITY_COLUMNS, read
from continuity.models import Referral
from returns import workflow

SIZE = 200
SAVES = 20


def run(size):
    """Shares a sheet of `size` rows and saves some of them one by one; returns what the command prints."""
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder), as_system("bench"):
        stage = audit_stage.make_stage()
        rows = audit_stage.people(size)
        audit_stage.upload_extract(stage, rows)
        sheet = audit_stage.shared_sheet(stage)
        whole = _timed(workflow.judge_rows_again, sheet.submission)
        each = [_timed(_save, sheet, row, given, stage.service) for row, given in _some(sheet, rows)]
    seconds = sum(each) / len(each)
    return {
        "name": "save_row",
        "n": size,
        "seconds": round(seconds, 4),
        "per_second": round(1 / seconds),
        "slowest": round(max(each), 4),
        "whole_sheet_seconds": round(whole, 3),
    }


def _some(sheet, rows):
    """Rows spread over the sheet, each with what a service would answer."""
    found = Referral.objects.filter(sheet=sheet).order_by("position")
    for referral in found[:: max(1, len(rows) // SAVES)]:
        yield referral, rows[referral.position - 2]  # the headings are the first row of the file


def _save(sheet, referral, given, by):
    answers = {column.id: read(COLUMNS[column.id], given.get(column.id)) for column in COMMUNITY_COLUMNS}
    answers["C48"] = None
    sheets.save_row(sheet, referral.uuid, answers, [], revision=referral.revision, by=by, at=AT)


def _timed(work, *arguments):
    before = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - before
