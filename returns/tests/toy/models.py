"""The working copies of the two toys: one of questions, one of rows."""

from django.db import models

from returns.models import ReturnContent, Submission, column
from returns.tests.toy.questions import QUESTIONS


class ToyReturn(ReturnContent):
    def __str__(self):
        return f"toy answers of {self.submission_id}"


for question in QUESTIONS:
    ToyReturn.add_to_class(question.name, column(question))


class ToyPart(models.Model):
    submission = models.ForeignKey(Submission, models.PROTECT, related_name="+")
    key = models.CharField(max_length=20)
    colour = models.CharField(max_length=20)
    weight = models.PositiveIntegerField()
    is_spare = models.BooleanField(default=False)
    maker = models.CharField(max_length=50, blank=True)

    def __str__(self):
        return f"{self.key} of {self.submission_id}"
