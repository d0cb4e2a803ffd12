"""Workbooks for tests: an ordinary one, and each of the odd and hostile ones, made on the spot. No file is kept."""

import io
import re
import struct
import zipfile
import zlib
from dataclasses import replace

from openpyxl import load_workbook
from openpyxl.styles import Color, Font, PatternFill

from prevent.return_type import PREVENT
from prevent.tests.factories import make_answers
from returns.workbooks import Identity, template

TRAINING, ENGAGEMENT, LEADS = "Training", "Engagement", "Prevent leads"
TRAINING_PART = "xl/worksheets/sheet4.xml"
IDENTITY = Identity(
    return_type="prevent",
    organisation_code="ZZT01",
    organisation_name="Invented Trust",
    kind="NHS_TRUST",
    traits="",
    subject="",
    period="2025-26-Q2",
    period_title="Quarter 2 2025 to 2026 (July to September)",
    starts="2025-07-01",
    ends="2025-09-30",
    template_version="1.0",
    revisions="",
)


def make_workbook(previous=None, identity=IDENTITY, without=(), absent=(), **changes):
    """The bytes of a clean return's workbook, with `changes` to its answers."""
    return template(PREVENT, identity, make_answers(without=without, absent=absent, **changes), previous)


def edited(data, sheet, **cells):
    """The workbook after a person changed cells and saved: `edited(data, "Training", B5=12)`."""
    workbook = load_workbook(io.BytesIO(data))
    for place, value in cells.items():
        workbook[sheet][place] = value
    return saved(workbook)


def saved(workbook):
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def changed(data, change):
    """The workbook after `change(workbook)` by a person, through openpyxl."""
    workbook = load_workbook(io.BytesIO(data))
    change(workbook)
    return saved(workbook)


def remade(data, parts=None, drop=(), add=None):
    """The workbook with parts rewritten: `parts` maps a part to a function of its bytes, `add` a new part to its bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in drop:
                new.writestr(name, (parts or {}).get(name, lambda part: part)(old.read(name)))
        for name, part in (add or {}).items():
            new.writestr(name, part)
    return out.getvalue()


def swapped(old, new, part=TRAINING_PART, data=None):
    """The workbook with the first `old` of a part made `new`; both are text."""

    def swap(content):
        assert old.encode() in content, old
        return content.replace(old.encode(), new.encode(), 1)

    return remade(data or make_workbook(), {part: swap})


def with_cell(cell, data=None):
    """The workbook with the cell of B5 on sheet Training written as `cell`."""
    swap = lambda part: re.sub(rb'<c r="B5"[^>]*><v>[^<]*</v></c>', lambda _: cell.encode(), part)  # noqa: E731
    return remade(data or make_workbook(), {TRAINING_PART: swap})


def with_rows(rows):
    """The workbook with `rows` after the last row of sheet Training."""
    return swapped("</sheetData>", rows + "</sheetData>")


def with_relationship(kind, target, part="xl/_rels/workbook.xml.rels"):
    name = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/" + kind
    link = f'<Relationship Id="rId99" Type="{name}" Target="{target}" TargetMode="External"/></Relationships>'
    return swapped("</Relationships>", link, part)


def zip_of(parts, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


# The archive


def shared_string_bomb():
    """A-001: 200 MB of text in 200 KB."""
    text = b"<si><t>" + b"a" * 200_000_000 + b"</t></si></sst>"
    return remade(make_workbook(), {"xl/sharedStrings.xml": lambda part: part.replace(b"</sst>", text)})


def zip_in_a_zip():
    """A-002."""
    return remade(make_workbook(), add={"xl/media/image1.zip": zip_of({"a": b"0" * 1000})})


def overlapping_parts():
    """A-003: the directory names the same packed bytes twice."""
    data = make_workbook()
    directory = data.rfind(b"PK\x05\x06")
    start = struct.unpack("<L", data[directory + 16 : directory + 20])[0]
    entries = data[start:directory]
    at = entries.find(b"xl/worksheets/sheet1.xml") - 46
    length = 46 + len("xl/worksheets/sheet1.xml")
    twin = entries[at : at + length].replace(b"sheet1.xml", b"sheet9.xml")
    count = struct.unpack("<H", data[directory + 10 : directory + 12])[0]
    entries = entries.replace(b"xl/worksheets/sheet9.xml", b"xl/worksheets/sheet7.xml") + twin
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(entries), start, 0)
    return data[:start] + entries + end


def part_that_lies():
    """A-004: a part that says it is 1 KB and unpacks to 100 MB, with the checksum of its first kilobyte."""
    data = bytearray(remade(make_workbook(), add={"docProps/custom.xml": b"<a>" + b" " * 100_000_000 + b"</a>"}))
    name = b"docProps/custom.xml"
    for marker, size, check in ((b"PK\x03\x04", 22, 14), (b"PK\x01\x02", 24, 16)):
        at = data.rfind(marker, 0, data.find(name) if marker == b"PK\x03\x04" else data.rfind(name))
        data[at + size : at + size + 4] = struct.pack("<L", 1000)
        data[at + check : at + check + 4] = struct.pack("<L", zlib.crc32(b"<a>" + b" " * 997))
    return bytes(data)


def encrypted():
    """A-019: what Excel writes for a workbook with a password is no archive at all."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "EncryptedPackage".encode("utf-16-le") + bytes(1000)


