"""Setting an audit up: its terms, its parties and what they accept, the sharing agreement, meetings, and its end.

Each act locks the audit, looks, changes, and leaves an event in the same transaction. Source: guidance of 2018, 5.3 to 5.6.
"""

from datetime import timedelta
from math import floor
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organisation
from continuity import naming
from continuity.models import TOPICS, Audit, Extract, Meeting, Pair, Party, PathwayTopic, SharingAgreement
from continuity.models.audits import PURGE_AFTER
from continuity.roles import RETURN_TYPE, ROLES_OF
from journal import events, notices
from journal.refused import Refused
from returns import stored_files
from returns.models import Collection, Period, Submission
from returns.periods import at_five, end_of

Part = Party.Part
Kind = Organisation.Kind
CLOSES_AFTER = timedelta(days=28)
AGREEMENT_KINDS = ("pdf", "docx")
AGREEMENT_LIMIT = 10_000_000

KINDS_OF = {
    Part.PRISON: {Kind.PRISON_HEALTH_SERVICE},
    Part.COMMUNITY: {Kind.COMMUNITY_TREATMENT_PROVIDER},
    Part.LA_COMMISSIONER: {Kind.LOCAL_AUTHORITY},
    Part.SECURE_COMMISSIONER: {Kind.REGION, Kind.OTHER},
    Part.ANALYSIS_LEAD: {Kind.COMMUNITY_TREATMENT_PROVIDER, Kind.LOCAL_AUTHORITY, Kind.REGION, Kind.OTHER},
    Part.FACILITATOR: {Kind.REGION, Kind.OTHER},
}
BY_HAND = (Part.LA_COMMISSIONER, Part.SECURE_COMMISSIONER, Part.FACILITATOR)


# Terms


@transaction.atomic
def set_up(*, title, aims, starts, ends, due_on, analysis_lead, by, at):
    """A new audit of the organisation that sets it up, which takes part and accepts its own terms."""
    _refuse_wrong_dates(starts, ends, due_on)
    _refuse_past(due_on, at)
    collection = Collection.objects.create(
        return_type=RETURN_TYPE, key=f"audit-{uuid4().hex[:12]}", title=title, owner=by.organisation
    )
    period = Period(collection=collection, key="audit", opens_at=at, opened_at=at)
    _date(period, starts, ends, due_on)
    period.save()
    audit = Audit.objects.create(
        period=period, aims=aims, analysis_lead=analysis_lead, set_up_by=by.person, set_up_at=at
    )
    is_local = by.organisation.kind == Kind.LOCAL_AUTHORITY
    part = Part.LA_COMMISSIONER if is_local else Part.SECURE_COMMISSIONER
    Party.objects.create(audit=audit, organisation=by.organisation, part=part, invited_at=at)
    _follow_analysis_lead(audit, None)
    _accept_own_terms(audit, by, at)
    event("audit set up", audit, by, at)
    return audit


@transaction.atomic
def change_terms(audit, *, title, aims, starts, ends, due_on, analysis_lead, by, at):
    """Changes what the parties accepted, so each is asked again. Once rows are shared the period stays."""
    audit = lock(audit)
    _refuse_wrong_dates(starts, ends, due_on)
    period = audit.period
    if due_on != timezone.localdate(period.due_at):
        _refuse_past(due_on, at)
    if (period.starts, period.ends) != (starts, ends) and has_extract(audit):
        raise Refused(
            "The period cannot change once an extract has been uploaded: its rows were chosen by it.", "extracted"
        )
    before = audit.analysis_lead
    _date(period, starts, ends, due_on)
    period.save()
    Collection.objects.filter(pk=period.collection_id).update(title=title)
    audit.aims, audit.analysis_lead = aims, analysis_lead
    audit.save(update_fields=["aims", "analysis_lead"])
    _follow_analysis_lead(audit, before)
    _terms_changed(audit, "audit terms changed", by, at)


def has_extract(audit):
    """Whether a prison's extract was read, or is about to be: its rows are those of the period."""
    return audit.extracts.exclude(state=Extract.State.REFUSED).exists()


def _date(period, starts, ends, due_on):
    period.title = f"{starts:%-d %B %Y} to {ends:%-d %B %Y}"
    period.starts, period.ends, period.census_on = starts, ends, ends
    period.due_at = at_five(due_on)
    period.closes_at = end_of(due_on + CLOSES_AFTER)
    period.opens_at = min(period.opens_at, period.due_at - timedelta(minutes=1))


def _refuse_wrong_dates(starts, ends, due_on):
    if ends < starts:
        raise Refused("The period ends before it starts.", "order")
    if (ends - starts).days > 366:
        raise Refused("Audit a year at most. A shorter period is less work and tells as much.", "too_long")
    if due_on <= ends:
        raise Refused("Sheets are due after the last day of the period.", "order")


