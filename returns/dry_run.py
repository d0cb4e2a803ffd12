"""A dry run: the findings and the score of a workbook or a JSON file, with nothing stored. The door for files made by
other programs:

    {"organisation": {"code": "ZZT01", "kind": "NHS_TRUST", "mental_health_provider": true}, "period": "2025-26-Q2",
     "content": {"staff_total": 5210, …}, "previous": {"staff_total": 5180, …}}

Without an organisation of the portal nothing is read from the database.
"""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

from accounts.models import Organisation, Trait
from accounts.row_security import as_system
from returns import apart, findings, workbooks
from returns.content import Unreadable, read_answers, read_day
from returns.models import Period
from returns.periods import Quarter
from returns.rules import Context, Severity
from returns.statistics import percent
from returns.workbook_safety import OLD_FORMAT, UnsafeWorkbook

LARGEST_FILE = 5_000_000
PARTS = {"organisation", "period", "as_at", "content", "previous"}


class NotAReturn(Exception):
    """The file cannot be read as a return; the message is a sentence for the person who brought it."""


def check(return_type, path):
    """The answers, the problems and the score of the file, judged by what the file itself says."""
    if is_workbook(path):
        filled = read_workbook(return_type, path)
        return outcome(return_type, filled.given, context_of(filled, return_type))
    document = read_document(path)
    content = content_of(return_type, document)
    return outcome(return_type, content, context_in(document, return_type))


def check_for(return_type, path, organisation_code, period_key):
    """The same, judged by what the portal knows of an organisation in a period: its traits and its earlier quarters."""
    if is_workbook(path):
        filled = read_workbook(return_type, path)
        content = filled.given
        document = {"organisation": {"code": filled.identity.organisation_code}, "period": filled.identity.period}
    else:
        document = read_document(path)
        content = content_of(return_type, document)
    refuse_another(document, organisation_code, period_key)
    with as_system("dry run"):
        context = context_in_the_portal(return_type, organisation_code, period_key)
    return outcome(return_type, content, context)


def context_in_the_portal(return_type, organisation_code, period_key):
    organisation = Organisation.objects.filter(code=organisation_code).first()
    if not organisation:
        raise NotAReturn(f"There is no organisation with the code {shown(organisation_code)}.")
    periods = Period.objects.filter(collection__return_type=return_type.slug, key=period_key)
    period = periods.order_by("collection_id").first()
    if not period:
        raise NotAReturn(f"There is no period {shown(period_key)} of this return.")
    return findings.context_for(organisation, period)


def outcome(return_type, content, context):
    """What the rules and the method say, as plain data in the form that the command prints."""
    names = {figure.name for section in return_type.sections for figure in section.percentages}
    context = replace(context, given_percentages={name: content[name] for name in names & content.keys()})
    answers = read_answers(return_type.questions, content)
    score = return_type.score(answers, context)
    return {
        "findings": [
            {
                "code": problem.code,
                "severity": problem.severity.lower(),
                "fields": list(problem.fields),
                "message": problem.message,
            }
            for problem in return_type.check(answers, context)
        ],
        "measures": measures(score, return_type.measures(answers, context)),
        "score": score
        and {
            "method": score.method,
            "overall": score.overall,
            "parts": {part.key: part.band for part in score.parts},
        },
    }


def has_errors(result):
    return any(finding["severity"] == Severity.ERROR.lower() for finding in result["findings"])


def measures(score, rows):
    """The numbers behind each part of the score, and the other shares that are kept."""
    found = {}
    for part in (part.as_json() for part in score.parts) if score else ():
        found[part["key"]] = {name: part[name] for name in ("numerator", "denominator", "percent", "target", "band")}
    for row in rows:
        if row.denominator is not None and row.measure not in found:
            value = percent(row.numerator, row.denominator)
            found[row.measure] = {
                "numerator": row.numerator,
                "denominator": row.denominator,
                "percent": None if value is None else float(value),
                "target": None,
                "band": None,
            }
    return found


# Reading the file: anything may be in it


def read_document(path):
    """The object in a JSON file. Refuses what JSON readers disagree about: repeated names, NaN, endless digits."""
    data = read_bytes(path, LARGEST_FILE)
    try:
        document = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=without_repeats, parse_constant=refuse_constant
        )
    except UnicodeDecodeError:
        raise NotAReturn("This file is not UTF-8 text, so it is not a JSON file.") from None
    except json.JSONDecodeError as problem:
        raise NotAReturn(f"This is not a JSON file: line {problem.lineno}, column {problem.colno}.") from None
    except RecursionError:
        raise NotAReturn("This file holds lists within lists too deep to be a return.") from None
    except ValueError:
        raise NotAReturn("This file holds a number with too many digits.") from None
    return mapping(document, "The file")


def read_bytes(path, limit):
    try:
        with Path(path).open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "not a file name"
        raise NotAReturn(f"{shown(path)} cannot be read: {reason}.") from None
    if len(data) > limit:
        raise NotAReturn(f"This file is larger than {limit // 1_000_000} MB, too large for one return.")
    return data


