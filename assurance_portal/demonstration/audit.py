"""The continuity-of-care audits: one in the middle of its stages with ten people who do not exist, one that begins."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import memberships
from accounts.models import Membership, Organisation, Person
from continuity import audits, extracts, row_queries, sheets
from continuity.columns import PRISON_COLUMNS
from continuity.models import Area, Audit, Pair
from returns.csv_table import csv_table

Kind = Organisation.Kind
PRISON, NORTH, SOUTH, COUNCIL, NATIONAL = "ZZJ01", "ZZJ02", "ZZJ03", "ZZJ04", "ZZJ05"
ORGANISATIONS = (
    (PRISON, "Stonegate Prison Treatment Service", Kind.PRISON_HEALTH_SERVICE),
    (NORTH, "Larkmoor North Recovery", Kind.COMMUNITY_TREATMENT_PROVIDER),
    (SOUTH, "Larkmoor South Recovery", Kind.COMMUNITY_TREATMENT_PROVIDER),
    (COUNCIL, "Larkmoor Council", Kind.LOCAL_AUTHORITY),
    (NATIONAL, "Secure Commissioning, Invented Region", Kind.OTHER),
)
PEOPLE = (
    ("Pat Gaskell", PRISON, "CONTINUITY_PRISON_PROVIDER"),
    ("Noel Barraclough", NORTH, "CONTINUITY_SPOC"),
    ("Ivy Thackeray", NORTH, "CONTINUITY_COMMUNITY_PROVIDER"),
    ("Sol Ferriday", SOUTH, "CONTINUITY_SPOC"),
    ("Connie Wragg", COUNCIL, "CONTINUITY_LA_COMMISSIONER"),
    ("Theo Lockwood", COUNCIL, "CONTINUITY_ANALYSIS_LEAD"),
    ("Della Marchbank", NATIONAL, "CONTINUITY_SECURE_COMMISSIONER"),
    ("Fern Oldroyd", NATIONAL, "CONTINUITY_FACILITATOR"),
)
AREAS = (("Y91B", "Larkmoor North"), ("Y92B", "Larkmoor South"))
AGREEMENT = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"  # noqa: E501

# First name, surname, sex, first drug, days in custody, days since release, what is changed from an ordinary row
CLIENTS = (
    ("Alder", "Example", "Male", "Heroin", 95, 60, {}),
    ("Bramble", "Sample", "Female", "Alcohol", 40, 75, {}),
    ("Cedar", "Specimen", "Male", "Crack", 210, 90, {}),
    ("Dahlia", "Placeholder", "Female", "Heroin", 25, 100, {}),
    ("Elm", "Invented", "Male", "Cannabis", 400, 110, {}),
    ("Fennel", "Madeup", "Male", "Heroin", 130, 120, {"P13": "Y92B"}),
    ("Gorse", "Fictional", "Male", "Alcohol", 60, 55, {"P13": "Y92B"}),
    ("Hazel", "Pretend", "Female", "Heroin", 80, 45, {"P13": "Y92B", "P24": "No"}),
    (
        "Iris",
        "Nobody",
        "Female",
        "Alcohol",
        90,
        65,
        {"P10": "Treatment completed - alcohol free", "P14": "No onward referral"},
    ),
    ("Juniper", "Nowhere", "Male", "Heroin", 50, 70, {"P13": "Y99B"}),
)
NOT_ENGAGED = {"C01": "NO", "C17": ("NONE",), "C30": "NO", "C31": "NOT_CONTACTABLE", "C32": "NONE", "C38": "NO"}


def make(*, by, now):
    """The audit as it would stand at `now`; `by` is the administrator's seat. Needs to work for the system."""
    set_up_at, today = now - timedelta(days=30), timezone.localdate(now)
    seats = _people(by, now - timedelta(days=210))
    audit = agreed(
        seats,
        set_up_at,
        title="Stonegate and Larkmoor",
        starts=today - timedelta(days=180),
        ends=today - timedelta(days=31),
        expected=12,
    )
    at = now - timedelta(days=12)
    people = ((number, *given) for number, given in enumerate(CLIENTS, start=1))
    extracts.upload(audit, extract_of(people, now=now), by=seats[PRISON], at=at)
    extracts.read_waiting(at=at)
    pair = Pair.objects.select_related("audit", "prison", "service", "area").get(audit=audit, area__dat_code="Y91B")
    expires_on = timezone.localdate(now) + sheets.OPEN_FOR
    sheet = sheets.release(pair, expires_on=expires_on, by=seats[PRISON], at=at + timedelta(hours=1))
    for number, row in enumerate(sheet.referrals.order_by("position")[:2]):
        signed = {"C49": f"Recovery worker, {now:%-d %B %Y}"}
        later = at + timedelta(days=1 + number)
        sheets.save_row(sheet, row.uuid, NOT_ENGAGED | signed, [], revision=0, by=seats[NORTH], at=later)
    asked = sheet.referrals.select_related("identity").order_by("position")[2]
    text = "Our record has the next day. Which is right?"
    row_queries.ask(sheet, asked, column="P03", text=text, by=seats[NORTH], at=now - timedelta(days=3))
    _invite(seats, now - timedelta(days=4))


def seats_there():
    """The seats of the people by organisation, of several the first."""
    found = {}
    for _, code, role in PEOPLE:
        seats = Membership.objects.filter(organisation__code=code, role=role).select_related("organisation", "person")
        found.setdefault(code, seats.get())
    return found


