"""Actions: who sets, reports and closes them; what is overdue; and how they go with the next return."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import memberships
from accounts.tests.factories import make_commissioner, make_organisation, make_seat, sign_in
from journal.models import Event, Notice
from returns import actions, permissions, sections
from returns.actions import About, Refused
from returns.models import Action, Attachment, Participant, Release
from returns.tests.dealings import a_pdf, a_program, make_action, make_escalation
from returns.tests.factories import QUARTER, make_period, make_world, reload, save, submit_and_check

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = make_world()
    submit_and_check(world)
    return world


def told(action):
    return list(Notice.objects.filter(link=reverse("returns:action", args=[action.uuid])).order_by("id"))


def acts(action):
    return list(Event.objects.filter(subject_id=str(action.uuid)).order_by("id").values_list("act", flat=True))


def test_its_owner_is_told_of_a_new_action(world):
    action = make_action(world)

    assert [notice.membership_id for notice in told(action)] == [world.lead.pk]
    assert (action.commissioner, action.provider) == (world.commissioner, world.trust)
    assert acts(action) == ["action set"]


def test_an_action_has_an_owner_at_the_provider_and_a_day_to_come(world):
    for owner in (
        world.reviewer,
        make_seat("PREVENT_OPERATIONAL_LEAD"),
        make_seat("PREVENT_PROVIDER_VIEWER", world.trust),
    ):
        with pytest.raises(Refused, match="must be somebody of"):
            make_action(world, owner=owner)
    with pytest.raises(Refused, match="later day"):
        make_action(world, due_in=-1)


def test_without_a_commissioner_nobody_could_close_it(world):
    Participant.objects.filter(submission=world.submission, part="RECIPIENT").delete()

    with pytest.raises(Refused, match="no lead commissioner"):
        make_action(world)


def test_the_provider_proposes_and_the_commissioner_closes(world):
    action, now = make_action(world), timezone.now()

    actions.note(action, text="Everybody has been trained.", is_done=True, by=world.lead, at=now)
    action.refresh_from_db()
    assert action.is_proposed_done
    assert told(action)[-1].membership_id == world.reviewer.pk
    with pytest.raises(Refused, match="Say why"):
        actions.close(action, reason=" ", by=world.reviewer, at=now)
    actions.close(action, reason="Seen the records.", by=world.reviewer, at=now)

    action.refresh_from_db()
    assert not action.is_open
    with pytest.raises(Refused, match="closed"):
        actions.note(action, text="One more thing.", by=world.lead, at=now)
    assert acts(action) == ["action set", "action proposed as done", "action closed"]


def test_what_is_proposed_can_be_kept_open_with_what_is_still_to_do(world):
    action, now = make_action(world), timezone.now()
    with pytest.raises(Refused, match="is open"):
        actions.keep_open(action, reason="Not yet.", by=world.reviewer, at=now)
    actions.note(action, text="Done.", is_done=True, by=world.lead, at=now)

    actions.keep_open(action, reason="Night staff are missing.", by=world.reviewer, at=now)

    action.refresh_from_db()
    assert action.state == Action.State.OPEN
    assert action.notes.last().text == "Night staff are missing."


def test_it_is_marked_overdue_once_and_owner_and_commissioner_are_told(world):
    action = make_action(world, due_in=3)
    due = timezone.now() + timedelta(days=3)

    assert actions.mark_overdue(at=due) == 0
    assert actions.mark_overdue(at=due + timedelta(days=1)) == 1
    assert actions.mark_overdue(at=due + timedelta(days=2)) == 0

    assert {notice.membership_id for notice in told(action)[1:]} == {world.lead.pk, world.reviewer.pk}
    assert acts(action)[-1] == "action overdue"


def test_what_is_proposed_as_done_is_not_overdue(world):
    action = make_action(world, due_in=3)
    actions.note(action, text="Done.", is_done=True, by=world.lead, at=timezone.now())

    assert actions.mark_overdue(at=timezone.now() + timedelta(days=5)) == 0


def test_a_new_day_can_become_overdue_again(world):
    action, now = make_action(world, due_in=1), timezone.now()
    actions.mark_overdue(at=now + timedelta(days=2))

    later = timezone.localdate(now) + timedelta(days=10)
    actions.change(action, owner=world.signer, due_on=later, by=world.reviewer, at=now)

    assert actions.mark_overdue(at=now + timedelta(days=11)) == 1
    assert told(action)[1].membership_id


# With the next return


def test_open_actions_go_with_the_next_return_until_they_are_closed(client, world):
    action = make_action(world)
    following = make_period(QUARTER.next()).submissions.get(subject=world.trust)

    page = sign_in(client, world.lead).get(reverse("returns:return", args=[following.uuid])).text
    assert action.title in page
    assert "Put open actions into this return’s action plan" in page
    actions.close(action, reason="Done.", by=world.reviewer, at=timezone.now())
    assert action.title not in client.get(reverse("returns:return", args=[following.uuid])).text


def test_open_actions_are_taken_over_into_the_action_plan_beside_what_is_there(client):
    world = make_world()
    plan = [{"title": "Count again", "owner": "Ola", "due_on": None, "status": "OPEN"}]
    now = timezone.now()
    save(world.submission, "narrative", world.lead, comments="Hello.", action_plan=plan)
    make_action(world), make_action(world, title="Count again")

    sign_in(client, world.lead).post(reverse("returns:take_over_actions", args=[world.submission.uuid]))

    row = sections.working_copy(reload(world.submission))
    assert [item["title"] for item in row.action_plan] == ["Count again", "Book a course"]
    assert (row.action_plan[1]["owner"], row.comments) == (world.lead.person.name, "Hello.")
    with pytest.raises(Refused, match="already"):
        actions.take_over(reload(world.submission), by=world.lead, at=now)


def test_the_reviewer_sees_the_open_actions_beside_the_return(client, world):
    action = make_action(world)

    page = sign_in(client, world.reviewer).get(reverse("returns:review", args=[world.submission.uuid])).text

    assert action.title in page
    assert reverse("returns:add_action", args=[world.submission.uuid]) in page


# Who may do what

PROVIDER = (
    "PREVENT_OPERATIONAL_LEAD",
    "PREVENT_EDITOR",
    "PREVENT_ACCOUNTABLE_LEAD",
    "PREVENT_PROVIDER_VIEWER",
)
COMMISSIONER = ("PREVENT_COMMISSIONER_LEAD", "PREVENT_REVIEWER", "PREVENT_COMMISSIONER_VIEWER")


@pytest.mark.parametrize(
    ("question", "provider", "commissioner"),
    [
        (permissions.can_progress, set(PROVIDER[:3]), set()),
        (permissions.can_close_action, set(), set(COMMISSIONER[:2])),
        (permissions.can_change_action, set(), set(COMMISSIONER[:2])),
    ],
)
def test_what_each_role_may_do_with_an_action(world, question, provider, commissioner):
    action = make_action(world)

    def allowed(roles, organisation):
        return {role for role in roles if question(make_seat(role, organisation), action)}

    assert allowed(PROVIDER, world.trust) == provider
    assert allowed(COMMISSIONER, world.commissioner) == commissioner
    assert not allowed(PROVIDER, make_organisation())
    assert not allowed(COMMISSIONER, make_commissioner())


def test_both_leads_and_reviewers_set_actions(world):
    def allowed(roles, organisation):
        return {
            role
            for role in roles
            if permissions.can_set_actions(make_seat(role, organisation), reload(world.submission))
        }

    assert allowed(PROVIDER, world.trust) == {"PREVENT_OPERATIONAL_LEAD"}
    assert allowed(COMMISSIONER, world.commissioner) == set(COMMISSIONER[:2])


# The pages


def given(owner, title="Train the night staff", about="", days=20):
    day = timezone.localdate() + timedelta(days=days)
    parts = {"due_on_day": day.day, "due_on_month": day.month, "due_on_year": day.year}
    return parts | {"title": title, "details": "", "about": about, "owner": owner.pk}


def test_an_action_follows_from_a_measure_a_finding_or_an_escalation(client, world):
    escalation = make_escalation(world)
    sign_in(client, world.reviewer)
    address = reverse("returns:add_action", args=[world.submission.uuid])

    for about in ("measure:training_l3", f"escalation:{escalation.uuid}", ""):
        assert client.post(address, given(world.lead, about=about)).status_code == 302

    of_measure, of_escalation, free = Action.objects.order_by("pk")
    assert of_measure.measure == "training_l3"
    assert of_escalation.escalation == escalation
    assert About(free.measure, free.rule, free.escalation, free.visit) == About()
    page = client.get(reverse("returns:action", args=[of_measure.uuid])).text
    assert "Level 3 training" in page


def test_what_is_missing_is_said_on_the_page(client, world):
    sign_in(client, world.reviewer)
    page = client.post(reverse("returns:add_action", args=[world.submission.uuid]), {"title": ""}).text

    for sentence in ("Enter what will be done.", "Choose who at the provider owns it.", "Enter the day it is due."):
        assert sentence in page
    assert "<title>Error: " in page


def test_evidence_is_added_and_handed_to_the_other_side(client, world):
    action = make_action(world)
    address = reverse("returns:progress_action", args=[action.uuid])
    sign_in(client, world.lead)

    refused = client.post(address, {"text": "See.", "document": a_program()}).text
    page = client.post(address, {"text": "", "document": a_pdf("rota.pdf"), "is_done": "on"}, follow=True).text

    assert "This file must be" in refused
    assert "rota.pdf" in page
    assert "Proposed as done" in page
    document = Attachment.objects.get()
    answer = sign_in(client, world.reviewer).get(reverse("returns:document", args=[document.uuid]))
    assert answer.getvalue().startswith(b"%PDF")
    assert Release.objects.filter(kind="document", sha256=document.sha256).exists()


def test_the_commissioner_is_not_asked_whether_it_thinks_that_it_is_done(client, world):
    action = make_action(world)
    page = sign_in(client, world.reviewer).get(reverse("returns:progress_action", args=[action.uuid])).text

    assert "We think this action is done" not in page


def test_an_owner_who_left_is_said(client, world):
    action = make_action(world, owner=make_seat("PREVENT_EDITOR", world.trust))
    memberships.end(action.owner, by=world.reviewer, at=timezone.now())

    page = sign_in(client, world.reviewer).get(reverse("returns:action", args=[action.uuid])).text

    assert "Its owner has left" in page


@pytest.mark.parametrize(
    ("show", "titles"),
    [
        ("open", ["Late", "Soon", "Far"]),
        ("due-soon", ["Soon"]),
        ("overdue", ["Late"]),
        ("closed", ["Over"]),
        ("nonsense", ["Late", "Soon", "Far"]),
    ],
)
def test_the_list_and_its_download_are_filtered_alike(client, world, show, titles):
    over = make_action(world, title="Over")
    for title, days in (("Far", 60), ("Soon", 5), ("Late", 1)):
        make_action(world, title=title, due_in=days)
    Action.objects.filter(title="Late").update(due_on=timezone.localdate() - timedelta(days=2))
    actions.close(over, reason="=1+1", by=world.reviewer, at=timezone.now())
    sign_in(client, world.reviewer)

    page = client.get(reverse("returns:actions"), {"show": show})
    assert [action.title for action in page.context["page"]] == titles
    body = client.post(reverse("returns:actions_download") + f"?show={show}").content
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert [row["title"] for row in rows] == titles
    assert not any(row["close_reason"].startswith("=") for row in rows)
    assert Release.objects.get(kind="action list").rows == len(titles)


def test_the_home_page_shows_each_what_is_theirs(client, world):
    escalation = make_escalation(world)
    mine = make_action(world, due_in=2)
    proposed = make_action(world, title="Write a policy")
    actions.note(proposed, text="Done.", is_done=True, by=world.lead, at=timezone.now())

    lead = sign_in(client, world.lead).get(reverse("home")).text
    assert mine.title in lead
    assert reverse("returns:escalation", args=[escalation.uuid]) not in lead
    reviewer = sign_in(client, world.reviewer).get(reverse("home")).text
    assert reverse("returns:escalation", args=[escalation.uuid]) in reviewer
    assert "Proposed as done" in reviewer
    assert mine.title not in reviewer
