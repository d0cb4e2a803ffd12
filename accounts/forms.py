"""The questions about people and organisations, in plain words."""

from datetime import datetime, time, timedelta

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.validators import ProhibitNullCharactersValidator
from django.utils import timezone

from accounts.models import Membership, Organisation, Person, SubmitterRequest, Trait
from accounts.organisations import COMMISSIONERS
from accounts.permissions import roles_to_give
from accounts.plain_text import has_hidden_characters

SOMEBODY_NEW = "new"


class Day(forms.DateInput):
    input_type = "date"

    def __init__(self):
        super().__init__({"width": 10}, "%Y-%m-%d")


def day_field(label, required=True, **options):
    messages = {"invalid": f"{label}: enter a real day, such as 07/10/2025.", "required": f"{label}: enter a day."}
    return forms.DateField(label=label, required=required, widget=Day(), error_messages=messages, **options)


def refuse_hidden_characters(text):
    if has_hidden_characters(text.replace("\r\n", "\n")):
        raise forms.ValidationError("This holds characters that cannot be seen. Type it instead of pasting it.")


class Text(forms.CharField):
    """What somebody types, on one line or several: nothing in it that cannot be seen, and not too long."""

    default_validators = (refuse_hidden_characters,)

    def __init__(self, *, label=None, max_length=None, error_messages=None, **options):
        what = (label or "This answer").rstrip("?")
        said = {"max_length": f"{what}: write {max_length or 0:,} characters or fewer."}
        super().__init__(label=label, max_length=max_length, error_messages=said | (error_messages or {}), **options)
        self.validators = [each for each in self.validators if not isinstance(each, ProhibitNullCharactersValidator)]


def name_field(label, **options):
    return Text(label=label, max_length=120, **options)


class InviteForm(forms.Form):
    name = name_field("Full name", error_messages={"required": "Enter the person’s name."})
    email = forms.EmailField(
        label="Email address",
        help_text="A work address of their own. A team’s mailbox cannot be used.",
        error_messages={"required": "Enter the person’s work address.", "invalid": "Enter an address with an @ in it."},
    )
    role = forms.ChoiceField(
        label="Role", widget=forms.RadioSelect, error_messages={"required": "Choose what the person may do."}
    )

    def __init__(self, *args, seat, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        roles = roles_to_give(seat, organisation)
        self.fields["role"].choices = [(role.key, role.title) for role in roles]


class JoinForm(forms.Form):
    name = name_field("Your full name", error_messages={"required": "Enter your name."})
    password = forms.CharField(
        label="Choose a password",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. Three words that do not belong together are easy to remember.",
        error_messages={"required": "Enter a password."},
    )

    def __init__(self, *args, email, **kwargs):
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self):
        given = super().clean()
        if password := given.get("password"):
            try:
                validate_password(password, Person(email=self.email, name=given.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return given


class TraitForm(forms.Form):
    trait = forms.ChoiceField(label="What is the organisation?", choices=Trait.choices, widget=forms.RadioSelect)
    since = day_field("From")
    until = day_field("Until, if it ends", required=False, help_text="The first day on which it is so no longer.")
    source = Text(
        label="Where is this known from?",
        max_length=200,
        help_text="For example: contract register, September 2025.",
        error_messages={"required": "Say where this is known from."},
    )


class EndTraitForm(forms.Form):
    on = day_field("First day on which it is so no longer")


class LeadCommissionerForm(forms.Form):
    commissioner = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Lead commissioner",
        error_messages={"required": "Choose a commissioner."},
    )
    since = day_field("From", help_text="The commissioner before it ends on that day.")
    source = TraitForm.base_fields["source"]

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        commissioners = Organisation.objects.filter(kind__in=COMMISSIONERS).open_on(today).order_by("name")
        self.fields["commissioner"].queryset = commissioners


class DomainsForm(forms.Form):
    domains = Text(
        label="Domains of work addresses",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One on a line, such as trust.nhs.uk. Leave this empty to take any work address.",
    )

    def clean_domains(self):
        domains = self.cleaned_data["domains"].split()
        if wrong := [domain for domain in domains if "." not in domain.strip(".")]:
            raise forms.ValidationError(f"“{wrong[0]}” is no domain. Write it like trust.nhs.uk.")
        return domains


class SubmitterForm(forms.Form):
    """Who takes a place, and when. A colleague is chosen; somebody new is named, and invited."""

    person = forms.ChoiceField(
        label="Who takes the place?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a colleague, or somebody new."},
    )
    name = name_field("Full name of somebody new", required=False)
    email = forms.EmailField(
        label="Their email address",
        required=False,
        help_text="A work address of their own. They take the place when they accept the invitation.",
        error_messages={"invalid": "Enter an address with an @ in it."},
    )
    starts = day_field("First day", required=False, help_text="Leave this empty to start now.")
    ends = day_field(
        "Last day, if it is for a time", required=False, help_text="Afterwards the place goes back by itself."
    )

    def __init__(self, *args, organisation, by, at, **kwargs):
        super().__init__(*args, **kwargs)
        self.at = at
        self.colleagues = _colleagues(organisation, by, at)
        self.fields["person"].choices = [
            *((str(person.pk), f"{person.name}, {person.email}") for person in self.colleagues.values()),
            (SOMEBODY_NEW, "Somebody new"),
        ]

    def clean(self):
        given = super().clean()
        if given.get("person") == SOMEBODY_NEW:
            if not given.get("name"):
                self.add_error("name", "Enter the person’s name, or choose a colleague.")
            if not given.get("email") and "email" not in self.errors:
                self.add_error("email", "Enter the person’s work address, or choose a colleague.")
        return given

    @property
    def colleague(self):
        """The colleague chosen, or None for somebody new."""
        return self.colleagues.get(self.cleaned_data["person"])

    @property
    def starts_at(self):
        """The moment the place is taken; today, or nothing, means now."""
        day = self.cleaned_data["starts"]
        return _midnight(day) if day and day != timezone.localdate(self.at) else self.at

    @property
    def ends_at(self):
        """The moment after the last day, or None."""
        day = self.cleaned_data["ends"]
        return _midnight(day + timedelta(days=1)) if day else None


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(
        label="What did the SDCS team answer?",
        choices=SubmitterRequest.Answer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what they answered."},
    )


def _colleagues(organisation, by, at):
    """People with a role in the organisation who hold no place now, without oneself: str(id) -> person."""
    memberships = Membership.objects.filter(organisation=organisation).active_at(at).select_related("person")
    left_out = {by.person_id, *(row.person_id for row in memberships if row.submitter_place)}
    people = {row.person_id: row.person for row in memberships.order_by("person__name")}
    return {str(pk): person for pk, person in people.items() if pk not in left_out}


def _midnight(day):
    return timezone.make_aware(datetime.combine(day, time.min))