def address_of(name, code):
    return f"{name.lower().replace(' ', '.')}@{code.lower()}.example"


def _people(by, at):
    organisations = {
        code: Organisation.objects.create(code=code, name=name, kind=kind, opened_on=(at - timedelta(days=2000)).date())
        for code, name, kind in ORGANISATIONS
    }
    seats = {}
    for name, code, role in PEOPLE:
        person = Person(name=name, email=address_of(name, code), is_demonstration=True)
        person.set_unusable_password()
        person.save()
        seat = memberships.give(person, organisations[code], role, by=by, at=at)
        seats.setdefault(code, seat)
    for code, name in AREAS:
        Area.objects.get_or_create(dat_code=code, defaults={"name": name, "local_authority": organisations[COUNCIL]})
    return seats


def _invite(seats, at):
    """The next audit: everybody is invited; one service has accepted, and can do less than is expected."""
    today = timezone.localdate(at)
    starts, ends = today - timedelta(days=30), today + timedelta(days=150)
    audit = _invited(
        seats, at, title="Stonegate and Larkmoor, the next half-year", starts=starts, ends=ends, expected=40
    )
    party = audit.parties.select_related("organisation").get(organisation=seats[NORTH].organisation)
    _accept(party, 25, seats, at + timedelta(days=1))


def _accept(party, capacity, seats, at):
    """Accepts the terms as they are now."""
    revision = Audit.objects.get(pk=party.audit_id).revision
    audits.accept(party, revision=revision, capacity=capacity, by=seats[party.organisation.code], at=at)


def _invited(seats, at, *, title, starts, ends, expected):
    """An audit of both areas, set up by the council, whose parties have just been invited."""
    by = seats[COUNCIL]
    audit = audits.set_up(
        title=title,
        aims="Find out how many people are lost between Stonegate and Larkmoor, where, and why.",
        starts=starts,
        ends=ends,
        due_on=max(ends, timezone.localdate(at)) + timedelta(days=60),
        analysis_lead=by.organisation,
        by=by,
        at=at,
    )
    for (code, _), service in zip(AREAS, (NORTH, SOUTH), strict=True):
        audits.add_pair(
            audit,
            prison=seats[PRISON].organisation,
            area=Area.objects.get(dat_code=code),
            service=seats[service].organisation,
            expected=expected,
            by=by,
            at=at,
        )
    for part in ("SECURE_COMMISSIONER", "FACILITATOR"):
        audits.add_party(audit, organisation=seats[NATIONAL].organisation, part=part, by=by, at=at)
    audits.invite(audit, by=by, at=at)
    return audit


def agreed(seats, at, *, title, starts, ends, expected):
    """The same, accepted by everybody, with its sharing agreement on file and its set-up meeting noted."""
    audit, by = _invited(seats, at, title=title, starts=starts, ends=ends, expected=expected), seats[COUNCIL]
    for number, party in enumerate(audits.waiting_for(audit), start=1):
        capacity = expected + 8 if party.part == "COMMUNITY" else None
        _accept(party, capacity, seats, at + timedelta(days=number))
    signed = timezone.localdate(at) + timedelta(days=3)
    audits.record_agreement(
        audit,
        agreed_on=signed,
        parties="\n".join(name for _, name, _ in ORGANISATIONS[:4]),
        uploaded=SimpleUploadedFile("sharing agreement.pdf", AGREEMENT),
        by=by,
        at=at + timedelta(days=4),
    )
    audits.note_topic(
        audit,
        1,
        text="The prison sends a form by secure email a week before release.",
        owner="Stonegate Prison Treatment Service",
        agreed_change="Telephone on the day when a release date changes.",
        by=by,
        at=at + timedelta(days=5),
    )
    meet(audit, "SET_UP", at + timedelta(days=5), "Period, capacity, who analyses", "The council analyses.", by=by)
    return audit


def meet(audit, kind, at, topics, decisions, *, by):
    """A meeting of the day, noted at once."""
    people = "Both services, the prison, the council"
    held_on = timezone.localdate(at)
    audits.record_meeting(
        audit, kind=kind, held_on=held_on, people=people, topics=topics, decisions=decisions, by=by, at=at
    )


def extract_of(people, *, now):
    """The prison's file about people, each given as `_row` takes them."""
    columns = [column for column in PRISON_COLUMNS if column.id != "P25"]
    rows = [_row(*given, now=now) for given in people]
    body = csv_table(
        [column.label for column in columns], [[row.get(column.id, "") for column in columns] for row in rows]
    )
    return SimpleUploadedFile("stonegate extract.csv", body)


def _row(number, first_name, surname, sex, drug, custody, since, changes, *, now):
    exit_on = timezone.localdate(now) - timedelta(days=since)
    row = {
        "P01": first_name,
        "P02": surname,
        "P03": f"{1960 + 3 * number % 40}-0{1 + number % 9}-1{number % 9}",
        "P04": sex,
        "P05": f"A{number:04}ZZ",
        "P06": (exit_on - timedelta(days=custody)).isoformat(),
        "P07": drug,
        "P10": "Transferred - not in custody",
        "P11": exit_on.isoformat(),
        "P12": "Released",
        "P13": "Y91B",
        "P14": "Referred to structured treatment provider",
        "P15": "Stonegate",
        "P16": exit_on.isoformat(),
        "P18": "Planned",
        "P24": "Yes",
    }
    return row | changes
