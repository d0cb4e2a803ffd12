"""What needs a seat between audits, for its home page."""

from datetime import timedelta

from django.db.models import F, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Reach
from continuity import directory, permissions
from continuity.columns import COLUMNS
from continuity.models import (
    LiveReferral,
    Party,
    Protocol,
    Referral,
    ReleaseChange,
    RowMessage,
    RowQuery,
    SpocEntry,
)
from continuity.roles import ROLES_OF
from continuity.windows import WINDOW
from returns.needs import Need

MOST = 10  # lines of one sort; the rest is found in the list of referrals
SOON = 7  # days before the 21 are over


def of(seat, at):
    """The lines for this seat; nothing, and no query, for who has nothing to do with continuity of care."""
    if not permissions.takes_part(seat):
        return []
    return [*_audits(seat), *_directory(seat, at), *_referrals(seat, at), *_protocols(seat, at)]


def _audits(seat):
    """Terms to accept, and questions about rows that wait for an answer."""
    asked = Party.objects.filter(
        organisation_id=seat.organisation_id,
        invited_at__isnull=False,
        audit__closed_at=None,
        part__in=[part for part, roles in ROLES_OF.items() if seat.role in roles and part != Party.Part.FACILITATOR],
    ).exclude(accepted_revision=F("audit__revision"))
    for party in asked.select_related("audit__period__collection").order_by("invited_at", "pk")[:MOST]:
        url = reverse("audits:accept", args=[party.audit.uuid, party.pk])
        yield Need(f"Accept the audit “{party.audit.title}”", url, "Asked", "yellow")
    if seat.reach is Reach.OWN:
        yield from _questions(seat)


def _questions(seat):
    """Open questions about rows in which the other provider spoke last."""
    last = RowMessage.objects.filter(query=OuterRef("pk")).order_by("-pk").values("by__organisation_id")[:1]
    theirs = Referral.objects.visible_to(seat, timezone.localdate()).filter(sheet__isnull=False)
    rows = RowQuery.objects.filter(referral__in=theirs, closed_at=None, referral__audit__closed_at=None)
    rows = rows.annotate(spoke=Subquery(last)).exclude(spoke=seat.organisation_id)
    rows = rows.select_related("referral__sheet__submission")
    for query in rows.order_by("asked_at", "pk")[:MOST]:
        url = reverse("audits:row", args=[query.referral.sheet.submission.uuid, query.referral.uuid])
        yield Need(f"A question about {COLUMNS[query.column].label.lower()} on a row", url, "Open", "yellow")


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
    today = timezone.localdate(at)
    for protocol in Protocol.objects.visible_to(seat).select_related("prison", "area").order_by("review_on", "pk"):
        url = reverse("continuity:protocol", args=[protocol.uuid])
        if protocol.lacks(protocol.side_of(seat.organisation_id)):
            yield Need(f"Agree to the referral protocol, {protocol}", url, "Waits for you", "yellow")
        elif protocol.review_on <= today:
            yield Need(f"Review the referral protocol, {protocol}", url, "Review is due", "orange")


def _referrals(seat, at):
    if not permissions.works_with_referrals(seat):
        return
    mine = LiveReferral.objects.visible_to(seat).filter(purged_at=None).exclude(status="WITHDRAWN")
    if permissions.can_begin_referral(seat):
        for referral in mine.filter(status="DRAFT").order_by("pk")[:MOST]:
            yield _line(referral, "Finish and send", "Draft", "grey")
        return
    unseen = ReleaseChange.objects.filter(acknowledged_at=None, referral__in=mine).select_related("referral")
    for change in unseen.order_by("-kind", "pk")[:MOST]:
        colour = "red" if change.kind == ReleaseChange.Kind.COURT else "orange"
        yield _line(change.referral, change.get_kind_display(), "Acknowledge", colour)
    for referral in mine.filter(status__in=["SENT", "RECEIVED"]).order_by("sent_at", "pk")[:MOST]:
        yield _line(referral, "Acknowledge", "New", "yellow")
    today = timezone.localdate(at)
    closing = mine.filter(
        released_on__gte=today - timedelta(days=WINDOW),
        released_on__lte=today - timedelta(days=WINDOW - SOON),
        status="ACKNOWLEDGED",
    ).exclude(appropriate="NO")
    for referral in closing.exclude(appointments__attended_on__isnull=False).order_by("released_on", "pk")[:MOST]:
        left = (referral.released_on + timedelta(days=WINDOW) - today).days
        days = f"{left} day{'' if left == 1 else 's'} left of the 21"
        yield _line(referral, "Nobody has attended yet", days, "orange")


def _line(referral, what, words, colour):
    url = reverse("continuity:referral", args=[referral.uuid])
    return Need(f"Referral {referral.reference}: {what[:1].lower()}{what[1:]}", url, words, colour)
