"""Who owes a Prevent return, who signs it, and what is asked of whom."""

import pytest

from accounts.roles import Act
from prevent.models import PreventReturn
from prevent.questions import QUESTIONS
from prevent.return_type import PREVENT
from prevent.roles import ROLES
from prevent.tests.factories import make_answers
from returns.return_type import Signature

CONTRACT = frozenset({"HOLDS_NHS_STANDARD_CONTRACT"})


@pytest.mark.parametrize(
    ("kind", "traits", "owes"),
    [
        ("NHS_TRUST", frozenset(), True),
        ("NHS_FOUNDATION_TRUST", frozenset(), True),
        ("INDEPENDENT_PROVIDER", CONTRACT, True),
        ("INDEPENDENT_PROVIDER", frozenset(), False),
        ("OTHER_PROVIDER", CONTRACT, True),
        ("ICB", CONTRACT, False),
        ("LOCAL_AUTHORITY", CONTRACT, False),
    ],
)
def test_who_owes_a_return(kind, traits, owes):
    assert PREVENT.owes(kind, traits) is owes


def test_a_trusts_return_is_signed_by_another_person_and_goes_to_sdcs():
    asked = {"other_kinds_need_another_signer": True}

    assert PREVENT.signature("NHS_TRUST", {}) is Signature.ANOTHER_PERSON
    assert PREVENT.signature("INDEPENDENT_PROVIDER", {}) is Signature.ONE
    assert PREVENT.signature("INDEPENDENT_PROVIDER", asked) is Signature.ANOTHER_PERSON
    assert PREVENT.national_files.applies("NHS_FOUNDATION_TRUST")
    assert not PREVENT.national_files.applies("INDEPENDENT_PROVIDER")


def test_mental_health_is_asked_of_mental_health_providers_alone():
    everybody = [section.slug for section in PREVENT.sections_for("NHS_TRUST", frozenset())]
    some = [section.slug for section in PREVENT.sections_for("NHS_TRUST", frozenset({"MENTAL_HEALTH_PROVIDER"}))]

    assert set(some) - set(everybody) == {"mental-health"}


def test_every_question_has_a_column_a_label_and_a_name_of_its_own():
    names = [question.name for question in QUESTIONS]

    assert len(set(names)) == len(names) == 39
    assert set(names) < {field.name for field in PreventReturn._meta.get_fields()}
    assert all(question.label for question in QUESTIONS)


def test_only_a_registered_submitter_of_a_trust_records_the_national_receipt():
    assert [role.key for role in ROLES if Act.RECORD_RECEIPT in role.acts] == ["PREVENT_DATA_SUBMITTER"]
    assert [role.key for role in ROLES if role.is_submitter] == ["PREVENT_DATA_SUBMITTER"]


def test_nobody_prepares_and_signs_in_one_role():
    assert not [role for role in ROLES if {Act.SIGN_OFF, Act.FILL_IN} <= role.acts]


def test_the_person_to_ask_is_the_operational_lead():
    assert PREVENT.national_files.lead_of(make_answers()) == ("Asha Example", "asha.example@trust.example")
    assert PREVENT.national_files.lead_of(make_answers(without=["operational_lead_email"])) is None
