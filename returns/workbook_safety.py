"""The look at a workbook before any parser opens it: whatever a return has no use for is refused, in a sentence.

What passes is written into a plain archive of sheets, texts and number formats, and only that is read further: the very
bytes that were looked at, without comments, authors, or an archive that two programs unpack differently.
"""

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from xml.etree import ElementTree

from returns.plain_rows import are_plain, column_number


class UnsafeWorkbook(Exception):
    """The workbook is not read; `sentence` says where and what to do, `reason` is one word for it, for the log."""

    def __init__(self, sentence, reason="not_as_it_must_be"):
        super().__init__(sentence, reason)
        self.sentence, self.reason = sentence, reason

    def __str__(self):
        return self.sentence


SHEET = re.compile(r"xl/worksheets/sheet[0-9]+\.xml")
READ = re.compile(
    rf"\[Content_Types\]\.xml|_rels/\.rels|xl/(workbook|sharedStrings|styles)\.xml|xl/_rels/workbook\.xml\.rels|{SHEET.pattern}"
)
ALWAYS_THERE = {"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"}
# What people's programs add by themselves: looked at, and left behind
LEFT_BEHIND = re.compile(
    r"docProps/\w+\.xml|docMetadata/LabelInfo\.xml|customXml/(_rels/)?item(Props)?[0-9]+\.xml(\.rels)?"
    r"|xl/(theme/theme[0-9]*|calcChain|metadata|comments[0-9]*|comments/comment[0-9]*|persons/person[0-9]*)\.xml"
    r"|xl/threadedComments/threadedComment[0-9]*\.xml|xl/drawings/(drawing[0-9]*\.xml|(vml|comments)Drawing[0-9]*\.vml)"
    r"|xl/printerSettings/printerSettings[0-9]*\.bin|xl/worksheets/_rels/sheet[0-9]+\.xml\.rels"
)
# What a designed form may have besides
OF_A_FORM = re.compile(r"xl/(media/\w+\.(png|jpe?g|gif|emf|wmf)|drawings/_rels/\w+\.xml\.rels|tables/table[0-9]+\.xml)")
AFRESH = "Copy your answers into a new workbook from the portal."
NOT_WANTED = (
    (r"vbaProject|macrosheets|activeX|ctrlProps|customUI", "macros or controls. Save it as .xlsx without them."),
    (r"externalLinks", "links to another file. Break the links and paste the values."),
    (r"embeddings", "an embedded file. Remove it."),
    (r"connections|queryTables|/model/", "a data connection. Remove it and paste the values."),
    (r"media|charts|diagrams", "a picture, a chart or another file. Remove it."),
    (r"", f"a part that a return has no use for. {AFRESH}"),
)
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
OLD_FORMAT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SMALL_PART = 1_000_000
LAST_ROW = 1_048_576
DECLARES = b"<!"
DECLARATION = f"This workbook declares things that no return needs. {AFRESH}"
PASSWORD = "This workbook is protected with a password. Remove the password and save it again."
NO_WORKBOOK = "This is not an Excel workbook (.xlsx). Save it as .xlsx and try again."
DAMAGED = "This workbook is damaged. Open it in Excel or LibreOffice and save it again."


def vetted(data, limits):
    """A plain archive of what may be read in the workbook `data` (bytes); `limits` is the type's WorkbookSpec."""
    refuse_other_files(data, limits)
    parts = Parts(data, limits)
    sheets, whites = titles_of(parts), white_styles(parts)
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        for name in parts.entries:
            part = parts.text(name) if name.endswith((".xml", ".rels", ".vml")) else b""
            if name.endswith(".rels"):
                refuse_outside_targets(part)
            if SHEET.fullmatch(name):
                look_at_sheet(shown(sheets.get(name, name)), part, whites, limits)
            if READ.fullmatch(name):
                archive.writestr(name, part)
    return plain.getvalue()


def look_at_form(data, limits):
    """The look at a workbook that somebody designed, to be filled by us: what could act by itself or comes from outside is
    refused; formulas, hidden sheets, merged cells and pictures are its designer's.
    """
    refuse_other_files(data, limits)
    parts = Parts(data, limits, is_form=True)
    refuse_macros(parts)
    for name in parts.entries:
        if name.endswith((".xml", ".rels", ".vml")):
            part = parts.text(name)
            if name.endswith(".rels"):
                refuse_outside_targets(part)


