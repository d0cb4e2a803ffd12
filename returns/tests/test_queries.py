"""Queries: a recipient asks about a value or a section, the owner answers, and the recipient says whether that will do."""

import threading
from datetime import date, timedelta

import pytest
from django.db import InternalError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_commissioner, make_organisation, make_region, make_seat, sign_in
from journal.models import Event, Notice
from returns import permissions, queries, workflow
from returns.models import Message, Query, Section, Submission
from returns.tests.factories import IN_THE_WINDOW, accept, make_query, make_toy, make_world, reload, submit_and_check
from returns.workflow import Refused

pytestmark = pytest.mark.django_db
State = Query.State
LATER = IN_THE_WINDOW + timedelta(days=1)


def asked(text="Does this include bank staff?", **about):
    """A world whose return has been checked, and a query about it."""
    world = make_world()
    submit_and_check(world)
    world.query = make_query(world, text, **about)
    return world


def again(query):
    return Query.objects.get(pk=query.pk)


def said(query):
    return list(query.messages.order_by("pk").values_list("act", "text"))


class TestTheThread:
    def test_it_is_asked_answered_asked_again_and_closed(self):
        world = asked()
        queries.answer(world.query, text="Yes.", by=world.lead, at=LATER)
        queries.reopen(world.query, text="All of them?", by=world.reviewer, at=LATER)
        queries.answer(world.query, text="All.", by=world.lead, at=LATER)
        queries.close(world.query, text="", by=world.reviewer, at=LATER)

        assert again(world.query).state == State.CLOSED
        assert said(world.query) == [
            ("ASKED", "Does this include bank staff?"),
            ("ANSWERED", "Yes."),
            ("REOPENED", "All of them?"),
            ("ANSWERED", "All."),
            ("CLOSED", ""),
        ]

    # What may follow what; everything else is refused
    @pytest.mark.parametrize(
        ("state", "may"),
        [
            (State.ASKED, {"answer", "close"}),
            (State.ANSWERED, {"reopen", "close"}),
            (State.REOPENED, {"answer", "close"}),
            (State.CLOSED, {"reopen"}),
        ],
    )
    def test_what_may_follow_what(self, state, may):
        world = asked()
        Query.objects.update(state=state)
        found = set()
        for name in ("answer", "reopen", "close"):
            try:
                with transaction.atomic():
                    getattr(queries, name)(world.query, text="Well.", by=world.reviewer, at=LATER)
                    found.add(name)
                    transaction.set_rollback(True)
            except Refused as refusal:
                assert refusal.reason == "state"
        assert found == may

    def test_it_neither_moves_the_return_nor_opens_a_section(self):
        world = asked()

        queries.answer(world.query, text="Yes.", by=world.lead, at=LATER)

        assert reload(world.submission).status == Submission.Status.SUBMITTED
        assert set(Section.objects.values_list("state", flat=True)) == {Section.State.CLOSED}

    def test_an_accepted_return_can_be_asked_about_too(self):
        world = make_world()
        submit_and_check(world)
        workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
        accept(world.submission, world.reviewer)

        make_query(world)

        assert reload(world.submission).status == Submission.Status.ACCEPTED

    @pytest.mark.parametrize(
        ("section", "field"), [("no-such", ""), ("training", "general_enquiries"), ("training", "x"), ("", "")]
    )
    def test_it_is_about_a_question_that_this_provider_is_asked(self, section, field):
        world = make_world()
        submit_and_check(world)

        with pytest.raises(Refused, match="no such question"):
            make_query(world, section=section, field=field)

    def test_a_query_on_a_version_that_was_replaced_is_refused(self):
        world = make_world()
        submit_and_check(world)

        with pytest.raises(Refused, match="Version 1 has replaced version 7"):
            queries.ask(world.submission, version=7, section="training", text="?", by=world.reviewer, at=IN_THE_WINDOW)

    def test_nothing_is_asked_or_answered_without_words(self):
        world = asked()

        with pytest.raises(Refused, match="Write your answer"):
            queries.answer(world.query, text="  ", by=world.lead, at=LATER)
        with pytest.raises(Refused, match="Write what you want to know"):
            make_query(world, " ")

    def test_nobody_changes_what_was_said(self):
        asked()

        with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
            Message.objects.update(text="Something else.")

    def test_each_act_leaves_an_event_without_the_words(self):
        world = asked("Is 5,000 right?")
        queries.answer(world.query, text="It is 4,999.", by=world.lead, at=LATER)

        events = Event.objects.filter(act__startswith="query").order_by("pk")
        assert [event.act for event in events] == ["query asked", "query answered"]
        assert events[0].detail == {"query": str(world.query.uuid), "section": "training", "field": "staff_total"}

    @pytest.mark.django_db(transaction=True)
    def test_of_two_answers_at_once_one_counts(self):
        world = asked()
        gate, results = threading.Barrier(2), []

        def reply(seat):
            gate.wait(5)
            try:
                queries.answer(world.query, text="Yes.", by=seat, at=LATER)
                results.append("done")
            except Refused:
                results.append("refused")
            finally:
                connection.close()

        threads = [threading.Thread(target=reply, args=[seat]) for seat in (world.lead, world.submitter)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        assert sorted(results) == ["done", "refused"]
        assert Message.objects.filter(act="ANSWERED").count() == 1


class TestDueDays:
    def test_an_answer_is_due_within_working_days(self):
        world = asked()  # on Monday 6 October 2025

        assert world.query.due_on == date(2025, 10, 13)
        assert not world.query.is_overdue_on(date(2025, 10, 13))
        assert world.query.is_overdue_on(date(2025, 10, 14))

    def test_who_asks_may_give_more_or_less_time(self):
        world = make_world()
        submit_and_check(world)
        options = {"version": 1, "section": "training", "text": "?", "by": world.reviewer, "at": IN_THE_WINDOW}

        assert queries.ask(world.submission, days=1, **options).due_on == date(2025, 10, 7)
        for days in (0, 41, -3):
            with pytest.raises(Refused, match="between 1 and 40"):
                queries.ask(world.submission, days=days, **options)

    def test_the_days_are_a_dated_standard(self):
        world = make_world()
        world.period.standards["query_days"] = "2"
        world.period.save()
        submit_and_check(world)

        assert make_query(world).due_on == date(2025, 10, 8)

    def test_an_answered_query_is_not_overdue_and_one_asked_again_has_a_new_day(self):
        world = asked()
        queries.answer(world.query, text="Yes.", by=world.lead, at=LATER)
        assert not again(world.query).is_overdue_on(date(2026, 1, 1))

        queries.reopen(world.query, text="Sure?", by=world.reviewer, at=LATER + timedelta(days=10))

        assert again(world.query).due_on == date(2025, 10, 24)


class TestOverdueAnswers:
    def test_the_owner_is_told_once_for_each_due_day(self):
        world = asked()
        late = IN_THE_WINDOW + timedelta(days=8)  # due on 13 October
        before = Notice.objects.count()

        assert queries.chase_overdue(at=late - timedelta(days=1)) == 0
        assert queries.chase_overdue(at=late) == 1
        assert queries.chase_overdue(at=late + timedelta(days=1)) == 0

        told = Notice.objects.filter(subject__endswith="has a query whose answer is overdue")
        assert {notice.person_id for notice in told} == {world.lead.person_id, world.submitter.person_id}
        assert Notice.objects.count() == before + 2
        assert Event.objects.filter(act="query overdue").count() == 1

    def test_a_query_asked_again_has_its_own_day_to_be_late_for(self):
        world = asked()
        late = IN_THE_WINDOW + timedelta(days=8)
        queries.chase_overdue(at=late)
        queries.answer(world.query, text="Yes.", by=world.lead, at=late)
        queries.reopen(world.query, text="Sure?", by=world.reviewer, at=late)

        assert queries.chase_overdue(at=late + timedelta(days=1)) == 0
        assert queries.chase_overdue(at=late + timedelta(days=30)) == 1

    def test_what_is_answered_or_closed_is_not_chased(self):
        world = asked()
        queries.answer(world.query, text="Yes.", by=world.lead, at=LATER)

        assert queries.chase_overdue(at=IN_THE_WINDOW + timedelta(days=60)) == 0


class TestWhoseTurn:
    def test_an_answer_comes_back_to_who_asked_and_a_new_question_to_who_answered(self):
        world = asked()

        queries.answer(world.query, text="Yes.", by=world.lead, at=LATER)
        assert again(world.query).assigned_to == world.reviewer.person
        queries.reopen(world.query, text="Sure?", by=world.reviewer, at=LATER)
        assert again(world.query).assigned_to == world.lead.person

    def test_an_answer_to_somebody_who_has_left_comes_back_to_the_whole_side(self):
        world = asked()
        make_seat("PREVENT_REVIEWER", world.commissioner)
        world.reviewer.person.is_active = False
        world.reviewer.person.save()

        queries.answer(world.query, text="Yes.", by=world.lead, at=LATER)

        assert again(world.query).assigned_to is None

    def test_it_is_handed_only_to_people_of_the_side_whose_turn_it_is(self):
        world = asked()
        editor = make_seat("PREVENT_EDITOR", world.trust)

        queries.assign(world.query, person=editor.person, by=world.lead, at=LATER)

        assert again(world.query).assigned_to == editor.person
        for stranger in (world.reviewer, world.signer, make_seat("PREVENT_EDITOR", make_organisation())):
            with pytest.raises(Refused, match="cannot move this query on"):
                queries.assign(world.query, person=stranger.person, by=world.lead, at=LATER)

    def test_those_whose_turn_it_is_are_told_without_the_words(self):
        world = asked("Is 5,000 right?")

        told = Notice.objects.filter(dedupe_key__startswith="query")
        assert {notice.person_id for notice in told} == {world.lead.person_id, world.submitter.person_id}
        assert not any("5,000" in f"{notice.subject}{notice.body}" for notice in told)
        assert {notice.link for notice in told} == {reverse("returns:query", args=[world.query.uuid])}

        queries.answer(world.query, text="Yes.", by=world.lead, at=LATER)
        assert Notice.objects.filter(subject__endswith="has an answer to your query").get().person_id == (
            world.reviewer.person_id
        )


class TestSeeingAndDoing:
    @pytest.mark.parametrize(
        ("role", "asks", "answers"),
        [
            ("PREVENT_OPERATIONAL_LEAD", False, True),
            ("PREVENT_EDITOR", False, True),
            ("PREVENT_DATA_SUBMITTER", False, True),
            ("PREVENT_ACCOUNTABLE_LEAD", False, False),
            ("PREVENT_PROVIDER_VIEWER", False, False),
            ("PREVENT_COMMISSIONER_LEAD", True, False),
            ("PREVENT_REVIEWER", True, False),
            ("PREVENT_COMMISSIONER_VIEWER", False, False),
        ],
    )
    def test_who_asks_and_who_answers(self, role, asks, answers):
        world = make_world()
        where = world.commissioner if "COMMISSIONER" in role or "REVIEWER" in role else world.trust
        seat = make_seat(role, where, place=2 if role.endswith("SUBMITTER") else None)

        assert permissions.can_ask_query(seat, world.submission) is asks
        assert permissions.can_answer_query(seat, world.submission) is answers

    def test_only_the_two_sides_see_a_query(self):
        world = asked()
        region = make_region()
        type(world.trust).objects.filter(pk=world.trust.pk).update(region=region)

        def sees(seat):
            return Query.objects.visible_to(seat).exists()

        assert sees(make_seat("PREVENT_PROVIDER_VIEWER", world.trust))
        assert sees(make_seat("PREVENT_COMMISSIONER_VIEWER", world.commissioner))
        assert not sees(make_seat("PREVENT_REGIONAL_VIEWER", region))
        assert not sees(make_seat("PREVENT_COMMISSIONER_LEAD", make_commissioner()))
        assert not sees(make_seat("PREVENT_OPERATIONAL_LEAD", make_organisation()))
        assert not sees(make_seat("NATIONAL_ADMINISTRATOR", make_organisation(kind="OTHER")))
        assert not sees(None)

        def reads_of_it(seat):
            page = sign_in(Client(), seat).get(reverse("returns:history", args=[world.submission.uuid]))
            return "Query asked" in page.content.decode()

        assert reads_of_it(world.lead)
        assert reads_of_it(world.reviewer)
        assert not reads_of_it(make_seat("PREVENT_REGIONAL_VIEWER", region))

    def test_a_return_without_a_review_has_no_queries(self):
        toy, owners = make_toy()

        assert not permissions.can_ask_query(owners[0], toy)
        assert not permissions.sees_queries(owners[0])


class TestPages:
    def page(self, seat, name, *args, **query):
        return sign_in(Client(), seat).get(reverse(name, args=args), query).content.decode()

    def test_it_stands_beside_the_value_on_both_sides(self):
        world = asked()
        workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)
        workflow.send_back(
            world.submission, version=1, reasons={"training": "Count."}, by=world.reviewer, at=IN_THE_WINDOW
        )
        uuid = world.submission.uuid

        for seat, name, *more in (
            (world.reviewer, "review"),
            (world.lead, "section", "training"),
            (world.lead, "check_answers"),
        ):
            assert "Query: Does this include bank staff?" in self.page(seat, f"returns:{name}", uuid, *more)
        page = self.page(world.lead, "returns:return", uuid)
        assert "1 query of your commissioner to answer" in page
        assert "Training: Staff in post" in page

    def test_the_home_page_says_whose_turn_it_is(self):
        world = asked()

        assert "Query: Training: Staff in post" in self.page(world.lead, "home")
        assert "Query: Training: Staff in post" not in self.page(world.signer, "home")
        assert "Query: Training: Staff in post" not in self.page(world.reviewer, "home")
        queries.answer(world.query, text="Yes.", by=world.lead, at=LATER)
        assert "Query: Training: Staff in post" not in self.page(world.lead, "home")
        assert "Query: Training: Staff in post" in self.page(world.reviewer, "home")

    def test_the_list_has_what_waits_what_is_open_and_what_is_closed(self):
        world = asked()
        link = reverse("returns:query", args=[world.query.uuid])

        assert link in self.page(world.lead, "returns:queries")
        assert link not in self.page(world.reviewer, "returns:queries")
        assert link in self.page(world.reviewer, "returns:queries", show="open")
        queries.close(world.query, by=world.reviewer, at=LATER)
        assert link not in self.page(world.lead, "returns:queries", show="open")
        assert link in self.page(world.lead, "returns:queries", show="closed")

    def test_a_section_is_sent_back_in_the_words_of_the_query(self):
        world = asked()
        workflow.start_review(world.submission, by=world.reviewer, at=IN_THE_WINDOW)

        page = self.page(world.reviewer, "returns:send_back", world.submission.uuid, query=world.query.uuid)

        assert page.count("Does this include bank staff?") == 1

    def test_asking_answering_and_closing_by_form(self):
        world = make_world()
        submit_and_check(world)
        uuid = world.submission.uuid
        reviewer, lead = sign_in(Client(), world.reviewer), sign_in(Client(), world.lead)

        reviewer.post(
            reverse("returns:ask_query", args=[uuid, "training", "staff_total"]),
            {"version": 1, "text": "Bank staff too?", "days": "3"},
        )
        query = Query.objects.get()
        lead.post(reverse("returns:answer_query", args=[query.uuid]), {"text": "Yes, all."})
        reviewer.post(reverse("returns:close_query", args=[query.uuid]), {"text": ""})

        assert said(query) == [("ASKED", "Bank staff too?"), ("ANSWERED", "Yes, all."), ("CLOSED", "")]

    @pytest.mark.parametrize(
        ("given", "wrong"), [({"text": "", "days": "5"}, "text"), ({"text": "?", "days": "many"}, "days")]
    )
    def test_what_is_missing_is_said_beside_the_field(self, given, wrong):
        world = make_world()
        submit_and_check(world)

        response = sign_in(Client(), world.reviewer).post(
            reverse("returns:ask_query", args=[world.submission.uuid, "training"]), {"version": 1} | given
        )

        assert list(response.context["form"].errors) == [wrong]
        assert "<title>Error: " in response.content.decode()

    def test_an_empty_answer_leaves_the_page_with_an_error(self):
        world = asked()

        response = sign_in(Client(), world.lead).post(reverse("returns:answer_query", args=[world.query.uuid]), {})

        assert "Write your answer." in response.content.decode()
        assert again(world.query).state == State.ASKED
