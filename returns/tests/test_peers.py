"""The figures of others: pooled by kind and region, frozen when a period opens, and shown with their number and date."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organisation
from accounts.tests.factories import make_organisation, make_person, make_region, sign_in
from prevent.return_type import PREVENT
from returns import findings, opening, peers
from returns.models import Finding, Measure, PeerFigure, Submission, Version
from returns.periods import start_of
from returns.statistics import Peers, Pooled
from returns.tests.factories import IN_THE_WINDOW, QUARTER, make_period, make_world, submit_and_check

pytestmark = pytest.mark.django_db

TRUST, FOUNDATION = Organisation.Kind.NHS_TRUST, Organisation.Kind.NHS_FOUNDATION_TRUST
LAST_QUARTER = QUARTER.previous()


def submitted(period, numerator, denominator, kind=FOUNDATION, region=None, is_current=True, measure="l3_share"):
    """A provider with a kept share in the period."""
    organisation = make_organisation(kind=kind, region=region)
    row = Submission.objects.create(period=period, subject=organisation)
    version = Version.objects.create(
        submission=row,
        number=1,
        content_sha256="0" * 64,
        explanations_sha256="0" * 64,
        rulebook="1",
        submitted_by=make_person(),
        submitted_at=period.opens_at,
    )
    Measure.objects.create(
        version=version,
        measure=measure,
        numerator=numerator,
        denominator=denominator,
        period=period,
        organisation=organisation,
        is_current=is_current,
    )
    return organisation


def frozen(period, measure="l3_share"):
    rows = PeerFigure.objects.filter(period=period, measure=measure)
    return {(row.kind, row.region_id): (row.numerator, row.denominator, row.organisations) for row in rows}


def test_opening_a_period_freezes_what_each_kind_had_in_its_region_and_in_the_country():
    before, north, south = make_period(LAST_QUARTER), make_region(), make_region()
    submitted(before, 20, 100, region=north)
    submitted(before, 40, 100, region=north)
    submitted(before, 30, 300, region=south)
    submitted(before, 5, 50, kind=TRUST, region=south)
    submitted(before, 7, 70)  # of no region
    submitted(before, 999, 1000, region=north, is_current=False)  # replaced by a newer version
    submitted(before, 0, 0, region=north)

    period = make_period()

    assert frozen(period) == {
        (FOUNDATION, north.pk): (60, 200, 2),
        (FOUNDATION, south.pk): (30, 300, 1),
        (FOUNDATION, None): (97, 570, 4),
        (TRUST, south.pk): (5, 50, 1),
        (TRUST, None): (5, 50, 1),
    }
    assert set(PeerFigure.objects.values_list("taken_from", flat=True)) == {before.pk}


def test_what_is_frozen_does_not_move_when_the_period_is_opened_again():
    before = make_period(LAST_QUARTER)
    submitted(before, 20, 100)
    period = make_period()

    submitted(before, 80, 100)
    opening.open_period(period, PREVENT, by=None, at=IN_THE_WINDOW)

    assert frozen(period) == {(FOUNDATION, None): (20, 100, 1)}


def test_a_quarter_that_has_not_closed_is_not_compared_with():
    late = start_of(QUARTER.ends + timedelta(days=40))
    before = make_period(LAST_QUARTER, closes_at=late)
    submitted(before, 20, 100)
    earlier = make_period(LAST_QUARTER.previous())
    submitted(earlier, 33, 100)

    assert frozen(make_period()) == {(FOUNDATION, None): (33, 100, 1)}


def test_the_first_quarter_has_nobody_to_compare_with():
    world = make_world()

    assert findings.context_for(world.trust, world.period).peers == {}


def test_each_measure_with_peers_costs_one_query_over_its_index():
    before = make_period(LAST_QUARTER)
    for _ in range(3):
        submitted(before, 20, 100)
    period = opening.quarter_of(before.collection, QUARTER)

    with CaptureQueriesContext(connection) as queries:
        peers.freeze(period, PREVENT, IN_THE_WINDOW)

    reading = [query["sql"] for query in queries if 'FROM "returns_measure"' in query["sql"]]
    assert len(reading) == sum(spec.has_peers for spec in PREVENT.measure_specs) == 5


def test_an_organisation_sees_the_peers_of_its_own_kind_and_region():
    before, north = make_period(LAST_QUARTER), make_region()
    ours = [submitted(before, number, 100, region=north) for number in (20, 30, 40)][0]
    submitted(before, 90, 100)
    submitted(before, 90, 100, kind=TRUST, region=north)

    seen = findings.context_for(ours, make_period()).peers["l3_share"]

    assert (seen.region.numerator, seen.nation.numerator) == (90, 180)
    assert str(seen) == (
        f"Providers of the same kind, {LAST_QUARTER.title}: 30.0 % (of 3) in the region and 45.0 % (of 4) in the country"
    )


def test_too_few_peers_are_not_shown():
    two, many = Pooled(1, 10, 2), Pooled(3, 10, 9)
    ends = LAST_QUARTER.ends

    assert str(Peers("Q1", ends, two, many)) == "Providers of the same kind, Q1: 30.0 % (of 9) in the country"
    assert str(Peers("Q1", ends, two, two)) == ""
    assert str(Peers("Q1", ends, None, many)) == "Providers of the same kind, Q1: 30.0 % (of 9) in the country"


def test_the_section_the_review_and_the_check_show_and_use_them():
    before, north = make_period(LAST_QUARTER), make_region()
    for number in (10, 12, 14):
        submitted(before, number, 100, region=north)
    world = make_world()
    Organisation.objects.filter(pk=world.trust.pk).update(region=north)

    submit_and_check(world)

    finding = Finding.objects.get(rule="PRV-W08", version=world.submission.current_version)
    assert "12.0 % (of 3) in the region and 12.0 % (of 3) in the country" in finding.message
    assert finding.explanation == "This is as it should be."
    review = sign_in(Client(), world.reviewer).get(reverse("returns:review", args=[world.submission.uuid]))
    assert "12.0 % (of 3) in the region" in review.content.decode()


def test_the_share_stands_beside_its_peers_while_it_is_filled_in():
    before, north = make_period(LAST_QUARTER), make_region()
    for number in (10, 12, 14):
        submitted(before, number, 100, region=north)
    world = make_world()
    Organisation.objects.filter(pk=world.trust.pk).update(region=north)

    page = sign_in(Client(), world.lead).get(reverse("returns:section", args=[world.submission.uuid, "training"]))

    assert f"Providers of the same kind, {LAST_QUARTER.title}: 12.0 % (of 3) in the region" in page.content.decode()


def test_the_contexts_of_many_cost_as_many_queries_as_that_of_one():
    before = make_period(LAST_QUARTER)
    organisations = [submitted(before, 20, 100) for _ in range(12)]
    period = make_period()
    counts = []
    for some in (organisations[:1], organisations):
        with CaptureQueriesContext(connection) as queries:
            findings.contexts_for([(organisation, period) for organisation in some])
        counts.append(len(queries))

    assert counts[0] == counts[1]
