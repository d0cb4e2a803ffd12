"""What is asked of somebody who writes down a quality visit."""

from django import forms

from accounts.forms import Text
from returns.escalation_forms import FileField
from returns.forms import clean_passage
from returns.widgets import DayInput


def _passage(label, hint, missing="", rows=3):
    return Text(
        label=label,
        help_text=hint,
        required=bool(missing),
        max_length=8000,
        widget=forms.Textarea({"rows": rows}),
        error_messages={"required": missing},
    )


class VisitForm(forms.Form):
    visited_on = forms.DateField(
        label="Day of the visit",
        help_text="A day to come is a planned visit.",
        widget=DayInput(),
        error_messages={"required": "Enter the day of the visit.", "invalid": "Enter a real date."},
    )
    people = _passage("Who took part?", "Names and roles, from both sides.", "Enter who took part.")
    looked_at = _passage("What was looked at?", "Such as training records of two wards.", "Enter what was looked at.")
    findings = _passage("What was found?", "Leave this empty until the visit has taken place.", rows=6)
    report = FileField(label="Report")

    def clean_people(self):
        return clean_passage(self.cleaned_data["people"])

    def clean_looked_at(self):
        return clean_passage(self.cleaned_data["looked_at"])

    def clean_findings(self):
        return clean_passage(self.cleaned_data["findings"])
