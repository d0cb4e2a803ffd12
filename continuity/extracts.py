"""A prison's extract: taken, read by a worker, merged row by row into the audit, and thrown away.

A revision changes what the prison recorded, never what a service answered. A row is known by its row id where the file has
one, else by the person and the day of reception; what a file no longer holds is named, and stays until somebody decides.
"""

from datetime import timedelta

import numpy as np
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.row_security import as_system
from continuity import audits, bulk_rows, extract_findings, missing_rows, recording_rules, row_ids, sheets, working_rows
from continuity.columns import COLUMNS
from continuity.extract_files import (
    IDS,
    LIMITS,
    NEEDED,
    NotAnExtract,
    cells_by_column,
    column_called,
    meaning_of,
    table_in,
)
from continuity.extract_rows import RowReader
from continuity.models import Area, ColumnMap, Extract, Identity, Pair, Party, Referral, Sheet
from continuity.models.people import PRISON as IDENTITY_FIELDS
from continuity.rows import rows_of
from continuity.same_person import digests_of
from continuity.vocabulary import fold
from journal import doorbell, events, notices
from journal.refused import Refused
from returns import stored_files
from returns.queue import Queue

State = Extract.State
LEASE = timedelta(minutes=10)
KEEP_UNNAMED = timedelta(days=1)
SAID = 50  # cells that are named one by one when a file is refused
FILTERS = ("EXT-01", "EXT-02", "EXT-03", "EXT-04")  # what the protocol selects by
TASK = "continuity.read_extracts"
READING, COMPARING = "Reading the rows of the extract", "Writing the rows into the audit"


# Taking a file


@transaction.atomic
def upload(audit, uploaded, *, by, at):
    """Keeps a prison's file for the worker. Refused before everybody accepted the audit."""
    audit = audits.lock(audit)
    audits.refuse_unless_accepted(audit)
    own = audit.extracts.filter(prison=by.organisation)
    if own.filter(state__in=[State.WAITING, State.HEADINGS]).exists():
        raise Refused("An extract of yours is being read already. Wait for it, or take it away.", "waiting")
    stored = stored_files.store(uploaded, kinds=("xlsx", "csv"), limit=LIMITS.file_bytes)
    if received := _received_already(own, stored.sha256, audit):
        stored_files.discard(stored)
        raise Refused(
            f"This file was received already, as revision {received.number}. It holds nothing new.", "received"
        )
    extract = Extract.objects.create(
        audit=audit,
        prison=by.organisation,
        number=own.count() + 1,
        name=stored.name,
        stored_as=stored.stored_as,
        sha256=stored.sha256,
        kind=stored.kind,
        uploaded_by=by,
        uploaded_at=at,
    )
    _event("extract uploaded", extract, by, at, sha256=stored.sha256)
    doorbell.ring(TASK)
    return extract


def _received_already(own, sha256, audit):
    """The last extract that was read, if it is this file and would be read as it was: the same columns, the same areas."""
    last = own.filter(state=State.READ).order_by("-number").first()
    if last is None or last.sha256 != sha256:
        return None
    headings = [*last.meaning.get("columns", ()), *last.meaning.get("unknown", ())]
    if meaning_of(headings, said_by(last.prison_id)).as_json(headings) != last.meaning:
        return None
    areas = list(Pair.objects.filter(audit=audit, prison=last.prison_id).values_list("area__dat_code", flat=True))
    outside = Referral.objects.filter(audit=audit, prison=last.prison_id, left_out__contains=["EXT-03"])
    return None if outside.filter(sent__P13__in=areas).exists() else last


