"""The published indicator: brought in from a file, read as trends, and compared on unrounded figures.

Source: guidance of 2018, section 5.8. The report is updated each quarter and covers rolling twelve months.
"""

import csv
import io
import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from accounts.roles import Reach
from continuity.indicator_protection import Hidden, hidden_in
from continuity.models import Area, IndicatorValue, PracticeChange
from continuity.models.indicator import pathways_of
from journal import events
from journal.refused import Refused
from returns.statistics import percent, share, wilson

COLUMNS = ("measure", "window_end", "window_months", "prison", "area", "numerator", "denominator")
COUNTS = ("numerator", "denominator")
SUPPRESSED = "*"
MOST_ROWS = 20_000
DAYS_A_MONTH = 365.25 / 12
MOST_BYTES = 2_000_000
WHOLE = re.compile(r"\d{1,7}")
Measure = IndicatorValue.Measure
ANY = "-"  # stands for every prison, or every area, in the address of a trend


def address_of(value):
    """Of the trend that a value belongs to."""
    prison, area = value.prison.code if value.prison else ANY, value.area.dat_code if value.area else ANY
    return reverse("continuity:indicator_trend", args=[value.measure, value.window_months, prison, area])


def newest_of(seat, pairs):
    """The newest value of each place of an audit's pairs that the seat may see: of the prison and area, else of the area."""
    places = Q(area__in={pair.area_id for pair in pairs})
    places &= Q(prison=None) | Q(prison__in={pair.prison_id for pair in pairs})
    rows = IndicatorValue.objects.visible_to(seat).filter(places).select_related("prison", "area")
    rows = rows.order_by("prison", "area", "-window_end", "measure").distinct("prison", "area")
    found = {(row.prison_id, row.area_id): row for row in rows}
    chosen = [found.get((pair.prison_id, pair.area_id)) or found.get((None, pair.area_id)) for pair in pairs]
    return list(dict.fromkeys(value for value in chosen if value))


# Brought in


@dataclass(frozen=True)
class Outcome:
    created: int
    changed: int
    unchanged: int


def read(data):
    """The rows of a CSV file (bytes) with COLUMNS: `window_end` as 2018-03-31, `prison` the code of an organisation,
    `area` a DAT code, in capitals or not; one of the two may be blank. A count that the publisher suppressed is `*`, and
    None in the row. Raises Refused with a sentence that names the line.
    """
    if len(data) > MOST_BYTES:
        raise Refused("This file is larger than 2 MB. Bring it in parts.")
    try:
        text = data.decode("utf-8-sig")
        if "\0" in text:
            raise Refused("This is not a CSV file: it holds characters that no text has.")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        _refuse_wrong_headings(reader.fieldnames or [])
        rows = [(reader.line_num, _row(reader.line_num, row)) for row in reader]
    except UnicodeDecodeError:
        raise Refused("This is not a CSV file in UTF-8.") from None
    except csv.Error as problem:
        raise Refused(f"This is not a readable CSV file: {problem}.") from None
    if not rows:
        raise Refused("This file has no rows.")
    if len(rows) > MOST_ROWS:
        raise Refused(f"This file has more than {MOST_ROWS:,} rows. Bring it in parts.")
    _refuse_twice(rows)
    return rows


def _refuse_wrong_headings(names):
    if missing := [name for name in COLUMNS if name not in names]:
        raise Refused(f"The first line has to name the columns {', '.join(COLUMNS)}; missing: {', '.join(missing)}.")
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise Refused(f"The first line names {', '.join(twice)} more than once. Keep one column of each name.")


def _row(line, given):
    if None in given:
        raise Refused(
            f"Line {line} has more cells than the first line has columns. Write numbers without commas: 1000, not 1,000."
        )
    row = {name: (given[name] or "").strip() for name in COLUMNS}
    for name in ("measure", "prison", "area"):
        row[name] = row[name].upper()
    if row["measure"] not in Measure.values:
        raise Refused(f"Line {line}: the measure has to be 2.16 or 7A.")
    try:
        row["window_end"] = date.fromisoformat(row["window_end"])
    except ValueError:
        raise Refused(f"Line {line}: window_end has to be a day such as 2018-03-31.") from None
    if not 2000 <= row["window_end"].year <= 2100:
        raise Refused(f"Line {line}: window_end has to lie between 2000 and 2100.")
    for name in ("window_months", *COUNTS):
        if name in COUNTS and row[name] == SUPPRESSED:
            row[name] = None
            continue
        if not WHOLE.fullmatch(row[name]):
            or_star = f", or {SUPPRESSED} where it is suppressed" if name in COUNTS else ""
            raise Refused(f"Line {line}: {name} has to be a whole number{or_star}.")
        row[name] = int(row[name])
    if row["denominator"] is None:
        row["numerator"] = None
    if not 1 <= row["window_months"] <= 36:
        raise Refused(f"Line {line}: window_months has to be from 1 to 36.")
    if row["numerator"] is not None and row["numerator"] > row["denominator"]:
        raise Refused(f"Line {line}: {row['numerator']} of {row['denominator']} cannot be.")
    if not (row["prison"] or row["area"]):
        raise Refused(f"Line {line}: name a prison, an area, or both.")
    return row


