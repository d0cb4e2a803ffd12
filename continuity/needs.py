"""What needs a seat in the audits and between them, for its home page."""

from datetime import timedelta

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Reach
from continuity import audits, directory, missing_rows, permissions
from continuity.columns import COLUMNS
from continuity.models import (
    Audit,
    AuditAction,
    AuditFigures,
    Extract,
    LiveReferral,
    Pair,
    Party,
    Protocol,
    Referral,
    ReleaseChange,
    RowMessage,
    RowQuery,
    SharingAgreement,
    Sheet,
    SpocEntry,
)
from continuity.roles import ROLES_OF
from continuity.windows import WINDOW
from returns.models import Submission
from returns.needs import Need, first

SOON = 7  # days before the 21 are over
ACTIONS_FROM = timedelta(days=14)
NONE = Q(pk__in=[])
URGENT = (ReleaseChange.Kind.COURT, ReleaseChange.Kind.UNPLANNED)


def of(seat, at):
    """The lines for this seat; nothing, and no query, for who has nothing to do with continuity of care."""
    if not permissions.takes_part(seat):
        return []
    return [
        *_referrals(seat, at),
        *_audits(seat),
        *_extracts(seat),
        *_answers(seat),
        *_findings(seat),
        *_actions(seat, timezone.localdate(at)),
        *_protocols(seat, at),
        *_directory(seat, at),
    ]


def _audits(seat):
    """Terms to accept, and questions about rows that wait for an answer."""
    asked = Party.objects.filter(
        organisation_id=seat.organisation_id,
        invited_at__isnull=False,
        audit__closed_at=None,
        part__in=[part for part, roles in ROLES_OF.items() if seat.role in roles and part != Party.Part.FACILITATOR],
    ).exclude(accepted_revision=F("audit__revision"))
    asked = asked.select_related("audit__period__collection").order_by("invited_at", "pk")

    def line(party):
        url = reverse("audits:accept", args=[party.audit.uuid, party.pk])
        return Need(f"Accept the audit “{party.audit.title}”", url, "Asked", "yellow")

    yield from first(asked, line, "audits to accept", reverse("audits:audits"))
    if seat.reach is Reach.OWN:
        yield from _questions(seat)


def _extracts(seat):
    """Audits that everybody accepted and that wait for the prison's list, and rows that it has not shared yet."""
    if seat.role not in ROLES_OF[Party.Part.PRISON]:
        return
    ours = Audit.objects.filter(
        Exists(Pair.objects.filter(audit=OuterRef("pk"), prison=seat.organisation_id)), closed_at=None
    )
    brought = Extract.objects.filter(audit=OuterRef("pk"), prison=seat.organisation_id)
    silent = audits.still_to_accept().filter(audit=OuterRef("pk"))
    rows = ours.filter(~Exists(silent), ~Exists(brought.exclude(state=Extract.State.REFUSED)))

    def line(audit):
        url = reverse("audits:extract_list", args=[audit.uuid])
        return Need(f"Upload your extract for the audit “{audit.title}”", url, "Everybody has accepted", "yellow")

    yield from _first_audits(rows, line, "audits that wait for your extract")
    held = missing_rows.marked(Referral.objects.filter(audit=OuterRef("pk"), prison=seat.organisation_id))
    held = held.filter(sheet=None, pair__isnull=False, left_out=[], sent__P24="YES", extract=F("newest_extract_id"))

    def unshared(audit):
        url = reverse("audits:sharing", args=[audit.uuid])
        return Need(f"Share the sheets of the audit “{audit.title}”", url, "Not shared yet", "yellow")

    rows = ours.filter(Exists(held), Exists(SharingAgreement.objects.filter(audit=OuterRef("pk"))))
    yield from _first_audits(rows, unshared, "audits with rows to share")


def _answers(seat):
    """The audits that a seat runs, or helps with, whose parties have yet to answer."""
    ours = _run_by(seat)
    if seat.role in ROLES_OF[Party.Part.FACILITATOR]:
        ours |= Q(parties__organisation=seat.organisation_id, parties__part=Party.Part.FACILITATOR)
    silent = Party.objects.filter(audit=OuterRef("pk"), invited_at__isnull=False).exclude(
        Q(part=Party.Part.FACILITATOR) | Q(accepted_revision=OuterRef("revision"))
    )
    rows = Audit.objects.visible_to(seat).filter(ours, Exists(silent), closed_at=None)

    def line(audit):
        url = reverse("audits:parties", args=[audit.uuid])
        return Need(f"Not every party has accepted the audit “{audit.title}”", url, "Waits for others", "blue")

    yield from _first_audits(rows, line, "audits that wait for their parties")


def _findings(seat):
    """The audits whose sheets are all submitted and whose findings are not shared yet, for who analyses."""
    ours = _run_by(seat) | (Q(analysis_lead=seat.organisation_id) if permissions.has_to_do(seat) else NONE)
    sheets = Sheet.objects.filter(audit=OuterRef("pk"), recalled_at=None)
    rows = Audit.objects.visible_to(seat).filter(
        ours,
        Exists(sheets),
        ~Exists(sheets.filter(submission__status__in=Submission.WITH_OWNER)),
        ~Exists(AuditFigures.objects.filter(audit=OuterRef("pk"), shared_at__isnull=False)),
        closed_at=None,
    )

    def line(audit):
        url = reverse("audits:findings", args=[audit.uuid])
        return Need(f"Share the findings of the audit “{audit.title}”", url, "Every sheet is in", "yellow")

    yield from _first_audits(rows, line, "audits to analyse")


def _run_by(seat):
    return Q(period__collection__owner=seat.organisation_id) if permissions.can_set_up(seat) else NONE