def _refuse_past(due_on, at):
    if due_on <= timezone.localdate(at):
        raise Refused("Sheets are due on a day that has passed. Choose one that lies ahead.", "past")


def _follow_analysis_lead(audit, before):
    """The analysis lead is a party; where it is one already, as a service or a commissioner, that is enough."""
    if before and before != audit.analysis_lead:
        audit.parties.filter(organisation=before, part=Part.ANALYSIS_LEAD).delete()
    if audit.analysis_lead and not audit.parties.filter(organisation=audit.analysis_lead).exists():
        Party.objects.create(audit=audit, organisation=audit.analysis_lead, part=Part.ANALYSIS_LEAD)


def _terms_changed(audit, act, by, at, **detail):
    """Everybody who had been asked is asked again about the new terms; who changed them accepts them."""
    audit.revision += 1
    audit.save(update_fields=["revision"])
    audit.parties.update(declined_because="")
    _accept_own_terms(audit, by, at)
    event(act, audit, by, at, revision=audit.revision, **detail)
    asked = [party for party in audit.parties.all() if party.invited_at and party.is_asked]
    tell(audit, f"terms {audit.revision}", asked, "has new terms for you to accept", at, but=by)


def _accept_own_terms(audit, by, at):
    audit.parties.filter(organisation=by.organisation).exclude(part__in=(Part.PRISON, Part.COMMUNITY)).update(
        accepted_revision=audit.revision, accepted_by=by.person, accepted_at=at
    )


# Pairs and parties


@transaction.atomic
def add_pair(audit, *, prison, area, service, expected, by, at):
    """Adds a prison and an area to the audit, with all who have a part in it because of that."""
    audit = lock(audit)
    if audit.pairs.filter(prison=prison, area=area).exists():
        raise Refused(f"{prison.name} and {area.name} are in this audit already.", "twice")
    pair = Pair.objects.create(audit=audit, prison=prison, area=area, service=service, expected=expected)
    _add_parties(audit, pair)
    _terms_changed(audit, "audit pair added", by, at, prison=prison.code, area=area.dat_code)
    return pair


def _add_parties(audit, pair):
    wanted = [(pair.prison, Part.PRISON), (pair.service, Part.COMMUNITY)]
    if pair.area.local_authority:
        wanted.append((pair.area.local_authority, Part.LA_COMMISSIONER))
    for organisation, part in wanted:
        Party.objects.get_or_create(audit=audit, organisation=organisation, part=part)


@transaction.atomic
def remove_pair(audit, pair, *, by, at):
    """Takes a pair out while nothing of it was shared; who has no other part in the audit leaves with it."""
    audit = lock(audit)
    if pair.sheets.exists():
        raise Refused("Rows of this pair were shared, so it stays in the audit. Recall its sheet instead.", "shared")
    audit.referrals.filter(pair=pair).update(pair=None, left_out=["EXT-03"])
    pair.delete()
    pairs = audit.pairs.select_related("area")
    staying = {(item.prison_id, Part.PRISON) for item in pairs} | {(item.service_id, Part.COMMUNITY) for item in pairs}
    staying |= {(item.area.local_authority_id, Part.LA_COMMISSIONER) for item in pairs}
    staying |= {(audit.owner.pk, Part.LA_COMMISSIONER)}
    for party in audit.parties.filter(part__in=[Part.PRISON, Part.COMMUNITY, Part.LA_COMMISSIONER]):
        if (party.organisation_id, party.part) not in staying:
            party.delete()
    _terms_changed(audit, "audit pair removed", by, at)


@transaction.atomic
def add_party(audit, *, organisation, part, by, at):
    """Adds a commissioner or a facilitator. A facilitator sees how the audit stands, never a row."""
    audit = lock(audit)
    if part not in BY_HAND or organisation.kind not in KINDS_OF[part]:
        raise Refused("This organisation cannot have this part.", "wrong_kind")
    party, created = Party.objects.get_or_create(audit=audit, organisation=organisation, part=part)
    if not created:
        raise Refused(f"{organisation.name} has this part already.", "twice")
    event("audit party added", audit, by, at, organisation=organisation.code, part=part)
    return party


