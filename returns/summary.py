"""A return as people read it: answers in words, last quarter's beside them, what changed, and what was found."""

from dataclasses import dataclass, field
from datetime import date

from django.utils import formats

from returns.content import Answers, Kind, Question
from returns.return_type import Percentage, SectionSpec
from returns.rules import Severity
from returns.statistics import percent, percent_text, rate_text

NOT_APPLICABLE = "Not applicable"


@dataclass
class Row:
    """One question with its answer in words; `before` is last quarter's, `change` the difference in words."""

    question: Question
    said: str
    before: str = ""
    change: str = ""
    is_changed: bool = False
    problems: list = field(default_factory=list)
    queries: list = field(default_factory=list)
    published: object = None  # a headcounts.Comparison


@dataclass
class PercentageRow:
    percentage: Percentage
    said: str
    before: str = ""
    target: str = ""
    peers: str = ""


@dataclass
class SectionSummary:
    spec: SectionSpec
    rows: list
    percentages: list
    problems: list
    queries: list = field(default_factory=list)

    @property
    def errors(self):
        return [problem for problem in self.problems if problem.severity == Severity.ERROR]

    @property
    def warnings(self):
        return [problem for problem in self.problems if problem.severity == Severity.WARNING]


def summarise(return_type, specs, answers, context, *, compared_with=None, problems=()):
    """The sections of a return in words, with last quarter's answers, targets and peers of the `context` beside.

    `compared_with` (another version's answers) decides what is marked as changed. `problems` are problems or findings,
    put where they belong.
    """
    by_section = {}
    for problem in problems:
        slug = return_type.section_slug_of(problem.fields)
        by_section.setdefault(slug, []).append(problem)
    return [
        SectionSummary(
            spec=spec,
            rows=[
                row_of(question, answers, context.previous, compared_with, by_section.get(spec.slug, ()))
                for question in spec.questions
            ],
            percentages=[percentage_of(item, answers, context) for item in spec.percentages],
            problems=by_section.get(spec.slug, []),
        )
        for spec in specs
    ]


def part_for(look, sections):
    """The part of summarised sections that a reviewer looks at together, as one section of its own."""
    rows = {row.question.name: row for section in sections for row in section.rows}
    shares = {item.percentage.name: item for section in sections for item in section.percentages}
    return SectionSummary(
        spec=SectionSpec(slug="", title=look.title, questions=()),
        rows=[rows[name] for name in look.questions if name in rows],
        percentages=[shares[name] for name in look.percentages if name in shares],
        problems=[],
    )


def row_of(question, answers, previous=None, compared_with=None, problems=()):
    name = question.name
    row = Row(question=question, said=answer_said(question, answers))
    if previous is not None:
        row.before = answer_said(question, previous)
        row.change = change_said(question, answers.values[name], previous.values.get(name))
    if compared_with is not None:
        row.is_changed = row.said != answer_said(question, compared_with)
        row.before = answer_said(question, compared_with) if row.is_changed else row.before
    row.problems = [problem for problem in problems if name in problem.fields]
    return row


def percentage_of(item, answers, context):
    target, previous = context.standards.get(item.standard), context.previous
    return PercentageRow(
        percentage=item,
        said=percent_text(answers.values[item.numerator], answers.values[item.denominator]),
        before=percent_text(previous.values.get(item.numerator), previous.values.get(item.denominator))
        if previous
        else "",
        target=rate_text(target) if target is not None else "",
        peers=str(context.peers.get(item.measure, "")),
    )


def answer_said(question: Question, answers: Answers):
    """An answer in words; empty where there is none."""
    if question.name in answers.absent:
        return NOT_APPLICABLE
    return said(question.kind, answers.values.get(question.name))


def said(kind, value):
    if value is None:
        return ""
    if kind is Kind.COUNT:
        return f"{value:,}"
    if kind is Kind.YES_NO:
        return "Yes" if value else "No"
    if kind is Kind.DAY:
        return day_said(value)
    if kind is Kind.ACTIONS:
        return "\n".join(action_said(row) for row in value)
    return str(value)


def day_said(day):
    return formats.date_format(date.fromisoformat(day) if isinstance(day, str) else day, "j F Y")


def action_said(row):
    parts = [row["title"]]
    if row.get("owner"):
        parts.append(f"owner {row['owner']}")
    if row.get("due_on"):
        parts.append(f"due {day_said(row['due_on'])}")
    parts.append(row["status"].replace("_", " ").lower())
    return ", ".join(parts)


def change_said(question, now, before):
    """How a count moved since last quarter: "up 30 (0.6 %)"; empty where it cannot be said."""
    if question.kind is not Kind.COUNT or now is None or before is None:
        return ""
    if now == before:
        return "no change"
    direction = "up" if now > before else "down"
    relative = f" ({percent(abs(now - before), before)} %)" if before else ""
    return f"{direction} {abs(now - before):,}{relative}"
