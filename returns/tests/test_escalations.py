"""Escalation by people: the ladder, each step with owner, days, documents and outcome, and who may do what."""

import threading
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import memberships
from accounts.tests.factories import make_commissioner, make_organisation, make_seat, sign_in
from journal.models import Event, Notice
from prevent.return_type import PREVENT
from returns import escalations, permissions
from returns.actions import About
from returns.escalations import Refused
from returns.ladders import LadderStep, Side
from returns.models import Attachment, Escalation, EscalationStep, Ladder, Release
from returns.tests.dealings import a_pdf, a_program, make_action, make_escalation, make_note
from returns.tests.factories import AFTER_THE_DUE_DATE, IN_THE_WINDOW, make_toy, make_world, reload, submit_and_check

pytestmark = pytest.mark.django_db
STEPS = [
    "informal-contact",
    "contract-query-notice",
    "contract-management-meeting",
    "remedial-action-plan",
    "exception-report",
]


@pytest.fixture
def world():
    world = make_world()
    submit_and_check(world)
    return world


def present(escalation):
    return EscalationStep.objects.get(escalation=escalation, done_at=None)


def acts(escalation):
    rows = Event.objects.filter(subject_type="escalation", subject_id=str(escalation.uuid)).order_by("id")
    return list(rows.values_list("act", flat=True))


def test_the_ladder_is_that_of_contract_management():
    assert [step.key for step in PREVENT.ladder.steps] == STEPS
    assert PREVENT.ladder.steps[3].side is Side.PROVIDER


def test_it_starts_on_the_first_step_with_its_lead_and_its_working_days(world):
    # 6 October 2025 is a Monday: five working days end on the Monday after
    escalation = make_escalation(world, IN_THE_WINDOW)

    step = present(escalation)
    assert (step.key, step.owner, step.due_on) == ("informal-contact", world.reviewer, date(2025, 10, 13))
    assert acts(escalation) == ["escalation raised"]


def test_both_sides_are_told_without_a_figure(world):
    escalation = make_escalation(world)

    told = Notice.objects.filter(link=reverse("returns:escalation", args=[escalation.uuid]))
    assert {notice.membership_id for notice in told} == {world.reviewer.pk, world.lead.pk, world.signer.pk}
    assert not any(letter.isdigit() for notice in told for letter in notice.subject.replace("ZZT01", ""))


def test_each_step_keeps_its_outcome_and_the_next_one_has_an_owner_on_its_side(world):
    escalation = make_escalation(world)

    for key in STEPS[1:4]:
        escalations.move(escalation, to=key, outcome="Nothing came of it.", by=world.reviewer, at=timezone.now())

    steps = EscalationStep.objects.filter(escalation=escalation).order_by("pk")
    assert [step.key for step in steps] == STEPS[:4]
    assert all(step.outcome and step.done_by for step in steps[:3])
    assert present(escalation).owner in (world.lead, world.signer)


def test_a_step_down_is_a_de_escalation_and_says_why(world):
    escalation = make_escalation(world)
    now = timezone.now()
    escalations.move(escalation, to=STEPS[2], outcome="No answer.", by=world.reviewer, at=now)

    with pytest.raises(Refused, match="Say what came of the step"):
        escalations.move(escalation, to=STEPS[0], outcome="  ", by=world.reviewer, at=now)
    escalations.move(escalation, to=STEPS[0], outcome="They have a plan now.", by=world.reviewer, at=now)

    assert present(escalation).key == STEPS[0]
    assert acts(escalation) == ["escalation raised", "escalation step taken", "escalation de-escalated"]


def test_it_is_closed_with_a_reason_and_can_be_opened_again(world):
    escalation, now = make_escalation(world), timezone.now()

    with pytest.raises(Refused, match="Say why"):
        escalations.close(escalation, reason="", by=world.reviewer, at=now)
    escalations.close(escalation, reason="Put right.", by=world.reviewer, at=now)
    with pytest.raises(Refused, match="closed already"):
        escalations.close(escalation, reason="Put right.", by=world.reviewer, at=now)
    escalations.move(escalation, to=STEPS[1], outcome="It came back.", by=world.reviewer, at=now)

    escalation.refresh_from_db()
    assert escalation.is_open
    assert acts(escalation)[1:] == ["escalation closed", "escalation opened again"]