def _first_audits(rows, line, rest):
    rows = rows.select_related("period__collection").order_by("set_up_at", "pk")
    return first(rows, line, rest, reverse("audits:audits"))


def _actions(seat, today):
    """What the seat's organisation has promised in an action plan, from two weeks before its day."""
    if not permissions.has_to_do(seat):
        return
    rows = AuditAction.objects.filter(owner=seat.organisation_id, due_on__lte=today + ACTIONS_FROM)
    rows = rows.exclude(status=AuditAction.Status.DONE).select_related("audit__period__collection")

    def line(action):
        url = reverse("audits:action", args=[action.audit.uuid, action.pk])
        is_late = action.due_on < today
        return Need(
            f"Report on your action from the audit “{action.audit.title}”",
            url,
            "Overdue" if is_late else "Due soon",
            "red" if is_late else "yellow",
            f"{'Was due' if is_late else 'Due'} {action.due_on:%-d %B %Y}",
        )

    yield from first(rows.order_by("due_on", "pk"), line, "actions", reverse("audits:audits"))


def _questions(seat):
    """Open questions about rows in which the other provider spoke last."""
    last = RowMessage.objects.filter(query=OuterRef("pk")).order_by("-pk").values("by__organisation_id")[:1]
    theirs = Referral.objects.visible_to(seat, timezone.localdate()).filter(sheet__isnull=False)
    rows = RowQuery.objects.filter(referral__in=theirs, closed_at=None, referral__audit__closed_at=None)
    rows = rows.annotate(spoke=Subquery(last)).exclude(spoke=seat.organisation_id)
    rows = rows.select_related("referral__sheet__submission").order_by("asked_at", "pk")

    def line(query):
        url = reverse("audits:row", args=[query.referral.sheet.submission.uuid, query.referral.uuid])
        return Need(f"A question about {COLUMNS[query.column].label.lower()} on a row", url, "Open", "yellow")

    yield from first(rows, line, "questions about rows", reverse("audits:audits"))


def _directory(seat, at):
    if not permissions.can_keep_spoc_entry(seat):
        return
    entry = SpocEntry.objects.filter(organisation=seat.organisation_id).first()
    if entry is None:
        yield Need("Make your entry in the SPOC directory", reverse("continuity:edit_spoc_entry"), "Missing", "orange")
    elif directory.is_unconfirmed(entry.confirmed_at, at):
        url = reverse("continuity:spoc_entry", args=[seat.organisation.code])
        yield Need("Confirm your entry in the SPOC directory", url, "Not confirmed for a year", "orange")


def _protocols(seat, at):
    if not permissions.can_propose_protocols(seat):
        return
    lacking = Q(prison=seat.organisation_id, prison_agreed_at=None) | Q(
        service=seat.organisation_id, service_agreed_at=None
    )
    rows = Protocol.objects.visible_to(seat).filter(lacking | Q(review_on__lte=timezone.localdate(at)))
    rows = rows.select_related("prison", "area").order_by("review_on", "pk")

    def line(protocol):
        url = reverse("continuity:protocol", args=[protocol.uuid])
        if protocol.lacks(protocol.side_of(seat.organisation_id)):
            return Need(f"Agree to the referral protocol, {protocol}", url, "Waits for you", "yellow")
        return Need(f"Review the referral protocol, {protocol}", url, "Review is due", "orange")

    yield from first(rows, line, "referral protocols", reverse("continuity:protocols"))


def _referrals(seat, at):
    if not permissions.works_with_referrals(seat):
        return
    mine = LiveReferral.objects.visible_to(seat).filter(purged_at=None).exclude(status="WITHDRAWN")
    if permissions.can_begin_referral(seat):
        drafts = mine.filter(status="DRAFT").order_by("pk")
        yield from first(
            drafts, lambda item: _line(item, "Finish and send", "Draft", "grey"), "drafts", _list("drafts")
        )
        return
    yield from first(_unseen(mine), _change, "changes to acknowledge", _list("changes"))
    waiting = mine.filter(status__in=["SENT", "RECEIVED"]).order_by("sent_at", "pk")
    yield from first(
        waiting, lambda item: _line(item, "Acknowledge", "New", "yellow"), "referrals to acknowledge", _list("waiting")
    )
    yield from first(*_closing(mine, timezone.localdate(at)))


def _unseen(referrals):
    """The changes of a release that the service has not acknowledged, what cannot wait first."""
    rows = ReleaseChange.objects.filter(acknowledged_at=None, referral__in=referrals).select_related("referral")
    return rows.order_by(Case(When(kind__in=URGENT, then=0), default=1), "pk")


def _change(change):
    colour = "red" if change.kind in URGENT else "orange"
    return _line(change.referral, change.get_kind_display(), "Acknowledge", colour)


def _closing(referrals, today):
    """What `first` takes: people in the last days of the 21 whom nobody has seen."""
    rows = referrals.filter(
        released_on__gte=today - timedelta(days=WINDOW),
        released_on__lte=today - timedelta(days=WINDOW - SOON),
        status="ACKNOWLEDGED",
    ).exclude(appropriate="NO")
    rows = rows.exclude(appointments__attended_on__isnull=False).order_by("released_on", "pk")

    def line(referral):
        left = (referral.released_on + timedelta(days=WINDOW) - today).days
        days = f"{left} day{'' if left == 1 else 's'} left of the 21"
        return _line(referral, "Nobody has attended yet", days, "orange")

    return rows, line, "referrals whose 21 days end soon", _list("released")


def _list(show):
    return f"{reverse('continuity:referrals')}?show={show}"


def _line(referral, what, words, colour):
    url = reverse("continuity:referral", args=[referral.uuid])
    return Need(f"Referral {referral.reference}: {what[:1].lower()}{what[1:]}", url, words, colour)
