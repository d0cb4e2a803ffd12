"""What is asked of somebody who raises, moves, answers or closes an escalation."""

from django import forms
from django.utils.text import slugify

from accounts.forms import Text
from returns.attaching import ACCEPT
from returns.forms import ReasonForm, clean_passage
from returns.ladders import LadderStep, Side
from returns.models import Escalation
from returns.widgets import DayInput

MOST_STEPS = 8
FILE_HINT = "A PDF, Word, Excel or PowerPoint file, a picture or a table, up to 10 MB."


class FileField(forms.FileField):
    """A document that may be left out; what it is, its content says when it is kept."""

    def __init__(self, **options):
        super().__init__(
            **{
                "label": "Document",
                "required": False,
                "help_text": FILE_HINT,
                "widget": forms.FileInput({"accept": ACCEPT}),
                "error_messages": {"empty": "This file is empty. Choose another one."},
            }
            | options
        )


class RaiseForm(forms.Form):
    kind = forms.ChoiceField(
        label="What is this about?",
        choices=Escalation.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what this is about."},
    )
    measure = forms.ChoiceField(
        label="Which measure?", help_text="Only for inadequate performance.", required=False, choices=()
    )
    cause = Text(
        label="What is less than adequate?",
        help_text="The provider reads this.",
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": "Say what is less than adequate."},
    )

    def __init__(self, data=None, *, submission, measures):
        super().__init__(data)
        if submission.first_submitted_at:
            kinds = [choice for choice in Escalation.Kind.choices if choice[0] != Escalation.Kind.FAILURE_TO_SUBMIT]
            self.fields["kind"].choices = kinds
            self.initial["kind"] = kinds[0][0]
        self.fields["measure"].choices = [("", "The return as a whole"), *measures]

    def clean_cause(self):
        return clean_passage(self.cleaned_data["cause"])


class MoveForm(forms.Form):
    """To which step, who owns it, and what came of the one before."""

    to = forms.ChoiceField(
        label="Which step now?", widget=forms.RadioSelect, error_messages={"required": "Choose a step of the ladder."}
    )
    owner = forms.ChoiceField(label="Who owns the new step?", required=False)
    outcome = Text(
        max_length=4000,
        help_text="Both sides read this.",
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": "Say what came of the step, or why you take this one."},
    )

    def __init__(self, data=None, *, escalation, step, owners):
        super().__init__(data)
        self._seats = {str(seat.pk): seat for _, seats in owners for seat in seats}
        rungs = escalation.ladder.rungs
        here = escalation.ladder.position(step.key) if step else -1
        self.fields["to"].choices = [
            (
                rung.key,
                f"{rung.title} – {Side(rung.side).label.lower()}, {rung.working_days} working days{_place(n, here)}",
            )
            for n, rung in enumerate(rungs)
            if n != here
        ]
        if here + 1 < len(rungs):
            self.initial["to"] = rungs[here + 1].key
        self.fields["owner"].choices = [("", "The lead of whoever has the step"), *_grouped(escalation, owners)]
        self.fields["outcome"].label = f"What came of “{step.title}”?" if step else "Why is it opened again?"

    def clean_outcome(self):
        return clean_passage(self.cleaned_data["outcome"])

    @property
    def owner_seat(self):
        return self._seats.get(self.cleaned_data["owner"])


def _place(number, here):
    if here < 0:
        return ""
    return " (next)" if number == here + 1 else " (de-escalate)" if number < here else ""


def _grouped(escalation, owners):
    for side, seats in owners:
        organisation = escalation.provider if side == Side.PROVIDER else escalation.commissioner
        if seats:
            yield organisation.name, [(str(seat.pk), f"{seat.person.name}, {seat.role_label}") for seat in seats]


