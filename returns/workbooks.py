"""A return as a workbook: the template that goes out for one organisation and period, and what comes back in it.

One sheet tells whose workbook it is, under a seal; one sheet for each section holds a line for each question. A line is
found again by the name of its question, so that a workbook of an older minor version of the template can still be read.
The annotated copy is the template once more, with what was found beside each answer; it comes back like any other.
"""

import io
from collections import defaultdict
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, time
from math import ceil, isfinite

import python_calamine
import xlsxwriter
from django.core.signing import BadSignature, Signer

from returns import sections
from returns.content import ActionStatus, Answers, Kind, canonical, read_answers, to_payload
from returns.rules import Severity
from returns.workbook_safety import UnsafeWorkbook, shown, vetted

ABOUT = "About"
FINDINGS = "Findings"
FOUND = "What was found"
TITLES = ("Question", "Your answer", "Last quarter", "What it means", "Reference")
QUESTION, ANSWER, BEFORE, MEANING, REFERENCE = range(len(TITLES))
HEADING_ROW = 3  # counted from 0, as the library does
PLAN = (("title", "What will be done", 60), ("owner", "Owner", 30), ("due_on", "Due", 18), ("status", "Status", 16))
PLAN_ROWS = 50
CELL_LIMIT = 32_000
COMMENTS = 2_000  # more of them make a workbook slow to open; the sheet of findings holds all
NOT_APPLICABLE = "NA"
FIRST_DAY = datetime(1900, 3, 1)
ANOTHER = "Download the workbook again and copy your answers into it."
WHAT_NEXT = "Each is at its own cell, too. Correct the answers here or in the portal, and upload this workbook again."
HOW = (
    "Fill in the yellow cells. Everything else is locked, so that every answer is found again.",
    "A blank cell is a missing answer. 0 is an answer. NA means not applicable, where the question allows it.",
    "Paste values, not formulas. Percentages are calculated for you and may stay blank.",
)


@dataclass(frozen=True)
class Identity:
    """Whose workbook this is, as text; written into it under a seal. `traits` are those of the census day, `revisions` how
    often each section had been saved when the workbook was made: "leads:2 training:1".
    """

    return_type: str
    organisation_code: str
    organisation_name: str
    kind: str
    traits: str
    subject: str
    period: str
    period_title: str
    starts: str
    ends: str
    template_version: str
    revisions: str

    @property
    def seal(self):
        return Signer(salt="returns.workbooks").signature(canonical(asdict(self)).decode())

    @property
    def major_version(self):
        return self.template_version.partition(".")[0]

    @property
    def trait_set(self):
        return frozenset(self.traits.split())

    def revision_of(self, slug):
        """How often the section had been saved when the workbook was made."""
        found = dict(part.split(":") for part in self.revisions.split())
        return int(found.get(slug, 0))


def identity_of(submission, return_type, traits):
    states = sections.states(submission)
    saved = [f"{spec.slug}:{states[spec.slug].revision}" for spec in return_type.sections if spec.slug in states]
    return Identity(
        return_type=return_type.slug,
        organisation_code=submission.subject.code,
        organisation_name=submission.subject.name,
        kind=submission.subject.kind,
        traits=" ".join(sorted(traits)),
        subject=submission.subject_key,
        period=submission.period.key,
        period_title=submission.period.title,
        starts=submission.period.starts.isoformat(),
        ends=submission.period.ends.isoformat(),
        template_version=return_type.workbook.version,
        revisions=" ".join(saved),
    )


def sheet_title(title):
    """A title as a sheet can have it."""
    return "".join(" " if letter in "[]:*?/\\'" else letter for letter in title)[:31].strip()


def lines_of(spec):
    """What a section's sheet has a line for: its questions but for lists, and its percentages."""
    return [*(question for question in spec.questions if question.kind is not Kind.ACTIONS), *spec.percentages]


def plans_of(specs):
    """The questions that are lists, each a sheet of its own."""
    return [question for spec in specs for question in spec.questions if question.kind is Kind.ACTIONS]


def places_of(specs):
    """Where each question and percentage stands in the workbook: the title of its sheet, its row and column from 0."""
    found = {
        item.name: (sheet_title(spec.title), row, ANSWER)
        for spec in specs
        for row, item in enumerate(lines_of(spec), HEADING_ROW + 1)
    }
    return found | {question.name: (title_of_plan(question), HEADING_ROW + 1, 0) for question in plans_of(specs)}