def is_workbook(path):
    """Whether the file is, or calls itself, a workbook."""
    named_so = str(path).lower().endswith((".xlsx", ".xlsm", ".xls"))
    return named_so or read_bytes(path, LARGEST_FILE).startswith((b"PK", OLD_FORMAT))


def read_workbook(return_type, path):
    """What the workbook says, once it has been read apart, within the limits on memory and time."""
    limits = return_type.workbook
    data = read_bytes(path, limits.file_bytes)
    try:
        apart.run(
            lambda: workbooks.as_plain_data(return_type, data),
            memory=limits.memory_bytes,
            seconds=limits.seconds,
            refusal=UnsafeWorkbook,
        )
        return workbooks.read(return_type, data)
    except (UnsafeWorkbook, apart.Overran) as problem:
        raise NotAReturn(str(problem)) from None


def context_of(filled, return_type):
    """What the workbook says, under its seal, of the organisation and the period, and of the quarter before."""
    identity, previous = filled.identity, read_answers(return_type.questions, filled.previous)
    if previous.unreadable:
        raise NotAReturn(f"Last quarter: {next(iter(previous.unreadable.values()))}")
    return Context(
        kind=identity.kind,
        traits=identity.trait_set,
        starts=date.fromisoformat(identity.starts),
        ends=date.fromisoformat(identity.ends),
        standards=return_type.standards,
        previous=previous if filled.previous else None,
    )


def without_repeats(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotAReturn(f"{shown(twice)} is given twice.")
    return found


def refuse_constant(name):
    raise NotAReturn(f"{name} is not a number that a JSON file may hold.")


def content_of(return_type, document):
    """The content, once every name in the file is known."""
    refuse_unknown(document, PARTS, "The file")
    if "content" not in document:
        raise NotAReturn("The file has no “content”.")
    content = mapping(document["content"], "“content”")
    refuse_unknown(content, known_names(return_type), "“content”")
    return content


def context_in(document, return_type):
    """What the file says of the organisation, the period and the quarter before."""
    kind, traits = organisation_in(document, return_type)
    quarter = quarter_in(document)
    if document.get("as_at") is not None:
        readable(read_day, document["as_at"], "“as_at”")
    return Context(
        kind=kind,
        traits=traits,
        starts=quarter.starts,
        ends=quarter.ends,
        standards=return_type.standards,
        previous=previous_in(document, return_type),
    )


def organisation_in(document, return_type):
    """The kind and the traits; a trait is named in small letters and answered with true or false."""
    given = mapping(document.get("organisation"), "“organisation”")
    trait_names = {str(trait).lower(): str(trait) for trait in Trait}
    refuse_unknown(given, {"code", "name", "kind", *trait_names}, "“organisation”")
    kinds = [str(kind) for kind in Organisation.Kind if return_type.owes(kind, frozenset(Trait.values))]
    if given.get("kind") not in kinds:
        raise NotAReturn(f"The kind of organisation must be one of {', '.join(kinds)}.")
    if not isinstance(given.get("code", ""), str):
        raise NotAReturn("The code of the organisation must be text.")
    for name in trait_names.keys() & given.keys():
        if not isinstance(given[name], bool):
            raise NotAReturn(f"“{name}” must be true or false.")
    return given["kind"], frozenset(trait for name, trait in trait_names.items() if given.get(name))


def quarter_in(document):
    try:
        return Quarter.parse(document.get("period"))
    except ValueError:
        raise NotAReturn(f"{shown(document.get('period'))} is not a period. Write it like 2025-26-Q2.") from None


def previous_in(document, return_type):
    """The last quarter's answers, perhaps only some of them, or None."""
    if document.get("previous") is None:
        return None
    given = mapping(document["previous"], "“previous”")
    refuse_unknown(given, known_names(return_type), "“previous”")
    previous = read_answers(return_type.questions, given)
    if previous.unreadable:
        raise NotAReturn(f"In “previous”: {next(iter(previous.unreadable.values()))}")
    return previous


def refuse_another(document, organisation_code, period_key):
    """The file may name its organisation and period again, but not others."""
    code = mapping(document.get("organisation") or {}, "“organisation”").get("code", organisation_code)
    period = document.get("period", period_key)
    if (code, period) != (organisation_code, period_key):
        raise NotAReturn(
            f"This file is about {shown(code)} in {shown(period)}, not about {shown(organisation_code)} in "
            f"{shown(period_key)}."
        )


def known_names(return_type):
    figures = {figure.name for section in return_type.sections for figure in section.percentages}
    return figures | {question.name for question in return_type.questions}


def refuse_unknown(given, known, where):
    unknown = [name for name in given if name not in known]
    if unknown:
        raise NotAReturn(f"{where} has a name that is not known: {', '.join(map(shown, unknown[:5]))}.")


def mapping(given, what):
    if not isinstance(given, dict):
        raise NotAReturn(f"{what} must be an object with names and values.")
    return given


def readable(reader, given, label):
    try:
        return reader(given, label)
    except Unreadable as problem:
        raise NotAReturn(str(problem)) from None


def shown(given):
    """What was given, short and without characters that a terminal cannot show."""
    text = "nothing" if given is None else str(given)
    return re.sub(r"[^\w .,:/@-]", "?", text[:60])
