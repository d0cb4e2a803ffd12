"""A return as a workbook: the template that goes out for one organisation and period, and what comes back in it.

One sheet tells whose workbook it is, under a seal; one sheet for each section holds a line for each question. A line is
found again by the name of its question, so that a workbook of an older minor version of the template can still be read.
"""

import io
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time

import python_calamine
import xlsxwriter
from django.core.signing import BadSignature, Signer

from returns.content import ActionStatus, Kind, canonical
from returns.workbook_safety import UnsafeWorkbook, shown, vetted

ABOUT = "About"
TITLES = ("Question", "Your answer", "Last quarter", "What it means", "Reference")
QUESTION, ANSWER, BEFORE, MEANING, REFERENCE = range(len(TITLES))
HEADING_ROW = 3  # counted from 0, as the library does
PLAN = (("title", "What will be done", 60), ("owner", "Owner", 30), ("due_on", "Due", 18), ("status", "Status", 16))
PLAN_ROWS = 50
NOT_APPLICABLE = "NA"
FIRST_DAY = datetime(1900, 3, 1)
ANOTHER = "Download the workbook again and copy your answers into it."
HOW = (
    "Fill in the yellow cells. Everything else is locked, so that every answer is found again.",
    "A blank cell is a missing answer. 0 is an answer. NA means not applicable, where the question allows it.",
    "Paste values, not formulas. Percentages are calculated for you and may stay blank.",
)


@dataclass(frozen=True)
class Identity:
    """Whose workbook this is, as text; written into it under a seal. `traits` are those of the census day."""

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

    @property
    def seal(self):
        return Signer(salt="returns.workbooks").signature(canonical(asdict(self)).decode())

    @property
    def major_version(self):
        return self.template_version.partition(".")[0]

    @property
    def trait_set(self):
        return frozenset(self.traits.split())


def identity_of(submission, return_type, traits):
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


# Out


def template(return_type, identity, answers, previous=None):
    """The bytes of the workbook, filled with `answers` and last quarter's beside. The same input gives the same bytes."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    workbook.set_properties({"title": return_type.title, "created": datetime.combine(ends_of(identity), time())})
    writer = Writer(workbook, identity)
    specs = return_type.sections_for(identity.kind, identity.trait_set)
    writer.about(return_type)
    for spec in specs:
        writer.section(spec, answers, previous)
    for question in plans_of(specs):
        writer.plan(question, answers.values.get(question.name))
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


class Writer:
    """Writes sheets that print on A4, can be filled in where they are yellow, and name nobody as their author."""

    def __init__(self, workbook, identity):
        self.workbook, self.identity = workbook, identity
        self.looks = {name: workbook.add_format(look) for name, look in LOOKS.items()}
        self.cells = {}

    def look_of(self, kind, is_answer):
        """The format of an answer, or of last quarter's; `kind` is None for a percentage."""
        if (kind, is_answer) not in self.cells:
            look = {"text_wrap": True, "valign": "top", "align": "left", "num_format": NUMBER_FORMATS.get(kind, "@")}
            if is_answer:
                look |= {"locked": False, "border": 1, "border_color": "#768692", "bg_color": "#FFF9C4"}
            self.cells[kind, is_answer] = self.workbook.add_format(look)
        return self.cells[kind, is_answer]

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

    def section(self, spec, answers, previous):
        sheet = self.sheet(spec.title, (48, 34, 24, 60, 26))
        sheet.write_string(1, 0, spec.intro)
        self.headings(sheet, TITLES)
        for row, item in enumerate(lines_of(spec), HEADING_ROW + 1):
            kind = getattr(item, "kind", None)
            sheet.write_string(row, QUESTION, item.label, self.looks["text"])
            meaning = " ".join(filter(None, (item.definition, item.hint))) if kind else "Percent. May stay blank."
            sheet.write_string(row, MEANING, meaning, self.looks["text"])
            sheet.write_string(row, REFERENCE, item.name, self.looks["small"])
            self.put(sheet, row, ANSWER, kind, value_of(item, answers), self.look_of(kind, True))
            self.put(sheet, row, BEFORE, kind, value_of(item, previous), self.look_of(kind, False))
            self.guard(sheet, row, ANSWER, kind, item)

    def plan(self, question, actions):
        sheet = self.sheet(question.label, [width for *_, width in PLAN])
        sheet.write_string(1, 0, question.hint)
        self.headings(sheet, [title for _, title, _ in PLAN])
        for number in range(PLAN_ROWS):
            action = actions[number] if actions and number < len(actions) else {}
            for column, (name, *_) in enumerate(PLAN):
                kind = Kind.DAY if name == "due_on" else Kind.LINE
                row = HEADING_ROW + 1 + number
                self.put(sheet, row, column, kind, value_in_plan(name, action.get(name)), self.look_of(kind, True))
                if name == "status":
                    sheet.data_validation(row, column, row, column, {"validate": "list", "source": STATUSES})

    def put(self, sheet, row, column, kind, value, look):
        """Text is written as text, whatever it begins with."""
        if value is None:
            sheet.write_blank(row, column, None, look)
        elif isinstance(value, str):
            sheet.write_string(row, column, value, look)
        elif kind is Kind.DAY:
            sheet.write_datetime(row, column, datetime.combine(value, time()), look)
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
    refuse_other_sheets(sheets, [ABOUT, *(sheet_title(item.title) for item in specs), *map(title_of_plan, plans)])
    filled = Filled(identity, {}, {}, {})
    for spec in specs:
        read_section(sheets, spec, filled, is_current=identity.template_version == return_type.workbook.version)
    for question in plans:
        read_plan(sheets, question, filled)
    return filled


