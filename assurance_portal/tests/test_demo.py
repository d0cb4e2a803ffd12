"""The demonstration as it stands after loading. Two quarters show what twelve show."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from accounts.models import Membership, Organisation, Person
from accounts.roles import all_roles
from accounts.row_security import as_system
from assurance_portal.demonstration import audit, loading, people
from continuity import needs
from continuity.models import AuditAction, AuditFigures
from journal import heads, seal
from journal.models import Event, Notice
from returns import stored_files, workflow
from returns.models import (
    Action,
    Attachment,
    Check,
    Escalation,
    EscalationStep,
    Finding,
    Period,
    Submission,
    Visit,
    Waiver,
)
from returns.periods import LONDON

NOW = datetime(2026, 2, 20, 15, tzinfo=UTC)  # weeks after the window of October to December has closed
Status = Submission.Status

# Each test is undone, inside the transaction that holds the demonstration
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, shelf):
    with override_settings(MEDIA_ROOT=shelf), django_db_blocker.unblock(), as_system("test"), transaction.atomic():
        yield loading.load(now=NOW, quarters=2)
        transaction.set_rollback(True)


def now_of(code):
    return Submission.objects.get(subject__code=code, period__key="2025-26-Q3")


def test_a_second_load_does_nothing_and_says_so(loaded):
    before = Event.objects.count()

    again = loading.load(now=NOW, quarters=2)

    assert loaded.is_new and not again.is_new
    assert Event.objects.count() == before


def test_everything_is_invented(loaded):
    assert all(code.startswith("ZZ") for code in Organisation.objects.values_list("code", flat=True))
    assert all(person.email.endswith(".example") and person.is_demonstration for person in Person.objects.all())
    assert not any(person.has_usable_password() for person in Person.objects.all())


def test_every_role_has_somebody(loaded):
    held = set(Membership.objects.active_at(NOW).values_list("role", flat=True))

    assert held == {key for key, role in all_roles().items() if role.return_type in ("", "prevent", "continuity")}


def test_everybody_it_names_is_there(loaded):
    named = [row["email"] for row in people.as_rows()]

    assert len(people.as_lines()) <= 22
    assert Person.objects.filter(email__in=named).count() == len(named)


def test_the_log_is_whole_and_nothing_waits(loaded):
    verdict = seal.verify()

    assert verdict.is_whole and verdict.waiting == 0 and verdict.sealed == Event.objects.count()
    assert not Check.objects.exclude(state=Check.State.PASSED).exists()
    assert not Notice.objects.filter(state=Notice.State.WAITING).exists()


def test_the_head_of_the_log_is_kept_outside(loaded, shelf, settings):
    settings.MEDIA_ROOT = shelf

    assert max(head.seq for head in heads.kept()) == Event.objects.count()


def test_people_act_when_people_are_at_work(loaded):
    moments = Event.objects.filter(actor_id__isnull=False).values_list("at", flat=True)

    hours = {moment.astimezone(LONDON).hour for moment in moments}

    assert hours <= set(range(8, 19))


def test_every_warning_of_a_submitted_return_is_explained(loaded):
    findings = Finding.objects.filter(version__submission__period__collection__return_type="prevent")
    assert findings.filter(severity="WARNING").exists()
    assert not findings.filter(severity="ERROR").exists()
    assert not findings.filter(severity="WARNING", explanation="").exists()


def test_the_last_quarter_shows_returns_in_every_state(loaded):
    shown = set(Submission.objects.filter(period__key="2025-26-Q3").values_list("status", flat=True))

    assert shown == set(Status) - {Status.NOT_REQUIRED}


def test_the_window_has_been_moved_with_its_event_and_is_open(loaded):
    period = Period.objects.get(key="2025-26-Q3")

    assert period.opens_at < NOW < period.due_at < period.closes_at
    assert Event.objects.filter(act="period moved", subject_id=period.pk).exists()


def test_a_return_can_be_filled_in_at_once(loaded):
    submission = now_of("ZZT01")
    lead = Membership.objects.get(organisation__code="ZZT01", role=people.OPERATIONAL_LEAD)
    spec = workflow.specs_of(submission)[0]
    given = loading.returns.content.read_answers(spec.questions, {"operational_lead_name": lead.person.name})

    workflow.save_section(submission, spec, given, revision=0, by=lead, at=NOW)

    assert now_of("ZZT01").status == Status.DRAFT


def test_some_returns_have_no_commissioner_or_nobody_to_review_them(loaded):
    assert not now_of("ZZP13").participants.filter(part="RECIPIENT").exists()
    assert not Membership.objects.filter(organisation__code=people.NOBODY_THERE).exists()


def test_one_return_was_sent_back_and_has_a_second_version(loaded):
    assert now_of("ZZT03").standing_version.number == 2
    assert now_of("ZZT07").section_states.filter(state="SENT_BACK").exists()


class TestWhatFollows:
    def test_an_escalation_is_on_its_way_with_its_notice_and_the_answer(self, loaded):
        row = Escalation.objects.get(provider__code="ZZT03", measure="training_l3")

        assert [step.key for step in row.steps.order_by("pk")] == ["informal-contact", "contract-query-notice"]
        assert row.steps.last().notes.count() == 2
        assert Attachment.objects.get(note__step__escalation=row).name == "contract-query-notice.pdf"

    def test_the_clock_raised_what_never_came_and_somebody_took_it_on(self, loaded):
        silent = Escalation.objects.filter(kind=Escalation.Kind.FAILURE_TO_SUBMIT, raised_by=None)

        assert silent.count() >= 2
        assert EscalationStep.objects.filter(escalation__in=silent, key="contract-query-notice").exists()

    def test_actions_are_overdue_open_and_proposed_as_done_and_one_follows_from_a_visit(self, loaded):
        today = timezone.localdate(NOW)
        ours = list(Action.objects.filter(provider__code="ZZT01"))

        assert sum(action.is_overdue_on(today) for action in ours) == 1
        assert sum(action.is_proposed_done for action in ours) == 1
        assert Visit.objects.get().actions.count() == 1

    def test_one_waiver_is_in_force_and_one_waits(self, loaded):
        assert sorted(Waiver.objects.values_list("state", flat=True)) == ["APPROVED", "ASKED"]

    def test_files_are_what_they_say(self, loaded, shelf):
        with override_settings(MEDIA_ROOT=shelf):
            for attachment in Attachment.objects.all():
                assert stored_files.content_of(attachment).startswith(b"%PDF-")


# From prison to the community


def test_a_finished_audit_has_figures_findings_and_a_plan(loaded):
    figures = AuditFigures.objects.select_related("audit").get()

    assert figures.audit.is_closed and figures.shared_at and figures.sheets == 2
    lost, engaged, _ = figures.content["all"]["measures"]["M21"]
    assert 0 < lost < engaged and figures.referrals > 50
    assert {action.status for action in figures.audit.actions.all()} == set(AuditAction.Status.values)
    assert figures.audit.findings.count() == 2


@pytest.mark.parametrize(("name", "code", "role"), audit.PEOPLE)
def test_everybody_of_the_audits_has_something_to_do(loaded, name, code, role):
    seat = Membership.objects.select_related("organisation").get(person__name=name)

    assert needs.of(seat, NOW)
