"""The life of a return. The only code that changes Submission.status: lock, look, change, event, notices, one transaction."""

from django.db import transaction
from django.db.models import F, Max
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from accounts.roles import Act
from journal import doorbell, events, notices
from journal.refused import Refused
from returns import checklists, findings, permissions, second_review, sections, versions
from returns.content import digest
from returns.models import (
    Check,
    Delivery,
    Explanation,
    Extension,
    Participant,
    Proposal,
    Review,
    Section,
    SignOff,
    Submission,
)
from returns.periods import days_to_mend, moment_said
from returns.registry import type_of
from returns.return_type import Signature
from returns.sections import SavedMeanwhile

__all__ = ["Refused", "SavedMeanwhile"]

Status = Submission.Status

ALLOWED = {
    Status.NOT_STARTED: {Status.DRAFT, Status.NOT_REQUIRED},
    Status.DRAFT: {Status.AWAITING_SIGN_OFF, Status.SUBMITTED, Status.NOT_REQUIRED},
    Status.AWAITING_SIGN_OFF: {Status.SUBMITTED, Status.DRAFT, Status.NOT_REQUIRED},
    Status.SUBMITTED: {Status.IN_REVIEW, Status.DRAFT, Status.NOT_REQUIRED},
    Status.IN_REVIEW: {Status.ACCEPTED, Status.DRAFT, Status.NOT_REQUIRED},
    Status.ACCEPTED: {Status.DRAFT},
    Status.NOT_REQUIRED: {Status.DRAFT},
}


# What happens to a draft is its owners' own; others learn of a return from its submission on
ACTS_ON_DRAFTS = frozenset(
    {
        "started",
        "section saved",
        "workbook uploaded",
        "workbook checked",
        "workbook refused",
        "workbook taken over",
        "workbook left",
        "workbook check retried",
        "warning explained",
        "explanation removed",
        "sent for sign-off",
        "signed off",
        "declined",
    }
)

# What the recipient's people settle among themselves before there is a verdict
ACTS_AMONG_REVIEWERS = frozenset({"verdict proposed", "verdict not confirmed"})


# Filling in


def open_for_answers(submission, *, at):
    """The return under its lock, where its answers may change now; otherwise Refused."""
    submission = _lock(submission)
    _refuse_unless_fillable(submission, at)
    return submission


@transaction.atomic
def save_section(submission, spec, given, *, revision, by, at):
    """Saves one section's answers (an `Answers` of its questions) over the revision that was shown; returns the section.

    Raises SavedMeanwhile where a colleague saved after that revision, Refused where the section may not change.
    """
    submission = _lock(submission)
    _refuse_unless_fillable(submission, at)
    section = sections.state(submission, spec.slug)
    if section.is_closed:
        raise Refused("This section is locked: your commissioner did not ask for it to be changed.", "locked")
    sha256 = digest(sections.part_of(given, spec))
    if section.revision and section.sha256 == sha256:
        return section
    if section.revision != revision:
        raise SavedMeanwhile(section)
    row = sections.working_copy(submission)
    _write(row, section, spec, given, by=by, at=at)
    _after_writing(submission, at)
    _event("section saved", submission, by, at, section=spec.slug, revision=section.revision)
    _start(submission, by, at)
    return section


@transaction.atomic
def take_over(submission, given, *, content_sha256, by, at, **detail):
    """Writes the answers that `given` names (an `Answers`) into the working copy at once, over the content that was shown.

    Sections without a difference stay as they are; returns the slugs of the others. Raises Refused where one of these is
    locked, or the content has changed.
    """
    submission = _lock(submission)
    _refuse_unless_fillable(submission, at)
    if submission.content_sha256 != content_sha256:
        raise Refused(
            "A colleague saved answers since you opened this page. Look at the differences once more.", "changed"
        )
    row, written = sections.working_copy(submission), []
    answers = sections.answers_of(row, type_of(submission))
    after = sections.merged(answers, given)
    for spec in specs_of(submission):
        if sections.part_of(after, spec) == sections.part_of(answers, spec):
            continue
        section = sections.state(submission, spec.slug)
        if section.is_closed:
            raise Refused(f"The section “{spec.title}” is locked, so it cannot be changed.", "locked")
        _write(row, section, spec, after, by=by, at=at)
        written.append(spec.slug)
    if not written:
        raise Refused("Nothing in this workbook differs from the answers in the portal.", "same")
    _after_writing(submission, at)
    _event("workbook taken over", submission, by, at, sections=written, **detail)
    _start(submission, by, at)
    return written