def title_of_plan(question):
    return sheet_title(question.label)


# Out


def template(return_type, identity, answers, previous=None):
    """The bytes of the workbook, filled with `answers` and last quarter's beside. The same input gives the same bytes."""
    return written(return_type, identity, Filling(answers, previous))


def annotated(return_type, identity, answers, previous, problems, typed):
    """The workbook with each of `problems` at its own cell, in colour and in words, and a sheet of them all in front.

    `typed` is what cells hold whose answer cannot be read, by the name of the question. The same input, the same bytes.
    """
    return written(return_type, identity, Filling(answers, previous, list(problems), typed))


@dataclass(frozen=True)
class Filling:
    """What is written into a workbook besides its questions; `problems` is None where nothing was looked for."""

    answers: Answers
    previous: Answers | None
    problems: list | None = None
    typed: dict = field(default_factory=dict)


def written(return_type, identity, filling):
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    workbook.set_properties({"title": return_type.title, "created": datetime.combine(ends_of(identity), time())})
    specs = return_type.sections_for(identity.kind, identity.trait_set)
    writer = Writer(workbook, identity, filling, places_of(specs))
    if filling.problems is not None:
        writer.findings(specs)
    writer.about(return_type)
    for spec in specs:
        writer.section(spec)
    for question in plans_of(specs):
        writer.plan(question)
    workbook.close()
    return buffer.getvalue()


def ends_of(identity):
    return date.fromisoformat(identity.ends)


LOOKS = {
    "title": {"bold": True, "font_size": 16},
    "heading": {"bold": True, "bottom": 2, "text_wrap": True, "valign": "top"},
    "text": {"text_wrap": True, "valign": "top"},
    "small": {"font_color": "#4C6272", "font_size": 9, "valign": "top"},
}
NUMBER_FORMATS = {Kind.COUNT: "#,##0", Kind.DAY: "d mmmm yyyy", None: "0.0"}
YES_NO = ["Yes", "No"]
STATUSES = [status.replace("_", " ").capitalize() for status in ActionStatus]
WORDS = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.NOTE: "Note"}
COLOURS = {Severity.ERROR: "#F5B7B1", Severity.WARNING: "#FFD580", Severity.NOTE: "#CFE8FC"}
FOUND_WIDTH = 60
WIDTHS = (48, 34, 24, 60, 26)
ROOM = (WIDTHS[QUESTION], WIDTHS[ANSWER], WIDTHS[MEANING], FOUND_WIDTH)
LINE_HEIGHT = 15  # points
HIGHEST_ROW = 400
FOUND_AT_ONE_CELL = 5
LIST_OF_FINDINGS = (
    ("Kind", 10),
    ("Rule", 11),
    ("Sheet", 22),
    ("Cell", 8),
    ("Question", 44),
    (FOUND, 60),
    ("What to do", 44),
)


@dataclass(frozen=True)
class Found:
    """What was found at one cell, in words, and how bad the worst of it is."""

    severity: Severity | None = None
    words: str = ""


def lines_of_text(text, width):
    """How many lines a text takes in a column that many letters wide."""
    return sum(max(1, ceil(len(part) / width)) for part in text.split("\n"))


