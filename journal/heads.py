"""The heads of the log's chain, kept outside the database: who cuts or rewrites the log cannot rewrite these files.

Each database has a folder of its own, so that a new one beside the same files is not taken for a log cut short.
"""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from journal import seal

logger = logging.getLogger(__name__)

IDENTITY = """
SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()) FROM pg_control_system()
"""


class Unreadable(Exception):
    """A kept head that cannot be read; the message is a sentence."""


@dataclass(frozen=True)
class Head:
    """Link `seq` of the chain as it stood at `at`, a moment in ISO form."""

    seq: int
    hash: str
    at: str

    def __str__(self):
        return f"kept outside the database on {self.at[:10]}"


def folder():
    """Where the heads of this database are kept."""
    with connection.cursor() as cursor:
        cursor.execute(IDENTITY)
        return Path(settings.MEDIA_ROOT, "seals", "-".join(map(str, cursor.fetchone())))


def keep(*, at):
    """Writes the head down, unless a head of that number was kept before. A full disk stops nobody: it is logged."""
    last = seal.head()
    if last is None:
        return
    path = folder() / f"{last.seq:012}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_suffix(".draft")
            draft.write_text(json.dumps(asdict(Head(last.seq, last.hash, at.isoformat()))) + "\n")
            draft.rename(path)
    except OSError:
        logger.exception("The head of the log could not be kept in %s.", path.parent)


def kept(place=None):
    """Every head kept in the folder `place`, or in this database's own. Raises Unreadable."""
    return [_read(path) for path in sorted(Path(place or folder()).glob("*.json"))]


def _read(path):
    try:
        head = Head(**json.loads(path.read_text()))
        return Head(int(head.seq), str(head.hash), str(head.at))
    except (OSError, ValueError, TypeError) as problem:
        raise Unreadable(f"{path} is not a head of the log that can be read.") from problem
