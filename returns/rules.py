"""A rule is a small named function that returns the problem, or nothing. A rule book is a list of them.

An *error* blocks, a *warning* needs an explanation, a *note* informs. A rule gets the values of the fields it declares,
in that order, and is silent where one of them is missing, unreadable or not applicable: it says only what is wrong.

    @rules.error("PRV-E05", "{each}_compliant {each}_required", each={"l12": "Level 1 and 2", "l3": "Level 3"})
    def trained_staff_are_among_those_who_need_it(context, level, compliant, required):
        if compliant > required:
            return f"{level}: staff trained ({compliant:,}) cannot be more than staff who need it ({required:,})."

A rule that declares no fields is about the whole return: it gets all the answers and names the fields itself.

    @rules.error("PRV-E04")
    def every_required_question_is_answered(context, answers):
        return [([name], f"Answer {name}.") for name in missing(answers)]
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from returns.content import Answers, canonical
from returns.statistics import Peers


class Severity(StrEnum):
    ERROR = "ERROR"
    WARNING = "WARNING"
    NOTE = "NOTE"


@dataclass(frozen=True)
class Context:
    """What a rule may look at besides the answers.

    `kind` and `traits` are the organisation's on the census day; `starts` and `ends` the period's first and last day;
    `standards` the targets and tolerances frozen when the period opened; `previous` the last quarter's answers;
    `history` the answers of the quarters before this one, newest first, None for a quarter that has none; `peers` the
    figures of others by measure; `earlier` this organisation's own shares by measure, oldest first, since its chart was
    last rebased, None for a quarter without one; `given_percentages` what a file says of figures calculated here;
    `waived` the codes of warnings that are waived, each with the sentence that says so: rules do not look at it.
    """

    kind: str
    traits: frozenset
    starts: date
    ends: date
    standards: Mapping
    previous: Answers | None = None
    history: tuple = ()
    peers: Mapping[str, Peers] = field(default_factory=dict)
    earlier: Mapping = field(default_factory=dict)
    given_percentages: Mapping = field(default_factory=dict)
    waived: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """A rule's verdict. `fingerprint` changes when the values it speaks about, or what they are compared with, change.

    The sentence is part of the fingerprint, so a rule that looks beyond its fields says in it what it compared with.
    """

    code: str
    severity: Severity
    fields: tuple
    message: str
    remedy: str = ""
    row_ref: str = ""
    fingerprint: str = ""
    is_waived: bool = False


def with_waived(problems, waived):
    """The problems with a note in place of each warning that is waived: once for each rule, saying until when and why."""
    said = set()
    for problem in problems:
        if problem.severity is not Severity.WARNING or problem.code not in waived:
            yield problem
        elif problem.code not in said:
            said.add(problem.code)
            yield replace(
                problem, severity=Severity.NOTE, message=waived[problem.code], remedy="", row_ref="", is_waived=True
            )


@dataclass(frozen=True)
class Rule:
    code: str
    severity: Severity
    title: str
    fields: tuple
    compared_with: tuple
    standards: tuple
    remedy: str
    source: str
    each: Mapping
    even_if_missing: bool
    applies: Callable | None
    check: Callable

    def variants(self):
        """The concrete field names: one set for each thing in `each` (a cohort, a lead), or one set."""
        for thing in self.each or ("",):
            yield thing, _names(self.fields, thing), _names(self.compared_with, thing)


class Concrete(NamedTuple):
    """A rule for one of the things it is about, taken apart once and unpacked millions of times: hence a tuple.

    `heading` is what a person calls the thing; `names` are the fields of this return, `before` those of the previous one.
    """

    rule: Rule
    applies: Callable | None
    check: Callable
    heading: tuple
    names: tuple
    before: tuple
    even_if_missing: bool


def _names(fields, thing):
    return tuple(" ".join(fields).format(each=thing).split())


@dataclass
class RuleBook:
    """The rules of one return type, in the order in which they are read. Its version is kept with every check."""

    version: str
    rules: dict = field(default_factory=dict)

    def error(self, code, fields="", **options):
        return self._rule(Severity.ERROR, code, fields, **options)

    def warning(self, code, fields="", **options):
        return self._rule(Severity.WARNING, code, fields, **options)

    def note(self, code, fields="", **options):
        return self._rule(Severity.NOTE, code, fields, **options)

    def _rule(
        self,
        severity,
        code,
        fields,
        *,
        title="",
        compared_with="",
        standards="",
        each=None,
        remedy="",
        source="",
        even_if_missing=False,
        applies=None,
    ):
        """Declares a rule and hands the function back unchanged.

        What should hold is read from the function's name, or is `title` where a name cannot spell it.
        `fields` and `compared_with` are names of this and of the previous return; `{each}` in a name stands for each of
        `each` in turn, a mapping from what stands in the name to what a person calls it; the check hears the latter
        after the context. `standards` are the targets it compares with. With `even_if_missing` the rule also hears of
        missing values (as None). `applies(context)` says for whom the rule speaks. Without `fields` the check gets the
        answers.
        """

        def declare(check):
            if code in self.rules:
                raise ValueError(f"The code {code} is taken. A code is never used twice.")
            self.rules[code] = Rule(
                code=code,
                severity=severity,
                title=title or check.__name__.replace("_", " "),
                fields=tuple(fields.split()),
                compared_with=tuple(compared_with.split()),
                standards=tuple(standards.split()),
                remedy=remedy,
                source=source,
                each=each or {},
                even_if_missing=even_if_missing,
                applies=applies,
                check=check,
            )
            self.__dict__.pop("_concrete", None)
            return check

        return declare

    def problems_in(self, answers, context):
        """Every problem, in the order of the book. Pure: no database, no clock.

        A check may return a sentence (about the rule's fields), a pair (fields, sentence), or a list of those.
        """
        found = []
        values = answers.values
        not_values = {*answers.absent, *answers.unreadable}
        previous = context.previous.values if context.previous else {}
        for rule, applies, check, heading, names, before, even_if_missing in self._concrete:
            if applies and not applies(context):
                continue
            compared = ()
            if not names:
                verdict = check(context, answers)
            else:
                given = [*map(values.get, names)]
                if even_if_missing:
                    if not not_values.isdisjoint(names):
                        continue
                elif None in given:
                    continue
                if before:
                    compared = [*map(previous.get, before)]
                    if None in compared and not even_if_missing:
                        continue
                verdict = check(context, *heading, *given, *compared)
            if verdict:
                found.extend(_problems(rule, names, compared, context, values, verdict))
        return found

    @cached_property
    def _concrete(self):
        return [
            Concrete(
                rule=rule,
                applies=rule.applies,
                check=rule.check,
                heading=(rule.each[thing],) if rule.each else (),
                names=names,
                before=before,
                even_if_missing=rule.even_if_missing,
            )
            for rule in self.rules.values()
            for thing, names, before in rule.variants()
        ]


def _problems(rule, names, compared, context, values, verdict):
    for item in verdict if isinstance(verdict, list) else [verdict]:
        fields, message = (names, item) if isinstance(item, str) else item
        speaks_about = [rule.code, list(fields), _plain(values.get(name) for name in fields), _plain(compared)]
        speaks_about += [message, *(str(context.standards.get(name)) for name in rule.standards)]
        yield Problem(
            code=rule.code,
            severity=rule.severity,
            fields=tuple(fields),
            message=message,
            remedy=rule.remedy,
            fingerprint=hashlib.sha256(canonical(speaks_about)).hexdigest()[:32],
        )


def _plain(values):
    return [value.isoformat() if isinstance(value, date) else value for value in values]