class Writer:
    """Writes sheets that print on A4, can be filled in where they are yellow, and name nobody as their author."""

    def __init__(self, workbook, identity, filling, places):
        self.workbook, self.identity, self.filling, self.places = workbook, identity, filling, places
        self.looks = {name: workbook.add_format(look) for name, look in LOOKS.items()}
        self.cells = {}
        self.found = defaultdict(list)
        for number, problem in enumerate(filling.problems or ()):
            if place := self.place_of(problem):
                self.found[place].append((number, problem))

    def place_of(self, problem):
        """The cell of the first field that has one; None where a problem is about the whole return."""
        return next((self.places[name] for name in problem.fields if name in self.places), None)

    def look_of(self, kind, is_answer, severity=None):
        """The format of an answer, in the colour of what was found there, or of last quarter's; `kind` is None for a
        percentage.
        """
        if (kind, is_answer, severity) not in self.cells:
            look = {"text_wrap": True, "valign": "top", "align": "left", "num_format": NUMBER_FORMATS.get(kind, "@")}
            if is_answer:
                colour = COLOURS.get(severity, "#FFF9C4")
                look |= {"locked": False, "border": 1, "border_color": "#768692", "bg_color": colour}
            self.cells[kind, is_answer, severity] = self.workbook.add_format(look)
        return self.cells[kind, is_answer, severity]

    def sheet(self, title, widths):
        sheet = self.workbook.add_worksheet(sheet_title(title))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        whose = f"{self.identity.organisation_name}, {self.identity.period_title}".replace("&", "&&")
        sheet.set_footer(f"&L{whose[:180]}&RPage &P of &N")
        sheet.protect("", {"format_rows": True, "format_columns": True})
        sheet.write_string(0, 0, title, self.looks["title"])
        return sheet

    def about(self, return_type):
        sheet = self.sheet(ABOUT, (34, 80, 24))
        sheet.write_string(0, 0, return_type.title, self.looks["title"])
        sheet.write_string(1, 0, f"{self.identity.organisation_name}, {self.identity.period_title}")
        for row, sentence in enumerate(HOW, start=2):
            sheet.write_string(row, 0, sentence)
        heading = len(HOW) + 3
        for column, words in enumerate(("This workbook", "Leave this as it is", TITLES[REFERENCE])):
            sheet.write_string(heading, column, words, self.looks["heading"])
        for row, (name, value) in enumerate(
            [*asdict(self.identity).items(), ("seal", self.identity.seal)], heading + 1
        ):
            sheet.write_string(row, 0, name.replace("_", " ").capitalize(), self.looks["text"])
            sheet.write_string(row, 1, value, self.looks["text"])
            sheet.write_string(row, 2, name, self.looks["small"])

    def headings(self, sheet, titles):
        for column, title in enumerate(titles):
            sheet.write_string(HEADING_ROW, column, title, self.looks["heading"])
        sheet.freeze_panes(HEADING_ROW + 1, 0)
        sheet.repeat_rows(HEADING_ROW)

    def section(self, spec):
        answers, previous = self.filling.answers, self.filling.previous
        sheet = self.sheet(spec.title, WIDTHS)
        sheet.write_string(1, 0, spec.intro)
        self.headings(sheet, TITLES)
        self.heading_of_found(sheet, len(TITLES))
        for row, item in enumerate(lines_of(spec), HEADING_ROW + 1):
            kind = getattr(item, "kind", None)
            sheet.write_string(row, QUESTION, item.label, self.looks["text"])
            meaning = " ".join(filter(None, (item.definition, item.hint))) if kind else "Percent. May stay blank."
            sheet.write_string(row, MEANING, meaning, self.looks["text"])
            sheet.write_string(row, REFERENCE, item.name, self.looks["small"])
            found = self.say_what_was_found(sheet, item.name, len(TITLES))
            look = self.look_of(kind, True, found.severity)
            value = self.filling.typed.get(item.name, value_of(item, answers))
            self.put(sheet, row, ANSWER, kind, value, look)
            self.put(sheet, row, BEFORE, kind, value_of(item, previous), self.look_of(kind, False))
            self.guard(sheet, row, ANSWER, kind, item)
            self.make_room(sheet, row, zip((item.label, value, meaning, found.words), ROOM, strict=True))

    def make_room(self, sheet, row, texts):
        """A row as high as its texts, given with the widths of their columns; not every program finds that out itself."""
        lines = max(lines_of_text(str(text), width) for text, width in texts if text is not None)
        if lines > 1:
            sheet.set_row(row, min(lines * LINE_HEIGHT, HIGHEST_ROW))

    def plan(self, question):
        typed = self.filling.typed.get(question.name)
        actions = typed or self.filling.answers.values.get(question.name) or []
        sheet = self.sheet(question.label, [width for *_, width in PLAN])
        sheet.write_string(1, 0, question.hint)
        self.headings(sheet, [title for _, title, _ in PLAN])
        self.heading_of_found(sheet, len(PLAN))
        severity = self.say_what_was_found(sheet, question.name, len(PLAN)).severity
        for number in range(max(PLAN_ROWS, len(actions))):
            action = actions[number] if number < len(actions) else {}
            for column, (name, *_) in enumerate(PLAN):
                kind = Kind.DAY if name == "due_on" else Kind.LINE
                row = HEADING_ROW + 1 + number
                value = action.get(name) if typed else value_in_plan(name, action.get(name))
                look = self.look_of(kind, True, None if number or column else severity)
                self.put(sheet, row, column, kind, value, look)
                if name == "status":
                    sheet.data_validation(row, column, row, column, {"validate": "list", "source": STATUSES})

    # What was found

    def findings(self, specs):
        """The sheet in front: how much there is, and each finding with the way to its cell."""
        sheet = self.sheet(FINDINGS, [width for _, width in LIST_OF_FINDINGS])
        severities = [problem.severity for problem in self.filling.problems]
        counts = [f"{word}s: {severities.count(severity):,}" for severity, word in WORDS.items()]
        sheet.write_string(1, 0, f"{', '.join(counts)}. {WHAT_NEXT}")
        self.headings(sheet, [title for title, _ in LIST_OF_FINDINGS])
        labels = {item.name: item.label for spec in specs for item in (*spec.questions, *spec.percentages)}
        text = self.looks["text"]
        for row, problem in enumerate(in_order(self.filling.problems), HEADING_ROW + 1):
            label = labels.get(problem.fields[0], "") if problem.fields else "The whole return"
            sheet.write_string(row, 0, WORDS[problem.severity], self.colour_of(problem.severity))
            for column, words in ((1, problem.code), (4, label), (5, problem.message), (6, problem.remedy)):
                sheet.write_string(row, column, words[:CELL_LIMIT], text)
            self.make_room(sheet, row, ((label, 44), (problem.message, 60), (problem.remedy, 44)))
            if place := self.place_of(problem):
                title, *where = place
                cell = xlsxwriter.utility.xl_rowcol_to_cell(*where)
                sheet.write_string(row, 2, title, text)
                sheet.write_url(row, 3, f"internal:'{title}'!{cell}", string=cell)

    def colour_of(self, severity):
        if severity not in self.cells:
            look = {"bg_color": COLOURS[severity], "bold": True, "valign": "top"}
            self.cells[severity] = self.workbook.add_format(look)
        return self.cells[severity]

    def heading_of_found(self, sheet, column):
        if self.filling.problems is not None:
            sheet.set_column(column, column, FOUND_WIDTH)
            sheet.write_string(HEADING_ROW, column, FOUND, self.looks["heading"])

    def say_what_was_found(self, sheet, name, column):
        """Writes it beside the answer, and as a comment on it; returns it with the worst of its severities."""
        title, row, at = self.places[name]
        here = self.found.get((title, row, at))
        if not here:
            return Found()
        worst = in_order(problem for _, problem in here)[0].severity
        said = [f"{WORDS[problem.severity]}: {problem.message}" for _, problem in here[:FOUND_AT_ONE_CELL]]
        if len(here) > FOUND_AT_ONE_CELL:
            said.append(f"{len(here) - FOUND_AT_ONE_CELL:,} more are on sheet “{FINDINGS}”.")
        said = "\n".join(said)[:CELL_LIMIT]
        sheet.write_string(row, column, said, self.looks["text"])
        if here[0][0] < COMMENTS:
            sheet.write_comment(row, at, said, {"author": "", "x_scale": 2.5, "y_scale": 1.5})
        return Found(worst, said)

    def put(self, sheet, row, column, kind, value, look):
        """Text is written as text, whatever it begins with."""
        if value is None:
            sheet.write_blank(row, column, None, look)
        elif isinstance(value, str):
            sheet.write_string(row, column, value[:CELL_LIMIT], look)
        elif isinstance(value, date):
            sheet.write_datetime(row, column, datetime.combine(value, time()), look)
        elif kind is Kind.DAY:
            sheet.write_string(row, column, f"{value:.15g}", look)  # as a number it would look like a day
        else:
            sheet.write_number(row, column, value, look)

    def guard(self, sheet, row, column, kind, item):
        """A drop-down, or a bound with a sentence, so that a slip is noticed while typing."""
        rule = {
            Kind.COUNT: {
                "validate": "integer",
                "criteria": "between",
                "minimum": 0,
                "maximum": 9_999_999,
                "error_message": "Enter a whole number, such as 1200.",
            },
            Kind.YES_NO: {"validate": "list", "source": YES_NO, "error_message": "Choose Yes or No."},
            Kind.DAY: {
                "validate": "date",
                "criteria": "between",
                "minimum": FIRST_DAY,
                "maximum": date(2200, 12, 31),
                "error_message": "Enter a date, such as 30/9/2025.",
            },
        }.get(kind)
        if rule and getattr(item, "may_be_absent", False):
            cell = xlsxwriter.utility.xl_rowcol_to_cell(row, column)
            rule = {
                "validate": "custom",
                "value": f'=OR({cell}="{NOT_APPLICABLE}",AND(ISNUMBER({cell}),{cell}>=0,{cell}=INT({cell})))',
                "error_message": "Enter a whole number, such as 1200, or NA for not applicable.",
            }
        if rule:
            sheet.data_validation(row, column, row, column, rule | {"error_title": "Not an answer"})


