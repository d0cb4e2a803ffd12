"""The worker's side: leases, attempts, batches, and what is kept."""

from datetime import timedelta

import pytest

from accounts.models import Organisation
from journal.models import Event, Notice
from returns import checks, versions, workflow
from returns.models import Check, Finding, Measure, Score, Submission
from returns.registry import return_types
from returns.rules import Problem, Severity
from returns.tests.factories import (
    IN_THE_WINDOW,
    check,
    make_toy,
    make_world,
    reload,
    save,
    submit,
    submit_and_check,
)

pytestmark = pytest.mark.django_db
SOON = IN_THE_WINDOW + timedelta(seconds=1)
LATER = IN_THE_WINDOW + checks.LEASE + timedelta(seconds=1)


def break_score(monkeypatch, organisations=None):
    """Makes the score of Prevent returns fail: of all of them, or of those with this many staff."""
    prevent = return_types()["prevent"]
    ordinary = prevent.score

    def fail(answers, context):
        if organisations is None or answers.staff_total in organisations:
            raise ZeroDivisionError
        return ordinary(answers, context)

    monkeypatch.setitem(prevent.__dict__, "score", fail)


def test_a_checked_version_keeps_findings_score_and_measures():
    world = make_world()

    version = submit_and_check(world, l3_compliant=1100).standing_version

    finding = Finding.objects.get(version=version, rule="PRV-W01")
    assert (finding.severity, finding.section, finding.explanation) == (
        "WARNING",
        "training",
        "This is as it should be.",
    )
    score = Score.objects.get(version=version)
    assert score.method == "2026.1"
    assert next(part for part in score.parts if part["key"] == "training_l3")["numerator"] == 1100
    measure = Measure.objects.get(version=version, measure="training_l3")
    assert (measure.numerator, measure.denominator, measure.is_current) == (1100, 1400, True)


def test_only_the_standing_version_has_current_measures():
    world = make_world()
    submit_and_check(world)
    workflow.take_back(world.submission, reason="Wrong.", by=world.submitter, at=IN_THE_WINDOW)

    submit_and_check(world, general_enquiries=20)

    current = Measure.objects.filter(is_current=True, measure="general_enquiries")
    assert [(measure.version.number, measure.numerator) for measure in current] == [(2, 20)]