class OwnerForm(forms.Form):
    owner = forms.ChoiceField(label="Who owns this step?", error_messages={"required": "Choose a person."})

    def __init__(self, data=None, *, seats):
        super().__init__(data)
        self._seats = {str(seat.pk): seat for seat in seats}
        self.fields["owner"].choices = [
            (key, f"{seat.person.name}, {seat.role_label}") for key, seat in self._seats.items()
        ]

    @property
    def owner_seat(self):
        return self._seats[self.cleaned_data["owner"]]


class NoteForm(forms.Form):
    """Some words, a file, or both."""

    text = Text(label="What do you add?", required=False, max_length=4000, widget=forms.Textarea({"rows": 4}))
    document = FileField()

    def clean_text(self):
        return clean_passage(self.cleaned_data["text"])

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned.get("text") and not cleaned.get("document"):
            self.add_error("text", "Write something, or choose a document.")
        return cleaned


class CloseForm(ReasonForm):
    def __init__(self, data=None):
        super().__init__(data, label="Why is it closed?", hint="Both sides read this. It stays beside the escalation.")


class LadderForm(forms.Form):
    """A ladder from a day on; it begins with the steps in force, and an empty name takes a step away."""

    return_type = forms.ChoiceField(label="Kind of return")
    valid_from = forms.DateField(
        label="In force from",
        help_text="Today or a later day.",
        widget=DayInput(),
        error_messages={"required": "Enter the day.", "invalid": "Enter a real date."},
    )
    title = Text(label="Name", max_length=200, error_messages={"required": "Enter a name."})
    source = Text(
        label="Source",
        help_text="Where these steps are laid down.",
        max_length=200,
        error_messages={"required": "Say where these steps are laid down."},
    )

    def __init__(self, data=None, *, types, present):
        super().__init__(data, initial={"title": present.title, "source": present.source})
        self.initial["return_type"] = present.return_type
        self.fields["return_type"].choices = [(slug, item.title) for slug, item in types.items()]
        self._keys = {step.title: step.key for step in present.rungs}
        for number in range(MOST_STEPS):
            step = present.rungs[number] if number < len(present.rungs) else LadderStep("", "", Side.COMMISSIONER, 5)
            self._add_step(number, step)

    def _add_step(self, number, step):
        said = f"Step {number + 1}"
        self.fields[f"title_{number}"] = Text(label=f"{said}: name", required=False, max_length=120, initial=step.title)
        self.fields[f"side_{number}"] = forms.ChoiceField(
            label=f"{said}: whose turn", choices=[(str(side), side.label) for side in Side], initial=step.side
        )
        self.fields[f"days_{number}"] = forms.IntegerField(
            label=f"{said}: working days",
            min_value=1,
            max_value=250,
            initial=step.working_days,
            widget=forms.TextInput({"inputmode": "numeric", "class": "nhsuk-input--width-3"}),
            error_messages={
                "required": f"{said}: enter the working days.",
                "invalid": f"{said}: enter the working days as a number.",
                "min_value": f"{said}: enter at least 1 working day.",
                "max_value": f"{said}: enter at most 250 working days.",
            },
        )
        self.fields[f"about_{number}"] = Text(
            label=f"{said}: what happens", required=False, max_length=500, initial=step.about
        )

    @property
    def general(self):
        return [self[name] for name in ("return_type", "valid_from", "title", "source")]

    @property
    def rows(self):
        """The fields of each step."""
        parts = ("title", "side", "days", "about")
        return [(number + 1, [self[f"{part}_{number}"] for part in parts]) for number in range(MOST_STEPS)]

    @property
    def steps(self):
        """The steps that have a name; one whose name stays keeps its key."""
        given = self.cleaned_data
        return [
            LadderStep(
                self._keys.get(title) or slugify(title)[:40] or f"step-{number + 1}",
                title,
                given[f"side_{number}"],
                given[f"days_{number}"],
                given[f"about_{number}"],
            )
            for number in range(MOST_STEPS)
            if (title := given[f"title_{number}"].strip())
        ]
