"""Between audits: a prison that refers to two services, six people who do not exist, and two years of the indicator."""

from datetime import time, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from assurance_portal.demonstration.audit import NATIONAL, NORTH, PRISON, SOUTH, seats_there
from continuity import areas, directory, indicator, offers, protocols, referral_form, referrals
from continuity.models import Area, Offer
from returns.periods import Quarter, start_of

AREAS = Path(settings.BASE_DIR) / "continuity" / "demonstration_areas.csv"

ENTRIES = {
    NORTH: ("Larkmoor North Recovery", "Noel Barraclough", "01632 960101", "north@cjsm.example", "1 Tannery Walk", 40),
    SOUTH: ("Larkmoor South Recovery", "Sol Ferriday", "01632 960102", "south@cjsm.example", "5 Weavers Court", 400),
}
OFFERS = {
    NORTH: {
        "structured": "Prescribing, key working and psychosocial interventions.",
        "recovery_support": "Mutual aid and peer mentors.",
        "drop_in": "Every weekday from 2pm to 4pm. Ask for the duty worker.",
        "groups": "Relapse prevention on Tuesdays and Thursdays at 10am.",
        "in_reach": "A worker visits Stonegate every other Wednesday.",
    },
    SOUTH: {"structured": "Prescribing and key working.", "drop_in": "Mondays from 10am to noon."},
}
PEOPLE_REFERRED = (
    # first name, surname, released in so many days, which service, and how far the referral came
    ("Larch", "Example", 21, NORTH, "draft"),
    ("Maple", "Sample", 14, SOUTH, "sent"),
    ("Nettle", "Specimen", 6, NORTH, "expected"),
    ("Oleander", "Placeholder", 12, NORTH, "court"),
    ("Pine", "Invented", -16, NORTH, "missed"),
    ("Quince", "Fictional", -9, SOUTH, "attended"),
)
# Of 100 transferred each year: how many engaged, oldest window first
ENGAGED = {NORTH: (27, 28, 28, 30, 33, 38, 41, 44), SOUTH: (31, 30, 32, 31, 29, 31, 30, 32)}
AREA_OF = {NORTH: "Y91B", SOUTH: "Y92B"}


def make(*, by, now):
    """All of it as it would stand at `now`, by the people of the audit, which has been made; `by` is the administrator's seat.

    Needs to work for the system.
    """
    pathway = _Pathway(by, now)
    pathway.keep_the_directory()
    pathway.agree()
    for number, given in enumerate(PEOPLE_REFERRED, start=1):
        pathway.refer(number, *given)
    pathway.publish()


