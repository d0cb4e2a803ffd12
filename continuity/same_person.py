"""How a person who stands on several rows of an audit is counted once, also when nobody's name is there any more.

A row keeps two digests of the person in the prison's record: of the prison number, which stays with a person from prison to
prison, and of the four attributors. They are keyed with the settings and with a salt of the audit, which goes with the
names: after that they tell which rows of the audit are about one person, and can be compared with nothing else.
"""

import hashlib
import hmac

from django.conf import settings

from continuity.attributors import initial
from continuity.engagement import code_of
from continuity.models import Referral
from returns.content import canonical

NOBODY = ("", "")


def keyed(*said):
    """HMAC-SHA-256 of some values under the key of the settings."""
    return hmac.new(settings.REFERRAL_LINK_KEY.encode(), canonical(said), hashlib.sha256).hexdigest()


def digests_of(audit, identity, sex):
    """(of the prison number, of the attributors) of a person in an audit; an empty text where they are not known whole."""
    number, born = code_of(identity.client_reference), identity.date_of_birth
    attributors = [initial(identity.first_name), initial(identity.surname), born and born.isoformat(), sex]
    return (
        keyed("person by number", audit.people_salt, number) if number else "",
        keyed("person by attributors", audit.people_salt, *attributors) if all(attributors) else "",
    )


def people_of(audit):
    """The digests of each row of an audit, by its row id."""
    rows = Referral.objects.filter(audit=audit).order_by()
    return {str(uuid): digests for uuid, *digests in rows.values_list("uuid", "number_digest", "attributors_digest")}
