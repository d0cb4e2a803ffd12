"""The quarter's page: four numbers that are links, a row for each provider, reminders and lists that leave."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_region, make_seat, sign_in
from journal.models import Event, Notice
from returns import workflow
from returns.models import Collection, Participant, Period, Release, Submission
from returns.periods import deadlines
from returns.tests.dealings import make_escalation
from returns.tests.factories import AFTER_THE_DUE_DATE, IN_THE_WINDOW, make_world, reload, submit_and_check

pytestmark = pytest.mark.django_db
NOT_SUBMITTED = {"show": "not-submitted"}


@pytest.fixture
def desk(client):
    """Three providers of one commissioner: good, below target, silent; and one of another's."""
    good, weak, silent, other = (make_world(f"ZZT7{number}") for number in range(4))
    for world in (weak, silent):
        Participant.objects.filter(submission=world.submission, part="RECIPIENT").update(organisation=good.commissioner)
    submit_and_check(good)
    submit_and_check(weak, AFTER_THE_DUE_DATE, l3_compliant=1100, areas_for_improvement="Level 3.")
    now = timezone.now()
    Period.objects.update(closes_at=now + timedelta(days=3))
    sign_in(client, good.reviewer)
    client.good, client.weak, client.silent, client.other = good, weak, silent, other
    return client


def look(client, **query):
    return client.get(reverse("returns:quarter"), query)


def codes(response):
    return [row.subject.code for row in response.context["page"]]


def test_the_numbers_are_links_to_their_rows(desk):
    page = look(desk)

    found = {key: number for key, _, number in page.context["figures"]}
    for key, number in found.items():
        assert f"show={key}" in page.content.decode()
        assert len(codes(look(desk, show=key))) == number
    assert (found["not-submitted"], found["to-review"], found["below-target"]) == (1, 2, 1)
    assert "3 returns owed: 2 submitted, 1 of them in time, 0 accepted." in page.content.decode()


def test_warnings_are_counted_and_sorted_by(desk):
    page = look(desk, sort="-warnings")

    assert codes(page)[0] == "ZZT71"
    assert [row.warnings for row in page.context["page"]][0] > 0
    assert codes(look(desk, show="with-warnings")) == ["ZZT71"]


def test_a_row_says_what_changed(desk):
    weak = desk.weak
    before = make_world_before(weak)
    submit_and_check(before, IN_THE_WINDOW - timedelta(days=92))
    Participant.objects.filter(submission=before.submission, part="RECIPIENT").update(
        organisation=desk.good.commissioner
    )

    page = look(desk, period="2025-26-Q2").content.decode()

    assert "was green" in page


def make_world_before(world):
    from returns.tests.factories import QUARTER, World, make_period, reload

    period = make_period(QUARTER.previous())
    people = (world.lead, world.submitter, world.signer, world.reviewer)
    return World(world.trust, world.commissioner, *people, period, reload(period.submissions.get(subject=world.trust)))


def test_an_escalation_counts_until_it_is_closed_whichever_quarter_it_was_raised_about(desk):
    weak = desk.weak
    make_escalation(replace(make_world_before(weak), reviewer=desk.good.reviewer))

    assert codes(look(desk, show="escalated", period=weak.period.key)) == [weak.trust.code]
    page = desk.get(reverse("returns:review", args=[weak.submission.uuid])).content.decode()
    assert "Escalated" in page
    assert "Inadequate performance, Quarter 1" in page


def test_an_administrator_sees_quarters_and_no_audit_among_them(client, desk):
    collection = Collection.objects.create(return_type="toy", key="one-audit", title="One audit")
    late = Period.objects.create(
        collection=collection,
        key="audit",
        title="An audit",
        starts=date(2026, 1, 1),
        ends=date(2026, 3, 1),
        census_on=date(2026, 3, 1),
        opened_at=timezone.now(),
        **deadlines(date(2026, 3, 1)),
    )
    sign_in(client, make_seat("NATIONAL_ADMINISTRATOR"))

    page = look(client)

    assert page.context["period"] == desk.good.period
    assert late not in page.context["periods"]


def test_the_home_page_of_those_who_look_on_leads_to_the_quarter(client, desk):
    for seat in (desk.good.reviewer, make_seat("PREVENT_REGIONAL_VIEWER", make_region())):
        sign_in(client, seat)
        assert "see the quarter" in client.get(reverse("home")).content.decode()
    sign_in(client, desk.good.lead)
    assert "see the quarter" not in client.get(reverse("home")).content.decode()


