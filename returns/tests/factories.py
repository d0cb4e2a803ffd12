"""Returns for tests: an ordinary trust with its people and commissioner, a quarter, and a return at any stage."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.models import Membership, Organisation
from accounts.tests.factories import make_commissioner, make_link, make_organisation, make_seat
from prevent.return_type import PREVENT
from returns import checklists, checks, content, findings, opening, queries, sections, workflow
from returns.models import Collection, Participant, Period, Submission
from returns.periods import LONDON, Quarter, deadlines, start_of
from returns.registry import type_of
from returns.tests.toy.models import ToyPart

QUARTER = Quarter.parse("2025-26-Q2")
IN_THE_WINDOW = datetime(2025, 10, 6, 10, 0, tzinfo=LONDON)
AFTER_THE_DUE_DATE = datetime(2025, 10, 8, 10, 0, tzinfo=LONDON)
AFTER_THE_CLOSE = datetime(2025, 10, 20, 10, 0, tzinfo=LONDON)

GOOD = {
    "operational_lead_name": "Ola Lead",
    "operational_lead_job_title": "Head of safeguarding",
    "operational_lead_email": "ola.lead@trust.example",
    "accountable_lead_name": "Ada Accountable",
    "accountable_lead_job_title": "Chief nurse",
    "accountable_lead_email": "ada.accountable@trust.example",
    "prevent_policy_in_date": True,
    "prevent_policy_review_date": date(2027, 3, 31),
    "training_policy_current": True,
    "delivery_plan_current": True,
    "tna_completed_on": date(2025, 4, 1),
    "staff_total": 5000,
    "l12_required": 3600,
    "l12_compliant": 3300,
    "l12_trained_in_quarter": 300,
    "l3_required": 1400,
    "l3_compliant": 1260,
    "l3_trained_in_quarter": 120,
    "refresher_content_reviewed_on": date(2025, 1, 10),
    "refresher_outcomes_covered": True,
    "training_content_statement": "Reviewed against the national framework.",
    "general_enquiries": 12,
    "prevent_referrals": 3,
    "linked_to_channel": True,
    "channel_panels_held": 3,
    "channel_panels_attended": 3,
    "prevent_board_represented": True,
}


@dataclass
class World:
    """One trust with its people, its commissioner, and the quarter's return."""

    trust: Organisation
    commissioner: Organisation
    lead: Membership
    submitter: Membership
    signer: Membership
    reviewer: Membership
    period: Period
    submission: Submission


def make_period(quarter=QUARTER, return_type=PREVENT, **fields):
    """An opened quarter; `fields` overwrite its dates."""
    period = opening.quarter_of(opening.national_collection(return_type), quarter)
    for name, value in fields.items():
        setattr(period, name, value)
    period.save()
    opening.open_period(period, return_type, by=None, at=start_of(quarter.ends + timedelta(days=1)))
    return Period.objects.select_related("collection").get(pk=period.pk)


def make_world(code="ZZT01", kind=Organisation.Kind.NHS_FOUNDATION_TRUST, quarter=QUARTER):
    """A trust (or another provider) whose return of the quarter is owed and not started."""
    trust = make_organisation(code, kind=kind)
    commissioner = make_commissioner()
    make_link(trust, commissioner)
    people = {
        "lead": make_seat("PREVENT_OPERATIONAL_LEAD", trust),
        "submitter": make_seat("PREVENT_DATA_SUBMITTER", trust),
        "signer": make_seat("PREVENT_ACCOUNTABLE_LEAD", trust),
        "reviewer": make_seat("PREVENT_COMMISSIONER_LEAD", commissioner),
    }
    period = make_period(quarter)
    return World(trust, commissioner, **people, period=period, submission=reload(period.submissions.get(subject=trust)))


def reload(submission):
    return Submission.objects.select_related("subject", "period__collection", "current_version").get(pk=submission.pk)


def fill(submission, by, at=IN_THE_WINDOW, explain=True, **changes):
    """Saves every section with good answers, changed by `changes`; explains what warns."""
    submission = reload(submission)
    given = GOOD | changes
    for spec in workflow.specs_of(submission):
        save(submission, spec.slug, by, at, **{q.name: given.get(q.name) for q in spec.questions})
    if explain:
        explain_everything(submission, by, at)
    return reload(submission)


