"""Whether the rows of a sheet are nothing but rows and cells in order that hold plain values, seen a megabyte at a time.

Most sheets are, and looking at each of their cells would cost more than reading them. Without its digits, a row is one of a
few kinds (*skeletons*), and each kind is looked at once; that the digits are the right ones is counted. What is not plain
is no mistake yet: it is looked at cell by cell.
"""

import re
from itertools import pairwise

BLOCK = 1 << 20
KINDS = 2_000  # more kinds of rows than that: looking at each kind saves nothing
START = b"<row "
NUMBER = re.compile(rb'<row r="([1-9][0-9]{0,6})"')
CELL = rb'<c r="([A-Z]{1,3})"(?: s="")?(?: t="[snbd]")?(?: (?:cm|vm|ph)="")*(?:/>|></c>|><v>[-.]*</v></c>)'
# A row without its digits. `hidden` and a height of 0 take digits to see, so they are not plain unless they say false
ROW = re.compile(
    rb'r=""(?: (?!r=|hidden="(?!false"))[A-Za-z][\w:]*="[^"<>&\']*")*(?:/>|>((?:%s)*)</row>)'
    % CELL.replace(b"([A-Z]{1,3})", b"[A-Z]{1,3}")
)
COLUMNS = re.compile(rb'<c r="([A-Z]{1,3})"')
NO_HEIGHT = b' ht="0'
DIGITS = b"0123456789"
LETTERS_ALIKE = bytes(ord("A") if chr(code).isupper() and code < 128 else code for code in range(256))
DIGITS_ALIKE = bytes(ord("0") if code in DIGITS else code for code in range(256))


def are_plain(part, start, end, limits):
    """Whether all of `part[start:end]` (bytes, from the first row on) is plain, and no more than `limits` allow.

    `limits` has the largest number of a row, of columns, and how many cells there may be.
    """
    kinds, last, cells = {}, 0, 0
    for begins, ends in blocks(part, start, end):
        block = part[begins:ends]
        numbers = NUMBER.findall(block)
        kinds_here = block.translate(None, DIGITS).split(START)
        alike = block.translate(LETTERS_ALIKE)
        rows = alike.split(START)
        if not len(numbers) + 1 == len(kinds_here) == len(rows) or kinds_here[0]:
            return False
        if b"0A" in alike.translate(DIGITS_ALIKE) or NO_HEIGHT in block:
            return False  # a reference such as A5B12
        for kind in set(kinds_here[1:]) - kinds.keys():
            kinds[kind] = number_of_cells(kind, limits.columns)
        if len(kinds) > KINDS or None in kinds.values():
            return False
        for name, kind, row in zip(numbers, kinds_here[1:], rows[1:], strict=True):
            # Each cell says that it is in this row: its reference ends with a letter and the row's number
            if row.count(b'A%s"' % name) != kinds[kind]:
                return False
            cells += kinds[kind]
        numbers = [last, *map(int, numbers)]
        if any(before >= after for before, after in pairwise(numbers)):
            return False
        last = numbers[-1]
    return last <= limits.rows and cells <= limits.cells


def blocks(part, start, end):
    """Where blocks of whole rows begin and end."""
    while start < end:
        following = part.find(START, start + BLOCK, end)
        following = end if following < 0 else following
        yield start, following
        start = following


def number_of_cells(kind, most):
    """How many cells a row of this kind has; None where it is not plain, or its cells are not in order."""
    row = ROW.fullmatch(kind)
    if not row:
        return None
    columns = [column_number(name) for name in COLUMNS.findall(row[1] or b"")]
    if any(before >= after for before, after in pairwise(columns)) or (columns and columns[-1] > most):
        return None
    return len(columns)


def column_number(name):
    """The number of a column from its letters (bytes): A is 1, AA is 27."""
    number = 0
    for letter in name:
        number = 26 * number + letter - 64
    return number
