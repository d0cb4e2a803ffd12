"""Published headcounts: read from a CSV file, and laid beside what a return says. They never bounce a return."""

import csv
import io
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db import transaction

from accounts.models import Organisation
from journal import events
from journal.refused import Refused
from returns.models import PublishedHeadcount
from returns.statistics import percent, rate_text

COLUMNS = ["organisation_code", "day", "headcount", "source"]
TOLERANCE = Fraction(1, 10)  # where the return type has no standard `headcount_tolerance`
MOST_BYTES = 5_000_000
MOST_PROBLEMS = 10


@dataclass(frozen=True)
class Loaded:
    """How many figures were kept, and the codes in the file that the portal does not know."""

    kept: int
    unknown: list[str]


@dataclass(frozen=True)
class Comparison:
    """The latest published figure up to a day beside the one given. `off_by` is in words, such as "12.4 % lower"."""

    headcount: int
    day: date
    source: str
    off_by: str
    is_beyond: bool
    tolerance: str


def read(data):
    """The lines of a CSV file (bytes) as (organisation code, day, headcount, source). Raises Refused with what is wrong in
    which line; then nothing of the file counts.
    """
    if len(data) > MOST_BYTES:
        raise Refused(f"The file is larger than {MOST_BYTES // 1_000_000} MB.", "too_large")
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        header = [cell.strip().lower() for cell in next(lines, [])]
        if header != COLUMNS:
            raise Refused(f"The first line must be {','.join(COLUMNS)}.", "columns")
        found = [(lines.line_num, line) for line in lines if any(cell.strip() for cell in line)]
    except UnicodeDecodeError:
        raise Refused("The file is not CSV text in UTF-8.", "not_text") from None
    except csv.Error as problem:
        raise Refused(f"Line {lines.line_num} is not CSV: {problem}.", "not_csv") from None
    rows, problems = {}, []
    for number, line in found:
        try:
            row = _row(line)
        except ValueError as problem:
            problems.append(f"Line {number}: {problem}")
        else:
            rows[row[0], row[1], row[3]] = row
    if problems:
        more = f" And {len(problems) - MOST_PROBLEMS} more." if len(problems) > MOST_PROBLEMS else ""
        raise Refused(" ".join(problems[:MOST_PROBLEMS]) + more, "lines")
    return list(rows.values())


def _row(line):
    if len(line) != len(COLUMNS):
        raise ValueError(f"{len(line)} cells instead of {len(COLUMNS)}.")
    code, day, headcount, source = (cell.strip() for cell in line)
    if not (code.isascii() and code.isalnum() and len(code) <= 12):
        raise ValueError("the organisation code is not one.")
    if not (headcount.isascii() and headcount.isdecimal() and len(headcount) <= 7):
        raise ValueError("the headcount is not a whole number in plain digits.")
    if not source or len(source) > 200 or not source.isprintable():
        raise ValueError("the source is missing, or longer than 200 characters.")
    try:
        return code.upper(), date.fromisoformat(day), int(headcount), source
    except ValueError:
        raise ValueError("the day is not a date such as 2025-09-30.") from None


@transaction.atomic
def load(data, *, by, at):
    """Keeps the figures of a CSV file; a figure of the same source for the same day takes the place of the one before."""
    return keep(read(data), by=by, at=at)


def keep(rows, *, by, at):
    """Keeps (organisation code, day, headcount, source) of organisations that the portal knows."""
    ids = dict(Organisation.objects.filter(code__in={row[0] for row in rows}).values_list("code", "pk"))
    kept = PublishedHeadcount.objects.bulk_create(
        [
            PublishedHeadcount(organisation_id=ids[code], day=day, headcount=headcount, source=source, loaded_at=at)
            for code, day, headcount, source in rows
            if code in ids
        ],
        update_conflicts=True,
        unique_fields=["organisation", "day", "source"],
        update_fields=["headcount", "loaded_at"],
        batch_size=5_000,
    )
    unknown = sorted({row[0] for row in rows} - ids.keys())
    events.record(
        "headcounts imported",
        subject=("headcounts", at.date()),
        by=by,
        at=at,
        detail={"rows": len(kept), "unknown": len(unknown)},
    )
    return Loaded(len(kept), unknown)


def beside(organisation, day, given, standards):
    """The latest figure published for a day no later than `day`, compared with what was `given` (or None); None where
    nothing is published.
    """
    rows = PublishedHeadcount.objects.filter(organisation=organisation, day__lte=day)
    published = rows.order_by("-day", "source").first()
    if published is None:
        return None
    tolerance = Fraction(standards.get("headcount_tolerance", TOLERANCE))
    return Comparison(
        published.headcount,
        published.day,
        published.source,
        _off_by(given, published.headcount),
        is_beyond=given is not None and abs(given - published.headcount) > tolerance * published.headcount,
        tolerance=rate_text(tolerance),
    )


def _off_by(given, published):
    if given is None or not published:
        return ""
    if given == published:
        return "the same"
    return f"{percent(abs(given - published), published)} % {'higher' if given > published else 'lower'}"


def said(loaded):
    """What became of a file, in sentences."""
    some = ", ".join(loaded.unknown[:20]) + (" and others" if len(loaded.unknown) > 20 else "")
    unknown = f" The portal does not know {len(loaded.unknown):,} of the organisations: {some}." if some else ""
    return f"Headcounts kept: {loaded.kept:,}.{unknown}"
