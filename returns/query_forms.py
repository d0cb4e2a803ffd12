"""Forms of a query: asking it, adding to its thread, and handing it on."""

from django import forms

from accounts.forms import Text
from returns.content import PASSAGE_LIMIT
from returns.forms import clean_passage
from returns.queries import MOST_DAYS


class MessageForm(forms.Form):
    """One entry of the thread. Whether it may be empty depends on what is done with it: `missing` is the sentence then."""

    text = Text(max_length=PASSAGE_LIMIT, widget=forms.Textarea({"rows": 4}))

    def __init__(self, data=None, *, label, missing=""):
        super().__init__(data)
        self.fields["text"].label = label
        self.fields["text"].required = bool(missing)
        self.fields["text"].error_messages["required"] = missing

    def clean_text(self):
        return clean_passage(self.cleaned_data["text"])


class QueryForm(MessageForm):
    """A question, and the working days within which it is to be answered."""

    days = forms.IntegerField(
        label="Working days for an answer",
        min_value=1,
        max_value=MOST_DAYS,
        widget=forms.TextInput({"inputmode": "numeric", "class": "nhsuk-input--width-2"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), f"Enter a number of working days from 1 to {MOST_DAYS}."
        ),
    )

    def __init__(self, data=None, *, days):
        super().__init__(data, label="What do you want to know?", missing="Write what you want to know.")
        self.fields["days"].initial = days


class HandOnForm(forms.Form):
    """One of the people who may move a query on, or nobody in particular."""

    person = forms.ModelChoiceField(
        queryset=None,
        required=False,
        label="Who looks after it?",
        empty_label="Nobody in particular",
        error_messages={"invalid_choice": "Choose one of the people in the list."},
    )

    def __init__(self, data=None, *, people, chosen=None):
        super().__init__(data, initial={"person": chosen})
        self.fields["person"].queryset = people
        self.fields["person"].label_from_instance = lambda person: person.name
