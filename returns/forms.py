"""Forms made from questions: one field for each, read by the same readers as a workbook or a JSON file."""

from django import forms
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime

from accounts.forms import Text
from journal.models import NoticeChoice
from returns import content
from returns.checklists import Given, in_groups
from returns.content import ActionStatus, Kind
from returns.models import ChecklistAnswer, Review
from returns.periods import end_of
from returns.widgets import DayInput, InlineRadios

SPARE_ACTIONS = 3


class AnswerField(forms.Field):
    """One question as a form field. Its value is the answer as `content.read` gives it; nothing is required of a draft."""

    def __init__(self, question):
        super().__init__(required=False, label=question.label, help_text=question.hint, widget=_widget(question))
        self.question = question

    def clean(self, value):
        try:
            return content.read(self.question, value)
        except content.Unreadable as problem:
            raise forms.ValidationError(str(problem)) from None


def _widget(question):
    return {
        Kind.COUNT: lambda: forms.TextInput(
            {"inputmode": "numeric", "class": "nhsuk-input--width-5", "autocomplete": "off"}
        ),
        Kind.YES_NO: lambda: YesNo(),
        Kind.DAY: lambda: DayInput(),
        Kind.EMAIL: lambda: forms.EmailInput({"spellcheck": "false"}),
        Kind.PHONE: lambda: forms.TextInput({"type": "tel", "class": "nhsuk-input--width-20"}),
        Kind.PASSAGE: lambda: forms.Textarea({"rows": 5}),
        Kind.ACTIONS: lambda: ActionRows(),
    }.get(question.kind, lambda: forms.TextInput())()


class YesNo(InlineRadios):
    def __init__(self):
        super().__init__(choices=[("yes", "Yes"), ("no", "No")])

    def format_value(self, value):
        return [{True: "yes", False: "no"}.get(value, value)]


class ActionRows(forms.Widget):
    """The action plan as rows of what, who, when and how far; a few empty rows stand ready."""

    template_name = "returns/widgets/action_rows.html"
    use_fieldset = True

    def id_for_label(self, id_, index=None):
        return f"{id_}_0_title" if id_ else id_

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        rows = value if isinstance(value, list) else []
        rows = [*rows, *({} for _ in range(SPARE_ACTIONS))]
        base = context["widget"]["attrs"].get("id") or f"id_{name}"
        context["widget"]["rows"] = [
            {
                "number": number + 1,
                "title": {
                    "name": f"{name}_{number}_title",
                    "id": f"{base}_{number}_title",
                    "value": row.get("title") or "",
                },
                "owner": {
                    "name": f"{name}_{number}_owner",
                    "id": f"{base}_{number}_owner",
                    "value": row.get("owner") or "",
                },
                "due_on": DayInput().get_context(
                    f"{name}_{number}_due_on", row.get("due_on") or "", {"id": f"{base}_{number}_due_on"}
                )["widget"],
                "status": {
                    "name": f"{name}_{number}_status",
                    "id": f"{base}_{number}_status",
                    "value": row.get("status") or ActionStatus.OPEN,
                },
            }
            for number, row in enumerate(rows)
        ]
        context["widget"]["statuses"] = [(str(item), item.replace("_", " ").capitalize()) for item in ActionStatus]
        return context

    def value_from_datadict(self, data, files, name):
        rows = []
        for number in range(50 + SPARE_ACTIONS):
            title = data.get(f"{name}_{number}_title")
            if title is None:
                break
            row = {
                "title": title,
                "owner": data.get(f"{name}_{number}_owner", ""),
                "due_on": DayInput().value_from_datadict(data, files, f"{name}_{number}_due_on"),
                "status": data.get(f"{name}_{number}_status", ActionStatus.OPEN),
            }
            if row["title"].strip() or row["owner"].strip() or row["due_on"]:
                rows.append(row)
        return rows


def absent_name(question):
    return f"{question.name}__not_applicable"


