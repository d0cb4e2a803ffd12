"""The invented people, one or more for every role, and who of them to sign in as."""

import random
from dataclasses import dataclass

from accounts import memberships, submitters
from accounts.models import Membership, Person, SubmitterRequest
from accounts.roles import all_roles
from accounts.seats import WithoutSeat
from assurance_portal.demonstration import audit
from assurance_portal.demonstration.organisations import COMMISSIONERS, NATIONAL_BODY, PROVIDERS, REGIONS

OPERATIONAL_LEAD, ACCOUNTABLE_LEAD = "PREVENT_OPERATIONAL_LEAD", "PREVENT_ACCOUNTABLE_LEAD"
DATA_SUBMITTER, EDITOR, VIEWER = "PREVENT_DATA_SUBMITTER", "PREVENT_EDITOR", "PREVENT_PROVIDER_VIEWER"
COMMISSIONER_LEAD, REVIEWER = "PREVENT_COMMISSIONER_LEAD", "PREVENT_REVIEWER"
COMMISSIONER_VIEWER, REGIONAL_VIEWER = "PREVENT_COMMISSIONER_VIEWER", "PREVENT_REGIONAL_VIEWER"
NATIONAL_ADMINISTRATOR, USER_ADMINISTRATOR = "NATIONAL_ADMINISTRATOR", "USER_ADMINISTRATOR"

NOBODY_THERE = "ZZC06"


@dataclass(frozen=True)
class Character:
    """Somebody with a name of their own, because a demonstration begins with them. `seats` are (organisation, role)."""

    name: str
    group: str
    seats: tuple

    @property
    def place(self):
        return self.seats[0][0]


# In the order in which a return travels
CHARACTERS = (
    Character("Amina Yusuf", "Fill in a return", (("ZZT01", OPERATIONAL_LEAD),)),
    Character("Tom Arkwright", "Fill in a return", (("ZZT01", EDITOR),)),
    Character("Priya Nair", "Send it for sign-off", (("ZZT01", DATA_SUBMITTER),)),
    Character("Daniel Osei", "Send it for sign-off", (("ZZT01", DATA_SUBMITTER),)),
    Character("Margaret Holloway", "Sign it off, which submits it", (("ZZT01", ACCOUNTABLE_LEAD),)),
    Character("Ruth Abara", "Review and accept returns", (("ZZC01", COMMISSIONER_LEAD),)),
    Character("Sunil Mehta", "Review and accept returns", (("ZZC01", REVIEWER),)),
    Character(
        "Nadia Farouk", "Run the collection, write the national file", ((NATIONAL_BODY[0], NATIONAL_ADMINISTRATOR),)
    ),
    Character("Joe Penrose", "Look on", (("ZZT01", VIEWER),)),
    Character("Ellie Marsh", "Look on", (("ZZC01", COMMISSIONER_VIEWER),)),
    Character("George Whitlock", "Look on", ((REGIONS[0][0], REGIONAL_VIEWER),)),
    Character("Helen Castellan", "Invite people", (("ZZT01", USER_ADMINISTRATOR),)),
    Character("Chris Bell", "Act for two organisations", (("ZZP01", OPERATIONAL_LEAD), ("ZZP21", EDITOR))),
)

FIRST_NAMES = """
Adaeze Alan Anita Beatrice Bilal Caroline Cem Dawn Deepa Edward Eilidh Fatima Felix Gareth Grace Hamza Hannah Imran Ines
Jack Jasmin Karen Kofi Leila Liam Maya Michael Nia Noor Oliver Olu Patrick Rachel Rafael Rosa Samir Sarah Tariq Tess Uma
Victor Wendy Yasmin Zoe
"""
LAST_NAMES = """
Abbot Achebe Adler Banerjee Barrow Bright Castle Chaudhry Cole Dacre Dube Eden Ellery Farr Finch Garland Gill Hale Haque
Iqbal Jessop Kaur Kemble Lacey Lowe Mbeki Moss Nolan Okoro Orchard Pascoe Pell Quayle Rana Reeve Sale Shah Tate Thorne
Usher Vane Wells Winter Yates
"""
LEAD_TITLES = ("Head of Safeguarding", "Prevent Lead", "Named Nurse for Safeguarding", "Safeguarding Manager")
BOARD_TITLES = (
    "Chief Nurse",
    "Director of Nursing",
    "Medical Director",
    "Chief Operating Officer",
    "Director of Quality",
)


def job_title(role, code):
    """The job title of an organisation's Prevent lead or accountable lead: always the same one."""
    titles = LEAD_TITLES if role == OPERATIONAL_LEAD else BOARD_TITLES
    return titles[sum(map(ord, code)) % len(titles)]


