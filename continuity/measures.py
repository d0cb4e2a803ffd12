"""The 44 measures of an audit, the breakdowns, the funnel, and what contact before release and other things did.

A measure is a pair of truths for each row: who is counted, and among whom. Not known counts among those who are not
counted, and is shown beside.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from continuity import vocabulary as words
from continuity.columns import COLUMNS
from continuity.engagement import CUSTODY_BANDS, STAGES, SUBSTANCE_GROUPS, UNKNOWN_BAND
from continuity.recording_rules import LOST_NAMES, START_TOP, Checked
from continuity.windows import TOP_CLOSES, TOP_OPENS
from returns.statistics import Z, wilson

CAUTION_BELOW = 30
UNKNOWN = "Unknown"
NOT_ANSWERED = "NOT_ANSWERED"


# Arithmetic


def katz(a, n, b, m):
    """(ratio of a/n to b/m, lower, upper) with the 95 % interval on the log scale; Nones where it cannot be told."""
    if not a or not b:
        ratio = 0.0 if not a and b and n else None
        return ratio, None, None
    ratio = (a / n) / (b / m)
    width = Z * math.sqrt(1 / a - 1 / n + 1 / b - 1 / m)
    return ratio, ratio * math.exp(-width), ratio * math.exp(width)


@dataclass(frozen=True)
class Share:
    """How many were counted, among how many; `not_known` of these gave no answer to count."""

    numerator: int
    denominator: int
    not_known: int = 0

    @property
    def percent(self):
        return 100 * self.numerator / self.denominator if self.denominator else None

    @property
    def interval(self):
        return wilson(self.numerator, self.denominator)

    @property
    def needs_caution(self):
        return self.denominator < CAUTION_BELOW

    def as_json(self):
        low, high = self.interval
        return {
            "numerator": self.numerator,
            "denominator": self.denominator,
            "percent": rounded(self.percent),
            "low": rounded(low),
            "high": rounded(high),
            "not_known": self.not_known,
        }


@dataclass(frozen=True)
class Gap:
    """Two shares of the same people, and the points between them."""

    higher: Share
    lower: Share

    def as_json(self):
        points = None if self.higher.percent is None else self.higher.percent - self.lower.percent
        return {
            "numerator": self.higher.numerator - self.lower.numerator,
            "denominator": self.higher.denominator,
            "percent": rounded(points),
            "low": None,
            "high": None,
            "not_known": self.higher.not_known,
        }


@dataclass(frozen=True)
class Spread:
    """The median and the quartiles of some days; quartiles interpolate linearly."""

    count: int
    median: float | None = None
    lower_quartile: float | None = None
    upper_quartile: float | None = None

    @classmethod
    def of(cls, days):
        days = days[~np.isnan(days)]
        if not len(days):
            return cls(0)
        lower, median, upper = (float(found) for found in np.quantile(days, (0.25, 0.5, 0.75)))
        return cls(len(days), median, lower, upper)

    def as_json(self):
        return dict.fromkeys(("numerator", "percent", "low", "high")) | {"denominator": self.count, "not_known": 0}

    def figures(self):
        return {
            "n": self.count,
            "median": self.median,
            "lower_quartile": self.lower_quartile,
            "upper_quartile": self.upper_quartile,
        }


@dataclass(frozen=True)
class Comparison:
    """The engagement of those with something and of those without it. Who gave no clear answer is in neither."""

    what: str
    with_it: Share
    without: Share

    @property
    def difference(self):
        rates = self.with_it.percent, self.without.percent
        return None if None in rates else rates[0] - rates[1]

    @property
    def ratio(self):
        return katz(self.with_it.numerator, self.with_it.denominator, self.without.numerator, self.without.denominator)

    def as_json(self):
        ratio, low, high = self.ratio
        return {
            "with": self.with_it.as_json(),
            "without": self.without.as_json(),
            "difference": rounded(self.difference),
            "ratio": rounded(ratio),
            "ratio_low": rounded(low),
            "ratio_high": rounded(high),
        }


def rounded(value):
    return None if value is None else round(value, 4)


# The measures


@dataclass(frozen=True)
class Measure:
    """`count(checked)` gives three arrays of truths: who is counted, among whom, and whose answer is not known."""

    id: str
    title: str
    counted: str
    among: str
    source: str
    count: Callable


MEASURES = {}


def measure(id, title, counted, among, source):
    """Declares a measure. The function returns (counted, among) or (counted, among, not known)."""

    def declare(count):
        MEASURES[id] = Measure(id, title, counted, among, source, count)
        return count

    return declare


def answered(id, title, column, counted, among_title, among, source, keys=("YES",)):
    """A measure that counts one answer."""

    def count(c):
        return c.says(column, *keys), among(c), c.says(column, "NOT_KNOWN")

    measure(id, title, counted, among_title, source)(count)


def in_scope(c):
    return c.r.in_scope


def received(c):
    return c.r.received


def appropriate(c):
    return c.says("C05", "YES")


def appointed(c):
    return c.says("C20", *words.APPOINTMENT_MADE)


def contacted(c):
    return c.says("C17", *words.CONTACTED)


ALL, RECEIVED, APPOINTED = "all referrals in scope", "referrals received", "appointments made"

answered("M01", "Referrals received", "C01", "received", ALL, in_scope, "5.7")
answered("M02", "Appropriate to the service", "C05", "appropriate", RECEIVED, received, "5.7")
answered("M02b", "Not appropriate to the service", "C05", "not appropriate", RECEIVED, received, "5.7", ("NO",))
answered("M03", "Release date communicated", "C07", "release date communicated", RECEIVED, received, "2.3")
answered("M04", "Receipt acknowledged", "C04", "acknowledged", RECEIVED, received, "recommendation 2")


@measure("M05", "Method of referral", "with a known method", RECEIVED, "2.3, recommendation 7")
def method_known(c):
    not_known = c.says("C03", "NOT_KNOWN")
    return c.filled("C03") & ~not_known, received(c), not_known


@measure("M06", "Insecure method", "by fax, post or ordinary e-mail", RECEIVED, "2.3, recommendation 7")
def insecure(c):
    return c.says("C03", *words.INSECURE), received(c), c.says("C03", "NOT_KNOWN")


answered("M07", "Mental health need flagged", "C13", "flagged", RECEIVED, received, "2.3")
answered("M08", "Housing need flagged", "C14", "flagged", RECEIVED, received, "2.3")
answered("M09", "Licence condition known", "C15", "known", RECEIVED, received, "2.3")
answered("M10", "Contact details given", "C10", "given", RECEIVED, received, "2.3")


@measure("M11", "Minimum form content complete", "complete", RECEIVED, "recommendation 1")
def minimum_content(c):
    described = np.logical_and.reduce([c.says(id, "YES") for id in ("C07", "C10", "C11", "C12")])
    return described & c.says("C13", "YES", "NO") & c.says("C14", "YES", "NO"), received(c)


answered("M12", "Contacted before release", "C17", "contacted", ALL, in_scope, "2.3", words.CONTACTED)


@measure("M13", "In-reach visit share", "visited by the in-reach team", "people contacted before release", "2.3")
def visited(c):
    return c.says("C17", "VISIT") & c.says("C19", "IN_REACH_TEAM"), contacted(c)


answered(
    "M14",
    "Appointment made",
    "C20",
    "appointment made or told of drop-in",
    "appropriate referrals",
    appropriate,
    "5.7",
    words.APPOINTMENT_MADE,
)


@measure("M15", "Attended", "attended", APPOINTED, "2.3")
def attended(c):
    return c.says("C24", *words.ATTENDED), appointed(c)


@measure("M16", "Did not attend", "did not attend", APPOINTED, "5.7")
def missed(c):
    return c.says("C24", "DNA"), appointed(c)


@measure("M17", "Missed appointment followed up", "followed up", "missed appointments", "5.7")
def followed_up(c):
    return c.says("C26", "YES"), c.says("C24", "DNA"), c.says("C26", "NOT_KNOWN")


@measure("M18", "Engaged after follow-up", "engaged in either view", "missed appointments followed up", "5.7")
def engaged_after_follow_up(c):
    engaged = c.r.engaged_ndtms | c.r.engaged_locally
    return engaged, c.says("C24", "DNA") & c.says("C26", "YES"), c.says("C30", "NOT_KNOWN") & ~engaged


@measure("M19", "Engagement, local view", "engaged in structured treatment", ALL, "2.3")
def engaged_locally(c):
    return c.says("C30", "STRUCTURED"), in_scope(c), c.says("C30", "NOT_KNOWN")


@measure("M20", "Engagement, NDTMS view", "engaged as NDTMS sees it", ALL, "6.2")
def engaged_ndtms(c):
    return c.r.engaged_ndtms, in_scope(c)


@measure("M21", "Lost to the data", "not visible to NDTMS", "engaged in structured treatment, local view", "6.1")
def lost(c):
    return c.r.lost_to_data, in_scope(c) & c.says("C30", "STRUCTURED")


@measure("M22", "Gap between the two views, in points", "local view less NDTMS view", ALL, "2.3")
def gap(c):
    return c.r.lost_to_data, in_scope(c)


@measure("M23", "Engagement of those contacted before release", "engaged, NDTMS view", "people contacted", "5.7, 1")
def engaged_of_contacted(c):
    return c.r.engaged_ndtms, in_scope(c) & contacted(c)


@measure("M24", "Engagement where an appointment was made", "engaged, NDTMS view", APPOINTED, "5.7")
def engaged_of_appointed(c):
    return c.r.engaged_ndtms, in_scope(c) & appointed(c)


@measure("M25", "Engagement where a licence condition was known", "engaged, NDTMS view", "condition known", "2.3")
def engaged_of_licensed(c):
    return c.r.engaged_ndtms, in_scope(c) & c.says("C15", "YES")


measure("M26", "Engagement by substance group", "engaged as NDTMS sees it", ALL, "5.7")(engaged_ndtms)
measure("M27", "Engagement by time in custody", "engaged as NDTMS sees it", ALL, "5.7")(engaged_ndtms)
answered("M28", "Received by substance group and time in custody", "C01", "received", ALL, in_scope, "5.7")


@measure("M29", "Days from exit to triage and to structured treatment", "", "people engaged, NDTMS view", "5.7")
def days_to_engagement(c):
    return c.r.engaged_ndtms, c.r.engaged_ndtms


@measure("M30", "Denominator inflation", "should not have been transfers", ALL, "6.2")
def inflating(c):
    return c.fires("DIS-01", "DIS-02", "DIS-11"), in_scope(c)


@measure("M31", "Adjusted engagement (what if, not official)", "engaged, NDTMS view", "referrals less inflation", "6.2")
def adjusted(c):
    return c.r.engaged_ndtms, in_scope(c) & ~inflating(c)[0]


@measure("M32", "Attributors do not match", "some attributor differs", "rows with an episode", "6.2")
def mismatched(c):
    return c.fires(*(f"ATT-{number:02}" for number in range(2, 11))), c.r.has_episode


@measure("M33", "Exit date suspect", "exit date suspect", ALL, "6.2")
def exit_suspect(c):
    return c.fires("DAT-03", "DAT-04", "DAT-05", "DAT-06"), in_scope(c)


@measure("M34", "Earlier episode not closed properly", "not closed properly", "in treatment before custody", "6.2")
def badly_closed(c):
    return c.fires("EPI-01", "EPI-02", "EPI-03"), c.r.had_episode


@measure("M35", "Re-opened wrongly", "re-opened wrongly", "re-opened episodes", "6.4")
def wrongly_reopened(c):
    return c.fires("EPI-05", "EPI-07", "EPI-08"), c.r.is_reopened


@measure("M36", "Recovery support only, or no intervention", "no structured intervention", "engaged, local view", "6.2")
def without_structured(c):
    return c.fires("INT-01", "INT-02"), c.r.engaged_locally


@measure("M37", "Start TOP in time", "done in time", "new episodes past day 14", "6.4")
def start_top(c):
    done, anchor = c.r.day("C46"), c.r.top_anchor
    return (done >= anchor) & (done <= anchor + START_TOP), c.r.is_new & (anchor + START_TOP < c.r.today)


@measure("M38", "Post-prison exit TOP in time", "done from day 28 to day 56", "engaged and past day 56", "6.4")
def post_prison_top(c):
    days = c.r.day("C47") - c.r.exit
    past = c.r.engaged_ndtms & (c.r.exit + TOP_CLOSES < c.r.today)
    return (days >= TOP_OPENS) & (days <= TOP_CLOSES), past


@measure("M39", "Unplanned release from court", "released from court", "all releases", "2.3, 6.3(5)")
def from_court(c):
    return c.says("P18", "COURT"), c.everybody


@measure("M40", "Repeat referrals", "second and later referrals", ALL, "5.6")
def repeated(c):
    return c.r.sequence > 1, in_scope(c)


@measure("M41", "Discharge scenario not consistent", "with any discharge rule", "all releases", "6.3")
def inconsistent(c):
    return c.fires(*(code for code in c.checked.fired if code.startswith("DIS-"))), c.everybody


@measure("M42", "Reasons not engaged", "with a reason", "people not engaged", "5.2")
def reasons(c):
    return c.filled("C31"), c.says("C30", "NO")


answered("M43", "Probation involved", "C16", "CRC or NPS", RECEIVED, received, "2.3", ("CRC", "NPS"))

OF_ALL_RELEASES = ("M39", "M41")


def among(id, everybody, said):
    """A measure among other people than its own."""
    counted = MEASURES[id].count
    return replace(MEASURES[id], among=said, count=lambda c: (counted(c)[0], everybody(c), *counted(c)[2:]))


def without(id, title, said, group):
    """The engagement of those whom a comparison sets against those of the measure."""
    return replace(MEASURES[id], title=title, among=said, count=lambda c: (c.r.engaged_ndtms, in_scope(c) & group(c)))


ALSO = {
    "M09/scope": among("M09", in_scope, ALL),
    "M12/received": among("M12", received, RECEIVED),
    "M14/received": among("M14", received, RECEIVED),
}


def not_contacted(c):
    return c.says("C17", "NONE") & ~contacted(c)


WITHOUT = {
    "M23/without": without("M23", "Engagement of those not contacted", "people not contacted", not_contacted),
    "M24/without": without(
        "M24", "Engagement where no appointment was made", "no appointment made", lambda c: c.says("C20", "NO")
    ),
    "M25/without": without(
        "M25", "Engagement without a licence condition", "no condition", lambda c: c.says("C15", "NO")
    ),
}


# Counting


@dataclass(frozen=True)
class Step:
    """One step of the funnel. `went` says where those went who did not reach it."""

    name: str
    count: int
    previous: int
    everybody: int
    went: dict

    @property
    def lost(self):
        return self.previous - self.count

    def as_json(self):
        return {
            "step": self.name,
            "count": self.count,
            "percent_of_previous": rounded(Share(self.count, self.previous).percent),
            "percent_of_n0": rounded(Share(self.count, self.everybody).percent),
            "lost": self.lost,
        }


class Analysis:
    """Everything that is counted of checked rows."""

    def __init__(self, checked: Checked):
        self.checked, self.r = checked, checked.referrals
        self.says, self.filled = self.r.says, self.r.is_filled
        self.everybody = np.ones(len(checked), bool)

    def fires(self, *codes):
        return np.logical_or.reduce([self.checked.fired[code] for code in codes])

    @cached_property
    def truths(self):
        """For each measure: who is counted, among whom, not known; all within its denominator."""
        return {id: self._truths(measure, id in OF_ALL_RELEASES) for id, measure in MEASURES.items()}

    def _truths(self, measure, of_all_releases=False):
        counted, among, *not_known = measure.count(self)
        if not of_all_releases:
            among = among & self.r.in_scope
        return counted & among, among, not_known[0] & among if not_known else None

    @cached_property
    def all_truths(self):
        """Those of the measures, of ALSO and of WITHOUT. Not known beside a comparison is who is in neither group."""
        found = self.truths | {id: self._truths(measure) for id, measure in (ALSO | WITHOUT).items()}
        for id in WITHOUT:
            counted, among, _ = found[id.partition("/")[0]]
            found[id.partition("/")[0]] = counted, among, self.r.in_scope & ~among & ~found[id][1]
        return found

    def counts_by(self, breakdown):
        """[counted, among, not known] of `all_truths` by id, for each group that somebody is in, by its name."""
        names, numbers = self.groups(breakdown)
        arrays = {
            id: [truth if truth is None else np.bincount(numbers[truth], minlength=len(names)) for truth in truths]
            for id, truths in self.all_truths.items()
        }
        return {
            name: {
                id: [None if array is None else int(array[number]) for array in several]
                for id, several in arrays.items()
            }
            for number, name in enumerate(names)
            if (numbers == number).any()
        }

    def days_by(self, breakdown):
        """M29 for each group, by its name."""
        names, numbers = self.groups(breakdown)
        engaged, days = self.r.engaged_ndtms, self.r.days_to_structured
        return {name: Spread.of(days[engaged & (numbers == number)]) for number, name in enumerate(names)}

    @cached_property
    def measures(self):
        shares = {id: Share(*map(total, truths)) for id, truths in self.truths.items()}
        return shares | {"M22": Gap(shares["M19"], shares["M20"]), "M29": self.days["structured"]}

    # Breakdowns

    def groups(self, breakdown):
        """(names, the number of each row's group)."""
        return BREAKDOWNS[breakdown](self.r)

    def by(self, breakdown):
        """The measures of each group of referrals in scope, by the group's name."""
        names, numbers = self.groups(breakdown)
        counts = {
            id: [np.bincount(numbers[truth], minlength=len(names)) if truth is not None else None for truth in truths]
            for id, truths in self.truths.items()
        }
        present = np.bincount(numbers[self.r.in_scope], minlength=len(names))
        found = {}
        for number, name in enumerate(names):
            if not present[number]:
                continue
            found[name] = {
                id: Share(*(0 if array is None else int(array[number]) for array in arrays))
                for id, arrays in counts.items()
            }
            found[name]["M22"] = Gap(found[name]["M19"], found[name]["M20"])
            found[name]["M29"] = Spread.of(self.r.days_to_structured[self.r.engaged_ndtms & (numbers == number)])
        return found

    @cached_property
    def breakdowns(self):
        return {breakdown: self.by(breakdown) for breakdown in BREAKDOWNS}

    def answers_among(self, column, among):
        """How often each answer was given; NOT_ANSWERED stands for none."""
        answered = self.r.rows.answered(column)
        counts = np.bincount(answered.numbers[among], minlength=len(answered.answers))
        found = {}
        for answer, count in zip(answered.answers, counts.tolist(), strict=True):
            for key in answer if isinstance(answer, tuple) else (answer,):
                found[key] = found.get(key, 0) + count
        ordered = [*COLUMNS[column].choices.labels, None]
        return {key or NOT_ANSWERED: found[key] for key in ordered if found.get(key)}

    # The funnel

    @cached_property
    def funnel(self):
        reached = self.r.reached
        everybody = total(reached["in_scope"])
        steps, before = [], None
        for name in STAGES:
            previous = reached[before] if before else reached[name]
            column = ASKED_AT.get(name)
            went = self.answers_among(column, previous & ~reached[name]) if column else {}
            steps.append(Step(name, total(reached[name]), total(previous), everybody, went))
            before = name
        return steps

    @cached_property
    def outside_the_pathway(self):
        """People who engaged though no referral was received."""
        return total(self.r.in_scope & ~self.r.received & self.r.engaged_locally)

    @cached_property
    def told_of_drop_in(self):
        """Of those for whom an appointment was made, who was told of the drop-in instead."""
        return total(self.r.reached["appointment_made"] & self.says("C20", "DROP_IN"))

    # What the figures hide

    @cached_property
    def lost_by_reason(self):
        """Engaged locally but lost to the data: how many by the first rule that explains it."""
        counts = np.bincount(self.checked.lost_reason(), minlength=len(LOST_NAMES)).tolist()
        return {reason: count for reason, count in zip(LOST_NAMES, counts, strict=True) if reason and count}

    @cached_property
    def comparisons(self):
        """The impact of contact, appointment, licence condition, housing and mental health, by measure."""
        return {
            "M23": [
                self._compare("Contact before release", contacted(self), not_contacted(self)),
                *(
                    self._compare(label, self.says("C17", key), not_contacted(self))
                    for key, label in words.CONTACT.labels.items()
                    if key in words.CONTACTED
                ),
            ],
            "M24": [self._compare("Appointment made", appointed(self), self.says("C20", "NO"))],
            "M25": [
                self._compare(label, self.says(column, "YES"), self.says(column, "NO"))
                for label, column in (
                    ("Licence condition known", "C15"),
                    ("Housing need flagged", "C14"),
                    ("Mental health need flagged", "C13"),
                )
            ],
        }

    def _compare(self, what, with_it, without):
        scope = self.r.in_scope
        return Comparison(
            what,
            Share(total(with_it & scope & self.r.engaged_ndtms), total(with_it & scope)),
            Share(total(without & scope & self.r.engaged_ndtms), total(without & scope)),
        )

    @cached_property
    def days(self):
        engaged = self.r.engaged_ndtms
        return {
            "triage": Spread.of(self.r.days_to_triage[engaged]),
            "structured": Spread.of(self.r.days_to_structured[engaged]),
        }

    @cached_property
    def days_in_custody(self):
        return Spread.of(self.r.days_in_custody[self.r.in_scope])

    @cached_property
    def distinct_clients(self):
        return len(np.unique(self.r.client[self.r.in_scope]))

    @cached_property
    def scenarios(self):
        """How many releases follow each discharge scenario; 0 stands for none."""
        return dict(enumerate(np.bincount(self.r.scenario, minlength=6).tolist()))

    @cached_property
    def misses_by_kind(self):
        among = self.truths["M32"][1]
        return {f"ATT-{n:02}": total(self.checked.fired[f"ATT-{n:02}"] & among) for n in range(2, 11)}

    @cached_property
    def details(self):
        """What a single share cannot say, by measure."""
        among = {id: truths[1] for id, truths in self.truths.items()}
        received_, scope = among["M02"], self.r.in_scope
        return {
            "M02b": {"reasons": self.answers_among("C06", self.truths["M02b"][0])},
            "M05": {"methods": self.answers_among("C03", received_)},
            "M09": {"of_all": self._also("M09", scope)},
            "M12": {"of_received": self._also("M12", received_), "by": self.answers_among("C17", scope)},
            "M14": {"of_received": self._also("M14", received_)},
            "M17": {"methods": self.answers_among("C27", self.truths["M17"][0])},
            "M21": {"reasons": self.lost_by_reason},
            "M23": {"comparisons": named(self.comparisons["M23"])},
            "M24": {"comparisons": named(self.comparisons["M24"])},
            "M25": {"comparisons": named(self.comparisons["M25"])},
            "M29": {name: spread.figures() for name, spread in self.days.items()},
            "M32": {"kinds": self.misses_by_kind},
            "M40": {"distinct_clients": self.distinct_clients},
            "M41": {"scenarios": self.scenarios},
            "M42": {"reasons": self.answers_among("C31", among["M42"])},
            "funnel": {"outside_the_pathway": self.outside_the_pathway},
        }

    def _also(self, id, among):
        counted = MEASURES[id].count(self)[0]
        return Share(total(counted & among), total(among)).as_json()


ASKED_AT = {
    "received": "C01",
    "appropriate": "C05",
    "appointment_made": "C20",
    "attended": "C24",
    "engaged_locally": "C30",
}


def total(truth):
    return 0 if truth is None else int(np.count_nonzero(truth))


def named(comparisons):
    return {comparison.what: comparison.as_json() for comparison in comparisons}


# Breakdowns


def by_prison(r):
    answered = r.rows.answered("P15")
    return [UNKNOWN, *answered.answers[1:]], answered.numbers


def by_area(r):
    names, numbers = np.unique(np.where(r.is_filled("P13"), r.area, UNKNOWN).astype(str), return_inverse=True)
    return names.tolist(), numbers


def by_substance_group(r):
    return list(SUBSTANCE_GROUPS), r.substance_group


def by_custody_band(r):
    return [*(name for _, name in CUSTODY_BANDS), UNKNOWN_BAND], r.custody_band


def by_choice(column):
    def groups(r):
        labels = COLUMNS[column].choices.labels
        place = {key: number for number, key in enumerate(labels)}
        return [*labels.values(), UNKNOWN], r.rows.mapped(column, lambda key: place.get(key, len(place)), np.int64)

    return groups


def by_quarter(r):
    answered = r.rows.answered("P11")
    days = [UNKNOWN if day is None else f"{day.year}-Q{(day.month + 2) // 3}" for day in answered.answers]
    names, numbers = np.unique(np.array(days, str), return_inverse=True)
    return names.tolist(), numbers[answered.numbers]


BREAKDOWNS = {
    "prison": by_prison,
    "la": by_area,
    "substance_group": by_substance_group,
    "custody_band": by_custody_band,
    "release_type": by_choice("P18"),
    "sex": by_choice("P04"),
    "quarter": by_quarter,
}
