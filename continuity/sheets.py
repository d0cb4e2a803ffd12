"""Splitting an extract by area and sharing each part with the one service it is for; taking it back; completing it.

Source: guidance of 2018, 5.6. Gates: EXT-05 (one destination), EXT-09 (consent), EXT-11 (sharing agreement).
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from django.db import transaction
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from accounts.row_security import as_system
from continuity import audits, bulk_rows, comments, held_back, naming, sheet_columns, working_rows
from continuity.columns import COMMUNITY_COLUMNS, INTERVENTION_COLUMNS, INTERVENTIONS_ASKED_IF
from continuity.held_back import Stands
from continuity.models import Audit, Extract, Identity, Pair, Party, Referral, RowMessage, RowQuery, Sheet
from continuity.models.people import COMMUNITY as COMMUNITY_IDENTITY
from journal import events, notices
from journal.refused import Refused
from returns import outgoing, workflow
from returns.content import canonical
from returns.models import Participant, Submission

Part = Participant.Part
POLICY = "information sharing agreement of the audit"
OPEN_FOR = timedelta(days=90)
LISTED = 5  # people named in a sentence


# Preview


@dataclass(frozen=True)
class Share:
    """What stands to be shared of one pair: how many rows of the audit list stand how (`held_back.Stands`), and the sheet."""

    pair: Pair
    counts: Counter
    sheet: Sheet | None
    is_closed: bool

    @property
    def listed(self):
        return self.counts.total()

    @property
    def shared(self):
        return self.counts[Stands.SHARED]

    @property
    def to_share(self):
        return self.counts[Stands.TO_SHARE]

    @property
    def without_consent(self):
        return self.counts[Stands.NO_CONSENT]

    @property
    def missing(self):
        return self.counts[Stands.MISSING]

    @property
    def can_go_out(self):
        return bool(self.to_share or self.missing or self.is_closed)


def preview(audit, prison, today):
    """A Share for each area of a prison, in the order of their names."""
    pairs = Pair.objects.filter(audit=audit, prison=prison).select_related("area__local_authority", "service", "prison")
    sheets = Sheet.objects.filter(pair__in=pairs, submission__subject=F("pair__service")).select_related("submission")
    by_pair = {sheet.pair_id: sheet for sheet in sheets}
    counts = defaultdict(Counter)
    listed = held_back.listed(audit, prison, today)
    for pair, stands, rows in listed.order_by().values_list("pair", "stands").annotate(rows=Count("pk")):
        counts[pair][stands] = rows
    shares = []
    for pair in pairs.order_by("area__name"):
        sheet = by_pair.get(pair.pk)
        shares.append(Share(pair, counts[pair.pk], sheet, is_closed=bool(sheet) and not sheet.is_open_on(today)))
    return shares


def gates(audit):
    """What stands in the way of sharing anything at all: (code, sentence)."""
    found = []
    if not audit.agreements.exists():
        found.append(("EXT-11", "Record the sharing agreement first."))
    if waiting := audits.waiting_for(audit):
        names = ", ".join(dict.fromkeys(party.organisation.name for party in waiting))
        found.append(("", f"Still to accept the audit: {names}."))
    if audit.is_closed:
        found.append(("", "The audit is closed."))
    return found


# Release, recall, expiry


@transaction.atomic
def release(pair, *, expires_on, also_missing=False, by, at):
    """Shares the rows of a pair that have consent with its service, as one sheet, until a day; returns the sheet.

    Releasing again adds what a later extract brought. Rows that the newest extract lacks go along if `also_missing`. The
    release is written down before anybody can open the rows.
    """
    audit = audits.lock(pair.audit)
    if standing := gates(audit):
        raise Refused(" ".join(sentence for _, sentence in standing), standing[0][0] or "not_ready")
    if Extract.objects.filter(audit=audit, prison=pair.prison_id, state=Extract.State.WAITING).exists():
        raise Refused("A newer extract is being read. Share when it has been read.", "reading")
    today = timezone.localdate(at)
    _refuse_wrong_expiry(expires_on, today)
    rows, kept_back = _rows_to_share(pair, also_missing, today)
    if any(working_rows.area_of(row.sent) != pair.area.dat_code for row in rows):
        raise Refused("This sheet contains people not referred to this provider. Split it first.", "EXT-05")
    sheet = _sheet_for(pair, pair.service, expires_on, by, at)
    _take_off(kept_back)
    if not rows and not sheet.referrals.exists():
        raise Refused("There is nothing to share with this service.", "nothing")
    if sheet.submission.is_submitted and (rows or kept_back):
        changed = "shared more rows" if rows else "took rows off this sheet"
        workflow.reopen(sheet.submission, reason=f"The prison {changed}.", by=by, at=at)
    _forget_other_services([row for row in rows if row.shared_under_id not in (None, pair.pk)])
    _give(rows, sheet, [pair.prison_id, pair.service_id])
    outgoing.send_out(
        kind="continuity sheet",
        name=f"{sheet.submission.uuid}",
        data=canonical(sorted(str(row.uuid) for row in sheet.referrals.all())),
        recipient=pair.service.name,
        policy=POLICY,
        rows=sheet.referrals.count(),
        versions=[],
        by=by,
        at=at,
    )
    event("sheet released", sheet, by, at, expires_on=expires_on.isoformat())
    workflow.judge_rows_again(sheet.submission)
    _tell_service(sheet, "released", "has a sheet for you to complete", at)
    return sheet


def _rows_to_share(pair, also_missing, today):
    """(the rows that go out, those that the newest extract lacks and that come off the sheet they are on)."""
    listed = held_back.listed(pair.audit_id, pair.prison_id, today).select_for_update(of=("self",)).filter(pair=pair)
    missing = list(listed.filter(stands=Stands.MISSING))
    rows = list(listed.filter(stands=Stands.TO_SHARE))
    if also_missing:
        return rows + missing, []
    return rows, [row for row in missing if row.sheet_id]


def _take_off(rows):
    """Takes rows off a sheet that was closed; what its service said of them stays, for when they come back."""
    ids = [row.pk for row in rows]
    Referral.objects.filter(pk__in=ids).update(sheet=None)
    Identity.objects.filter(referral__in=ids).update(organisations=[row.prison_id for row in rows[:1]])


def _refuse_wrong_expiry(expires_on, today):
    if not today < expires_on <= today + timedelta(days=366):
        raise Refused("Choose a last day that lies ahead, within a year.", "expiry")


def _sheet_for(pair, service, expires_on, by, at):
    """The sheet of a service for a pair, opened again where it was recalled or has expired."""
    key = f"{pair.prison.code}-{pair.area.dat_code}"
    submission, is_new = Submission.objects.get_or_create(period=pair.audit.period, subject=service, subject_key=key)
    if is_new:
        _take_part(submission, pair, service)
    defaults = {
        "audit": pair.audit,
        "pair": pair,
        "released_by": by.person,
        "released_at": at,
        "expires_on": expires_on,
    }
    cleared = {"recalled_by": None, "recalled_at": None, "recalled_because": ""}
    sheet, _ = Sheet.objects.update_or_create(submission=submission, defaults=defaults | cleared)
    if submission.status == Submission.Status.NOT_REQUIRED:
        workflow.reopen(submission, reason="The prison shared the sheet again.", by=by, at=at)
        submission.refresh_from_db()
    sheet.submission, sheet.pair = submission, pair
    return sheet


def _take_part(submission, pair, service):
    parts = [(service, Part.OWNER), (pair.prison, Part.SOURCE)]
    if pair.area.local_authority:
        parts.append((pair.area.local_authority, Part.RECIPIENT))
    Participant.objects.bulk_create(
        Participant(submission=submission, organisation=organisation, part=part) for organisation, part in parts
    )


def _refuse_unless_with_service(sheet):
    if not sheet.submission.is_being_filled_in:
        raise Refused("This sheet is submitted. Nothing can be added to it now.", "submitted")


def _give(rows, sheet, organisations):
    """Puts rows on a sheet; the people on them are opened to these organisations, and to no other."""
    ids = [row.pk for row in rows]
    Referral.objects.filter(pk__in=ids).update(sheet=sheet, shared_under=sheet.pair)
    Identity.objects.filter(referral__sheet=sheet).update(organisations=organisations)


def _forget_other_services(rows):
    """Takes what another area's service answered and asked from rows that go to a new one: it was not said to them."""
    ids = [row.pk for row in rows]
    RowQuery.objects.filter(referral__in=ids).delete()
    Referral.objects.filter(pk__in=ids).update(answers={}, interventions=[], revision=F("revision") + 1)
    blank = {name: None if id == "C36" else "" for id, name in COMMUNITY_IDENTITY.items()}
    Identity.objects.filter(referral__in=ids).update(**blank)


