"""What changed: from version to version, beside what was asked, and since last quarter; and the review page's order."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import make_region, make_seat, sign_in
from prevent.return_type import PREVENT
from returns import changes, content, queries, workflow
from returns.tests.factories import (
    GOOD,
    IN_THE_WINDOW,
    QUARTER,
    check,
    explain_everything,
    make_period,
    make_query,
    make_world,
    reload,
    save,
    sign,
    submit_and_check,
)
from returns.tests.test_workflow import training

pytestmark = pytest.mark.django_db


def answers(**given):
    values = dict.fromkeys(question.name for question in PREVENT.questions) | GOOD | given
    return content.Answers(values=values)


def corrected():
    """A return whose training section was asked about, sent back, and came back with another figure."""
    world = make_world()
    submit_and_check(world)
    workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
    world.query = make_query(world)
    reasons = {"training": "Count the bank staff too.", "activity": "Say which teams asked."}
    workflow.send_back(world.submission, version=1, reasons=reasons, by=world.reviewer, at=IN_THE_WINDOW)
    save(world.submission, "training", world.lead, **training(staff_total=5001))
    explain_everything(world.submission, world.lead)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)
    sign(world)
    check(world)
    return world


def steps(seat, world):
    rows = list(world.submission.versions.select_related("content").order_by("number"))
    return changes.steps_of(seat, reload(world.submission), rows)


class TestFromVersionToVersion:
    def test_each_value_that_changed_is_shown_beside_why_its_section_was_sent_back(self):
        world = corrected()

        (step,) = steps(world.reviewer, world)

        training_section, activity = sorted(step.sections, key=lambda section: section.spec.slug, reverse=True)
        assert (step.before.number, step.after.number, step.number_changed) == (1, 2, 1)
        assert training_section.reason == "Count the bank staff too."
        assert [(a.label, a.before, a.after, a.change) for a in training_section.answers] == [
            ("Staff in post", "5,000", "5,001", "up 1 (0.0 %)")
        ]
        assert training_section.queries == [world.query]
        assert (activity.answers, activity.reason) == ([], "Say which teams asked.")

    def test_queries_are_shown_to_the_two_sides_alone(self):
        world = corrected()
        region = make_region()
        type(world.trust).objects.filter(pk=world.trust.pk).update(region=region)

        def shown(seat):
            return [query for step in steps(seat, world) for section in step.sections for query in section.queries]

        assert shown(world.lead) == shown(world.reviewer) == [world.query]
        assert shown(make_seat("PREVENT_REGIONAL_VIEWER", region)) == []

    def test_a_closed_query_stays_beside_what_it_changed(self):
        world = corrected()
        queries.close(world.query, by=world.reviewer, at=IN_THE_WINDOW)

        assert [section.queries for section in steps(world.lead, world)[0].sections if section.queries] == [
            [world.query]
        ]

    def test_it_costs_the_same_however_many_versions_there_are(self):
        world = corrected()
        rows = list(world.submission.versions.select_related("content").order_by("number"))
        submission = reload(world.submission)

        def cost(some):
            with CaptureQueriesContext(connection) as asked:
                changes.steps_of(world.reviewer, submission, some)
            return len(asked)

        assert cost(rows) == cost(rows * 10) <= 3


class TestSinceLastQuarter:
    def test_what_differs_is_grouped_by_section_with_the_difference_of_counts(self):
        found = changes.since(PREVENT, answers(staff_total=4000), answers(prevent_policy_in_date=False))

        assert [(section.spec.slug, [a.label for a in section.answers]) for section in found] == [
            ("governance", ["Is your Prevent policy in date?"]),
            ("training", ["Staff in post"]),
        ]
        assert found[1].answers[0].change == "up 1,000 (25.0 %)"

    def test_missing_and_not_applicable_are_changes_of_their_own(self):
        before = content.Answers(values=answers().values, absent={})
        after = content.Answers(
            values=answers(refresher_content_reviewed_on=None).values,
            absent={"refresher_content_reviewed_on": "NOT_APPLICABLE"},
        )

        (section,) = changes.since(PREVENT, before, after)
        assert [(a.before, a.after) for a in section.answers] == [("10 January 2025", "Not applicable")]

    def test_without_a_last_quarter_nothing_is_said(self):
        assert changes.since(PREVENT, None, answers()) is None


class TestTheReviewPage:
    def page(self, world, seat=None):
        client = sign_in(Client(), seat or world.reviewer)
        return client.get(reverse("returns:review", args=[world.submission.uuid])).content.decode()

    def in_order(self, page, *words):
        """Whether the words follow one another on the page."""
        place = 0
        for word in words:
            place = page.find(word, place)
            assert place >= 0, f"{word} does not follow"
        return True

    def test_it_walks_from_the_data_to_the_performance_to_the_verdict(self):
        world = make_world()
        submit_and_check(world, l3_compliant=1100, refresher_outcomes_covered=False, l12_compliant=3600)
        workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)

        page = self.page(world)

        assert self.in_order(
            page,
            'href="#data"',
            'id="data"',
            "PRV-W06",  # exactly 100 %: can that be?
            "What changed since last quarter",
            "Staffing numbers",
            "Level 3 need",
            'id="performance"',
            "PRV-W01",  # below target
            "Measures against targets",
            "Trends",
            'id="verdict"',
            "Answer the checklist",
            'id="answers"',
        )

    def test_each_rule_belongs_to_one_step(self):
        assert set(PREVENT.rulebook.rules) >= PREVENT.review.performance_rules
        shown = [name for look in PREVENT.review.looks for name in look.questions]
        assert {question.name for question in PREVENT.questions} >= set(shown)

    def test_a_new_version_shows_what_changed_and_why_it_was_asked(self):
        world = corrected()

        page = self.page(world)

        assert self.in_order(
            page,
            "What changed since version 1",
            "Count the bank staff too.",
            "Does this include",
            "5,001",
        )

    def test_the_last_quarters_are_beside_one_another(self):
        earlier = make_world(quarter=QUARTER.previous())
        at = earlier.period.opens_at + timedelta(days=3)
        submit_and_check(earlier, at, l3_compliant=1200)
        period = make_period(QUARTER)
        earlier.submission = reload(period.submissions.get(subject=earlier.trust))
        submit_and_check(earlier)

        page = self.page(earlier)

        assert self.in_order(
            page, "Last quarter", "Trends", "Q1 25/26", "Q2 25/26", "Level 3 training", "85.7 %", "90.0 %"
        )

    def test_the_history_says_the_same_of_every_version(self):
        world = corrected()

        page = sign_in(Client(), world.lead).get(reverse("returns:history", args=[world.submission.uuid]))

        assert self.in_order(page.content.decode(), "Count the bank staff too.", "5,000", "5,001")
