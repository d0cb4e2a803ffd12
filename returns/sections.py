"""Reading and saving the pages of the working copy. A save is refused where a colleague saved meanwhile."""

from dataclasses import dataclass

from returns import content
from returns.models import Section, Submission
from returns.registry import type_of


class SavedMeanwhile(Exception):
    """A colleague saved this section after it was opened; nothing was overwritten."""

    def __init__(self, section):
        super().__init__("A colleague saved this section while you had it open.")
        self.section = section


def specs_for(submission, traits):
    """The sections that this organisation is asked, in order."""
    return type_of(submission).sections_for(submission.subject.kind, traits)


def working_copy(submission):
    """The content row of the working copy, made on first use in memory (not saved)."""
    model = type_of(submission).content_model
    return model.objects.filter(submission=submission).first() or model(submission=submission)


def answers_of(row, return_type):
    """The working copy's answers."""
    values = {question.name: getattr(row, question.name) for question in return_type.questions}
    return content.Answers(values=values, absent=dict(row.absent))


def filled_in(submission):
    """What is filled in by now: the working copy's answers, or its rows."""
    return_type = type_of(submission)
    if return_type.rows:
        return return_type.rows.read(submission)
    return answers_of(working_copy(submission), return_type)


def part_of(answers, spec):
    """One section's answers as plain data, for its hash and for comparing versions."""
    payload = content.to_payload(answers)
    names = {question.name for question in spec.questions}
    return {
        "content": {name: value for name, value in payload["content"].items() if name in names},
        "absent": {name: value for name, value in payload["absent"].items() if name in names},
    }


def merged(answers, given):
    """The answers with those that `given` names in their place; what it does not name stays."""
    absent = {name: why for name, why in answers.absent.items() if name not in given.values}
    return content.Answers(values=answers.values | given.values, absent=absent | given.absent)


def state(submission, slug):
    """The section's row, made on first use in memory."""
    found = Section.objects.filter(submission=submission, slug=slug).first()
    return found or Section(submission=submission, slug=slug, state=default_state(submission))


def states(submission):
    """The rows of all sections by slug; a section without a row has never been saved."""
    return {section.slug: section for section in Section.objects.filter(submission=submission)}


def default_state(submission):
    return Section.State.OPEN if submission.status in Submission.WITH_OWNER else Section.State.CLOSED


@dataclass(frozen=True)
class Change:
    """One answer that differs between two contents; the values as `content.to_payload` writes them."""

    name: str
    before: object
    after: object
    was_absent: bool = False
    is_absent: bool = False


def changes(before, after):
    """The answers that differ between two `Answers` (before may be None: then nothing was there)."""
    old, new = (
        content.to_payload(answers) if answers else {"content": {}, "absent": {}} for answers in (before, after)
    )
    found = []
    for name in new["content"] or old["content"]:
        pair = old["content"].get(name), new["content"].get(name)
        absences = name in old["absent"], name in new["absent"]
        if pair[0] != pair[1] or absences[0] != absences[1]:
            found.append(Change(name, *pair, *absences))
    return found