def in_order(problems):
    """Errors first, then warnings, then notes."""
    rank = list(WORDS)
    return sorted(problems, key=lambda problem: rank.index(problem.severity))


def value_of(item, answers):
    """An answer as a cell holds it; None for a blank cell, and for percentages, which are not typed."""
    if answers is None or item.name not in answers.values:
        return None
    if item.name in answers.absent:
        return NOT_APPLICABLE
    value = answers.values[item.name]
    return YES_NO[not value] if isinstance(value, bool) else value


def value_in_plan(name, value):
    if value and name == "due_on":
        return date.fromisoformat(value)
    return value.replace("_", " ").capitalize() if value and name == "status" else value


# Back


@dataclass(frozen=True)
class Filled:
    """What a workbook says: whose it is, and by question or percentage what its cell holds and where that is.

    `given` and `previous` hold no blank cells; they are read as answers by `content.read_answers`.
    """

    identity: Identity
    given: dict
    previous: dict
    places: dict


def read(return_type, data):
    """What the workbook `data` (bytes) says. Raises UnsafeWorkbook with a sentence where it is not one of ours."""
    sheets = grids(vetted(data, return_type.workbook))
    identity = identity_in(sheets, return_type)
    specs = return_type.sections_for(identity.kind, identity.trait_set)
    plans = plans_of(specs)
    sheets.pop(FINDINGS, None)
    refuse_other_sheets(sheets, [ABOUT, *(sheet_title(item.title) for item in specs), *map(title_of_plan, plans)])
    filled = Filled(identity, {}, {}, {})
    for spec in specs:
        read_section(sheets, spec, filled, is_current=identity.template_version == return_type.workbook.version)
    for question in plans:
        read_plan(sheets, question, filled)
    return filled