class Seats:
    """The memberships of the demonstration, by organisation code and role; of two submitters the first."""

    def __init__(self):
        self._seats = {}

    def add(self, membership):
        self._seats.setdefault((membership.organisation.code, membership.role), membership)

    def __getitem__(self, place):
        return self._seats[place]

    def get(self, code, role):
        return self._seats.get((code, role))

    def sender(self, provider):
        """Who sends a provider's return for sign-off: of trusts, a registered submitter."""
        return self[provider.code, DATA_SUBMITTER if provider.is_trust else OPERATIONAL_LEAD]

    def reviewer(self, provider):
        """Who reviews a provider's returns, or None."""
        return self.get(provider.commissioner, COMMISSIONER_LEAD)


def make_all(organisations, *, seed, at):
    """Makes everybody and gives them their roles from `at` on; returns (the administrator's seat, all seats)."""
    cast = [*CHARACTERS, *_others(random.Random(f"{seed} people"))]
    people = _make_people(cast)
    administrator = _first_administrator(people, organisations, at)
    seats = Seats()
    seats.add(administrator)
    for character in cast:
        for code, role in character.seats:
            if role != NATIONAL_ADMINISTRATOR:
                seats.add(_give(people[character.name], organisations[code], role, by=administrator, at=at))
    return administrator, seats


def as_rows():
    """The people to sign in as, in the order in which a return travels; then those of the continuity of care."""
    rows = [
        {
            "does": character.group,
            "name": character.name,
            "email": address_of(character.name, character.place),
            "roles": [f"{all_roles()[role].title}, {_title(code)}" for code, role in character.seats],
        }
        for character in CHARACTERS
    ]
    of_the_audit = {code: name for code, name, _ in audit.ORGANISATIONS}
    return rows + [
        {
            "does": "From prison to the community",
            "name": name,
            "email": audit.address_of(name, code),
            "roles": [f"{all_roles()[role].title}, {of_the_audit[code]}"],
        }
        for name, code, role in audit.PEOPLE
    ]


def as_lines():
    """The same, a line each, grouped by what they do."""
    lines, last = [], None
    for row in as_rows():
        heading = "" if row["does"] == last else f"{row['does']}:"
        last = row["does"]
        lines.append(f"{heading:<44} {row['name']:<18} {'; '.join(row['roles'])}")
    return lines


def _title(code):
    named = {code: name for code, name, *_ in (NATIONAL_BODY, *REGIONS, *COMMISSIONERS)}
    named |= {provider.code: provider.name for provider in PROVIDERS}
    return named[code]


def _others(chance):
    """Everybody else: two leads and a submitter for each provider, somebody for each commissioner but one."""
    taken = {character.name for character in CHARACTERS}
    filled = {seat for character in CHARACTERS for seat in character.seats}
    wanted = []
    for provider in PROVIDERS:
        wanted += [(provider.code, OPERATIONAL_LEAD), (provider.code, ACCOUNTABLE_LEAD)]
        wanted += [(provider.code, DATA_SUBMITTER)] if provider.is_trust else []
    wanted += [(code, COMMISSIONER_LEAD) for code, *_ in COMMISSIONERS if code != NOBODY_THERE]
    wanted += [("ZZC02", REVIEWER), ("ZZC04", USER_ADMINISTRATOR), (REGIONS[1][0], REGIONAL_VIEWER)]
    for seat in wanted:
        if seat not in filled:
            yield Character(_new_name(chance, taken), "", (seat,))


def _new_name(chance, taken):
    while (name := f"{chance.choice(FIRST_NAMES.split())} {chance.choice(LAST_NAMES.split())}") in taken:
        pass
    taken.add(name)
    return name


def _make_people(cast):
    people = []
    for character in cast:
        person = Person(name=character.name, email=address_of(character.name, character.place), is_demonstration=True)
        person.set_unusable_password()
        people.append(person)
    return {person.name: person for person in Person.objects.bulk_create(people)}


def address_of(name, code):
    """A work address in the organisation's own domain; nothing is ever delivered to .example."""
    domains = {provider.code: provider.domain for provider in PROVIDERS}
    return f"{name.lower().replace(' ', '.')}@{domains.get(code, f'{code.lower()}.example')}"


def _first_administrator(people, organisations, at):
    """The first role is given by nobody else: the administrator appears as their own sponsor."""
    character = next(item for item in CHARACTERS if item.seats[0][1] == NATIONAL_ADMINISTRATOR)
    person, (code, role) = people[character.name], character.seats[0]
    return memberships.give(person, organisations[code], role, by=WithoutSeat(person), at=at)


def _give(person, organisation, role, *, by, at) -> Membership:
    if not all_roles()[role].is_submitter:
        return memberships.give(person, organisation, role, by=by, at=at)
    membership = submitters.add(person, organisation, role, by=by, at=at)
    submitters.record_answer(membership.submitter_request, SubmitterRequest.Answer.CONFIRMED, by=by, at=at)
    return membership
