"""Files that people bring: recognised by what they hold, kept under a random name, given out only as attachments."""

import hashlib
import re
import unicodedata
import uuid
import zipfile
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.storage import default_storage
from django.core.files.uploadhandler import FileUploadHandler
from django.http import FileResponse, Http404

from journal.refused import Refused

NAME_LIMIT = 100
HEAD = 4096
OFFICE_PARTS = {"xl/workbook.xml": "xlsx", "word/document.xml": "docx", "ppt/presentation.xml": "pptx"}
MACROS = re.compile(r"vbaProject|macrosheets|activeX", re.IGNORECASE)
SIGNATURES = {b"%PDF-": "pdf", b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
KINDS = {
    "xlsx": ("an Excel workbook (.xlsx)", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": ("a Word document (.docx)", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pptx": ("a PowerPoint file (.pptx)", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    "pdf": ("a PDF", "application/pdf"),
    "png": ("a PNG picture", "image/png"),
    "jpg": ("a JPEG picture", "image/jpeg"),
    "csv": ("a table or text in UTF-8 (.csv, .txt)", "text/csv; charset=utf-8"),
}


class NotTooMuch(FileUploadHandler):
    """Turns away a request whose files are larger than any page takes, before the first of them is written down."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        if content_length > settings.LARGEST_UPLOAD:
            raise RequestDataTooBig(f"Files of more than {_size_said(settings.LARGEST_UPLOAD)} are not taken.")

    def receive_data_chunk(self, raw_data, start):
        return raw_data

    def file_complete(self, file_size):
        return None


@dataclass(frozen=True)
class Stored:
    """A file that was kept: the name people know it by, and where it is."""

    name: str
    stored_as: str
    sha256: str
    size: int
    kind: str


def store(uploaded, *, kinds, limit):
    """Keeps a file that a form brought (Django's UploadedFile): one of `kinds` (keys of KINDS), at most `limit` bytes.

    What it is follows from its content, whatever it calls itself. Raises Refused with a sentence; then nothing is kept.
    """
    if not uploaded.size:
        raise Refused("This file is empty. Choose another one.", "empty")
    if uploaded.size > limit:
        raise Refused(f"This file is larger than {_size_said(limit)}. Choose a smaller one.", "too_large")
    kind = kind_of(uploaded)
    if kind not in kinds:
        allowed = [KINDS[known][0] for known in KINDS if known in kinds]
        raise Refused(f"This file must be {_either(allowed)}. Save it as one and try again.", "wrong_kind")
    sha256 = hashlib.sha256()
    for chunk in uploaded.chunks():
        sha256.update(chunk)
    uploaded.seek(0)
    stored_as = default_storage.save(f"received/{uuid.uuid4().hex}.{kind}", uploaded)
    return Stored(clean_name(uploaded.name, kind), stored_as, sha256.hexdigest(), uploaded.size, kind)


def attachment(stored, name=""):
    """The answer that hands a file over: never shown inside a page, never guessed at, never kept by a cache.

    `stored` is a Stored or any row with its `stored_as`; `name` is what it is called at the other end.
    """
    kind = stored.stored_as.rpartition(".")[2]
    name = clean_name(name or stored.name, kind)
    content_type = KINDS[kind][1] if kind in KINDS else "application/octet-stream"
    try:
        file = default_storage.open(stored.stored_as)
    except FileNotFoundError:
        raise Http404("This file is no longer kept.") from None
    answer = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def content_of(stored):
    """The bytes of a stored file."""
    with default_storage.open(stored.stored_as) as file:
        return file.read()


def discard(stored):
    """Removes a stored file; that it has gone already is no error."""
    if stored.stored_as:
        default_storage.delete(stored.stored_as)


def kind_of(file):
    """What a file holds, as a key of KINDS; "" for anything else."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    for signature, kind in SIGNATURES.items():
        if head.startswith(signature):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_archive(file)
    return "csv" if _is_text(file) else ""


def _kind_of_archive(file):
    try:
        names = set(zipfile.ZipFile(file).namelist())
    except Exception:  # whatever is wrong with an archive, it is none of ours
        return ""
    finally:
        file.seek(0)
    if any(MACROS.search(name) for name in names):
        return ""
    return next((kind for part, kind in OFFICE_PARTS.items() if part in names), "")


def _is_text(file):
    """UTF-8 without control characters; nothing that a browser takes for a page."""
    text = file.read()
    file.seek(0)
    try:
        text = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    looks_like_a_page = re.match(r"\s*<(!doctype|html|\?xml|svg|script)", text, re.IGNORECASE)
    return not looks_like_a_page and not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)


def clean_name(name, kind):
    """A file's name without folders, and without characters that nobody sees or that turn the reading direction."""
    name = unicodedata.normalize("NFC", re.split(r"[\\/]", name or "")[-1])
    name = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    name = re.sub(r'[<>:"|?*;]', "_", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    stem = (stem if dot and ending.lower() in {kind, "jpeg", "txt"} else name)[: NAME_LIMIT - len(kind) - 1].strip(" .")
    return f"{stem or 'file'}.{kind}"


def _size_said(limit):
    return f"{limit // 1_000_000} MB" if limit >= 1_000_000 else f"{limit // 1000} KB"


def _either(options):
    return options[0] if len(options) == 1 else f"{', '.join(options[:-1])} or {options[-1]}"
