"""The commissioner's half-year with three providers: one that is good, one that is doubtful, one that is silent. People are
at their browsers; the clock is moved by moving the quarter's dates, and its work is done by the clock's own functions.
"""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.tests.factories import make_commissioner, make_link, make_organisation, make_seat
from journal.models import Event
from returns import periodic, reminders, workflow
from returns.models import Action, Escalation, Period, Query, Review, Submission
from returns.periods import Quarter
from returns.tests.factories import World, check, explain_everything, fill, make_period, reload, sign
from tests.live import answer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIRST, SECOND = Quarter.parse("2025-26-Q1"), Quarter.parse("2025-26-Q2")
BELOW = {
    "l3_compliant": 1000,
    "l12_trained_in_quarter": 3300,
    "l3_trained_in_quarter": 1260,
    "areas_for_improvement": "Level 3 training in the new wards.",
}


# One event for each thing that somebody did, or the clock
ACTS = {
    "period opened",
    "started",
    "section saved",
    "sent for sign-off",
    "signed off",
    "submitted",
    "check passed",
    "review started",
    "checklist answered",
    "query asked",
    "query answered",
    "query closed",
    "sent back",
    "accepted",
    "action set",
    "escalation raised",
    "escalation step taken",
    "escalation answered",
    "escalation closed",
}


class HalfYear:
    """Three providers of one commissioner, and the people who act for them."""

    def __init__(self):
        self.commissioner = make_commissioner("ZZC01", name="Elmbridge Vale CCG")
        self.reviewer = make_seat("PREVENT_COMMISSIONER_LEAD", self.commissioner)
        self.providers = {who: self._provider(code, who) for code, who in self.NAMES.items()}

    NAMES = {"ZZT01": "Good", "ZZT02": "Doubtful", "ZZT03": "Silent"}

    def _provider(self, code, who):
        trust = make_organisation(code, name=f"{who} Vale Trust")
        make_link(trust, self.commissioner)
        roles = ("PREVENT_OPERATIONAL_LEAD", "PREVENT_DATA_SUBMITTER", "PREVENT_ACCOUNTABLE_LEAD")
        return trust, *(make_seat(role, trust) for role in roles)

    def begin(self, quarter):
        """Opens a quarter that is due in five days and closes in ten; returns each provider's world by its name."""
        self.period = make_period(quarter)
        self.move(due_in=5, closes_in=10)
        return {who: self._world(*people) for who, people in self.providers.items()}

    def _world(self, trust, lead, submitter, signer):
        submission = reload(self.period.submissions.get(subject=trust))
        return World(trust, self.commissioner, lead, submitter, signer, self.reviewer, self.period, submission)

    def move(self, *, due_in, closes_in):
        """Moves the clock against the quarter, in days from now."""
        now = timezone.now()
        dates = {"due_at": now + timedelta(days=due_in), "closes_at": now + timedelta(days=closes_in)}
        Period.objects.filter(pk=self.period.pk).update(opens_at=now - timedelta(days=40), **dates)
        self.period.refresh_from_db()


def submit(world, **given):
    """Fills in, sends and signs, and lets the worker check."""
    fill(world.submission, world.lead, timezone.now(), **given)
    return submit_again(world)


def submit_again(world):
    """Sends and signs what is there, explaining what warns."""
    at = timezone.now()
    explain_everything(world.submission, world.lead, at)
    workflow.send_for_sign_off(reload(world.submission), by=world.submitter, at=at)
    sign(world, at)
    return check(world, at)


def page_of(world, name, **arguments):
    return reverse(f"returns:{name}", kwargs={"uuid": world.submission.uuid, **arguments})


def start_review(desk, world):
    desk.open(reverse("returns:quarter"))
    desk.page.get_by_role("link", name=world.trust.name).click()
    desk.press("Start review")
    desk.sees("You have started the review.")


def give_verdict(desk, world, verdict, why):
    """Answers the whole checklist with yes, then gives the verdict."""
    desk.open(page_of(world, "checklist"))
    for yes in desk.page.locator("input[type=radio][value=YES]").all():
        yes.check()
    desk.press("Save the checklist")
    desk.page.locator(f"input[name=verdict][value={verdict}]").check()
    desk.page.get_by_label("Why?").fill(why)
    desk.page.get_by_role("button", name="with this verdict").click()
    desk.sees("is accepted. The provider has been told.")


