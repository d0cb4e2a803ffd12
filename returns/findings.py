"""Running the rules over a working copy or a version, and what belongs to a finding: section and explanation."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property

from django.contrib.postgres.aggregates import ArrayAgg

from accounts.models import OrganisationTrait
from accounts.successions import single_predecessors
from returns import charts, columns, peers, sections
from returns.models import Explanation, Finding, Measure, Period, Rebase, Submission, Waiver
from returns.registry import type_of
from returns.return_type import Direction
from returns.rules import Context, Severity
from returns.statistics import Shares

HISTORY = 4  # periods whose answers rules look at
CHARTED = 40  # periods whose figures charts show


@dataclass(frozen=True)
class Verdict:
    """What the rules say of a working copy, with the explanations that count for it."""

    problems: tuple
    explanations: dict
    asks_reasons: bool = True

    @property
    def errors(self):
        return [problem for problem in self.problems if problem.severity is Severity.ERROR]

    @property
    def warnings(self):
        return [problem for problem in self.problems if problem.severity is Severity.WARNING]

    @property
    def unexplained(self):
        if not self.asks_reasons:
            return []
        return [warning for warning in self.warnings if key_of(warning) not in self.explanations]

    def counting_explanations(self):
        """The explanations of warnings that are there now; others wait in case their values come back."""
        return [self.explanations[key_of(warning)] for warning in self.warnings if key_of(warning) in self.explanations]


def key_of(problem):
    return problem.code, problem.fingerprint


def context_for(organisation, period, traits=None):
    """What the rules may look at for one organisation in one period: its traits on the census day, earlier quarters."""
    return contexts_for([(organisation, period)], traits=traits)[organisation.pk, period.pk]


_kept = ContextVar("contexts that are kept", default=None)


@contextmanager
def keeping_contexts(pairs):
    """Inside, the contexts of these (organisation, period) pairs are read once: for many acts on returns one after another,
    while nothing that the rules look at besides the answers can change.
    """
    token = _kept.set(contexts_for(pairs))
    try:
        yield
    finally:
        _kept.reset(token)


def contexts_for(pairs, traits=None):
    """The contexts of many (organisation, period) pairs of one return type, with a constant number of queries."""
    kept, keys = _kept.get(), [(organisation.pk, period.pk) for organisation, period in pairs]
    if kept is not None and traits is None and kept.keys() >= set(keys):
        return {key: kept[key] for key in keys}
    organisations = {organisation.pk: organisation for organisation, _ in pairs}
    periods = {period.pk: period for _, period in pairs}
    dated = _traits(organisations) if traits is None else None
    before = _periods_before(periods)
    standards = {period.pk: as_numbers(period.standards) for period in periods.values()}
    earlier = _earlier_answers(organisations, periods, before)
    read_figures = cache(lambda: _earlier_figures(organisations, periods, before))
    peers_of = peers.known_for(organisations.values(), periods)
    waived = _waivers(organisations, next(iter(periods.values())).return_type if pairs else "")
    contexts = {}
    for organisation, period in pairs:
        past = [earlier.get((organisation.pk, pk), _NOTHING) for pk in before[period.pk][:HISTORY]]
        contexts[organisation.pk, period.pk] = Context(
            kind=organisation.kind,
            traits=frozenset(_on(dated[organisation.pk], period.census_on) if dated is not None else traits),
            starts=period.starts,
            ends=period.ends,
            standards=standards[period.pk],
            previous=past[0].answers if past else None,
            history=_History(past),
            peers=peers_of(organisation, period),
            waived=_waived_on(waived[organisation.pk], period.ends),
            earlier=_Courses(read_figures, organisation.pk, period.pk, before[period.pk]),
        )
    return contexts


def traits_on(organisation, day):
    """The traits an organisation has on a day, as their codes."""
    return frozenset(_on(_traits([organisation.pk])[organisation.pk], day))


def as_numbers(standards):
    return {key: _as_number(value) for key, value in standards.items()}


@cache
def _as_number(value):
    """Targets and tolerances are exact fractions; a standard may be a word, too."""
    try:
        return Fraction(value)
    except ValueError:
        return value


def _traits(organisation_ids):
    """The dated traits of organisations: (trait, during) pairs by organisation id."""
    found = defaultdict(list)
    rows = OrganisationTrait.objects.filter(organisation_id__in=list(organisation_ids))
    for organisation_id, trait, during in rows.values_list("organisation_id", "trait", "during"):
        found[organisation_id].append((trait, during))
    return found


def _waivers(organisation_ids, return_type):
    """The approved waivers of organisations for one return type, by organisation id."""
    found = defaultdict(list)
    for row in Waiver.objects.in_force().filter(provider_id__in=list(organisation_ids), return_type=return_type):
        found[row.provider_id].append(row)
    return found


def _waived_on(waivers, day):
    return {row.rule: row.sentence for row in waivers if row.starts_on <= day <= row.until}


def _on(dated, day):
    return [trait for trait, during in dated if day in during]


def _periods_before(periods):
    """The opened periods before each within its collection, newest first, as far as charts go; their ids by period id."""
    collections = {period.collection_id for period in periods.values()}
    ordered = defaultdict(list)
    for pk, collection_id, ends in (
        Period.objects.filter(collection_id__in=collections, opened_at__isnull=False)
        .order_by("-ends")
        .values_list("pk", "collection_id", "ends")
    ):
        ordered[collection_id].append((ends, pk))
    return {
        period.pk: [pk for ends, pk in ordered[period.collection_id] if ends < period.ends][:CHARTED]
        for period in periods.values()
    }


class _Earlier:
    """An organisation's standing answers of an earlier period, read only when a rule looks at them."""

    def __init__(self, payload, return_type, is_accepted):
        self.payload, self.type, self.is_accepted = payload, return_type, is_accepted

    @cached_property
    def answers(self):
        return self.payload and self.type.from_payload(columns.unpack(self.payload, self.type.kept_as))