def encrypted_archive():
    data = bytearray(make_workbook())
    for marker, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(marker) + flag] |= 1
    return bytes(data)


def macro_workbook():
    """A-017: an .xlsm with another name."""
    return swapped(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        "[Content_Types].xml",
    )


def empty_rows(number):
    """A-010: rows that hold nothing."""
    return with_rows("".join(f'<row r="{row}"/>' for row in range(100, 100 + number)))


def hidden_column():
    data = changed(make_workbook(), lambda workbook: setattr(column_of(workbook), "hidden", True))
    return data


def column_of(workbook):
    return workbook[TRAINING].column_dimensions["B"]


def hide_row(workbook):
    workbook[TRAINING].row_dimensions[5].hidden = True


def hide_sheet(workbook):
    workbook.create_sheet("Secret").sheet_state = "veryHidden"


def whiten(workbook, colour="FFFFFFFF", on=None):
    workbook[TRAINING]["B5"].font = Font(color=colour)
    workbook[TRAINING]["B5"].fill = PatternFill("solid", fgColor=on) if on else PatternFill()


def rename(workbook, title):
    workbook[TRAINING].title = title


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def with_declaration(part, declaration):
    def declare(content):
        head, mark, rest = content.partition(b"?>")
        return head + mark + declaration.encode() + rest

    return remade(make_workbook(), {part: declare})


def other_identity(**changes):
    return make_workbook(identity=replace(IDENTITY, **changes))


MANY_FAR_CELLS = "".join(f'<row r="{number}"><c r="XFD{number}"><v>1</v></c></row>' for number in range(100, 150))
CONSISTENT = "Copy your answers into a new workbook"