def why_it_is_none(data, limits):
    """The sentence about a file that is no workbook, from its first bytes and the names of its parts; "" where neither
    tells.
    """
    try:
        refuse_other_files(data, limits)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if not set(archive.namelist()) >= ALWAYS_THERE:
                return NO_WORKBOOK
            for entry in archive.infolist():
                refuse_unwanted(entry)
    except UnsafeWorkbook as refusal:
        return str(refusal)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OverflowError, struct.error):
        return DAMAGED
    return ""


def shown(title):
    """A name from a file, short and without characters that cannot be seen."""
    return re.sub(r"[^\w .,:;&()'/-]|_x[0-9A-F]{4}_", "?", title[:60])


def refuse_other_files(data, limits):
    if not data:
        raise UnsafeWorkbook("This file is empty.")
    if len(data) > limits.file_bytes:
        raise UnsafeWorkbook(
            f"This file is larger than {limits.file_bytes // 1_000_000} MB, too large for this return."
        )
    if data.startswith(OLD_FORMAT):
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise UnsafeWorkbook(PASSWORD if encrypted else "This is an old kind of workbook (.xls). Save it as .xlsx.")
    if not data.startswith(b"PK\x03\x04"):
        raise UnsafeWorkbook(NO_WORKBOOK)


# The archive


