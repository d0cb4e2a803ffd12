"""Free text that others read names nobody of the audit: looked for among the people, who are shown to nobody by it."""

from accounts.row_security import seeing_all
from continuity.comments import People
from continuity.models import Identity
from journal.refused import Refused

ABOUT = ("first_name", "surname", "client_reference", "date_of_birth")


def people_on(sheet):
    """The people of a sheet, as far as one may see them."""
    return People(Identity.objects.filter(referral__sheet=sheet).values_list(*ABOUT))


def refuse_names(audit, *texts):
    """Raises Refused where a text gives a name, a reference or a date of birth of anybody in the audit."""
    if not any(texts):
        return
    with seeing_all("names in a text"):
        people = People(Identity.objects.filter(referral__audit=audit).values_list(*ABOUT))
    if any(people.are_named_in(text) for text in texts):
        raise Refused(
            "Leave out names, references and dates of birth of clients: everybody in the audit reads this.", "SEC-01"
        )
