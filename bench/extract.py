"""What reading a prison's extract of `size` rows costs a worker: all new, none changed, and all changed while on a sheet."""

import tempfile
import time

from django.test import override_settings

from accounts.row_security import as_system
from bench import audit_stage

SIZE = 200


def run(size):
    """Uploads three revisions of an extract of `size` rows; returns what the command prints."""
    with tempfile.TemporaryDirectory() as folder, override_settings(MEDIA_ROOT=folder), as_system("bench"):
        stage = audit_stage.make_stage()
        rows = audit_stage.people(size)
        new = _timed(stage, rows)
        same = _timed(stage, rows, audit_stage.SENT[::-1])  # the same bytes are refused
        audit_stage.shared_sheet(stage)
        changed = _timed(stage, [row | {"P02": f"{row['P02']}-Changed", "P07": "Cannabis"} for row in rows])
    return {
        "name": "extract",
        "n": size,
        "seconds": round(changed, 3),
        "per_second": round(size / changed),
        "new_seconds": round(new, 3),
        "same_seconds": round(same, 3),
    }


def _timed(stage, *file):
    before = time.perf_counter()
    audit_stage.upload_extract(stage, *file)
    return time.perf_counter() - before