@transaction.atomic
def say_columns(extract, said, *, by, at):
    """Keeps what a prison's headings mean (heading -> column id, or "" for none) and lets the worker go on."""
    extract = Extract.objects.select_for_update(no_key=True).get(pk=extract.pk)
    if extract.state != State.HEADINGS:
        raise Refused("This extract does not wait for its columns any more.", "status")
    if without := [COLUMNS[id].label for id in needed_in(extract.meaning) if id not in said.values()]:
        raise Refused(
            f"Choose the column of your file that holds {_listed(without)}. If there is none, throw this file away, add "
            "the column, and upload it again.",
            "missing",
        )
    _keep_said(extract.prison, said, by, at)
    extract.state, extract.headings, extract.attempts = State.WAITING, [], 0
    extract.save(update_fields=["state", "headings", "attempts"])
    _event("extract columns named", extract, by, at)
    doorbell.ring(TASK)


@transaction.atomic
def change_map(prison, said, *, by, at):
    """Keeps what headings of a prison's files mean from its next file on (heading -> column id, or "" for none)."""
    _keep_said(prison, said, by, at)
    events.record("column map changed", subject=("organisation", prison.code), by=by, at=at)


def _keep_said(prison, said, by, at):
    """Remembers where people differ from what the portal reads in a heading itself, and forgets where they do not."""
    named = [id for id in said.values() if id]
    if len(named) != len(set(named)):
        raise Refused("Two headings cannot mean the same column.", "twice")
    for heading, id in said.items():
        known = ColumnMap.objects.filter(prison=prison, heading=fold(heading))
        if id == (column_called(heading) or ""):
            known.delete()
        else:
            known.update_or_create(
                prison=prison, heading=fold(heading), defaults={"column": id, "saved_by": by, "saved_at": at}
            )


@transaction.atomic
def take_away(extract, *, by, at):
    """Throws an extract away that was not read."""
    extract = Extract.objects.select_for_update(no_key=True).get(pk=extract.pk)
    if extract.state not in {State.WAITING, State.HEADINGS, State.STUCK}:
        raise Refused("This extract has been read already.", "status")
    _end(extract, State.REFUSED, at, ["You took this file away before it was read."])
    _event("extract taken away", extract, by, at)


# Reading it, in a worker


def read_waiting(*, at):
    """Reads the extracts that wait, one after another; returns how many were tried."""
    return QUEUE.work(_read, at=at)


QUEUE = Queue(
    Extract,
    "extract",
    LEASE,
    order="uploaded_at",
    begins={"progress": READING, "done": 0, "total": None},
    rests={"progress": "", "done": 0, "total": None},
    on_stuck=lambda extract, at: _tell(extract, "could not be read", at),
)


@transaction.atomic
def retry(extract, *, by, at):
    """Puts an extract that got stuck back into the queue."""
    own = Extract.objects.filter(audit=extract.audit_id, prison=extract.prison_id)
    if own.filter(state__in=[State.WAITING, State.HEADINGS]).exists():
        raise Refused("A newer extract of yours is being read. Wait for it, or take it away.", "waiting")
    if QUEUE.retry(extract):
        _event("extract retried", extract, by, at)
        doorbell.ring(TASK)


def _read(claimed, at):
    """Reads one file; the last step merges it, in one transaction: all of it or nothing."""
    try:
        table = table_in(stored_files.content_of(claimed), claimed.kind)
        meaning = meaning_of(table.headings, said_by(claimed.prison_id))
        if not meaning.is_clear:
            return _ask_for_columns(claimed, table, meaning, at)
        given, notes = _given(table, meaning, QUEUE.teller(claimed, READING))
    except NotAnExtract as refusal:
        return _refuse(claimed, [str(refusal)], at)
    except _Unreadable as refusal:
        return _refuse(claimed, refusal.sentences, at)
    QUEUE.say(claimed, COMPARING)
    Extract.objects.filter(pk=claimed.pk).update(meaning=meaning.as_json(table.headings), notes=_some(notes))
    return _merge(claimed, given, at)


def said_by(prison_id):
    """What a prison said that its headings mean: folded heading -> column id, or "" for none of ours."""
    return dict(ColumnMap.objects.filter(prison=prison_id).values_list("heading", "column"))


class _Unreadable(Exception):
    def __init__(self, sentences):
        super().__init__()
        self.sentences = sentences


