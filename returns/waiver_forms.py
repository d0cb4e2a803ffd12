"""What is asked of somebody who asks for a waiver, or decides on one."""

from django import forms

from accounts.forms import Text
from returns.forms import clean_passage
from returns.widgets import DayInput


class AskForm(forms.Form):
    rule = forms.ChoiceField(
        label="Which warning?", error_messages={"required": "Choose a warning.", "invalid_choice": "Choose a warning."}
    )
    until = forms.DateField(
        label="Until",
        help_text="The warning is not raised for quarters that end on or before this day.",
        widget=DayInput(),
        error_messages={"required": "Enter the last day.", "invalid": "Enter a real date."},
    )
    justification = Text(
        label="Why does the rule not fit this provider?",
        help_text="It is shown wherever the warning would have been.",
        max_length=1000,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": "Say why the rule does not fit this provider."},
    )

    def __init__(self, data=None, *, rules, initial=None):
        super().__init__(data, initial=initial)
        named = [(rule.code, f"{rule.code}: {rule.title[:1].upper()}{rule.title[1:]}") for rule in rules]
        self.fields["rule"].choices = [("", "Choose a warning"), *named]

    def clean_justification(self):
        return clean_passage(self.cleaned_data["justification"])


class DecideForm(forms.Form):
    approve = forms.TypedChoiceField(
        label="What do you decide?",
        choices=[("yes", "Approve it"), ("no", "Refuse it")],
        coerce=lambda given: given == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether you approve it."},
    )
    reason = Text(
        label="Why?",
        help_text="Both sides read this. You can leave it empty when you approve.",
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
    )

    def clean_reason(self):
        return clean_passage(self.cleaned_data["reason"])

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("approve") is False and not cleaned.get("reason"):
            self.add_error("reason", "Say why the waiver is refused.")
        return cleaned
