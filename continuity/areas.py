"""Brings in the table of areas: DAT code, name, GSS code and, where it has an account, the local authority."""

import csv
import io
import re
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Organisation
from continuity.models import Area
from journal import events
from journal.refused import Refused

COLUMNS = ("dat_code", "name", "gss_code", "local_authority")
DAT_CODE, GSS_CODE = re.compile(r"[A-Z]\d{2}[A-Z]"), re.compile(r"[EW]\d{8}")


@dataclass(frozen=True)
class Outcome:
    created: int
    changed: int
    unchanged: int


def read(data):
    """The rows of a CSV file (bytes) with the columns `dat_code, name, gss_code, local_authority`; the last two may be
    blank, and `local_authority` is the code of an organisation. Raises Refused with a sentence that names the line.
    """
    try:
        text = data.decode("utf-8-sig")
        if "\0" in text:
            raise Refused("This is not a CSV file: it holds characters that no text has.")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or [])]:
            raise Refused(
                f"The first line has to name the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}."
            )
        rows = [(reader.line_num, _row(reader.line_num, row)) for row in reader]
    except UnicodeDecodeError:
        raise Refused("This is not a CSV file in UTF-8.") from None
    except csv.Error as problem:
        raise Refused(f"This is not a readable CSV file: {problem}.") from None
    _refuse_twice(rows)
    return [row for _, row in rows]


def _row(line, given):
    row = {name: (given[name] or "").strip() for name in COLUMNS}
    row["dat_code"], row["gss_code"] = row["dat_code"].upper(), row["gss_code"].upper()
    if not DAT_CODE.fullmatch(row["dat_code"]):
        raise Refused(f"Line {line}: {row['dat_code'] or 'a blank'} is no DAT code. It looks like A10B.")
    if not 0 < len(row["name"]) <= 120:
        raise Refused(f"Line {line}: {row['dat_code']} needs a name of up to 120 characters.")
    if row["gss_code"] and not GSS_CODE.fullmatch(row["gss_code"]):
        raise Refused(f"Line {line}: {row['gss_code']} is no GSS code. It looks like E09000001.")
    return row


def _refuse_twice(rows):
    seen = {}
    for line, row in rows:
        if row["dat_code"] in seen:
            raise Refused(f"{row['dat_code']} stands on lines {seen[row['dat_code']]} and {line}.")
        seen[row["dat_code"]] = line


@transaction.atomic
def bring_in(rows, *, at, by=None):
    """Writes all rows of `read`, or none; areas that the file does not name stay. Returns the Outcome."""
    authorities = _authorities(rows)
    known = {area.dat_code: area for area in Area.objects.all()}
    wanted = [
        Area(
            dat_code=row["dat_code"],
            name=row["name"],
            gss_code=row["gss_code"],
            local_authority=authorities.get(row["local_authority"]),
        )
        for row in rows
    ]
    new = [area for area in wanted if area.dat_code not in known]
    changed = [area for area in wanted if area.dat_code in known and _facts(area) != _facts(known[area.dat_code])]
    Area.objects.bulk_create(
        new + changed,
        update_conflicts=True,
        unique_fields=["dat_code"],
        update_fields=["name", "gss_code", "local_authority"],
    )
    outcome = Outcome(len(new), len(changed), len(wanted) - len(new) - len(changed))
    events.record(
        "areas imported",
        subject=("areas", "all"),
        by=by,
        at=at,
        detail={"created": [area.dat_code for area in new], "changed": [area.dat_code for area in changed]},
    )
    return outcome


def _facts(area):
    return area.name, area.gss_code, area.local_authority_id


def _authorities(rows):
    codes = {row["local_authority"] for row in rows} - {""}
    found = {
        organisation.code: organisation
        for organisation in Organisation.objects.filter(code__in=codes, kind=Organisation.Kind.LOCAL_AUTHORITY)
    }
    if unknown := sorted(codes - set(found)):
        raise Refused(f"No local authority of the portal has the code {', '.join(unknown)}.")
    return found
