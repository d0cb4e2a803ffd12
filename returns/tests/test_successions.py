"""Returns across successions: successors read what was before them, histories go on one-to-one, open work is handed over."""

from datetime import date, datetime

import pytest
from django.urls import reverse

from accounts.models import Organisation, OrganisationLink
from accounts.tests.factories import make_commissioner, make_link, make_organisation, make_seat, sign_in
from journal.models import Event, Notice
from returns import escalations, findings, handing_over, permissions, trends, workflow
from returns.models import Escalation, EscalationStep, Participant, Submission
from returns.periods import LONDON, Quarter
from returns.tests.dealings import make_dealings, make_escalation
from returns.tests.factories import (
    IN_THE_WINDOW,
    QUARTER,
    accept,
    make_period,
    make_world,
    reload,
    submit_and_check,
)

pytestmark = pytest.mark.django_db
ON = date(2025, 11, 1)
AFTERWARDS = datetime(2025, 11, 3, 9, 0, tzinfo=LONDON)


def succeed(*predecessors, successor, on=ON):
    Organisation.objects.filter(pk__in=[item.pk for item in predecessors]).update(closed_on=on)
    for predecessor in predecessors:
        make_link(successor, predecessor, since=on, kind=OrganisationLink.Kind.SUCCESSOR_OF)


def recipient_of(submission):
    return Participant.objects.get(submission=submission, part="RECIPIENT").organisation


def review_and_accept(world):
    workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
    accept(world.submission, world.reviewer)


# Reading only


def test_a_successor_reads_its_predecessors_returns_and_moves_nothing(client):
    world = make_world()
    submit_and_check(world)
    new = make_organisation("ZZT99")
    succeed(world.trust, successor=new)
    lead = make_seat("PREVENT_OPERATIONAL_LEAD", new)

    assert list(Submission.objects.visible_to(lead)) == [world.submission]
    assert not Submission.objects.in_hands_of(lead).exists()
    submission = reload(world.submission)
    acts = ("can_see_working_copy", "can_fill_in", "can_send_for_sign_off", "can_sign_off", "can_take_back")
    assert not any(getattr(permissions, act)(lead, submission) for act in acts)
    sign_in(client, lead)
    page = client.get(reverse("returns:return", args=[submission.uuid]), follow=True)
    assert page.status_code == 200
    assert client.get(reverse("returns:section", args=[submission.uuid, "training"])).status_code == 403
    assert world.trust.name in client.get(reverse("returns:ours")).content.decode()


def test_nobody_reads_what_will_be_theirs_one_day():
    world = make_world()
    new = make_organisation("ZZT99")
    make_link(new, world.trust, since=date(2099, 1, 1), kind=OrganisationLink.Kind.SUCCESSOR_OF)

    assert not Submission.objects.visible_to(make_seat("PREVENT_EDITOR", new)).exists()


# Histories


def test_a_history_goes_on_across_a_one_to_one_succession():
    world = make_world()
    submit_and_check(world)
    new = make_organisation("ZZT99", opened_on=ON)
    succeed(world.trust, successor=new)
    following = make_period(Quarter.parse("2025-26-Q3"))

    context = findings.context_for(new, following)
    found = trends.trends_of(make_seat("PREVENT_EDITOR", new), new)

    assert context.previous.staff_total == 5000
    assert len(found.returns) == 2
    assert any(figure.value for series in found.series for figure in series.figures)


def test_two_histories_are_not_joined_into_one():
    one, other = make_world("ZZT71"), make_world("ZZT72")
    submit_and_check(one)
    submit_and_check(other)
    merged = make_organisation("ZZT99", opened_on=ON)
    succeed(one.trust, other.trust, successor=merged)
    following = make_period(Quarter.parse("2025-26-Q3"))

    assert findings.context_for(merged, following).previous is None
    assert len(trends.trends_of(make_seat("PREVENT_EDITOR", merged), merged).returns) == 1


# Open work