def _given(table, meaning, tell):
    """(the rows of the table, notes about them). What is wrong with any cell refuses the file, with all such cells named.
    `tell` hears row by row how far it is.
    """
    reader, rows = RowReader(table, meaning, _areas_by_name(), timezone.localdate()), []
    for number, cells in cells_by_column(table, meaning):
        rows.append(reader.read(number, cells))
        tell(number - table.first_row + 1, len(table.rows))
    if reader.wrong:
        raise _Unreadable(_some([*reader.wrong, *reader.notes]))
    if not rows:
        raise NotAnExtract("There are headings but no rows in this file.")
    return rows, reader.notes


def _areas_by_name():
    """DAT codes by the folded names of their areas, alone and with the code behind; a name of two areas is no answer."""
    areas = list(Area.objects.all())
    names = [fold(area.name) for area in areas]
    by_name = {name: area.dat_code for name, area in zip(names, areas, strict=True) if names.count(name) == 1}
    return by_name | {fold(str(area)): area.dat_code for area in areas}


def _some(sentences):
    """The first of many sentences about cells or rows, and how many more there are."""
    more = [f"There are {len(sentences) - SAID:,} more like these."] if len(sentences) > SAID else []
    return [*sentences[:SAID], *more]


def _ask_for_columns(claimed, table, meaning, at):
    """Nobody knows which columns hold what is needed: the file waits until its owner says."""
    if not meaning.asked:
        lacking = _listed([COLUMNS[id].heading for id in meaning.missing])
        raise NotAnExtract(
            f"This file has no column for {lacking}. Add it under that heading, and upload the file again."
        )
    with transaction.atomic():
        extract = QUEUE.locked(claimed, "audit__period__collection")
        if extract is None:
            return False
        extract.state, extract.headings, extract.lease_until = State.HEADINGS, meaning.asked, None
        extract.meaning = meaning.as_json(table.headings)
        extract.save(update_fields=["state", "headings", "meaning", "lease_until"])
        _tell(extract, "needs to know what your columns mean", at)
    return True


def needed_in(meaning):
    """The ids of the columns that have to be named before an extract of this meaning (Extract.meaning) is read."""
    return [*meaning.get("missing", ()), *(id for id in meaning.get("doubtful", ()) if id in NEEDED)]


def _listed(words):
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _refuse(claimed, sentences, at):
    with transaction.atomic():
        extract = QUEUE.locked(claimed, "audit__period__collection")
        if extract is None:
            return False
        _end(extract, State.REFUSED, at, sentences)
        events.record("extract refused", subject=("extract", extract.uuid), at=at)
        _tell(extract, "was not taken", at)
    return True


def _end(extract, state, at, sentences=()):
    """The file has done its work: it holds names, so it goes once this is committed."""
    stored_as = extract.stored_as
    extract.state, extract.read_at, extract.refusals = state, at, list(sentences)
    extract.stored_as, extract.lease_until, extract.headings, extract.error, extract.progress = "", None, [], "", ""
    if state != State.READ:
        extract.meaning, extract.notes = {}, []  # what stood in the first row may have been a person
    extract.save()
    if stored_as:
        kept = stored_files.Stored(extract.name, stored_as, extract.sha256, 0, extract.kind)
        transaction.on_commit(lambda: stored_files.discard(kept))


# Merging it