def test_a_worker_killed_in_the_middle_of_a_check_loses_nothing(monkeypatch):
    world = make_world()
    submit(world)
    monkeypatch.setattr(checks, "_check", lambda ids, lease, at: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        checks.check_waiting(limit=10, at=IN_THE_WINDOW)
    monkeypatch.undo()

    assert checks.check_waiting(limit=10, at=SOON) == 0  # the lease still holds
    assert checks.check_waiting(limit=10, at=LATER) == 1
    assert reload(world.submission).standing_version.number == 1


def test_a_worker_that_comes_back_after_its_lease_changes_nothing():
    world = make_world()
    submit(world)
    lease, ids = checks._claim(10, IN_THE_WINDOW)
    check(world, LATER)

    assert checks._check(ids, lease, LATER) == 0
    assert Score.objects.count() == 1


def test_a_version_that_cannot_be_checked_is_set_aside_after_three_attempts(monkeypatch):
    world = make_world()
    submit(world)
    break_score(monkeypatch)

    for attempt in range(5):
        checks.check_waiting(limit=10, at=IN_THE_WINDOW + attempt * 2 * checks.LEASE)

    stuck = Check.objects.get()
    assert (stuck.state, stuck.attempts, stuck.error) == (Check.State.STUCK, 3, "ZeroDivisionError")


def test_a_stuck_check_is_tried_again_when_somebody_says_so(monkeypatch):
    world = make_world()
    submit(world)
    Check.objects.update(state=Check.State.STUCK, attempts=3)

    checks.retry(Check.objects.get(), by=world.lead, at=IN_THE_WINDOW)

    assert check(world).standing_version.number == 1
    assert Event.objects.filter(act="check retried").exists()


def test_one_poisoned_version_does_not_hold_up_the_others(monkeypatch):
    worlds = [make_world("ZZT01"), make_world("ZZT02")]
    submit(worlds[0], staff_total=5000)
    submit(worlds[1], staff_total=5050)
    break_score(monkeypatch, organisations={5000})

    checks.check_waiting(limit=10, at=IN_THE_WINDOW)

    assert reload(worlds[0].submission).standing_version is None
    assert reload(worlds[1].submission).standing_version.number == 1


def test_an_error_that_only_the_worker_finds_sends_the_return_back(monkeypatch):
    world = make_world()
    submit(world)
    prevent = return_types()["prevent"]
    wrong = Problem(
        "PRV-E99", Severity.ERROR, ("staff_total",), "Staff in post is not what was published.", "", "", "f"
    )
    monkeypatch.setattr(type(prevent), "check", lambda self, answers, context: [wrong])
    monkeypatch.setitem(prevent.rulebook.rules, "PRV-E99", type("R", (), {"title": "staff in post is as published"})())

    check(world)

    submission = reload(world.submission)
    assert submission.status == Submission.Status.DRAFT
    assert "not what was published" in submission.status_reason
    assert Check.objects.get().state == Check.State.FAILED
    assert Finding.objects.get().rule == "PRV-E99"
    assert submission.standing_version is None


def test_what_an_explanation_says_cannot_be_mistaken_for_a_null():
    world = make_world()
    submit(world, l3_compliant=1100)
    from journal.copy_rows import copy_rows

    version = world.submission.current_version
    copy_rows(
        Finding,
        (
            "version_id",
            "rule",
            "severity",
            "section",
            "fields",
            "row_ref",
            "message",
            "remedy",
            "fingerprint",
            "explanation",
        ),
        [(version.pk, "X", "NOTE", "", ["a"], "", '\\N "quoted", and\na line', "", "f", "\\N")],
    )

    assert Finding.objects.get(rule="X").explanation == "\\N"
    assert Finding.objects.get(rule="X").message == '\\N "quoted", and\na line'


def test_nothing_of_its_figures_is_kept_for_a_type_that_says_so():
    toy, owners = make_toy()
    save(toy, "body", owners[0], wheels=3, doors=1)
    verdict_key = ("TOY-W01", _fingerprint(toy))
    workflow.explain(toy, *verdict_key, "It is a tricycle with 3 wheels.", by=owners[0], at=IN_THE_WINDOW)
    workflow.send_for_sign_off(toy, by=owners[0], at=IN_THE_WINDOW)
    for owner in owners:
        toy = reload(toy)
        workflow.sign_off(toy, content_sha256=toy.content_sha256, by=owner, at=IN_THE_WINDOW)

    checks.check_waiting(limit=10, at=IN_THE_WINDOW)

    assert reload(toy).standing_version.number == 1
    finding = Finding.objects.get()
    assert (finding.rule, finding.message, finding.explanation) == ("TOY-W01", "A toy has four wheels.", "")
    assert not Measure.objects.exists() and not Score.objects.exists()


def _fingerprint(submission):
    from returns import findings

    _, _, verdict = findings.look_at(submission)
    return verdict.warnings[0].fingerprint


def test_a_version_proves_that_it_is_intact():
    world = make_world()
    version = submit(world).current_version

    assert versions.is_intact(version)
    version.content.payload = bytes(version.content.payload).replace(b"5000", b"5001")
    assert not versions.is_intact(version)


def test_a_version_refuses_every_change():
    from django.db import DatabaseError, transaction

    world = make_world()
    version = submit(world).current_version

    for change in (
        lambda: type(version).objects.filter(pk=version.pk).update(number=9),
        lambda: type(version).objects.filter(pk=version.pk).delete(),
        lambda: type(version.content).objects.filter(pk=version.pk).update(payload=b"{}"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_checking_a_batch_costs_the_same_number_of_queries_whatever_its_size(django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries_for(count):
        for number in range(count):
            submit(make_world(f"ZZT{count}{number}", kind=Organisation.Kind.NHS_TRUST))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            checks.check_waiting(limit=50, at=IN_THE_WINDOW)
        return len(queries)

    assert queries_for(2) == queries_for(5)


def test_of_two_versions_checked_together_only_the_newer_is_current():
    world = make_world()
    submit(world)
    workflow.take_back(world.submission, reason="Wrong.", by=world.submitter, at=IN_THE_WINDOW)
    submit(world, general_enquiries=20)

    check(world)

    assert world.submission.standing_version.number == 2
    assert set(Measure.objects.filter(is_current=True).values_list("version__number", flat=True)) == {2}


def test_an_older_version_that_passes_late_does_not_stand():
    world = make_world()
    submit(world)
    Check.objects.update(state=Check.State.STUCK)
    workflow.take_back(world.submission, reason="Wrong.", by=world.submitter, at=IN_THE_WINDOW)
    submit_and_check(world, general_enquiries=20)
    Check.objects.filter(version__number=1).update(state=Check.State.WAITING, attempts=0)

    check(world)

    assert world.submission.standing_version.number == 2
    assert set(Measure.objects.filter(is_current=True).values_list("version__number", flat=True)) == {2}


def test_a_return_that_was_taken_back_is_not_announced_for_review():
    world = make_world()
    submit(world)
    workflow.take_back(world.submission, reason="Wrong.", by=world.submitter, at=IN_THE_WINDOW)

    check(world)

    assert not Notice.objects.filter(
        person_id=world.reviewer.person_id, subject__contains="ready for your review"
    ).exists()


def test_a_version_that_was_tried_before_is_tried_alone():
    worlds = [make_world("ZZT01"), make_world("ZZT02")]
    for world in worlds:
        submit(world)
    Check.objects.update(attempts=1)

    assert checks.check_waiting(limit=10, at=IN_THE_WINDOW) == 1
    assert checks.check_waiting(limit=10, at=IN_THE_WINDOW) == 1
