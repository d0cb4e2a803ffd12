"""Rows of an audit that its prison's newest extract does not hold any more: which they are, and what becomes of them.

Nothing is thrown away because a file lacks it: somebody may have exported too little. The row stays as it was, the prison is
told which rows these are, and the service sees it on the row.
"""

from django.db.models import F, OuterRef, Subquery

from continuity.models import Extract, Referral


def _newest():
    """The newest extract of a referral's prison that was read."""
    read = Extract.objects.filter(
        audit=OuterRef("audit_id"), prison=OuterRef("prison_id"), state=Extract.State.READ
    ).order_by("-number")
    return Subquery(read.values("pk")[:1])


def marked(referrals):
    """Referrals, each with `newest_extract_id`: where it is not the row's own `extract_id`, the row is missing from it."""
    return referrals.annotate(newest_extract_id=_newest())


def missing_of(audit, prison):
    """A prison's rows that its newest extract does not hold."""
    own = Referral.objects.filter(audit=audit, prison=prison)
    return marked(own).exclude(extract_id=F("newest_extract_id"))


def is_missing(referral):
    """Whether the prison's newest extract lacks a row that came from `marked`."""
    return referral.extract_id != referral.newest_extract_id


def becomes(referral):
    """What becomes of a missing row, in a sentence for its prison."""
    if referral.left_out:
        return "It stays off the audit list."
    if referral.sheet_id:
        service = referral.sheet.submission.subject.name
        return f"It stays on the sheet of {service}, who sees that it is no longer in your extract."
    service = referral.pair.service.name
    if referral.sent.get("P24") != "YES":
        return f"It is held back: there is no consent to share it with {service}."
    return f"It stays on the audit list, and goes to {service} when you share the sheet."
