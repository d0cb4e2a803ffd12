"""The referral form in sections: which questions, where their answers are kept, and what a referral tells as a minimum.

Source: guidance of 2018, recommendations 1 and 2, and the example of a form that goes with it.
"""

from dataclasses import dataclass

from django import forms
from django.utils import timezone

from accounts.forms import Text
from continuity import vocabulary as words
from continuity.forms import PHONE, day, passage, refuse_ordinary_mailbox
from continuity.models import LivePerson, LiveReferral
from returns.widgets import InlineRadios

YOUNGEST = 10


@dataclass(frozen=True)
class Section:
    slug: str
    title: str
    intro: str
    fields: dict

    @property
    def names(self):
        return tuple(self.fields)


def line(label, longest, hint="", **options):
    return Text(
        label=label,
        max_length=longest,
        required=False,
        help_text=hint,
        **options,
    )


def several(label, choices):
    return forms.MultipleChoiceField(label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple)


def one_of(label, labels, hint=""):
    return forms.ChoiceField(
        label=label, choices=list(labels.items()), required=False, help_text=hint, widget=forms.RadioSelect
    )


def yes_no(label, hint="", unknown=True):
    labels = {"YES": "Yes", "NO": "No"} | ({"NOT_KNOWN": "Not known"} if unknown else {})
    return forms.ChoiceField(
        label=label, choices=list(labels.items()), required=False, help_text=hint, widget=InlineRadios
    )


def substance(label):
    choices = [("", "None"), *((key, name) for key, name in words.SUBSTANCE.labels.items() if key != "NONE")]
    return forms.ChoiceField(label=label, choices=choices, required=False)


def refuse_unlikely_birth(day):
    """Nobody younger than ten is in custody: the age of criminal responsibility in England."""
    today = timezone.localdate()
    if (today.year - day.year, today.month, today.day) < (YOUNGEST, day.month, day.day):
        raise forms.ValidationError("Check the year: this person would be younger than ten.")


def telephone(label, hint=""):
    widget = forms.TextInput({"type": "tel", "class": "nhsuk-input--width-20"})
    return Text(label=label, max_length=40, required=False, help_text=hint, validators=[PHONE], widget=widget)


SECTIONS = (
    Section(
        "person",
        "The person",
        "Initials, date of birth and sex have to be the same in both records, or the person is lost to the data.",
        {
            "first_name": lambda: line("First name", 50),
            "surname": lambda: line("Surname", 50),
            "known_as": lambda: line(
                "Name the community service knows them by", 100, "If it differs, for example Bob for Robert."
            ),
            "aliases": lambda: line("Other names used", 200),
            "date_of_birth": lambda: day("Date of birth", also=refuse_unlikely_birth),
            "sex": lambda: one_of("Sex", words.SEX.labels),
            "prison_number": lambda: line("Prison number (PNOMS ID)", 20, "For example A1234BC."),
            "consent": lambda: yes_no(
                "Has the person agreed that this is shared with the service?",
                "Without consent the referral cannot be sent.",
                unknown=False,
            ),
        },
    ),
    Section(
        "need",
        "Needs and treatment",
        "",
        {
            "drug_1": lambda: substance("Main substance"),
            "drug_2": lambda: substance("Second substance"),
            "drug_3": lambda: substance("Third substance"),
            "assessed_need": lambda: passage("Assessed substance misuse needs"),
            "structured_need": lambda: yes_no("Is there a need for structured treatment?", unknown=False),
            "treatment": lambda: several(
                "Treatment received in prison",
                [(key, words.INTERVENTION.labels[key]) for key in (*words.STRUCTURED, "RECOVERY")],
            ),
            "medication": lambda: passage("Medication and dose"),
            "last_dose": lambda: line("Last dose, day and time", 100),
            "naloxone": lambda: yes_no("Is naloxone issued on release?"),
        },
    ),
    Section(
        "other-needs",
        "Other needs",
        "",
        {
            "mental_health": lambda: yes_no("Is there a mental health need?"),
            "housing": lambda: yes_no("Is there a housing need?"),
            "other_needs": lambda: passage(
                "More about these needs, physical health and safeguarding",
                "What helps the service to support the person.",
            ),
        },
    ),
    Section(
        "release",
        "Release and contact",
        "The service needs to reach somebody who misses an appointment.",
        {
            "expected_release_on": lambda: day("Expected release date"),
            "may_change": lambda: yes_no("Could the date change, for example at a court hearing?"),
            "abode": lambda: one_of("Where will they live?", dict(LiveReferral.Housing.choices)),
            "address": lambda: passage("Address after release"),
            "phone": lambda: telephone("Telephone after release"),
            "contact_person": lambda: line(
                "Somebody who knows where to find them", 200, "Name, and how to reach them."
            ),
        },
    ),
    Section(
        "support",
        "Probation and resettlement",
        "",
        {
            "resettlement": lambda: passage("Contact with resettlement services in prison"),
            "probation": lambda: one_of("Which probation service supervises them?", words.PROBATION.labels),
            "probation_officer": lambda: line("Probation officer", 200, "Name, and how to reach them."),
            "licence": lambda: yes_no("Does a licence condition require them to attend treatment?"),
            "licence_text": lambda: passage("What the condition says"),
            "told_by": lambda: line("Who told the person about the appointment or drop-in", 200),
        },
    ),
    Section(
        "sender",
        "Whom to ask in the prison",
        "",
        {
            "worker_name": lambda: line("Prison worker", 120),
            "worker_phone": lambda: telephone("Telephone"),
            "worker_email": lambda: forms.EmailField(
                label="Secure email",
                required=False,
                validators=[refuse_ordinary_mailbox],
                error_messages={"invalid": "Enter an address with an @ in it."},
            ),
        },
    ),
)
BY_SLUG = {section.slug: section for section in SECTIONS}
OF_THE_PERSON = {field.name for field in LivePerson._meta.get_fields()}
# Once it was sent, the release date is changed by an act of its own, which tells the service
CHANGED_BY_AN_ACT = frozenset({"expected_release_on"})
NEEDED_TO_SEND = {
    "first_name": "Enter the first name.",
    "surname": "Enter the surname.",
    "date_of_birth": "Enter the date of birth.",
    "sex": "Choose the sex.",
    "consent": "Say that the person agrees to the sharing.",
}