def _write(row, section, spec, given, *, by, at):
    """A section's answers into the working copy, and who saved it when."""
    names = {question.name for question in spec.questions}
    for name in names:
        setattr(row, name, None if name in given.absent else given.values[name])
    kept = {name: why for name, why in row.absent.items() if name not in names}
    row.absent = kept | {name: why for name, why in given.absent.items() if name in names}
    row.save()
    section.sha256, section.saved_by, section.saved_at = digest(sections.part_of(given, spec)), by.person, at
    section.revision += 1
    section.save()


def _after_writing(submission, at):
    _, verdict = _recheck(submission)
    _open_tied_sections(submission, verdict, at)


def _start(submission, by, at):
    if submission.status == Status.NOT_STARTED:
        _move(submission, Status.DRAFT, "started", by=by, at=at)


@transaction.atomic
def save_rows(submission, write, *, act, by, at, **detail):
    """Lets a return type change rows of the working copy: `write()` runs under the lock, then the rules; returns what it
    gave. `act` and `detail` are for the event. Where nothing was changed, `write` raises Refused.
    """
    submission = _lock(submission)
    _refuse_unless_fillable(submission, at)
    written = write()
    _judge(submission, written)
    _event(act, submission, by, at, **detail)
    _start(submission, by, at)
    return written


@transaction.atomic
def judge_rows_again(submission):
    """Runs the rules again over rows that changed from elsewhere, while the return is still being filled in."""
    submission = _lock(submission)
    if submission.is_being_filled_in:
        _judge(submission)


@transaction.atomic
def explain(submission, rule, fingerprint, text, *, by, at):
    """Keeps the reason for one warning that stands now. An empty text takes the reason away.

    The reason offered from last quarter, taken as it is, keeps where it was carried from.
    """
    submission = _lock(submission)
    _refuse_unless_fillable(submission, at)
    _, _, verdict = findings.look_at(submission)
    if (rule, fingerprint) not in {findings.key_of(warning) for warning in verdict.warnings}:
        raise Refused("The figures have changed since you opened this page. Look at the warning once more.", "changed")
    if text:
        offered = findings.offered_explanations(submission, verdict).get((rule, fingerprint))
        is_carried = offered is not None and offered.text == text
        Explanation.objects.update_or_create(
            submission=submission,
            rule=rule,
            fingerprint=fingerprint,
            defaults={
                "text": text,
                "given_by": by.person,
                "given_at": at,
                "carried_from": offered if is_carried else None,
            },
        )
    else:
        Explanation.objects.filter(submission=submission, rule=rule, fingerprint=fingerprint).delete()
    _recheck(submission)
    _event("warning explained" if text else "explanation removed", submission, by, at, rule=rule)


def _recheck(submission):
    """Runs the rules over the working copy and keeps the verdict with the hash that it is about; returns both."""
    answers, _, verdict = findings.look_at(submission)
    sha256 = digest(type_of(submission).to_payload(answers))
    _keep_verdict(submission, sha256, len(verdict.errors), len(verdict.unexplained))
    return answers, verdict


def _judge(submission, written=None):
    """Keeps the verdict once more. A type that judges its rows itself does so as far as those `written` (None: all) reach."""
    rows = type_of(submission).rows
    if rows and rows.judge:
        standing = rows.judge(submission, written)
        _keep_verdict(submission, standing.content_sha256, standing.blocking, 0)
    else:
        _recheck(submission)


def _keep_verdict(submission, sha256, blocking, unexplained):
    submission.content_sha256 = submission.checked_sha256 = sha256
    submission.blocking, submission.unexplained = blocking, unexplained
    submission.save(update_fields=["content_sha256", "checked_sha256", "blocking", "unexplained"])


def _open_tied_sections(submission, verdict, at):
    """An error that ties a section that was sent back to a closed one opens that one too."""
    states = sections.states(submission)
    if not any(section.is_sent_back for section in states.values()):
        return
    for problem in verdict.errors:
        touched = {type_of(submission).section_of(name).slug for name in problem.fields}
        if any(states[slug].is_sent_back for slug in touched if slug in states):
            for slug in touched:
                if slug in states and states[slug].is_closed:
                    reason = f"An answer elsewhere does not agree with this section: {problem.message}"
                    Section.objects.filter(pk=states[slug].pk).update(state=Section.State.SENT_BACK, reason=reason)


