"""Running the rules over a working copy or a version, and what belongs to a finding: its section and its explanation."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import cache

from accounts.models import OrganisationTrait
from returns import sections, versions
from returns.models import Explanation, Finding, Period, Submission
from returns.registry import return_types, type_of
from returns.rules import Context, Severity

HISTORY = 4
HISTORY_REACH = timedelta(days=2 * 366)


@dataclass(frozen=True)
class Verdict:
    """What the rules say of a working copy, with the explanations that count for it."""

    problems: tuple
    explanations: dict

    @property
    def errors(self):
        return [problem for problem in self.problems if problem.severity is Severity.ERROR]

    @property
    def warnings(self):
        return [problem for problem in self.problems if problem.severity is Severity.WARNING]

    @property
    def unexplained(self):
        return [warning for warning in self.warnings if key_of(warning) not in self.explanations]

    def counting_explanations(self):
        """The explanations of warnings that are there now; others wait in case their values come back."""
        return [self.explanations[key_of(warning)] for warning in self.warnings if key_of(warning) in self.explanations]


def key_of(problem):
    return problem.code, problem.fingerprint


def context_for(organisation, period, traits=None):
    """What the rules may look at for one organisation in one period: its traits on the census day, earlier quarters."""
    return contexts_for([(organisation, period)], traits=traits)[organisation.pk, period.pk]


def contexts_for(pairs, traits=None):
    """The contexts of many (organisation, period) pairs of one return type, with a constant number of queries."""
    organisations = {organisation.pk: organisation for organisation, _ in pairs}
    periods = {period.pk: period for _, period in pairs}
    dated = _traits(organisations) if traits is None else None
    earlier = _earlier_answers(organisations, periods)
    previous_periods = _previous_periods(periods)
    contexts = {}
    for organisation, period in pairs:
        past = [item for item in earlier[organisation.pk, period.collection_id] if item.ends < period.ends]
        before = previous_periods.get(period.pk)
        contexts[organisation.pk, period.pk] = Context(
            kind=organisation.kind,
            traits=frozenset(_on(dated[organisation.pk], period.census_on) if dated is not None else traits),
            starts=period.starts,
            ends=period.ends,
            standards=_as_numbers(period.standards),
            previous=next((item.answers for item in past if item.period_id == before), None),
            history=tuple(item.answers for item in past if item.is_accepted)[:HISTORY],
        )
    return contexts


def traits_on(organisation, day):
    """The traits an organisation has on a day, as their codes."""
    return frozenset(_on(_traits([organisation.pk])[organisation.pk], day))


def _as_numbers(standards):
    return {key: _as_number(value) for key, value in standards.items()}


@cache
def _as_number(value):
    """Targets and tolerances are exact fractions; a standard may be a word, too."""
    try:
        return Fraction(value)
    except ValueError:
        return value


def _traits(organisation_ids):
    found = defaultdict(list)
    for row in OrganisationTrait.objects.filter(organisation_id__in=list(organisation_ids)):
        found[row.organisation_id].append(row)
    return found


def _on(rows, day):
    return [
        row.trait
        for row in rows
        if not row.during.isempty
        and (row.during.lower is None or row.during.lower <= day)
        and (row.during.upper is None or day < row.during.upper)
    ]


def _previous_periods(periods):
    """The period just before each, within its collection; their ids by period id."""
    collections = {period.collection_id for period in periods.values()}
    ordered = defaultdict(list)
    for pk, collection_id, ends in (
        Period.objects.filter(collection_id__in=collections).order_by("ends").values_list("pk", "collection_id", "ends")
    ):
        ordered[collection_id].append((ends, pk))
    found = {}
    for period in periods.values():
        before = [pk for ends, pk in ordered[period.collection_id] if ends < period.ends]
        found[period.pk] = before[-1] if before else None
    return found


@dataclass
class _Earlier:
    """An earlier period's standing answers, read only when a rule's context needs them."""

    period_id: int
    ends: object
    is_accepted: bool
    version: object
    return_type: object
    _answers: object = None

    @property
    def answers(self):
        if self._answers is None:
            self._answers = versions.answers_in(self.version, self.return_type)
        return self._answers


def _earlier_answers(organisations, periods):
    """The standing answers of earlier periods, newest first, by (organisation, collection)."""
    if not periods:
        return defaultdict(list)
    ends = [period.ends for period in periods.values()]
    rows = (
        Submission.objects.filter(
            subject_id__in=list(organisations),
            period__collection_id__in={period.collection_id for period in periods.values()},
            period__ends__lt=max(ends),
            period__ends__gte=min(ends) - HISTORY_REACH,
            standing_version__isnull=False,
        )
        .select_related("period__collection", "standing_version__content")
        .order_by("-period__ends")
    )
    found = defaultdict(list)
    for row in rows:
        found[row.subject_id, row.period.collection_id].append(
            _Earlier(
                period_id=row.period_id,
                ends=row.period.ends,
                is_accepted=row.status == Submission.Status.ACCEPTED,
                version=row.standing_version,
                return_type=return_types()[row.period.return_type],
            )
        )
    return found


def verdict_on(submission, answers, context):
    """The rules' verdict on the working copy, with the explanations given so far."""
    explanations = {(item.rule, item.fingerprint): item for item in Explanation.objects.filter(submission=submission)}
    return Verdict(tuple(type_of(submission).check(answers, context)), explanations)


def look_at(submission):
    """The working copy, its context and the verdict: what a page about an open return needs."""
    return_type = type_of(submission)
    answers = sections.answers_of(sections.working_copy(submission), return_type)
    context = context_for(submission.subject, submission.period)
    return answers, context, verdict_on(submission, answers, context)


def offered_explanations(submission, verdict):
    """Last period's reasons for warnings that still speak about the same values: offered for confirmation, not taken.

    Void under a new version of the rule book. By (rule, fingerprint).
    """
    wanted = {key_of(warning) for warning in verdict.unexplained}
    if not wanted:
        return {}
    before = _previous_periods({submission.period_id: submission.period})[submission.period_id]
    rows = Explanation.objects.filter(
        submission__period_id=before,
        submission__subject_id=submission.subject_id,
        submission__standing_version__rulebook=type_of(submission).rulebook.version,
        rule__in=[rule for rule, _ in wanted],
    )
    return {(row.rule, row.fingerprint): row for row in rows if (row.rule, row.fingerprint) in wanted}


FINDING_COLUMNS = (
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
)


def rows_for(version_id, problems, return_type, explanations):
    """Findings as rows for COPY, in the order of FINDING_COLUMNS. `explanations` by (rule, fingerprint).

    Where a type keeps no figures in the kernel, a finding says which rule spoke and about what, not the figures.
    """
    for problem in problems:
        title = return_type.rulebook.rules[problem.code].title
        yield (
            version_id,
            problem.code,
            str(problem.severity),
            return_type.section_slug_of(problem.fields),
            list(problem.fields),
            problem.row_ref,
            problem.message if return_type.keeps_figures else title.capitalize() + ".",
            problem.remedy,
            problem.fingerprint,
            explanations.get(key_of(problem), "") if return_type.keeps_figures else "",
        )


def kept_for(version):
    """The findings of a version, errors first."""
    rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
    return sorted(Finding.objects.filter(version=version), key=lambda item: (rank[item.severity], item.pk))
