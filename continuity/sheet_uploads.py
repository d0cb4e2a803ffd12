"""A service's completed workbook: taken, read by a worker, laid beside the sheet, taken over by a person or left.

Rows are matched by their row id; what the prison recorded is never read from here. Nothing of the sheet changes before
somebody takes it over.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from accounts.row_security import as_system
from continuity import row_findings, sheet_workbook, sheets
from continuity.models import RowFinding, SheetUpload
from continuity.sheet_reading import Reading
from continuity.workbook import NotAnAudit
from journal import doorbell, events, notices
from journal.refused import Refused
from returns import apart, stored_files, workflow
from returns.models import Submission
from returns.queue import Queue

State = SheetUpload.State
LEASE = timedelta(minutes=10)
KEPT_FOR = timedelta(days=7)
MEMORY, SECONDS = 2_000_000_000, 240  # for 100,000 rows
MOST_COPIED = 10_000  # rows of an annotated copy
LISTED = 100  # answers of each kind that are listed apart
TASK = "continuity.read_workbooks"
READING, COMPARING = "Reading the rows of the workbook", "Comparing the workbook with the sheet"
WRITING = "Writing what was found into a copy"
TAKING = "Taking over the workbook"


# Taking a file


@transaction.atomic
def upload(sheet, uploaded, *, by, at):
    """Keeps a completed workbook for the worker; the same bytes again are the upload that is there already."""
    sheets.refuse_unless_open(sheet, at)
    stored = stored_files.store(uploaded, kinds={"xlsx"}, limit=sheet_workbook.LIMITS.file_bytes)
    standing = sheet.uploads.filter(state__in=SheetUpload.HOLDS, sha256=stored.sha256).first()
    if standing:
        transaction.on_commit(lambda: stored_files.discard(stored))
        return standing
    made = SheetUpload.objects.create(
        sheet=sheet,
        organisations=[by.organisation_id],
        name=stored.name,
        sha256=stored.sha256,
        stored_as=stored.stored_as,
        uploaded_by=by,
        uploaded_at=at,
    )
    _event("sheet workbook uploaded", made, by, at, sha256=stored.sha256)
    doorbell.ring(TASK)
    return made


# Reading it, and taking it over, in a worker


def read_waiting(*, at):
    """Does what waits, one workbook after another; returns how many were looked at."""
    return QUEUE.work(_work, at=at)


def _work(row, at):
    if row.taken_by_id:
        return _take_over(row, at)
    said = row.read or _read(row, at)
    return said and _compare(row, said, at)


QUEUE = Queue(
    SheetUpload,
    "sheet workbook",
    LEASE,
    order="uploaded_at",
    begins={"progress": READING, "done": 0, "total": None},
    rests={"progress": "", "done": 0, "total": None},
    on_stuck=lambda row, at: _tell(row, f"could not be {'taken over' if row.taken_by_id else 'read'}", at),
)


@transaction.atomic
def retry(upload, *, by, at):
    """Puts a workbook that got stuck back into the queue."""
    if QUEUE.retry(upload):
        _event("sheet workbook retried", upload, by, at)
        doorbell.ring(TASK)


def _read(row, at):
    """What the workbook says; None where it is refused."""
    data, today = stored_files.content_of(row), timezone.localdate(at)
    try:
        said = apart.run(
            lambda tell: sheet_workbook.as_plain_data(data, today, tell),
            memory=MEMORY,
            seconds=SECONDS,
            refusal=NotAnAudit,
            told=QUEUE.teller(row, READING),
        )
        if sheet_workbook.sheet_named(said["reference"]) != str(row.sheet.submission.uuid):
            raise NotAnAudit("This workbook is of another audit or another sheet. Download the workbook of this sheet.")
    except NotAnAudit as refusal:
        return _refuse(row, str(refusal), at)
    return said


def _compare(row, said, at):
    QUEUE.say(row, COMPARING)
    with transaction.atomic():  # row-level security shows people inside a transaction alone
        sha256 = Submission.objects.values_list("content_sha256", flat=True).get(pk=row.sheet_id)
        reading = Reading(row.sheet, said)
    QUEUE.say(row, WRITING)
    compared = _compared(reading, sha256) | {"again": row.packed is not None}
    return _keep(row, said, _copy(row.sheet, said, reading), compared, reading, at)


def _copy(sheet, said, reading):
    """The annotated copy; None where there are too many rows for one."""
    if len(reading.rows) > MOST_COPIED:
        return None
    return sheet_workbook.written(
        reading.as_typed,
        said["reference"],
        sheet.audit.period.ends,
        findings=reading.findings,
        marks=list(reading.marks),
        downloaded=reading.as_downloaded,
    )


def _compared(reading, sha256):
    """What the workbook would change of the sheet whose content has this hash, in numbers and the rows' primary keys."""
    ids = reading.rows.ids.tolist()
    apart = {kind: getattr(reading, kind) for kind in ("conflicts", "removed", "not_taken")}
    return {
        "content_sha256": sha256,
        "changed": [ids[number] for number in reading.changed],
        "strangers": len(reading.strangers),
        "not_there": len(reading.not_there),
        "apart": {
            kind: {"count": len(found), "first": [[ids[number], id] for number, id in found[:LISTED]]}
            for kind, found in apart.items()
        },
    }


