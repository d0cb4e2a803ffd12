"""The national files: the same versions give the same bytes, and what is newer than what was sent is said."""

import threading
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from accounts.models import Organisation
from accounts.tests.factories import make_seat
from journal.models import Event, Notice
from returns import exports, workflow
from returns.models import Delivery, Export, Release
from returns.queue import ATTEMPTS
from returns.tests.factories import GOOD, IN_THE_WINDOW, make_period, make_world, reload, submit, submit_and_check

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shelf(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def administrator():
    return make_seat("NATIONAL_ADMINISTRATOR")


def correct(world, at=IN_THE_WINDOW):
    """The provider takes the return back, corrects a number and submits a second version, which is checked."""
    workflow.take_back(world.submission, reason="A number was wrong.", by=world.submitter, at=at)
    return submit_and_check(world, at, l12_compliant=GOOD["l12_compliant"] + 10)


def ask_and_write(world, administrator, at=IN_THE_WINDOW):
    row = exports.ask(world.period, by=administrator, at=at)
    exports.write_waiting(at=at)
    row.refresh_from_db()
    return row


def test_the_same_versions_give_the_same_bytes():
    world = make_world()
    make_world("ZZT02")
    submit_and_check(world)

    first, second = exports.gather(world.period), exports.gather(world.period)

    assert first.files == second.files
    assert exports.bundle(first.files) == exports.bundle(dict(reversed(second.files.items())))


def test_only_trusts_whose_check_passed_are_sources_and_the_others_are_named():
    world = make_world("ZZT01")
    waiting = make_world("ZZT02")
    provider = make_world("ZZP01", kind=Organisation.Kind.INDEPENDENT_PROVIDER)
    submit_and_check(world)
    submit(waiting)

    export = exports.gather(world.period)

    assert [source["organisation_code"] for source in export.manifest["sources"]] == ["ZZT01"]
    assert [item.organisation_code for item in export.non_submitters] == ["ZZT02"]
    assert provider.trust.code not in str(export.manifest)


def test_a_non_submitter_is_named_with_its_operational_lead():
    world = make_world()

    (missing,) = exports.gather(world.period).non_submitters

    assert (missing.lead_name, missing.lead_email) == (world.lead.person.name, world.lead.person.email)


def test_what_leaves_is_written_down_with_its_versions():
    world = make_world()
    submit_and_check(world)
    export = exports.gather(world.period)

    release, archive = exports.release(world.period, export, by=None, at=IN_THE_WINDOW)

    assert release.recipient == "SDCS"
    assert [item.version for item in release.inputs.all()] == [world.submission.standing_version]
    assert Event.objects.get(act="released").detail["sha256"] == release.sha256


def test_files_asked_for_on_a_page_are_written_by_a_worker(administrator):
    world = make_world()
    submit_and_check(world)

    row = exports.ask(world.period, by=administrator, at=IN_THE_WINDOW)
    assert row.state == Export.State.WAITING

    assert exports.write_waiting(at=IN_THE_WINDOW) == 1
    row.refresh_from_db()
    assert row.state == Export.State.READY
    with default_storage.open(row.stored_as) as file:
        assert file.read() == exports.bundle(exports.gather(world.period).files)
    assert row.manifest["period"] == world.period.key
    assert Notice.objects.filter(person_id=administrator.person_id, dedupe_key=f"export {row.uuid}").exists()
    assert exports.write_waiting(at=IN_THE_WINDOW) == 0


def test_nothing_is_newer_right_after_it_was_sent(administrator):
    world = make_world()
    submit_and_check(world)

    assert exports.newer_than_sent(world.period) == []
    ask_and_write(world, administrator)
    assert exports.newer_than_sent(world.period) == []


def test_a_version_that_passed_after_the_export_is_newer_than_what_was_sent(administrator):
    world = make_world("ZZT01")
    submit_and_check(world)
    ask_and_write(world, administrator)

    correct(world)

    assert exports.newer_than_sent(world.period) == [("ZZT01", 1, 2)]
    ask_and_write(world, administrator)
    assert exports.newer_than_sent(world.period) == []


def test_what_a_trust_sent_by_its_own_hand_counts_as_sent():
    world = make_world("ZZT01")
    version = submit_and_check(world).current_version
    workflow.record_delivery(
        world.submission,
        version=version,
        route="SDCS",
        delivered_on=IN_THE_WINDOW.date(),
        receipt="R-1",
        by=world.submitter,
        at=IN_THE_WINDOW,
    )

    correct(world)

    assert Delivery.objects.count() == 1
    assert exports.newer_than_sent(world.period) == [("ZZT01", 1, 2)]


def test_while_a_newer_version_waits_for_its_check_the_last_good_one_is_exported():
    world = make_world()
    submit_and_check(world)
    workflow.take_back(world.submission, reason="A number was wrong.", by=world.submitter, at=IN_THE_WINDOW)

    (source,) = exports.gather(world.period).manifest["sources"]

    assert source["version"] == 1
    assert reload(world.submission).is_being_filled_in


def test_an_export_that_fails_three_times_stops_where_people_see_it(administrator, monkeypatch):
    period = make_period()
    row = exports.ask(period, by=administrator, at=IN_THE_WINDOW)
    monkeypatch.setattr(exports, "gather", lambda period: 1 / 0)

    for minute in range(ATTEMPTS):
        exports.write_waiting(at=IN_THE_WINDOW + timedelta(minutes=minute))

    row.refresh_from_db()
    assert (row.state, row.attempts) == (Export.State.STUCK, 3)
    assert "ZeroDivisionError" in row.error and not Release.objects.exists()


def test_a_slow_worker_whose_export_went_to_another_one_writes_nothing(administrator):
    row = exports.ask(make_period(), by=administrator, at=IN_THE_WINDOW)
    slow = exports.QUEUE.claim(IN_THE_WINDOW)
    later = IN_THE_WINDOW + exports.LEASE + timedelta(seconds=1)
    exports.QUEUE.claim(later)

    assert not exports._write(slow, later)

    row.refresh_from_db()
    assert (row.state, row.attempts) == (Export.State.WAITING, 2)
    assert not Release.objects.exists()


def test_files_that_are_asked_for_already_are_not_asked_for_again(administrator):
    period = make_period()

    assert exports.ask(period, by=administrator, at=IN_THE_WINDOW) == exports.ask(
        period, by=make_seat("NATIONAL_ADMINISTRATOR"), at=IN_THE_WINDOW
    )

    assert Event.objects.filter(act="export asked for").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_the_same_moment_ask_for_one_export():
    period, seats = make_period(), [make_seat("NATIONAL_ADMINISTRATOR") for _ in range(2)]
    start, asked = threading.Barrier(2), []

    def ask(seat):
        start.wait()
        try:
            asked.append(exports.ask(period, by=seat, at=IN_THE_WINDOW).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=[seat]) for seat in seats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(asked) == 2 and len(set(asked)) == 1
