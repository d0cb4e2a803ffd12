"""The questions of the directory and of the offers, in plain words."""

from django import forms
from django.core.validators import RegexValidator
from django.db.models import Q
from django.utils import timezone

from accounts.addresses import is_private_mailbox
from accounts.forms import Text
from accounts.models import Organisation
from accounts.posted import posted_number
from continuity import directory
from continuity.directory import LABELS
from continuity.minimum_content import ALWAYS, BY_AGREEMENT
from continuity.models import Area, Offer, PracticeChange, Protocol, SpocEntry
from returns.widgets import DayInput

PHONE = RegexValidator(
    r"^\+?[\d ()-]{7,40}$", "Enter a telephone number, such as 020 7946 0000. Digits, blanks and brackets only."
)


def line(label, longest, required, **options):
    """A text of one line; `required` is the sentence that asks for it."""
    return Text(
        label=label,
        max_length=longest,
        error_messages={"required": required},
        **options,
    )


def refuse_ordinary_mailbox(address):
    """A mailbox that anybody can have is not secure; whether an organisation's own is, its name does not tell."""
    if is_private_mailbox(address):
        raise forms.ValidationError("This is an ordinary mailbox. Enter a secure address, such as one of cjsm.net.")


def refuse_ahead(day):
    if day > timezone.localdate():
        raise forms.ValidationError("Enter today or a day that has passed.")


def refuse_far_years(day):
    if not 1900 <= day.year <= 2100:
        raise forms.ValidationError("Enter a year between 1900 and 2100.")


def day(label, wanted="", also=None, **options):
    """A day; it has to be given where `wanted` is a sentence that asks for it. `also` is a validator of its own."""
    options["validators"] = [refuse_far_years, *filter(None, [also])]
    messages = {"required": wanted, "invalid": f"{label}: enter a real day, such as 7 10 2025."}
    return forms.DateField(label=label, required=bool(wanted), widget=DayInput(), error_messages=messages, **options)


def by_name(label, example):
    """Names or codes of rows of a long list, one on a line."""
    return Text(
        label=label,
        required=False,
        max_length=2000,
        help_text=f"Write each on a line of its own. {example}",
        widget=forms.Textarea({"rows": 3}),
    )


