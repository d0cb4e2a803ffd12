"""Which rows on the audit list go out with the next release of their pair, and what holds the others back.

A row that the prison's newest extract lacks may be in the audit by mistake, so it goes to nobody unless the prison says so:
neither for the first time nor again, once the sheet that it was on is recalled or has expired.
"""

from django.db.models import Case, F, Q, TextChoices, Value, When

from continuity import missing_rows
from continuity.models import Referral


class Stands(TextChoices):
    SHARED = "SHARED", "Shared"
    TO_SHARE = "TO_SHARE", "To share"
    NO_CONSENT = "NO_CONSENT", "Held back: no consent"
    MISSING = "MISSING", "Held back: not in your newest extract"


def listed(audit, prison, day):
    """The rows of a prison (an Organisation, or its key) on the audit list, each with how it `stands` on a day."""
    in_newest = Q(extract=missing_rows.newest_extract(audit, prison))
    has_consent = Q(sent__P24="YES")
    closed = Q(sheet__recalled_at__isnull=False) | Q(sheet__expires_on__lt=day)
    comes_back = closed & Q(sheet__submission__subject=F("pair__service"))
    stands = Case(
        When(Q(sheet__isnull=False) & (in_newest | ~comes_back), then=Value(Stands.SHARED)),
        When(has_consent & in_newest, then=Value(Stands.TO_SHARE)),
        When(has_consent, then=Value(Stands.MISSING)),
        default=Value(Stands.NO_CONSENT),
    )
    return Referral.objects.filter(audit=audit, prison=prison, pair__isnull=False, left_out=[]).annotate(stands=stands)
