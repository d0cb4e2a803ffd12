"""Files that people bring: known by their content, kept under a random name, only ever given out as attachments."""

import hashlib
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404

from journal.refused import Refused
from returns.stored_files import KINDS, attachment, content_of, discard, store
from returns.tests.workbooks_made import make_workbook, remade, zip_of

PDF = b"%PDF-1.7\n" + bytes(500)
EVERYTHING = set(KINDS)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def given(data, name="Evidence.pdf"):
    return SimpleUploadedFile(name, data)


def test_a_file_is_kept_under_a_random_name_with_its_hash(folder):
    stored = store(given(PDF), kinds={"pdf"}, limit=1000)

    assert (stored.name, stored.size, stored.kind) == ("Evidence.pdf", len(PDF), "pdf")
    assert stored.sha256 == hashlib.sha256(PDF).hexdigest() and "Evidence" not in stored.stored_as
    assert content_of(stored) == PDF and (folder / stored.stored_as).exists()
    assert store(given(PDF), kinds={"pdf"}, limit=1000).stored_as != stored.stored_as


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "pdf"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "png"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "jpg"),
        (zip_of({"[Content_Types].xml": b"", "word/document.xml": b""}), "docx"),
        ("organisation;Überblick\n".encode(), "csv"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_file_is_follows_from_its_content(data, kind):
    assert store(given(data, "anything.exe"), kinds=EVERYTHING, limit=10_000).kind == kind


def test_a_workbook_is_known_as_one():
    assert store(given(make_workbook()), kinds={"xlsx"}, limit=1_000_000).kind == "xlsx"


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script>",
        b"  <!DOCTYPE html>",
        b"<svg onload=alert(1)>",
        b"MZ\x90\x00" + bytes(100),
        zip_of({"a.txt": b"a"}),
        b"PK\x03\x04 no archive",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100),
        "text".encode("utf-16"),
        remade(make_workbook(), add={"xl/vbaProject.bin": b"x"}),
    ],
    ids=["page", "page behind blanks", "svg", "program", "archive", "no archive", "old office", "utf-16", "macros"],
)
def test_anything_else_is_refused_whatever_it_calls_itself(data, folder):
    with pytest.raises(Refused, match="must be an Excel workbook"):
        store(given(data, "Evidence.pdf"), kinds=EVERYTHING, limit=1_000_000)

    assert not list(folder.rglob("*.*"))


def test_a_kind_that_is_not_asked_for_is_refused_in_words():
    with pytest.raises(Refused) as refusal:
        store(given(PDF), kinds={"xlsx", "docx", "png"}, limit=1000)

    assert str(refusal.value) == (
        "This file must be an Excel workbook (.xlsx), a Word document (.docx) or a PNG picture."
        " Save it as one and try again."
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"", "This file is empty."), (PDF * 10, "This file is larger than 1 KB.")],
    ids=["empty", "too large"],
)
def test_an_empty_file_and_one_too_large_are_refused(data, sentence):
    with pytest.raises(Refused, match=sentence):
        store(given(data), kinds={"pdf"}, limit=1000)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\x\\report.PDF", "report.pdf"),
        ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie_ b.pdf"),
        ("report\u202efdp.exe", "reportfdp.exe.pdf"),
        ("a\x00b.pdf", "ab.pdf"),
        ("<img onerror=x>.pdf", "_img onerror=x_.pdf"),
        ("..", "file.pdf"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
        ("🙂 plan.pdf", "🙂 plan.pdf"),
        ("report.pdf.html", "report.pdf.html.pdf"),
    ],
)
def test_a_name_is_shown_without_what_could_mislead(name, shown):
    """A-038 and A-040."""
    uploaded = given(PDF)
    uploaded._name = name

    assert store(uploaded, kinds={"pdf"}, limit=1000).name == shown


def test_a_file_leaves_only_as_an_attachment():
    stored = store(given(PDF, "x.html"), kinds={"pdf"}, limit=1000)

    answer = attachment(stored, "Plan of “Invented Trust”.pdf")

    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["Cache-Control"] == "no-store"
    assert answer["Content-Type"] == "application/pdf" and answer.getvalue() == PDF
    answer.file_to_stream.close()


def test_a_file_that_is_no_longer_kept_is_not_found():
    stored = store(given(PDF), kinds={"pdf"}, limit=1000)
    discard(stored)
    discard(stored)

    with pytest.raises(Http404):
        attachment(stored, "a.pdf")


def test_an_archive_with_more_than_the_eye_sees_is_still_only_an_attachment():
    """A-038: a page in front of an archive is no workbook."""
    page = b"<html></html>" + make_workbook()

    with pytest.raises(Refused):
        store(given(page), kinds={"xlsx"}, limit=1_000_000)
    assert zipfile.is_zipfile(io.BytesIO(page))


def test_more_than_any_page_takes_is_turned_away_before_it_is_written_down(settings, client, folder):
    """A-035."""
    settings.LARGEST_UPLOAD = 1000

    answer = client.post("/sign-in/", {"file": given(b"x" * 2000)})

    assert answer.status_code in (400, 413)
    assert not list(folder.rglob("*.*"))