class SectionForm(forms.Form):
    """One section of a return. `answers` are the working copy's; `revision` is what the save must find unchanged."""

    def __init__(self, spec, answers, *, revision, data=None):
        initial = {question.name: answers.values[question.name] for question in spec.questions}
        super().__init__(data=data, initial=initial | {"revision": revision})
        self.spec = spec
        for question in spec.questions:
            self.fields[question.name] = AnswerField(question)
            if question.may_be_absent:
                self.fields[absent_name(question)] = forms.BooleanField(
                    required=False, label="Not applicable", initial=question.name in answers.absent
                )
        self.fields["revision"] = forms.IntegerField(
            widget=forms.HiddenInput,
            min_value=0,
            error_messages=dict.fromkeys(
                ("required", "invalid", "min_value"),
                "This page has lost its place. Open the section again in another tab.",
            ),
        )

    def clean(self):
        cleaned = super().clean()
        for question in self.spec.questions:
            if cleaned.get(absent_name(question)) and cleaned.get(question.name) is not None:
                self.add_error(
                    question.name, f"{question.label}: give an answer, or say that it is not applicable, not both."
                )
        return cleaned

    @property
    def given(self):
        """The section's answers, after validation."""
        return content.Answers(
            values={question.name: self.cleaned_data.get(question.name) for question in self.spec.questions},
            absent={
                question.name: "NOT_APPLICABLE"
                for question in self.spec.questions
                if self.cleaned_data.get(absent_name(question))
            },
        )


class WorkbookForm(forms.Form):
    """A workbook that comes back; what is in it is a worker's business."""

    workbook = forms.FileField(
        label="Workbook",
        help_text="The .xlsx file that you downloaded here and filled in.",
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".xlsx"}),
        error_messages={"required": "Choose a workbook."},
    )


class ProformaForm(forms.Form):
    """A national form with its cell map."""

    return_type = forms.ChoiceField(label="Kind of return")
    version = Text(
        label="Version",
        max_length=20,
        help_text="For example 2.0. The highest version that holds in a quarter is filled.",
        widget=forms.TextInput({"class": "nhsuk-input--width-5"}),
        error_messages={"required": "Enter the version."},
    )
    workbook = forms.FileField(
        label="The empty form",
        help_text="An Excel workbook (.xlsx) without macros.",
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".xlsx"}),
        error_messages={"required": "Choose the empty form."},
    )
    cell_map = forms.FileField(
        label="Its cell map",
        help_text="A table of two columns, name and cell, saved as CSV UTF-8.",
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".csv"}),
        error_messages={"required": "Choose the cell map."},
    )

    def __init__(self, *given, types):
        super().__init__(*given)
        self.fields["return_type"].choices = [(item.slug, item.title) for item in types]
        if len(types) == 1:
            self.fields["return_type"].widget = forms.HiddenInput()
            self.initial["return_type"] = types[0].slug


class ReasonForm(forms.Form):
    """A reason, and nothing else."""

    reason = Text(
        max_length=content.PASSAGE_LIMIT,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": "Enter a reason."},
    )

    def __init__(self, data=None, *, label="Reason", hint=""):
        super().__init__(data)
        self.fields["reason"].label, self.fields["reason"].help_text = label, hint

    def clean_reason(self):
        return clean_passage(self.cleaned_data["reason"])


def clean_passage(text):
    try:
        return content.read_passage(text, "The text") or ""
    except content.Unreadable as problem:
        raise forms.ValidationError(str(problem)) from None


class RebaseForm(ReasonForm):
    """From which of `periods` a chart counts anew, and why."""

    period_key = forms.ChoiceField(label="From which quarter?", error_messages={"required": "Choose a quarter."})
    field_order = ("period_key", "reason")

    def __init__(self, data=None, *, periods):
        hint = "Such as a merger, a new way of counting, or a new training system. It stands under the chart."
        super().__init__(data, label="What changed in the process?", hint=hint)
        self.periods = {period.key: period for period in periods}
        choices = [(key, period.title) for key, period in self.periods.items()]
        self.fields["period_key"].choices = [("", "Choose a quarter"), *choices]

    @property
    def period(self):
        return self.periods[self.cleaned_data["period_key"]]