# Signing and submitting


@transaction.atomic
def send_for_sign_off(submission, *, by, at):
    """The preparer says that the return is complete. Where nobody signs, this submits it."""
    submission = _lock(submission)
    _refuse_unless_allowed(submission, Status.AWAITING_SIGN_OFF)
    looked = _refuse_unless_complete(submission, at)
    submission.prepared_by = by.person
    submission.save(update_fields=["prepared_by"])
    if permissions.signature_of(submission) is Signature.NONE:
        return _submit(submission, *looked, by=by, at=at)
    _move(submission, Status.AWAITING_SIGN_OFF, "sent for sign-off", by=by, at=at)
    _tell(submission, "sign-off", signers(submission, at), "waits for your signature", at)
    return submission


@transaction.atomic
def sign_off(submission, *, content_sha256, by, at):
    """Signs exactly the content that was shown; the last signature that is needed submits the return."""
    submission = _lock(submission)
    _refuse_unless_allowed(submission, Status.SUBMITTED, only_from={Status.AWAITING_SIGN_OFF})
    if submission.content_sha256 != content_sha256:
        raise Refused("The answers have changed since you opened this page. Read them once more.", "changed")
    answers, verdict = _refuse_unless_complete(submission, at)
    policy = permissions.signature_of(submission)
    if policy is Signature.ANOTHER_PERSON and submission.prepared_by_id == by.person_id:
        raise Refused(
            "You sent this return for sign-off yourself. Another person has to sign it.", "signed_by_preparer"
        )
    SignOff.objects.get_or_create(
        submission=submission,
        organisation=by.organisation,
        content_sha256=content_sha256,
        explanations_sha256=_explanations_sha256(verdict),
        defaults={"person": by.person, "at": at},
    )
    _event("signed off", submission, by, at, content_sha256=content_sha256)
    if still_to_sign(submission, verdict):
        return submission
    return _submit(submission, answers, verdict, by=by, at=at)


def still_to_sign(submission, verdict):
    """The organisations whose signature over the present content and its explanations is still needed."""
    owners = {
        part.organisation
        for part in submission.participants.select_related("organisation")
        if part.part in Participant.OWNERS
    }
    if permissions.signature_of(submission) is not Signature.EVERY_OWNER:
        owners = {owner for owner in owners if owner.pk == submission.subject_id}
    signed = SignOff.objects.filter(
        submission=submission,
        content_sha256=submission.content_sha256,
        explanations_sha256=_explanations_sha256(verdict),
    ).values_list("organisation_id", flat=True)
    return sorted((owner for owner in owners if owner.pk not in set(signed)), key=lambda owner: owner.code)


def _explanations_sha256(verdict):
    return digest(versions.explanations_payload(verdict.counting_explanations()))


@transaction.atomic
def decline(submission, *, reason, by, at):
    """The signer does not sign: the return goes back to those who filled it in, with the reason."""
    submission = _lock(submission)
    _refuse_unless_allowed(submission, Status.DRAFT, only_from={Status.AWAITING_SIGN_OFF})
    reason = _given(reason, "Say why you do not sign this return.")
    _move(submission, Status.DRAFT, "declined", by=by, at=at, reason=reason)
    _tell(submission, "declined", _fillers(submission, at), "was not signed off", at)


@transaction.atomic
def take_back(submission, *, reason, by, at):
    """The owner takes a return back from sign-off, or a submitted one until the hard close; the latter opens all sections,
    the former leaves locked what was not sent back.
    """
    submission = _lock(submission)
    _refuse_unless_allowed(submission, Status.DRAFT, only_from={Status.AWAITING_SIGN_OFF, Status.SUBMITTED})
    if submission.is_submitted and at > closes_at(submission):
        raise Refused("This return has closed. Ask your commissioner to reopen it.", "closed")
    was_submitted = submission.is_submitted
    reason = _given(reason, "Say why you take this return back.")
    _move(submission, Status.DRAFT, "taken back", by=by, at=at, reason=reason)
    if was_submitted:
        _open_sections(submission)
        _tell(submission, "taken back", _reviewers(submission, at), "was taken back by the provider", at)