def rows_taken(sheet, *, by, at):
    """A new extract took rows from a sheet: its service learns of it, and a submitted sheet is open again."""
    if sheet.submission.is_submitted:
        workflow.reopen(sheet.submission, reason="The prison’s new extract took rows from this sheet.", by=by, at=at)
    _tell_service(sheet, f"rows taken {at:%Y%m%d%H%M%S}", "no longer has all your rows: the prison corrected them", at)


def rows_missing(sheet, extract, at):
    """A new extract lacks rows that a service has: it is told once for each extract, and sees which on the sheet."""
    cause = f"rows missing from revision {extract.number}"
    _tell_service(sheet, cause, "has rows of yours that the prison’s newest extract does not hold", at)


@transaction.atomic
def recall(sheet, *, reason, by, at):
    """Takes a sheet back: from this moment the service sees neither rows nor people. What it answered stays, and nobody
    waits for the rest.
    """
    audits.lock(sheet.audit)
    sheet = Sheet.objects.select_for_update(of=("self",)).select_related("pair", "submission").get(pk=sheet.pk)
    if sheet.recalled_at:
        raise Refused("This sheet was recalled already.", "recalled")
    if not reason.strip():
        raise Refused("Say why this sheet is recalled.", "no_reason")
    naming.refuse_names(sheet.audit, reason)
    sheet.recalled_at, sheet.recalled_by, sheet.recalled_because = at, by.person, reason.strip()
    sheet.save(update_fields=["recalled_at", "recalled_by", "recalled_because"])
    _close_identities(sheet)
    if sheet.submission.is_with_owner:
        workflow.excuse(sheet.submission, reason="The prison recalled the sheet.", by=by, at=at)
    event("sheet recalled", sheet, by, at)
    _tell_service(sheet, f"recalled {at:%Y%m%d%H%M%S}", "had its sheet recalled by the prison", at)


