"""The questions of the directory and of the offers, in plain words."""

from django import forms
from django.core.validators import RegexValidator

from accounts.forms import refuse_hidden_characters
from accounts.models import Organisation
from continuity.directory import LABELS
from continuity.models import Area, Offer
from returns.widgets import DayInput

PHONE = RegexValidator(
    r"^\+?[\d ()-]{7,40}$", "Enter a telephone number, such as 020 7946 0000. Digits, blanks and brackets only."
)


def line(label, longest, required, **options):
    """A text of one line; `required` is the sentence that asks for it."""
    return forms.CharField(
        label=label,
        max_length=longest,
        validators=[refuse_hidden_characters],
        error_messages={"required": required},
        **options,
    )


def day(label, wanted="", **options):
    """A day; it has to be given where `wanted` is a sentence that asks for it."""
    messages = {"required": wanted, "invalid": f"{label}: enter a real day, such as 7 10 2025."}
    return forms.DateField(label=label, required=bool(wanted), widget=DayInput(), error_messages=messages, **options)


class SpocEntryForm(forms.Form):
    service = line(LABELS["service"], 200, "Enter the name of the service.")
    contact_person = line(
        LABELS["contact_person"],
        120,
        "Enter whom to ask for.",
        help_text="Whom a prison asks for. Everybody who takes part sees this name.",
    )
    phone = forms.CharField(
        label=LABELS["phone"],
        max_length=40,
        validators=[PHONE],
        widget=forms.TextInput({"type": "tel", "class": "nhsuk-input--width-20"}),
        error_messages={"required": "Enter a telephone number."},
    )
    secure_email = forms.EmailField(
        label=LABELS["secure_email"],
        help_text="For example an address of Criminal Justice Secure Mail (cjsm.net). Ordinary email is not secure.",
        error_messages={"required": "Enter a secure address.", "invalid": "Enter an address with an @ in it."},
    )
    address = forms.CharField(
        label=LABELS["address"],
        max_length=500,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": "Enter the address that people come to."},
    )
    hours = line(
        LABELS["hours"], 200, "Enter the opening hours.", help_text="For example: Monday to Friday, 9am to 5pm."
    )
    areas = forms.ModelMultipleChoiceField(
        Area.objects.order_by("name"),
        label=LABELS["areas"],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one area."},
    )
    feeder_prisons = forms.ModelMultipleChoiceField(
        Organisation.objects.filter(kind=Organisation.Kind.PRISON_HEALTH_SERVICE).order_by("name"),
        label=LABELS["feeder_prisons"],
        help_text="They get a message whenever these details change.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    @property
    def given(self):
        """The entry as `directory.save` takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "revision"} | {
            name: list(self.cleaned_data[name]) for name in ("areas", "feeder_prisons")
        }


def passage(label, hint=""):
    return forms.CharField(
        label=label, max_length=2000, required=False, help_text=hint, widget=forms.Textarea({"rows": 4})
    )


class OfferForm(forms.Form):
    structured = passage(
        Offer.KINDS["structured"], "For example: prescribing, key working, psychosocial interventions."
    )
    recovery_support = passage(
        Offer.KINDS["recovery_support"], "For example: mutual aid, peer support, family support."
    )
    drop_in = passage(Offer.KINDS["drop_in"], "Where and when, and whom to ask for.")
    groups = passage(Offer.KINDS["groups"], "What, where and when.")
    in_reach = passage(Offer.KINDS["in_reach"], "Which prisons you visit or telephone, how often, and who does.")
    as_at = day("Right as at", "Enter the day on which this was checked.")

    def clean(self):
        given = super().clean()
        if not self.errors and not any(given[name] for name in Offer.KINDS):
            self.add_error(None, "Say what the service offers: fill in at least one of the five.")
        return given

    @property
    def given(self):
        return {name: self.cleaned_data[name] for name in Offer.KINDS}