def _key(row):
    return row["measure"], row["window_months"], row["prison"], row["area"], row["window_end"]


def _refuse_twice(rows):
    seen = {}
    for line, row in rows:
        if _key(row) in seen:
            raise Refused(f"Lines {seen[_key(row)]} and {line} are about the same window and place.")
        seen[_key(row)] = line


@transaction.atomic
def bring_in(rows, *, at, by=None):
    """Writes all rows of `read`, or none; a value that is there already is replaced, but a figure never by a suppressed one.
    Returns the Outcome.
    """
    today = timezone.localdate(at)
    for line, row in rows:
        if row["window_end"] > today:
            raise Refused(f"Line {line}: the window has not ended yet. Check window_end.")
    prisons = _known(
        Organisation.objects.filter(kind=Organisation.Kind.PRISON_HEALTH_SERVICE), "code", rows, "prison", "prison"
    )
    areas = _known(Area.objects.all(), "dat_code", rows, "area", "area")
    wanted = {
        (
            row["measure"],
            row["window_months"],
            prisons.get(row["prison"]),
            areas.get(row["area"]),
            row["window_end"],
        ): (row["numerator"], row["denominator"])
        for _, row in rows
    }
    ends = {key[-1] for key in wanted}
    known = {
        (value.measure, value.window_months, value.prison_id, value.area_id, value.window_end): value
        for value in IndicatorValue.objects.select_for_update().filter(window_end__in=ends)
    }
    new, changed = [], []
    for key, (numerator, denominator) in wanted.items():
        value = known.get(key)
        if value is None:
            measure, months, prison, area, end = key
            value = IndicatorValue(
                measure=measure, window_months=months, prison_id=prison, area_id=area, window_end=end
            )
            new.append(value)
        elif (value.numerator, value.denominator) != (numerator, denominator) and numerator is not None:
            changed.append(value)
        else:
            continue
        value.numerator, value.denominator, value.imported_at = numerator, denominator, at
    IndicatorValue.objects.bulk_create(new, batch_size=1000)
    IndicatorValue.objects.bulk_update(changed, ["numerator", "denominator", "imported_at"], batch_size=1000)
    outcome = Outcome(len(new), len(changed), len(wanted) - len(new) - len(changed))
    detail = {"created": outcome.created, "changed": outcome.changed, "windows": sorted(str(end) for end in ends)}
    events.record("indicator imported", subject=("indicator", "all"), by=by, at=at, detail=detail)
    return outcome


def _known(queryset, field, rows, column, what):
    """{code in capitals: id} of the codes in the file. Raises Refused naming those that are not known."""
    lines = {row[column]: line for line, row in reversed(rows) if row[column]}
    same = queryset.annotate(in_capitals=Upper(field)).filter(in_capitals__in=lines)
    found = dict(same.values_list("in_capitals", "pk"))
    if unknown := [code for code in lines if code not in found]:
        first = min(unknown, key=lines.get)
        raise Refused(f"Line {lines[first]}: no {what} of the portal has the code {first[:20]}.")
    return found


# Read


@dataclass(frozen=True)
class Reading:
    """A value with what follows from it: `percent` to one decimal, the Wilson interval in percent, `exact` a fraction.

    `engaged` and `transfers` are None where they were suppressed, or are not shown to this reader because they are small.
    """

    value: IndicatorValue
    hides_engaged: bool = False
    hides_transfers: bool = False

    @property
    def engaged(self):
        return None if self.hides_engaged else self.value.numerator

    @property
    def transfers(self):
        return None if self.hides_transfers else self.value.denominator

    @property
    def exact(self):
        return share(self.engaged, self.transfers)

    @property
    def percent(self):
        return percent(self.engaged, self.transfers)

    @property
    def interval(self):
        return (None, None) if self.exact is None else wilson(self.engaged, self.transfers)

    @property
    def said(self):
        """As people read it: "30.0 % – 30 of 100"."""
        if self.transfers == 0:
            return "No transfers"
        if self.exact is None:
            why = "Suppressed in the report" if self.value.numerator is None else "Not shown: small numbers"
            return f"{why} – of {self.transfers:,}" if self.transfers else why
        return f"{self.percent} % – {self.engaged:,} of {self.transfers:,}"

    @property
    def interval_said(self):
        low, high = self.interval
        return "" if low is None else f"{low:.1f} to {high:.1f} %"


def readings(seat, values):
    """A Reading of each value as the seat may see it; three queries at most."""
    values = list(values)
    hidden = _hidden_from(seat, values)
    none = Hidden()
    return [
        Reading(
            value,
            hides_engaged=_where(value) in hidden.get(_window(value), none).engaged,
            hides_transfers=_where(value) in hidden.get(_window(value), none).transfers,
        )
        for value in values
    ]