def _close_identities(sheet):
    Identity.objects.filter(referral__sheet=sheet).update(organisations=[sheet.pair.prison_id])


def expire(*, at):
    """Closes the people of sheets whose last day has passed; pages close by the day itself. Returns how many sheets."""
    today = timezone.localdate(at)
    with as_system("expiry"), transaction.atomic():
        rows = Sheet.objects.filter(expires_on__lt=today, audit__purged_at=None).select_related("pair")
        still_open = rows.filter(referrals__identity__organisations__len__gt=1).distinct()
        found = list(still_open)
        for sheet in found:
            _close_identities(sheet)
    return len(found)


# A single point of contact gives rows to other services


@transaction.atomic
def assign(sheet, row_ids, service, *, by, at):
    """Gives rows of a sheet to another service, which gets a sheet of its own and sees these rows alone; returns it.

    A service that has not accepted the audit is invited first, and given nothing yet: then the answer is None.
    """
    audit = audits.lock(sheet.audit)
    if service.pk == sheet.submission.subject_id or service.kind != Organisation.Kind.COMMUNITY_TREATMENT_PROVIDER:
        raise Refused("Choose another community treatment provider.", "service")
    _refuse_unless_with_service(sheet)
    rows = list(Referral.objects.select_for_update().filter(sheet=sheet, uuid__in=row_ids))
    if not rows or len(rows) != len(set(row_ids)):
        raise Refused("Choose at least one row of this sheet.", "no_rows")
    party, _ = Party.objects.get_or_create(audit=audit, organisation=service, part=Party.Part.COMMUNITY)
    if not party.has_accepted:
        audits.invite_party(party, by=by, at=at)
        return None
    other = _sheet_for(sheet.pair, service, sheet.expires_on, by, at)
    _refuse_unless_with_service(other)
    _give(rows, other, [sheet.pair.prison_id, sheet.pair.service_id, service.pk])
    for one in (sheet, other):
        workflow.judge_rows_again(one.submission)
    event("sheet rows assigned", other, by, at, rows=len(rows))
    _tell_service(other, f"assigned {at:%Y%m%d%H%M%S}", "has rows for you to complete", at)
    return other


# Completing