class _Pathway:
    def __init__(self, by, now):
        self.today = timezone.localdate(now)
        self.seats = seats_there()
        areas.bring_in(areas.read(AREAS.read_bytes()), by=by, at=self.at(420))
        self.areas = {code: Area.objects.get(dat_code=area) for code, area in AREA_OF.items()}
        self.prison = self.seats[PRISON]

    def at(self, days_ago, hour=10):
        return start_of(self.today - timedelta(days=days_ago)) + timedelta(hours=hour)

    def keep_the_directory(self):
        """One service confirmed its entry lately, the other more than a year ago."""
        for code, (service, person, phone, email, address, days_ago) in ENTRIES.items():
            seat, at = self.seats[code], self.at(days_ago)
            given = {
                "service": service,
                "contact_person": person,
                "phone": phone,
                "secure_email": email,
                "address": f"{address}\nLarkmoor",
                "hours": "Monday to Friday, 9am to 5pm",
                "areas": [self.areas[code]],
                "feeder_prisons": [self.prison.organisation],
            }
            directory.save(seat.organisation, given, revision=0, by=seat, at=at)
            offered = dict.fromkeys(Offer.KINDS, "") | OFFERS[code]
            offers.save(seat.organisation, offered, as_at=at.date(), by=seat, at=at)

    def agree(self):
        """Agreed with the one service; the other has yet to answer."""
        for code, agreed in ((NORTH, True), (SOUTH, False)):
            terms = {
                "minimum_content": ["LICENCE"],
                "channel": "PORTAL",
                "acknowledge_days": 2,
                "changes": "The prison telephones the single point of contact on the same day.",
                "review_on": self.today + timedelta(days=150),
            }
            where = {"service": self.seats[code].organisation, "area": self.areas[code]}
            at = self.at(35)
            protocol = protocols.propose(prison=self.prison.organisation, **where, terms=terms, by=self.prison, at=at)
            if agreed:
                protocols.agree(protocol, revision=1, by=self.seats[code], at=self.at(33))

    def refer(self, number, first_name, surname, released_in, code, until):
        spoc, sent_at = self.seats[code], self.at(20 if released_in < 0 else 3)
        release = self.today + timedelta(days=released_in)
        referral = referrals.begin(
            service=spoc.organisation, area=self.areas[code], by=self.prison, at=sent_at - timedelta(hours=1)
        )
        answers = _answers(number, first_name, surname, release)
        for section in referral_form.SECTIONS:
            given = {name: answers[name] for name in section.names if name in answers}
            referral = referrals.save_section(
                referral, section, given, revision=referral.revision, by=self.prison, at=sent_at
            )
        if until == "draft":
            return
        referrals.send(referral, by=self.prison, at=sent_at)
        if until == "sent":
            return
        at = sent_at + timedelta(hours=4)
        referrals.acknowledge(referral, appropriate="YES", why_not="", by=spoc, at=at)
        {"expected": self._expect, "court": self._court, "missed": self._miss, "attended": self._attend}[until](
            referral, spoc, release
        )

    def _expect(self, referral, spoc, release):
        at, on = self.at(1), self.today - timedelta(days=1)
        referrals.record_contact(referral, kind="VISIT", contact_by="IN_REACH_TEAM", on=on, by=spoc, at=at)
        self._appoint(referral, "TREATMENT", release + timedelta(days=1), time(10), "COMMUNITY", spoc)
        self._appoint(referral, "PROBATION", release + timedelta(days=1), time(10, 45), "PROBATION", self.prison)

    def _court(self, referral, spoc, release):
        yesterday = self.today - timedelta(days=1)
        referrals.change_release(referral, "COURT", yesterday, by=self.prison, at=self.at(1, hour=16))

    def _miss(self, referral, spoc, release):
        referrals.change_release(referral, "RELEASED", release, by=self.prison, at=self.at(16))
        referrals.acknowledge_changes(referral, by=spoc, at=self.at(16, hour=11))
        row = self._appoint(
            referral, "TREATMENT", release + timedelta(days=2), time(14), "COMMUNITY", spoc, days_ago=16
        )
        referrals.record_outcome(referral, row.pk, outcome="DNA", attended_on=None, by=spoc, at=self.at(13))
        on = self.today - timedelta(days=12)
        referrals.record_follow_up(referral, method="TELEPHONE", on=on, by=spoc, at=self.at(12))

    def _attend(self, referral, spoc, release):
        referrals.change_release(referral, "RELEASED", release, by=self.prison, at=self.at(9))
        referrals.acknowledge_changes(referral, by=spoc, at=self.at(9, hour=12))
        row = self._appoint(referral, "DROP_IN", release + timedelta(days=1), None, "PRISON", self.prison, days_ago=9)
        on = release + timedelta(days=1)
        referrals.record_outcome(referral, row.pk, outcome="ATTENDED", attended_on=on, by=spoc, at=self.at(8))

    def _appoint(self, referral, with_whom, on, at_time, made_by, by, days_ago=1):
        given = {
            "with_whom": with_whom,
            "on": on,
            "time": at_time,
            "place": "1 Tannery Walk" if with_whom == "TREATMENT" else "",
            "made_by": made_by,
            "told_client": "YES",
        }
        return referrals.record_appointment(referral, **given, by=by, at=self.at(days_ago, hour=15))

    def publish(self):
        """Two years of windows for the areas, the prison and both pairs, and what changed in between."""
        quarter = Quarter.containing(self.today).previous()
        lines = [",".join(indicator.COLUMNS)]
        windows = len(ENGAGED[NORTH])
        for index in range(windows):
            end, sums = quarter.ends.isoformat(), [0, 0]
            for code, engaged in ENGAGED.items():
                counted, among = engaged[windows - 1 - index], 100 + 3 * index
                lines.append(f"2.16,{end},12,{PRISON},{AREA_OF[code]},{counted // 2},{among // 2}")
                lines.append(f"2.16,{end},12,,{AREA_OF[code]},{counted},{among}")
                sums = [sums[0] + counted // 2, sums[1] + among // 2]
            lines.append(f"2.16,{end},12,{PRISON},,{sums[0]},{sums[1]}")
            quarter = quarter.previous()
        by, at = self.seats[NATIONAL], self.at(20)
        indicator.bring_in(indicator.read("\n".join(lines).encode()), by=by, at=at)
        indicator.record_change(
            prison=None,
            area=self.areas[NORTH],
            on=self.today - timedelta(days=400),
            category=3,
            words="In-reach clinic every other Wednesday",
            by=self.seats[NORTH],
            at=at,
        )


def _answers(number, first_name, surname, release):
    return {
        "first_name": first_name,
        "surname": surname,
        "date_of_birth": release.replace(year=release.year - 30 - number, day=1 + number),
        "sex": "FEMALE" if number % 2 else "MALE",
        "prison_number": f"A{number:04}XX",
        "consent": "YES",
        "drug_1": "HEROIN" if number % 2 else "ALCOHOL",
        "assessed_need": "An invented need, so that the page has something to show.",
        "structured_need": "YES",
        "treatment": ["PHARM", "PSYCH"] if number % 2 else ["PSYCH"],
        "mental_health": "YES" if number == 3 else "NO",
        "housing": "YES" if number in {4, 5} else "NO",
        "expected_release_on": release,
        "abode": "NO_FIXED_ABODE" if number == 5 else "ADDRESS",
        "address": "" if number == 5 else f"{number} Nowhere Street, Larkmoor",
        "probation": "NPS",
        "licence": "NOT_KNOWN" if number == 2 else "NO",
        "worker_name": "Pat Gaskell",
        "worker_phone": "01632 960100",
    }