def test_what_is_unfinished_goes_to_the_commissioner_that_took_over_and_what_is_finished_stays():
    ready, done = make_world("ZZT71"), make_world("ZZT72")
    submit_and_check(ready)
    submit_and_check(done)
    review_and_accept(done)
    merged = make_commissioner()
    reviewer = make_seat("PREVENT_COMMISSIONER_LEAD", merged)
    succeed(ready.commissioner, done.commissioner, successor=merged)

    assert handing_over.hand_over(at=AFTERWARDS) == 1
    assert handing_over.hand_over(at=AFTERWARDS) == 0

    assert recipient_of(ready.submission) == merged
    assert recipient_of(done.submission) == done.commissioner
    assert permissions.can_review(reviewer, reload(ready.submission))
    assert not permissions.can_review(reviewer, reload(done.submission))
    assert set(Submission.objects.visible_to(reviewer)) == {ready.submission, done.submission}
    assert "is ready for your review" in Notice.objects.get(person_id=reviewer.person_id).subject
    detail = Event.objects.get(act="recipient succeeded").detail
    assert detail == {"from": ready.commissioner.code, "to": merged.code}


def test_a_review_that_is_under_way_is_finished_by_the_commissioner_that_took_over():
    world = make_world()
    submit_and_check(world)
    workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
    merged = make_commissioner()
    lead = make_seat("PREVENT_COMMISSIONER_LEAD", merged)
    succeed(world.commissioner, successor=merged)

    handing_over.hand_over(at=AFTERWARDS)
    accept(world.submission, lead, at=AFTERWARDS)

    assert reload(world.submission).is_accepted


def test_what_is_open_between_the_two_sides_goes_along_and_what_is_closed_is_read():
    world = make_world()
    dealings = make_dealings(world)
    over = make_escalation(world, cause="Level 1 training stays low.", measure="training_l12")
    escalations.close(over, reason="It is better now.", by=world.reviewer, at=IN_THE_WINDOW)
    merged = make_commissioner()
    lead = make_seat("PREVENT_COMMISSIONER_LEAD", merged)
    succeed(world.commissioner, successor=merged)

    for _ in range(2):
        handing_over.hand_over(at=AFTERWARDS)
        escalations.hand_over(at=AFTERWARDS)

    for matter in (dealings.escalation, dealings.action, dealings.waiver):
        matter.refresh_from_db()
        assert matter.commissioner == merged
    assert permissions.can_move(lead, dealings.escalation)
    assert permissions.can_close_action(lead, dealings.action)
    assert permissions.can_decide_waiver(lead, dealings.waiver)
    step = EscalationStep.objects.get(escalation=dealings.escalation, done_at=None)
    assert (step.owner, step.handed_over_from) == (lead, world.reviewer)
    over.refresh_from_db()
    assert over.commissioner == world.commissioner
    assert set(Escalation.objects.visible_to(lead)) == {dealings.escalation, over}
    assert not permissions.can_move(lead, over)
    kinds = Event.objects.filter(act="commissioner succeeded").values_list("subject_type", flat=True)
    assert sorted(kinds) == ["action", "escalation", "waiver"]


def test_until_the_day_comes_nothing_moves():
    world = make_world()
    succeed(world.commissioner, successor=make_commissioner())

    assert handing_over.hand_over(at=IN_THE_WINDOW) == 0


def test_where_several_took_over_somebody_has_to_decide():
    world = make_world()
    for _ in range(2):
        succeed(world.commissioner, successor=make_commissioner())

    assert handing_over.hand_over(at=AFTERWARDS) == 0
    assert recipient_of(world.submission) == world.commissioner


def test_a_quarter_that_opens_after_the_merger_goes_to_the_merged_commissioner():
    """The census day is the last day of the old one; the quarter opens the day after, when it is closed."""
    trust, old, merged = make_organisation(), make_commissioner(), make_commissioner()
    make_link(trust, old)
    succeed(old, successor=merged, on=date(2025, 10, 1))

    period = make_period(QUARTER)

    assert recipient_of(period.submissions.get()) == merged


def test_the_commissioners_next_quarters_follow_although_nobody_edited_the_link():
    trust, old, merged = make_organisation(), make_commissioner(), make_commissioner()
    make_link(trust, old)
    succeed(old, successor=merged, on=date(2025, 10, 1))

    period = make_period(Quarter.parse("2025-26-Q3"))

    assert recipient_of(period.submissions.get()) == merged
