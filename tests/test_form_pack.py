"""Every kind of question comes out as the NHS form group: one label, a hint and an error that are read with it."""

import datetime
from html.parser import HTMLParser

import pytest
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout, Submit
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict

from returns.widgets import DayInput, InlineRadios

YES_NO = [("yes", "Yes"), ("no", "No")]


class Questions(forms.Form):
    name = forms.CharField(label="Full name", help_text="As on the certificate", required=True)
    staff = forms.IntegerField(widget=forms.NumberInput({"class": "nhsuk-input--width-5", "data-part": "staff"}))
    rate = forms.DecimalField(decimal_places=1)
    email = forms.EmailField()
    telephone = forms.CharField(widget=forms.TextInput({"type": "tel"}))
    met_on = forms.DateField(label="When did you meet?", help_text="For example, 7 10 2025", widget=DayInput)
    policy = forms.ChoiceField(label="Is there a policy?", choices=YES_NO, widget=InlineRadios)
    kind = forms.ChoiceField(choices=[("", "---"), *YES_NO], widget=forms.RadioSelect)
    partners = forms.MultipleChoiceField(choices=YES_NO, widget=forms.CheckboxSelectMultiple)
    agreed = forms.BooleanField(label="I have checked this", help_text="With the workforce team")
    region = forms.ChoiceField(choices=[("", "Choose"), ("N", "North")])
    reason = forms.CharField(max_length=1200, widget=forms.Textarea, help_text="In a few words")
    notes = forms.CharField(required=False, widget=forms.Textarea)
    password = forms.CharField(widget=forms.PasswordInput({"autocomplete": "current-password"}))
    workbook = forms.FileField()
    revision = forms.IntegerField(widget=forms.HiddenInput, initial=3)


class Lead(forms.Form):
    lead = forms.CharField(label="Lead’s name")