def test_three_providers_over_two_quarters(desk, transactional_db):
    half_year = HalfYear()
    world = half_year.begin(FIRST)
    good, doubtful, silent = world["Good"], world["Doubtful"], world["Silent"]

    # Who can still move a return is reminded before it is due; two submit, one is silent, and the quarter closes
    reminders.send_due(at=timezone.now())
    submit(good)
    submit(doubtful, **BELOW)
    half_year.move(due_in=-8, closes_in=-1)
    for _ in range(2):
        periodic.each_hour(at=timezone.now())

    # The day after, the commissioner knows who is silent, what is below target, and what was escalated
    commissioner = desk(half_year.reviewer)
    commissioner.open(reverse("returns:quarter"))
    for figure in ("1 not submitted", "2 to review", "1 below target", "1 escalated"):
        expect(commissioner.page.get_by_role("link", name=figure)).to_be_visible()
    silence = Escalation.objects.get()
    assert (silence.provider, silence.kind) == (silent.trust, Escalation.Kind.FAILURE_TO_SUBMIT)

    # The good one is assured
    start_review(commissioner, good)
    give_verdict(commissioner, good, "ASSURED", "Every part is met.")

    # A figure of the doubtful one is asked about, answered, and the section is sent back with the question
    start_review(commissioner, doubtful)
    commissioner.open(page_of(doubtful, "ask_query", section="training", field="l3_compliant"))
    commissioner.page.get_by_label("What do you want to know?").fill("Are the new wards counted?")
    commissioner.press("Send the query")
    lead = desk(doubtful.lead)
    lead.open(reverse("home"))
    lead.open(reverse("returns:queries"))
    lead.page.get_by_role("link", name="Staff trained at level 3").click()
    lead.page.get_by_label("Your answer").fill("No, they were left out.")
    lead.press("Send your answer")
    query = Query.objects.get()
    commissioner.open(reverse("returns:query", args=[query.uuid]))
    commissioner.sees("No, they were left out.")
    commissioner.page.get_by_role("link", name="Send this section back with the query as the reason").click()
    commissioner.press("Send these sections back")
    commissioner.sees("The sections are sent back")

    # Only that section opens; the new version shows exactly what changed
    lead.open(page_of(doubtful, "return"))
    lead.page.get_by_role("link", name="Training", exact=True).click()
    answer(lead.page, "l3_compliant", 1100)
    lead.press("Save and continue")
    submit_again(doubtful)
    start_review(commissioner, doubtful)
    changed = commissioner.page.locator(".portal-changed")
    expect(changed).to_have_count(1)
    expect(changed).to_contain_text("Changed. Before: 1,000")
    commissioner.open(reverse("returns:query", args=[query.uuid]))
    commissioner.press("Close the query")
    give_verdict(commissioner, doubtful, "ASSURED_WITH_ACTIONS", "Level 3 training has to reach the new wards.")
    commissioner.open(page_of(doubtful, "add_action"))
    commissioner.page.get_by_label("What will be done?").fill("Train the new wards")
    commissioner.page.get_by_label("Who at the provider owns it?").select_option(index=1)
    day = date.today() + timedelta(days=60)
    for part in ("day", "month", "year"):
        commissioner.page.locator(f"[name=due_on_{part}]").fill(str(getattr(day, part)))
    commissioner.press("Add the action")

    # The silent one climbs a step of the ladder, and answers
    commissioner.open(reverse("returns:escalation", args=[silence.uuid]))
    commissioner.sees("by the portal’s clock")
    commissioner.page.get_by_role("button", name="Take the next step").click()
    commissioner.page.get_by_label("What came of").fill("Nobody answered the telephone.")
    commissioner.press("Take a step")
    commissioner.sees("Nobody answered the telephone.")
    silent_lead = desk(silent.lead)
    silent_lead.open(reverse("returns:escalation", args=[silence.uuid]))
    silent_lead.page.get_by_role("button", name="Add an answer or a document").click()
    silent_lead.page.get_by_label("What do you add?").fill("Our lead has left; a new one starts on Monday.")
    silent_lead.press("Add")
    commissioner.open(reverse("returns:escalation", args=[silence.uuid]))
    commissioner.sees("Our lead has left; a new one starts on Monday.")

    # The next quarter: the action goes with the return, and the second quarter below target is escalated, once
    world = half_year.begin(SECOND)
    lead.open(page_of(world["Doubtful"], "return"))
    lead.sees("Train the new wards")
    submit(world["Good"])
    submit(world["Doubtful"], **BELOW)
    submit(world["Silent"])
    half_year.move(due_in=-8, closes_in=-1)
    for _ in range(2):
        periodic.each_hour(at=timezone.now())
    performance = Escalation.objects.exclude(pk=silence.pk).get()
    assert (performance.provider, performance.measure) == (doubtful.trust, "training_l3")

    # The silent one has found its voice: its escalation is closed with a reason
    commissioner.open(reverse("returns:escalation", args=[silence.uuid]))
    commissioner.page.get_by_role("button", name="Close", exact=True).click()
    commissioner.page.get_by_label("Why is it closed?").fill("The next return came in time.")
    commissioner.press("Close the escalation")
    commissioner.sees("The next return came in time.")

    # The board reads the quarter
    commissioner.open(reverse("returns:report"))
    for words in ("1 for inadequate performance", "Actions that are open: 1", "Doubtful Vale Trust"):
        commissioner.sees(words)

    # What was is as it was, and every act left its event
    first = Submission.objects.filter(period__key=FIRST.key, subject=silent.trust).get()
    assert first.status == Submission.Status.NOT_STARTED
    assert {review.verdict for review in Review.objects.exclude(verdict="")} == {"ASSURED", "ASSURED_WITH_ACTIONS"}
    assert Action.objects.get().title == "Train the new wards"
    assert set(Event.objects.values_list("act", flat=True)) >= ACTS
