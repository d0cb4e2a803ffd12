"""The questions of an audit's findings and its action plan."""

from django import forms

from accounts.models import Organisation
from continuity.audit_forms import passage
from continuity.forms import day, line
from continuity.measures import MEASURES
from continuity.models import AuditAction, AuditFinding, Recommendation


def choice(label, choices, wanted, **options):
    return forms.TypedChoiceField(
        label=label, choices=[("", "Choose"), *choices], error_messages={"required": wanted}, **options
    )


class FindingForm(forms.Form):
    kind = forms.ChoiceField(
        label="What is it?",
        choices=AuditFinding.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether it is a gap or what works well."},
    )
    text = passage("What was found", "Say what was found.", longest=1000)
    measure = choice(
        "Which measure shows it?",
        [(id, f"{id} {each.title}") for id, each in MEASURES.items()],
        "Choose the measure that shows it.",
    )
    where = line(
        "Where should it change, or be adopted?",
        200,
        "Say where it should change, or be adopted.",
        help_text="A prison, an area, or everywhere.",
    )
    recommendation = choice(
        "Under which recommendation?", Recommendation.choices, "Choose a recommendation.", coerce=int
    )


class ActionForm(forms.Form):
    recommendation = choice(
        "Under which recommendation?", Recommendation.choices, "Choose a recommendation.", coerce=int
    )
    what = passage("What will be done", "Say what will be done.", longest=1000)
    owner = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Who will do it",
        error_messages={"required": "Choose who will do it."},
    )
    due_on = day("By when", "Enter the day by which it will be done.")

    def __init__(self, audit, *args):
        super().__init__(*args)
        parties = audit.parties.values("organisation")
        self.fields["owner"].queryset = Organisation.objects.filter(pk__in=parties).order_by("name")


class ProgressForm(forms.Form):
    status = forms.ChoiceField(
        label="How far is it?",
        choices=AuditAction.Status.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how far it is."},
    )
    progress = passage("What was done so far", longest=2000)
