"""The columns of the audit, and how a cell is read."""

from datetime import date, datetime

import pytest

from continuity.columns import COLUMNS, COMMUNITY_COLUMNS, INTERVENTION_COLUMNS, PRISON_COLUMNS, Need, read, shown
from continuity.vocabulary import Spelling, recognise_substance
from continuity.vocabulary import fold as folded
from returns.content import Unreadable


def test_the_columns_are_those_of_the_audit_template():
    assert [column.id for column in PRISON_COLUMNS] == [f"P{number:02}" for number in range(1, 26)]
    assert [column.id for column in COMMUNITY_COLUMNS] == [f"C{n:02}" for n in range(1, 50) if n != 45]
    assert list(INTERVENTION_COLUMNS) == ["C45a", "C45b", "C45c", "C45d"]


def test_mandatory_prison_columns():
    mandatory = [column.id for column in PRISON_COLUMNS if column.need is Need.MANDATORY]

    assert mandatory == [*(f"P{n:02}" for n in (1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 18, 24, 25))]


@pytest.mark.parametrize(
    ("id", "given", "answer"),
    [
        ("C01", " yes ", "YES"),
        ("C01", "NOT KNOWN", "NOT_KNOWN"),
        ("C01", True, "YES"),
        ("C01", "YES", "YES"),
        ("C10", "No fixed abode", "NO_FIXED_ABODE"),
        ("C20", "Yes told of drop\u2010in", "DROP_IN"),
        ("C32", "None", "NONE"),
        ("C32", "Re-opened", "REOPENED"),
        ("C17", "Telephone; In-reach visit", ("VISIT", "TELEPHONE")),
        ("C17", ("VISIT",), ("VISIT",)),
        ("C44", "Yes; No; Yes", ("YES", "NO", "YES")),
        ("C44", "Yes;;", ("YES", None, None)),
        ("P04", 1.0, "MALE"),
        ("P04", "f", "FEMALE"),
        ("P10", "transferred \u2013 not in custody", "DR_TRANSF_NOT_CUST"),
        ("P10", "Treatment complete drug-free", "DR_TC_DRUG_FREE"),
        ("P14", "Referred to recovery support only", "RR_REC"),
        ("P07", "7000", "ALCOHOL"),
        ("P07", 1011, "HEROIN"),
        ("P11", date(2018, 3, 1), date(2018, 3, 1)),
        ("P11", datetime(2018, 3, 1, 0, 0), date(2018, 3, 1)),
        ("P11", "2018-03-01", date(2018, 3, 1)),
        ("P11", "01/03/2018", date(2018, 3, 1)),
        ("P11", "1 March 2018", date(2018, 3, 1)),
        ("P11", "01-Mar-2018", date(2018, 3, 1)),
        ("P11", "2018-03-01 00:00:00", date(2018, 3, 1)),
        ("C01", False, "NO"),
        ("P05", 12345.0, "12345"),
        ("C34", "\u00e9", "\u00c9"),
        ("C28", "3", 3),
        ("C28", 20.0, 20),
        ("C01", "", None),
        ("C01", "   ", None),
        ("P08", None, None),
    ],
)
def test_what_a_cell_means(id, given, answer):
    assert read(COLUMNS[id], given) == answer


@pytest.mark.parametrize(
    ("id", "given", "sentence"),
    [
        ("P11", 43160.0, "Prison exit date is a number, not a date. Format the cell as a date."),
        ("P11", "31/02/2018", "Prison exit date must be a real date"),
        ("P11", "soon", "must be a real date, such as 30/09/2025 or 30 September 2025"),
        ("P11", "1 Smarch 2018", "Prison exit date must be a real date"),
        ("P11", "1 Ma 2018", "Prison exit date must be a real date"),
        ("P11", "2018-03-01 14:30", "Prison exit date has a time of day."),
        ("P11", "01/03/2018 9:05", "Prison exit date has a time of day."),
        ("C28", True, "Follow-up attempts must be a whole number from 0 to 20."),
        ("P04", True, "Sex cannot be “True”."),
        ("C28", 21, "Follow-up attempts must be a whole number from 0 to 20."),
        ("C28", 1.5, "Follow-up attempts must be a whole number from 0 to 20."),
        ("P04", "Not known", "Sex cannot be “Not known”. It is one of: Male; Female."),
        ("C44", "Yes; Yes; Yes; Yes", "three answers"),
        ("P01", "x" * 51, "50 characters or fewer"),
        ("C34", "7", "must be a letter"),
        ("C17", "None; Telephone", "“None” cannot stand beside another answer"),
        ("C17", ["VISIT", "NOT_KNOWN"], "“Not known” cannot stand beside another answer"),
    ],
)
def test_what_cannot_be_an_answer_is_said_in_a_sentence(id, given, sentence):
    with pytest.raises(Unreadable, match=sentence.replace("(", r"\(")):
        read(COLUMNS[id], given)


@pytest.mark.parametrize("column", [*COLUMNS.values(), *INTERVENTION_COLUMNS.values()], ids=lambda column: column.id)
def test_every_label_and_every_key_is_read_back(column):
    for key, label in column.choices.labels.items() if column.choices else ():
        given = {"CHOICE": key, "CHOICES": (key,), "DELETIONS": (key, None, None)}[column.kind]

        assert read(column, label) == read(column, key) == given
        assert read(column, shown(column, given)) == given


def test_a_substance_code_that_no_table_names_counts_by_its_family():
    assert recognise_substance("1777") == ("OTHER_OPIATES", Spelling.CODE)
    assert recognise_substance("5555") == ("OTHER", Spelling.CODE)
    assert recognise_substance("bread") is None


def test_spelling_does_not_matter_where_only_case_dashes_and_blanks_differ():
    assert folded(" Follow\u2011UP  visit ") == folded("follow-up visit")


def test_a_question_is_asked_when_the_answers_before_lead_to_it():
    assert not COLUMNS["C02"].is_asked({"C01": "NO"})
    assert COLUMNS["C02"].is_asked({"C01": "YES"})
    assert COLUMNS["C18"].is_asked({"C17": ("TELEPHONE",)})
    assert not COLUMNS["C18"].is_asked({"C17": ("NONE",)})
    assert COLUMNS["C34"].is_owed({"C32": "NEW"}) and not COLUMNS["C34"].is_owed({"C32": "NONE"})
    assert COLUMNS["C30"].is_owed({}) and not COLUMNS["C48"].is_owed({})
