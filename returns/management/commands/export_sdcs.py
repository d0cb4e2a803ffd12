"""`manage.py export_sdcs PERIOD --to DIR`: writes the national files of a period, with a manifest."""

import json
import re
from pathlib import Path

from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.row_security import as_system
from journal.plain_command import PlainCommand
from returns import exports
from returns.models import Period
from returns.periods import Quarter
from returns.registry import return_types, type_of

SYSTEM = "SDCS"


class Command(PlainCommand):
    help = "Writes the files for SDCS from the versions whose check passed. Exit status: 0 done, 2 could not run."

    def add_arguments(self, parser):
        parser.add_argument("period", help="the period, such as 2025-26-Q2")
        parser.add_argument("--to", required=True, metavar="DIR", type=Path, help="the folder to write into")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, **options):
        try:
            with as_system("export"):
                result = write(options["period"], options["to"])
        except ValueError as problem:
            self.refuse(str(problem))
        except OSError as problem:
            self.refuse(
                f"The files cannot be written to {options['to']}: {problem.strerror or 'it does not take them'}."
            )
        except DatabaseError:
            self.refuse("The database cannot be reached or has no tables yet, so nothing was written.")
        self.stdout.write(json.dumps(result, indent=2) if options["json"] else in_sentences(result))


@transaction.atomic
def write(key, folder):
    """Writes the files and returns what the command prints. What left is written down only if all of it was written."""
    period = opened_period(key)
    export = exports.gather(period)
    release, _ = exports.release(period, export, by=None, at=timezone.now())
    folder.mkdir(parents=True, exist_ok=True)
    removed = outdated(folder, period, export.files)
    for name, data in export.files.items():
        (folder / name).write_bytes(data)
    for path in removed:
        path.unlink()
    return {
        "period": key,
        "to": str(folder),
        "release": str(release.uuid),
        "sha256": release.sha256,
        "files": sorted(export.files),
        "removed": [path.name for path in removed],
        "submitted": len(export.versions),
        "not_submitted": [item.organisation_code for item in export.non_submitters],
        "newer_than_sent": [
            {"organisation_code": code, "sent": sent, "standing": standing}
            for code, sent, standing in export.newer_than_sent
        ],
    }


def outdated(folder, period, files):
    """What an earlier export of this period left in the folder and this one does not hold; nothing else."""
    is_ours = re.compile(type_of(period).national_files.file_pattern(period.key))
    return [path for path in sorted(folder.iterdir()) if is_ours.fullmatch(path.name) and path.name not in files]


def opened_period(key):
    key = Quarter.parse(key).key
    going = [
        slug for slug, item in return_types().items() if item.national_files and item.national_files.title == SYSTEM
    ]
    period = (
        Period.objects.select_related("collection")
        .filter(collection__return_type__in=going, key=key, opened_at__isnull=False)
        .order_by("pk")
        .first()
    )
    if period is None:
        raise ValueError(f"The period {key} has not been opened, so there is nothing to export.")
    return period


def in_sentences(result):
    lines = [
        f"Wrote {len(result['files'])} files to {result['to']}. "
        f"Organisations in them: {result['submitted']:,}. Not submitted: {len(result['not_submitted']):,}.",
        f"The release is {result['release']}.",
    ]
    lines += [f"Removed {name}, from an earlier export." for name in result["removed"]]
    lines += [
        f"{row['organisation_code']}: version {row['sent']} was sent before; version {row['standing']} goes now."
        for row in result["newer_than_sent"]
    ]
    return "\n".join(lines)
