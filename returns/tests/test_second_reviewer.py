"""A second reviewer, where the recipient wants one: one person proposes a verdict, another confirms it."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_commissioner, make_seat, sign_in
from journal.models import Event, Notice
from returns import permissions, second_review, workflow
from returns.models import Proposal, Review, Submission
from returns.tests.factories import IN_THE_WINDOW, answer_checklist, make_world, reload, submit_and_check
from returns.workflow import Refused

pytestmark = pytest.mark.django_db
Status = Submission.Status


def with_second_reviewer():
    """A return in review, its checklist answered, whose recipient wants two people for a verdict."""
    world = make_world()
    world.colleague = make_seat("PREVENT_COMMISSIONER_LEAD", world.commissioner)
    world.junior = make_seat("PREVENT_REVIEWER", world.commissioner)
    second_review.choose(world.period.collection, second_reviewer=True, by=world.reviewer, at=IN_THE_WINDOW)
    submit_and_check(world)
    workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
    answer_checklist(world.submission, world.reviewer)
    return world


def propose(world, by=None, verdict="ASSURED_WITH_ACTIONS"):
    return workflow.propose_verdict(
        world.submission, version=1, verdict=verdict, reason="Book it.", by=by or world.junior, at=IN_THE_WINDOW
    )


def confirm(world, proposal, by):
    workflow.confirm_verdict(world.submission, proposal=proposal.pk, by=by, at=IN_THE_WINDOW)


class TestTwoPeople:
    def test_what_one_proposes_another_confirms(self):
        world = with_second_reviewer()

        confirm(world, propose(world), by=world.reviewer)

        review = Review.objects.decided().get()
        assert reload(world.submission).status == Status.ACCEPTED
        assert (review.verdict, review.reason) == ("ASSURED_WITH_ACTIONS", "Book it.")
        assert (review.proposed_by_name, review.decided_by) == (world.junior.person.name, world.reviewer.person)

    def test_nothing_is_accepted_by_one_alone(self):
        world = with_second_reviewer()

        with pytest.raises(Refused, match="two people") as refusal:
            workflow.accept(
                world.submission, version=1, verdict="ASSURED", reason="Sound.", by=world.reviewer, at=IN_THE_WINDOW
            )
        assert refusal.value.reason == "second"

    def test_nobody_confirms_what_they_proposed_and_the_database_says_so_too(self):
        world = with_second_reviewer()
        proposal = propose(world, by=world.reviewer)

        with pytest.raises(Refused, match="Another person has to confirm"):
            confirm(world, proposal, by=world.reviewer)
        with pytest.raises(IntegrityError, match="another_person_confirms_a_verdict"), transaction.atomic():
            Proposal.objects.update(is_confirmed=True, answered_by=world.reviewer.person, answered_at=IN_THE_WINDOW)

    def test_the_provider_hears_nothing_of_a_proposal(self):
        world = with_second_reviewer()
        before = set(Notice.objects.values_list("pk", flat=True))
        propose(world)

        told = Notice.objects.exclude(pk__in=before)
        assert {notice.person_id for notice in told} == {world.reviewer.person_id, world.colleague.person_id}
        assert reload(world.submission).status == Status.IN_REVIEW
        page = sign_in(Client(), world.lead).get(reverse("returns:review", args=[world.submission.uuid]))
        assert "Book it." not in page.content.decode()
        assert "proposed" not in page.content.decode()
        history = reverse("returns:history", args=[world.submission.uuid])
        assert "Verdict proposed" not in sign_in(Client(), world.lead).get(history).content.decode()
        assert "Verdict proposed" in sign_in(Client(), world.reviewer).get(history).content.decode()

    def test_who_does_not_agree_says_why_and_the_review_goes_on(self):
        world = with_second_reviewer()
        proposal = propose(world)

        with pytest.raises(Refused, match="Say why you do not confirm"):
            workflow.object_to_verdict(
                world.submission, proposal=proposal.pk, note=" ", by=world.reviewer, at=IN_THE_WINDOW
            )
        workflow.object_to_verdict(
            world.submission, proposal=proposal.pk, note="Too mild.", by=world.reviewer, at=IN_THE_WINDOW
        )

        assert reload(world.submission).status == Status.IN_REVIEW
        confirm(world, propose(world, verdict="NOT_ASSURED"), by=world.reviewer)
        assert [row.is_confirmed for row in Proposal.objects.order_by("pk")] == [False, True]
        assert Review.objects.get().verdict == "NOT_ASSURED"
        acts = Event.objects.filter(act__startswith="verdict").order_by("pk").values_list("act", flat=True)
        assert list(acts) == ["verdict proposed", "verdict not confirmed", "verdict proposed"]

    def test_one_proposal_waits_at_a_time(self):
        world = with_second_reviewer()
        propose(world)

        with pytest.raises(Refused, match=f"{world.junior.person.name} has proposed a verdict already"):
            propose(world, by=world.colleague)

    def test_sections_can_be_sent_back_instead_and_the_proposal_falls(self):
        world = with_second_reviewer()
        proposal = propose(world)
        workflow.send_back(
            world.submission, version=1, reasons={"training": "Count."}, by=world.reviewer, at=IN_THE_WINDOW
        )

        proposal.refresh_from_db()
        assert proposal.is_confirmed is False
        with pytest.raises(Refused, match="did not confirm this verdict"):
            confirm(world, proposal, by=world.colleague)

    def test_where_nobody_else_may_confirm_the_proposal_is_refused(self):
        world = with_second_reviewer()
        type(world.colleague.person).objects.filter(pk=world.colleague.person_id).update(is_active=False)

        with pytest.raises(Refused, match="Nobody else"):
            propose(world, by=world.reviewer)
        assert propose(world, by=world.junior)

    @pytest.mark.django_db(transaction=True)
    def test_of_two_who_confirm_at_once_one_counts(self):
        world = with_second_reviewer()
        proposal = propose(world)
        gate, results = threading.Barrier(2), []

        def answer(seat):
            gate.wait(5)
            try:
                confirm(world, proposal, by=seat)
                results.append("done")
            except Refused as refusal:
                results.append(refusal.reason)
            finally:
                connection.close()

        threads = [threading.Thread(target=answer, args=[seat]) for seat in (world.reviewer, world.colleague)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        assert sorted(results) == ["decided", "done"]
        assert Event.objects.filter(act="accepted").count() == 1


class TestTheChoice:
    def test_it_counts_for_one_recipient_and_collection(self):
        world = with_second_reviewer()

        assert second_review.is_wanted(world.submission, world.commissioner)
        assert not second_review.is_wanted(world.submission, make_commissioner())

    def test_it_needs_two_people_who_review(self):
        world = make_world()

        with pytest.raises(Refused, match="Two people are needed"):
            second_review.choose(world.period.collection, second_reviewer=True, by=world.reviewer, at=IN_THE_WINDOW)

    def test_back_to_one_person(self):
        world = with_second_reviewer()
        propose(world)
        second_review.choose(world.period.collection, second_reviewer=False, by=world.reviewer, at=IN_THE_WINDOW)

        workflow.accept(
            world.submission, version=1, verdict="ASSURED", reason="Sound.", by=world.reviewer, at=IN_THE_WINDOW
        )

        assert Proposal.objects.get().is_confirmed is False
        assert Event.objects.filter(act="reviewing chosen").count() == 2

    @pytest.mark.parametrize(
        ("role", "may"),
        [
            ("PREVENT_COMMISSIONER_LEAD", True),
            ("PREVENT_REVIEWER", False),
            ("PREVENT_COMMISSIONER_VIEWER", False),
        ],
    )
    def test_those_who_give_verdicts_choose(self, role, may):
        world = make_world()

        assert permissions.can_choose_reviewing(make_seat(role, world.commissioner), world.period.collection) is may
        assert not permissions.can_choose_reviewing(world.lead, world.period.collection)


class TestPages:
    def test_from_the_choice_to_the_confirmation(self):
        world = make_world()
        colleague = make_seat("PREVENT_COMMISSIONER_LEAD", world.commissioner)
        one, other = sign_in(Client(), world.reviewer), sign_in(Client(), colleague)
        uuid = world.submission.uuid
        one.post(reverse("returns:how_we_review", args=[world.period.collection_id]), {"second_reviewer": "yes"})
        submit_and_check(world)
        workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
        answer_checklist(world.submission, world.reviewer)

        address = reverse("returns:verdict", args=[uuid])
        assert "Propose this verdict" in one.get(address).content.decode()
        page = one.post(address, {"version": 1, "verdict": "ASSURED", "reason": "All is met."}, follow=True)
        assert "Another person has to confirm it." in page.content.decode()
        assert "Confirm this verdict" not in one.get(address, follow=True).content.decode()
        page = other.get(reverse("returns:confirm_verdict", args=[uuid])).content.decode()
        assert "All is met." in page
        assert "Confirm this verdict" in page
        proposal = Proposal.objects.get()
        page = other.post(reverse("returns:confirm_verdict", args=[uuid]), {"proposal": proposal.pk}, follow=True)
        assert f"proposed by {world.reviewer.person.name} and confirmed by" in page.content.decode()
        assert reload(world.submission).status == Status.ACCEPTED

    def test_an_objection_without_a_note_is_an_error(self):
        world = with_second_reviewer()
        proposal = propose(world)
        client = sign_in(Client(), world.reviewer)
        address = reverse("returns:object_to_verdict", args=[world.submission.uuid])

        page = client.post(address, {"proposal": proposal.pk, "reason": ""}).content.decode()
        assert "<title>Error: " in page
        page = client.post(address, {"proposal": proposal.pk, "reason": "Too mild."}, follow=True).content.decode()
        assert "did not confirm the verdict" in page
        assert "Too mild." in page
        assert client.post(address, {"proposal": "x", "reason": "?"}).status_code == 404