# What is refused, by the number of the catalogue: how it is made, and what the person is told
REFUSED = {
    "A-001 shared strings of 200 MB": (shared_string_bomb, "far larger unpacked than packed"),
    "A-002 an archive within": (zip_in_a_zip, "a picture, a chart or another file"),
    "A-003 overlapping parts": (overlapping_parts, "damaged"),
    "A-004 a part that lies": (part_that_lies, "damaged"),
    "A-007 a cell in the last row": (
        lambda: with_rows('<row r="1048576"><c r="B1048576"><v>1</v></c></row>'),
        "Sheet “Training”, cell B1048576 is further down than row 200.",
    ),
    "A-008 a row beyond the last": (
        lambda: with_rows('<row r="20000000"><c r="A1"><v>1</v></c></row>'),
        "Sheet “Training” has row 20000000 twice, out of order or too far down.",
    ),
    "A-009 cells in the last column": (
        lambda: with_rows(MANY_FAR_CELLS),
        "Sheet “Training”, cell XFD100 is too far to the right",
    ),
    "A-010 two million empty rows": (lambda: empty_rows(2_000_000), "far larger unpacked than packed"),
    "A-010 empty rows": (lambda: empty_rows(5_000), "Sheet “Training” has more than 200 rows"),
    "A-011 a column that cannot be": (lambda: with_cell('<c r="AAAAAAA5"><v>1</v></c>'), "is not written as Excel"),
    "A-012 a row twice": (lambda: with_rows('<row r="5"><c r="B5"><v>7</v></c></row>'), "has row 5 twice"),
    "A-012 a cell twice": (
        lambda: with_cell('<c r="B5"><v>1</v></c><c r="B5"><v>2</v></c>'),
        "has a cell twice or out of order in row 5",
    ),
    "A-012 a cell of another row": (lambda: with_cell('<c r="B6"><v>1</v></c>'), "says it is in another row"),
    **{
        f"A-013 entities in {part}": (lambda part=part: with_declaration(part, LAUGHS), "declares things")
        for part in (TRAINING_PART, "xl/sharedStrings.xml", "docProps/core.xml", "xl/styles.xml")
    },
    "A-014 an entity from outside": (lambda: with_declaration(TRAINING_PART, OUTSIDE), "declares things"),
    "A-015 a formula": (
        lambda: with_cell('<c r="B5"><f>4000+1000</f><v>5000</v></c>'),
        "Sheet “Training”, cell B5 holds a formula. Paste its value.",
    ),
    "A-016 a formula without a value": (
        lambda: edited(make_workbook(), TRAINING, B5="=4000+1000"),
        "Sheet “Training”, cell B5 holds a formula. Paste its value.",
    ),
    "A-015 many formulas": (
        lambda: edited(make_workbook(), TRAINING, **{f"B{row}": "=1+1" for row in range(5, 15)}),
        "Sheet “Training”, cells B5, B6, B7, B8, B9, B10, B11, B12 and others hold formulas. Paste their values.",
    ),
    "A-016 a shared formula": (
        lambda: with_cell('<c r="B5"><f t="shared" si="0"/><v>5</v></c>'),
        "Sheet “Training”, cell B5 holds a formula. Paste its value.",
    ),
    "A-016 a formula with a prefix": (
        lambda: with_cell('<c r="B5"><x:f xmlns:x="urn:x">1</x:f><v>5</v></c>'),
        "Sheet “Training”, cell B5 is not written as Excel",
    ),
    "A-017 a macro workbook": (macro_workbook, "can hold macros"),
    "A-017 a macro inside": (lambda: remade(make_workbook(), add={"xl/vbaProject.bin": b"x"}), "macros or controls"),
    "A-017 a macro sheet": (lambda: remade(make_workbook(), add={"xl/macrosheets/sheet1.xml": b"x"}), "macros"),
    "A-018 a link to a file": (
        lambda: remade(make_workbook(), add={"xl/externalLinks/externalLink1.xml": b"<a/>"}),
        "links to another file",
    ),
    "A-018 an embedded file": (
        lambda: remade(make_workbook(), add={"xl/embeddings/oleObject1.bin": b"x"}),
        "an embedded file",
    ),
    "A-018 a data connection": (lambda: remade(make_workbook(), add={"xl/connections.xml": b"<a/>"}), "connection"),
    "A-018 a template elsewhere": (
        lambda: with_relationship("attachedTemplate", "http://elsewhere.example/t.xltx"),
        "takes something from another file",
    ),
    "A-018 a name that starts by itself": (
        lambda: swapped(
            "<definedNames>", '<definedNames><definedName name="Auto_Open">A</definedName>', "xl/workbook.xml"
        ),
        "starts something by itself",
    ),
    "A-019 a password": (encrypted, "protected with a password"),
    "A-019 a password on the archive": (encrypted_archive, "protected with a password"),
    "A-020 an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), "old kind of workbook"),
    "A-020 an OpenDocument": (lambda: zip_of({"mimetype": b"x", "content.xml": b"<a/>"}), "not an Excel workbook"),
    "A-020 a table of text": (lambda: b"a,b\n1,2\n", "not an Excel workbook"),
    "A-020 a PDF": (lambda: b"%PDF-1.7 " + bytes(500), "not an Excel workbook"),
    "A-020 a page": (lambda: b"<html><table></table></html>", "not an Excel workbook"),
    "A-021 a hidden sheet": (lambda: changed(make_workbook(), hide_sheet), "Sheet “Secret” is hidden."),
    "A-021 a hidden column": (hidden_column, "cell B4 holds a value in a hidden row or column"),
    "A-021 a hidden row": (
        lambda: changed(make_workbook(), hide_row),
        "Sheet “Training”, cell A5 holds a value in a hidden row or column. Show it or remove it.",
    ),
    "A-021 white text": (
        lambda: changed(make_workbook(), whiten),
        "Sheet “Training”, cell B5 holds a value that nobody sees: in white",
    ),
    "A-021 white text on white": (
        lambda: changed(make_workbook(), lambda workbook: whiten(workbook, on="FFFFFFFF")),
        "Sheet “Training”, cell B5 holds a value that nobody sees: in white",
    ),
    "A-021 white text of the old palette": (
        lambda: changed(make_workbook(), lambda workbook: whiten(workbook, colour=Color(indexed=9))),
        "Sheet “Training”, cell B5 holds a value that nobody sees: in white",
    ),
    "A-021 a format that shows nothing": (
        lambda: changed(make_workbook(), lambda workbook: setattr(workbook[TRAINING]["B5"], "number_format", ";;;")),
        "Sheet “Training”, cell B5 holds a value that nobody sees: in white, or in a format that shows nothing.",
    ),
    "A-021 merged cells": (
        lambda: changed(make_workbook(), lambda workbook: workbook[TRAINING].merge_cells("B5:B6")),
        "Sheet “Training” has merged cells (B5:B6). Unmerge them.",
    ),
    "A-022 a sheet in other letters": (
        lambda: swapped('name="Training"', 'name="TRAINING"', "xl/workbook.xml"),
        "There is no sheet “Training”. Call “TRAINING” “Training” again.",
    ),
    "A-022 a sheet with a blank behind": (
        lambda: changed(make_workbook(), lambda workbook: rename(workbook, "Training\xa0")),
        "There is no sheet “Training”.",
    ),
    "A-022 two sheets of one name": (
        lambda: swapped('name="Refresher training"', 'name="TRAINING"', "xl/workbook.xml"),
        "Two sheets of this workbook have the same name.",
    ),
    "A-022 a sheet too many": (
        lambda: changed(make_workbook(), lambda workbook: workbook.create_sheet("Notes")),
        "Sheet “Notes” does not belong to this workbook.",
    ),
    "A-023 another return": (lambda: other_identity(return_type="toy"), "for another return: toy."),
    "A-023 another major version": (lambda: other_identity(template_version="2.0"), "version 1.0 is needed"),
    "A-026 the period edited": (
        lambda: changed(make_workbook(), lambda workbook: edit_identity(workbook, "period", "2025-26-Q3")),
        "Sheet “About” was changed",
    ),
    "A-027 no bytes": (lambda: b"", "This file is empty."),
    "A-027 one byte": (lambda: b"P", "not an Excel workbook"),
    "A-036 all but the last bytes": (lambda: make_workbook()[:-30], "damaged"),
    "A-027 half an archive": (lambda: make_workbook()[:9000], "damaged"),
    "A-027 gzip": (lambda: b"\x1f\x8b" + bytes(100), "not an Excel workbook"),
    "A-027 no workbook inside": (lambda: remade(make_workbook(), drop=["xl/workbook.xml"]), "not an Excel workbook"),
    "A-027 a text that is not there": (lambda: with_cell('<c r="B5" t="s"><v>9999</v></c>'), "damaged"),
    "A-031 an error": (
        lambda: with_cell('<c r="B5" t="e"><v>#REF!</v></c>'),
        "Sheet “Training”, cell B5 holds an error such as #REF!. Type its value.",
    ),
    "A-032 days from 1904": (
        lambda: swapped("<workbookPr ", '<workbookPr date1904="1" ', "xl/workbook.xml"),
        "counts days from 1904",
    ),
    "A-034 text in another encoding": (
        lambda: remade(make_workbook(), {TRAINING_PART: lambda part: part.decode().encode("utf-16")}),
        "not written in UTF-8",
    ),
    **{
        f"A-034 {name}": (lambda data=data: data, "not an Excel workbook")
        for name, data in {
            "a table with semicolons": b"a;b\n1;2\n",
            "a table in UTF-16": "a,b\n1,2\n".encode("utf-16"),
            "a table in Latin-1": "a,b\n\u00e9,2\n".encode("latin-1"),
            "a table with a mark in front": b"\xef\xbb\xbfa,b\n1,2\n",
            "a table with nothings": b"a,b\n\x00,2\n",
            "a table with lone returns": b"a,b\r1,2\r",
            "a quote that never ends": b'a,b\n"' + b"x" * 4_000_000,
            "a million columns": b"," * 1_000_000,
            "a heading twice": b"a,a\n1,2\n",
        }.items()
    },
    "A-037 a file beside": (lambda: remade(make_workbook(), add={"xl/media/image1.png": b"x"}), "a picture"),
    "a prefix before every element": (
        lambda: swapped("<worksheet ", "<x:worksheet ", data=make_workbook()),
        "is not written as Excel",
    ),
    "cells with a prefix behind the sheet": (
        lambda: swapped("</sheetData>", '</sheetData><x:sheetData xmlns:x="urn:x"><x:row r="1"/></x:sheetData>'),
        "is not written as Excel",
    ),
    "a hidden column in other quotes": (
        lambda: swapped('customWidth="1"', "customWidth=\"1\" hidden='1'"),
        "is not written as Excel",
    ),
    "all rows hidden": (
        lambda: swapped("<sheetFormatPr ", '<sheetFormatPr zeroHeight="1" '),
        "Sheet “Training” hides all its rows or columns.",
    ),
    "A-038 an archive behind a page": (lambda: b"PK\x03\x04<html>" + make_workbook(), "damaged"),
    "a value beside the table": (
        lambda: edited(make_workbook(), TRAINING, H7=12),
        "Sheet “Training”, cell H7 is not part of the return.",
    ),
    "a value below the table": (
        lambda: edited(make_workbook(), TRAINING, B60=12),
        "Sheet “Training”, cell B60 belongs to no question.",
    ),
}


