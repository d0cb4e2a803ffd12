"""How the content of a version is kept: answers as they are hashed, rows by column, without repeats, and compressed.

The hash is over the canonical bytes, before compression, so that another compressor gives no other hash.
"""

import json
import zlib
from enum import StrEnum

from returns.content import canonical


class Format(StrEnum):
    """What `VersionContent.format` says of the kept bytes."""

    JSON = "json"
    COLUMNS = "columns"


def by_column(columns):
    """Columns (lists of plain values by name, of one length) as plain data: each distinct value once, then its places."""
    return {name: _without_repeats(values) for name, values in columns.items()}


def _without_repeats(values):
    if len({value.__class__ for value in values} & {bool, int, float}) > 1:  # 1 and True are two values
        places = {}
        codes = [places.setdefault((value.__class__, value), len(places)) for value in values]
        return {"values": [value for _, value in places], "codes": codes}
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    return {"values": list(places), "codes": list(map(places.__getitem__, values))}


def from_columns(data):
    """The columns that `by_column` wrote."""
    return {name: [part["values"][code] for code in part["codes"]] for name, part in data.items()}


def pack(data, kept_as):
    """The canonical bytes of `data`, which are hashed, and the bytes that are kept."""
    plain = canonical(data)
    return plain, zlib.compress(plain, 6) if kept_as == Format.COLUMNS else plain


def hashed_bytes(payload, kept_as):
    """The bytes that the hash of a kept payload is over."""
    return zlib.decompress(payload) if kept_as == Format.COLUMNS else bytes(payload)


def unpack(payload, kept_as):
    """The plain data in a kept payload."""
    return json.loads(hashed_bytes(payload, kept_as))