@transaction.atomic
def _refuse(row, sentence, at):
    found = QUEUE.locked(row)
    if found is None:
        return
    _end(found, State.REFUSED, at, error=sentence)
    _event("sheet workbook refused", found, None, at)
    _tell(found, "was not taken", at)


@transaction.atomic
def _keep(row, said, copy, compared, reading, at):
    found = QUEUE.locked(row)
    if found is None:
        return
    stored_as, found.stored_as = found.stored_as, ""
    found.read, found.annotated, found.compared = said, copy, compared
    found.state, found.lease_until, found.error, found.progress = State.CHECKED, None, "", ""
    found.save()
    found.findings.all().delete()
    row_findings.keep(reading.checked, reading.rows, found.sheet_id, found.pk)
    if compared["again"]:
        return _tell(found, "was compared with the sheet once more", at)
    transaction.on_commit(lambda: stored_files.discard(_file(found, stored_as)))
    _event("sheet workbook read", found, None, at, rows=len(reading.changed))
    _tell(found, "has been read", at)


def _end(row, state, at, error=""):
    stored_as = row.stored_as
    row.state, row.ended_at, row.error, row.lease_until = state, at, error, None
    row.stored_as, row.read, row.annotated, row.progress = "", None, None, ""
    row.compared = row.decision = None
    row.save()
    row.findings.all().delete()
    if stored_as:
        transaction.on_commit(lambda: stored_files.discard(_file(row, stored_as)))


def _file(row, stored_as):
    return stored_files.Stored(row.name, stored_as, row.sha256, 0, "xlsx")


def problems_in(upload):
    """How many findings of each kind a workbook that was read has, gravest first: (words, count)."""
    counts = dict(upload.findings.order_by().values_list("severity").annotate(count=Count("pk")))
    return [(words, counts[severity]) for severity, words in RowFinding.Severity.choices if severity in counts]


# Taken over or not


@transaction.atomic
def ask_to_take_over(upload, *, content_sha256, by, at, workbook_wins=()):
    """Lets a worker take over what was shown of a workbook, which was compared with the content of this hash. Where the
    sheet has changed since, the workbook is compared once more instead. `workbook_wins` is as `sheet_reading.Reading` has
    it. Returns whether it will be taken over.
    """
    row = _checked(upload)
    submission = workflow.open_for_answers(upload.sheet.submission, at=at)
    row.state, row.attempts, row.error = State.WAITING, 0, ""
    if stands := submission.content_sha256 == content_sha256 == row.compared["content_sha256"]:
        row.taken_by, row.decision = by, {"content_sha256": content_sha256, "workbook_wins": workbook_wins}
    row.save()
    doorbell.ring(TASK)
    return stands