class ExtensionForm(ReasonForm):
    day = forms.DateField(
        label="New closing day",
        help_text="The return closes at the end of this day.",
        widget=DayInput(),
        error_messages={"required": "Enter the new closing day.", "invalid": "Enter a real date."},
    )
    field_order = ["day", "reason"]

    @property
    def until(self):
        return end_of(self.cleaned_data["day"])


class ReceiptForm(forms.Form):
    """What the national system answered, and for which version: there is a choice only where several wait for a receipt."""

    number = forms.TypedChoiceField(
        label="Which version did you submit?",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the version you submitted."},
    )
    delivered_on = forms.DateField(
        label="When did you submit it?",
        help_text="For example, 7 10 2025.",
        widget=DayInput(),
        error_messages={"required": "Enter the day you submitted it.", "invalid": "Enter a real date."},
    )
    receipt = Text(
        label="Receipt or reference",
        help_text="As it was given to you after you submitted.",
        max_length=100,
        error_messages={"required": "Enter the receipt or reference that you were given."},
    )

    def __init__(self, data=None, *, system, versions):
        super().__init__(data, initial={"number": versions[0].number if versions else None})
        self._versions = {version.number: version for version in versions}
        self.fields["number"].choices = [
            (number, f"Version {number}, submitted here on {date_format(localtime(version.submitted_at), 'j F Y')}")
            for number, version in self._versions.items()
        ]
        if len(versions) < 2:
            self.fields["number"].widget = forms.HiddenInput()
        self.fields["delivered_on"].label = f"When did you submit it to {system}?"

    @property
    def version(self):
        return self._versions[self.cleaned_data["number"]]

    def clean_receipt(self):
        try:
            return content.read_line(self.cleaned_data["receipt"], "The receipt", limit=100) or ""
        except content.Unreadable as problem:
            raise forms.ValidationError(str(problem)) from None


class SendBackForm(forms.Form):
    """A reason for each section that should change; sections without one stay as they are."""

    def __init__(self, specs, data=None, initial=None):
        super().__init__(data, initial=initial)
        for spec in specs:
            self.fields[spec.slug] = Text(
                required=False,
                label=spec.title,
                max_length=content.PASSAGE_LIMIT,
                widget=forms.Textarea({"rows": 3}),
            )

    def clean(self):
        cleaned = super().clean()
        for slug, text in cleaned.items():
            cleaned[slug] = clean_passage(text or "")
        if not any(cleaned.values()):
            raise forms.ValidationError("Write what should change in at least one section.")
        return cleaned


class ChecklistForm(forms.Form):
    """The reviewer's checklist: an answer and a note for each question. Questions without an answer may wait."""

    def __init__(self, items, given, data=None):
        """`items` are the questions, `given` earlier answers by their key."""
        super().__init__(data)
        self.items = items
        for item in items:
            earlier = given.get(item.key)
            self.fields[item.key] = forms.ChoiceField(
                required=False,
                label=item.question,
                choices=ChecklistAnswer.Answer.choices,
                widget=InlineRadios(),
                initial=earlier and earlier.answer,
            )
            self.fields[note_name(item)] = Text(
                required=False,
                label=format_html('Note<span class="nhsuk-u-visually-hidden"> on: {}</span>', item.question),
                widget=forms.Textarea({"rows": 2}),
                initial=earlier and earlier.note,
            )

    def clean(self):
        cleaned = super().clean()
        for item in self.items:
            note = cleaned[note_name(item)] = self._note(item)
            said = cleaned.get(item.key)
            if said and said != ChecklistAnswer.Answer.YES and not note:
                self.add_error(note_name(item), f"Say more about “{item.question}”.")
            if note and not said and item.key not in self.errors:
                self.add_error(item.key, f"Choose an answer to “{item.question}”.")
        return cleaned

    def _note(self, item):
        try:
            return clean_passage(self.cleaned_data.get(note_name(item)) or "")
        except forms.ValidationError as problem:
            self.add_error(note_name(item), problem)
            return ""

    @property
    def groups(self):
        """[(heading, [(answer field, note field)])] in the checklist's order."""
        return [
            (group, [(self[item.key], self[note_name(item)]) for item in members])
            for group, members in in_groups(self.items)
        ]

    @property
    def given(self):
        """What was said, by the question's key, after validation."""
        return {
            item.key: Given(self.cleaned_data[item.key], self.cleaned_data[note_name(item)])
            for item in self.items
            if self.cleaned_data.get(item.key)
        }