@transaction.atomic
def invite(audit, *, by, at):
    """Invites every party that was not invited yet; from then on each sees the audit. Returns how many."""
    audit = lock(audit)
    if not audit.pairs.exists():
        raise Refused("Add at least one prison and area before you invite anybody.", "no_pairs")
    if not audit.analysis_lead:
        raise Refused("Say who analyses before you invite anybody.", "no_lead")
    waiting = list(audit.parties.filter(invited_at=None).select_related("organisation"))
    if not waiting:
        raise Refused("Everybody has been invited already.", "nobody")
    audit.parties.filter(pk__in=[party.pk for party in waiting]).update(invited_at=at)
    event("audit parties invited", audit, by, at, organisations=sorted({item.organisation.code for item in waiting}))
    tell(audit, f"invited {at:%Y%m%d%H%M%S}", waiting, "invites you to take part", at)
    return len(waiting)


def invite_party(party, *, by, at):
    """Invites one more service, on behalf of the single point of contact that wants to give it rows."""
    if party.invited_at is None:
        Party.objects.filter(pk=party.pk).update(invited_at=at)
        event("audit parties invited", party.audit, by, at, organisations=[party.organisation.code])
        tell(party.audit, f"invited {party.pk}", [party], "invites you to take part", at)


@transaction.atomic
def accept(party, *, revision, capacity=None, by, at):
    """The party accepts the terms it was shown, those of a revision; a service says how many referrals it can audit."""
    audit = lock(party.audit)
    party.refresh_from_db()
    if revision != audit.revision:
        raise Refused("The terms have changed since you opened this page. Read them again.", "changed")
    if not party.invited_at or not party.is_asked:
        raise Refused("This organisation is not asked to accept these terms.", "not_asked")
    if party.part == Part.COMMUNITY and capacity is None:
        raise Refused("Enter how many referrals you can audit.", "no_capacity")
    party.accepted_revision, party.accepted_by, party.accepted_at = audit.revision, by.person, at
    party.capacity = capacity if party.part == Part.COMMUNITY else None
    party.declined_because = ""
    party.save()
    event("audit accepted", audit, by, at, revision=audit.revision, part=party.part)
    if not waiting_for(audit):
        tell(audit, f"all accepted {audit.revision}", [*audit.parties.all()], "is accepted by everybody", at)


@transaction.atomic
def decline(party, *, reason, by, at):
    """The party does not accept; the reason goes to who set the audit up."""
    audit = lock(party.audit)
    if not reason.strip():
        raise Refused("Say what should change before you can accept.", "no_reason")
    Party.objects.filter(pk=party.pk).update(
        declined_because=reason.strip(), accepted_revision=None, accepted_by=None, accepted_at=None
    )
    event("audit declined", audit, by, at, revision=audit.revision, part=party.part)
    owners = audit.parties.filter(organisation=audit.owner)
    tell(audit, f"declined {party.pk} {at:%Y%m%d%H%M%S}", owners, "was not accepted by a party", at)


def waiting_for(audit):
    """The parties whose acceptance of the present terms is still needed, by name. A service that a single point of contact
    brings in later holds nobody up: it gets no row before it accepts.
    """
    rows = still_to_accept().filter(audit=audit)
    return list(rows.select_related("organisation").order_by("organisation__name", "part"))


def still_to_accept():
    """The same, of all audits."""
    receives = Pair.objects.filter(audit=OuterRef("audit"), service=OuterRef("organisation"))
    rows = Party.objects.exclude(part=Part.FACILITATOR).exclude(accepted_revision=F("audit__revision"))
    return rows.exclude(Q(part=Part.COMMUNITY) & ~Exists(receives))


def refuse_unless_accepted(audit):
    """Nothing is extracted before everybody agreed to what is extracted."""
    if audit.is_closed:
        raise Refused("This audit is closed.", "closed")
    if waiting := waiting_for(audit):
        names = ", ".join(dict.fromkeys(party.organisation.name for party in waiting))
        raise Refused(f"This waits until everybody has accepted the audit. Still to accept: {names}.", "not_accepted")


# Capacity


def proposals(audit):
    """For each service that expects more rows than it can audit, a shorter period that would fit: (service, expected,
    capacity, the day until which the period would last). Rows are taken to come evenly.
    """
    expected = {}
    for pair in audit.pairs.select_related("service"):
        expected.setdefault(pair.service, []).append(pair.expected)
    capacity = dict(audit.parties.filter(part=Part.COMMUNITY).values_list("organisation_id", "capacity"))
    days = (audit.period.ends - audit.period.starts).days + 1
    found = []
    for service, counts in expected.items():
        total, limit = sum(filter(None, counts)), capacity.get(service.pk)
        if limit is not None and total > limit:
            fitting = floor(days * limit / total)
            until = audit.period.starts + timedelta(days=fitting - 1) if fitting else None
            found.append((service, total, limit, until))
    return found


# Agreement, topics, meetings