_NOTHING = _Earlier(None, None, False)


class _History(Sequence):
    """The accepted answers of the periods before, newest first; None for a period that has none."""

    def __init__(self, past):
        self._past = past

    def __len__(self):
        return len(self._past)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        return self._past[index].answers if self._past[index].is_accepted else None


def _earlier_answers(organisations, periods, before):
    """The standing answers of the periods before, by (organisation, period)."""
    ids = {pk for some in before.values() for pk in some[:HISTORY]}
    if not ids:
        return {}
    return_type = type_of(next(iter(periods.values())))
    continued_by = _continued_by(organisations, periods)
    rows = Submission.objects.filter(
        subject_id__in=[*organisations, *continued_by], period_id__in=ids, standing_version__isnull=False
    ).values_list("subject_id", "period_id", "status", "standing_version__content__payload")
    found = {
        (subject_id, period_id): _Earlier(payload, return_type, status == Submission.Status.ACCEPTED)
        for subject_id, period_id, status, payload in rows
    }
    inherited = {
        (continued_by[subject_id], period_id): earlier
        for (subject_id, period_id), earlier in found.items()
        if subject_id in continued_by
    }
    return inherited | found


def _continued_by(organisations, periods):
    """{predecessor: successor} among those organisations that are, one-to-one, what another was before."""
    last = max(period.ends for period in periods.values())
    return {before: after for after, before in single_predecessors(organisations, last).items()}