def grids(archive):
    """The rows of each sheet by its title, blank cells as None."""
    try:
        with python_calamine.load_workbook(io.BytesIO(archive)) as workbook:
            return {
                title: [[plain(value) for value in row] for row in rows_of(workbook, title)]
                for title in workbook.sheet_names
            }
    except (python_calamine.CalamineError, ValueError, OverflowError):
        raise UnsafeWorkbook("This workbook is damaged. Open it in Excel or LibreOffice and save it again.") from None


def rows_of(workbook, title):
    return workbook.get_sheet_by_name(title).to_python(skip_empty_area=False)


def plain(value):
    """A cell as readers take it: a day is a date; a moment that is not midnight, or before March 1900, is no day.

    Spreadsheets disagree about the days before, because one of them once had a 29 February 1900.
    """
    if value == "":
        return None
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        is_day = moment.time() == time() and moment >= FIRST_DAY
        return moment.date() if is_day else moment.isoformat(" ")
    return value


def identity_in(sheets, return_type):
    """The identity under its seal, of this return type and major version."""
    found = {row[2]: row[1] or "" for row in sheets.get(ABOUT, ()) if len(row) > 2 and isinstance(row[2], str)}
    names = [item.name for item in fields(Identity)]
    if not all(isinstance(found.get(name), str) for name in [*names, "seal"]):
        raise UnsafeWorkbook(f"This workbook does not say whose it is on sheet “{ABOUT}”. {ANOTHER}")
    identity = Identity(**{name: found[name] for name in names})
    try:
        Signer(salt="returns.workbooks").unsign(f"{canonical(asdict(identity)).decode()}:{found['seal']}")
    except BadSignature:
        raise UnsafeWorkbook(
            f"Sheet “{ABOUT}” was changed, so nobody can say whose workbook this is. {ANOTHER}", "seal_broken"
        ) from None
    if identity.return_type != return_type.slug:
        raise UnsafeWorkbook(
            f"This workbook is for another return: {shown(identity.return_type)}. {ANOTHER}", "another_return"
        )
    if identity.major_version != return_type.workbook.version.partition(".")[0]:
        raise UnsafeWorkbook(
            f"This workbook is of version {identity.template_version}; "
            f"version {return_type.workbook.version} is needed. {ANOTHER}",
            "another_version",
        )
    return identity