def note_name(item):
    return f"{item.key}__note"


VERDICT_HINTS = {
    Review.Verdict.ASSURED: "The data can be trusted, and the performance is adequate.",
    Review.Verdict.ASSURED_WITH_ACTIONS: "The data can be trusted. Some performance has to improve, and it is clear how.",
    Review.Verdict.NOT_ASSURED: "The data can be trusted, and it shows less than adequate performance.",
}


class VerdictForm(ReasonForm):
    """How assured the recipient is, and why."""

    verdict = forms.ChoiceField(
        label="What is your verdict?",
        choices=Review.Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a verdict.", "invalid_choice": "Choose a verdict."},
    )
    field_order = ["verdict", "reason"]

    def __init__(self, data=None):
        super().__init__(data, label="Why?", hint="The provider reads this. Name the actions that you expect.")
        self.fields["verdict"].choices = [
            (verdict, format_html('{} <span class="nhsuk-hint portal-hint-in-label">{}</span>', verdict.label, hint))
            for verdict, hint in VERDICT_HINTS.items()
        ]
        self.fields["reason"].error_messages["required"] = "Say what your verdict rests on."


class ReviewingForm(forms.Form):
    """Whether one person gives a verdict, or one proposes and another confirms."""

    second_reviewer = forms.ChoiceField(
        label="Who gives a verdict?",
        choices=[("no", "One person"), ("yes", "One person proposes it and another confirms it")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of the two.", "invalid_choice": "Choose one of the two."},
    )


class PeriodDatesForm(forms.Form):
    """New deadlines; the act asks whether they follow one another."""

    due_on = forms.DateField(
        label="Due day",
        help_text="Returns are due at 5pm.",
        widget=DayInput(),
        error_messages={"required": "Enter the due day.", "invalid": "Enter a real date."},
    )
    closes_on = forms.DateField(
        label="Closing day",
        help_text="Returns close at the end of this day.",
        widget=DayInput(),
        error_messages={"required": "Enter the closing day.", "invalid": "Enter a real date."},
    )


class OpenPeriodForm(forms.Form):
    quarter = forms.ChoiceField(
        label="Quarter",
        error_messages={"required": "Choose a quarter.", "invalid_choice": "Choose a quarter that has ended."},
    )

    def __init__(self, data=None, *, choices):
        super().__init__(data)
        self.fields["quarter"].choices = choices


class HowToldForm(forms.Form):
    """How messages reach a person."""

    WORDS = {
        NoticeChoice.Way.AT_ONCE: "By email as each thing happens",
        NoticeChoice.Way.DAILY: "By one email in the morning of each working day, if there is anything new",
        NoticeChoice.Way.PORTAL: "Only here: I look at my messages myself",
    }
    SAVED = {
        NoticeChoice.Way.AT_ONCE: "You get an email as each thing happens.",
        NoticeChoice.Way.DAILY: "You get one email in the morning of each working day, if there is anything new.",
        NoticeChoice.Way.PORTAL: "You get no emails about returns. Look at your messages here.",
    }

    way = forms.ChoiceField(
        label="How do you want to hear about returns?",
        choices=list(WORDS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how you want to hear.", "invalid_choice": "Choose how you want to hear."},
    )