@transaction.atomic
def _merge(claimed, given, at):
    extract = QUEUE.locked(claimed, "audit__period__collection")
    if extract is None:
        return False
    audit = audits.lock(extract.audit)
    known = _Known(audit, extract.prison_id, given)
    refused, told = row_ids.check(given, known)
    if refused:
        return _refuse(claimed, _some(refused), at)
    checked = _checked(audit, extract.prison_id, given)
    left_out = _left_out(checked)
    pairs = {
        pair.area.dat_code: pair
        for pair in Pair.objects.filter(audit=audit, prison=extract.prison_id).select_related("area")
    }
    new, changed, same, left, referrals = [], [], [], set(), []
    counts = {"read": len(given), "new": 0, "changed": 0, "same": 0, "left_out": 0}
    for row, because in zip(given, left_out, strict=True):
        found = known.claim(row)
        referral, identity = found or _blank(audit, extract)
        differs = _apply(audit, referral, identity, row.answers)
        pair = None if because else pairs[working_rows.area_of(row.answers)]
        moved = (referral.pair_id, referral.left_out) != (pair.pk if pair else None, because)
        stays = not (differs or moved or referral.position != row.number)
        referral.position, referral.extract, referral.pair, referral.left_out = row.number, extract, pair, because
        if referral.sheet_id and (referral.sheet.pair_id != referral.pair_id or row.answers.get("P24") != "YES"):
            left.add(referral.sheet)
            referral.sheet, stays = None, False
            identity.organisations = [extract.prison_id]
        (new if not found else same if stays else changed).append((referral, identity))
        referrals.append(referral)
        counts["left_out"] += bool(because)
        counts["new" if not found else "changed" if differs or moved else "same"] += 1
    counts["no_longer_there"] = len(known.unclaimed)
    _write(new, changed)
    Referral.objects.filter(pk__in=[referral.pk for referral, _ in same]).update(extract=extract)
    working_rows.judge_again({referral.sheet for referral, _ in changed if referral.sheet_id} | left)
    for sheet in left:
        sheets.rows_taken(sheet, by=extract.uploaded_by, at=at)
    _tell_of_missing(extract, known.unclaimed, at)
    extract_findings.keep(extract, checked, referrals)
    extract.counts, extract.done, extract.total = counts, len(given), len(given)
    extract.notes = [*extract.notes, *_some(told)]
    _end(extract, State.READ, at)
    events.record("extract read", subject=("extract", extract.uuid), at=at, detail={"revision": extract.number})
    _tell(extract, "has been read", at)
    return True


def _tell_of_missing(extract, unclaimed, at):
    """Tells the services that have some of these rows now; of rows that the extract before lacked too they know."""
    before = missing_rows.newest_extract(extract.audit_id, extract.prison_id)
    newly = Referral.objects.filter(pk__in=unclaimed, extract=before, sheet__isnull=False)
    having = Sheet.objects.filter(pk__in=newly.values("sheet")).select_related(
        "audit__period__collection", "submission__subject"
    )
    for sheet in having:
        if sheet.is_open_on(timezone.localdate(at)):
            sheets.rows_missing(sheet, extract, at)


def _blank(audit, extract):
    referral = Referral(audit=audit, prison_id=extract.prison_id, extract=extract, position=0)
    return referral, Identity(referral=referral, organisations=[extract.prison_id])


def _apply(audit, referral, identity, answers):
    """Writes what the prison records now into a row; returns whether anything differs."""
    sent = {id: working_rows.stored(answers[id]) for id in IDS if id in answers and id not in IDENTITY_FIELDS}
    before = referral.sent, [getattr(identity, name) for name in IDENTITY_FIELDS.values()]
    for id, name in IDENTITY_FIELDS.items():
        setattr(identity, name, answers.get(id) or (None if id == "P03" else ""))
    referral.sent, referral.digest = sent, identity.digest
    referral.number_digest, referral.attributors_digest = digests_of(audit, identity, sent.get("P04"))
    return before != (sent, [getattr(identity, name) for name in IDENTITY_FIELDS.values()])


def _checked(audit, prison_id, given):
    """The rows of the file with the rules that fired."""
    rows = rows_of([row.answers | {"P25": f"row {row.number}"} for row in given])
    rows.with_codes = np.array([row.has_codes for row in given], bool)
    rows.reason_by_alias = np.array([row.by_alias for row in given], bool)
    return recording_rules.check(rows, working_rows.audit_of(audit, prison_id=prison_id))


def _left_out(checked):
    """For each row the rules of the protocol's four filters that keep it off the audit list."""
    return [[code for code in FILTERS if checked.fired[code][place]] for place in range(len(checked))]


