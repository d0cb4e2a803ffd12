"""Files that a worker writes: the national files of a period, from the latest versions whose check passed; the report of
a period as a PDF.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse

from journal import doorbell, events, notices
from returns import outgoing, proformas, report, versions
from returns.models import Delivery, Export, Period, ReleaseInput, Version
from returns.non_submitters import leads_of
from returns.pdf import NoPdf, pdf_of
from returns.queue import GivenUp, Queue
from returns.registry import type_of
from returns.return_type import NonSubmitter, Paper, Source

LEASE = timedelta(minutes=10)
POLICY = "national collection: named organisations, no people"
FIXED_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class NationalExport:
    """The files of a period by name, the versions that went in, and the organisations whose figure has moved on."""

    files: dict
    versions: list
    newer_than_sent: list
    non_submitters: list

    @property
    def manifest(self):
        return json.loads(self.files["manifest.json"])


def gather(period):
    """The national files of an opened period. The same versions give the same bytes."""
    national = type_of(period).national_files
    standing = [row for row in _owed_nationally(period) if row.standing_version_id]
    missing = [row for row in _owed_nationally(period) if not row.standing_version_id]
    sources = [source_of(row) for row in standing]
    non_submitters = _non_submitters(period, missing)
    return NationalExport(
        files=national.files(period.key, sources, non_submitters, proformas.in_use(type_of(period), period.key)),
        versions=[row.standing_version for row in standing],
        newer_than_sent=newer_than_sent(period),
        non_submitters=non_submitters,
    )


def source_of(submission):
    """A submission's standing version as the writers of national files take it."""
    version = submission.standing_version
    return Source(
        organisation_code=submission.subject.code,
        organisation_name=submission.subject.name,
        period=submission.period.key,
        version=version.number,
        submitted_at=version.submitted_at,
        content_sha256=version.content_sha256,
        answers=versions.answers_in(version, type_of(submission)),
    )


def _owed_nationally(period):
    national = type_of(period).national_files
    rows = (
        period.submissions.owed()
        .select_related("subject", "period__collection", "standing_version__content")
        .order_by("subject__code")
    )
    return [row for row in rows if national.applies(row.subject.kind)]


def _non_submitters(period, missing):
    leads = leads_of(period, missing)
    return [
        NonSubmitter(row.subject.code, row.subject.name, *leads[row.pk], row.get_status_display()) for row in missing
    ]


def newer_than_sent(period):
    """The organisations (code, number sent, number standing) whose standing version is newer than the one that went out,
    by an export of ours or by their own hand."""
    national = type_of(period).national_files
    rows = period.submissions.filter(standing_version__isnull=False).select_related("subject", "standing_version")
    sent = {}
    exported = ReleaseInput.objects.filter(
        release__kind=release_kind(period), version__submission__period=period
    ).values_list("version__submission_id", "version__number")
    delivered = Delivery.objects.filter(version__submission__period=period).values_list(
        "version__submission_id", "version__number"
    )
    for submission_id, number in [*exported, *delivered]:
        sent[submission_id] = max(number, sent.get(submission_id, 0))
    return [
        (row.subject.code, sent[row.pk], row.standing_version.number)
        for row in rows.order_by("subject__code")
        if national.applies(row.subject.kind) and row.pk in sent and sent[row.pk] < row.standing_version.number
    ]


def bundle(files):
    """All files in one archive; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, FIXED_TIME), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def release_kind(period):
    return f"{type_of(period).slug} national files"


def release(period, export, *, by, at):
    """Writes down that the national files of a period leave; returns the Release and the archive that holds them."""
    archive = bundle(export.files)
    national = type_of(period).national_files
    return outgoing.send_out(
        kind=release_kind(period),
        name=f"{type_of(period).slug}-{period.key}.zip",
        data=archive,
        recipient=national.title,
        policy=POLICY,
        rows=len(export.versions),
        versions=export.versions,
        by=by,
        at=at,
    ), archive


# The same from a page: asked for, written by a worker, fetched


@transaction.atomic
def ask(period, *, by, at, kind=Export.Kind.NATIONAL_FILES, about=None):
    """Asks for the files of a period; a worker writes them. Where they are asked for already, that is the answer."""
    Period.objects.select_for_update(no_key=True).get(pk=period.pk)
    if row := waiting(period, kind, by, about):
        return row
    row = Export.objects.create(kind=kind, period=period, about=about, asked_by=by, asked_at=at)
    events.record("export asked for", subject=("export", row.uuid), by=by, at=at, detail={"period": period.key})
    doorbell.ring("returns.write_exports")
    return row


def waiting(period, kind, by, about=None):
    """The row that waits already, or None. National files are the same for everybody, all else is its reader's own."""
    rows = Export.objects.filter(period=period, kind=kind, about=about, state=Export.State.WAITING)
    return (rows if kind == Export.Kind.NATIONAL_FILES else rows.filter(asked_by=by)).first()


def write_waiting(*, at):
    """Writes the exports that wait, one after another; returns how many were tried."""
    return QUEUE.work(_write, at=at)


QUEUE = Queue(Export, "export", LEASE)


@transaction.atomic
def _write(claimed, at):
    """Writes what was claimed; returns whether it did."""
    row = QUEUE.locked(claimed, "period__collection", "asked_by__person", "asked_by__organisation")
    if row is None:
        return False
    write = WRITERS[row.kind]
    data, suffix, link, what = write(row, at)
    row.stored_as = default_storage.save(f"exports/{row.uuid}.{suffix}", ContentFile(data))
    row.state, row.written_at, row.lease_until = Export.State.READY, at, None
    row.save()
    notices.tell(
        [
            notices.Telling(
                cause=f"export {row.uuid}",
                recipients=frozenset({row.asked_by}),
                subject=f"{what} of {row.period.title} {'are' if what.endswith('s') else 'is'} ready",
                link=reverse(link, args=[row.uuid]),
            )
        ],
        at=at,
    )
    return True


def _write_national_files(row, at):
    export = gather(row.period)
    row.release, archive = release(row.period, export, by=row.asked_by, at=at)
    row.manifest = export.manifest
    return archive, "zip", "returns:export", "The national files"


def _write_report(row, at):
    try:
        paper = (type_of(row.period).paper or _quarter_on_paper)(row.asked_by, row.period, at)
        data = pdf_of(paper.html)
    except NoPdf as problem:
        raise GivenUp(str(problem)) from None
    row.release = paper.send_out(data, by=row.asked_by, at=at)
    return data, "pdf", paper.route, "The report"


def _write_list(row, at):
    found = type_of(row.period).listing(row.asked_by, row.about, at)
    row.release = found.send_out(found.data, by=row.asked_by, at=at)
    return found.data, found.suffix, found.route, found.title


WRITERS = {
    Export.Kind.NATIONAL_FILES: _write_national_files,
    Export.Kind.REPORT: _write_report,
    Export.Kind.LIST: _write_list,
}


def _quarter_on_paper(seat, period, at):
    found = report.report_of(seat, period, at)
    send_out = partial(release_report, found, f"{found.file_name}.pdf")
    return Paper(report.as_page(found), "returns:report_file", send_out)


def release_report(found, name, data, *, by, at):
    """Writes down that a report leaves in one of its forms; returns the Release."""
    return outgoing.send_out(
        kind="quarter report",
        name=name,
        data=data,
        recipient=found.reader.name,
        policy=found.policy,
        rows=found.counts["owed"],
        versions=Version.objects.in_bulk(found.versions).values(),
        by=by,
        at=at,
    )
