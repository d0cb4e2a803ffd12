"""Reviewing: a checklist, a verdict with its reasons, and two reviewers at once."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_seat, make_trait, sign_in
from journal.models import Event, Notice
from prevent.reviewing import CHECKLIST
from returns import checklists, workflow
from returns.checklists import Given
from returns.models import ChecklistAnswer, Review, Submission
from returns.tests.factories import (
    IN_THE_WINDOW,
    accept,
    answer_checklist,
    check,
    explain_everything,
    make_world,
    reload,
    save,
    sign,
    submit_and_check,
)
from returns.tests.test_workflow import training
from returns.workflow import Refused

pytestmark = pytest.mark.django_db
Status = Submission.Status


def in_review(**options):
    world = make_world(**options)
    submit_and_check(world)
    workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
    world.submission = reload(world.submission)
    return world


def give_verdict(world, verdict="ASSURED", reason="Sound.", version=1, by=None):
    workflow.accept(
        world.submission, version=version, verdict=verdict, reason=reason, by=by or world.reviewer, at=IN_THE_WINDOW
    )


def second_version(world):
    """The training section comes back corrected, as version 2, and is checked."""
    workflow.send_back(
        world.submission, version=1, reasons={"training": "Count again."}, by=world.reviewer, at=IN_THE_WINDOW
    )
    save(world.submission, "training", world.lead, **training(staff_total=5001))
    explain_everything(world.submission, world.lead)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)
    sign(world)
    return check(world)


class TestVerdict:
    @pytest.mark.parametrize("verdict", Review.Verdict.values)
    def test_an_acceptance_carries_its_verdict_and_its_reason(self, verdict):
        world = in_review()
        answer_checklist(world.submission, world.reviewer)

        give_verdict(world, verdict, "As we saw.")

        review = Review.objects.get()
        assert (review.outcome, review.verdict, review.reason) == ("ACCEPTED", verdict, "As we saw.")
        assert reload(world.submission).status == Status.ACCEPTED
        assert Event.objects.get(act="accepted").detail == {"version": 1, "verdict": verdict}

    @pytest.mark.parametrize(
        ("verdict", "reason", "why"),
        [("", "Sound.", "no_verdict"), ("GREAT", "Sound.", "no_verdict"), ("ASSURED", " ", "no_reason")],
    )
    def test_neither_verdict_nor_reason_can_be_left_out(self, verdict, reason, why):
        world = in_review()
        answer_checklist(world.submission, world.reviewer)

        with pytest.raises(Refused) as refusal:
            give_verdict(world, verdict, reason)

        assert refusal.value.reason == why
        assert reload(world.submission).status == Status.IN_REVIEW

    def test_a_verdict_waits_for_the_whole_checklist(self):
        world = in_review()
        given = {"staffing_numbers": Given("YES")}
        checklists.answer(world.submission, given, version=1, by=world.reviewer, at=IN_THE_WINDOW)

        with pytest.raises(Refused, match="10 questions of it") as refusal:
            give_verdict(world)

        assert refusal.value.reason == "checklist"

    def test_what_was_sent_back_has_no_verdict_and_keeps_what_was_asked_of_each_section(self):
        world = in_review()

        workflow.send_back(
            world.submission, version=1, reasons={"training": "Count again."}, by=world.reviewer, at=IN_THE_WINDOW
        )

        review = Review.objects.get()
        assert (review.outcome, review.verdict) == ("SENT_BACK", "")
        assert review.section_reasons == {"training": "Count again."}

    def test_the_database_accepts_nothing_without_a_verdict(self):
        in_review()

        with pytest.raises(IntegrityError, match="what_is_accepted_has_a_verdict"), transaction.atomic():
            Review.objects.update(outcome="ACCEPTED", decided_at=IN_THE_WINDOW)

    def test_the_notice_says_neither_verdict_nor_reason(self):
        world = in_review()
        accept(world.submission, world.reviewer, verdict="NOT_ASSURED", reason="Too few are trained.")

        notices = Notice.objects.filter(dedupe_key__startswith="accepted")
        assert {notice.person_id for notice in notices} == {
            seat.person_id for seat in (world.lead, world.submitter, world.signer)
        }
        assert not any("assured" in f"{notice.subject} {notice.body}" for notice in notices)
        assert not any("Too few" in f"{notice.subject} {notice.body}" for notice in notices)


class TestChecklist:
    def test_an_answer_says_who_gave_it_when_and_to_which_question(self):
        world = in_review()

        answer_checklist(world.submission, world.reviewer, policies="NO")

        row = ChecklistAnswer.objects.get(item="policies")
        assert (row.answer, row.note, row.answered_by) == ("NO", "We asked.", world.reviewer.person)
        assert row.question.startswith("Are the Prevent policy")
        assert row.answered_at == IN_THE_WINDOW

    def test_the_answer_of_a_colleague_stays_his_where_nobody_changes_it(self):
        world = in_review()
        colleague = make_seat("PREVENT_REVIEWER", world.commissioner)
        given = {"policies": Given("YES"), "boards": Given("YES")}
        checklists.answer(world.submission, given, version=1, by=colleague, at=IN_THE_WINDOW)

        given["boards"] = Given("NO", "They left it.")
        checklists.answer(world.submission, given, version=1, by=world.reviewer, at=IN_THE_WINDOW)

        who = dict(ChecklistAnswer.objects.values_list("item", "answered_by"))
        assert who == {"policies": colleague.person_id, "boards": world.reviewer.person_id}

    @pytest.mark.parametrize("answer", ["NO", "CANNOT_TELL"])
    def test_what_is_not_yes_needs_a_note(self, answer):
        world = in_review()

        with pytest.raises(Refused, match="Say more about"):
            checklists.answer(
                world.submission, {"boards": Given(answer)}, version=1, by=world.reviewer, at=IN_THE_WINDOW
            )

        assert not ChecklistAnswer.objects.exists()

    def test_only_a_mental_health_provider_is_asked_about_panels_and_seven_days(self):
        world = make_world()
        only = {item.key for item in CHECKLIST} - {item.key for item in checklists.asked_about(world.submission)}

        make_trait(world.trust, "MENTAL_HEALTH_PROVIDER")

        assert only == {"channel_panels", "seven_days"}
        assert {item.key for item in checklists.asked_about(world.submission)} == {item.key for item in CHECKLIST}

    def test_it_is_closed_once_the_version_is_decided(self):
        world = in_review()
        accept(world.submission, world.reviewer)

        with pytest.raises(Refused, match="no longer under review"):
            answer_checklist(world.submission, world.reviewer, boards="NO")

    def test_a_new_version_is_looked_at_anew_with_the_last_answers_offered(self):
        world = in_review()
        answer_checklist(world.submission, world.reviewer, boards="NO")
        second_version(world)
        workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)

        review = Review.objects.get(outcome="")
        assert checklists.offered(review)["boards"].answer == "NO"
        assert len(checklists.unanswered(reload(world.submission), review)) == 11

    def test_every_key_is_used_once(self):
        assert len({item.key for item in CHECKLIST}) == len(CHECKLIST)


class TestTwoReviewers:
    def test_the_second_is_told_what_the_first_did(self):
        world = in_review()
        colleague = make_seat("PREVENT_COMMISSIONER_LEAD", world.commissioner)
        accept(world.submission, world.reviewer)

        with pytest.raises(Refused, match=f"{world.reviewer.person.name} accepted version 1") as refusal:
            workflow.send_back(world.submission, version=1, reasons={"training": "?"}, by=colleague, at=IN_THE_WINDOW)
        assert refusal.value.reason == "decided"

    def test_a_verdict_on_a_version_that_was_replaced_is_refused(self):
        world = in_review()
        second_version(world)

        with pytest.raises(Refused, match="Version 2 has replaced version 1") as refusal:
            give_verdict(world)
        assert refusal.value.reason == "superseded"

    def test_the_page_shows_the_first_decision_and_gives_back_what_the_second_wrote(self):
        world = in_review()
        accept(world.submission, world.reviewer, verdict="ASSURED_WITH_ACTIONS", reason="Book the course.")
        colleague = sign_in(Client(), make_seat("PREVENT_COMMISSIONER_LEAD", world.commissioner))

        response = colleague.post(
            reverse("returns:verdict", args=[world.submission.uuid]),
            {"version": 1, "verdict": "NOT_ASSURED", "reason": "I do not believe it."},
        )

        page = response.content.decode()
        assert response.status_code == 409
        for words in ("Somebody was quicker", "Assured with actions", "Book the course.", "I do not believe it."):
            assert words in page

    def test_the_page_leads_to_the_version_that_replaced_the_one_decided_on(self):
        world = in_review()
        second_version(world)

        response = sign_in(Client(), world.reviewer).post(
            reverse("returns:send_back", args=[world.submission.uuid]), {"version": 1, "training": "Once more."}
        )

        assert response.status_code == 409
        assert "Version 2 has replaced version 1" in response.content.decode()
        assert "See version 2 as it stands" in response.content.decode()

    @pytest.mark.django_db(transaction=True)
    def test_of_two_verdicts_at_once_one_counts(self):
        world = in_review()
        answer_checklist(world.submission, world.reviewer)
        seats = [world.reviewer, make_seat("PREVENT_COMMISSIONER_LEAD", world.commissioner)]
        gate, results = threading.Barrier(2), []

        def decide(seat, verdict):
            gate.wait(5)
            try:
                give_verdict(world, verdict, by=seat)
                results.append("done")
            except Refused as refusal:
                results.append(refusal.reason)
            finally:
                connection.close()

        threads = [
            threading.Thread(target=decide, args=pair) for pair in zip(seats, ["ASSURED", "NOT_ASSURED"], strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        assert sorted(results) == ["decided", "done"]
        assert Review.objects.count() == 1


class TestPages:
    def test_the_way_leads_from_the_checklist_to_the_verdict(self):
        world = in_review()
        client = sign_in(Client(), world.reviewer)
        asked = checklists.asked_about(world.submission)
        answers = {item.key: "YES" for item in asked} | {"boards": "NO", "boards__note": "A seat is asked for."}

        response = client.post(
            reverse("returns:checklist", args=[world.submission.uuid]), answers | {"version": 1}, follow=True
        )

        assert response.redirect_chain[-1][0] == reverse("returns:verdict", args=[world.submission.uuid])
        assert "A seat is asked for." in response.content.decode()

    def test_a_no_without_a_note_is_an_error_beside_the_note(self):
        world = in_review()

        response = sign_in(Client(), world.reviewer).post(
            reverse("returns:checklist", args=[world.submission.uuid]), {"boards": "NO", "version": 1}
        )

        assert response.context["form"].errors.keys() == {"boards__note"}
        assert "<title>Error: " in response.content.decode()

    def test_both_sides_see_verdict_reason_and_checklist(self):
        world = in_review()
        answer_checklist(world.submission, world.reviewer, boards="NO")
        give_verdict(world, "ASSURED_WITH_ACTIONS", "Take the seat.")

        for seat, name in ((world.lead, "return"), (world.lead, "history"), (world.reviewer, "review")):
            page = sign_in(Client(), seat).get(reverse(f"returns:{name}", args=[world.submission.uuid]))
            assert "Assured with actions" in page.content.decode()
            assert "Take the seat." in page.content.decode()
        assert "We asked." in page.content.decode()
        quarter = sign_in(Client(), world.reviewer).get(reverse("returns:quarter"))
        assert "Assured with actions" in quarter.content.decode()

    def test_the_provider_does_not_read_a_checklist_that_is_being_filled_in(self):
        world = in_review()
        answer_checklist(world.submission, world.reviewer, boards="NO")

        def page_of(seat):
            return sign_in(Client(), seat).get(reverse("returns:review", args=[world.submission.uuid])).content.decode()

        assert "We asked." in page_of(world.reviewer)
        assert "We asked." not in page_of(world.lead)
