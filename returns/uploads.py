"""A return's workbook on its way back: brought, checked by a worker, laid beside the working copy, taken over or not.

The database is the queue, as for checks. Nothing in a workbook reaches the working copy before a person takes it over.
"""

import json
from dataclasses import dataclass, replace
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse

from journal import doorbell, events, notices
from journal.refused import Refused
from returns import apart, content, findings, sections, stored_files, summary, workbook_safety, workbooks, workflow
from returns.models import Submission, Upload
from returns.queue import Queue
from returns.registry import type_of
from returns.rules import Problem, Severity
from returns.stored_files import Stored
from returns.workbook_safety import UnsafeWorkbook

LEASE = timedelta(minutes=2)
KEPT_FOR = timedelta(days=30)
MOST_WAITING = 5
MOST_KEPT = 100
KIND = "xlsx"
State = Upload.State


# Brought


@transaction.atomic
def receive(submission, uploaded, *, by, at):
    """Keeps a workbook (Django's UploadedFile) and asks for its check; gives back the Upload and whether it is a new one.

    The same bytes again are the same Upload. Raises Refused with a sentence.
    """
    submission = workflow.open_for_answers(submission, at=at)
    here = Upload.objects.filter(submission=submission).exclude(state__in=Upload.GONE)
    if here.filter(state=State.WAITING).count() >= MOST_WAITING:
        raise Refused("There are many workbooks of this return already. Wait until they are checked.", "too_many")
    if here.exclude(state=State.REFUSED).count() >= MOST_KEPT:
        raise Refused(
            f"{MOST_KEPT} workbooks of this return are kept already. Remove one that you did not take over, or wait:"
            f" each goes {KEPT_FOR.days} days after it came.",
            "too_many",
        )
    stored = _store_workbook(uploaded, type_of(submission).workbook)
    if known := here.filter(sha256=stored.sha256).first():
        stored_files.discard(stored)
        return known, False
    try:
        return _queue(submission, stored, by, at), True
    except Exception:
        stored_files.discard(stored)
        raise


def _store_workbook(uploaded, limits):
    try:
        return stored_files.store(uploaded, kinds={KIND}, limit=limits.file_bytes)
    except Refused as refusal:
        if refusal.reason != "wrong_kind":
            raise
        said = workbook_safety.why_it_is_none(uploaded.read(), limits)
        raise Refused(said or str(refusal), refusal.reason) from None


def _queue(submission, stored: Stored, by, at):
    upload = Upload.objects.create(
        submission=submission,
        name=stored.name,
        sha256=stored.sha256,
        size=stored.size,
        stored_as=stored.stored_as,
        uploaded_by=by,
        uploaded_at=at,
    )
    _event("workbook uploaded", upload, by, at, sha256=upload.sha256)
    ring()
    return upload


def ring():
    doorbell.ring("returns.check_uploads")


def _event(act, upload, by, at, **detail):
    detail = {"upload": str(upload.uuid), **detail}
    events.record(act, subject=("submission", upload.submission.uuid), by=by, at=at, detail=detail)


# Checked, by a worker


QUEUE = Queue(
    Upload,
    "upload",
    LEASE,
    begins={"progress": "Reading the workbook"},
    rests={"progress": ""},
    on_stuck=lambda upload, at: _tell(upload, "could not be checked", at),
)


def check_waiting(*, at):
    """Checks what waits, one workbook after another; returns how many were looked at."""
    return QUEUE.work(_check, at=at)


def check_next(*, at):
    """Checks the workbook that has waited longest; returns whether there was one."""
    return QUEUE.work_next(_check, at=at)


def _check(upload, at):
    submission = Submission.objects.select_related("subject", "period__collection").get(pk=upload.submission_id)
    upload.submission = submission
    try:
        read = _read(upload)
        _refuse_another(read["identity"], submission)
    except UnsafeWorkbook as refusal:
        return _refuse(upload, refusal, at)
    QUEUE.ours(upload).update(progress="Writing what was found into a copy")
    reading = Reading(submission, read)
    identity = workbooks.identity_of(submission, reading.return_type, reading.context.traits)
    copy = workbooks.annotated(
        reading.return_type,
        replace(
            identity, revisions=reading.identity.revisions
        ),  # it holds what was typed then, not what was saved since
        reading.all_answers,
        reading.context.previous,
        reading.verdict.problems,
        read["typed"],
    )
    return _keep(upload, read, copy, reading.verdict, at)


def _read(upload):
    """What the workbook says as plain data, read in a process of its own."""
    return_type, data = type_of(upload.submission), stored_files.content_of(upload)
    limits = return_type.workbook
    return apart.run(
        lambda: workbooks.as_plain_data(return_type, data),
        memory=limits.memory_bytes,
        seconds=limits.seconds,
        refusal=UnsafeWorkbook,
    )