class Tags(HTMLParser):
    """The start tags of a page, and the text right after each."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append({"tag": tag, "text": "", **dict(attrs)})

    def handle_data(self, data):
        if self.tags and not self.tags[-1]["text"].strip():
            self.tags[-1]["text"] = data.strip()

    def all(self, tag, **attrs):
        return [
            found
            for found in self.tags
            if found["tag"] == tag and all(found.get(name.strip("_")) == value for name, value in attrs.items())
        ]

    def one(self, tag, **attrs):
        found = self.all(tag, **attrs)
        assert len(found) == 1, f"{len(found)} of <{tag} {attrs}>"
        return found[0]


def shown(template, **context):
    return Tags(Template("{% load crispy_forms_tags %}" + template).render(Context(context)))


def question(name, data=None, **options):
    """One question of the form, as it is shown; with `data`, as it comes back."""
    form = Questions(data)
    for option, value in options.items():
        setattr(form.fields[name], option, value)
    return shown("{{ field|as_crispy_field }}", field=form[name])


ONE_INPUT = ["name", "staff", "rate", "email", "telephone", "region", "reason", "notes", "password", "workbook"]


@pytest.mark.parametrize("name", ONE_INPUT)
def test_a_question_with_one_input_has_one_label_for_it(name):
    tags = question(name)

    label = tags.one("label")
    assert label["for"] == f"id_{name}"
    assert [tag["name"] for tag in tags.tags if tag.get("id") == f"id_{name}"] == [name]


def test_a_hint_is_read_with_its_input():
    tags = question("name")

    assert tags.one("div", id="id_name_helptext")["text"] == "As on the certificate"
    assert tags.one("input")["aria-describedby"] == "id_name_helptext"


@pytest.mark.parametrize("name", [*ONE_INPUT, "agreed"])
def test_an_error_is_read_with_its_input_and_says_that_it_is_one(name):
    tags = question(name, data={})
    if name == "notes":
        assert not tags.all("span", id="id_notes_error")
        return

    assert "nhsuk-form-group--error" in tags.one("div", id=f"div_id_{name}")["class"]
    assert tags.one("span", id=f"id_{name}_error")
    assert tags.one("span", class_="nhsuk-u-visually-hidden")["text"] == "Error:"
    described = next(tag for tag in tags.tags if tag.get("id") == f"id_{name}")
    assert f"id_{name}_error" in described["aria-describedby"]
    assert described["aria-invalid"] == "true"


def test_the_server_judges_answers_and_not_the_browser():
    judging = {"required", "maxlength", "min", "max", "step", "placeholder"}

    found = [tag for name in Questions.base_fields for tag in question(name).tags if judging & set(tag)]

    assert found == []


def test_a_whole_number_is_typed_as_text_on_the_number_keys():
    staff = question("staff", data={"staff": "1400"}).one("input")

    assert staff["type"] == "text"
    assert staff["inputmode"] == "numeric"
    assert staff["value"] == "1400"
    assert staff["class"].split() == ["nhsuk-input", "nhsuk-input--width-5"]
    assert staff["data-part"] == "staff"


def test_a_number_with_decimals_has_a_decimal_key():
    assert question("rate").one("input")["inputmode"] == "decimal"


def test_what_the_browser_knows_it_may_fill_in():
    assert question("email").one("input")["autocomplete"] == "email"
    assert question("telephone").one("input")["autocomplete"] == "tel"
    assert question("password").one("input")["autocomplete"] == "current-password"


def test_a_password_can_be_shown():
    assert question("password").one("button", type="button")["aria-controls"] == "id_password"


def test_radios_stand_in_a_fieldset_with_the_question_as_its_legend():
    tags = question("policy")

    assert tags.one("legend")["text"] == "Is there a policy?"
    assert [(tag["value"], tag["name"]) for tag in tags.all("input", type="radio")] == [
        ("yes", "policy"),
        ("no", "policy"),
    ]
    assert [tag["for"] for tag in tags.all("label")] == ["id_policy_0", "id_policy_1"]
    assert "nhsuk-radios--inline" in tags.all("div")[1]["class"]


def test_radios_have_no_empty_choice_and_keep_the_one_chosen():
    tags = question("kind", data={"kind": "no"})

    assert [tag["value"] for tag in tags.all("input")] == ["yes", "no"]
    assert ["checked" in tag for tag in tags.all("input")] == [False, True]


def test_boxes_to_tick_keep_what_was_ticked():
    tags = question("partners", data=MultiValueDict({"partners": ["yes", "no"]}))

    assert ["checked" in tag for tag in tags.all("input", type="checkbox")] == [True, True]
    assert tags.one("fieldset")


def test_one_box_has_its_hint_under_it():
    tags = question("agreed")

    assert tags.one("label", for_="id_agreed")["text"] == "I have checked this"
    assert tags.one("input")["aria-describedby"] == "id_agreed_helptext"


def test_long_words_are_counted_where_there_is_a_limit():
    tags = question("reason")

    assert tags.one("div", id="div_id_reason")["data-maxlength"] == "1200"
    assert tags.one("div", id="id_reason-info")["text"] == "You can enter up to 1,200 characters"
    assert tags.one("textarea")["aria-describedby"] == "id_reason-info id_reason_helptext"
    assert "data-maxlength" not in question("notes").one("div", id="div_id_notes")


def test_a_hidden_field_shows_nothing_but_itself():
    assert [(tag["tag"], tag["type"], tag["value"]) for tag in question("revision").tags] == [("input", "hidden", "3")]


@pytest.mark.parametrize("name", ["name", "policy", "met_on"])
def test_a_question_can_be_the_heading_of_its_page(name):
    assert question(name, heading=True).one("h1")
    assert not question(name).all("h1")


def test_a_unit_stands_beside_its_number():
    assert question("rate", suffix="%").one("div", class_="nhsuk-input-wrapper__suffix")["text"] == "%"


def test_a_template_can_stand_under_a_question():
    assert question("staff", after_template="components/sha256.html").one("code")


def test_other_words_can_be_given_where_a_form_is_not_ours():
    html = render_to_string(
        "nhsuk/field.html", {"field": Questions()["staff"], "label": "Code", "hint": "The 6 digits"}
    )

    assert "Code<span" in html
    assert "The 6 digits" in html


# A day in three parts


def test_a_day_is_asked_in_three_parts_under_one_legend():
    tags = question("met_on")

    assert tags.one("legend")["text"] == "When did you meet?"
    assert tags.one("fieldset")["aria-describedby"] == "id_met_on_helptext"
    parts = [(tag["name"], tag["id"], tag["inputmode"]) for tag in tags.all("input")]
    assert parts == [(f"met_on_{part}", f"id_met_on_{part}", "numeric") for part in ("day", "month", "year")]
    assert [tag["for"] for tag in tags.all("label")] == [identifier for name, identifier, mode in parts]


def typed(day, month, year):
    return {"met_on_day": day, "met_on_month": month, "met_on_year": year}


def test_a_day_goes_there_and_back():
    form = Questions(typed("7", "10", "2025"))
    form.is_valid()

    assert form.cleaned_data["met_on"] == datetime.date(2025, 10, 7)
    values = [tag["value"] for tag in question("met_on", typed("7", "10", "2025")).all("input")]
    assert values == ["7", "10", "2025"]


def test_a_day_that_is_known_is_shown_in_its_parts():
    tags = shown(
        "{{ field|as_crispy_field }}", field=Questions(initial={"met_on": datetime.date(2025, 10, 7)})["met_on"]
    )

    assert [tag["value"] for tag in tags.all("input")] == ["7", "10", "2025"]


@pytest.mark.parametrize(
    "parts",
    [
        ("31", "2", "2025"),
        ("7", "13", "2025"),
        ("7", "10", "25"),
        ("7", "October", "2025"),
        ("7", "", ""),
        ("", "", "x"),
    ],
)
def test_what_is_no_day_is_refused_and_shown_as_typed(parts):
    tags = question("met_on", typed(*parts))

    assert tags.one("span", id="id_met_on_error")["text"] or tags.one("span", class_="nhsuk-u-visually-hidden")
    assert [tag.get("value", "") for tag in tags.all("input")] == list(parts)
    assert tags.one("fieldset")["aria-describedby"] == "id_met_on_helptext id_met_on_error"


def test_nothing_typed_is_no_day():
    assert DayInput().value_from_datadict(typed("", " ", ""), {}, "met_on") == ""
    assert DayInput().value_from_datadict({}, {}, "met_on") == ""


# Forms


def test_the_error_summary_leads_to_the_first_input_of_each_question():
    form = Questions({})
    tags = shown("{% include 'components/error_summary.html' %}", form=form)

    summary = [tag["href"] for tag in tags.all("a")]
    assert summary[:1] == ["#id_name"]
    assert {"#id_met_on_day", "#id_policy_0", "#id_kind_1", "#id_partners_0", "#id_agreed"} <= set(summary)


def test_there_is_no_error_summary_while_nothing_is_wrong():
    assert shown("{% include 'components/error_summary.html' %}", form=Questions()).tags == []


def test_a_whole_form_brings_its_summary_its_buttons_and_no_judgement_of_the_browser():
    form = Questions({})
    form.helper = FormHelper()
    form.helper.add_input(Submit("save", "Save and continue"))
    tags = shown("{% crispy form %}", form=form, csrf_token="token")

    assert "novalidate" in tags.one("form")
    assert tags.one("form")["enctype"] == "multipart/form-data"
    assert tags.one("div", class_="nhsuk-error-summary")
    assert tags.one("button", type="submit")["text"] == "Save and continue"
    assert tags.one("input", name="csrfmiddlewaretoken")


def test_questions_can_be_laid_out_in_fieldsets():
    form = Questions()
    form.helper = FormHelper()
    form.helper.layout = Layout(Fieldset("Leads", "name", "email"))
    tags = shown("{% crispy form %}", form=form)

    assert tags.one("legend")["text"] == "Leads"
    assert [tag["for"] for tag in tags.all("label")] == ["id_name", "id_email"]


def test_rows_are_numbered_and_need_no_script():
    formset = forms.formset_factory(Lead, extra=2, can_delete=True)(prefix="leads")
    tags = shown("{{ formset|crispy }}", formset=formset)

    assert [tag["text"] for tag in tags.all("legend")] == ["Row 1", "Row 2"]
    assert tags.one("input", name="leads-TOTAL_FORMS")["value"] == "2"
    assert tags.one("input", name="leads-1-lead")["id"] == "id_leads-1-lead"


def test_the_error_summary_names_the_rows_that_are_wrong():
    data = {"leads-TOTAL_FORMS": "2", "leads-INITIAL_FORMS": "2", "leads-0-lead": "Jo"}
    formset = forms.formset_factory(Lead)(data, prefix="leads")
    formset.is_valid()
    tags = shown("{% include 'components/error_summary.html' %}", formset=formset)

    assert [tag["href"] for tag in tags.all("a")] == ["#id_leads-1-lead"]