class SpocEntryForm(forms.Form):
    """Of all areas and prisons it shows those that are ticked and those near the service; others are added by name."""

    service = line(LABELS["service"], 200, "Enter the name of the service.")
    contact_person = line(
        LABELS["contact_person"],
        120,
        "Enter whom to ask for.",
        help_text="Whom a prison asks for. Everybody who takes part sees this name.",
    )
    phone = Text(
        label=LABELS["phone"],
        max_length=40,
        validators=[PHONE],
        widget=forms.TextInput({"type": "tel", "class": "nhsuk-input--width-20"}),
        error_messages={"required": "Enter a telephone number."},
    )
    secure_email = forms.EmailField(
        label=LABELS["secure_email"],
        help_text="For example an address of Criminal Justice Secure Mail (cjsm.net). Ordinary email is not secure.",
        validators=[refuse_ordinary_mailbox],
        error_messages={"required": "Enter a secure address.", "invalid": "Enter an address with an @ in it."},
    )
    address = Text(
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
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    more_areas = by_name("Other areas to add", "For example Larkmoor or A10B.")
    feeder_prisons = forms.ModelMultipleChoiceField(
        Organisation.objects.filter(kind=Organisation.Kind.PRISON_HEALTH_SERVICE).order_by("name"),
        label=LABELS["feeder_prisons"],
        help_text="They get a message whenever these details change.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    more_feeder_prisons = by_name("Other prisons to add", "The name, or the code of its health service.")
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    CODES = {"areas": "dat_code", "feeder_prisons": "code"}

    def __init__(self, data=None, *, organisation, **options):
        super().__init__(data, **options)
        near = directory.near(organisation)
        for name in directory.LISTS:
            self._shorten(name, near[name])

    def _shorten(self, name, near):
        field = self.fields[name]
        ticked = [str(getattr(item, "pk", item)) for item in self[name].value() or ()]
        shown = field.queryset.filter(near | Q(pk__in=[posted_number(pk) for pk in ticked])).distinct()
        field.choices = [(item.pk, str(item)) for item in shown]
        if not field.choices:
            field.widget = forms.MultipleHiddenInput()
            self.fields[f"more_{name}"].label = field.label

    def clean(self):
        given = super().clean()
        for name, code in self.CODES.items():
            found, unclear = directory.named(self.fields[name].queryset, given.get(f"more_{name}", ""), code)
            given[name] = [*given.get(name, ()), *(item for item in found if item not in given.get(name, ()))]
            for sentence in unclear:
                self.add_error(f"more_{name}", sentence)
        if not given["areas"] and not self.has_error("more_areas"):
            self.add_error("areas" if self.fields["areas"].choices else "more_areas", "Choose at least one area.")
        return given

    @property
    def given(self):
        """The entry as `directory.save` takes it."""
        return {name: self.cleaned_data[name] for name in (*directory.TEXTS, *directory.LISTS)}


def passage(label, hint=""):
    return Text(label=label, max_length=2000, required=False, help_text=hint, widget=forms.Textarea({"rows": 4}))


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
    as_at = day("Right as at", "Enter the day on which this was checked.", also=refuse_ahead)

    def clean(self):
        given = super().clean()
        if not self.errors and not any(given[name] for name in Offer.KINDS):
            self.add_error(None, "Say what the service offers: fill in at least one of the five.")
        return given

    @property
    def given(self):
        return {name: self.cleaned_data[name] for name in Offer.KINDS}


class ProtocolForm(forms.Form):
    """The terms of a protocol."""

    more_content = forms.MultipleChoiceField(
        label="What else a referral tells, besides the minimum",
        choices=list(BY_AGREEMENT.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    channel = forms.ChoiceField(
        label="How referrals are sent",
        choices=Protocol.Channel.choices,
        widget=forms.RadioSelect,
        help_text="Fax, post and ordinary email are not secure.",
        error_messages={"required": "Choose how referrals are sent."},
    )
    acknowledge_days = forms.IntegerField(
        label="Working days to acknowledge a referral",
        min_value=1,
        max_value=Protocol.MOST_DAYS,
        widget=forms.TextInput({"inputmode": "numeric", "class": "nhsuk-input--width-2"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), f"Enter a number of days from 1 to {Protocol.MOST_DAYS}."
        ),
    )
    changes = Text(
        label="How a change of the release date is passed on",
        max_length=1000,
        widget=forms.Textarea({"rows": 4}),
        help_text="Who tells whom, how and how fast, for example when somebody is released from court.",
        error_messages={"required": "Say how a change of the release date is passed on."},
    )
    review_on = day("Review the protocol on", "Enter the day on which you will look at this again.")
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0, initial=0)

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_review_on(self):
        if self.cleaned_data["review_on"] <= self.today:
            raise forms.ValidationError("Enter a review date that lies ahead.")
        return self.cleaned_data["review_on"]

    @property
    def terms(self):
        """The terms as `protocols.propose` and `protocols.change` take them."""
        given = self.cleaned_data
        return {name: given[name] for name in ("channel", "acknowledge_days", "changes", "review_on")} | {
            "minimum_content": [*ALWAYS, *given["more_content"]]
        }


class NewProtocolForm(ProtocolForm):
    """The terms, and with whom: a prison chooses an area's service, a service chooses a prison for one of its areas."""

    field_order = ("other_side", "area")
    other_side = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="With whom",
        empty_label="Choose",
        error_messages={"required": "Choose the other side."},
    )
    area = forms.ModelChoiceField(
        Area.objects.none(),
        label="Area that people are released to",
        empty_label="Choose",
        error_messages={"required": "Choose an area."},
    )

    def __init__(self, *args, organisation, **kwargs):
        super().__init__(*args, **kwargs)
        self.organisation = organisation
        self.is_prison = organisation.kind == Organisation.Kind.PRISON_HEALTH_SERVICE
        services = Organisation.objects.filter(spoc_entry__isnull=False)
        prisons = Organisation.objects.filter(kind=Organisation.Kind.PRISON_HEALTH_SERVICE)
        areas = Area.objects.filter(spoc_entries__isnull=False).distinct()
        self.fields["other_side"].queryset = (services if self.is_prison else prisons).order_by("name")
        self.fields["other_side"].label = "Community service" if self.is_prison else "Prison"
        self.fields["area"].queryset = (
            areas if self.is_prison else areas.filter(spoc_entries__organisation=organisation)
        ).order_by("name")

    def clean(self):
        given = super().clean()
        service = given.get("other_side") if self.is_prison else self.organisation
        area = given.get("area")
        if service and area and not SpocEntry.objects.filter(organisation=service, areas=area).exists():
            self.add_error("area", f"{service.name} does not serve {area.name}, says the SPOC directory.")
        return given

    @property
    def parties(self):
        """prison, service and area, as `protocols.propose` takes them."""
        other, own = self.cleaned_data["other_side"], self.organisation
        prison, service = (own, other) if self.is_prison else (other, own)
        return {"prison": prison, "service": service, "area": self.cleaned_data["area"]}


class IndicatorFileForm(forms.Form):
    file = forms.FileField(
        label="CSV file of the indicator",
        error_messages={"required": "Choose a file.", "empty": "This file is empty. Choose another one."},
    )


class PracticeChangeForm(forms.Form):
    on = day("From which day?", "Enter the day from which it counts.")
    category = forms.TypedChoiceField(
        label="What is it about?",
        choices=list(PracticeChange.CATEGORIES.items()),
        coerce=int,
        widget=forms.RadioSelect,
        help_text="The recommendations of the guidance.",
        error_messages={"required": "Choose what it is about."},
    )
    words = line(
        "What changed?",
        200,
        "Say what changed.",
        help_text="In a few words, without names of people. For example: weekly in-reach clinic.",
    )
