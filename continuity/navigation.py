"""The way round for the seats that have to do with continuity of care."""

from django.urls import reverse

from continuity import permissions
from continuity.roles import RETURN_TYPE


def entries(seat):
    """(label, url): everything for the seats of the audit, the way in for who sees all."""
    if not permissions.takes_part(seat):
        return []
    found = [("Audits", reverse("audits:audits"))]
    if seat.role_spec.return_type != RETURN_TYPE:
        directory = ("SPOC directory", reverse("continuity:spoc_entries"))
        return [*found, directory, ("Indicator", reverse("continuity:indicator"))]
    found += [("Referrals", reverse("continuity:referrals"))] if permissions.works_with_referrals(seat) else []
    found.append(("SPOC directory", reverse("continuity:spoc_entries")))
    if seat.sees_returns:
        found.append(("Protocols", reverse("continuity:protocols")))
    found.append(("Indicator", reverse("continuity:indicator")))
    return [*found, ("Scenario guide", reverse("continuity:guide"))]