def edit_identity(workbook, name, value):
    row = next(row for row in workbook["About"].iter_rows() if row[2].value == name)
    row[1].value = value


# What is read as it is, and what the person is told about the number of staff in post; None where it is 12
WHOLE = "Staff in post must be a whole number in plain digits, such as 1200."
VALUES = {
    "A-028 text": ("12", None),
    "A-028 blanks": (" 12 ", None),
    "A-028 a point": ("12.0", None),
    **{f"A-028 {text}": (text, WHOLE) for text in ("1,234", "12*", "<5", "n/a", "nil", "—", "-")},
    **{f"A-033 {text}": (text, WHOLE) for text in ("١٢", "１２", "1_000")},
    "A-029 a sum": (0.1 + 0.2, "Staff in post must be a whole number, without a decimal part."),
    "A-029 a little": (1e-9, "Staff in post must be a whole number, without a decimal part."),
    "A-029 a lot": (2**53 + 1, "Staff in post must be 9,999,999 or less."),
    "A-029 negative": (-3, "Staff in post cannot be less than 0."),
    "A-030 a boolean": (True, WHOLE),
}
RAW_VALUES = {
    "A-029 NaN": ('<c r="B5"><v>NaN</v></c>', WHOLE),
    "A-029 1e400": ('<c r="B5"><v>1e400</v></c>', WHOLE),
    "A-029 5,000 digits": (f'<c r="B5"><v>{"9" * 5000}</v></c>', WHOLE),
    "A-030 a typed boolean": ('<c r="B5" t="b"><v>1</v></c>', WHOLE),
}