def _submit(submission, answers, verdict, *, by, at):
    version = versions.freeze(
        submission,
        answers,
        verdict.counting_explanations(),
        rulebook=type_of(submission).rulebook.version,
        by=by,
        at=at,
    )
    submission.current_version = version
    submission.first_submitted_at = submission.first_submitted_at or at
    submission.save(update_fields=["current_version", "first_submitted_at"])
    _close_sections(submission)
    sealed = {"version": version.number, "content_sha256": version.content_sha256}
    _move(submission, Status.SUBMITTED, "submitted", by=by, at=at, **sealed)
    Check.objects.create(version=version, asked_at=at)
    ring_for_checks()
    _tell(
        submission,
        "submitted",
        _fillers(submission, at) | signers(submission, at),
        "was submitted",
        at,
        body=f"Receipt: version {version.number}, submitted {moment_said(at)}, SHA-256 {version.content_sha256}.",
    )
    return submission


# What the worker found


def check_passed(done, *, at):
    """`done` are (submission, version) pairs whose check passed, their submissions locked. The newest of them stands, and
    those who review it are told; returns the ids of the versions that stand now.
    """
    for submission, version in done:
        if submission.standing_version is None or submission.standing_version.number < version.number:
            submission.standing_version = version
    now_standing = {submission.pk: submission for submission, version in done if submission.standing_version == version}
    _stand(now_standing.values())
    events.record_many(
        {
            "act": "check passed",
            "subject": ("submission", submission.uuid),
            "at": at,
            "detail": {"version": version.number},
        }
        for submission, version in done
    )
    tell_reviewers(now_standing.values(), at=at)
    return {item.standing_version_id for item in now_standing.values()}


def tell_reviewers(submissions, *, at):
    """Tells those who review them of the submitted returns among these whose latest version stands: these can be reviewed."""
    to_review = [item for item in submissions if item.is_submitted and not item.has_newer_than_standing]
    reviewers = _reviewers_of_many(to_review, at)
    notices.tell(
        [
            _telling(item, "to review", reviewers[item.pk], "is ready for your review", at)
            for item in to_review
            if reviewers[item.pk]
        ],
        at=at,
    )


def _stand(submissions):
    """Writes which version stands: in one statement where it is the latest, as it nearly always is."""
    latest = [item.pk for item in submissions if not item.has_newer_than_standing]
    Submission.objects.filter(pk__in=latest).update(standing_version=F("current_version"))
    for item in submissions:
        if item.has_newer_than_standing:
            item.save(update_fields=["standing_version"])


@transaction.atomic
def check_failed(submission, version, messages, *, at):
    """The worker found errors: the return goes back to its owner; the first submission still counts for timeliness."""
    submission = _lock(submission)
    events.record("check failed", subject=("submission", submission.uuid), at=at, detail={"version": version.number})
    if submission.current_version_id != version.pk or submission.status != Status.SUBMITTED:
        return
    _open_sections(submission)
    _give_days_to_mend(submission, "The check found errors.", at)
    _judge(submission)
    reason = "The check found errors: " + " ".join(messages)
    _move(submission, Status.DRAFT, "returned by the check", by=None, at=at, reason=reason)
    _tell(submission, f"failed {version.number}", _fillers(submission, at), "has errors to correct", at)


def ring_for_checks():
    doorbell.ring("returns.check_waiting")


# Reviewing


@transaction.atomic
def start_review(submission, *, by, at):
    submission = _lock(submission)
    _refuse_unless_allowed(submission, Status.IN_REVIEW)
    version = submission.current_version
    if not version.checking.has_passed:
        raise Refused("This version has not been checked yet. Try again in a moment.", "unchecked")
    Review.objects.create(version=version, organisation=by.organisation, started_by=by.person, started_at=at)
    _move(submission, Status.IN_REVIEW, "review started", by=by, at=at, version=version.number)


@transaction.atomic
def accept(submission, *, version, verdict, reason, by, at):
    """The recipient accepts the version number that was shown, with a verdict (a code of `Review.Verdict`) and its reason.

    A verdict says how assured the recipient is, so it asks that every question of the checklist has been answered. Where
    the recipient wants a second reviewer, one person proposes and another confirms instead.
    """
    submission = _lock(submission)
    review = _review_under_way(submission, version, by)
    _refuse_unless_allowed(submission, Status.ACCEPTED)
    if second_review.is_wanted(submission, by.organisation):
        raise Refused("Your organisation wants two people for a verdict. Propose yours; another confirms it.", "second")
    verdict, reason = _grounded(submission, review, verdict, reason)
    _accept(submission, review, verdict, reason, by, at)


