"""Text that others read names nobody: not the person of the row, and not anybody else of the audit."""

from datetime import date

import pytest
from django.db import connection, transaction

from accounts.row_security import acting_for, as_system
from continuity import analyses, audits, row_queries, sheets
from continuity.comments import People
from continuity.models import Identity
from continuity.tests.audit_factories import AT, COMPLETE, shared
from journal.refused import Refused

PEOPLE = People(
    [
        ("Elm", "Invented", "A0005ZZ", date(1975, 6, 15)),
        ("Anna Maria", "de la Sample", "B 123/45", None),
        ("Will", "May", "", None),
        ("", "Unknown", None, None),
    ]
)


@pytest.mark.parametrize(
    "text",
    [
        "Came with Elm Invented.",
        "INVENTED, Elm came too",
        "so did a0005zz",
        "reference A 0005 ZZ",
        "see B123-45",
        "born 15/06/1975",
        "born on 15 June 75",
        "Anna Maria de la Sample was there",
    ],
)
def test_a_name_a_reference_and_a_date_of_birth_are_found(text):
    assert PEOPLE.are_named_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "Come in May.",
        "An elm stood there.",
        "The invented figures are wrong.",
        "Seen on 15 June 2026.",
        "The sample was negative.",
        "",
    ],
)
def test_words_that_only_look_like_a_name_are_not(text):
    assert not PEOPLE.are_named_in(text)


@pytest.fixture
def world():
    return shared(north=2, south=1)


def others_of(sheet):
    """The first row of a sheet, and what somebody else on it is called."""
    first, second = sheet.referrals.select_related("identity").order_by("position")
    return first, f"{second.identity.first_name} {second.identity.surname}", second.identity.client_reference


@pytest.mark.django_db
@pytest.mark.usefixtures("as_the_system")
class TestOnASheet:
    def test_a_comment_about_somebody_else_of_the_sheet_is_not_saved(self, world):
        row, name, reference = others_of(world.sheet_north)
        for said in (f"Came with {name}", f"See {reference.lower()}"):
            answers = COMPLETE | {"C48": said}
            with pytest.raises(Refused, match="Remove names"):
                sheets.save_row(world.sheet_north, row.uuid, answers, [], revision=0, by=world.north, at=AT)

    def test_a_question_about_a_row_names_no_other_client(self, world):
        row, name, _ = others_of(world.sheet_north)
        with pytest.raises(Refused, match="other clients"):
            said = {"column": "P03", "text": f"Is this {name}?", "by": world.north, "at": AT}
            row_queries.ask(world.sheet_north, row, **said)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("as_the_system")
def test_who_sees_nobody_is_still_kept_from_naming_somebody(world):
    with transaction.atomic():  # outside of one nobody sees people
        _, name, reference = others_of(world.sheet_north)
    finding = {"kind": "GAP", "measure": "M06", "where": "", "recommendation": 7, "by": world.commissioner, "at": AT}
    meeting = {
        "kind": "SET_UP",
        "held_on": AT.date(),
        "people": "All",
        "topics": "",
        "by": world.commissioner,
        "at": AT,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE portal_app")
    try:
        with as_system(""), acting_for([world.commissioner.organisation_id]):
            with pytest.raises(Refused, match="everybody in the audit reads this"), transaction.atomic():
                analyses.write_finding(world.audit, text=f"{name} was lost.", **finding)
            with pytest.raises(Refused, match="everybody in the audit reads this"), transaction.atomic():
                audits.record_meeting(world.audit, decisions=f"Look at {reference}.", **meeting)
            with transaction.atomic():
                assert analyses.write_finding(world.audit, text="Faxes were lost.", **finding)
                assert Identity.objects.count() == 0  # the look at people has ended
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
