"""The checklist of one referral as a form: the service's questions in their order, each read as workbooks read it.

A question that earlier answers do not ask for is hidden by script; without script it says when it is asked. What is answered
there all the same is left out when the row is saved.
"""

from django import forms
from django.core.serializers.json import DjangoJSONEncoder

from accounts.forms import Day, Text
from continuity.columns import (
    COLUMNS,
    COMMUNITY_COLUMNS,
    DELETIONS,
    INTERVENTION_COLUMNS,
    INTERVENTIONS_ASKED_IF,
    Kind,
    Section,
    read,
)
from continuity.kept_answers import answer_of
from returns.content import Unreadable
from returns.widgets import DayInput

SPARE = 2  # empty lines for further interventions
BLANK = ("", "Not answered")
LINE = 200


class RowForm(forms.Form):
    """`answers` are the stored answers by column id; after `is_valid`, `given` and `interventions` are for saving.

    With `section` only its questions are asked, days in one input each; the other answers stay as they are. `begins` are
    answers that are offered and count once the form is saved.
    """

    revision = forms.IntegerField(widget=forms.HiddenInput())

    def __init__(self, data=None, *, answers, interventions, revision, section=None, prefix=None, begins=None):
        super().__init__(data, initial={"revision": revision}, prefix=prefix)
        begins = begins or {}
        self.columns = [column for column in COMMUNITY_COLUMNS if section in (None, column.section)]
        self.stored, self.stored_interventions = answers, interventions
        self.is_begun = any(column.id in begins for column in self.columns)
        for column in self.columns:
            for name, field in _fields(column, begins.get(column.id, answers.get(column.id))):
                self.fields[name] = field
                if section and column.kind is Kind.DAY:
                    field.widget = Day()
        self.lines = range(len(interventions) + SPARE if section is None else 0)
        for line in self.lines:
            kept = interventions[line] if line < len(interventions) else {}
            for column in INTERVENTION_COLUMNS.values():
                ((_, field),) = _fields(column, kept.get(column.id))
                self.fields[f"{column.id}_{line}"] = field

    def sections(self):
        """(title, questions): each question with its fields and the condition under which it is asked."""
        for section in Section:
            questions = [self._question(column) for column in self.columns if column.section is section]
            if questions:
                yield section.value, questions

    def _question(self, column):
        return {
            "column": column,
            "fields": [self[name] for name in _names(column)],
            "asked_if": _encoded(column.asked_if),
            "only": in_words(column.asked_if),
        }

    def intervention_lines(self):
        return [[self[f"{id}_{line}"] for id in INTERVENTION_COLUMNS] for line in self.lines]

    @property
    def interventions_asked_if(self):
        return _encoded(INTERVENTIONS_ASKED_IF)

    def clean(self):
        cleaned = super().clean()
        others = [column for column in COMMUNITY_COLUMNS if column not in self.columns]
        stored = {column: self.stored.get(column.id) for column in others}
        self.given = {column.id: kept if kept is None else answer_of(column, kept) for column, kept in stored.items()}
        for column in self.columns:
            parts = [cleaned.get(name) for name in _names(column)]
            answer = self._read(column, _names(column)[0], parts if column.kind is Kind.DELETIONS else parts[0])
            if answer is not None:
                self.given[column.id] = answer
        self.interventions = [] if self.lines else self.stored_interventions
        for line in self.lines:
            names = {id: f"{id}_{line}" for id in INTERVENTION_COLUMNS}
            found = {id: self._read(COLUMN_OF[id], name, cleaned.get(name)) for id, name in names.items()}
            if any(found.values()):
                self.interventions.append(found)
        return cleaned

    def _read(self, column, name, given):
        try:
            return read(column, given)
        except Unreadable as problem:
            self.add_error(name, str(problem))


COLUMN_OF = COLUMNS | INTERVENTION_COLUMNS


def _names(column):
    if column.kind is Kind.DELETIONS:
        return [f"{column.id}_{number}" for number in range(len(DELETIONS))]
    return [column.id]


def _fields(column, stored):
    options = {"label": column.question, "required": False, "help_text": column.hint}
    choices = [BLANK, *column.choices.labels.items()] if column.choices else []
    if column.kind is Kind.DELETIONS:
        kept = [*(stored or ()), None, None, None]
        for number, what in enumerate(DELETIONS):
            yield (
                f"{column.id}_{number}",
                forms.ChoiceField(
                    label=f"Was the {what} deleted?", required=False, choices=choices, initial=kept[number]
                ),
            )
    elif column.kind is Kind.CHOICE:
        yield column.id, forms.ChoiceField(choices=choices, initial=stored or "", **options)
    elif column.kind is Kind.CHOICES:
        widget = forms.CheckboxSelectMultiple
        yield column.id, forms.MultipleChoiceField(choices=choices[1:], initial=stored, widget=widget, **options)
    elif column.kind is Kind.DAY:
        messages = {"invalid": f"{column.label}: enter a real date."}
        yield column.id, forms.DateField(widget=DayInput(), initial=stored, error_messages=messages, **options)
    elif column.kind is Kind.PASSAGE:
        widget = forms.Textarea({"rows": 3})
        yield column.id, Text(max_length=column.limit, widget=widget, initial=stored, **options)
    else:
        width = {Kind.INITIAL: "2", Kind.COUNT: "2"}.get(column.kind, "20")
        widget = forms.TextInput({"class": f"nhsuk-input--width-{width}"})
        yield column.id, Text(max_length=LINE, widget=widget, initial=stored, **options)


def _encoded(asked_if):
    """The condition for the script: column ids with the answers that lead here."""
    return DjangoJSONEncoder().encode([[id, list(keys)] for id, keys in asked_if]) if asked_if else ""


def in_words(asked_if):
    """When a question is asked, as a sentence; empty where it always is."""
    parts = [
        f"“{COLUMNS[id].label}” is {_either([COLUMNS[id].choices.labels[key] for key in keys])}"
        for id, keys in asked_if
    ]
    return f"Only if {' and '.join(parts)}." if parts else ""


def _either(labels):
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} or {labels[-1]}"