def _accept(submission, review, verdict, reason, by, at):
    version = review.version.number
    _conclude(review, Review.Outcome.ACCEPTED, reason, by, at, verdict=verdict)
    _move(submission, Status.ACCEPTED, "accepted", by=by, at=at, reason=reason, version=version, verdict=verdict)
    _tell(submission, f"accepted {version}", _owners(submission, at), "was accepted", at)


@transaction.atomic
def propose_verdict(submission, *, version, verdict, reason, by, at):
    """One reviewer proposes a verdict; another has to confirm it. Returns the proposal."""
    submission = _lock(submission)
    review = _review_under_way(submission, version, by)
    _refuse_unless_allowed(submission, Status.ACCEPTED)
    verdict, reason = _grounded(submission, review, verdict, reason)
    if waiting := second_review.waiting_for(review):
        raise Refused(
            f"{waiting.proposed_by.name} has proposed a verdict already. It waits for another person.", "proposed"
        )
    others = {seat for seat in _deciders(submission, at) if seat.person_id != by.person_id}
    if not others:
        raise Refused("Nobody else in your organisation may confirm a verdict. Ask a colleague to propose it.", "alone")
    proposal = Proposal.objects.create(
        review=review, verdict=verdict, reason=reason, proposed_by=by.person, proposed_at=at
    )
    _event("verdict proposed", submission, by, at, version=version, verdict=verdict)
    _tell(submission, f"proposed {proposal.pk}", others, "has a proposed verdict for you to confirm", at)
    return proposal


@transaction.atomic
def confirm_verdict(submission, *, proposal, by, at):
    """Another person confirms the proposed verdict (its id, as it was shown): this accepts the version."""
    submission = _lock(submission)
    proposal = _proposal_waiting(submission, proposal)
    if proposal.proposed_by_id == by.person_id:
        raise Refused("You proposed this verdict. Another person has to confirm it.", "same_person")
    _refuse_unless_allowed(submission, Status.ACCEPTED)
    verdict, reason = _grounded(submission, proposal.review, proposal.verdict, proposal.reason)
    second_review.answer(proposal, is_confirmed=True, note="", by=by, at=at)
    _accept(submission, proposal.review, verdict, reason, by, at)


@transaction.atomic
def object_to_verdict(submission, *, proposal, note, by, at):
    """The second person does not confirm: the review goes on, with the note for whoever proposed."""
    submission = _lock(submission)
    proposal = _proposal_waiting(submission, proposal)
    note = _given(note, "Say why you do not confirm this verdict.")
    second_review.answer(proposal, is_confirmed=False, note=note, by=by, at=at)
    version = proposal.review.version.number
    _event("verdict not confirmed", submission, by, at, version=version, verdict=proposal.verdict)
    proposers = {seat for seat in _reviewers(submission, at) if seat.person_id == proposal.proposed_by_id}
    _tell(submission, f"objected {proposal.pk}", proposers, "has a verdict of yours that was not confirmed", at)


def _proposal_waiting(submission, proposal):
    """The proposal that was shown, while it waits; else says what became of it."""
    found = Proposal.objects.select_related("review__version", "proposed_by", "answered_by").get(
        pk=proposal, review__version__submission=submission
    )
    if found.is_confirmed is None:
        return found
    did = "confirmed" if found.is_confirmed else "did not confirm"
    raise Refused(
        f"{found.answered_by.name} {did} this verdict on {moment_said(found.answered_at)}, before you.", "decided"
    )


def _grounded(submission, review, verdict, reason):
    """The verdict and its reason, once the checklist is answered."""
    if verdict not in Review.Verdict.values:
        raise Refused("Choose a verdict.", "no_verdict")
    reason = _given(reason, "Say what your verdict rests on.")
    if open_questions := checklists.unanswered(submission, review):
        few = f"{len(open_questions)} question{'s' if len(open_questions) > 1 else ''}"
        raise Refused(f"Answer the checklist first: {few} of it is not answered yet.", "checklist")
    return verdict, reason