def test_the_same_cause_is_escalated_once_and_distinct_causes_are_distinct(world):
    make_escalation(world, measure="training_l3")

    with pytest.raises(Refused, match="escalated already"):
        make_escalation(world, measure="training_l3", cause="Once more.")
    make_escalation(world, measure="training_l12")

    assert Escalation.objects.count() == 2


def test_failure_to_submit_is_for_returns_that_did_not_come(world):
    with pytest.raises(Refused, match="has been submitted"):
        make_escalation(world, kind=Escalation.Kind.FAILURE_TO_SUBMIT)

    silent = make_world("ZZT02")
    escalation = make_escalation(
        silent, AFTER_THE_DUE_DATE, kind=Escalation.Kind.FAILURE_TO_SUBMIT, measure="training_l3"
    )
    assert escalation.measure == ""
    assert not escalation.was_submitted_since


def test_an_owner_must_be_somebody_of_the_side_that_has_the_step(world):
    escalation, now = make_escalation(world), timezone.now()
    stranger = make_seat("PREVENT_COMMISSIONER_LEAD", make_commissioner())
    reviewer = make_seat("PREVENT_REVIEWER", world.commissioner)

    for owner in (stranger, reviewer, world.lead):
        with pytest.raises(Refused, match="must be somebody of"):
            escalations.give_to(escalation, owner=owner, by=world.reviewer, at=now)
    second = make_seat("PREVENT_COMMISSIONER_LEAD", world.commissioner)
    escalations.give_to(escalation, owner=second, by=world.reviewer, at=now)

    assert present(escalation).owner == second


def test_the_step_of_somebody_who_left_goes_to_the_lead_and_says_so(client, world):
    leaving = make_seat("PREVENT_COMMISSIONER_LEAD", world.commissioner)
    escalation, now = make_escalation(world), timezone.now()
    escalations.give_to(escalation, owner=leaving, by=world.reviewer, at=now)
    assert escalations.hand_over(at=now) == 0

    memberships.end(leaving, by=world.reviewer, at=now)
    after = now + timedelta(seconds=1)
    assert escalations.hand_over(at=after) == 1
    assert escalations.hand_over(at=after) == 0

    step = present(escalation)
    assert (step.owner, step.handed_over_from) == (world.reviewer, leaving)
    assert acts(escalation)[-1] == "escalation step handed over"
    page = sign_in(client, world.lead).get(reverse("returns:escalation", args=[escalation.uuid])).text
    assert f"{leaving.person.name} no longer holds the role. The step went to the organisation’s lead" in page


def test_a_step_without_anybody_waits_for_the_first_lead(world):
    memberships.cut(world.reviewer, timezone.now() - timedelta(days=1))
    escalation = make_escalation(world)
    assert present(escalation).owner is None

    lead = make_seat("PREVENT_COMMISSIONER_LEAD", world.commissioner)
    escalations.hand_over(at=timezone.now())

    assert present(escalation).owner == lead


def test_an_escalation_keeps_the_ladder_it_was_raised_under(world):
    before = make_escalation(world, measure="training_l3")
    steps = [LadderStep("letter", "Letter", Side.COMMISSIONER, 3)]
    now = timezone.now()
    escalations.date_ladder(
        PREVENT,
        valid_from=timezone.localdate(now),
        title="Short",
        source="Board",
        steps=steps,
        by=world.reviewer,
        at=now,
    )

    after = make_escalation(world, measure="training_l12")

    before.refresh_from_db()
    assert before.ladder.rung("exception-report")
    assert present(after).key == "letter"
    with pytest.raises(Refused, match="Choose a step"):
        escalations.move(after, to="exception-report", outcome="?", by=world.reviewer, at=now)


@pytest.mark.parametrize(
    ("days", "steps", "sentence"),
    [
        (-1, [LadderStep("a", "A", Side.PROVIDER, 1)], "later day"),
        (0, [], "at least one step"),
        (0, [LadderStep("a", "A", Side.PROVIDER, 1)] * 2, "same name"),
    ],
)
def test_a_ladder_that_makes_no_sense_is_refused(world, days, steps, sentence):
    now = timezone.now()
    day = timezone.localdate(now) + timedelta(days=days)
    with pytest.raises(Refused, match=sentence):
        escalations.date_ladder(PREVENT, valid_from=day, title="T", source="S", steps=steps, by=world.reviewer, at=now)


def test_a_ladder_never_changes(world):
    make_escalation(world)

    with pytest.raises(Exception, match="ladders_never_change"), transaction.atomic():
        Ladder.objects.update(title="Other")


