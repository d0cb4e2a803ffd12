"""One organisation's measures over the quarters: who sees which, what they say, and what the page costs."""

import csv
import io
from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import make_commissioner, make_organisation, make_person, make_region, make_seat, sign_in
from prevent.return_type import PREVENT
from returns import opening
from returns.models import Measure, Participant, Release, Submission, Version
from returns.return_type import Direction, Unit
from returns.tests.factories import QUARTER
from returns.trends import rows_of, trends_of

pytestmark = pytest.mark.django_db

USUAL = {
    "training_l12": (900, 1000),
    "training_l3": (170, 200),
    "staff_total": (4000, None),
    "general_enquiries": (10, None),
    "prevent_referrals": (2, None),
}


class Place:
    """A trust with its commissioner; `submitted` adds the quarter before the last with a version that stands."""

    def __init__(self):
        self.region = make_region()
        self.trust, self.commissioner = make_organisation(region=self.region), make_commissioner()
        self.lead = make_seat("PREVENT_OPERATIONAL_LEAD", self.trust)
        self.reviewer = make_seat("PREVENT_REVIEWER", self.commissioner)
        self.person = make_person()
        self.collection = opening.national_collection(PREVENT)
        self.next = QUARTER

    def period(self, **standards):
        period = opening.quarter_of(self.collection, self.next)
        period.opened_at, period.standards = period.opens_at, dict(PREVENT.standards) | standards
        period.save()
        self.next = self.next.previous()
        return period

    def owed(self, period=None, recipient=None):
        row = Submission.objects.create(period=period or self.period(), subject=self.trust)
        for part, organisation in (("OWNER", self.trust), ("RECIPIENT", recipient or self.commissioner)):
            Participant.objects.create(submission=row, organisation=organisation, part=part)
        return row

    def submitted(self, figures=USUAL, period=None, recipient=None):
        row = self.owed(period, recipient)
        at = row.period.opens_at + timedelta(days=1)
        version = Version.objects.create(
            submission=row,
            number=1,
            content_sha256="0" * 64,
            explanations_sha256="0" * 64,
            rulebook="1",
            submitted_by=self.person,
            submitted_at=at,
        )
        for name, (numerator, denominator) in figures.items():
            Measure.objects.create(
                version=version,
                measure=name,
                numerator=numerator,
                denominator=denominator,
                period=row.period,
                organisation=self.trust,
            )
        Submission.objects.filter(pk=row.pk).update(
            status="ACCEPTED", first_submitted_at=at, current_version=version, standing_version=version
        )
        return version


@pytest.fixture
def place():
    return Place()


def series(trends, key):
    return next(item for item in trends.series if item.spec.key == key)


def test_what_is_charted_is_kept_or_made_from_what_is_kept():
    names = {name for spec in PREVENT.measure_specs for name in spec.reads}

    assert names == {
        *("training_l12", "training_l3", "l3_share", "mental_health_offers", "channel_panels", "staff_total"),
        *("general_enquiries", "prevent_referrals", "l12_trained_in_quarter", "l3_trained_in_quarter"),
    }
    assert {spec.standard for spec in PREVENT.measure_specs} - {""} <= set(PREVENT.standards)


def test_enquiries_and_referrals_have_no_good_direction():
    referrals = [spec for spec in PREVENT.measure_specs if "enquir" in spec.key or "referral" in spec.key]

    assert {spec.direction for spec in referrals} == {Direction.NEUTRAL}
    assert {spec.unit for spec in referrals} == {Unit.COUNT, Unit.RATE}


def test_rates_of_providers_differ_beside_the_limits_of_two_counts():
    place = Place()
    period = place.submitted(USUAL).submission.period

    page = sign_in(Client(), place.reviewer).get(
        reverse("returns:differences"), {"period": period.key, "measure": "enquiry_rate"}
    )

    assert [told[1:3] for told in page.context["found"].rows] == [("2.5", "10 for 4,000")]


def test_figures_are_exact_and_said_with_their_counts(place):
    place.submitted()

    trends = trends_of(place.reviewer, place.trust)

    said = {item.spec.key: (item.latest.value, item.latest.said, item.latest.counts) for item in trends.series}
    assert said == {
        "training_l12": (Fraction(90), "90.0 %", "900 of 1,000"),
        "training_l3": (Fraction(85), "85.0 %", "170 of 200"),
        "general_enquiries": (10, "10", ""),
        "prevent_referrals": (2, "2", ""),
        "enquiry_rate": (Fraction(5, 2), "2.5", "10 for 4,000"),
        "referral_rate": (Fraction(1, 2), "0.5", "2 for 4,000"),
        "referrals_per_enquiry": (Fraction(1, 5), "0.20", "2 for 10"),
    }


def test_a_quarter_that_was_not_submitted_is_a_gap(place):
    place.submitted()
    place.owed()
    place.submitted(USUAL | {"general_enquiries": (0, None)})

    found = trends_of(place.reviewer, place.trust)

    assert [figure.said for figure in series(found, "training_l12").figures] == ["90.0 %", "", "90.0 %"]
    assert [figure.said for figure in series(found, "general_enquiries").figures] == ["0", "", "10"]
    assert [figure.said for figure in series(found, "referrals_per_enquiry").figures] == ["", "", "0.20"]


