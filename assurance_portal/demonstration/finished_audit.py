"""An audit that is over, of the half-year before: sixty-four people who do not exist, their figures, findings and actions."""

import random
from datetime import date, timedelta

from django.utils import timezone

from assurance_portal.demonstration import audit as demonstration
from assurance_portal.demonstration.audit import COUNCIL, NATIONAL, NORTH, PRISON, SOUTH
from continuity import analyses, audits, extracts, sheets
from continuity.models import AuditAction, AuditFinding, Pair, Recommendation
from returns import checks

SEED = "finished audit"
FIRST_NAMES = ["Acacia", "Birch", "Clover", "Daisy", "Elder", "Fern", "Ginger", "Holly"]
SURNAMES = ["Example", "Sample", "Specimen", "Placeholder", "Invented", "Madeup", "Fictional", "Pretend"]
DRUGS = ("Heroin", "Heroin", "Heroin", "Alcohol", "Crack", "Cannabis")
STATUS = AuditAction.Status
# How often, in a hundred, something happens: the north has in-reach, the south has none
NORTHERN = {"received": 94, "contact": 60, "appointment": 90, "attended": 75, "followed_up": 80, "recorded": 80}
SOUTHERN = {"received": 74, "contact": 12, "appointment": 66, "attended": 48, "followed_up": 30, "recorded": 60}
FINDINGS = (
    (
        AuditFinding.Kind.GAP,
        "One referral in four to the south was never found there. The mailbox it went to had been closed.",
        "M01",
        "Larkmoor South",
        Recommendation.SPOC,
    ),
    (
        AuditFinding.Kind.WORKS_WELL,
        "Whoever met the in-reach worker before release came to the first appointment far more often.",
        "M12",
        "Larkmoor North, to be adopted in the south",
        Recommendation.IN_REACH,
    ),
)
# Under which recommendation, what, whose, due in so many days from now, how far it is
ACTIONS = (
    (Recommendation.SPOC, "One shared mailbox, read every morning", SOUTH, -20, STATUS.DONE, "In use."),
    (
        Recommendation.IN_REACH,
        "In-reach clinic at Stonegate every other week",
        SOUTH,
        10,
        STATUS.IN_PROGRESS,
        "A room.",
    ),
    (Recommendation.RECORDING, "Compare initials and dates of birth each month", NORTH, -5, STATUS.OPEN, ""),
    (Recommendation.FORM, "Expected release date on every referral", PRISON, 12, STATUS.OPEN, ""),
    (Recommendation.LINKS, "Invite probation to the pathway meeting", COUNCIL, 9, STATUS.OPEN, ""),
    (Recommendation.PROTOCOL, "Ask for the protocol in the next contract", NATIONAL, 13, STATUS.OPEN, ""),
)


def make(*, now):
    """The audit from its terms to its end, by the people of the other one, which has been made. Its figures are worked out
    from checked versions. Needs to work for the system.
    """
    seats, today = demonstration.seats_there(), timezone.localdate(now)
    set_up_at = now - timedelta(days=200)
    audit = demonstration.agreed(
        seats,
        set_up_at,
        title="Stonegate and Larkmoor, the half-year before",
        starts=today - timedelta(days=400),
        ends=today - timedelta(days=201),
        expected=32,
    )
    at = now - timedelta(days=185)
    extracts.upload(audit, demonstration.extract_of(_people(), now=now), by=seats[PRISON], at=at)
    extracts.read_waiting(at=at)
    for area, code, often in (("Y91B", NORTH, NORTHERN), ("Y92B", SOUTH, SOUTHERN)):
        _complete(audit, area, seats[PRISON], seats[code], often, at + timedelta(days=3))
    checks.check_waiting(limit=10, at=at + timedelta(days=11))
    _find(audit, seats, now - timedelta(days=160))
    _plan(audit, seats, now)
    audits.close(audit, by=seats[COUNCIL], at=now - timedelta(days=10))


def _people():
    chance = random.Random(f"{SEED} people")
    names = [(first, surname) for surname in SURNAMES for first in FIRST_NAMES]
    for number, (first, surname) in enumerate(names, start=101):
        changes = {
            "P13": "Y91B" if number % 2 else "Y92B",
            "P18": chance.choice(("Planned", "Planned", "Planned", "Unplanned from court")),
        }
        since, custody = chance.randrange(230, 395), chance.choice((20, 45, 80, 120, 200, 400))
        sex = "Female" if number % 5 == 0 else "Male"
        yield number, first, surname, sex, chance.choice(DRUGS), custody, since, changes