@transaction.atomic
def save_row(sheet, row_id, answers, interventions, *, revision, by, at):
    """Keeps a service's answers about one referral over the revision that was shown; returns the referral.

    `answers` are by column id, `interventions` a list of C45a to C45d; what the answers before it do not ask for is left
    out. Raises SavedMeanwhile where a colleague was quicker, Refused where the comment names the person.
    """
    (row,) = save_rows(sheet, {row_id: (answers, interventions)}, revisions={row_id: revision}, by=by, at=at)
    return row


def refuse_unless_open(sheet, at):
    if not sheet.is_open_on(timezone.localdate(at)):
        raise Refused("This sheet was recalled, or its last day has passed.", "closed")


@transaction.atomic
def save_rows(sheet, given, *, revisions=None, by, at, **detail):
    """Keeps a service's answers about many referrals at once, all or none: `given` maps row ids to (answers,
    interventions), as `save_row` takes them, `revisions` to those that were shown. Returns the referrals. Raises
    SavedMeanwhile where a colleague was quicker, Refused with the rows whose comment names the person.
    """
    refuse_unless_open(sheet, at)

    def write():
        rows = list(
            sheet.referrals.select_for_update(of=("self",)).select_related("identity").filter(uuid__in=list(given))
        )
        for row in rows:
            if revisions and row.revision != revisions[row.uuid]:
                raise workflow.SavedMeanwhile(row)
            _answer(row, *given[row.uuid])
        _refuse_comments_that_identify(sheet, rows, {row.pk: row.identity.comment for row in rows})
        _save(rows)
        return rows

    return workflow.save_rows(sheet.submission, write, act="rows saved", by=by, at=at, rows=len(given), **detail)


def _refuse_comments_that_identify(sheet, rows, given):
    """Refuses comments, by the primary key of their referral, that name their person or anybody else of the sheet."""
    if not any(given.values()):
        return
    own, people = set(working_rows.whose_comment_identifies(rows, given)), naming.people_on(sheet)
    found = [row for row in rows if row in own or (given[row.pk] and people.are_named_in(given[row.pk]))]
    if found:
        _refuse_comments(found[:LISTED])


def save_columns(sheet, reading, *, by, at, **detail):
    """Keeps the answers about all rows that a completed workbook (a `sheet_reading.Reading`) changes, all or none."""
    refuse_unless_open(sheet, at)
    changed, rows = np.array(reading.changed), reading.rows

    def write():
        after = replace(rows, filled=reading.as_it_would_be)
        _refuse_if_comments_identify(reading, after.filled, changed)
        columns = {id: answered.at(changed) for id, answered in reading.after.items()}
        sheet_columns.write(rows.ids[changed], rows.revisions[changed], columns)
        return after

    workflow.save_rows(sheet.submission, write, act="rows saved", by=by, at=at, rows=len(changed), **detail)


def _refuse_if_comments_identify(reading, filled, changed):
    identifies = filled.checked.fired["SEC-01"] | comments.of_others(filled.rows)
    found = changed[identifies[changed]].tolist()
    if found:
        _refuse_comments(reading.referrals(found[:LISTED]).values())


def _refuse_comments(rows):
    about = ", ".join(f"{row.identity.first_name} {row.identity.surname}" for row in rows)
    raise Refused(
        f"Remove names, references and dates of birth from the comment about {about}. Nothing was saved.", "SEC-01"
    )


def _save(rows):
    for row in rows:
        row.revision += 1
    bulk_rows.save(rows, ["answers", "interventions", "revision"])
    bulk_rows.save([row.identity for row in rows], list(COMMUNITY_IDENTITY.values()))


def _answer(row, answers, interventions):
    """Puts the answers where they belong, in the order of the questions: each is asked only where those before say so."""
    kept = {}
    for column in COMMUNITY_COLUMNS:
        answer = answers.get(column.id)
        if answer is not None and column.is_asked(kept):
            kept[column.id] = answer
    for id, name in COMMUNITY_IDENTITY.items():
        setattr(row.identity, name, kept.pop(id, None) or (None if id == "C36" else ""))
    asked = all(kept.get(id) in keys for id, keys in INTERVENTIONS_ASKED_IF)
    row.answers = {id: working_rows.stored(answer) for id, answer in kept.items()}
    row.interventions = [
        {id: working_rows.stored(given.get(id)) for id in INTERVENTION_COLUMNS} for given in interventions if asked
    ]