@transaction.atomic
def record_agreement(audit, *, agreed_on, parties, uploaded, by, at):
    """Keeps the signed information sharing agreement: no row is released without one (EXT-11)."""
    audit = lock(audit)
    if agreed_on > timezone.localdate(at):
        raise Refused("The agreement was signed on a day that has not come yet.", "future")
    stored = stored_files.store(uploaded, kinds=AGREEMENT_KINDS, limit=AGREEMENT_LIMIT)
    agreement = SharingAgreement.objects.create(
        audit=audit,
        agreed_on=agreed_on,
        parties=parties,
        name=stored.name,
        stored_as=stored.stored_as,
        sha256=stored.sha256,
        recorded_by=by.person,
        recorded_at=at,
    )
    event("sharing agreement recorded", audit, by, at, sha256=stored.sha256)
    return agreement


def agreement_of(audit):
    """The newest sharing agreement on file, or None."""
    return audit.agreements.order_by("-pk").first()


@transaction.atomic
def note_topic(audit, number, *, text, owner, agreed_change, by, at):
    """Keeps what the pathway meeting said about one of the ten topics."""
    audit = lock(audit)
    if not 1 <= number <= len(TOPICS):
        raise Refused("There are ten topics.", "no_topic")
    naming.refuse_names(audit, text, owner, agreed_change)
    PathwayTopic.objects.update_or_create(
        audit=audit,
        number=number,
        defaults={
            "text": text,
            "owner": owner,
            "agreed_change": agreed_change,
            "edited_by": by.person,
            "edited_at": at,
        },
    )
    event("pathway topic noted", audit, by, at, topic=number)


def topics_of(audit):
    """The ten topics in order, each with what was noted; one that was not talked about is unsaved."""
    noted = {topic.number: topic for topic in audit.topics.all()}
    return [noted.get(number) or PathwayTopic(audit=audit, number=number) for number in range(1, len(TOPICS) + 1)]


@transaction.atomic
def record_meeting(audit, *, kind, held_on, people, topics, decisions, by, at):
    audit = lock(audit)
    if held_on > timezone.localdate(at):
        raise Refused("The meeting is on a day that has not come yet. Write it down when it was held.", "future")
    naming.refuse_names(audit, topics, decisions)
    meeting = Meeting.objects.create(
        audit=audit,
        kind=kind,
        held_on=held_on,
        people=people,
        topics=topics,
        decisions=decisions,
        recorded_by=by.person,
        recorded_at=at,
    )
    event("audit meeting recorded", audit, by, at, kind=kind)
    return meeting


# The end


@transaction.atomic
def close(audit, *, by, at):
    """Ends the audit: sheets cannot change, and names and dates of birth go for good after PURGE_AFTER days."""
    audit = lock(audit)
    if audit.is_closed:
        raise Refused("This audit is closed already.", "closed")
    open_sheets = audit.sheets.filter(recalled_at=None, submission__status__in=Submission.WITH_OWNER).count()
    if open_sheets:
        raise Refused(
            f"{open_sheets} sheet{'s are' if open_sheets > 1 else ' is'} not submitted yet."
            " Wait for them, or let the prison recall them.",
            "unfinished",
        )
    audit.closed_at = at
    audit.purge_on = timezone.localdate(at) + timedelta(days=PURGE_AFTER)
    audit.save(update_fields=["closed_at", "purge_on"])
    event("audit closed", audit, by, at, purge_on=audit.purge_on.isoformat())
    tell(audit, "closed", [*audit.parties.all()], "is closed", at)


# The common steps


def lock(audit):
    """Re-reads the audit under a lock, with its period and collection."""
    rows = Audit.objects.select_related("period__collection__owner", "analysis_lead")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=audit.pk)


def event(act, audit, by, at, **detail):
    events.record(act, subject=("audit", audit.uuid), by=by, at=at, detail=detail)


def seats_of(parties, at):
    """The memberships that speak for these parties now."""
    wanted = {}
    for party in parties:
        wanted.setdefault(party.organisation_id, set()).update(ROLES_OF[party.part])
    rows = Membership.objects.active_at(at).filter(organisation_id__in=wanted, person__is_active=True)
    return {seat for seat in rows.select_related("person") if seat.role in wanted[seat.organisation_id]}


def tell(audit, cause, parties, happened, at, but=None):
    """Tells the people of these parties what happened to the audit; names and figures stay on its page."""
    recipients = seats_of(parties, at)
    if but is not None:
        recipients = {seat for seat in recipients if seat.organisation_id != but.organisation_id}
    if recipients:
        subject = f"The audit “{audit.title}” {happened}"
        link = reverse("audits:audit", args=[audit.uuid])
        notices.tell([notices.Telling(f"audit {audit.uuid} {cause}", frozenset(recipients), subject, link)], at=at)
