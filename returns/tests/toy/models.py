"""The toy's working copy."""

from returns.models import ReturnContent, column
from returns.tests.toy.questions import QUESTIONS


class ToyReturn(ReturnContent):
    def __str__(self):
        return f"toy answers of {self.submission_id}"


for question in QUESTIONS:
    ToyReturn.add_to_class(question.name, column(question))