class SectionForm(forms.Form):
    """One section. Nothing is required of a draft; `revision` is what the save must find unchanged."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, section, referral, data=None):
        super().__init__(data, initial=answers_of(referral) | {"revision": referral.revision})
        for name, make in section.fields.items():
            if referral.is_draft or name not in CHANGED_BY_AN_ACT:
                self.fields[name] = make()

    @property
    def given(self):
        return {name: value for name, value in self.cleaned_data.items() if name != "revision"}


def answers_of(referral):
    """Every answer of the form by name: from the referral, and from its person."""
    names = [name for section in SECTIONS for name in section.names]
    return {name: getattr(referral.person if name in OF_THE_PERSON else referral, name) for name in names}


def shown(section, answers):
    """(label, words) of a section's answers, for pages; the words are empty where nothing was answered."""
    for name, make in section.fields.items():
        yield _shown(make(), answers[name])


def _shown(field, answer):
    if isinstance(field, forms.MultipleChoiceField):
        labels = dict(field.choices)
        return field.label, "\n".join(labels[key] for key in answer)
    if isinstance(field, forms.ChoiceField):
        return field.label, dict(field.choices)[answer] if answer else ""
    if isinstance(field, forms.DateField):
        return field.label, f"{answer.day} {answer:%B %Y}" if answer else ""
    return field.label, answer


def told_by(answers):
    """The keys of `minimum_content.CONTENT` that these answers hold."""
    is_told = {
        "NEEDS": answers["drug_1"] and answers["assessed_need"],
        "TREATMENT": answers["treatment"] or answers["medication"],
        "MENTAL_HEALTH": answers["mental_health"] in {"YES", "NO"},
        "HOUSING": answers["housing"] in {"YES", "NO"},
        "RELEASE_DATE": answers["expected_release_on"],
        "CONTACT": answers["abode"] == "NO_FIXED_ABODE" or answers["address"] or answers["phone"],
        "RESETTLEMENT": answers["resettlement"],
        "LICENCE": answers["licence"] in {"YES", "NO"},
    }
    return [key for key, told in is_told.items() if told]


def missing_to_send(answers):
    """The sentences that say what a referral cannot be sent without."""
    return [
        sentence
        for name, sentence in NEEDED_TO_SEND.items()
        if (answers[name] != "YES" if name == "consent" else not answers[name])
    ]
