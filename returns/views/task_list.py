"""One return for those who own it: its sections and what each still needs, where it went, what can be done now."""

from dataclasses import dataclass

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.models import Membership
from accounts.roles import Act
from returns import findings, permissions, queries, sections, workflow
from returns.models import Review, Section, Submission
from returns.registry import type_of
from returns.return_type import SectionSpec, Signature
from returns.views.access import any_submission_for
from returns.views.beside import beside
from returns.views.history import deliveries_of, national_route
from returns.views.uploads import uploads_of


@require_GET
def one_return(request, uuid):
    """The task list for the owner; for everybody else, the version that was submitted. Rows have a page of their own."""
    submission = any_submission_for(request, uuid)
    if rows := type_of(submission).rows:
        return redirect(rows.page, uuid=uuid)
    if not permissions.can_see_working_copy(request.seat, submission):
        return redirect("returns:review", uuid=uuid)
    return render(request, "returns/return.html", _task_list(request, submission))


def _task_list(request, submission):
    answers, context, verdict = findings.look_at(submission)
    specs = type_of(submission).sections_for(submission.subject.kind, context.traits)
    now, closes_at = timezone.now(), workflow.closes_at(submission)
    can_fill_in = permissions.can_fill_in(request.seat, submission)
    asked = queries.open_beside(request.seat, submission)
    return beside(request.seat, submission, now, can_fill_in=can_fill_in) | {
        "submission": submission,
        "tasks": list(_tasks(submission, specs, answers, verdict, asked)),
        "queries": [(query, queries.about(query)) for query in asked],
        "closes_at": closes_at,
        "is_closed": now > closes_at,
        "is_late": now > submission.period.due_at,
        "not_open_yet": now < submission.period.opens_at,
        "decided": _last_decision(submission),
        "national": national_route(submission),
        "deliveries": deliveries_of(submission),
        "needs_another_signer": permissions.signature_of(submission) is Signature.ANOTHER_PERSON,
        "still_to_sign": workflow.still_to_sign(submission, verdict) if submission.is_awaiting_sign_off else [],
        "inviters": _inviters(submission, now) if submission.is_being_filled_in else [],
        "signers": sorted({seat.person.name for seat in workflow.signers(submission, now)}),
        "uploads": uploads_of(submission),
        "can_fill_in": can_fill_in,
        "can_sign_off": permissions.can_sign_off(request.seat, submission),
        "can_take_back": permissions.can_take_back(request.seat, submission)
        and (submission.is_awaiting_sign_off or (submission.is_submitted and now <= closes_at)),
        "can_record_receipt": permissions.can_record_receipt(request.seat, submission),
    }


def _last_decision(submission):
    """What the recipient last decided, where it accepted a version."""
    accepted = Review.objects.filter(version__submission=submission, outcome=Review.Outcome.ACCEPTED)
    return accepted.decided().first()


def _inviters(submission, moment):
    """Who in the provider's organisation can invite a colleague."""
    seats = Membership.objects.active_at(moment).with_role_that(Act.MANAGE_PEOPLE).select_related("person")
    return sorted(seat.person.name for seat in seats.filter(organisation=submission.subject))


@dataclass
class Task:
    """One line of the task list: a section, and what it still needs."""

    submission: Submission
    spec: SectionSpec
    state: Section | None
    missing: int
    to_correct: int
    to_explain: int
    to_answer: int  # queries

    @property
    def can_open(self):
        return self.submission.is_being_filled_in and not (self.state and self.state.is_closed)

    @property
    def waits_to_be_looked_at(self):
        """Sent back, and not saved since."""
        return bool(self.state and self.state.is_sent_back and self.state.saved_at <= self.submission.status_at)

    @property
    def status(self):
        if not self.can_open:
            return "LOCKED"
        if self.waits_to_be_looked_at:
            return "SENT_BACK"
        if not (self.state and self.state.revision):
            return "NOT_STARTED"
        if self.to_correct or (self.to_explain and not self.missing):
            return "NEEDS_ATTENTION"
        return "IN_PROGRESS" if self.missing else "COMPLETED"

    @property
    def words(self):
        return self.status.replace("_", " ").capitalize()

    @property
    def is_finished(self):
        return self.status == "COMPLETED"

    @property
    def hint(self):
        """What the reviewer asked, and how much there is to do."""
        asked = f"Sent back: {self.state.reason}" if self.state and self.state.is_sent_back else ""
        if self.to_answer:
            asked += (
                f" {self.to_answer} {'query' if self.to_answer == 1 else 'queries'} of your commissioner to answer."
            )
        if self.status in {"LOCKED", "NOT_STARTED"}:
            return asked
        counts = [
            f"{self.missing} to answer" if self.missing else "",
            f"{self.to_correct} to correct" if self.to_correct else "",
            f"{self.to_explain} to explain" if self.to_explain else "",
        ]
        return " ".join(filter(None, [asked, ", ".join(filter(None, counts))]))


def _tasks(submission, specs, answers, verdict, asked):
    states = sections.states(submission)
    for spec in specs:
        here = [item for item in verdict.problems if type_of(submission).section_slug_of(item.fields) == spec.slug]
        errors = [item for item in here if item in verdict.errors]
        missing = [item for item in errors if len(item.fields) == 1 and answers.values[item.fields[0]] is None]
        yield Task(
            submission=submission,
            spec=spec,
            state=states.get(spec.slug),
            missing=len(missing),
            to_correct=len(errors) - len(missing),
            to_explain=sum(item in verdict.unexplained for item in here),
            to_answer=sum(query.section == spec.slug and query.is_with_owner for query in asked),
        )
