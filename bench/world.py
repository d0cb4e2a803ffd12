"""Many organisations and their returns, written with COPY: the stage on which the benchmarks play."""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db import connection, transaction

from accounts.models import Membership, Organisation, OrganisationLink, OrganisationTrait, Person, Trait
from assurance_portal.demonstration import figures
from assurance_portal.demonstration.organisations import PROVIDERS
from journal.copy_rows import copy_rows
from prevent.return_type import PREVENT
from returns import content, opening
from returns.models import Check, Participant, Submission, Version, VersionContent
from returns.periods import Quarter
from returns.rules import Context, Severity

COMMISSIONERS = 40
COURSES = 5 * len(PROVIDERS)  # different figures; the organisations share them
LAST = Quarter(2025, 2)
SINCE = date(2013, 4, 1)
MORNING = datetime(2020, 4, 1, 8, tzinfo=UTC)


RETURN_COLUMNS = (
    *("id", "uuid", "period_id", "subject_id", "subject_key", "status", "status_reason"),
    *("content_sha256", "checked_sha256", "blocking", "unexplained"),
    *("first_submitted_at", "current_version_id", "standing_version_id"),
)
VERSION_COLUMNS = (
    *("id", "submission_id", "number", "content_sha256", "explanations_sha256"),
    *("rulebook", "submitted_by_id", "submitted_at"),
)


@dataclass(frozen=True)
class Frozen:
    """A version's bytes, with their hashes."""

    payload: bytes
    explanations: bytes

    @cached_property
    def sha256(self):
        return content.sha256(self.payload)

    @cached_property
    def explanations_sha256(self):
        return content.sha256(self.explanations)


def make_organisations(number, commissioner_of=None):
    """Commissioners with a reviewer each, and `number` providers that owe a return. The ids of providers follow.

    `commissioner_of(pk)` is the commissioner of a provider; all have as many unless told.
    """
    commissioner_of = commissioner_of or an_equal_share
    person = Person(name="Somebody", email="somebody@bench.example")
    person.set_unusable_password()
    person.save()
    commissioners = range(1, COMMISSIONERS + 1)
    providers = range(COMMISSIONERS + 1, COMMISSIONERS + 1 + number)
    rows = [(pk, f"ZZC{pk:06}", f"Commissioner {pk}", Organisation.Kind.CCG, SINCE, []) for pk in commissioners]
    rows += [(pk, f"ZZP{pk:06}", f"Provider {pk}", model_of(pk).kind, SINCE, []) for pk in providers]
    copy_rows(Organisation, ("id", "code", "name", "kind", "opened_on", "email_domains"), rows)
    copy_rows(
        OrganisationTrait,
        ("organisation_id", "trait", "during", "source", "edited_at"),
        [(pk, trait, f"[{SINCE},)", "bench", MORNING) for pk in providers for trait in traits_of(pk)],
    )
    copy_rows(
        OrganisationLink,
        ("from_organisation_id", "to_organisation_id", "kind", "return_type", "during", "source", "edited_at"),
        [
            (
                pk,
                commissioner_of(pk),
                OrganisationLink.Kind.COMMISSIONED_BY,
                "",
                f"[{SINCE},)",
                "bench",
                MORNING,
            )
            for pk in providers
        ],
    )
    copy_rows(
        Membership,
        ("person_id", "organisation_id", "role", "during"),
        [(person.pk, pk, "PREVENT_COMMISSIONER_LEAD", f"[{MORNING},)") for pk in commissioners],
    )
    return person, providers


def model_of(pk):
    return PROVIDERS[pk % len(PROVIDERS)]


def traits_of(pk):
    yield Trait.HOLDS_NHS_STANDARD_CONTRACT
    if model_of(pk).mental_health:
        yield Trait.MENTAL_HEALTH_PROVIDER


def an_equal_share(pk):
    """The commissioner of a provider, where all have as many."""
    return pk % COMMISSIONERS + 1