def _refuse_another(identity, submission):
    """The workbook must be of this organisation and period."""
    if (identity["organisation_code"], identity["subject"]) != (submission.subject.code, submission.subject_key):
        raise UnsafeWorkbook(
            f"This workbook is for another organisation: {identity['organisation_name']}"
            f" ({identity['organisation_code']}). Nothing of it was kept.",
            "another_organisation",
        )
    if identity["period"] != submission.period.key:
        raise UnsafeWorkbook(
            f"This workbook is for another period: {identity['period_title']}. {workbooks.ANOTHER}", "another_period"
        )


@transaction.atomic
def _refuse(upload, refusal, at):
    if not QUEUE.ours(upload).update(
        state=State.REFUSED, error=str(refusal), checked_at=at, lease_until=None, progress="", stored_as=""
    ):
        return False
    transaction.on_commit(lambda: stored_files.discard(upload))
    _event("workbook refused", upload, None, at, reason=refusal.reason)
    _tell(upload, "could not be read", at)
    return True


@transaction.atomic
def _keep(upload, read, copy, verdict, at):
    """Keeps what was read and the annotated copy, where the lease is still ours."""
    row = QUEUE.locked(upload)
    if row is None:
        return False
    read_as, annotated_as = _names_beside(row)
    row.read_as = _store(read_as, json.dumps(read).encode())
    row.annotated_as = _store(annotated_as, copy)
    row.state, row.checked_at, row.lease_until, row.progress, row.error = State.CHECKED, at, None, "", ""
    row.save()
    _event("workbook checked", upload, None, at, errors=len(verdict.errors), warnings=len(verdict.warnings))
    _tell(upload, "has been checked", at)
    return True


def _names_beside(upload):
    """The files of what was read and of the annotated copy; an attempt that was ended may have left them."""
    return f"received/{upload.uuid}.json", f"received/{upload.uuid}.xlsx"


def _store(name, data):
    default_storage.delete(name)  # of an attempt that did not come to its end
    return default_storage.save(name, ContentFile(data))


def _tell(upload, happened, at):
    submission = upload.submission
    notices.tell(
        [
            notices.Telling(
                cause=f"upload {upload.uuid} {happened}",
                recipients=frozenset({upload.uploaded_by}),
                subject=f"The workbook you uploaded for {submission.period.title} {happened}",
                link=reverse("returns:upload", args=[submission.uuid, upload.uuid]),
            )
        ],
        at=at,
    )


@transaction.atomic
def retry(upload, *, by, at):
    """Puts a stuck upload back into the queue."""
    if QUEUE.retry(upload):
        _event("workbook check retried", upload, by, at)
        ring()


# Beside the working copy


class Reading:
    """What a workbook says, laid beside the working copy as it is now.

    `given` are the answers that can be taken over: those that can be read, of sections that are open. `changes` are the
    sections they change, `locked` the sections that differ but are closed; each with its differences in words.
    """

    def __init__(self, submission, read):
        self.submission, self.read = submission, read
        self.return_type = type_of(submission)
        self.identity = workbooks.Identity(**read["identity"])
        self.now = sections.answers_of(sections.working_copy(submission), self.return_type)
        self.context = replace(
            findings.context_for(submission.subject, submission.period), given_percentages=read["percentages"]
        )
        self.specs = sections.specs_for(submission, self.context.traits)
        self.states = sections.states(submission)
        self.typed_answers = self._answers()
        self.given = self._without_closed(self.typed_answers)
        self.after = sections.merged(self.now, self.given)
        differing = {change.name for change in sections.changes(self.now, self.typed_in_full)}
        found = [SectionChanges.of(self, spec, differing) for spec in self.specs]
        self.changes = [item for item in found if item.rows and not item.is_closed]
        self.locked = [item for item in found if item.rows and item.is_closed]

    def _answers(self):
        asked = {question.name for spec in self.specs for question in spec.questions}
        readable = [
            question
            for question in self.return_type.questions
            if question.name in asked & self.read["content"].keys() and question.name not in self.read["unreadable"]
        ]
        answers = content.from_payload(readable, self.read)
        answers.absent = {name: why for name, why in answers.absent.items() if name in answers.values}
        return answers

    def _without_closed(self, answers):
        names = {
            question.name for spec in self.specs if not self.is_closed(spec) for question in spec.questions
        } & answers.values.keys()
        return content.Answers(
            values={name: value for name, value in answers.values.items() if name in names},
            absent={name: why for name, why in answers.absent.items() if name in names},
        )

    def is_closed(self, spec):
        return spec.slug in self.states and self.states[spec.slug].is_closed

    @property
    def typed_in_full(self):
        """The working copy with all that the workbook says, locked sections too."""
        return sections.merged(self.now, self.typed_answers)

    @property
    def all_answers(self):
        """What the annotated copy holds: what was typed, and blanks where it cannot be read."""
        answers = self.typed_in_full
        unreadable = self.read["unreadable"]
        return content.Answers(
            values=answers.values | dict.fromkeys(unreadable),
            absent={name: why for name, why in answers.absent.items() if name not in unreadable},
            unreadable=unreadable,
        )

    @property
    def verdict(self):
        """What the rules say of the workbook as it was typed, with a problem for each answer that cannot be read."""
        verdict = findings.verdict_on(self.submission, self.all_answers, self.context)
        named = {name for problem in verdict.errors for name in problem.fields}
        unread = [
            Problem("", Severity.ERROR, (name,), sentence, "Correct the cell.")
            for name, sentence in self.read["unreadable"].items()
            if name not in named
        ]
        return replace(verdict, problems=(*unread, *verdict.problems))

    @property
    def unreadable(self):
        """(question, what was typed, sentence, cell) of each answer that stays as it is in the portal."""
        return [
            (question, self.read["typed"][question.name], self.read["unreadable"][question.name], self.place(question))
            for question in self.return_type.questions
            if question.name in self.read["unreadable"]
        ]

    def place(self, question):
        return self.read["places"].get(question.name, "")


