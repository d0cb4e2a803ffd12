"""What the score would be with other figures: tried on a copy, and nothing is stored."""

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from returns import findings, permissions
from returns.content import Answers
from returns.forms import SectionForm, absent_name
from returns.registry import type_of
from returns.return_type import SectionSpec
from returns.views.access import require, submission_for


@require_http_methods(["GET", "POST"])
def what_if(request, uuid):
    """The answers that the score reads, to be changed in a copy, and the score as it is beside the score as it would be."""
    submission = submission_for(request, uuid)
    require(permissions.can_see_working_copy(request.seat, submission))
    return_type = type_of(submission)
    if not return_type.scored:
        raise Http404("This kind of return has no score.")
    answers, context, verdict = findings.look_at(submission)
    form = SectionForm(_asked(return_type, submission, context), answers, revision=0, data=request.POST or None)
    page = {"submission": submission, "form": form, "score": return_type.score(answers, context), "rows": _rows(form)}
    if request.method == "POST" and form.is_valid():
        tried = _with(answers, form.given)
        page["tried"] = return_type.score(tried, context)
        page["parts"] = list(zip(page["score"].parts, page["tried"].parts, strict=True))
        page["has_moved"] = page["tried"] != page["score"]
        known = {problem.message for problem in verdict.problems}
        page["problems"] = [item for item in return_type.check(tried, context) if item.message not in known]
    return render(request, "returns/what_if.html", page)


def _asked(return_type, submission, context):
    """The questions that the score reads, of those that this organisation is asked, as one section."""
    specs = return_type.sections_for(submission.subject.kind, context.traits)
    questions = [question for spec in specs for question in spec.questions if question.name in return_type.scored]
    return SectionSpec("what-if", "What if", tuple(questions))


def _rows(form):
    """The fields, each with its box for "not applicable" where it has one."""
    return [
        {
            "field": form[question.name],
            "absent": form[absent_name(question)] if question.may_be_absent else None,
        }
        for question in form.spec.questions
    ]


def _with(answers, given):
    """A copy of the answers with those given in their place."""
    absent = {name: why for name, why in answers.absent.items() if name not in given.values} | given.absent
    return Answers(answers.values | given.values, absent)