@transaction.atomic
def send_back(submission, *, version, reasons, by, at):
    """Sends sections back: `reasons` maps the slug of each section in question to what is asked. The rest stays closed."""
    submission = _lock(submission)
    review = _review_under_way(submission, version, by)
    _refuse_unless_allowed(submission, Status.DRAFT, only_from={Status.IN_REVIEW})
    reasons = {slug: text.strip() for slug, text in reasons.items() if text.strip()}
    asked = {spec.slug: spec for spec in specs_of(submission)}
    if not reasons or not set(reasons) <= set(asked):
        raise Refused("Choose at least one section and say what should change in it.", "no_reason")
    summary = " ".join(f"{asked[slug].title}: {text}" for slug, text in reasons.items())
    _conclude(review, Review.Outcome.SENT_BACK, summary, by, at, section_reasons=reasons)
    for slug, text in reasons.items():
        Section.objects.filter(submission=submission, slug=slug).update(state=Section.State.SENT_BACK, reason=text)
    _give_days_to_mend(submission, "Sections were sent back.", at)
    named = {"version": version, "sections": sorted(reasons)}
    _move(submission, Status.DRAFT, "sent back", by=by, at=at, reason=summary, **named)
    _tell(submission, f"sent back {version}", _owners(submission, at), "has sections sent back to you", at)


def _review_under_way(submission, version, by):
    """The review, by the seat's organisation, of the version that was shown; else says what became of it."""
    latest = submission.current_version
    if latest and latest.number != version:
        raise Refused(f"Version {latest.number} has replaced version {version}. Look at it first.", "superseded")
    reviews = Review.objects.filter(version=latest, organisation=by.organisation).select_related("decided_by")
    review = reviews.order_by("-pk").first()
    if review is None:
        raise Refused("Nobody has started to review this version.", "status")
    if review.outcome:
        did = "accepted" if review.is_accepted else "sent back"
        raise Refused(
            f"{review.decided_by.name} {did} version {version} on {moment_said(review.decided_at)}, before you.",
            "decided",
        )
    return review


def _conclude(review, outcome, reason, by, at, **more):
    review.outcome, review.reason, review.decided_by, review.decided_at = outcome, reason, by.person, at
    for name, value in more.items():
        setattr(review, name, value)
    review.save()
    second_review.drop(review, by, at)


# Out of the ordinary


@transaction.atomic
def judge_again(organisation, return_type, *, at):
    """Runs the rules once more over the returns of an organisation that are with their owner: what they ask has changed."""
    rows = Submission.objects.filter(
        subject=organisation, period__collection__return_type=return_type, status__in=Submission.WITH_OWNER
    ).exclude(content_sha256="")
    for row in rows.order_by("pk"):
        _judge(_lock(row))


@transaction.atomic
def reopen(submission, *, reason, by, at):
    """Opens once more an accepted return, one that was not required, or, of a kind that nobody reviews, a submitted one."""
    submission = _lock(submission)
    ended = {Status.ACCEPTED, Status.NOT_REQUIRED} | (
        {Status.SUBMITTED} if type_of(submission).review is None else set()
    )
    _refuse_unless_allowed(submission, Status.DRAFT, only_from=ended)
    reason = _given(reason, "Say why this return is opened again.")
    _open_sections(submission)
    _give_days_to_mend(submission, "The return was reopened.", at)
    _move(submission, Status.DRAFT, "reopened", by=by, at=at, reason=reason)
    _tell(submission, "reopened", _owners(submission, at), "was opened again", at)


@transaction.atomic
def excuse(submission, *, reason, by, at):
    """The return is not required of this organisation, for a reason that stays beside it."""
    submission = _lock(submission)
    _refuse_unless_allowed(submission, Status.NOT_REQUIRED)
    reason = _given(reason, "Say why this return is not required.")
    _move(submission, Status.NOT_REQUIRED, "found not required", by=by, at=at, reason=reason)
    _tell(submission, "not required", _owners(submission, at), "is not required", at)


@transaction.atomic
def extend(submission, *, until, reason, by, at):
    """Moves the hard close for this one return."""
    submission = _lock(submission)
    if until <= max(at, closes_at(submission)):
        raise Refused("Choose a later day than the one on which this return closes now.", "not_later")
    reason = _given(reason, "Say why there is more time.")
    Extension.objects.create(submission=submission, closes_at=until, reason=reason, given_by=by.person, given_at=at)
    _event("extended", submission, by, at, until=until.isoformat())
    _tell(submission, f"extended {until.date()}", _owners(submission, at), "may be submitted later", at)


