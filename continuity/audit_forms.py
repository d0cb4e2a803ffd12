"""The questions of an audit's set-up, its extract and its sheets, in plain words."""

import hashlib

from django import forms

from accounts.forms import Text
from accounts.models import Organisation
from continuity.audits import BY_HAND, KINDS_OF, Part
from continuity.columns import COLUMNS
from continuity.extract_files import IDS
from continuity.forms import day, line
from continuity.models import Area, Meeting
from continuity.vocabulary import fold


def passage(label, wanted="", longest=4000, rows=4, **options):
    """A text of several lines; it has to be given where `wanted` is a sentence that asks for it."""
    return Text(
        label=label,
        required=bool(wanted),
        max_length=longest,
        widget=forms.Textarea({"rows": rows}),
        error_messages={"required": wanted},
        **options,
    )


def count(label, wanted="", **options):
    messages = {
        "required": wanted,
        "invalid": f"{label}: enter a whole number.",
        "min_value": f"{label}: enter 0 or more.",
        "max_value": f"{label}: enter at most 100,000.",
    }
    return forms.IntegerField(
        label=label,
        required=bool(wanted),
        min_value=0,
        max_value=100_000,
        error_messages=messages,
        widget=forms.TextInput({"inputmode": "numeric", "class": "nhsuk-input--width-5"}),
        **options,
    )


def organisation(label, kinds, wanted="", **options):
    rows = Organisation.objects.filter(kind__in=kinds, closed_on=None).order_by("name")
    return forms.ModelChoiceField(
        rows, empty_label="Choose", label=label, required=bool(wanted), error_messages={"required": wanted}, **options
    )


class TermsForm(forms.Form):
    title = line(
        "Name of the audit", 120, "Enter a name for the audit.", help_text="For example: Larkmoor and Stonegate, 2025."
    )
    starts = day(
        "First exit date", "Enter the first day of the period.", help_text="The first day of the period audited."
    )
    ends = day(
        "Last exit date", "Enter the last day of the period.", help_text="Six months gave London a good picture."
    )
    due_on = day("Sheets are due on", "Enter the day on which sheets are due.")
    aims = passage("What the audit is to find out", "Say what the audit is to find out.")
    analysis_lead = organisation(
        "Who analyses",
        KINDS_OF[Part.ANALYSIS_LEAD],
        "Choose who analyses the audit.",
        help_text="Agree this before anything is extracted. They see figures, nobody’s row.",
    )


class PairForm(forms.Form):
    prison = organisation("Prison treatment provider", KINDS_OF[Part.PRISON], "Choose a prison treatment provider.")
    area = forms.ModelChoiceField(
        Area.objects.order_by("name"),
        empty_label="Choose",
        label="Area that people are released to",
        error_messages={"required": "Choose an area."},
    )
    service = organisation(
        "Service that receives the referrals",
        KINDS_OF[Part.COMMUNITY],
        "Choose the service.",
        help_text="The single point of contact of the area. It can give rows to other services.",
    )
    expected = count(
        "Referrals to expect in the period",
        help_text="From the companion figures, if you know. Compared with what the service can do.",
    )


class PartyForm(forms.Form):
    part = forms.ChoiceField(
        label="Part in the audit",
        choices=[(part.value, part.label) for part in BY_HAND],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the part."},
    )
    organisation = organisation(
        "Organisation", set().union(*(KINDS_OF[part] for part in BY_HAND)), "Choose an organisation."
    )

    def clean(self):
        given = super().clean()
        chosen, part = given.get("organisation"), given.get("part")
        if chosen and part and chosen.kind not in KINDS_OF[part]:
            self.add_error("organisation", f"{chosen.name} cannot have this part: it is another kind of organisation.")
        return given


class CapacityForm(forms.Form):
    capacity = count(
        "How many referrals can you audit?",
        "Enter how many referrals you can audit.",
        help_text="Looking into a referral takes far longer than listing it. If more are expected, a shorter period is proposed.",
    )


class DeclineForm(forms.Form):
    reason = passage("What should change before you can accept?", "Say what should change before you can accept.")


class AgreementForm(forms.Form):
    agreed_on = day("Signed on", "Enter the day on which the agreement was signed.")
    parties = passage(
        "Who signed it", "Enter who signed the agreement.", 1000, 3, help_text="One organisation on a line."
    )
    file = forms.FileField(
        label="The signed agreement",
        help_text="A PDF or Word document of up to 10 MB.",
        error_messages={"required": "Choose the file.", "empty": "This file is empty. Choose another one."},
    )


class TopicForm(forms.Form):
    text = passage("How it works now")
    owner = Text(label="Who looks after it", max_length=200, required=False)
    agreed_change = passage("What was agreed to change")


