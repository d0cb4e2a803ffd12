"""What changed: between a version and the one before it, with what was asked; and since last quarter."""

from dataclasses import dataclass, field
from itertools import pairwise

from returns import queries, sections, summary, versions
from returns.content import Answers
from returns.models import Query, Review, Version
from returns.registry import type_of
from returns.return_type import SectionSpec


@dataclass(frozen=True)
class ChangedAnswer:
    """One answer that is another one now, in words; `change` says by how much where that can be said."""

    label: str
    before: str
    after: str
    change: str = ""


@dataclass
class SectionChanges:
    """What changed in a section, beside what was asked about it: the reason for which it was sent back, and queries."""

    spec: SectionSpec
    answers: list[ChangedAnswer]
    reason: str = ""
    queries: list = field(default_factory=list)

    @property
    def was_asked(self):
        return bool(self.reason or self.queries)


@dataclass(frozen=True)
class Step:
    """One version on from another: `sections` where anything changed or was asked."""

    before: Version
    after: Version
    sections: list[SectionChanges]

    @property
    def number_changed(self):
        return sum(len(section.answers) for section in self.sections)


def changed_answers(questions, before: Answers, after: Answers):
    """The answers to `questions` that differ."""
    differ = {change.name for change in sections.changes(before, after)}
    return [
        ChangedAnswer(
            question.label,
            summary.answer_said(question, before),
            summary.answer_said(question, after),
            summary.change_said(question, after.values.get(question.name), before.values.get(question.name)),
        )
        for question in questions
        if question.name in differ
    ]


def since(return_type, before: Answers | None, after: Answers):
    """What differs from last quarter, by section; None where there was no return."""
    if before is None:
        return None
    found = [SectionChanges(spec, changed_answers(spec.questions, before, after)) for spec in return_type.sections]
    return [section for section in found if section.answers]


def steps_of(seat, submission, rows):
    """The steps between neighbours of `rows`, versions in order with their contents, as a seat may see them. Three queries
    however many there are.
    """
    return_type = type_of(submission)
    answers = {row.pk: versions.answers_in(row, return_type) for row in rows}
    reasons = _reasons(submission)
    asked = _asked(seat, submission)
    return [
        Step(
            before,
            after,
            list(_sections(return_type, answers[before.pk], answers[after.pk], reasons, asked, before, after)),
        )
        for before, after in pairwise(rows)
    ]


def _sections(return_type, old, new, reasons, asked, before, after):
    since = range(before.number, after.number)  # a version that failed its check may lie between
    for spec in return_type.sections:
        found = SectionChanges(
            spec,
            changed_answers(spec.questions, old, new),
            reason=" ".join(filter(None, (reasons.get((number, spec.slug), "") for number in since))),
            queries=[query for number in since for query in asked.get((number, spec.slug), ())],
        )
        if found.answers or found.was_asked:
            yield found


def _reasons(submission):
    """(version number, section) -> why that section was sent back with that version."""
    rows = Review.objects.filter(version__submission=submission, outcome=Review.Outcome.SENT_BACK)
    return {
        (number, slug): reason
        for number, given in rows.values_list("version__number", "section_reasons")
        for slug, reason in given.items()
    }


def _asked(seat, submission):
    """(version number, section) -> the queries about it, closed ones too."""
    found = {}
    rows = Query.objects.visible_to(seat).filter(submission=submission).select_related("version").order_by("pk")
    for query in queries.with_words(rows):
        found.setdefault((query.version.number, query.section), []).append(query)
    return found