def _checked(upload):
    row = SheetUpload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if not row.is_checked:
        raise Refused("This workbook is no longer here. Upload it again.", "gone")
    return row


def _take_over(row, at):
    QUEUE.say(row, TAKING)
    try:
        take_over(row, by=row.taken_by, at=at, **row.decision)
    except Refused as refusal:
        _not_taken_over(row, refusal, at)


@transaction.atomic
def _not_taken_over(row, refusal, at):
    """Back to whoever chose to, with the reason; where the sheet has changed since, it is compared once more."""
    found = QUEUE.locked(row)
    if found is None:
        return
    found.taken_by = found.decision = found.lease_until = None
    found.error, found.progress, found.attempts = str(refusal), "", 0
    found.state = State.WAITING if refusal.reason == "changed" else State.CHECKED
    found.save()
    _tell(row, "was not taken over", at)


@transaction.atomic
def take_over(upload, *, content_sha256, by, at, workbook_wins=()):
    """Writes what was changed in the workbook into the sheet, over the content that was shown; returns how many rows
    changed. Where the sheet was changed since the download too, it stays as it is, but for what `workbook_wins` has.
    """
    row = SheetUpload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if not (row.is_checked or (row.is_waiting and row.taken_by_id)):
        raise Refused("This workbook is no longer here. Upload it again.", "gone")
    sheet = upload.sheet
    submission = workflow.open_for_answers(sheet.submission, at=at)
    if submission.content_sha256 != content_sha256:
        raise Refused("A row was saved since you opened this page. Look at what would change once more.", "changed")
    reading = Reading(sheet, row.read, workbook_wins=workbook_wins)
    if not reading.changed:
        raise Refused("This workbook changes nothing.", "nothing")
    sheets.save_columns(sheet, reading, by=by, at=at, upload=str(row.uuid))
    _end(row, State.TAKEN, at)
    _tell(row, "was taken over", at)
    return len(reading.changed)


@transaction.atomic
def leave(upload, *, by, at):
    """The workbook is not taken over, and forgotten."""
    row = SheetUpload.objects.select_for_update().get(pk=upload.pk)
    if row.state not in {State.CHECKED, State.STUCK}:
        raise Refused("This workbook is being read, or is gone already.", "gone")
    _end(row, State.LEFT, at)
    _event("sheet workbook left", upload, by, at)


def expire(*, at):
    """Forgets workbooks that nobody took over for a week, or whose sheet was recalled or has closed."""
    today = timezone.localdate(at)
    closed = Q(sheet__audit__closed_at__isnull=False)
    gone = Q(sheet__recalled_at__isnull=False) | Q(sheet__expires_on__lt=today) | closed
    due = SheetUpload.objects.filter(Q(uploaded_at__lt=at - KEPT_FOR) | gone, state__in=SheetUpload.HOLDS)
    with as_system("sheet workbook"), transaction.atomic():
        for row in due.select_for_update(skip_locked=True, of=("self",))[:200]:
            _end(row, State.EXPIRED, at)


def _event(act, upload, by, at, **detail):
    detail = {"upload": str(upload.uuid), **detail}
    events.record(act, subject=("submission", upload.sheet.submission.uuid), by=by, at=at, detail=detail)


def _tell(upload, happened, at):
    notices.tell(
        [
            notices.Telling(
                cause=f"sheet workbook {upload.uuid} {happened}",
                recipients=frozenset({upload.taken_by or upload.uploaded_by}),
                subject=f"The workbook you uploaded for {upload.sheet.audit.title} {happened}",
                link=reverse("audits:sheet_upload", args=[upload.uuid]),
            )
        ],
        at=at,
    )