class MeetingForm(forms.Form):
    kind = forms.ChoiceField(
        label="What was it about?",
        choices=Meeting.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the meeting was about."},
    )
    held_on = day("Held on", "Enter the day of the meeting.")
    people = passage("Who was there", "Enter who was there.", 1000, 3)
    topics = passage("What was talked about", "Enter what was talked about.")
    decisions = passage("What was decided")


class ExtractForm(forms.Form):
    file = forms.FileField(
        label="Your extract",
        help_text="An Excel workbook (.xlsx) or a CSV file. Columns may stand in any order.",
        error_messages={"required": "Choose the file.", "empty": "This file is empty. Choose another one."},
    )


class SheetWorkbookForm(forms.Form):
    file = forms.FileField(
        label="Your workbook",
        help_text="The workbook of this sheet (.xlsx), up to 60 MB.",
        widget=forms.FileInput({"accept": ".xlsx"}),
        error_messages={"required": "Choose the workbook.", "empty": "This file is empty. Choose another one."},
    )


class ColumnsForm(forms.Form):
    """One question for each heading. `meanings` is what each means so far (heading -> column id, or "" for none)."""

    NONE = "NONE"

    def __init__(self, data=None, *, meanings, taken=()):
        super().__init__(data)
        self.headings = {f"heading_{_digest(heading)}": heading for heading in meanings}
        known = [(id, f"{COLUMNS[id].label} ({id})") for id in IDS if id not in taken]
        for name, heading in self.headings.items():
            self.fields[name] = forms.ChoiceField(
                label=f"“{heading}” holds",
                choices=[(self.NONE, "None of these"), *known],
                initial=meanings[heading] or self.NONE,
                error_messages={"required": f"Choose what “{heading}” holds."},
            )

    @property
    def said(self):
        given = {heading: self.cleaned_data[name] for name, heading in self.headings.items()}
        return {heading: "" if id == self.NONE else id for heading, id in given.items()}

    def clean(self):
        given = super().clean()
        named = [id for id in given.values() if id != self.NONE]
        for name, id in list(given.items()):
            if named.count(id) > 1:
                self.add_error(name, "Two headings cannot mean the same column.")
        return given


def _digest(heading):
    """A name for a heading's question: the same heading has the same, whatever other headings there are."""
    return hashlib.sha256(fold(heading).encode()).hexdigest()[:12]


class QueryForm(forms.Form):
    column = forms.ChoiceField(
        label="What is it about?",
        choices=[("", "Choose"), *((column.id, column.label) for column in COLUMNS.values())],
        error_messages={"required": "Choose what the question is about."},
    )
    text = passage("Your question", "Write your question.", 1000, 3, help_text="Do not write names or dates of birth.")


class ReplyForm(forms.Form):
    text = passage("Your answer", "Write your answer.", 1000, 3)


class ReleaseForm(forms.Form):
    expires_on = day("Last day on which the service sees the rows", "Enter the last day.")
    also_missing = forms.BooleanField(required=False)

    def __init__(self, *args, missing, **kwargs):
        """`missing` is how many rows the newest extract lacks: whether they go along is asked only where there are some."""
        super().__init__(*args, **kwargs)
        if missing:
            rows = "the row that your newest extract does not hold"
            if missing > 1:
                rows = f"the {missing:,} rows that your newest extract does not hold"
            self.fields["also_missing"].label = f"Also share {rows}"
        else:
            del self.fields["also_missing"]


class RecallForm(forms.Form):
    reason = passage("Why is this sheet recalled?", "Say why this sheet is recalled.", 1000)


class OpenAgainForm(forms.Form):
    reason = passage("Why is this sheet opened again?", "Say why this sheet is opened again.", 1000)


class AssignForm(forms.Form):
    service = organisation("Give the chosen rows to", KINDS_OF[Part.COMMUNITY], "Choose a service.")
    rows = forms.MultipleChoiceField(
        label="Rows", widget=forms.CheckboxSelectMultiple, error_messages={"required": "Choose at least one row."}
    )

    with_referrals = forms.BooleanField(
        required=False,
        label="Fill in what your live referrals tell of these rows",
        help_text="The service sees these answers and may correct them. The referrals stay between you and the prison.",
    )

    def __init__(self, data=None, *, rows, but, told):
        """`told` is of how many rows live referrals tell something: whether it goes along is asked only where they do."""
        super().__init__(data)
        if not told:
            del self.fields["with_referrals"]
        self.fields["rows"].choices = rows
        self.fields["service"].queryset = self.fields["service"].queryset.exclude(pk=but.pk)