@dataclass(frozen=True)
class SectionChanges:
    """A section with the answers that would change; `saved_since` is its state where a colleague saved it after the
    workbook was made.
    """

    spec: object
    rows: list
    is_closed: bool
    saved_since: object

    @classmethod
    def of(cls, reading, spec, differing):
        rows = [
            Difference(
                question,
                summary.answer_said(question, reading.now),
                summary.answer_said(question, reading.typed_in_full),
                reading.place(question),
            )
            for question in spec.questions
            if question.name in differing
        ]
        state = reading.states.get(spec.slug)
        is_newer = bool(state and state.revision > reading.identity.revision_of(spec.slug))
        return cls(spec, rows, reading.is_closed(spec), state if is_newer else None)


@dataclass(frozen=True)
class Difference:
    question: object
    now: str
    after: str
    place: str


def reading_of(upload):
    """What a checked upload says, beside the working copy as it is now. Raises Refused where that is no longer kept."""
    try:
        with default_storage.open(upload.read_as) as file:
            read = json.load(file)
    except FileNotFoundError:
        raise Refused(
            "What this workbook said is no longer kept. Save it once more in your spreadsheet program and upload it again.",
            "gone",
        ) from None
    return Reading(upload.submission, read)


# Taken over or not


@transaction.atomic
def take_over(upload, *, content_sha256, by, at):
    """Writes what the workbook says into the working copy, over the content that was shown; returns the changed sections.

    Answers that cannot be read and sections that are locked stay as they are.
    """
    row = Upload.objects.select_for_update(no_key=True).get(pk=upload.pk)
    if not row.is_read:
        raise Refused("This workbook is no longer here. Upload it again.", "gone")
    row.submission = upload.submission
    given = reading_of(row).given
    written = workflow.take_over(
        row.submission, given, content_sha256=content_sha256, by=by, at=at, upload=str(row.uuid)
    )
    row.state, row.decided_by, row.decided_at = State.TAKEN, by.person, at
    row.save(update_fields=["state", "decided_by", "decided_at"])
    return written


@transaction.atomic
def leave(upload, *, by, at):
    """The workbook is not taken over, and removed."""
    row = Upload.objects.select_for_update(no_key=True).get(pk=upload.pk)
    if row.state in {State.WAITING, State.TAKEN, *Upload.GONE}:
        raise Refused("This workbook is being checked, or was taken over or removed already.", "gone")
    row.submission = upload.submission
    _remove(row, State.LEFT)
    row.decided_by, row.decided_at = by.person, at
    row.save()
    _event("workbook left", row, by, at)


def expire(*, at):
    """Removes what was brought long ago; the row stays and says that it was."""
    old = Upload.objects.filter(uploaded_at__lt=at - KEPT_FOR).exclude(state__in=[*Upload.GONE, State.WAITING])
    removed = 0
    for pk in old.values_list("pk", flat=True)[:200]:
        with transaction.atomic():
            row = old.select_for_update(skip_locked=True).filter(pk=pk).first()
            if row:
                _remove(row, State.EXPIRED)
                row.save()
                removed += 1
    return removed


def _remove(row, state):
    files = [Stored("", stored_as, "", 0, "") for stored_as in (row.stored_as, *_names_beside(row))]
    row.stored_as = row.read_as = row.annotated_as = ""
    row.state = state
    transaction.on_commit(lambda: [stored_files.discard(file) for file in files])