def test_the_database_refuses_a_second_open_step(world):
    step = present(make_escalation(world))
    step.pk = None

    with pytest.raises(IntegrityError, match="an_escalation_stands_on_one_step"), transaction.atomic():
        step.save()


@pytest.mark.django_db(transaction=True)
def test_two_people_who_raise_the_same_at_once_raise_it_once():
    world = make_world()
    submit_and_check(world)
    start, outcomes = threading.Barrier(2), []

    def press():
        start.wait()
        try:
            make_escalation(world)
            outcomes.append("raised")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["raised", "refused"]
    assert EscalationStep.objects.count() == 1


# Who may do what

PROVIDER = ("PREVENT_OPERATIONAL_LEAD", "PREVENT_EDITOR", "PREVENT_ACCOUNTABLE_LEAD", "PREVENT_PROVIDER_VIEWER")
COMMISSIONER = ("PREVENT_COMMISSIONER_LEAD", "PREVENT_REVIEWER", "PREVENT_COMMISSIONER_VIEWER")


@pytest.mark.parametrize(
    ("question", "provider", "commissioner"),
    [
        (permissions.can_move, set(), {"PREVENT_COMMISSIONER_LEAD"}),
        (
            permissions.can_answer,
            {"PREVENT_OPERATIONAL_LEAD", "PREVENT_ACCOUNTABLE_LEAD"},
            {"PREVENT_COMMISSIONER_LEAD"},
        ),
        (permissions.is_party, set(PROVIDER), set(COMMISSIONER)),
    ],
)
def test_what_each_role_may_do_with_an_escalation(world, question, provider, commissioner):
    escalation = make_escalation(world)

    def allowed(roles, organisation):
        return {role for role in roles if question(make_seat(role, organisation), escalation)}

    assert allowed(PROVIDER, world.trust) == provider
    assert allowed(COMMISSIONER, world.commissioner) == commissioner
    assert not allowed(PROVIDER, make_organisation())
    assert not allowed(COMMISSIONER, make_commissioner())
    assert not question(None, escalation)


def test_a_type_without_a_ladder_is_escalated_by_nobody():
    toy, owners = make_toy()

    assert not permissions.can_escalate(owners[0], toy)


# The pages


def test_a_commissioner_raises_moves_and_closes_on_the_pages(client, world):
    sign_in(client, world.reviewer)
    review = client.get(reverse("returns:review", args=[world.submission.uuid]))
    assert reverse("returns:escalate", args=[world.submission.uuid]) in review.text

    given = {"kind": "INADEQUATE_PERFORMANCE", "measure": "training_l3", "cause": "Too few trained."}
    page = client.post(reverse("returns:escalate", args=[world.submission.uuid]), given, follow=True)
    assert "Informal contact" in page.text
    escalation = Escalation.objects.get()
    at = {name: reverse(f"returns:{name}_escalation", args=[escalation.uuid]) for name in ("move", "close", "answer")}
    page = client.post(at["move"], {"to": STEPS[1], "owner": "", "outcome": "No answer by Friday."}, follow=True)
    assert "No answer by Friday." in page.text
    assert "Contract query notice" in page.text
    assert "Take the next step" in page.text
    page = client.post(at["move"], {"to": STEPS[-1], "owner": "", "outcome": "The plan was not kept."}, follow=True)
    assert "Take the next step" not in page.text
    assert "Go back to an earlier step" in page.text
    page = client.post(at["close"], {"reason": ""})
    assert "<title>Error: " in page.text
    page = client.post(at["close"], {"reason": "They have trained everybody."}, follow=True)
    assert "They have trained everybody." in page.text
    assert "Open it again" in page.text


def test_the_provider_answers_with_a_document_that_leaves_with_a_release(client, world):
    escalation = make_escalation(world)
    address = reverse("returns:answer_escalation", args=[escalation.uuid])

    page = sign_in(client, world.lead).post(
        address, {"text": "Here is our plan.", "document": a_pdf("<script>plan.pdf")}, follow=True
    )

    assert "Here is our plan." in page.text
    document = Attachment.objects.get()
    answer = sign_in(client, world.reviewer).get(reverse("returns:document", args=[document.uuid]))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.getvalue().startswith(b"%PDF")
    assert Release.objects.get(kind="document").sha256 == document.sha256