class _Known:
    """The rows that a prison sent before, each to be claimed by one row of the new file (`given`)."""

    def __init__(self, audit, prison_id, given):
        rows = Referral.objects.filter(audit=audit, prison=prison_id).select_related("identity", "sheet")
        self._by_id, self._by_person, self._open = {}, {}, set()
        self._named = {row.row_id for row in given}
        for referral in rows.order_by("position"):
            pair = referral, referral.identity
            self._by_id[str(referral.uuid)] = pair
            self._open.add(referral.pk)
            for key in _keys(referral.sent | _strings(referral.identity)):
                self._by_person.setdefault(key, []).append(pair)

    def of_row_id(self, row_id):
        """The (referral, identity) with a row id, or None."""
        return self._by_id.get(row_id)

    def like(self, row):
        """The (referral, identity)s that a row of the file is about by its person and dates, the surest first."""
        answers = {id: working_rows.stored(value) for id, value in row.answers.items()}
        return [pair for key in _keys(answers) for pair in self._by_person.get(key, ())]

    def claim(self, row):
        """The (referral, identity) that a row of the file is a revision of, or None for a new one."""
        by_id = self.of_row_id(row.row_id)
        candidates = [by_id] if by_id else [pair for pair in self.like(row) if str(pair[0].uuid) not in self._named]
        for referral, identity in candidates:
            if referral.pk in self._open:
                self._open.discard(referral.pk)
                return referral, identity
        return None

    @property
    def unclaimed(self):
        """The primary keys of the rows that no row of the file is a revision of."""
        return self._open


def _strings(identity):
    day = identity.date_of_birth.isoformat() if identity.date_of_birth else None
    return {"P01": identity.first_name, "P02": identity.surname, "P03": day, "P05": identity.client_reference}


def _keys(answers):
    """What a row can be known by, the surest first: the reference with the day of reception, then of exit; without a
    reference the four attributors in full with the day of exit. Blanks make no key, so they never join two people."""
    reference = fold(answers.get("P05") or "")
    if reference:
        for id in ("P06", "P11"):
            if answers.get(id):
                yield reference, id, answers[id]
        return
    person = [fold(answers.get(id) or "") for id in ("P01", "P02", "P03", "P04", "P11")]
    if all(person):
        yield tuple(person)


def _write(new, changed):
    Referral.objects.bulk_create([referral for referral, _ in new], batch_size=2000)
    for referral, identity in new:
        identity.referral_id = referral.pk
    Identity.objects.bulk_create([identity for _, identity in new], batch_size=2000)
    bulk_rows.save(
        [referral for referral, _ in changed],
        ["position", "extract", "pair", "left_out", "sheet", "sent", "digest", "number_digest", "attributors_digest"],
    )
    bulk_rows.save([identity for _, identity in changed], ["organisations", *IDENTITY_FIELDS.values()])


# The common steps


def forget_unnamed(*, at):
    """Throws away files whose columns nobody named for a day, and what got stuck: they hold names."""
    rows = Extract.objects.filter(state__in=[State.HEADINGS, State.STUCK], uploaded_at__lt=at - KEEP_UNNAMED)
    with as_system("extract"):
        for extract in rows:
            with transaction.atomic():
                _end(extract, State.REFUSED, at, ["Nobody said what its columns mean, so this file was thrown away."])


def _event(act, extract, by, at, **detail):
    events.record(act, subject=("extract", extract.uuid), by=by, at=at, detail={"revision": extract.number, **detail})


def _tell(extract, happened, at):
    parties = Party.objects.filter(audit=extract.audit_id, organisation=extract.prison_id, part=Party.Part.PRISON)
    recipients = audits.seats_of(parties, at)
    if recipients:
        notices.tell(
            [
                notices.Telling(
                    cause=f"extract {extract.uuid} {happened} {at:%Y%m%d%H%M%S}",
                    recipients=frozenset(recipients),
                    subject=f"Your extract for “{extract.audit.title}” {happened}",
                    link=reverse("audits:extract", args=[extract.uuid]),
                )
            ],
            at=at,
        )