@dataclass
class Parts:
    """The parts of the archive, each checked before it is unpacked, and unpacked no further than it declares."""

    data: bytes
    limits: object
    is_form: bool = False

    def __post_init__(self):
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
                found, end = archive.infolist(), archive.start_dir
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OverflowError, struct.error):
            raise UnsafeWorkbook(DAMAGED) from None
        self._refuse_too_much(found)
        self.entries = {entry.filename: entry for entry in found}
        if len(self.entries) < len(found):
            raise UnsafeWorkbook(DAMAGED)
        if not self.entries.keys() >= ALWAYS_THERE:
            raise UnsafeWorkbook(NO_WORKBOOK)
        for entry in found:
            refuse_unwanted(entry, is_form=self.is_form)
        self._spans = self._lay_out(found, end)

    def _refuse_too_much(self, found):
        size = sum(entry.file_size for entry in found)
        if len(found) > self.limits.parts:
            raise UnsafeWorkbook(f"This workbook has more than {self.limits.parts} parts, too many for this return.")
        if size > self.limits.unpacked_bytes or size > max(SMALL_PART, self.limits.ratio * len(self.data)):
            raise UnsafeWorkbook(f"This workbook is far larger unpacked than packed. {AFRESH}")

    def _lay_out(self, found, end):
        """Where the packed bytes of each part lie: one after another from the first byte on, never over each other."""
        found = sorted(found, key=lambda entry: entry.header_offset)
        spans = {}
        for entry, following in pairwise([*found, None]):
            head = self.data[entry.header_offset : entry.header_offset + 30]
            if len(head) < 30 or not head.startswith(b"PK\x03\x04"):
                raise UnsafeWorkbook(DAMAGED)
            start = entry.header_offset + 30 + sum(struct.unpack("<HH", head[26:30]))
            spans[entry.filename] = start, start + entry.compress_size
            if start + entry.compress_size > (following.header_offset if following else end):
                raise UnsafeWorkbook(DAMAGED)
        if found[0].header_offset:
            raise UnsafeWorkbook(DAMAGED)
        return spans

    def unpacked(self, name):
        entry, (start, end) = self.entries[name], self._spans[name]
        packed = self.data[start:end]
        if entry.compress_type == zipfile.ZIP_DEFLATED:
            unpacker = zlib.decompressobj(-15)
            try:
                packed = unpacker.decompress(packed, entry.file_size + 1)
            except zlib.error:
                raise UnsafeWorkbook(DAMAGED) from None
        if len(packed) != entry.file_size or zlib.crc32(packed) != entry.CRC:
            raise UnsafeWorkbook(DAMAGED)
        return packed

    def text(self, name):
        """A part that must be plain UTF-8 XML without declarations of its own."""
        part = self.unpacked(name)
        declared = re.match(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding=[\"']([^\"']*)", part[:200])
        try:
            part.decode()
        except UnicodeDecodeError:
            declared = None, b"another"
        if declared and declared[1].lower() not in {b"utf-8", b"us-ascii", b"ascii"}:
            raise UnsafeWorkbook(
                "This workbook is not written in UTF-8. Open it in Excel or LibreOffice and save it again."
            )
        if b"!" in part and (
            b"<!DOCTYPE" in part or b"<!ENTITY" in part or (READ.fullmatch(name) and DECLARES in part)
        ):
            raise UnsafeWorkbook(DECLARATION)
        return part

    def tree(self, name):
        """A small part as elements. Nothing in it can expand: `text` refused declarations."""
        if name not in self.entries:
            return ElementTree.Element("none")
        if self.entries[name].file_size > SMALL_PART:
            raise UnsafeWorkbook(DAMAGED)
        return tree(self.text(name))


def tree(part):
    try:
        return ElementTree.fromstring(part)
    except (ElementTree.ParseError, ValueError):
        raise UnsafeWorkbook(DAMAGED) from None


def refuse_unwanted(entry, *, is_form=False):
    if entry.flag_bits & 0x1:
        raise UnsafeWorkbook(PASSWORD)
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise UnsafeWorkbook(DAMAGED)
    of_ours = READ.fullmatch(entry.filename) or LEFT_BEHIND.fullmatch(entry.filename)
    if not of_ours and not (is_form and OF_A_FORM.fullmatch(entry.filename)):
        reason = next(reason for pattern, reason in NOT_WANTED if re.search(pattern, entry.filename))
        raise UnsafeWorkbook(f"This workbook holds {reason} (The part is {shown(entry.filename)}.)")


# What the workbook says of itself


def local(element):
    return element.tag.rpartition("}")[2]


def titles_of(parts):
    """The titles of the sheets by part. Refuses macros, hidden sheets, and sheets that are none."""
    refuse_macros(parts)
    links = list(parts.tree("xl/_rels/workbook.xml.rels"))
    if len({link.get("Id") for link in links}) < len(links):
        raise UnsafeWorkbook(DAMAGED)
    targets = {
        link.get("Id"): "xl/" + link.get("Target", "").removeprefix("/xl/")
        for link in links
        if link.get("Type", "").endswith("/worksheet")
    }
    workbook, titles = parts.tree("xl/workbook.xml"), {}
    for element in workbook.iter():
        kind, title = local(element), shown(element.get("name", ""))
        if kind == "sheet":
            if element.get("state", "visible") != "visible":
                raise UnsafeWorkbook(f"Sheet “{title}” is hidden. Show it or remove it.")
            part = targets.get(next((value for key, value in element.items() if key.endswith("}id")), ""), "")
            if not (SHEET.fullmatch(part) and part in parts.entries) or part in titles:
                raise UnsafeWorkbook(f"Sheet “{title}” is not an ordinary sheet. Remove it.")
            titles[part] = element.get("name", "")
        if kind == "workbookPr" and element.get("date1904", "0") not in {"0", "false"}:
            raise UnsafeWorkbook(f"This workbook counts days from 1904. {AFRESH}")
        if kind == "definedName" and title.lower().startswith(("_xlnm.auto_", "auto_")):
            raise UnsafeWorkbook(f"This workbook starts something by itself ({title}). Remove that name.")
    if len({title.casefold().strip() for title in titles.values()}) < len(titles):
        raise UnsafeWorkbook("Two sheets of this workbook have the same name. Remove one.")
    return titles


def refuse_macros(parts):
    types = {item.get("PartName"): item.get("ContentType", "") for item in parts.tree("[Content_Types].xml")}
    if types.get("/xl/workbook.xml") != WORKBOOK_TYPE or any("macro" in kind.lower() for kind in types.values()):
        raise UnsafeWorkbook("This workbook can hold macros. Save it as .xlsx without them.")


def refuse_outside_targets(part):
    """Links that a person clicks are left behind; anything else from outside is refused."""
    for item in tree(part):
        if item.get("TargetMode") == "External" and not item.get("Type", "").endswith("/hyperlink"):
            raise UnsafeWorkbook(
                "This workbook takes something from another file. Break the link and paste the values."
            )


def white_styles(parts):
    """The numbers of the cell styles that write white on white, or have a format that shows nothing."""
    styles = parts.tree("xl/styles.xml")
    fonts, fills, formats, cells = (
        [child for group in styles if local(group) == name for child in group]
        for name in ("fonts", "fills", "numFmts", "cellXfs")
    )
    white = {str(number) for number, font in enumerate(fonts) if has_white(font, "color")}
    bare = {"0", *(str(number) for number, fill in enumerate(fills) if is_bare(fill))}
    blank = {item.get("numFmtId") for item in formats if ";;;" in item.get("formatCode", "")}
    return {
        str(number).encode()
        for number, style in enumerate(cells)
        if (style.get("fontId") in white and style.get("fillId", "0") in bare) or style.get("numFmtId") in blank
    }


def is_bare(fill):
    """Whether a cell with this fill is as white as paper."""
    is_empty = any(local(item) == "patternFill" and item.get("patternType", "none") == "none" for item in fill)
    return is_empty or has_white(fill, "fgColor")


def has_white(look, name):
    return any(local(item) == name and is_white(item) for item in look.iter())


def is_white(colour):
    return (
        colour.get("rgb", "")[-6:].upper() == "FFFFFF"
        or (colour.get("theme") == "0" and not colour.get("tint"))
        or colour.get("indexed") in {"1", "9"}
    )


# One sheet. Every cell is written as spreadsheets write it, or it is refused: so what is looked for cannot hide

ROW = re.compile(rb'<row r="([1-9][0-9]{0,9})"((?: (?!r=)[\w:]+="[^"<>&\']*")*) ?/?>')
HIDDEN_ROW = re.compile(rb' (?:hidden="(?!(?:0|false)")|ht="0(?:\.0*)?")')
CELL = re.compile(
    rb'<c r="([A-Z]{1,3}[1-9][0-9]{0,6}")(?: s="[0-9]+")?(?: t="(?:s|n|b|d|e|str|inlineStr)")?(?: (?:cm|vm|ph)="[0-9]*")* ?/?>'
)
VALUE = re.compile(rb'<c r="([A-Z]+)[0-9]+"(?: s="([0-9]+)")?[^>]*(?<!/)>(?!</c>)')
STRANGE = re.compile(rb"<(?:f[\s/>]|c[^ a-zA-Z]|[\w.-]+:)")
FORMULA = re.compile(rb"<f[\s/>]")
NAMED = 8
ERROR_VALUE = b' t="e"'
HIDDEN_COLUMN = re.compile(rb'<col ([^>]*(?:hidden="(?!(?:0|false)")|width="0(?:\.[0-4][0-9]*)?")[^>]*)>')
HIDDEN_SHEET = re.compile(
    rb'<sheetFormatPr [^>]*(?:zeroHeight="(?!(?:0|false)")|defaultColWidth="0(?:\.[0-4][0-9]*)?")'
)
MERGED = re.compile(rb"<mergeCell\s[^>]*?ref=.([A-Z0-9:]*)")
UNUSUAL_HEAD = re.compile(rb"['&\s]=|=['\s]|[&\n\r\t]")
ELSEWHERE = re.compile(rb"<(?:[\w.-]+:(?:worksheet|sheetData|row|c|dimension|cols?)|row|c|sheetData)[\s/>]")
NOT_AS_WRITTEN = "is not written as Excel or LibreOffice write it. Open the workbook there and save it again."


def look_at_sheet(title, part, whites, limits):
    def refuse(what, cell=""):
        raise UnsafeWorkbook(f"Sheet “{title}”, cell {cell} {what}" if cell else f"Sheet “{title}” {what}")

    start, end = part.find(b"<sheetData"), part.rfind(b"</sheetData>")
    end = end if end > 0 else part.find(b">", start) + 1
    root = re.match(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>)?\s*<worksheet(?=[\s>])", part)
    if not root or start < 0 or UNUSUAL_HEAD.search(part, root.end(), start):
        refuse(NOT_AS_WRITTEN)
    if ELSEWHERE.search(part, 0, start) or ELSEWHERE.search(part, end):
        refuse(NOT_AS_WRITTEN)
    hidden = hidden_columns(part[:start], refuse)
    if found := MERGED.search(part, end):
        refuse(f"has merged cells ({found[1].decode()}). Unmerge them.")
    first = part.find(b">", start) + 1
    if part[start:first] == b"<sheetData>" and not hidden and not whites and are_plain(part, first, end, limits):
        return
    if found := STRANGE.search(part, start + 1, end):
        if found[0].startswith(b"<f"):
            refuse_formulas(title, part, found.start(), end)
        refuse(NOT_AS_WRITTEN, cell_before(part, found.start() + 1))
    found = part.find(ERROR_VALUE, start, end)
    if found > 0:
        refuse("holds an error such as #REF!. Type its value.", cell_before(part, found))
    look_at_rows(part, start, end, refuse, whites, hidden, limits)


def refuse_formulas(title, part, start, end):
    """Names the first few cells that hold one, so that nobody has to come back for each."""
    cells = [cell_before(part, found.start() + 1) for found in islice(FORMULA.finditer(part, start, end), NAMED + 1)]
    if len(cells) == 1:
        raise UnsafeWorkbook(f"Sheet “{title}”, cell {cells[0]} holds a formula. Paste its value.")
    others = " and others" if len(cells) > NAMED else ""
    raise UnsafeWorkbook(
        f"Sheet “{title}”, cells {', '.join(cells[:NAMED])}{others} hold formulas. Paste their values."
    )


def cell_before(part, position):
    found = re.match(rb'<c r="([A-Z]{1,3}[0-9]{1,7})"', part[max(part.rfind(b"<c r=", 0, position), 0) :][:40])
    return found[1].decode() if found else ""


def hidden_columns(head, refuse):
    """Ranges of the numbers of hidden columns."""
    if HIDDEN_SHEET.search(head):
        refuse("hides all its rows or columns. Show them.")
    found = []
    for attributes in HIDDEN_COLUMN.findall(head):
        span = [re.search(rb'\b%s="([0-9]{1,5})"' % name, attributes) for name in (b"min", b"max")]
        if None in span:
            refuse(NOT_AS_WRITTEN)
        found.append(range(int(span[0][1]), int(span[1][1]) + 1))
    return found


def look_at_rows(part, start, end, refuse, whites, hidden, limits):
    """Rows and cells in order, none twice, no more than declared; no figure where nobody sees it."""
    if part.count(b"<row", start, end) > limits.rows:
        refuse(f"has more than {limits.rows:,} rows, too many for this return. Remove the empty ones.")
    known, last, rows, cells = set(), 0, 0, 0
    for row, following in pairwise(chain(ROW.finditer(part, start, end), [None])):
        name, attributes = row.groups()
        number, begins, ends = int(name), row.end(), following.start() if following else end
        if not last < number <= LAST_ROW:
            refuse(f"has row {number} twice, out of order or too far down. {AFRESH}")
        places = CELL.findall(part, begins, ends)
        last, rows, cells = number, rows + 1, cells + len(places)
        columns = b"".join(places).replace(name + b'"', b'"')
        if columns not in known:
            refuse_columns(columns, number, refuse, limits)
            known.add(columns)
        row_hides = HIDDEN_ROW.search(attributes)
        if row_hides or hidden or whites or number > limits.rows:
            for column, style in VALUE.findall(part, begins, ends):
                is_hidden = row_hides or any(column_number(column) in span for span in hidden)
                cell, is_white = f"{column.decode()}{number}", style in whites
                refuse_unseen(cell, refuse, number, limits, is_white=is_white, is_hidden=is_hidden)
    if cells > limits.cells:
        refuse(f"has more than {limits.cells:,} cells, too many for this return.")
    if rows != part.count(b"<row", start, end) or cells != part.count(b"<c ", start, end):
        refuse(NOT_AS_WRITTEN)


def refuse_unseen(cell, refuse, number, limits, *, is_white, is_hidden):
    if number > limits.rows:
        refuse(f"is further down than row {limits.rows:,}. Remove it.", cell)
    if is_white:
        refuse(
            "holds a value that nobody sees: in white, or in a format that shows nothing. Show it or remove it.", cell
        )
    if is_hidden:
        refuse("holds a value in a hidden row or column. Show it or remove it.", cell)


def refuse_columns(columns, row_number, refuse, limits):
    numbers, names = [], columns.split(b'"')[:-1]
    for name in names:
        if not name.isalpha():
            refuse(f"has a cell in row {row_number} that says it is in another row. {AFRESH}")
        numbers.append(column_number(name))
        if numbers[-1] > limits.columns:
            refuse("is too far to the right for this return. Remove it.", f"{name.decode()}{row_number}")
    if any(before >= after for before, after in pairwise(numbers)):
        refuse(f"has a cell twice or out of order in row {row_number}. {AFRESH}")