def _earlier_figures(organisations, periods, before):
    """The counts of the periods before whose direction matters, organisation -> measure -> period -> (numerator,
    denominator), and the periods from which their charts count anew, by (organisation, measure).

    Nothing is read while there cannot be enough of them for limits.
    """
    ids = {pk for some in before.values() for pk in some if len(some) + 1 >= charts.LIMITS_FROM}
    if not ids:
        return {}, {}
    specs = type_of(next(iter(periods.values()))).measure_specs
    directed = [spec.key for spec in specs if spec.direction is not Direction.NEUTRAL and not spec.of]
    rows = Measure.objects.filter(
        is_current=True, measure__in=directed, period__in=ids, organisation__in=list(organisations), breakdown=""
    )
    columns = ("period", "numerator", "denominator")
    found = defaultdict(dict)
    for organisation_id, measure, periods, *counts in rows.values_list("organisation", "measure").annotate(
        **{f"{name}s": ArrayAgg(name) for name in columns}
    ):
        found[organisation_id][measure] = dict(zip(periods, zip(*counts, strict=True), strict=True))
    return found, _rebased(found)


def _rebased(figures):
    found = defaultdict(set)
    if figures:
        rows = Rebase.objects.filter(organisation__in=list(figures), taken_back_at=None)
        for organisation_id, measure, period_id in rows.values_list("organisation", "measure", "period"):
            found[organisation_id, measure].add(period_id)
    return found


class _Courses(Mapping):
    """measure -> Shares since the chart was last rebased, oldest first, None for a period without one.

    Those of all organisations are read when the first rule looks: a page that runs no rule reads none.
    """

    def __init__(self, read, organisation_id, period_id, before):
        self._read, self._organisation_id, self._period_id, self._before = read, organisation_id, period_id, before

    @cached_property
    def _shares(self):
        figures, rebased = self._read()
        return {
            measure: self._course(by_period, rebased.get((self._organisation_id, measure), ()))
            for measure, by_period in figures.get(self._organisation_id, {}).items()
        }

    def _course(self, by_period, rebased):
        """From the first figure on, because gaps before it say nothing."""
        counts = [by_period.get(pk) for pk in _since(rebased, self._period_id, self._before)]
        while counts and counts[-1] is None:
            counts.pop()
        return Shares(counts[::-1])

    def __getitem__(self, measure):
        return self._shares[measure]

    def __iter__(self):
        return iter(self._shares)

    def __len__(self):
        return len(self._shares)


def _since(rebased, period_id, before):
    """Of the periods before, newest first, those that the limits of this one still count."""
    if not rebased:
        return before
    if period_id in rebased:
        return ()
    first = next((index for index, pk in enumerate(before) if pk in rebased), len(before) - 1)
    return before[: first + 1]


def verdict_on(submission, answers, context):
    """The rules' verdict on the working copy, with the explanations given so far."""
    explanations = {(item.rule, item.fingerprint): item for item in Explanation.objects.filter(submission=submission)}
    return_type = type_of(submission)
    return Verdict(tuple(return_type.check(answers, context)), explanations, return_type.asks_reasons)


def look_at(submission):
    """The working copy, its context and the verdict: what a page about an open return needs."""
    answers = sections.filled_in(submission)
    context = context_for(submission.subject, submission.period)
    return answers, context, verdict_on(submission, answers, context)


def offered_explanations(submission, verdict):
    """Last period's reasons for warnings that still speak about the same values: offered for confirmation, not taken.

    Void under a new version of the rule book. By (rule, fingerprint).
    """
    wanted = {key_of(warning) for warning in verdict.unexplained}
    if not wanted:
        return {}
    before = _periods_before({submission.period_id: submission.period})[submission.period_id][:1]
    rows = Explanation.objects.filter(
        submission__period_id__in=before,
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
        yield (
            version_id,
            problem.code,
            str(problem.severity),
            return_type.section_slug_of(problem.fields),
            list(problem.fields),
            problem.row_ref,
            problem.message
            if return_type.keeps_figures or problem.is_waived
            else _without_figures(problem, return_type),
            problem.remedy,
            problem.fingerprint,
            explanations.get(key_of(problem), "") if return_type.keeps_figures else "",
        )


def _without_figures(problem, return_type):
    return return_type.rulebook.rules[problem.code].title.capitalize() + "."


def kept_for(version):
    """The findings of a version, errors first."""
    rank = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
    return sorted(Finding.objects.filter(version=version), key=lambda item: (rank[item.severity], item.pk))
