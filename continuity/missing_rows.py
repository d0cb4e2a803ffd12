"""Rows of an audit that its prison's newest extract does not hold any more: which they are, and what becomes of them.

Nothing is thrown away because a file lacks it: somebody may have exported too little. The row stays as it was, the prison is
told which rows these are, and a service that has the row sees it there. It goes out to nobody new (`held_back`).
"""

from django.db.models import OuterRef, Subquery

from continuity.models import Extract, Referral


def _newest_first(audit, prison):
    return Extract.objects.filter(audit=audit, prison=prison, state=Extract.State.READ).order_by("-number")


def newest_extract(audit, prison):
    """The primary key of a prison's newest extract that was read, or None."""
    return _newest_first(audit, prison).values_list("pk", flat=True).first()


def marked(referrals):
    """Referrals, each with `newest_extract_id`: where it is not the row's own `extract_id`, the row is missing from it."""
    newest = _newest_first(OuterRef("audit_id"), OuterRef("prison_id")).values("pk")[:1]
    return referrals.annotate(newest_extract_id=Subquery(newest))


def missing_of(audit, prison):
    """A prison's rows that its newest extract does not hold."""
    return Referral.objects.filter(audit=audit, prison=prison).exclude(extract=newest_extract(audit, prison))


def is_missing(referral):
    """Whether the prison's newest extract lacks a row that came from `marked`."""
    return referral.extract_id != referral.newest_extract_id


def becomes(referral, day):
    """What becomes of a missing row, in a sentence for its prison."""
    if referral.left_out:
        return "It stays off the audit list."
    if referral.sheet_id and referral.sheet.is_open_on(day):
        service = referral.sheet.submission.subject.name
        return f"It stays on the sheet of {service}, who sees that it is no longer in your extract."
    service = referral.pair.service.name
    if referral.sent.get("P24") != "YES":
        return f"It is held back: there is no consent to share it with {service}."
    again = " again" if referral.sheet_id else ""
    return f"It is held back: {service} gets it{again} only if you choose so when you share the sheet."