def test_only_the_version_that_stands_counts(place):
    version = place.submitted()
    Measure.objects.filter(version=version, measure="training_l3").update(is_current=False)

    assert "training_l3" not in {item.spec.key for item in trends_of(place.reviewer, place.trust).series}


def test_the_target_is_the_one_frozen_for_its_quarter(place):
    place.submitted()
    place.submitted(period=place.period(training_target="0.8"))

    points = series(trends_of(place.lead, place.trust), "training_l3").chart.points

    assert [point.target for point in points] == [80, 85]
    assert [point.short for point in points] == ["Q1 25/26", "Q2 25/26"]


def test_a_commissioner_sees_the_quarters_that_were_sent_to_it(place):
    place.submitted()
    place.submitted(USUAL | {"training_l12": (1, 1000)}, recipient=make_commissioner())
    place.submitted()

    theirs, ours = trends_of(place.reviewer, place.trust), trends_of(place.lead, place.trust)

    assert [figure.said for figure in series(theirs, "training_l12").figures] == ["90.0 %", "", "90.0 %"]
    assert [figure.said for figure in series(ours, "training_l12").figures] == ["90.0 %", "0.1 %", "90.0 %"]
    assert len(theirs.returns) == 2


def test_nobody_else_learns_that_there_is_anything(place):
    place.submitted()

    for seat in (
        make_seat("PREVENT_REVIEWER", make_commissioner()),
        make_seat("PREVENT_OPERATIONAL_LEAD", make_organisation()),
        make_seat("PREVENT_REGIONAL_VIEWER", make_region()),
    ):
        assert trends_of(seat, place.trust) is None
        for code in (place.trust.code, "NOSUCH"):
            assert sign_in(Client(), seat).get(reverse("returns:provider", args=[code])).status_code == 404


def test_the_page_costs_the_same_for_one_quarter_and_for_forty(place):
    place.submitted()
    client = sign_in(Client(), place.reviewer)
    address = reverse("returns:provider", args=[place.trust.code])

    def queries():
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return [query["sql"] for query in found]

    few = queries()
    for _ in range(39):
        place.submitted()

    many = queries()
    assert len(many) == len(few) <= 12
    assert sum("returns_measure" in sql for sql in many) == 1


def test_our_trends_are_explained_while_there_are_none(place):
    html = sign_in(Client(), place.lead).get(reverse("returns:our_trends")).content.decode()

    assert "There are no figures yet." in html


def test_the_page_shows_pictures_with_their_tables_and_leads_to_each_review(place):
    uuids = [place.submitted().submission.uuid for _ in range(3)]

    html = sign_in(Client(), place.reviewer).get(reverse("returns:provider", args=[place.trust.code])).content.decode()

    assert html.count('role="img"') == html.count("View data as a table") == 7
    assert "style=" not in html
    assert all(reverse("returns:review", args=[uuid]) in html for uuid in uuids)


def test_the_download_holds_every_figure_and_is_written_down(place):
    version = place.submitted()
    place.owed()
    place.submitted()

    client = sign_in(Client(), place.reviewer)
    response = client.post(reverse("returns:provider_download", args=[place.trust.code]))

    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert len(rows) == 7 * 3 == len(list(rows_of(trends_of(place.reviewer, place.trust), place.trust)))
    latest = [row for row in rows if row["period"] == QUARTER.key]
    assert [(row["measure"], row["value"], row["target"]) for row in latest][:2] == [
        ("training_l12", "90.0", "85.0"),
        ("training_l3", "85.0", "85.0"),
    ]
    release = Release.objects.get()
    assert (release.kind, release.rows, release.recipient) == ("trends", 21, place.commissioner.name)
    assert release.inputs.filter(version=version).exists()


def test_the_funnel_holds_the_providers_of_the_recipient_by_name(place):
    period = place.period()
    place.submitted(period=period)
    for name, compliant in (("Zenith", 880), ("Abbey", 500)):
        place.trust = make_organisation(name=name)
        place.submitted({"training_l12": (compliant, 1000)}, period=period)
    place.trust = make_organisation(name="Of another commissioner")
    place.submitted({"training_l12": (1, 1000)}, period=period, recipient=make_commissioner())
    client = sign_in(Client(), place.reviewer)

    response = client.get(reverse("returns:differences"), {"period": period.key, "measure": "training_l12"})

    found = response.context["found"]
    assert found.plot.centre == Fraction(2280, 3000)
    shown = [(organisation.name, share, standing.name) for organisation, share, _, standing in found.rows]
    assert shown[0] == ("Abbey", "50.0 %", "ALARM")
    assert shown == sorted(shown) and len(shown) == 3
    assert "Of another commissioner" not in response.content.decode()


def test_the_funnel_says_so_where_there_is_nothing(place):
    html = sign_in(Client(), place.reviewer).get(reverse("returns:differences")).content.decode()

    assert "None of your providers has a checked figure" in html