def save(submission, slug, by, at=IN_THE_WINDOW, revision=None, **given):
    """Saves one section over its present revision."""
    submission = reload(submission)
    spec = type_of(submission).section(slug)
    revision = sections.state(submission, slug).revision if revision is None else revision
    answers = content.Answers(values={question.name: given.get(question.name) for question in spec.questions})
    return workflow.save_section(submission, spec, answers, revision=revision, by=by, at=at)


def explain_everything(submission, by, at=IN_THE_WINDOW):
    submission = reload(submission)
    _, _, verdict = findings.look_at(submission)
    for warning in verdict.unexplained:
        workflow.explain(submission, *findings.key_of(warning), "This is as it should be.", by=by, at=at)


def submit(world, at=IN_THE_WINDOW, **changes):
    """Fills, sends and signs: the return is submitted and waits for its check."""
    fill(world.submission, world.lead, at, **changes)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=at)
    return sign(world, at)


def sign(world, at=IN_THE_WINDOW):
    submission = reload(world.submission)
    workflow.sign_off(submission, content_sha256=submission.content_sha256, by=world.signer, at=at)
    world.submission = reload(submission)
    return world.submission


def check(world, at=IN_THE_WINDOW):
    """Lets the worker's code run once."""
    checks.check_waiting(limit=10, at=at)
    world.submission = reload(world.submission)
    return world.submission


def submit_and_check(world, at=IN_THE_WINDOW, **changes):
    submit(world, at, **changes)
    return check(world, at)


def make_parts(*parts):
    """A return of rows, its parts (key, colour, weight, maker) in place and judged, with its owner's seat."""
    owner = make_seat("PARTS_OWNER")
    period = _dated_span("parts", date(2025, 9, 1), date(2025, 9, 27))
    submission = Submission.objects.create(period=period, subject=owner.organisation, subject_key="shelf 1")
    Participant.objects.create(submission=submission, organisation=owner.organisation, part=Participant.Part.OWNER)
    add_parts(submission, owner, *parts)
    return reload(submission), owner


def add_parts(submission, by, *parts, at=IN_THE_WINDOW):
    def write():
        for key, colour, weight, maker in parts:
            ToyPart.objects.create(submission=submission, key=key, colour=colour, weight=weight, maker=maker)

    workflow.save_rows(reload(submission), write, act="parts saved", by=by, at=at)


def answer_checklist(submission, by, at=IN_THE_WINDOW, **answers):
    """Answers every question of the checklist with yes, or as `answers` (codes by key) say, with a note."""
    submission = reload(submission)
    given = {
        item.key: checklists.Given(answers.get(item.key, "YES"), "We asked." if item.key in answers else "")
        for item in checklists.asked_about(submission)
    }
    number = submission.current_version.number if submission.current_version else 0
    checklists.answer(submission, given, version=number, by=by, at=at)


def accept(submission, by, at=IN_THE_WINDOW, verdict="ASSURED", reason="The data and the performance are sound."):
    """Answers the checklist and gives a verdict on the latest version, whose review has been started."""
    answer_checklist(submission, by, at)
    number = reload(submission).current_version.number
    workflow.accept(submission, version=number, verdict=verdict, reason=reason, by=by, at=at)


def make_query(world, text="Does this include bank staff?", at=IN_THE_WINDOW, section="training", field="staff_total"):
    """A query of the world's reviewer about a value of the version that stands."""
    number = reload(world.submission).standing_version.number
    return queries.ask(
        world.submission, version=number, section=section, field=field, text=text, by=world.reviewer, at=at
    )


def make_toy(owners=2, starts=date(2025, 9, 1), ends=date(2025, 9, 27)):
    """A toy return in a dated span, shared by owners who all sign; returns it with the owners' seats."""
    period = _dated_span("toy", starts, ends)
    organisations = [make_organisation() for _ in range(owners)]
    submission = Submission.objects.create(period=period, subject=organisations[0], subject_key="sheet 1")
    for number, organisation in enumerate(organisations):
        part = Participant.Part.CO_OWNER if number else Participant.Part.OWNER
        Participant.objects.create(submission=submission, organisation=organisation, part=part)
    return reload(submission), [make_seat("TOY_OWNER", organisation) for organisation in organisations]


def _dated_span(return_type, starts, ends):
    return Period.objects.create(
        collection=Collection.objects.create(return_type=return_type, key="audit", title="Toy audit"),
        key="autumn",
        title="Autumn audit",
        starts=starts,
        ends=ends,
        census_on=ends,
        opened_at=start_of(ends),
        **deadlines(ends),
    )
