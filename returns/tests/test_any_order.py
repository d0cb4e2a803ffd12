"""Whatever people press in whatever order, what must always hold does."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journal.models import Event
from returns import checks, versions, workflow
from returns.models import Check, Section, Submission
from returns.tests.factories import IN_THE_WINDOW, answer_checklist, fill, make_world, reload, save
from returns.workflow import Refused, SavedMeanwhile

Status = Submission.Status

ACTS = {
    "fill": lambda w, n: fill(w.submission, w.lead),
    "change": lambda w, n: save(w.submission, "activity", w.lead, general_enquiries=n, prevent_referrals=1),
    "break": lambda w, n: save(
        w.submission, "engagement", w.lead, channel_panels_held=1, channel_panels_attended=n + 2
    ),
    "send": lambda w, n: workflow.send_for_sign_off(w.submission, by=w.submitter, at=IN_THE_WINDOW),
    "sign": lambda w, n: workflow.sign_off(
        w.submission, content_sha256=w.submission.content_sha256, by=w.signer, at=IN_THE_WINDOW
    ),
    "decline": lambda w, n: workflow.decline(w.submission, reason="No.", by=w.signer, at=IN_THE_WINDOW),
    "take back": lambda w, n: workflow.take_back(w.submission, reason="Wait.", by=w.submitter, at=IN_THE_WINDOW),
    "check": lambda w, n: checks.check_waiting(limit=5, at=IN_THE_WINDOW),
    "start": lambda w, n: workflow.start_review(w.submission, by=w.reviewer, at=IN_THE_WINDOW),
    "look": lambda w, n: answer_checklist(w.submission, w.reviewer),
    "accept": lambda w, n: workflow.accept(
        w.submission, version=n + 1, verdict="ASSURED", reason="Sound.", by=w.reviewer, at=IN_THE_WINDOW
    ),
    "send back": lambda w, n: workflow.send_back(
        w.submission, version=n + 1, reasons={"activity": "Why?"}, by=w.reviewer, at=IN_THE_WINDOW
    ),
    "reopen": lambda w, n: workflow.reopen(w.submission, reason="Late news.", by=w.reviewer, at=IN_THE_WINDOW),
    "excuse": lambda w, n: workflow.excuse(w.submission, reason="Closed.", by=w.reviewer, at=IN_THE_WINDOW),
}
# Likely ways first, so that short examples get far
STORY = ["fill", "send", "sign", "check", "start", "look", "accept"]
steps = st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 2))
stories = st.integers(0, len(STORY)).flatmap(
    lambda far: st.lists(steps, max_size=8).map(lambda more: [(act, 0) for act in STORY[:far]] + more)
)


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories)
def test_what_must_always_hold_holds_after_any_story(story):
    with transaction.atomic():
        world = make_world()
        first_submitted = None
        for act, number in story:
            world.submission = before = reload(world.submission)
            events = Event.objects.count()
            try:
                ACTS[act](world, number)
            except (Refused, SavedMeanwhile):
                world.submission = reload(world.submission)
                assert (world.submission.status, Event.objects.count()) == (before.status, events)
            now = reload(world.submission)

            assert now.status == before.status or now.status in workflow.ALLOWED[before.status] or act == "fill"
            if now.status != before.status:
                assert Event.objects.count() > events
            first_submitted = first_submitted or now.first_submitted_at
            assert now.first_submitted_at == first_submitted
            _check_promises(now)
        transaction.set_rollback(True)


def _check_promises(submission):
    frozen = list(submission.versions.select_related("content").order_by("number"))
    assert [version.number for version in frozen] == list(range(1, len(frozen) + 1))
    assert all(versions.is_intact(version) for version in frozen)
    assert Check.objects.filter(version__submission=submission).count() == len(frozen)
    if submission.status in {Status.SUBMITTED, Status.IN_REVIEW, Status.ACCEPTED}:
        assert submission.current_version == frozen[-1]
        assert submission.current_version.content_sha256 == submission.content_sha256
        states = set(Section.objects.filter(submission=submission).values_list("state", flat=True))
        assert states == {Section.State.CLOSED}
    if submission.status in {Status.IN_REVIEW, Status.ACCEPTED}:
        assert submission.standing_version == submission.current_version