def _hidden_from(seat, values):
    """{window: what of it is hidden from the seat}, of all windows of these values."""
    asked = Q(pk__in=[])
    ends = {}
    for measure, months, end in {_window(value) for value in values}:
        ends.setdefault((measure, months), []).append(end)
    for (measure, months), several in ends.items():
        asked |= Q(measure=measure, window_months=months, window_end__in=several)
    windows = {}
    for value in IndicatorValue.objects.visible_to(seat).filter(asked):
        windows.setdefault(_window(value), {})[_where(value)] = value.numerator, value.denominator
    own = _own(seat)
    return {window: hidden_in(cells, {place for place in cells if own(place)}) for window, cells in windows.items()}


def _own(seat):
    """Whether a place is one of the seat's own: those of its prison, and those of the pathways that its service is on."""
    if seat is None or seat.reach is not Reach.OWN:
        return lambda place: False
    pathways = set(pathways_of(seat.organisation_id))
    areas = {(None, area) for _, area in pathways}
    return lambda place: place[0] == seat.organisation_id or place in pathways or place in areas


def _window(value):
    return value.measure, value.window_months, value.window_end


def _where(value):
    return value.prison_id, value.area_id


def difference(later, earlier):
    """Percentage points between two readings, from the unrounded figures, to one decimal; None where one is missing."""
    if later is None or earlier is None or later.exact is None or earlier.exact is None:
        return None
    points = 100 * (later.exact - earlier.exact)
    return _one_decimal(points)


def _one_decimal(number: Fraction):
    """Half away from zero."""
    tenths = int(abs(number) * 10 + Fraction(1, 2))
    return (tenths if number >= 0 else -tenths) / 10


def places(values, kind):
    """The values of one kind of place: "prison", "area" or "pair"."""
    wanted = {
        "prison": Q(area=None),
        "area": Q(prison=None),
        "pair": Q(prison__isnull=False, area__isnull=False),
    }
    return values.filter(wanted[kind])


def latest(values):
    """The latest value of each place and window length, the largest denominator first."""
    ids = (
        values.order_by("measure", "window_months", "prison_id", "area_id", "-window_end")
        .distinct("measure", "window_months", "prison_id", "area_id")
        .values("pk")
    )
    rows = IndicatorValue.objects.filter(pk__in=ids).select_related("prison", "area")
    return rows.order_by(F("denominator").desc(nulls_last=True), "prison__name", "area__name", "pk")


def main_pairs(seat, measure, limit=10):
    """Readings of the pairs of a prison and an area with the most transfers that the seat may see, latest window: to choose
    an audit.
    """
    values = IndicatorValue.objects.visible_to(seat).filter(measure=measure)
    return readings(seat, latest(places(values, "pair"))[:limit])


def to_expect(reading, period):
    """How many transfers to expect in a period of an audit, as many a day as in the window of a reading; None: not known."""
    if reading.transfers is None:
        return None
    days = (period.ends - period.starts).days + 1
    return round(reading.transfers * days / (reading.value.window_months * DAYS_A_MONTH))


def _a_year_before(values):
    """The values of the windows that ended a year before each of these."""
    keys = Q(pk__in=[])
    for value in values:
        keys |= Q(
            measure=value.measure,
            window_months=value.window_months,
            prison=value.prison_id,
            area=value.area_id,
            window_end=_year_before(value.window_end),
        )
    return list(IndicatorValue.objects.filter(keys))


def _place(value):
    return value.measure, value.window_months, value.prison_id, value.area_id


def _year_before(day):
    """The same day; of the last day of a month, the last one."""
    last, last_before = (monthrange(year, day.month)[1] for year in (day.year, day.year - 1))
    return day.replace(year=day.year - 1, day=last_before if day.day == last else min(day.day, last_before))


def with_change(seat, values):
    """(value, reading, points since the window a year before or None) for each value, as the seat may see them; four
    queries at most.
    """
    values = list(values)
    found = readings(seat, [*values, *_a_year_before(values)])
    before = {_place(reading.value): reading for reading in found[len(values) :]}
    return [
        (reading.value, reading, difference(reading, before.get(_place(reading.value))))
        for reading in found[: len(values)]
    ]


# What changed in practice


@dataclass(frozen=True)
class Mark:
    """A day to be marked on a trend."""

    on: date


def changes_at(prison, area):
    """What was recorded for a place, oldest first: of a pair, also what concerns its prison or its area alone."""
    here = Q(prison=prison, area=area)
    if prison and area:
        here |= Q(prison=prison, area=None) | Q(prison=None, area=area)
    return PracticeChange.objects.filter(here).select_related("recorded_for").order_by("on", "pk")


@transaction.atomic
def record_change(*, prison, area, on, category, words, by, at):
    """A mark on the trend of a prison, an area, or both."""
    change = PracticeChange.objects.create(
        prison=prison,
        area=area,
        on=on,
        category=category,
        words=words,
        recorded_by=by.person,
        recorded_for=by.organisation,
        recorded_at=at,
    )
    detail = {"prison": prison.code if prison else "", "area": area.dat_code if area else "", "category": category}
    events.record("practice change recorded", subject=("practice change", change.pk), by=by, at=at, detail=detail)
    return change
