"""Services, areas and referrals for tests: the defaults make the ordinary case, keywords make the difference."""

import itertools
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from accounts.models import Organisation
from accounts.row_security import as_system
from accounts.tests.factories import make_organisation, make_seat
from continuity import directory, offers, protocols, referral_form, referrals
from continuity.models import Area, Offer


@contextmanager
def for_the_system():
    """As a job of the system: in transactions to come, and to its end in one that the test has begun already."""
    with as_system("test"):
        if connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('app.as_system', 'test', true)")
        yield


NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
Kind = Organisation.Kind

_codes = (f"{letter}{number:02}B" for letter in itertools.cycle("YXWVUTSRQP") for number in range(10, 100))


def make_area(name="Larkmoor", code=None, **fields):
    return Area.objects.create(dat_code=code or next(_codes), name=name, **fields)


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


PERSON = {
    "first_name": "Robert",
    "surname": "Nightshade",
    "known_as": "Bob",
    "date_of_birth": date(1990, 5, 17),
    "sex": "MALE",
    "prison_number": "Z9876ZZ",
    "consent": "YES",
}
WHOLE = PERSON | {
    "drug_1": "HEROIN",
    "assessed_need": "Dependent on heroin for ten years.",
    "structured_need": "YES",
    "treatment": ["PHARM", "PSYCH"],
    "mental_health": "YES",
    "housing": "NO",
    "expected_release_on": date(2026, 3, 20),
    "abode": "ADDRESS",
    "address": "7 Foxglove Rise",
    "phone": "01632 960009",
    "probation": "NPS",
    "licence": "NO",
}


def fill(referral, by, at=NOW, **answers):
    """Saves these answers, each in its section."""
    for section in referral_form.SECTIONS:
        given = {name: answers[name] for name in section.names if name in answers}
        if given:
            referral = referrals.save_section(referral, section, given, revision=referral.revision, by=by, at=at)
    return referral


def make_referral(prison, spoc, area, *, at=NOW, until="acknowledged", answers=WHOLE):
    """A referral that came as far as `until`: draft, sent, received or acknowledged, each an hour after the other."""
    with for_the_system():
        return _make_referral(prison, spoc, area, at, until, answers)


def _make_referral(prison, spoc, area, at, until, answers):
    referral = referrals.begin(service=spoc.organisation, area=area, by=prison, at=at)
    referral = fill(referral, prison, at, **answers)
    hour = timedelta(hours=1)
    steps = (
        ("sent", lambda: referrals.send(referral, by=prison, at=at + hour)),
        ("received", lambda: referrals.receive(referral, by=spoc, at=at + 2 * hour)),
        (
            "acknowledged",
            lambda: referrals.acknowledge(referral, appropriate="YES", why_not="", by=spoc, at=at + 3 * hour),
        ),
    )
    if until != "draft":
        for name, step in steps:
            referral = step()
            if name == until:
                break
    return referral