def test_what_was_sent_back_waits_for_others_on_the_home_page_after_the_close_too(desk):
    good, now = desk.good, timezone.now()
    workflow.start_review(good.submission, by=good.reviewer, at=now)
    workflow.send_back(
        reload(good.submission), version=1, reasons={"training": "Look again."}, by=good.reviewer, at=now
    )
    Period.objects.update(closes_at=now - timedelta(days=1))

    waits = [row.subject.code for row in desk.get(reverse("home")).context["waits"]]

    assert waits == [good.trust.code]


def test_words_are_searched_in_name_and_code(desk):
    assert codes(look(desk, q="zzt72")) == ["ZZT72"]
    assert (
        codes(look(desk, q="organisation zzt7")) == ["ZZT70", "ZZT71", "ZZT72"] or len(codes(look(desk, q="zzt7"))) == 3
    )
    assert "No return matches" in look(desk, q="nowhere").content.decode()


def test_the_page_asks_as_much_for_many_as_for_few(desk):
    def queries():
        look(desk, **NOT_SUBMITTED)
        with CaptureQueriesContext(connection) as found:
            look(desk, **NOT_SUBMITTED)
        return len(found)

    few = queries()
    for number in range(10, 22):
        world = make_world(f"ZZT{number}")
        Participant.objects.filter(submission=world.submission, part="RECIPIENT").update(
            organisation=desk.good.commissioner
        )

    assert queries() == few


# Lists that leave


def test_the_list_of_non_submitters_names_own_providers_and_whom_to_ask(desk):
    response = desk.post(reverse("returns:missing_download"))

    lines = response.content.decode().splitlines()
    lead = desk.silent.lead.person
    assert len(lines) == 2
    assert lines[1].startswith("ZZT72,")
    assert f"{lead.name},{lead.email},Not started" in lines[1]
    release = Release.objects.get()
    assert (release.kind, release.rows) == ("non-submitters", 1)


def test_a_region_gets_the_list_of_its_own_area(client, desk):
    region = make_region()
    Submission.objects.filter(subject=desk.other.trust).update(region=region)
    sign_in(client, make_seat("PREVENT_REGIONAL_VIEWER", region))

    lines = client.post(reverse("returns:missing_download")).content.decode().splitlines()

    assert [line.partition(",")[0] for line in lines[1:]] == ["ZZT73"]


def test_a_region_sees_how_complete_its_commissioners_are(client, desk):
    region = make_region()
    Submission.objects.update(region=region)
    sign_in(client, make_seat("PREVENT_REGIONAL_VIEWER", region))

    page = look(client)

    assert "By lead commissioner" in page.content.decode()
    assert sum(row["owed"] for row in page.context["by_commissioner"]) == page.context["counts"]["owed"] == 4


def test_the_download_holds_what_the_page_shows(desk):
    found = desk.post(f"{reverse('returns:quarter_download')}?show=below-target").content.decode().splitlines()

    assert len(found) == 2
    assert found[1].startswith("ZZT71,")


# Reminding


def test_before_it_is_sent_one_sees_whom_a_reminder_reaches(desk):
    page = desk.get(reverse("returns:remind"), {"whom": "all"}).content.decode()

    assert "Remind 1 provider" in page
    assert str(desk.silent.lead.person) in page
    assert "2 people get" in page
    assert not Notice.objects.filter(person_id=desk.silent.lead.person_id).exists()


def test_the_ticked_ones_are_reminded(desk):
    response = desk.post(reverse("returns:remind"), {"return": str(desk.silent.submission.uuid)}, follow=True)

    assert f"You reminded {desk.silent.trust.name}: 2 people got a message." in response.content.decode()
    assert Event.objects.get(act="reminded").subject_id == str(desk.silent.submission.uuid)
    again = desk.post(reverse("returns:remind"), {"whom": "all"}, follow=True).content.decode()
    assert "had been reminded today already" in again
    assert Notice.objects.filter(person_id=desk.silent.lead.person_id).count() == 1
    assert "reminded" in look(desk, **NOT_SUBMITTED).content.decode()


@pytest.mark.parametrize("given", [{}, {"return": "nonsense"}])
def test_nothing_ticked_is_said(desk, given):
    page = desk.get(reverse("returns:remind"), given, follow=True).content.decode()

    assert "Tick the providers that you want to remind" in page


def test_anothers_provider_is_never_reminded(desk):
    desk.post(reverse("returns:remind"), {"return": str(desk.other.submission.uuid)})

    assert not Event.objects.filter(act="reminded").exists()


def test_who_only_looks_on_is_not_offered_to_remind(desk):
    page = look(desk, **NOT_SUBMITTED).content.decode()
    assert "Remind all 1 that have not submitted" in page
    sign_in(desk, make_seat("PREVENT_COMMISSIONER_VIEWER", desk.good.commissioner))

    assert "Remind all" not in look(desk, **NOT_SUBMITTED).content.decode()