def refuse_other_sheets(sheets, expected):
    for title in expected:
        if title not in sheets:
            alike = next((other for other in sheets if other.strip().casefold() == title.casefold()), None)
            instead = f" Call “{shown(alike)}” “{title}” again." if alike else f" {ANOTHER}"
            raise UnsafeWorkbook(f"There is no sheet “{title}”.{instead}")
    for title in sheets.keys() - set(expected):
        raise UnsafeWorkbook(f"Sheet “{shown(title)}” does not belong to this workbook. Remove it.")


def read_section(sheets, spec, filled, *, is_current):
    title = sheet_title(spec.title)
    items = {item.name: item for item in lines_of(spec)}
    width = width_of(sheets[title], len(TITLES))
    for number, row in enumerate(sheets[title][HEADING_ROW + 1 :], HEADING_ROW + 2):
        row = [*row, *[None] * (len(TITLES) - len(row))]
        refuse_beside(title, row, number, width)
        name = row[REFERENCE]
        if name is None and row[ANSWER] is None:
            continue
        if name not in items or name in filled.places:
            raise UnsafeWorkbook(f"Sheet “{title}”, cell B{number} belongs to no question. {ANOTHER}")
        filled.places[name] = title, f"B{number}"
        for values, column in ((filled.given, ANSWER), (filled.previous, BEFORE)):
            if row[column] is not None:
                values[name] = row[column]
    missing = [item.label for name, item in items.items() if name not in filled.places]
    if missing and is_current:
        raise UnsafeWorkbook(f"Sheet “{title}” has lost the line “{missing[0]}”. {ANOTHER}")


def read_plan(sheets, question, filled):
    title, actions = title_of_plan(question), []
    width = width_of(sheets[title], len(PLAN))
    for number, row in enumerate(sheets[title][HEADING_ROW + 1 :], HEADING_ROW + 2):
        refuse_beside(title, row, number, width)
        action = {name: value for (name, *_), value in zip(PLAN, row, strict=False) if value is not None}
        if action:
            actions.append(action)
    filled.places[question.name] = title, f"A{HEADING_ROW + 2}"
    if actions:
        filled.given[question.name] = actions


def width_of(rows, usual):
    """The columns of a sheet: in an annotated copy one more, which is not read."""
    headings = rows[HEADING_ROW] if len(rows) > HEADING_ROW else []
    return usual + (headings[usual : usual + 1] == [FOUND])


def refuse_beside(title, row, number, width):
    for column, value in enumerate(row[width:], width):
        if value is not None:
            cell = xlsxwriter.utility.xl_rowcol_to_cell(number - 1, column)
            raise UnsafeWorkbook(
                f"Sheet “{title}”, cell {cell} is not part of the return. Move what it says, or remove it."
            )


def as_plain_data(return_type, data):
    """What the workbook `data` says, as JSON has it: the identity, and of what has a line, the answers, absences, sentences
    about what cannot be read, what was typed there, percentages and places.
    """
    filled = read(return_type, data)
    asked = [question for question in return_type.questions if question.name in filled.places]
    answers = read_answers(asked, filled.given)
    return {
        "identity": asdict(filled.identity),
        **to_payload(answers),
        "unreadable": answers.unreadable,
        "typed": {name: typed(filled.given[name]) for name in answers.unreadable},
        "percentages": {
            figure.name: plainly(filled.given[figure.name])
            for spec in return_type.sections
            for figure in spec.percentages
            if figure.name in filled.given
        },
        "places": {name: f"{cell} on sheet “{title}”" for name, (title, cell) in filled.places.items()},
    }


def typed(value):
    if isinstance(value, list):
        return [{name: plainly(part) for name, part in row.items()} for row in value]
    return plainly(value)


def plainly(value):
    """A number, or text that says what the cell holds."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return value if is_number else str(value)
