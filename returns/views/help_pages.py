"""Help: what the words mean, which rules there are, how a score comes about. Three pages open without signing in."""

from fractions import Fraction

from django.http import Http404
from django.shortcuts import render
from django.template.loader import select_template
from django.utils import timezone
from django.views.decorators.http import require_GET

from returns.content import Kind
from returns.opening import standards_on
from returns.registry import return_types
from returns.rules import Severity
from returns.statistics import rate_text

ANSWERED_WITH = {
    Kind.COUNT: "Whole number, from 0",
    Kind.YES_NO: "Yes or no",
    Kind.DAY: "Date",
    Kind.LINE: "Text",
    Kind.EMAIL: "Email address",
    Kind.PHONE: "Telephone number",
    Kind.PASSAGE: "Text of up to 4,000 characters",
    Kind.ACTIONS: "List of actions: what, who, by when, how far",
}
CONSEQUENCE = {
    Severity.ERROR: "The return cannot be submitted until it is corrected.",
    Severity.WARNING: "The return can be submitted with an explanation.",
    Severity.NOTE: "For information.",
}


@require_GET
def index(request):
    return render(request, "help/index.html", {"return_types": return_types().values()})


@require_GET
def about(request):
    return render(request, "help/about.html", {"return_types": return_types().values()})


@require_GET
def accessibility(request):
    return render(request, "help/accessibility.html")


@require_GET
def definitions(request, slug):
    """Every question of a return type, with what it counts."""
    return_type = _type(slug)
    standards = _standards_today(return_type)
    sections = [(spec, _questions(spec), _percentages(spec, standards)) for spec in return_type.sections]
    return render(request, "help/definitions.html", {"return_type": return_type, "sections": sections})


@require_GET
def rules(request, slug):
    """The rule book as a catalogue, and what the portal refuses besides."""
    return_type = _type(slug)
    labels = {question.name: question.label for question in return_type.questions}
    catalogue = [_entry(rule, labels) for rule in return_type.rulebook.rules.values()]
    context = {
        "return_type": return_type,
        "catalogue": catalogue,
        "refusals_template": select_template([f"{slug}/refusals.html", "help/no_refusals.html"]),
    }
    return render(request, "help/rules.html", context)


@require_GET
def scores(request, slug):
    """The method in the type's own words, with the targets that hold today."""
    return_type = _type(slug)
    context = {
        "return_type": return_type,
        "standards": _standards_today(return_type),
        "method_template": select_template([f"{slug}/how_scores_work.html", "help/no_scores.html"]),
    }
    return render(request, "help/scores.html", context)


def _type(slug):
    if slug not in return_types():
        raise Http404("There is no such return.")
    return return_types()[slug]


def _standards_today(return_type):
    """The targets and tolerances by key, in words: "85 %" for a share, anything else as it is written."""
    return {key: _in_words(value) for key, value in standards_on(return_type, timezone.localdate()).items()}


def _in_words(value):
    try:
        share = Fraction(value)
    except ValueError:
        return value
    return rate_text(share) if share <= 1 else value


def _questions(spec):
    """(question, what it means, how it is answered); the hint of a date is an example, which says nothing here."""
    return [
        (
            question,
            question.definition or ("" if question.kind is Kind.DAY else question.hint),
            ANSWERED_WITH[question.kind],
        )
        for question in spec.questions
    ]


def _percentages(spec, standards):
    labels = {question.name: question.label for question in spec.questions}
    return [
        {
            "label": item.label,
            "numerator": labels.get(item.numerator, item.numerator),
            "denominator": labels.get(item.denominator, item.denominator),
            "target": standards.get(item.standard, ""),
        }
        for item in spec.percentages
    ]


def _entry(rule, labels):
    names = dict.fromkeys(name for _, fields, _ in rule.variants() for name in fields)
    return {
        "code": rule.code,
        "severity": rule.severity.value.capitalize(),
        "colour": {Severity.ERROR: "red", Severity.WARNING: "yellow"}.get(rule.severity, "grey"),
        "says": f"{rule.title[:1].upper()}{rule.title[1:]}.",
        "consequence": CONSEQUENCE[rule.severity],
        "remedy": rule.remedy,
        "source": rule.source,
        "fields": [labels.get(name, name) for name in names],
        "compares": bool(rule.compared_with),
    }
