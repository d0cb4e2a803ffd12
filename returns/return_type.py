"""What differs between kinds of return, as a value. The kernel holds all that is common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from returns import content
from returns.columns import Format
from returns.content import Answers, Question
from returns.ladders import LadderSpec
from returns.rules import Context, RuleBook, with_waived
from returns.scoring import Score


class Signature(StrEnum):
    """Who signs a return before it counts as submitted."""

    NONE = "NONE"
    ONE = "ONE"
    ANOTHER_PERSON = "ANOTHER_PERSON"
    EVERY_OWNER = "EVERY_OWNER"


class Unit(StrEnum):
    """What a measure is given in: 100 × a share, a headcount or number, or so many per some other number."""

    PERCENT = "PERCENT"
    COUNT = "COUNT"
    RATE = "RATE"


class Direction(StrEnum):
    """Where better lies."""

    INCREASE = "INCREASE"
    DECREASE = "DECREASE"
    NEUTRAL = "NEUTRAL"


@dataclass(frozen=True)
class SectionSpec:
    """A page of questions. `applies(kind, traits)` says whether an organisation is asked it at all."""

    slug: str
    title: str
    questions: tuple[Question, ...]
    intro: str = ""
    applies: Callable = lambda kind, traits: True
    percentages: tuple = ()


@dataclass(frozen=True)
class Percentage:
    """A figure that is calculated, never typed: 100 × numerator / denominator, one decimal, half up.

    `measure` names the kept share whose figure among peers stands beside it.
    """

    name: str
    label: str
    numerator: str
    denominator: str
    standard: str = ""
    measure: str = ""


class MeasureRow(NamedTuple):
    """A number kept for trends and benchmarks: a count, or a numerator over a denominator."""

    measure: str
    numerator: int | None
    denominator: int | None
    breakdown: str = ""


@dataclass(frozen=True)
class MeasureSpec:
    """How a measure is shown over time. `standard` names its target, `group` the heading it stands under.

    `key` is that of a kept measure; or `of` names two kept counts, and the figure is `per` times the first over the second.
    With `has_peers`, a share's pooled figures in region and country are frozen when a period opens.
    """

    key: str
    title: str
    unit: Unit
    direction: Direction = Direction.NEUTRAL
    standard: str = ""
    group: str = ""
    of: tuple[str, ...] = ()
    per: int = 1
    has_peers: bool = False

    @property
    def reads(self):
        """The kept measures that it is made from."""
        return self.of or (self.key,)


def no_measures(answers, context):
    return []


@dataclass(frozen=True)
class NationalFiles:
    """The files for a national system. `applies(kind)` says whose returns go there; `title` names the system.

    `files(period_key, sources, non_submitters, form)` gives name -> bytes with a manifest.json, `file_pattern(period_key)`
    the regular expression of such names, `proforma(source, form)` the name and bytes of one organisation's own file.
    `lead_of(answers)` is (name, address) of the person to ask, or None; without a return it is whoever holds `lead_role`.

    `forms()` are the Forms (returns.cell_maps) that come with the type; an administrator may bring newer ones.
    `placed(form, source)` gives each cell with its value. What may have a cell: `form_about` and `form_answers` (labels by
    name), and `form_list`, the columns of a list.
    """

    title: str
    applies: Callable
    files: Callable
    file_pattern: Callable
    proforma: Callable
    lead_of: Callable
    lead_role: str
    forms: Callable = lambda: []
    placed: Callable = lambda form, source: ()
    form_about: Mapping = field(default_factory=dict)
    form_answers: Mapping = field(default_factory=dict)
    form_list: tuple = ()


@dataclass(frozen=True)
class Source:
    """A version that goes into a national file."""

    organisation_code: str
    organisation_name: str
    period: str
    version: int
    submitted_at: datetime
    content_sha256: str
    answers: Answers


@dataclass(frozen=True)
class NonSubmitter:
    organisation_code: str
    organisation_name: str
    lead_name: str
    lead_email: str
    status: str


@dataclass(frozen=True)
class ChecklistItem:
    """A question that the recipient's reviewer answers: yes, no or cannot tell. Keys are never reused.

    `group` is the heading it stands under; `source` the publication that asks it; `applies(kind, traits)` says whether it
    is asked about an organisation at all.
    """

    key: str
    question: str
    group: str
    source: str = ""
    applies: Callable = lambda kind, traits: True


@dataclass(frozen=True)
class Look:
    """Values and calculated shares that a reviewer looks at together, among the data; `says` is what to look for."""

    title: str
    questions: tuple[str, ...]
    percentages: tuple[str, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class ReviewSpec:
    """What the recipient's reviewer goes by: first whether the data can be true, then the performance.

    `checklist` is answered before a verdict. `looks` are the data to look at together; `performance_rules` the codes of the
    rules that speak of performance rather than of the data; beside the answer to `headcount_question` a published headcount
    is shown.
    """

    checklist: tuple[ChecklistItem, ...] = ()
    looks: tuple[Look, ...] = ()
    performance_rules: frozenset = frozenset()
    headcount_question: str = ""

    def checklist_for(self, kind, traits):
        return [item for item in self.checklist if item.applies(kind, traits)]


@dataclass(frozen=True)
class WorkbookSpec:
    """The workbook of a return type: the version of its template, and what a file that comes back may cost.

    A file of an older minor version is read; one of another major version is refused. `ratio` is unpacked to packed size.
    `memory_bytes` and `seconds` are what reading it in a process of its own may take.
    """

    version: str = "1.0"
    file_bytes: int = 5_000_000
    unpacked_bytes: int = 50_000_000
    parts: int = 100
    ratio: int = 100
    rows: int = 500
    columns: int = 30
    cells: int = 10_000
    memory_bytes: int = 300_000_000
    seconds: int = 20


@dataclass(frozen=True)
class Standing:
    """How the rows of a working copy stand: the hash of what they say, and how many errors stand in the way."""

    content_sha256: str
    blocking: int


@dataclass(frozen=True)
class RowsSpec:
    """A return whose content is rows, not answers: how the kernel reads, keeps and judges them, and who shows them.

    `read(submission)` gives the working copy as one value of the type's own, "the rows" below. `to_payload(rows)` gives
    plain data for a version, its columns by `columns.by_column`; what must be forgotten one day stays out of it.
    `from_payload(data, submission)` gives rows again. `check(rows, context)` gives the problems; their messages are kept
    for good and hold no personal data; `row_ref` says which row. `page` is the name of the route, by the submission's
    uuid, that shows the return in place of the kernel's pages of questions. `judge(submission, written)` runs the rules over
    what a change of some rows (as the writer of `workflow.save_rows` gave them; None: all) may have changed, and returns the
    Standing of the whole, which counts until the next change; without it every change, and submitting, judges everything.
    `owes(rows)` says in a sentence what is still to be done before they can be submitted, or nothing.
    """

    read: Callable
    to_payload: Callable
    from_payload: Callable
    check: Callable
    page: str
    judge: Callable | None = None
    owes: Callable = lambda rows: ""


@dataclass(frozen=True)
class Beside:
    """What a kind of return has beside its returns. All are dotted names, read when they are needed.

    `routes` are modules of routes by the path below which they stand. A `menu(seat)` gives (label, url) for the way round,
    `needs(seat, at)` lines (returns.needs.Need) that the home page begins with; they are asked for seats of other kinds too.
    `chores` are what the clock does each minute: callables with `at`.
    """

    routes: Mapping[str, str] = field(default_factory=dict)
    menu: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    chores: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """A report to be set as a PDF: a whole page as `html`, the name of the route where its reader finds it, by the export's
    uuid, and `send_out(data, by=, at=)`, which writes down that it leaves and returns the Release.
    """

    html: str
    route: str
    send_out: Callable


@dataclass(frozen=True)
class Listing:
    """A list as a file: its bytes and their ending, the name of the route where its reader finds it, by the export's uuid,
    what notices call it, and `send_out(data, by=, at=)`, which writes down that it leaves and returns the Release.
    """

    data: bytes
    suffix: str
    route: str
    title: str
    send_out: Callable


@dataclass(frozen=True)
class ReturnType:
    """One kind of return. Its content is answers to the questions of its `sections`, or `rows`.

    `content_model` is the table where answers are filled in; `rulebook` the rules; `score(answers, context)` and
    `measures(answers, context)` are pure; `scored` names the questions that the score reads; `measure_specs` say which
    measures are charted, and how.
    `signature(kind, settings)` says who signs. `owes(kind, traits)` says which organisations owe one on the census day;
    `needs_submitter(kind)` whether only a registered submitter may send it. `standards` are the targets and tolerances
    before anybody dated them. `keeps_figures` is False where measures, scores and values must not be kept in the
    kernel. `asks_reasons` is False where a warning informs and needs no explanation. `workbook` is the spreadsheet that
    goes out and comes back. `ladder` is how less than adequate performance is escalated; without one nothing is.
    `review` says what its recipient's reviewer goes by; without it a return is not reviewed. `paper(seat, period, at)` gives
    the report of a period as a `Paper`, where it is not the kernel's report of a quarter; `listing(seat, about, at)` a list
    that somebody asked for as a `Listing`, by the uuid of what it is about. `beside` names what else the app brings.
    """

    slug: str
    title: str
    short_title: str
    roles: tuple
    rulebook: RuleBook
    owes: Callable
    sections: tuple[SectionSpec, ...] = ()
    content_model: type | None = None
    rows: RowsSpec | None = None
    score: Callable[[Answers, Context], Score | None] = lambda answers, context: None
    scored: tuple[str, ...] = ()
    measures: Callable = no_measures
    measure_specs: tuple[MeasureSpec, ...] = ()
    standards: Mapping = field(default_factory=dict)
    signature: Callable = lambda kind, settings: Signature.ONE
    needs_submitter: Callable = lambda kind: False
    keeps_figures: bool = True
    asks_reasons: bool = True
    national_files: NationalFiles | None = None
    paper: Callable | None = None
    listing: Callable | None = None
    workbook: WorkbookSpec = WorkbookSpec()
    ladder: LadderSpec | None = None
    review: ReviewSpec | None = None
    beside: Beside = Beside()

    @cached_property
    def questions(self):
        return tuple(question for section in self.sections for question in section.questions)

    def section(self, slug):
        """The section with this slug, or None."""
        return next((section for section in self.sections if section.slug == slug), None)

    def sections_for(self, kind, traits):
        return [section for section in self.sections if section.applies(kind, traits)]

    @cached_property
    def _section_by_question(self):
        return {question.name: section for section in self.sections for question in section.questions}

    def section_of(self, name):
        """The section that asks the question `name`."""
        return self._section_by_question[name]

    def section_slug_of(self, fields):
        """The section a problem about these fields is shown in: the first field's; empty where there is none."""
        return self.section_of(fields[0]).slug if fields and self.sections else ""

    def check(self, filled, context):
        """The problems of answers or rows, what is waived said as such: all that the kernel asks of a type's rules."""
        found = list(self.rows.check(filled, context)) if self.rows else self.rulebook.problems_in(filled, context)
        return list(with_waived(found, context.waived)) if context.waived else found

    # What a version keeps

    @property
    def kept_as(self):
        return Format.COLUMNS if self.rows else Format.JSON

    def to_payload(self, filled):
        """Answers or rows as the plain data that is hashed and kept."""
        return self.rows.to_payload(filled) if self.rows else content.to_payload(filled)

    def from_payload(self, data, submission=None):
        """The answers or rows that `to_payload` wrote; rows may look for what was left out of it by their submission."""
        return self.rows.from_payload(data, submission) if self.rows else content.from_payload(self.questions, data)
