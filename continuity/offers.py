"""What a community service offers people who leave prison. Source: guidance of 2018, recommendation 4."""

from django.db import transaction

from continuity.models import Offer
from journal import events


@transaction.atomic
def save(organisation, given, *, as_at, by, at):
    """Writes the offer: `given` has the words for each of `Offer.KINDS`, empty where it is not offered."""
    Offer.objects.update_or_create(
        organisation=organisation,
        defaults=given | {"as_at": as_at, "edited_by": by.person, "edited_at": at},
    )
    events.record(
        "offer changed",
        subject=("organisation", organisation.code),
        by=by,
        at=at,
        detail={"offered": [name for name in Offer.KINDS if given[name]], "as_at": as_at.isoformat()},
    )