def make_returns(number, quarters):
    """A return of each of `number` organisations in each of the last `quarters`: the last ones wait for their check,
    the others are accepted.
    """
    person, providers = make_organisations(number)
    periods = make_periods(quarters)
    courses = {index: course_of(index, periods) for index in {pk % COURSES for pk in providers}}
    returns = [
        (pk, organisation, period, courses[organisation % COURSES][when], period is periods[-1])
        for pk, (organisation, (when, period)) in enumerate(itertools.product(providers, enumerate(periods)), start=1)
    ]
    with transaction.atomic():
        _copy_returns(returns, person)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def make_periods(number):
    quarters = [LAST]
    while len(quarters) < number:
        quarters.insert(0, quarters[0].previous())
    collection = opening.national_collection(PREVENT)
    periods = []
    for quarter in quarters:
        period = opening.quarter_of(collection, quarter)
        period.standards, period.opened_at = opening.standards_on(PREVENT, period.ends), period.opens_at
        period.save()
        periods.append(period)
    return periods


def course_of(index, periods):
    """The frozen returns of one organisation, one for each period, with an explanation for each warning."""
    provider = model_of(index)
    lead = Person(name=f"Lead {index}", email=f"lead{index}@bench.example")
    quarters = [Quarter.containing(period.ends) for period in periods]
    frozen, before = [], None
    for period, given in zip(
        periods, figures.course_of_returns(provider, quarters, lead, lead, seed=f"bench {index}"), strict=True
    ):
        answers = content.read_answers(PREVENT.questions, given, given["absent"])
        traits = frozenset(traits_of(index))
        context = Context(provider.kind, traits, period.starts, period.ends, period.standards, before)
        reasons = [
            {"rule": problem.code, "fingerprint": problem.fingerprint, "text": figures.CHECKED}
            for problem in PREVENT.check(answers, context)
            if problem.severity is Severity.WARNING
        ]
        frozen.append(Frozen(content.canonical(content.to_payload(answers)), content.canonical(reasons)))
        before = answers
    return frozen


def _copy_returns(returns, person):
    """A return and its only version have the same id."""
    _copy_submissions(returns)
    _copy_versions(returns, person)
    _copy_checks(returns)
    _copy_participants(returns)


def _copy_submissions(returns):
    rows = []
    for pk, organisation, period, frozen, waits in returns:
        status = Submission.Status.SUBMITTED if waits else Submission.Status.ACCEPTED
        saved = (frozen.sha256, frozen.sha256, 0, 0)
        standing = None if waits else pk
        rows.append((pk, UUID(int=pk), period.pk, organisation, "", status, "", *saved, _sent(period), pk, standing))
    copy_rows(Submission, RETURN_COLUMNS, rows)


def _copy_versions(returns, person):
    rulebook = PREVENT.rulebook.version
    rows = [
        (pk, pk, 1, frozen.sha256, frozen.explanations_sha256, rulebook, person.pk, _sent(period))
        for pk, _, period, frozen, _ in returns
    ]
    copy_rows(Version, VERSION_COLUMNS, rows)
    contents = [(pk, "json", frozen.payload, frozen.explanations) for pk, _, _, frozen, _ in returns]
    copy_rows(VersionContent, ("version_id", "format", "payload", "explanations"), contents)


def _copy_checks(returns):
    rows = []
    for pk, _, period, _, waits in returns:
        state, checked_at = (Check.State.WAITING, None) if waits else (Check.State.PASSED, period.due_at)
        rows.append((pk, state, 0, "", _sent(period), checked_at))
    copy_rows(Check, ("version_id", "state", "attempts", "error", "asked_at", "checked_at"), rows)


def _copy_participants(returns):
    rows = []
    for pk, organisation, _, _, _ in returns:
        rows.append((pk, organisation, Participant.Part.OWNER))
        rows.append((pk, an_equal_share(organisation), Participant.Part.RECIPIENT))
    copy_rows(Participant, ("submission_id", "organisation_id", "part"), rows)


def _sent(period):
    return period.opens_at + timedelta(days=1)