@transaction.atomic
def record_delivery(submission, *, version, route, delivered_on, receipt, by, at):
    """Evidence that a version reached a national system: the day and the receipt it gave."""
    submission = _lock(submission)
    if not receipt:
        raise Refused("Enter the receipt or reference that you were given.", "no_receipt")
    if not timezone.localdate(version.submitted_at) <= delivered_on <= timezone.localdate(at):
        raise Refused("The day must be between the day this version was submitted and today.", "wrong_day")
    _, created = Delivery.objects.get_or_create(
        version=version,
        route=route,
        defaults={
            "delivered_on": delivered_on,
            "receipt": receipt,
            "recorded_by": by.person,
            "recorded_at": at,
        },
    )
    if not created:
        raise Refused("A receipt is already recorded for this version.", "recorded")
    _event("delivery recorded", submission, by, at, version=version.number, route=route)


def closes_at(submission):
    """When this return closes for good: the period's hard close, or a later one that was given to it."""
    later = submission.extensions.aggregate(last=Max("closes_at"))["last"]
    return max(filter(None, [submission.period.closes_at, later]))


def specs_of(submission):
    """The sections that this submission's organisation is asked."""
    traits = findings.traits_on(submission.subject, submission.period.census_on)
    return sections.specs_for(submission, traits)


# The common steps


def _lock(submission):
    """Re-reads the row under a lock: two people press the same button; who only refers to the row need not wait."""
    return (
        Submission.objects.select_for_update(no_key=True, of=("self",))
        .select_related("subject", "period__collection", "current_version__checking")
        .get(pk=submission.pk)
    )


def _move(submission, status, act, *, by, at, reason="", **detail):
    submission.status = status
    submission.status_reason, submission.status_at = reason, at
    submission.save(update_fields=["status", "status_reason", "status_at"])
    _event(act, submission, by, at, **detail)


def _event(act, submission, by, at, **detail):
    events.record(act, subject=("submission", submission.uuid), by=by, at=at, detail=detail)


def _refuse_unless_allowed(submission, status, only_from=None):
    if status not in ALLOWED[submission.status] or (only_from and submission.status not in only_from):
        raise Refused(
            f"This return is “{submission.get_status_display().lower()}” now, so that cannot be done."
            " Somebody may have been quicker than you.",
            "status",
        )


def _refuse_unless_fillable(submission, at):
    if not submission.is_being_filled_in:
        raise Refused(
            f"This return is “{submission.get_status_display().lower()}”, so its answers cannot change now.", "status"
        )
    if at < submission.period.opens_at:
        raise Refused(f"This return opens on {moment_said(submission.period.opens_at)}.", "not_open")


def _refuse_unless_complete(submission, at):
    if submission.content_sha256 == "" or submission.checked_sha256 != submission.content_sha256:
        raise Refused("This return has not been filled in yet.", "unchecked")
    if not submission.subject.is_open_on(submission.period.ends):
        raise Refused("This organisation was not open on the last day of the period.", "organisation_closed")
    if at > closes_at(submission):
        raise Refused(
            f"This return closed on {moment_said(closes_at(submission))}. Your answers are kept."
            " Ask your commissioner for more time.",
            "closed",
        )
    rows = type_of(submission).rows
    if rows and rows.judge:
        return _refuse_unless_rows_complete(submission, rows)
    answers, verdict = _recheck(submission)
    if type_of(submission).sections and not answers.says_anything:
        raise Refused("There is nothing in this return yet. Answer at least one question.", "empty")
    if verdict.errors:
        listed = " ".join(problem.message for problem in verdict.errors[:3])
        raise Refused(f"Correct the errors before this return goes on. {listed}", "errors")
    if verdict.unexplained:
        listed = " ".join(problem.message for problem in verdict.unexplained[:3])
        raise Refused(f"Explain every warning before this return goes on. {listed}", "unexplained")
    _refuse_if_closed_sections_differ(submission, answers)
    return answers, verdict


def _refuse_unless_rows_complete(submission, rows):
    """Rows were judged when they were last changed; the check of the version looks at all of them once more."""
    filled = rows.read(submission)
    if owing := rows.owes(filled):
        raise Refused(owing, "incomplete")
    if submission.blocking:
        errors = "1 finding stands" if submission.blocking == 1 else f"{submission.blocking:,} findings stand"
        raise Refused(f"{errors} in the way. Correct what the list of findings says must be changed.", "errors")
    return filled, findings.Verdict((), {}, type_of(submission).asks_reasons)


