"""Services, areas and referrals for tests: the defaults make the ordinary case, keywords make the difference."""

import itertools
from datetime import UTC, datetime, timedelta

from accounts.models import Organisation
from accounts.tests.factories import make_organisation, make_seat
from continuity import directory, offers, protocols
from continuity.models import Area, Offer

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
Kind = Organisation.Kind

_numbers = itertools.count(10)


def make_area(name="Larkmoor", code=None, **fields):
    return Area.objects.create(dat_code=code or f"Y{next(_numbers):02}B", name=name, **fields)


def make_prison(**fields):
    """The seat of somebody who sends referrals in a prison's health service."""
    organisation = make_organisation(kind=Kind.PRISON_HEALTH_SERVICE, holds_contract=False, **fields)
    return make_seat("CONTINUITY_PRISON_PROVIDER", organisation)


def make_spoc(**fields):
    """The seat of a community service's single point of contact."""
    organisation = make_organisation(kind=Kind.COMMUNITY_TREATMENT_PROVIDER, holds_contract=False, **fields)
    return make_seat("CONTINUITY_SPOC", organisation)


ENTRY = {
    "service": "Larkmoor Recovery",
    "contact_person": "Sam Contact",
    "phone": "01632 960001",
    "secure_email": "spoc@larkmoor.cjsm.example",
    "address": "1 Mill Lane\nLarkmoor",
    "hours": "Monday to Friday, 9am to 5pm",
}


def make_spoc_entry(spoc, *, areas=(), prisons=(), at=NOW, revision=0, **changes):
    given = ENTRY | changes | {"areas": list(areas), "feeder_prisons": list(prisons)}
    return directory.save(spoc.organisation, given, revision=revision, by=spoc, at=at)


def make_offer(spoc, *, at=NOW, **changes):
    given = dict.fromkeys(Offer.KINDS, "") | {"structured": "Prescribing and key working"} | changes
    offers.save(spoc.organisation, given, as_at=at.date(), by=spoc, at=at)


def terms(*, at=NOW, **changes):
    """The terms of an ordinary protocol, to be looked at again in half a year."""
    ordinary = {
        "minimum_content": [],
        "channel": "PORTAL",
        "acknowledge_days": 2,
        "changes": "The prison telephones on the same day.",
        "review_on": at.date() + timedelta(days=180),
    }
    return ordinary | changes


def make_protocol(prison, spoc, area, *, at=NOW, agreed=False, **changes):
    """Proposed by the prison, and agreed by the service where asked for."""
    protocol = protocols.propose(
        prison=prison.organisation,
        service=spoc.organisation,
        area=area,
        terms=terms(at=at, **changes),
        by=prison,
        at=at,
    )
    return protocols.agree(protocol, revision=1, by=spoc, at=at) if agreed else protocol
