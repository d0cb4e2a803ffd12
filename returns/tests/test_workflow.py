"""The life of a return: who may not know this file may read it as the policy."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Organisation
from accounts.tests.factories import make_seat
from journal.models import Event, Notice
from returns import findings, workflow
from returns.models import Check, Explanation, Section, Submission, Version
from returns.tests.factories import (
    AFTER_THE_CLOSE,
    AFTER_THE_DUE_DATE,
    IN_THE_WINDOW,
    QUARTER,
    accept,
    check,
    explain_everything,
    fill,
    make_period,
    make_toy,
    make_world,
    reload,
    save,
    sign,
    submit,
    submit_and_check,
)
from returns.workflow import Refused, SavedMeanwhile

pytestmark = pytest.mark.django_db
Status = Submission.Status


def test_every_status_appears_in_the_table():
    assert set(workflow.ALLOWED) == set(Status)
    assert {status for targets in workflow.ALLOWED.values() for status in targets} <= set(Status)


def test_the_whole_life_of_a_return():
    world = make_world()

    fill(world.submission, world.lead)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)
    sign(world)
    check(world)
    workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
    accept(world.submission, world.reviewer)

    world.submission = reload(world.submission)
    assert world.submission.status == Status.ACCEPTED
    assert world.submission.standing_version.number == 1
    acts = list(
        Event.objects.filter(subject_id=str(world.submission.uuid))
        .exclude(act="section saved")
        .values_list("act", flat=True)
    )
    assert acts == [
        "started",
        "sent for sign-off",
        "signed off",
        "submitted",
        "check passed",
        "review started",
        "checklist answered",
        "accepted",
    ]


class TestFillingIn:
    def test_the_first_save_starts_the_return(self):
        world = make_world()

        save(world.submission, "training", world.lead, staff_total=10)

        assert reload(world.submission).status == Status.DRAFT

    def test_missing_zero_and_not_applicable_are_three_things(self):
        toy, (owner, _) = make_toy()
        spec_answers = {"wheels": 0}

        save(toy, "body", owner, **spec_answers)

        from returns import sections
        from returns.registry import type_of

        answers = sections.answers_of(sections.working_copy(toy), type_of(toy))
        assert (answers.wheels, answers.doors, answers.absent) == (0, None, {})

    def test_a_colleagues_save_is_not_overwritten(self):
        world = make_world()
        save(world.submission, "training", world.lead, revision=0, staff_total=10)

        with pytest.raises(SavedMeanwhile):
            save(world.submission, "training", world.submitter, revision=0, staff_total=20)

    def test_saving_the_same_answers_again_changes_nothing(self):
        world = make_world()
        first = save(world.submission, "training", world.lead, staff_total=10)

        again = save(world.submission, "training", world.lead, staff_total=10)

        assert again.revision == first.revision

    def test_the_same_form_posted_twice_is_no_conflict(self):
        world = make_world()
        save(world.submission, "training", world.lead, revision=0, staff_total=10)

        again = save(world.submission, "training", world.lead, revision=0, staff_total=10)

        assert again.revision == 1

    def test_nothing_is_saved_while_the_return_waits_for_its_signature(self):
        world = make_world()
        fill(world.submission, world.lead)
        workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)

        with pytest.raises(Refused, match="waiting for sign-off"):
            save(world.submission, "training", world.lead, staff_total=10)

    def test_answers_are_kept_after_the_close_but_cannot_be_submitted(self):
        world = make_world()

        fill(world.submission, world.lead, AFTER_THE_CLOSE)

        with pytest.raises(Refused, match="closed on") as refusal:
            workflow.send_for_sign_off(world.submission, by=world.submitter, at=AFTER_THE_CLOSE)
        assert refusal.value.reason == "closed"

    def test_nothing_is_saved_before_the_period_opens(self):
        world = make_world()

        with pytest.raises(Refused, match="opens on"):
            save(world.submission, "training", world.lead, world.period.opens_at - timedelta(days=1), staff_total=10)

    def test_an_explanation_counts_while_the_values_stay(self):
        world = make_world()
        fill(world.submission, world.lead, l3_compliant=1000)
        assert reload(world.submission).unexplained == 0

        save(world.submission, "training", world.lead, **training(l3_compliant=1001))

        assert reload(world.submission).unexplained > 0

    def test_an_explanation_counts_again_when_the_values_come_back(self):
        world = make_world()
        fill(world.submission, world.lead, l3_compliant=1000)
        save(world.submission, "training", world.lead, **training(l3_compliant=1001))

        save(world.submission, "training", world.lead, **training(l3_compliant=1000))

        assert reload(world.submission).unexplained == 0

    def test_a_warning_that_is_gone_cannot_be_explained(self):
        world = make_world()
        fill(world.submission, world.lead)

        with pytest.raises(Refused, match="figures have changed"):
            workflow.explain(world.submission, "PRV-W01", "0" * 32, "Because.", by=world.lead, at=IN_THE_WINDOW)


def training(**changes):
    from returns.registry import return_types
    from returns.tests.factories import GOOD

    names = [question.name for question in return_types()["prevent"].section("training").questions]
    return {name: GOOD.get(name) for name in names} | changes


class TestSigning:
    def test_sending_is_refused_while_an_error_stands(self):
        world = make_world()
        fill(world.submission, world.lead, l3_compliant=1401)

        with pytest.raises(Refused, match="1,401") as refusal:
            workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)
        assert refusal.value.reason == "errors"

    def test_sending_is_refused_while_a_warning_is_unexplained(self):
        world = make_world()
        fill(world.submission, world.lead, explain=False, l3_compliant=1000)

        with pytest.raises(Refused, match="Explain every warning"):
            workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)

    def test_an_empty_return_cannot_be_sent(self):
        world = make_world()

        with pytest.raises(Refused):
            workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)

    def test_a_trusts_return_is_signed_by_somebody_who_did_not_prepare_it(self):
        world = make_world()
        fill(world.submission, world.lead)
        workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)
        same_person = make_seat("PREVENT_ACCOUNTABLE_LEAD", world.trust, world.submitter.person)
        submission = reload(world.submission)

        with pytest.raises(Refused, match="Another person") as refusal:
            workflow.sign_off(submission, content_sha256=submission.content_sha256, by=same_person, at=IN_THE_WINDOW)
        assert refusal.value.reason == "signed_by_preparer"

    def test_another_providers_return_may_be_signed_by_its_preparer(self):
        world = make_world("ZZP01", kind=Organisation.Kind.INDEPENDENT_PROVIDER)
        fill(world.submission, world.lead)
        workflow.send_for_sign_off(world.submission, by=world.lead, at=IN_THE_WINDOW)
        world.signer = make_seat("PREVENT_ACCOUNTABLE_LEAD", world.trust, world.lead.person)

        assert sign(world).status == Status.SUBMITTED

    def test_a_signature_is_over_the_content_that_was_shown(self):
        world = make_world()
        fill(world.submission, world.lead)
        workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)

        with pytest.raises(Refused, match="have changed"):
            workflow.sign_off(reload(world.submission), content_sha256="0" * 64, by=world.signer, at=IN_THE_WINDOW)

    def test_declining_needs_a_reason_and_sends_it_back(self):
        world = make_world()
        fill(world.submission, world.lead)
        workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)

        with pytest.raises(Refused):
            workflow.decline(world.submission, reason=" ", by=world.signer, at=IN_THE_WINDOW)
        workflow.decline(world.submission, reason="The staff total is last year's.", by=world.signer, at=IN_THE_WINDOW)

        submission = reload(world.submission)
        assert (submission.status, submission.status_reason) == (Status.DRAFT, "The staff total is last year's.")

    def test_a_return_submitted_twice_at_once_has_one_version(self):
        world = make_world()
        submit(world)

        with pytest.raises(Refused, match="quicker than you"):
            sign(world)
        assert Version.objects.count() == 1

    def test_an_organisation_that_was_closed_cannot_submit(self):
        world = make_world()
        fill(world.submission, world.lead)
        Organisation.objects.filter(pk=world.trust.pk).update(closed_on=QUARTER.ends)

        with pytest.raises(Refused, match="not open on the last day"):
            workflow.send_for_sign_off(reload(world.submission), by=world.submitter, at=IN_THE_WINDOW)

    def test_a_late_return_is_taken_and_marked(self):
        world = make_world()

        submission = submit(world, AFTER_THE_DUE_DATE)

        assert submission.was_late

    def test_people_are_told_once_with_a_receipt_and_without_figures(self):
        world = make_world()

        version = submit(world).current_version

        receipts = Notice.objects.filter(dedupe_key__startswith="submitted")
        assert {notice.person_id for notice in receipts} == {
            world.lead.person_id,
            world.submitter.person_id,
            world.signer.person_id,
        }
        assert version.content_sha256 in receipts[0].body
        assert not any("5000" in notice.body + notice.subject or "5,000" in notice.body for notice in receipts)


class TestTheCheck:
    def test_a_version_that_passes_stands_and_its_recipient_is_told(self):
        world = make_world()

        submission = submit_and_check(world)

        assert submission.standing_version == submission.current_version
        assert submission.status == Status.SUBMITTED
        assert Notice.objects.filter(person_id=world.reviewer.person_id, dedupe_key__startswith="to review").exists()

    def test_a_failed_check_sends_the_return_back_and_keeps_the_first_time(self):
        world = make_world()
        submission = submit(world)

        workflow.check_failed(submission, submission.current_version, ["5 is more than 4."], at=AFTER_THE_DUE_DATE)

        submission = reload(submission)
        assert submission.status == Status.DRAFT
        assert "5 is more than 4." in submission.status_reason
        assert submission.first_submitted_at == IN_THE_WINDOW

    def test_a_failed_check_after_the_close_gives_five_working_days(self):
        world = make_world()
        submission = submit(world)

        workflow.check_failed(submission, submission.current_version, ["Wrong."], at=AFTER_THE_CLOSE)

        assert workflow.closes_at(reload(submission)).date().isoformat() == "2025-10-27"

    def test_the_version_that_passed_stands_until_a_newer_one_passes(self):
        world = make_world()
        submit_and_check(world)
        workflow.take_back(world.submission, reason="A figure was wrong.", by=world.submitter, at=IN_THE_WINDOW)
        submit(world, general_enquiries=14)

        assert world.submission.standing_version.number == 1
        assert world.submission.has_newer_than_standing

        assert check(world).standing_version.number == 2


class TestReviewing:
    def in_review(self):
        world = make_world()
        submit_and_check(world)
        workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
        world.submission = reload(world.submission)
        return world

    def test_an_unchecked_version_cannot_be_reviewed(self):
        world = make_world()
        submit(world)

        with pytest.raises(Refused, match="not been checked"):
            workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)

    def test_the_owner_cannot_take_back_what_is_being_reviewed(self):
        world = self.in_review()

        with pytest.raises(Refused):
            workflow.take_back(world.submission, reason="Wait.", by=world.submitter, at=IN_THE_WINDOW)

    def test_sending_back_opens_only_the_sections_in_question(self):
        world = self.in_review()

        workflow.send_back(
            world.submission, version=1, reasons={"training": "Is 5,000 right?"}, by=world.reviewer, at=IN_THE_WINDOW
        )

        states = dict(Section.objects.filter(submission=world.submission).values_list("slug", "state"))
        assert states.pop("training") == Section.State.SENT_BACK
        assert set(states.values()) == {Section.State.CLOSED}
        with pytest.raises(Refused, match="locked"):
            save(world.submission, "activity", world.lead, general_enquiries=1)

    def test_what_was_not_sent_back_stays_locked_when_the_owner_hesitates(self):
        world = self.in_review()
        workflow.send_back(world.submission, version=1, reasons={"training": "?"}, by=world.reviewer, at=IN_THE_WINDOW)
        workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)

        workflow.take_back(world.submission, reason="One more look.", by=world.submitter, at=IN_THE_WINDOW)

        with pytest.raises(Refused, match="locked"):
            save(world.submission, "activity", world.lead, general_enquiries=1)

    def test_sending_back_needs_a_section_and_a_reason(self):
        world = self.in_review()

        for reasons in ({}, {"training": "  "}, {"no-such-section": "Why?"}):
            with pytest.raises(Refused, match="Choose at least one section"):
                workflow.send_back(world.submission, version=1, reasons=reasons, by=world.reviewer, at=IN_THE_WINDOW)

    def test_a_corrected_return_is_submitted_again_as_a_new_version(self):
        world = self.in_review()
        workflow.send_back(world.submission, version=1, reasons={"training": "?"}, by=world.reviewer, at=IN_THE_WINDOW)

        save(world.submission, "training", world.lead, **training(staff_total=5001))
        explain_everything(world.submission, world.lead)
        workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)
        sign(world)

        assert check(world).standing_version.number == 2

    def test_a_verdict_on_a_version_that_was_replaced_is_refused(self):
        world = self.in_review()

        with pytest.raises(Refused, match="has replaced") as refusal:
            workflow.accept(
                world.submission, version=7, verdict="ASSURED", reason="Sound.", by=world.reviewer, at=IN_THE_WINDOW
            )
        assert refusal.value.reason == "superseded"

    def test_an_accepted_return_is_reopened_only_with_a_reason(self):
        world = self.in_review()
        accept(world.submission, world.reviewer)

        with pytest.raises(Refused):
            workflow.reopen(world.submission, reason="", by=world.reviewer, at=IN_THE_WINDOW)
        workflow.reopen(world.submission, reason="A late correction.", by=world.reviewer, at=AFTER_THE_CLOSE)

        submission = reload(world.submission)
        assert submission.status == Status.DRAFT
        assert workflow.closes_at(submission) > AFTER_THE_CLOSE

    def test_what_is_not_required_keeps_its_reason_and_can_be_required_after_all(self):
        world = make_world()

        workflow.excuse(world.submission, reason="The contract ended.", by=world.reviewer, at=IN_THE_WINDOW)

        assert reload(world.submission).status == Status.NOT_REQUIRED
        assert not Submission.objects.owed().exists()
        workflow.reopen(world.submission, reason="It did not.", by=world.reviewer, at=IN_THE_WINDOW)
        assert Submission.objects.owed().exists()

    def test_more_time_moves_the_close_of_one_return(self):
        world = make_world()

        workflow.extend(
            world.submission,
            until=AFTER_THE_CLOSE + timedelta(days=3),
            reason="Flood.",
            by=world.reviewer,
            at=AFTER_THE_CLOSE,
        )

        assert submit(world, AFTER_THE_CLOSE + timedelta(days=1)).status == Status.SUBMITTED


class TestTwoOwners:
    def ready(self):
        toy, owners = make_toy()
        save(toy, "body", owners[0], wheels=4, doors=2)
        save(toy, "paint", owners[1], colour="red")
        workflow.send_for_sign_off(toy, by=owners[0], at=IN_THE_WINDOW)
        return reload(toy), owners

    def test_every_owner_signs_before_it_is_submitted(self):
        toy, (first, second) = self.ready()

        workflow.sign_off(toy, content_sha256=toy.content_sha256, by=first, at=IN_THE_WINDOW)
        assert reload(toy).status == Status.AWAITING_SIGN_OFF

        workflow.sign_off(toy, content_sha256=toy.content_sha256, by=second, at=IN_THE_WINDOW)
        assert reload(toy).status == Status.SUBMITTED

    def test_an_edit_voids_the_signatures(self):
        toy, (first, second) = self.ready()
        workflow.sign_off(toy, content_sha256=toy.content_sha256, by=first, at=IN_THE_WINDOW)
        workflow.decline(toy, reason="The colour is wrong.", by=second, at=IN_THE_WINDOW)
        save(toy, "paint", second, colour="blue")
        workflow.send_for_sign_off(toy, by=second, at=IN_THE_WINDOW)
        toy = reload(toy)

        workflow.sign_off(toy, content_sha256=toy.content_sha256, by=second, at=IN_THE_WINDOW)

        _, _, verdict = findings.look_at(reload(toy))
        assert [owner.pk for owner in workflow.still_to_sign(reload(toy), verdict)] == [first.organisation_id]


@pytest.mark.django_db(transaction=True)
def test_two_people_press_submit_at_the_same_moment():
    world = make_world()
    fill(world.submission, world.lead)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)
    submission = reload(world.submission)
    start = threading.Barrier(2)
    outcomes = []

    def press():
        start.wait()
        try:
            workflow.sign_off(submission, content_sha256=submission.content_sha256, by=world.signer, at=IN_THE_WINDOW)
            outcomes.append("submitted")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["refused", "submitted"]
    assert Version.objects.count() == Check.objects.count() == 1


class TestExplanationsOverTheQuarters:
    def next_quarter(self, world):
        """The same organisation's next return, with the same answer that warned: not linked to Channel."""
        from dataclasses import replace

        period = make_period(QUARTER.next())
        submission = period.submissions.get(subject=world.trust)
        later = replace(world, period=period, submission=submission)
        at = period.opens_at + timedelta(hours=10)
        fill(submission, world.lead, at, explain=False, linked_to_channel=False, general_enquiries=13)
        return later, at

    def test_last_quarters_reason_is_offered_and_not_taken(self):
        world = make_world()
        submit_and_check(world, linked_to_channel=False)

        later, _ = self.next_quarter(world)

        _, _, verdict = findings.look_at(reload(later.submission))
        offered = findings.offered_explanations(reload(later.submission), verdict)
        assert "PRV-W19" in {rule for rule, _ in offered}
        assert "PRV-W19" in {warning.code for warning in verdict.unexplained}

    def test_a_reason_that_is_confirmed_keeps_where_it_came_from(self):
        world = make_world()
        submit_and_check(world, linked_to_channel=False)
        later, at = self.next_quarter(world)
        submission = reload(later.submission)
        _, _, verdict = findings.look_at(submission)
        offers = findings.offered_explanations(submission, verdict)
        key, offered = next((key, offer) for key, offer in offers.items() if key[0] == "PRV-W19")

        workflow.explain(submission, *key, offered.text, by=world.lead, at=at)

        assert Explanation.objects.get(submission=submission, rule="PRV-W19").carried_from == offered
