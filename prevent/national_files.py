"""The files for SDCS, from versions whose check passed. Pure: the same versions give the same bytes.

For each trust a filled pro-forma; one table of all; the trusts that have not submitted; and a manifest with the hashes.
"""

import io
import json
import re
import zipfile
from datetime import UTC, date
from decimal import Decimal
from functools import cache
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from prevent.questions import PERCENTAGES, QUESTIONS
from returns.cell_maps import Form, newest_in
from returns.content import Kind, canonical, sha256
from returns.csv_table import csv_table
from returns.formulas import without_formula
from returns.periods import Quarter
from returns.statistics import percent

PROFORMAS = Path(__file__).parent / "proforma"
NOT_APPLICABLE = "NA"
CSV_COLUMNS = (
    ("organisation_code", "organisation_name", "reporting_period", "version", "submitted_at")
    + tuple(question.name for question in QUESTIONS)
    + tuple(figure.name for figure in PERCENTAGES)
)
NON_SUBMITTER_COLUMNS = (
    "organisation_code",
    "organisation_name",
    "operational_lead_name",
    "operational_lead_email",
    "status",
)
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def files(period, sources, non_submitters, form=None):
    """Every file of `period` (written 2025-26-Q2) by name, as bytes; `manifest.json` names the others. `form` is the
    pro-forma to fill, where it is not one that comes with the portal.
    """
    form = form or proforma_of(period)
    sources = sorted(sources, key=lambda source: source.organisation_code)
    non_submitters = sorted(non_submitters, key=lambda missing: missing.organisation_code)
    table, missing = f"PREVENT_{short(period)}.csv", f"PREVENT_{short(period)}_non_submitters.csv"
    found = dict(proforma_for(source, form) for source in sources)
    rows = dict.fromkeys(found, 1) | {table: len(sources), missing: len(non_submitters)}
    found[table] = csv_table(CSV_COLUMNS, [row_of(source) for source in sources], mark=False)
    found[missing] = csv_table(NON_SUBMITTER_COLUMNS, [row_of_missing(item) for item in non_submitters], mark=False)
    found["manifest.json"] = manifest(period, sources, found, rows, form)
    return found


def file_pattern(period):
    """The names that files of `period` have, in any version: a pro-forma for each organisation, and the two tables."""
    return rf"PREVENT_([A-Z0-9]+_{short(period)}_v[0-9]+\.xlsx|{short(period)}(_non_submitters)?\.csv)"


def manifest(period, sources, found, rows, form):
    """What was written and from which versions."""
    return as_json(
        {
            "collection": "prevent",
            "period": period,
            "proforma_version": form.version,
            "sources": [
                {
                    "organisation_code": source.organisation_code,
                    "version": source.version,
                    "content_sha256": source.content_sha256,
                }
                for source in sources
            ],
            "files": [{"name": name, "sha256": sha256(found[name]), "rows": rows[name]} for name in sorted(found)],
        }
    )


def as_json(data):
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def short(period):
    """The period as file names have it: 2025-26Q2."""
    quarter = Quarter.parse(period)
    return f"{quarter.financial_year}Q{quarter.number}"


# The tables


def row_of(source):
    answers = source.answers
    return [
        source.organisation_code,
        source.organisation_name,
        source.period,
        source.version,
        in_utc(source.submitted_at),
        *(as_text(question, answers) for question in QUESTIONS),
        *(percentage(figure, answers) for figure in PERCENTAGES),
    ]


def row_of_missing(item):
    return [item.organisation_code, item.organisation_name, item.lead_name, item.lead_email, item.status]


def as_text(question, answers):
    """An answer in a table: NA is not applicable, blank is missing, 0 is 0."""
    if question.name in answers.absent:
        return NOT_APPLICABLE
    value = answers.values.get(question.name)
    if question.kind is Kind.ACTIONS and value:
        return canonical(value).decode()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else value


def percentage(figure, answers):
    return percent(answers.values.get(figure.numerator), answers.values.get(figure.denominator))


def in_utc(moment):
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# The pro-forma


@cache
def proformas():
    """The versions that come with the portal, oldest first."""
    found = [
        Form(**json.loads(path.read_text()), workbook=path.with_name("proforma.xlsx").read_bytes())
        for path in PROFORMAS.glob("*/cells.json")
    ]
    return sorted(found, key=lambda form: [int(part) for part in form.version.split(".")])


def proforma_of(period):
    """The newest version that comes with the portal and holds in `period`."""
    return newest_in(proformas(), period)


def proforma_for(source, form=None):
    """The name and the bytes of one trust's filled pro-forma; `form` where an administrator brought a newer one."""
    proforma = form or proforma_of(source.period)
    workbook = load_workbook(io.BytesIO(proforma.workbook))
    for place, value in placed(proforma, source):
        sheet, _, cell = place.rpartition("!")
        fill(workbook[sheet][cell], value)
    name = f"PREVENT_{source.organisation_code}_{short(source.period)}_v{source.version}.xlsx"
    return name, same_bytes(workbook, in_utc(source.submitted_at))


ABOUT = {
    "organisation_code": "Organisation code",
    "organisation_name": "Organisation",
    "period_title": "Reporting period",
    "reporting_period": "Reporting period, short",
    "version": "Version of the return",
    "submitted_at": "Submitted at (UTC)",
    "proforma_version": "Version of the pro-forma",
}
ANSWERS = {
    item.name: item.label for item in (*QUESTIONS, *PERCENTAGES) if getattr(item, "kind", None) is not Kind.ACTIONS
}
ACTION_PLAN = ("title", "owner", "due_on", "status")


def placed(proforma, source):
    """Every place of the workbook with its value."""
    about = {
        "organisation_code": source.organisation_code,
        "organisation_name": source.organisation_name,
        "period_title": Quarter.parse(source.period).title,
        "reporting_period": source.period,
        "version": source.version,
        "submitted_at": in_utc(source.submitted_at),
        "proforma_version": proforma.version,
    }
    yield from ((place, about[name]) for name, place in proforma.about.items())
    yield from ((place, value_of(name, source.answers)) for name, place in proforma.cells.items())
    plan = proforma.actions
    for row, action in enumerate(source.answers.values.get("action_plan") or (), start=plan["first_row"]):
        for name, column in plan["columns"].items():
            yield f"{plan['sheet']}!{column}{row}", in_plain_words(name, action.get(name))


def value_of(name, answers):
    """An answer or a calculated percentage as a cell holds it: numbers as numbers, days as days."""
    for figure in PERCENTAGES:
        if figure.name == name:
            return percentage(figure, answers)
    question = next(question for question in QUESTIONS if question.name == name)
    value = answers.values.get(name)
    return value if isinstance(value, date) and name not in answers.absent else as_text(question, answers)


def in_plain_words(name, value):
    if value and name == "due_on":
        return date.fromisoformat(value)
    return value.replace("_", " ").capitalize() if value and name == "status" else value


def fill(cell, value):
    """Writes a value. Text is text, whatever it begins with: the cell says so, and keeps it when it is edited."""
    if isinstance(value, Decimal):
        value, cell.number_format = float(value), "0.0"
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"
    cell.quotePrefix = value != without_formula(value)


def same_bytes(workbook, moment):
    """The workbook as a file that tells nothing of when it was written: every date in it is `moment`, or fixed."""
    buffer = io.BytesIO()
    workbook.save(buffer)
    out = io.BytesIO()
    with zipfile.ZipFile(buffer) as written, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in sorted(written.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            data = written.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + moment.encode(), data)
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            fixed.writestr(entry, data)
    return out.getvalue()