def _complete(audit, area, prison, service, often, at):
    pair = Pair.objects.select_related("audit", "prison", "service", "area").get(audit=audit, area__dat_code=area)
    expires_on = timezone.localdate(at) + timedelta(days=300)
    sheet = sheets.release(pair, expires_on=expires_on, by=prison, at=at)
    chance = random.Random(f"{SEED} {area}")
    rows = sheet.referrals.select_related("identity").order_by("position")
    given = {row.uuid: _answers(row, often, chance, at) for row in rows}
    sheets.save_rows(sheet, given, by=service, at=at + timedelta(days=6))
    sheets.submit(sheet, by=service, at=at + timedelta(days=7))


def _answers(row, often, chance, at):
    """What the service answered about one referral: (answers, interventions)."""
    exit_on = date.fromisoformat(row.sent["P11"])

    def happens(what):
        return chance.randrange(100) < often[what]

    def day(number):
        return exit_on + timedelta(days=number)

    answers = {"C49": f"Recovery worker, {at:%-d %B %Y}", "C38": "NO", "C32": "NONE", "C17": ("NONE",)}
    if happens("contact"):
        answers |= {"C17": ("VISIT",), "C18": day(-7), "C19": "IN_REACH_TEAM"}
    comes = False
    if happens("received"):
        answers |= _receipt(day, chance)
        answers["C20"] = "APPOINTMENT" if happens("appointment") else "NO"
        comes = answers["C20"] == "APPOINTMENT" and happens("attended")
    else:
        answers["C01"] = "NO"
    if answers.get("C20") == "APPOINTMENT":
        answers |= {"C21": day(2), "C22": "COMMUNITY", "C23": "YES", "C24": "ATTENDED" if comes else "DNA"}
        answers |= {"C25": day(2)} if comes else _follow_up(happens("followed_up"))
    if not comes:
        return answers | {"C30": "NO", "C31": chance.choice(("NOT_CONTACTABLE", "REFUSED", "RETURNED"))}, []
    answers |= {"C30": "STRUCTURED"} | _episode(row, happens("recorded"), day)
    return answers, [{"C45a": "PSYCH", "C45b": day(6)}]


def _receipt(day, chance):
    return {
        "C01": "YES",
        "C02": day(-5),
        "C03": chance.choice(("CJSM", "CJSM", "CJSM", "FAX")),
        "C04": chance.choice(("YES", "YES", "NO")),
        "C05": "YES",
        "C07": "YES",
        "C08": day(0),
        "C10": chance.choice(("YES", "YES", "NO", "NO_FIXED_ABODE")),
        "C11": "YES",
        "C12": chance.choice(("YES", "YES", "NO")),
        "C13": chance.choice(("YES", "NO", "NOT_KNOWN")),
        "C14": chance.choice(("YES", "NO", "NOT_KNOWN")),
        "C15": "NO",
    }


def _follow_up(is_followed_up):
    if is_followed_up:
        return {"C26": "YES", "C27": ("TELEPHONE", "TEXT"), "C28": 2}
    return {"C26": "NO", "C29": "NO_DETAILS"}


def _episode(row, is_recorded_well, day):
    """A new episode; where it is not recorded well, the date of birth is a day off and the person is lost to the data."""
    person = row.identity
    born = person.date_of_birth
    return {
        "C32": "NEW",
        "C33": day(4),
        "C34": person.first_name[0],
        "C35": person.surname[0],
        "C36": born if is_recorded_well else born + timedelta(days=1),
        "C37": row.sent["P04"],
        "C46": day(6),
        "C47": day(35),
    }


def _find(audit, seats, at):
    by = seats[COUNCIL]
    figures = analyses.ask(audit, by=by, at=at)
    analyses.count_waiting(at=at)
    figures.refresh_from_db()
    for kind, text, measure, where, recommendation in FINDINGS:
        analyses.write_finding(
            audit, kind=kind, text=text, measure=measure, where=where, recommendation=recommendation, by=by, at=at
        )
    analyses.share(figures, by=by, at=at + timedelta(days=2))
    demonstration.meet(audit, "FINDINGS", at + timedelta(days=9), "The figures of both areas", "In-reach helps.", by=by)


def _plan(audit, seats, now):
    at, by = now - timedelta(days=140), seats[COUNCIL]
    for recommendation, what, code, due_in, status, progress in ACTIONS:
        owner = seats[code]
        action = analyses.plan_action(
            audit,
            recommendation=recommendation,
            what=what,
            owner=owner.organisation,
            due_on=timezone.localdate(now) + timedelta(days=due_in),
            by=by,
            at=at,
        )
        if status != STATUS.OPEN:
            then = now - timedelta(days=30)
            analyses.report_progress(action, status=status, progress=progress, by=owner, at=then)
    demonstration.meet(audit, "ACTION", at, "Who does what", "Six actions, looked at again in spring.", by=by)