def title_of_plan(question):
    return sheet_title(question.label)


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
    names = [field.name for field in fields(Identity)]
    if not all(isinstance(found.get(name), str) for name in [*names, "seal"]):
        raise UnsafeWorkbook(f"This workbook does not say whose it is on sheet “{ABOUT}”. {ANOTHER}")
    identity = Identity(**{name: found[name] for name in names})
    try:
        Signer(salt="returns.workbooks").unsign(f"{canonical(asdict(identity)).decode()}:{found['seal']}")
    except BadSignature:
        raise UnsafeWorkbook(
            f"Sheet “{ABOUT}” was changed, so nobody can say whose workbook this is. {ANOTHER}"
        ) from None
    if identity.return_type != return_type.slug:
        raise UnsafeWorkbook(f"This workbook is for another return: {shown(identity.return_type)}.")
    if identity.major_version != return_type.workbook.version.partition(".")[0]:
        raise UnsafeWorkbook(
            f"This workbook is of version {identity.template_version}; "
            f"version {return_type.workbook.version} is needed. {ANOTHER}"
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
    for number, row in enumerate(sheets[title][HEADING_ROW + 1 :], HEADING_ROW + 2):
        row = [*row, *[None] * (len(TITLES) - len(row))]
        refuse_beside(title, row, number, len(TITLES))
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
    for number, row in enumerate(sheets[title][HEADING_ROW + 1 :], HEADING_ROW + 2):
        refuse_beside(title, row, number, len(PLAN))
        action = {name: value for (name, *_), value in zip(PLAN, row, strict=False) if value is not None}
        if action:
            actions.append(action)
    filled.places[question.name] = title, f"A{HEADING_ROW + 2}"
    if actions:
        filled.given[question.name] = actions


def refuse_beside(title, row, number, width):
    for column, value in enumerate(row[width:], width):
        if value is not None:
            cell = xlsxwriter.utility.xl_rowcol_to_cell(number - 1, column)
            raise UnsafeWorkbook(
                f"Sheet “{title}”, cell {cell} is not part of the return. Move what it says, or remove it."
            )
