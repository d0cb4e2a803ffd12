"""What follows from the answers about a referral: the computed columns X01 to X10, and the windows behind them.

A person counts as engaged where the national system would count them: referred in scope, the four attributors equal,
triaged in time, and a structured intervention started in time. The day of release is day 0; each window includes its last day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from continuity import attributors
from continuity import vocabulary as words
from continuity.rows import number_of
from continuity.windows import WINDOW

LAST_WEEK = 15
START_TOP = 14
SPOC_DAYS = 365

CUSTODY_BANDS = ((28, "0-28"), (90, "29-90"), (182, "91-182"), (365, "183-365"), (float("inf"), "366+"))
UNKNOWN_BAND = "Unknown"
SUBSTANCE_GROUPS = ("OPIATE", "NONOPIATE_ONLY", "NONOPIATE_ALCOHOL", "ALCOHOL_ONLY", "UNKNOWN")
STAGES = ("in_scope", "received", "appropriate", "appointment_made", "attended", "engaged_locally", "engaged_ndtms")
MATCHES = ("exact", *(f"ATT-{number:02}" for number in range(1, 11)))
LOST_REASONS = (
    *MATCHES[1:],
    "DAT-03",
    "DAT-06",
    *(f"WIN-{number:02}" for number in range(1, 5)),
    *(f"INT-{number:02}" for number in range(1, 4)),
    "EPI-01",
    "EPI-05",
    "EPI-07",
)
OTHER_REASON = "OTHER"


@dataclass(frozen=True)
class Audit:
    """The audit that the referrals belong to.

    `areas` are DAT codes; `recipient` the one that a sheet is for. `as_at` plays today. `spoc_confirmed` says when the
    single point of contact of each area was last confirmed; None where that is not known here.
    """

    as_at: date
    reference: str = ""
    prisons: tuple = ()
    areas: tuple = ()
    recipient: str = ""
    starts: date | None = None
    ends: date | None = None
    has_sharing_agreement: bool = False
    spoc_confirmed: dict | None = None

    @property
    def sheet_is_for(self):
        """The area whose sheet this is, or an empty text where nobody can tell."""
        return self.recipient or (self.areas[0] if len(self.areas) == 1 else "")


# For all rows at once


def code_of(area):
    return (area or "").strip().upper()


class Referrals:
    """The rows of an audit with what follows from them: arrays, one value for each row."""

    def __init__(self, rows, audit):
        self.rows, self.audit = rows, audit
        self.says, self.day = rows.says, rows.day
        self.is_blank, self.is_filled = rows.is_blank, rows.is_filled
        self.today = audit.as_at.toordinal()

    def __len__(self):
        return self.rows.count

    # Days

    @cached_property
    def exit(self):
        return self.day("P11")

    @cached_property
    def reception(self):
        return self.day("P06")

    @cached_property
    def triage(self):
        return self.day("C33")

    @cached_property
    def attended_on(self):
        return self.day("C25")

    @cached_property
    def earlier_discharge(self):
        return self.day("C39")

    @cached_property
    def actual_release(self):
        return self.day("C09")

    @cached_property
    def age_at_exit(self):
        """In whole years; NaN where a date is missing."""
        born, age = self.day("P03"), np.full(len(self), np.nan)
        known = ~np.isnan(born) & ~np.isnan(self.exit)
        (day, month, year), (at_day, at_month, at_year) = (
            attributors.parts(born[known]),
            attributors.parts(self.exit[known]),
        )
        age[known] = at_year - year - (at_month * 100 + at_day < month * 100 + day)
        return age

    def is_in_window(self, days):
        return (days >= 0) & (days <= WINDOW)

    # Scope

    @cached_property
    def area(self):
        return self.rows.mapped("P13", code_of, object)

    @cached_property
    def is_outside_areas(self):
        areas = {code_of(area) for area in self.audit.areas}
        return self.rows.mapped("P13", lambda given: not given or (bool(areas) and code_of(given) not in areas), bool)

    @cached_property
    def is_outside_period(self):
        return (self.exit < number_of(self.audit.starts)) | (self.exit > number_of(self.audit.ends))

    @cached_property
    def in_scope(self):
        filtered_out = ~self.is_transfer | ~self.says("P12", "RELEASED") | self.is_outside_areas
        return ~(filtered_out | self.is_outside_period)

    @cached_property
    def is_transfer(self):
        return self.says("P10", "DR_TRANSF_NOT_CUST")

    @cached_property
    def is_completed(self):
        return self.says("P10", *words.COMPLETED)

    # Custody and substances

    @cached_property
    def days_in_custody(self):
        return self.exit - self.reception

    @cached_property
    def custody_band(self):
        """The number of the band in CUSTODY_BANDS; one more than the last where it is unknown."""
        days = self.days_in_custody
        band = np.searchsorted([last for last, _ in CUSTODY_BANDS], days, side="left")
        return np.where(days >= 0, band, len(CUSTODY_BANDS))

    def has_substance(self, *families):
        found = np.zeros(len(self), bool)
        for id in ("P07", "P08", "P09"):
            found |= self.rows.mapped(id, lambda key: words.SUBSTANCE_FAMILY.get(key) in families, bool)
        return found

    @cached_property
    def has_alcohol(self):
        return self.has_substance(words.ALCOHOL)

    @cached_property
    def substance_group(self):
        """The number of the group in SUBSTANCE_GROUPS."""
        opiate, other = self.has_substance(words.OPIATE), self.has_substance(words.NON_OPIATE)
        return np.select([opiate, other & ~self.has_alcohol, other, self.has_alcohol], range(4), default=4)

    # Who it is

    @cached_property
    def prison_attributors(self):
        return self._attributors("P01", "P02", "P03", "P04")

    @cached_property
    def community_attributors(self):
        return self._attributors("C34", "C35", "C36", "C37")

    def _attributors(self, first, surname, birth, sex):
        sexes = {"MALE": 1, "FEMALE": 2}
        return (
            self.rows.mapped(first, attributors.initial, np.int64),
            self.rows.mapped(surname, attributors.initial, np.int64),
            self.day(birth),
            self.rows.mapped(sex, lambda key: sexes.get(key, 0), np.int64),
        )

    @cached_property
    def other_initials(self):
        return self.rows.mapped("P01", attributors.other_initials, np.int64)

    @cached_property
    def has_episode(self):
        return self.says("C32", *words.AN_EPISODE)

    @cached_property
    def match(self):
        """The number in MATCHES, or -1 where the community has nothing to compare."""
        compared = self.has_episode | ~(
            self.is_blank("C34") & self.is_blank("C35") & self.is_blank("C36") & self.is_blank("C37")
        )
        misses = attributors.misses(self.prison_attributors, self.community_attributors, self.other_initials)
        return np.where(compared, misses, -1)

    @cached_property
    def attributor_key(self):
        """A number for each different set of four attributors in the prison's record; -1 where one is missing."""
        return key_of(self.prison_attributors)

    @cached_property
    def community_key(self):
        return key_of(self.community_attributors)

    @cached_property
    def reference_key(self):
        """A number for each different client reference; -1 where there is none."""
        reference = self.rows.mapped("P05", lambda given: code_of(given), object)
        return pd.factorize(np.where(self.is_filled("P05"), reference, None))[0]

    @cached_property
    def client(self):
        """A number for each person: the same reference, or without one the only person with these attributors."""
        client, keys = self.reference_key, self.attributor_key
        known = client >= 0
        holders = pd.Series(client[known & (keys >= 0)]).groupby(keys[known & (keys >= 0)]).agg(["nunique", "first"])
        only = holders.loc[holders["nunique"] == 1, "first"]
        found = pd.Series(keys).map(only).fillna(-1).to_numpy().astype(int)
        by_key = np.where(keys >= 0, len(self) + keys, 2 * len(self) + 1 + np.arange(len(self)))
        return np.select([known, found >= 0], [client, found], default=by_key)

    @cached_property
    def sequence(self):
        """Which of the client's distinct exit dates this is, from 1; NaN without an exit date."""
        return pd.Series(self.exit).groupby(self.client).rank("dense").to_numpy()

    @cached_property
    def exits_of_client(self):
        return pd.Series(self.exit).groupby(self.client).transform("nunique").to_numpy()

    # Interventions

    @cached_property
    def of_row(self):
        return self.rows.interventions.row

    def of_intervention(self, id, ask, kind):
        answered = self.rows.interventions.columns.get(id)
        return answered.mapped(ask, kind) if answered else np.zeros(len(self.of_row), kind)

    @cached_property
    def is_structured(self):
        return self.of_intervention("C45a", words.STRUCTURED.__contains__, bool)

    @cached_property
    def intervention_starts(self):
        return self.of_intervention("C45b", number_of, float)

    @cached_property
    def intervention_ends(self):
        return self.of_intervention("C45c", number_of, float)

    @cached_property
    def days_to_start(self):
        """For each intervention, days from the exit to its start."""
        return self.intervention_starts - self.exit[self.of_row]

    def how_many(self, chosen):
        """For each row, how many of its interventions are among the chosen ones."""
        return np.bincount(self.of_row[chosen], minlength=len(self))

    def has_intervention(self, chosen):
        return self.how_many(chosen) > 0

    def first_start(self, chosen):
        """For each row, the first start among the chosen interventions, or NaN."""
        first = np.full(len(self), np.nan)
        np.fmin.at(first, self.of_row[chosen], self.intervention_starts[chosen])
        return first

    @cached_property
    def interventions(self):
        return self.how_many(np.ones(len(self.of_row), bool))

    @cached_property
    def first_structured(self):
        """The first structured start on or after the exit."""
        return self.first_start(self.is_structured & (self.days_to_start >= 0))

    @cached_property
    def started_in_window(self):
        return self.has_intervention(self.is_structured & self.is_in_window(self.days_to_start))

    @cached_property
    def started_late(self):
        late = self.has_intervention(self.is_structured & (self.days_to_start > WINDOW))
        return late & ~self.started_in_window

    # Episodes

    @cached_property
    def had_episode(self):
        return self.says("C38", "YES")

    @cached_property
    def received(self):
        return self.says("C01", "YES")

    @cached_property
    def is_new(self):
        return self.says("C32", "NEW")

    @cached_property
    def is_reopened(self):
        return self.says("C32", "REOPENED")

    @cached_property
    def returned_on(self):
        """When the person came back to the service, or NaN. A re-opened episode has its old triage date."""
        everything = np.ones(len(self.of_row), bool)
        to_new = np.fmin(np.fmin(self.attended_on, self.triage), self.first_start(everything))
        since = self.intervention_starts >= self.earlier_discharge[self.of_row]
        to_reopened = np.fmin(self.attended_on, self.first_start(since))
        return np.select([self.is_new, self.is_reopened], [to_new, to_reopened], default=np.nan)

    @cached_property
    def reopened_too_late(self):
        return self.is_reopened & (self.returned_on - self.earlier_discharge > WINDOW)

    @cached_property
    def top_anchor(self):
        """From when the 14 days of the start TOP count."""
        return np.where(np.isnan(self.first_structured), self.triage, self.first_structured)

    @cached_property
    def owes_post_prison_top(self):
        return self.is_new | self.is_reopened

    @cached_property
    def spoc_unconfirmed(self):
        """Where the area's single point of contact was not confirmed in the last 12 months; False where nobody knows."""
        confirmed = self.audit.spoc_confirmed
        if confirmed is None:
            return np.zeros(len(self), bool)
        year_ago = self.audit.as_at - timedelta(SPOC_DAYS)
        known = {code_of(area) for area, day in confirmed.items() if day and day >= year_ago}
        return self.rows.mapped("P13", lambda area: bool(area) and code_of(area) not in known, bool)

    # The outcome

    @cached_property
    def days_to_triage(self):
        return np.where(self.is_reopened, np.nan, self.triage - self.exit)

    @cached_property
    def days_to_structured(self):
        return self.first_structured - self.exit

    @cached_property
    def engaged_ndtms(self):
        triaged = self.is_new & self.is_in_window(self.triage - self.exit)
        in_time = triaged | (self.is_reopened & ~self.reopened_too_late)
        return self.in_scope & (self.match == 0) & in_time & self.started_in_window

    @cached_property
    def engaged_locally(self):
        return self.says("C30", *words.ENGAGED_LOCALLY)

    @cached_property
    def lost_to_data(self):
        return self.says("C30", "STRUCTURED") & self.in_scope & ~self.engaged_ndtms

    @cached_property
    def attended(self):
        after_follow_up = self.says("C24", "DNA") & self.says("C26", "YES") & self.is_filled("C25")
        return self.says("C24", *words.ATTENDED) | after_follow_up

    @cached_property
    def reached(self):
        """For each stage, where it and all before it were reached."""
        steps = (
            self.in_scope,
            self.received,
            self.says("C05", "YES"),
            self.says("C20", *words.APPOINTMENT_MADE),
            self.attended,
            self.engaged_locally,
            self.engaged_ndtms,
        )
        return dict(zip(STAGES, np.logical_and.accumulate(steps), strict=True))

    @cached_property
    def stage(self):
        """The number in STAGES of the furthest stage reached; -1 where the row is out of scope."""
        return sum(reached.astype(int) for reached in self.reached.values()) - 1

    @cached_property
    def scenario(self):
        """The number of the discharge scenario, or 0 where the pair of reason and referral is outside the table."""
        reasons, referrals = self.rows.answered("P10"), self.rows.answered("P14")
        table = np.array(
            [
                [words.SCENARIO_OF.get((reason, referral), 0) for referral in referrals.answers]
                for reason in reasons.answers
            ]
        )
        return table[reasons.numbers, referrals.numbers]


def key_of(four):
    """One number for each different set of four arrays; -1 where a value is missing."""
    first, surname, birth, sex = four
    missing = (first == 0) | (surname == 0) | np.isnan(birth) | (sex == 0)
    births = np.where(np.isnan(birth), 0, birth).astype(np.int64)
    together = ((births * 4 + sex) << 42) | (first << 21) | surname
    return np.where(missing, -1, pd.factorize(together)[0])
