"""What needs a seat between audits, for its home page."""

from django.urls import reverse
from django.utils import timezone

from continuity import directory, permissions
from continuity.models import Protocol, SpocEntry
from returns.needs import Need


def of(seat, at):
    """The lines for this seat; nothing, and no query, for who has nothing to do with continuity of care."""
    if not permissions.takes_part(seat):
        return []
    return [*_directory(seat, at), *_protocols(seat, at)]


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
