"""The forms of what happens to a live referral: its release, contacts, appointments, attendance and follow-up."""

from django import forms

from continuity import vocabulary as words
from continuity.forms import day
from continuity.models import Area, ReferralAppointment, ReferralContact, ReleaseChange, SpocEntry
from continuity.referral_form import line
from returns.widgets import InlineRadios


def choose(label, labels, wanted, hint=""):
    return forms.ChoiceField(
        label=label,
        choices=list(labels.items()),
        widget=forms.RadioSelect,
        help_text=hint,
        error_messages={"required": wanted, "invalid_choice": wanted},
    )


class WhereForm(forms.Form):
    """Where somebody is released to, and which service of that area takes the referral."""

    area = forms.ModelChoiceField(
        Area.objects.order_by("name"), to_field_name="dat_code", error_messages={"required": "Choose an area."}
    )
    service = forms.ModelChoiceField(
        SpocEntry.objects.select_related("organisation"), error_messages={"required": "Choose a service."}
    )

    def clean(self):
        given = super().clean()
        if given.get("area") and given.get("service") and not given["service"].areas.contains(given["area"]):
            self.add_error("service", "This service does not serve that area.")
        return given


class AcknowledgeForm(forms.Form):
    appropriate = forms.ChoiceField(
        label="Is this the right service for the person?",
        choices=[("YES", "Yes"), ("NO", "No")],
        widget=InlineRadios,
        error_messages={"required": "Say whether this is the right service."},
    )
    why_not = forms.ChoiceField(
        label="If not, why?",
        choices=list(words.NOT_APPROPRIATE.labels.items()),
        required=False,
        widget=forms.RadioSelect,
    )

    def clean(self):
        given = super().clean()
        if given.get("appropriate") == "NO" and not given.get("why_not"):
            self.add_error("why_not", "Say why this is not the right service.")
        return given


class ReleaseForm(forms.Form):
    kind = choose(
        "What has changed?",
        {key: label for key, label in ReleaseChange.Kind.choices if key != "NOT_RELEASED"},
        "Choose what has changed.",
    )
    on = day("Date", "Enter the date.", help_text="The new expected date, or the day of release.")


class CorrectionForm(forms.Form):
    kind = choose(
        "What is right?",
        {key: label for key, label in ReleaseChange.Kind.choices if key != "DATE"},
        "Choose what is right.",
    )
    on = day("Day of release", help_text="Leave this empty if the person has not been released.")
    reason = choose("What was wrong?", dict(ReleaseChange.Reason.choices), "Choose what was wrong.")

    def clean(self):
        given = super().clean()
        is_released = given.get("kind", "NOT_RELEASED") != "NOT_RELEASED"
        if is_released and not given.get("on") and "on" not in self.errors:
            self.add_error("on", "Enter the day of release.")
        if given.get("kind") == "NOT_RELEASED" and given.get("on"):
            self.add_error("on", "Leave this empty if the person has not been released.")
        return given


class ContactForm(forms.Form):
    kind = choose("How", {key: words.CONTACT.labels[key] for key in words.CONTACTED}, "Choose how.")
    contact_by = choose("By whom", ReferralContact.BY, "Choose by whom.")
    on = day("Date of the contact", "Enter the date of the contact.")


class AppointmentForm(forms.Form):
    with_whom = choose("With", dict(ReferralAppointment.With.choices), "Choose with whom.")
    on = day("Date", "Enter the date.", help_text="For a drop-in, the first day they were told to come.")
    time = forms.TimeField(
        label="Time, if it is known",
        required=False,
        help_text="For example 14:30.",
        input_formats=["%H:%M", "%H.%M", "%H"],
        widget=forms.TextInput({"class": "nhsuk-input--width-5"}),
        error_messages={"invalid": "Enter a time such as 14:30."},
    )
    place = line("Place", 200)
    made_by = choose("Made by", words.APPOINTMENT_BY.labels, "Choose who made it.")
    told_client = choose(
        "Has the person been told?",
        {"YES": "Yes", "NO": "No", "NOT_KNOWN": "Not known"},
        "Say whether the person has been told.",
    )


class OutcomeForm(forms.Form):
    outcome = choose(
        "What came of it?",
        {key: label for key, label in words.ATTENDANCE.labels.items() if key != "NOT_APPLICABLE"}
        | {"DNA": "Did not attend (DNA)"},
        "Choose what came of it.",
    )
    attended_on = day(
        "Day they first attended, if they did",
        help_text="For a missed appointment: the day they came later, without another appointment.",
    )

    def clean(self):
        given = super().clean()
        attended, on = given.get("outcome") in words.ATTENDED, given.get("attended_on")
        if attended and not on and "attended_on" not in self.errors:
            self.add_error("attended_on", "Enter the day on which they first attended.")
        if on and given.get("outcome") and not attended and given["outcome"] != "DNA":
            self.add_error("attended_on", "Leave this empty where they did not attend.")
        return given


class FollowUpForm(forms.Form):
    method = choose("How", words.FOLLOW_UP.labels, "Choose how.")
    on = day("Date", "Enter the date.")


class NoFollowUpForm(forms.Form):
    why = choose(
        "Why was the missed appointment not followed up?",
        words.NOT_FOLLOWED_UP.labels | {"NO_FIXED_ABODE": "No fixed abode"},
        "Choose why.",
    )
