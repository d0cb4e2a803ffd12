"""The forms of national systems: those that come with a return type, and those that an administrator brings.

A form is brought with its cell map, checked by a worker, previewed with a real return, made current from a period on, and
withdrawn again; then the one before it counts.
"""

import hashlib
import logging
import re
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.row_security import as_system
from journal import doorbell, events
from journal.refused import Refused
from returns import apart, cell_maps, workbook_safety
from returns.cell_maps import Form, NotAMap
from returns.models import Proforma
from returns.periods import Quarter
from returns.registry import return_types
from returns.return_type import WorkbookSpec
from returns.stored_files import clean_name
from returns.workbook_safety import UnsafeWorkbook

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
ATTEMPTS = 3
LIMITS = WorkbookSpec(file_bytes=2_000_000, unpacked_bytes=30_000_000, parts=200, memory_bytes=500_000_000, seconds=30)
VERSION = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){1,2}")
State = Proforma.State


# Which one is filled


def in_use(return_type, period_key):
    """The Form to fill in a period: the newest version that holds in it, or None where the type has no forms."""
    return cell_maps.newest_in([*brought(return_type), *return_type.national_files.forms()], period_key)


def brought(return_type):
    rows = Proforma.objects.filter(return_type=return_type.slug, state=State.CURRENT)
    return [form_of(row) for row in rows]


def form_of(row):
    """The Form that a row holds; before it is current it holds from no period on."""
    return Form(row.version, row.from_period, **row.cells, workbook=bytes(row.workbook))


def types_with_forms():
    return [item for item in return_types().values() if item.national_files and item.national_files.forms()]


# Brought and checked


@transaction.atomic
def receive(return_type, *, version, workbook, cell_map, by, at):
    """Keeps a form (an uploaded .xlsx) with its map (an uploaded CSV) and asks for its check. Raises Refused."""
    if not VERSION.fullmatch(version):
        raise Refused("Write the version as numbers with points, such as 2.0.", "version")
    taken = Refused(f"There is a version {version} already. Give this one another number.", "version")
    rows = Proforma.objects.filter(return_type=return_type.slug, version=version)
    of_the_portal = {form.version for form in return_type.national_files.forms()}
    if version in of_the_portal or rows.exclude(state__in=[State.FAILED, State.STUCK]).exists():
        raise taken
    rows.delete()
    national = return_type.national_files
    try:
        data = workbook.read(LIMITS.file_bytes + 1)
        workbook_safety.refuse_other_files(data, LIMITS)
        cells = cell_maps.read_map(
            cell_map.read(cell_maps.LARGEST_MAP + 1), national.form_about, national.form_answers, national.form_list
        )
    except UnsafeWorkbook as problem:
        raise Refused(str(problem), "workbook") from None
    except NotAMap as problem:
        raise Refused(str(problem), "cell_map") from None
    try:
        with transaction.atomic():
            row = Proforma.objects.create(
                return_type=return_type.slug,
                version=version,
                name=clean_name(workbook.name, "xlsx"),
                workbook=data,
                workbook_sha256=hashlib.sha256(data).hexdigest(),
                cells=cells,
                uploaded_by=by,
                uploaded_at=at,
            )
    except IntegrityError:
        raise taken from None
    _event("pro-forma uploaded", row, by, at, sha256=row.workbook_sha256)
    ring()
    return row


def ring():
    doorbell.ring("returns.check_proformas")


def _event(act, row, by, at, **detail):
    subject = ("pro-forma", row.uuid)
    events.record(
        act, subject=subject, by=by, at=at, detail={"form": row.return_type, "form_version": row.version, **detail}
    )


def check_waiting(*, at):
    """Checks the forms that wait; returns how many were looked at."""
    looked_at = 0
    with as_system("pro-forma"):
        while row := _claim(at):
            looked_at += 1
            try:
                problems = _problems_of(row)
            except Exception as problem:
                logger.exception("The form %s could not be checked.", row.uuid)
                _ours(row).update(problems=[type(problem).__name__])
                continue
            _keep(row, problems, at)
    return looked_at


@transaction.atomic
def _claim(at):
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=at)
    waiting = Proforma.objects.filter(free, state=State.WAITING).order_by("pk").select_for_update(skip_locked=True)
    tired = waiting.filter(attempts__gte=ATTEMPTS).values("pk")
    Proforma.objects.filter(pk__in=tired).update(state=State.STUCK, lease_until=None)
    row = waiting.filter(attempts__lt=ATTEMPTS).first()
    if row is not None:
        row.attempts, row.lease_until = row.attempts + 1, at + LEASE
        row.save(update_fields=["attempts", "lease_until"])
    return row


def _ours(row):
    return Proforma.objects.filter(pk=row.pk, state=State.WAITING, lease_until=row.lease_until)


def _problems_of(row):
    """What is wrong with the form and its map, in sentences, found in a process of its own."""
    form = form_of(row)

    def look():
        workbook_safety.look_at_form(form.workbook, LIMITS)
        try:
            return cell_maps.problems_with(form)
        except NotAMap as problem:
            raise UnsafeWorkbook(str(problem)) from None

    try:
        return apart.run(look, memory=LIMITS.memory_bytes, seconds=LIMITS.seconds, refusal=UnsafeWorkbook)
    except UnsafeWorkbook as problem:
        return [str(problem)]
    except apart.Overran as end:
        return [f"{end} Simplify the workbook."]


@transaction.atomic
def _keep(row, problems, at):
    state = State.FAILED if problems else State.CHECKED
    if _ours(row).update(state=state, problems=problems, lease_until=None):
        _event("pro-forma checked", row, None, at, problems=len(problems))


# Chosen


@transaction.atomic
def make_current(row, *, from_period, by, at):
    """From this period on, this version is filled; earlier periods keep theirs."""
    row = Proforma.objects.select_for_update(no_key=True).get(pk=row.pk)
    if not row.is_usable:
        raise Refused("This version has not passed its check, so it cannot be used.", "unchecked")
    try:
        Quarter.parse(from_period)
    except ValueError:
        raise Refused("Choose the quarter from which this version holds.", "no_period") from None
    _decide(row, State.CURRENT, from_period, by, at)
    filled = in_use(return_types()[row.return_type], from_period)
    if filled.version != row.version:
        raise Refused(
            f"Version {filled.version} has a higher number and holds in that quarter too, so it would be filled and not"
            " this one. Withdraw it first, or bring this form under a higher number.",
            "not_the_newest",
        )
    _event("pro-forma made current", row, by, at, from_period=from_period)


@transaction.atomic
def withdraw(row, *, by, at):
    """This version is filled no longer; the one before it counts again."""
    row = Proforma.objects.select_for_update(no_key=True).get(pk=row.pk)
    if not row.is_current:
        raise Refused("This version is not in use.", "not_current")
    _decide(row, State.WITHDRAWN, row.from_period, by, at)
    _event("pro-forma withdrawn", row, by, at, from_period=row.from_period)


def _decide(row, state, from_period, by, at):
    row.state, row.from_period, row.decided_by, row.decided_at = state, from_period, by.person, at
    row.save(update_fields=["state", "from_period", "decided_by", "decided_at"])