def test_a_file_of_another_kind_is_refused_and_nothing_is_kept(client, world):
    escalation = make_escalation(world)
    page = sign_in(client, world.lead).post(
        reverse("returns:answer_escalation", args=[escalation.uuid]),
        {"text": "Here.", "document": a_program()},
    )

    assert "This file must be" in page.text
    assert not Attachment.objects.exists()
    assert "escalation answered" not in acts(escalation)


def test_nothing_said_and_nothing_brought_is_an_error_on_the_page(client, world):
    escalation = make_escalation(world)
    page = sign_in(client, world.lead).post(reverse("returns:answer_escalation", args=[escalation.uuid]), {"text": " "})

    assert "Write something, or choose a document." in page.text


def test_who_only_looks_on_reads_the_name_of_a_document_and_gets_no_link(client, world):
    document = make_note(make_escalation(world), world.lead)
    nation = make_seat("NATIONAL_ADMINISTRATOR", make_organisation("ZZN01", kind="OTHER"))
    address = reverse("returns:document", args=[document.uuid])

    page = sign_in(client, nation).get(reverse("returns:escalation", args=[document.about.uuid])).text

    assert document.name in page and address not in page
    assert client.get(address).status_code == 403


def test_looking_at_the_first_page_of_an_escalation_writes_nothing(client, world):
    page = sign_in(client, world.reviewer).get(reverse("returns:escalate", args=[world.submission.uuid]))

    assert "informal contact" in page.text
    assert not Ladder.objects.exists()


def test_a_document_is_not_there_for_others(client, world):
    document = make_note(make_escalation(world), world.lead)
    stranger = make_seat("PREVENT_COMMISSIONER_LEAD", make_commissioner())

    assert sign_in(client, stranger).get(reverse("returns:document", args=[document.uuid])).status_code == 404


def test_the_list_shows_whose_turn_it_is_and_until_when(client, world):
    make_escalation(world, IN_THE_WINDOW)

    page = sign_in(client, world.lead).get(reverse("returns:escalations")).text
    assert "13 October 2025" in page
    assert "Overdue" in page
    assert "Nothing is escalated" not in page
    stranger = make_seat("PREVENT_OPERATIONAL_LEAD", make_organisation())
    assert "Nothing is escalated" in sign_in(client, stranger).get(reverse("returns:escalations")).text


def test_the_actions_that_follow_stand_on_its_page(client, world):
    escalation = make_escalation(world)
    page = sign_in(client, world.reviewer).get(reverse("returns:escalation", args=[escalation.uuid])).text
    assert "No action follows from this escalation yet." in page
    add = reverse("returns:add_action", args=[world.submission.uuid]) + f"?about=escalation:{escalation.uuid}"
    assert add in page
    assert f'value="escalation:{escalation.uuid}" selected' in client.get(add).text

    make_action(world, title="Train three wards", about=About(escalation=escalation))

    assert "Train three wards" in client.get(reverse("returns:escalation", args=[escalation.uuid])).text


def test_a_return_that_came_after_all_is_said_and_stays_for_a_person_to_close(client):
    world = make_world()
    escalation = make_escalation(world, IN_THE_WINDOW, kind=Escalation.Kind.FAILURE_TO_SUBMIT)
    submit_and_check(world)

    page = sign_in(client, world.reviewer).get(reverse("returns:escalation", args=[escalation.uuid])).text

    assert "The return has come" in page
    assert Escalation.objects.get().is_open
    assert reload(world.submission).first_submitted_at


def test_an_administrator_dates_new_steps(client):
    admin = make_seat("NATIONAL_ADMINISTRATOR", make_organisation("ZZN01", kind="OTHER"))
    sign_in(client, admin)
    address = reverse("returns:new_ladder")
    form = client.get(address).context["form"]
    data = {
        name: form.get_initial_for_field(field, name) for name, field in form.fields.items() if name != "valid_from"
    }
    day = timezone.localdate() + timedelta(days=1)
    data |= {"valid_from_day": day.day, "valid_from_month": day.month, "valid_from_year": day.year}
    data |= {"days_0": 7, "title_4": "", "title_5": "…"}

    page = client.post(address, data, follow=True)

    assert "The new steps are written down." in page.text
    ladder = Ladder.objects.get()
    assert [step.key for step in ladder.rungs] == [*STEPS[:4], "step-6"]
    assert ladder.rungs[0].working_days == 7