def _refuse_if_closed_sections_differ(submission, answers):
    """A section that was not sent back must equal the last version: nothing changes unasked."""
    if submission.current_version is None or not type_of(submission).sections:
        return
    submitted = versions.answers_in(submission.current_version, type_of(submission))
    states = sections.states(submission)
    for spec in type_of(submission).sections:
        is_closed = spec.slug in states and states[spec.slug].is_closed
        if is_closed and sections.part_of(answers, spec) != sections.part_of(submitted, spec):
            raise Refused(f"The section “{spec.title}” is locked but differs from the last version.", "locked")


def _given(reason, sentence):
    if not reason.strip():
        raise Refused(sentence, "no_reason")
    return reason.strip()


def _give_days_to_mend(submission, reason, at):
    """After the hard close, a return that goes back gets five working days by itself."""
    until = days_to_mend(at)
    if at > closes_at(submission):
        Extension.objects.create(submission=submission, closes_at=until, reason=reason, given_at=at)
        _event("extended", submission, None, at, until=until.isoformat())


def _open_sections(submission):
    Section.objects.filter(submission=submission).update(state=Section.State.OPEN, reason="")


def _close_sections(submission):
    existing = sections.states(submission)
    Section.objects.bulk_create(
        Section(submission=submission, slug=spec.slug)
        for spec in type_of(submission).sections
        if spec.slug not in existing
    )
    Section.objects.filter(submission=submission).update(state=Section.State.CLOSED, reason="")


# Who is told


def seats_that(submission, act, parts, at):
    """The memberships that hold `act` now in the organisations with one of these parts."""
    organisations = [part.organisation_id for part in submission.participants.all() if part.part in parts]
    return set(
        Membership.objects.active_at(at)
        .with_role_that(act, submission.return_type)
        .filter(organisation_id__in=organisations, person__is_active=True)
        .select_related("person")
    )


def senders(submission, at):
    """The memberships whose role may send this return for sign-off now."""
    return seats_that(submission, Act.SEND_FOR_SIGN_OFF, Participant.OWNERS, at)


def signers(submission, at):
    """The memberships whose role may sign this return now."""
    return seats_that(submission, Act.SIGN_OFF, Participant.OWNERS, at)


def _fillers(submission, at):
    return seats_that(submission, Act.FILL_IN, Participant.OWNERS, at)


def _owners(submission, at):
    return _fillers(submission, at) | signers(submission, at)


def _reviewers(submission, at):
    return seats_that(submission, Act.REVIEW, {Participant.Part.RECIPIENT}, at)


def _deciders(submission, at):
    return seats_that(submission, Act.DECIDE, {Participant.Part.RECIPIENT}, at)


def _reviewers_of_many(submissions, at):
    recipients = Participant.objects.filter(submission__in=submissions, part=Participant.Part.RECIPIENT)
    by_submission = {part.submission_id: part.organisation_id for part in recipients}
    seats = {}
    for seat in (
        Membership.objects.active_at(at)
        .with_role_that(Act.REVIEW, submissions[0].return_type if submissions else "")
        .filter(organisation_id__in=set(by_submission.values()), person__is_active=True)
    ):
        seats.setdefault(seat.organisation_id, set()).add(seat)
    return {item.pk: seats.get(by_submission.get(item.pk), set()) for item in submissions}


def named(submission):
    """How notices call a return: "quarterly Prevent return of Ashdown Trust, Quarter 2 …," with its comma."""
    title = type_of(submission).title
    return f"{title[0].lower()}{title[1:]} of {submission.subject.name}, {submission.period.title},"


def _telling(submission, cause, recipients, happened, at, body=""):
    return notices.Telling(
        cause=f"{cause} {submission.uuid} {at:%Y%m%d%H%M%S}",
        recipients=frozenset(recipients),
        subject=f"The {named(submission)} {happened}",
        body=body,
        link=reverse("returns:return", args=[submission.uuid]),
    )


def _tell(submission, cause, recipients, happened, at, body=""):
    """Tells people what happened to a return; the link leads to the figures, the words hold none."""
    notices.tell([_telling(submission, cause, recipients, happened, at, body)], at=at)
