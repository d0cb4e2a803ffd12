"""The working copy's answers: one column for each question, from the same list that makes the form and the files."""

from prevent.questions import QUESTIONS
from returns.models import ReturnContent, column


class PreventReturn(ReturnContent):
    def __str__(self):
        return f"Prevent answers of {self.submission_id}"


for question in QUESTIONS:
    PreventReturn.add_to_class(question.name, column(question))
