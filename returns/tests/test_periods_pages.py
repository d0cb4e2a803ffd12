"""The national administrator's pages: periods, exports, the log and what is stuck; and the mailbox and help."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import make_commissioner, make_organisation, make_region, make_seat, sign_in
from journal import seal
from journal.models import Event, Notice
from returns import completeness, exports, workflow
from returns.models import Check, Delivery, Export, Period, Release
from returns.periods import Quarter, at_five, end_of
from returns.registry import return_types
from returns.tests.factories import (
    AFTER_THE_DUE_DATE,
    IN_THE_WINDOW,
    QUARTER,
    make_period,
    make_world,
    submit_and_check,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shelf(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def administrator():
    return make_seat("NATIONAL_ADMINISTRATOR", make_commissioner())


@pytest.fixture
def look(client, administrator):
    """Opens a page as the national administrator."""
    sign_in(client, administrator)
    return lambda name, *args, **query: client.get(reverse(name, args=args), query)


def text_of(response):
    return " ".join(response.content.decode().split())


def recently_ended():
    return Quarter.containing(timezone.localdate()).previous()


# Periods


def test_the_list_counts_what_is_owed_submitted_accepted_and_late(look):
    world, late, missing = make_world("ZZT01"), make_world("ZZT02"), make_world("ZZT03")
    excused = make_world("ZZT04")
    submit_and_check(world)
    submit_and_check(late, AFTER_THE_DUE_DATE)
    workflow.excuse(excused.submission, reason="Merged.", by=excused.reviewer, at=IN_THE_WINDOW)

    (row,) = look("returns:periods").context["page"]

    assert (row.owed, row.submitted, row.accepted, row.late) == (3, 2, 0, 2)
    assert missing.submission.status == "NOT_STARTED"


def test_the_list_asks_the_same_number_of_queries_however_many_periods_there_are(look):
    make_world()
    few = _queries_of(look, "returns:periods")
    for quarter in (QUARTER.previous(), QUARTER.previous().previous()):
        make_period(quarter)

    assert _queries_of(look, "returns:periods") == few


def test_a_period_asks_the_same_number_of_queries_however_many_returns_there_are(look):
    world = make_world()
    few = _queries_of(look, "returns:period", world.period.pk)
    for number in (2, 3, 4):
        make_world(f"ZZT0{number}")

    assert _queries_of(look, "returns:period", world.period.pk) == few


def _queries_of(look, name, *args):
    """How many queries a page asks, once the session has begun."""
    look(name, *args)
    with CaptureQueriesContext(connection) as queries:
        assert look(name, *args).status_code == 200
    return len(queries)


def test_only_quarters_that_have_ended_and_are_not_open_are_offered(look):
    ended = recently_ended()
    make_period(ended.previous())

    offered = [value for value, _ in look("returns:periods").context["form"].fields["quarter"].choices]

    assert offered[0] == f"prevent {ended.key}"
    assert f"prevent {ended.previous().key}" not in offered
    assert f"prevent {ended.next().key}" not in offered


def test_a_quarter_is_opened_once_however_often_the_form_comes(client, look):
    make_organisation()
    for _ in range(2):
        answer = client.post(reverse("returns:open_period"), {"quarter": f"prevent {recently_ended().key}"})

    period = Period.objects.get()
    assert answer.url == reverse("returns:period", args=[period.pk])
    assert period.opened_at
    assert period.submissions.count() == 1


@pytest.mark.parametrize("given", ["", "prevent 2090-91-Q1", "prevent nonsense", "other 2025-26-Q2"])
def test_a_quarter_that_cannot_be_opened_is_an_error_on_the_page(client, look, given):
    answer = client.post(reverse("returns:open_period"), {"quarter": given})

    assert answer.status_code == 200
    assert "There is a problem" in text_of(answer)
    assert not Period.objects.exists()


def test_completeness_by_commissioner_and_region_never_passes_the_whole(look):
    region = make_region(name="Far North")
    world, other = make_world("ZZT01"), make_world("ZZT02")
    alone = make_organisation("ZZT05")
    make_period()
    world.period.submissions.filter(subject=world.trust).update(region=region)
    submit_and_check(world)
    submit_and_check(other, AFTER_THE_DUE_DATE)
    workflow.excuse(other.submission, reason="Merged.", by=other.reviewer, at=AFTER_THE_DUE_DATE)

    context = look("returns:period", world.period.pk).context
    groups = {row["group"]: (row["owed"], row["submitted"], row["in_time"]) for row in context["by_commissioner"]}
    regions = {row["group"]: (row["owed"], row["submitted"]) for row in context["by_region"]}

    assert groups == {world.commissioner.name: (1, 1, 1), "No lead commissioner": (1, 0, 0)}
    assert regions == {"Far North": (1, 1), "No region": (1, 0)}
    assert context["without_commissioner"] == [alone]


def test_the_list_of_non_submitters_leaves_as_a_release(look):
    world = make_world("ZZT01")
    world.trust.name = "=HYPERLINK(1)"
    world.trust.save()
    submitted = make_world("ZZT02")
    submit_and_check(submitted)

    answer = look("returns:non_submitters", world.period.pk)

    body = answer.content.decode("utf-8-sig").splitlines()
    assert len(body) == 2
    assert body[1].startswith("ZZT01,'=HYPERLINK(1),")
    assert Release.objects.get().kind == "non-submitters"
    assert [row.subject for row in completeness.non_submitters(world.period.submissions.all())] == [world.trust]


def day(name, value):
    return {f"{name}_day": value.day, f"{name}_month": value.month, f"{name}_year": value.year}


def test_the_dates_move_and_the_page_says_who_moved_them(client, look, administrator):
    period = make_period()
    due, closes = period.due_at.date() + timedelta(days=7), period.closes_at.date() + timedelta(days=7)

    client.post(reverse("returns:period_dates", args=[period.pk]), day("due_on", due) | day("closes_on", closes))

    period.refresh_from_db()
    assert (period.due_at, period.closes_at) == (at_five(due), end_of(closes))
    text = text_of(look("returns:period", period.pk))
    assert administrator.person.name in text
    assert "Due 14 October 2025, 5pm instead of 7 October 2025, 5pm" in text


def test_dates_in_the_wrong_order_keep_what_was_typed(client, look):
    period = make_period()
    due, closes = period.closes_at.date(), period.due_at.date()

    answer = client.post(
        reverse("returns:period_dates", args=[period.pk]), day("due_on", due) | day("closes_on", closes)
    )

    assert answer.status_code == 200
    assert f'value="{due.day}"' in text_of(answer)
    assert not Event.objects.filter(act="period moved").exists()


# Exports


def test_files_are_asked_for_once_however_often_the_button_is_pressed(client, look):
    world = make_world()
    for _ in range(2):
        answer = client.post(reverse("returns:ask_export", args=[world.period.pk]))

    export = Export.objects.get()
    assert answer.url == reverse("returns:export", args=[export.uuid])
    assert "Waiting for a worker" in text_of(look("returns:export", export.uuid))


def test_the_files_are_downloaded_with_an_event_and_are_never_kept_by_a_cache(look, administrator):
    world = make_world("ZZT01")
    submit_and_check(world)
    export = exports.ask(world.period, by=administrator, at=IN_THE_WINDOW)
    exports.write_waiting(at=IN_THE_WINDOW)

    text = text_of(look("returns:export", export.uuid))
    answer = look("returns:export_download", export.uuid)

    assert "ZZT01" in text
    assert "Nothing: every version that was sent is the latest" in text
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Disposition"] == 'attachment; filename="prevent-2025-26-Q2.zip"'
    assert b"".join(answer.streaming_content).startswith(b"PK")
    assert Event.objects.filter(act="export downloaded", subject_id=str(export.uuid)).count() == 1
    answer.close()


def test_a_stuck_export_says_so_and_can_be_asked_for_again(client, look, administrator):
    world = make_world()
    export = exports.ask(world.period, by=administrator, at=IN_THE_WINDOW)
    Export.objects.update(state=Export.State.STUCK, attempts=3)

    assert "tried three times" in text_of(look("returns:export", export.uuid))
    assert "National files" in text_of(look("returns:stuck"))
    client.post(reverse("returns:ask_export", args=[world.period.pk]))
    assert Export.objects.filter(state=Export.State.WAITING).count() == 1
    assert "Nothing is stuck" in text_of(look("returns:stuck"))


# A trust's own way


def test_a_submitter_downloads_the_filled_proforma(client):
    world = make_world("ZZT01")
    submit_and_check(world)
    sign_in(client, world.submitter)

    answer = client.get(reverse("returns:proforma", args=[world.submission.uuid]))

    assert answer.content.startswith(b"PK")
    assert "PREVENT_ZZT01_2025-26Q2_v1.xlsx" in answer["Content-Disposition"]
    assert Release.objects.get().kind == "pro-forma"


def test_a_receipt_is_recorded_once_for_a_version(client):
    world = make_world()
    submit_and_check(world)
    sign_in(client, world.submitter)
    url = reverse("returns:record_delivery", args=[world.submission.uuid])
    form = {"number": 1, "receipt": "SDCS-77"} | day("delivered_on", IN_THE_WINDOW.date())

    client.post(url, form)
    again = client.post(url, form)

    assert Delivery.objects.get().receipt == "SDCS-77"
    assert again.status_code == 200
    assert "Every version that passed its check has its receipt" in text_of(again)


def test_a_receipt_without_its_number_is_an_error_that_keeps_the_day(client):
    world = make_world()
    submit_and_check(world)
    sign_in(client, world.submitter)

    answer = client.post(
        reverse("returns:record_delivery", args=[world.submission.uuid]),
        {"number": 1, "receipt": ""} | day("delivered_on", IN_THE_WINDOW.date()),
    )

    assert "Enter the receipt or reference that you were given." in text_of(answer)
    assert 'value="6"' in text_of(answer)


# The log


def test_the_log_says_how_far_it_is_sealed(look):
    make_world()
    seal.seal_everything(at=timezone.now())

    text = text_of(look("returns:log"))

    assert f"Whole up to event {Event.objects.count():,}, sealed now" in text.replace("\xa0", " ")


def test_the_log_is_filtered_by_subject_and_by_words(look):
    world = make_world()
    submit_and_check(world)

    rows = look("returns:log", subject=str(world.submission.uuid), act="signed").context["events"]

    assert {row.act for row in rows} == {"signed off"}


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "²"])
def test_the_log_takes_any_address(look, before):
    assert look("returns:log", before=before).status_code == 200


def test_a_stuck_check_is_tried_again(client, look):
    world = make_world()
    submit_and_check(world)
    Check.objects.update(state=Check.State.STUCK, attempts=3, error="ValueError", checked_at=None)
    check = Check.objects.get()

    assert "ValueError" in text_of(look("returns:stuck"))
    client.post(reverse("returns:retry", args=[check.pk]))

    check.refresh_from_db()
    assert (check.state, check.attempts) == (Check.State.WAITING, 0)


# Messages


def make_notice(seat, link="/help/", **fields):
    fields = {"dedupe_key": "one", "subject": "The return was submitted", "created_at": IN_THE_WINDOW} | fields
    return Notice.objects.create(person_id=seat.person_id, membership_id=seat.pk, link=link, **fields)


def test_looking_at_messages_changes_nothing_and_opening_one_marks_it_read(client, look, administrator):
    notice = make_notice(administrator)

    assert "The return was submitted" in text_of(look("mailbox"))
    notice.refresh_from_db()
    assert notice.read_at is None

    answer = client.post(reverse("open_notice", args=[notice.pk]))
    notice.refresh_from_db()
    assert answer.url == "/help/"
    assert notice.read_at


def test_a_message_opens_for_the_seat_it_was_sent_to(client, administrator):
    other = make_seat("PREVENT_REVIEWER", make_commissioner(), administrator.person)
    sign_in(client, administrator)

    client.post(reverse("open_notice", args=[make_notice(other).pk]))

    assert client.session["seat"] == other.pk


@pytest.mark.parametrize("link", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:1", ""])
def test_a_link_to_elsewhere_is_not_followed(client, look, administrator, link):
    assert client.post(reverse("open_notice", args=[make_notice(administrator, link).pk])).status_code == 404


def test_messages_of_others_and_messages_that_were_dropped_are_not_there(client, look, administrator):
    others = make_notice(make_seat("NATIONAL_ADMINISTRATOR"))
    make_notice(administrator, state=Notice.State.DROPPED)

    assert "You have no messages" in text_of(look("mailbox"))
    assert client.post(reverse("open_notice", args=[others.pk])).status_code == 404


def test_all_messages_are_marked_read_at_once(client, look, administrator):
    make_notice(administrator)
    make_notice(administrator, dedupe_key="two")

    client.post(reverse("mark_all_read"))

    assert not Notice.objects.filter(read_at__isnull=True).exists()


# Help


@pytest.mark.parametrize("name", ["help:index", "help:about", "help:accessibility"])
def test_these_help_pages_open_without_signing_in(client, name):
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("slug", ["prevent", "toy"])
@pytest.mark.parametrize("name", ["help:definitions", "help:rules", "help:scores"])
def test_every_kind_of_return_has_its_definitions_rules_and_method(look, name, slug):
    assert look(name, slug).status_code == 200
    assert look(name, "nothing").status_code == 404


def test_the_catalogue_holds_every_rule_and_every_refusal(look):
    text = text_of(look("help:rules", "prevent"))

    rules = return_types()["prevent"].rulebook.rules
    for code in (*rules, "PRV-E01", "PRV-E02", "PRV-E11", "PRV-E13", "PRV-E14", "PRV-E15"):
        assert code in text


def test_a_form_that_was_open_for_too_long_says_what_to_do():
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post(reverse("account_login"), {})

    assert answer.status_code == 403
    assert "Nothing was saved" in text_of(answer)