@transaction.atomic
def submit(sheet, *, by, at):
    """The service says that its sheet is complete; the kernel freezes a version and has it checked."""
    audits.lock(sheet.audit)
    if not sheet.is_open_on(timezone.localdate(at)):
        raise Refused(
            "This sheet was recalled, or its last day has passed. Ask the prison to share it again.", "closed"
        )
    if Submission.objects.filter(pk=sheet.pk, status=Submission.Status.NOT_STARTED).exists():
        raise Refused(working_rows.still_owing(sheet.referrals.count()), "incomplete")
    submission = workflow.send_for_sign_off(sheet.submission, by=by, at=at)
    _tell_onlookers(sheet, submission.current_version, at)
    return submission


@transaction.atomic
def open_again(sheet, *, reason, by, at):
    """Opens a submitted sheet once more, for the service to correct it; the last version counts until there is another."""
    audit = audits.lock(sheet.audit)
    if audit.is_closed:
        raise Refused("This audit is closed.", "closed")
    naming.refuse_names(audit, reason)
    workflow.reopen(sheet.submission, reason=reason, by=by, at=at)
    _tell_prison(sheet, f"opened again {at:%Y%m%d%H%M%S}", "has a sheet that is open again", at, but=by)


# The end of names


def purge_due(*, at):
    """Empties the table of people of audits closed long enough ago; returns how many audits. Rows stay, without names."""
    today = timezone.localdate(at)
    with as_system("purge"):
        due = Audit.objects.filter(closed_at__isnull=False, purged_at=None, purge_on__lte=today)
        return sum(_purge(audit, at) for audit in due)


@transaction.atomic
def _purge(audit, at):
    audit = audits.lock(audit)
    if audit.purged_at or audit.sheets.filter(submission__versions__checking__state="WAITING").exists():
        return 0
    people, _ = Identity.objects.filter(referral__audit=audit).delete()
    RowMessage.objects.filter(query__referral__audit=audit).delete()
    Extract.objects.filter(audit=audit).update(notes=[], refusals=[])  # they quote cells
    audit.purged_at, audit.people_salt = at, ""
    audit.save(update_fields=["purged_at", "people_salt"])
    events.record("audit purged", subject=("audit", audit.uuid), at=at, detail={"people": people})
    return 1


# The common steps


def event(act, sheet, by, at, **detail):
    events.record(act, subject=("submission", sheet.submission.uuid), by=by, at=at, detail=detail)


def _tell_service(sheet, cause, happened, at):
    service = Party(audit=sheet.audit, organisation=sheet.submission.subject, part=Party.Part.COMMUNITY)
    _tell(sheet, cause, [service], happened, at)


def _tell_prison(sheet, cause, happened, at, but):
    if but.organisation_id != sheet.pair.prison_id:
        prison = Party(audit=sheet.audit, organisation=sheet.pair.prison, part=Party.Part.PRISON)
        _tell(sheet, cause, [prison], happened, at)


def _tell_onlookers(sheet, version, at):
    """Tells everybody else who may know of this sheet that it was submitted: its prison, the service that shared it out,
    its commissioners and who analyses. Other providers of the audit hear nothing.
    """
    pair, audit = sheet.pair, sheet.audit
    of_the_sheet = {pair.prison_id, pair.service_id, pair.area.local_authority_id, audit.owner.pk}
    parties = audit.parties.filter(
        Q(organisation__in=of_the_sheet - {None})
        | Q(part__in=[Party.Part.SECURE_COMMISSIONER, Party.Part.ANALYSIS_LEAD]),
        invited_at__isnull=False,
    ).exclude(Q(organisation=sheet.submission.subject) | Q(part=Party.Part.FACILITATOR))
    about = f"{pair.prison.name} to {pair.area.name}, completed by {sheet.service.name}."
    _tell(sheet, f"submitted {version.number}", parties, "has a sheet that was submitted", at, about)


def _tell(sheet, cause, parties, happened, at, body=""):
    recipients = audits.seats_of(parties, at)
    if recipients:
        subject = f"The audit “{sheet.audit.title}” {happened}"
        link = reverse("audits:sheet", args=[sheet.submission.uuid])
        cause = f"sheet {sheet.submission.uuid} {cause}"
        notices.tell([notices.Telling(cause, frozenset(recipients), subject, link, body)], at=at)
