"""What is asked of somebody who sets, changes or reports on an action."""

from django import forms

from accounts.forms import Text
from returns.actions import About
from returns.content import Unreadable, read_line
from returns.escalation_forms import FileField
from returns.forms import clean_passage
from returns.widgets import DayInput


class OwnerAndDayForm(forms.Form):
    """Who at the provider owns it, and until when."""

    owner = forms.ChoiceField(
        label="Who at the provider owns it?", error_messages={"required": "Choose who at the provider owns it."}
    )
    due_on = forms.DateField(
        label="Due",
        widget=DayInput(),
        error_messages={"required": "Enter the day it is due.", "invalid": "Enter a real date."},
    )

    def __init__(self, data=None, *, owners, initial=None):
        super().__init__(data, initial=initial)
        self._seats = {str(seat.pk): seat for seat in owners}
        people = [(key, f"{seat.person.name}, {seat.role_label}") for key, seat in self._seats.items()]
        self.fields["owner"].choices = [("", "Choose a person"), *people]

    @property
    def owner_seat(self):
        return self._seats[self.cleaned_data["owner"]]


class ActionForm(OwnerAndDayForm):
    title = Text(label="What will be done?", max_length=200, error_messages={"required": "Enter what will be done."})
    details = Text(label="Details", required=False, max_length=4000, widget=forms.Textarea({"rows": 4}))
    about = forms.ChoiceField(label="What does it follow from?", required=False)

    field_order = ["title", "details", "about", "owner", "due_on"]

    def __init__(self, data=None, *, owners, subjects, initial=None):
        super().__init__(data, owners=owners, initial=initial)
        self._subjects = {key: about for _, choices in subjects for key, _, about in choices}
        self.fields["about"].choices = [
            ("", "Nothing in particular"),
            *((group, [(key, words) for key, words, _ in choices]) for group, choices in subjects if choices),
        ]

    def clean_title(self):
        try:
            return read_line(self.cleaned_data["title"], "What will be done", limit=200) or ""
        except Unreadable as problem:
            raise forms.ValidationError(str(problem)) from None

    def clean_details(self):
        return clean_passage(self.cleaned_data["details"])

    @property
    def about_what(self):
        return self._subjects.get(self.cleaned_data["about"], About())


class ProgressForm(forms.Form):
    """Progress, evidence, and whether the provider thinks that it is done."""

    text = Text(label="What has happened since?", required=False, max_length=4000, widget=forms.Textarea({"rows": 4}))
    document = FileField(label="Evidence")
    is_done = forms.BooleanField(
        label="We think this action is done",
        required=False,
        help_text="Your commissioner then looks at it and closes it.",
    )

    def __init__(self, data=None, files=None, *, may_propose):
        super().__init__(data, files)
        if not may_propose:
            del self.fields["is_done"]

    def clean_text(self):
        return clean_passage(self.cleaned_data["text"])

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned.get("text") and not cleaned.get("document"):
            self.add_error("text", "Write what has happened, or choose a document.")
        return cleaned
