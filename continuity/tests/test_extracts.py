"""A prison's extract: what is read, what is left out and why, and what a revision changes."""

import io
from datetime import datetime, timedelta

import pytest
import xlsxwriter
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from continuity import audits, bulk_rows, extracts, sheets
from continuity.extract_files import column_called
from continuity.models import ColumnMap, Extract, Identity, Referral
from continuity.tests.audit_factories import AT, accept_everything, client, csv_of, make_audit, shared, upload
from journal.models import Event
from journal.refused import Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]


@pytest.fixture
def world():
    return accept_everything(make_audit())


def rows(world):
    return list(Referral.objects.filter(audit=world.audit).select_related("identity", "pair").order_by("position"))


def test_a_row_of_the_audit_list_goes_to_its_area(world):
    extract = upload(world, [client(world.pair_north.area), client(world.pair_south.area)])

    assert extract.counts == {"read": 2, "new": 2, "changed": 0, "same": 0, "left_out": 0, "no_longer_there": 0}
    assert [row.pair for row in rows(world)] == [world.pair_north, world.pair_south]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"P10": "Treatment completed - drug free"}, "EXT-01"),
        ({"P12": "Died"}, "EXT-02"),
        ({"P13": "Z99B"}, "EXT-03"),
        ({"P11": "2026-01-01"}, "EXT-04"),
    ],
)
def test_every_row_that_is_left_out_has_its_reason(world, changes, reason):
    upload(world, [client(world.pair_north.area, **changes), client(world.pair_north.area)])

    assert [(row.left_out, row.pair) for row in rows(world)] == [([reason], None), ([], world.pair_north)]


def test_columns_stand_in_any_order_under_ids_names_labels_and_aliases(world):
    row = client(world.pair_north.area)
    backwards = dict(reversed(row.items()))

    for headings in (
        {id: id for id in row},
        {
            "P03": "DOB",
            "P05": "NOMS number",
            "P13": "DAT code",
            **{id: id for id in row if id not in {"P03", "P05", "P13"}},
        },
    ):
        assert upload(world, [backwards], headings=headings).was_read


def test_people_say_once_what_their_headings_mean(world):
    row = client(world.pair_north.area)
    headings = {id: id for id in row} | {"P05": "Ref no.", "P11": "Left on"}
    extract = upload(world, [row], headings=headings)
    assert (extract.state, extract.headings) == (Extract.State.HEADINGS, ["Ref no.", "Left on"])

    extracts.say_columns(extract, {"Ref no.": "P05", "Left on": "P11"}, by=world.prison, at=AT)
    extracts.read_waiting(at=AT)

    extract.refresh_from_db()
    assert extract.was_read
    assert upload(world, [client(world.pair_north.area)], headings=headings).was_read


NAMED = {id: id for id in client("A10B")}


@pytest.mark.parametrize(
    "heading",
    [
        "Consent to research",
        "Consent",
        "Sex offender",
        "Surname at birth",
        "DOB verified",
        "DAT history",
        "PNOMS checked by",
        "Gender reassigned",
    ],
)
def test_a_heading_that_only_begins_like_a_column_is_none(heading):
    assert column_called(heading) is None


def test_the_first_word_of_a_heading_counts_as_an_id(world):
    assert [column_called(text) for text in ("P24 Zustimmung", "P04: Sex", "p05")] == ["P24", "P04", "P05"]


def test_consent_to_something_else_shares_nobody(world):
    """Both stand in the file, and the one about research comes first."""
    given = [{"research": "Yes"} | client(world.pair_north.area, P24="No")]
    extract = upload(world, given, headings=NAMED | {"research": "Consent to research", "P24": "Consent to share"})

    assert extract.was_read and extract.meaning["unknown"] == ["Consent to research"]
    assert rows(world)[0].sent["P24"] == "NO"


def test_a_file_without_consent_to_share_asks_instead_of_taking_another_consent(world):
    extract = upload(world, [client(world.pair_north.area)], headings=NAMED | {"P24": "Consent to research"})

    assert extract.state == Extract.State.HEADINGS
    assert (extract.headings, extract.meaning["missing"]) == (["Consent to research"], ["P24"])


def test_two_headings_for_one_column_are_asked_about_and_none_is_dropped(world):
    given = [client(world.pair_north.area, P24="No") | {"other": "Yes"}]
    headings = NAMED | {"P24": "Consent to share", "other": "Consent to share information"}
    extract = upload(world, given, headings=headings)
    both = ["Consent to share", "Consent to share information"]
    assert (extract.state, extract.headings) == (Extract.State.HEADINGS, both)

    with pytest.raises(Refused, match="holds Consent to share"):
        extracts.say_columns(extract, dict.fromkeys(both, ""), by=world.prison, at=AT)
    extracts.say_columns(extract, {both[0]: "P24", both[1]: ""}, by=world.prison, at=AT)
    extracts.read_waiting(at=AT)

    assert rows(world)[0].sent["P24"] == "NO"


def test_a_column_that_no_heading_can_hold_is_named_and_the_file_refused(world):
    extract = upload(world, [client(world.pair_north.area, P18=None)], headings={})
    assert extract.was_read

    without = {id: value for id, value in client(world.pair_north.area).items() if id != "P18"}
    extract = upload(world, [without])

    assert extract.state == Extract.State.REFUSED
    assert extract.refusals == [
        "This file has no column for P18 Release type. Add it under that heading, and upload the file again."
    ]


def test_it_is_asked_for_until_it_is_named_and_no_answer_is_kept_before(world):
    given = client(world.pair_north.area)
    extract = upload(world, [given], headings=NAMED | {"P18": "Kind"})

    with pytest.raises(Refused, match="holds Release type"):
        extracts.say_columns(extract, {"Kind": ""}, by=world.prison, at=AT)
    assert not ColumnMap.objects.exists()


def test_what_a_heading_means_can_be_changed_and_forgotten(world):
    extracts.change_map(world.prison.organisation, {"DOB": "", "Born": "P03"}, by=world.prison, at=AT)
    assert extracts.said_by(world.prison.organisation_id) == {"dob": "", "born": "P03"}

    assert upload(world, [client(world.pair_north.area)], headings=NAMED | {"P03": "Born"}).was_read
    extracts.change_map(world.prison.organisation, {"DOB": "P03", "Born": ""}, by=world.prison, at=AT)

    assert extracts.said_by(world.prison.organisation_id) == {}


def test_a_refused_file_leaves_no_heading_behind(world):
    extract = upload(world, [client(world.pair_north.area, P03="31/02/1980")])

    assert (extract.state, extract.meaning, extract.headings) == (Extract.State.REFUSED, {}, [])


def test_codes_are_read_as_well_as_words(world):
    upload(world, [client(world.pair_north.area, P07="1011", P04="1", P10="83")])

    (row,) = rows(world)
    assert (row.sent["P07"], row.sent["P04"], row.sent["P10"]) == ("HEROIN", "MALE", "DR_TRANSF_NOT_CUST")


def test_a_cell_that_cannot_be_read_refuses_the_file_and_is_named(world):
    extract = upload(world, [client(world.pair_north.area), client(world.pair_north.area, P03="31/02/1980", P04="X")])

    assert extract.state == Extract.State.REFUSED
    assert len(extract.refusals) == 2
    assert "Row 3, column “Date of birth”: Date of birth" in extract.refusals[0]
    assert not Referral.objects.exists()


@pytest.mark.parametrize(
    ("changes", "missing"),
    [({"P04": "Not known"}, "P04"), ({"P07": "Bread"}, "P07"), ({"P08": "Bread"}, "P08"), ({"P22": "Pigeon"}, "P22")],
)
def test_a_choice_that_is_not_known_is_an_error_of_its_row_and_not_of_the_file(world, changes, missing):
    extract = upload(world, [client(world.pair_north.area, **changes), client(world.pair_north.area)])

    assert extract.was_read and missing not in rows(world)[0].sent
    (note,) = extract.notes
    assert note.startswith("Row 2, column “") and next(iter(changes.values())) in note


@pytest.mark.parametrize("id", ["P10", "P12", "P14", "P18", "P24"])
def test_a_choice_that_decides_who_is_audited_and_shared_is_never_guessed(world, id):
    extract = upload(world, [client(world.pair_north.area, **{id: "Perhaps"})])

    assert extract.state == Extract.State.REFUSED and "“Perhaps”" in extract.refusals[0]


@pytest.mark.parametrize(
    ("born", "sentence"),
    [
        ("2999-01-01", "must have a year between"),
        ((AT + timedelta(days=2)).date().isoformat(), "lies in the future"),
        ("1899-12-31", "is before 1900"),
        ("2025-02-02", "is after the initial reception date"),
    ],
)
def test_a_date_of_birth_that_nobody_can_have_refuses_the_file(world, born, sentence):
    extract = upload(world, [client(world.pair_north.area), client(world.pair_north.area, P03=born)])

    assert extract.state == Extract.State.REFUSED and not Referral.objects.exists()
    assert "Row 3, column “Date of birth”" in extract.refusals[0] and sentence in extract.refusals[0]


@pytest.mark.parametrize("said", ["larkmoor  SOUTH", "Larkmoor South ({code})", "{code}"])
def test_an_area_is_known_by_its_name_as_well_as_by_its_code(world, said):
    code = world.pair_south.area.dat_code
    upload(world, [client(world.pair_north.area, P13=said.format(code=code))])

    assert rows(world)[0].sent["P13"] == code and rows(world)[0].pair == world.pair_south


def test_a_row_is_called_by_its_number_in_the_file(world):
    blank = dict.fromkeys(client(world.pair_north.area), "")
    upload(world, [client(world.pair_north.area), blank, client(world.pair_north.area)])

    assert [row.position for row in rows(world)] == [2, 4]


def test_nothing_identifying_is_kept_outside_its_table(world):
    upload(world, [client(world.pair_north.area, 7)])

    (row,) = rows(world)
    assert "Given7" not in str(Referral.objects.values().get())
    assert not {"P01", "P02", "P03", "P05"} & set(row.sent)
    assert (row.identity.first_name, row.identity.client_reference) == ("Given7", "A0007BC")
    assert row.digest == row.identity.digest


@pytest.mark.parametrize("changes", [{}, {"P03": "31/02/1980"}])
def test_the_file_is_gone_once_it_was_read_or_refused(world, changes, django_capture_on_commit_callbacks):
    extract = extracts.upload(world.audit, _csv(world, **changes), by=world.prison, at=AT)
    kept = extract.stored_as
    assert default_storage.exists(kept)

    with django_capture_on_commit_callbacks(execute=True):
        extracts.read_waiting(at=AT)

    extract.refresh_from_db()
    assert extract.stored_as == "" and not default_storage.exists(kept)


def _csv(world, **changes):
    return csv_of([client(world.pair_north.area, **changes)])


def test_a_file_that_nobody_explains_is_forgotten_after_a_day(world, django_capture_on_commit_callbacks):
    row = client(world.pair_north.area)
    extract = upload(world, [row], headings={id: id for id in row} | {"P05": "Ref no."})
    kept = extract.stored_as

    with django_capture_on_commit_callbacks(execute=True):
        extracts.forget_unnamed(at=AT + timedelta(hours=25))

    extract.refresh_from_db()
    assert extract.state == Extract.State.REFUSED and not default_storage.exists(kept)


# Revisions


def test_a_revision_changes_what_the_prison_recorded_and_no_answer():
    world = shared()
    row = Referral.objects.filter(sheet=world.sheet_north).first()
    Referral.objects.filter(pk=row.pk).update(answers={"C01": "YES"})
    identity = row.identity
    Identity.objects.filter(pk=identity.pk).update(recorded_first_initial="B")

    changed = client(
        world.pair_north.area, P05=identity.client_reference, P01=identity.first_name, P02="Corrected", P07="Alcohol"
    )
    extract = upload(world, [changed])

    row.refresh_from_db()
    assert extract.counts["changed"] == 1 and extract.counts["no_longer_there"] == 3
    assert (row.sent["P07"], row.answers, row.identity.surname) == ("ALCOHOL", {"C01": "YES"}, "Corrected")
    assert row.identity.recorded_first_initial == "B" and row.sheet_id == world.sheet_north.pk


def test_a_row_is_known_by_its_row_id_whatever_else_changed(world):
    upload(world, [client(world.pair_north.area, 7)])
    (row,) = rows(world)

    corrected = {"P25": str(row.uuid).upper(), "P05": "B9999ZZ", "P06": "2025-01-01", "P11": "2025-09-16"}
    extract = upload(world, [client(world.pair_north.area, 7, **corrected)])

    assert extract.counts["changed"] == 1 and len(rows(world)) == 1
    assert rows(world)[0].identity.client_reference == "B9999ZZ"


def test_the_same_rows_again_change_nothing(world):
    given = [client(world.pair_north.area), client(world.pair_south.area)]
    upload(world, given)

    backwards = [dict(reversed(row.items())) for row in given]
    assert upload(world, backwards).counts["same"] == 2


def test_the_same_file_again_is_no_revision(world):
    given = [client(world.pair_north.area)]
    upload(world, given)
    files = default_storage.listdir("received")[1]

    with pytest.raises(Refused, match="received already, as revision 1"):
        upload(world, given)

    assert Extract.objects.count() == 1 and default_storage.listdir("received")[1] == files


def test_the_same_file_is_read_again_where_its_headings_mean_something_else_now(world):
    given, headings = [client(world.pair_north.area) | {"x": "2025-09-01"}], NAMED | {"x": "Sent"}
    upload(world, given, headings=headings)
    extracts.change_map(world.prison.organisation, {"Sent": "P21"}, by=world.prison, at=AT)

    assert upload(world, given, headings=headings).counts["changed"] == 1


# Row ids


def with_row_ids(world, *given):
    """Rows read once, and given back with the row ids that they have now."""
    upload(world, given)
    return [row | {"P25": str(kept.uuid)} for row, kept in zip(given, rows(world), strict=True)]


def test_row_ids_that_changed_places_refuse_the_file_and_no_answer_moves(world):
    """Two brothers: the same surname and date of birth."""
    first, second = with_row_ids(
        world, client(world.pair_north.area, P02="Family"), client(world.pair_north.area, P02="Family")
    )
    extract = upload(world, [first | {"P25": second["P25"]}, second | {"P25": first["P25"]}])

    assert extract.state == Extract.State.REFUSED
    assert extract.refusals[0].startswith(
        "Row 2 has the row id of another row: by its person and dates it is what row 2"
    )
    assert extract.refusals[1].startswith(
        "Row 3 has the row id of another row: by its person and dates it is what row 3"
    )
    assert [row.identity.client_reference for row in rows(world)] == [first["P05"], second["P05"]]


def test_two_stays_of_one_person_keep_their_row_ids(world):
    stay = client(world.pair_north.area)
    first, second = with_row_ids(world, stay, stay | {"P06": "2025-10-01", "P11": "2025-12-01"})

    extract = upload(world, [first | {"P25": second["P25"]}, second | {"P25": first["P25"]}])

    assert extract.state == Extract.State.REFUSED and "another row" in extract.refusals[0]


def test_a_row_id_on_somebody_who_was_not_there_before_refuses_the_file(world):
    (first,) = with_row_ids(world, client(world.pair_north.area))

    stranger = client(world.pair_north.area, P03="1990-01-01", P25=first["P25"])
    extract = upload(world, [stranger])

    assert extract.state == Extract.State.REFUSED
    assert "Row 2 has the row id of somebody else" in extract.refusals[0]
    assert stranger["P02"] not in extract.refusals[0]


def test_a_row_id_that_stands_twice_refuses_the_file(world):
    (first,) = with_row_ids(world, client(world.pair_north.area))

    extract = upload(world, [first, first])

    assert extract.state == Extract.State.REFUSED and "Rows 2 and 3 have the same row id." in extract.refusals[0]


def test_a_row_id_of_nothing_is_named_and_the_row_known_by_its_person(world):
    given = client(world.pair_north.area)
    upload(world, [given])

    extract = upload(world, [given | {"P25": "9f1f6b5e-0000-4000-8000-000000000000"}])

    assert (extract.counts["new"], extract.counts["same"]) == (0, 1)
    assert extract.notes[0].startswith("Row 2 has a row id that none of your rows in this audit has.")


def test_a_row_without_its_id_does_not_take_the_place_of_one_that_has_it(world):
    (first,) = with_row_ids(world, client(world.pair_north.area))
    twin = {id: value for id, value in first.items() if id != "P25"}

    extract = upload(world, [twin | {"P25": ""}, first])

    assert (extract.counts["new"], extract.counts["same"], extract.counts["changed"]) == (1, 1, 0)


def test_two_stays_of_one_person_are_two_rows(world):
    first = client(world.pair_north.area, 1)
    second = first | {"P06": "2025-10-01", "P11": "2025-12-01"}

    assert upload(world, [first, second]).counts["new"] == 2
    assert upload(world, [second, first]).counts["same"] == 2


def test_blank_attributors_are_nobody_in_particular(world):
    nameless = client(world.pair_north.area, P01=None, P02=None, P03=None, P05=None)
    upload(world, [nameless, nameless])

    assert len(rows(world)) == 2 and len({row.digest for row in rows(world)}) == 2
    assert upload(world, [nameless]).counts["new"] == 1


def test_spelling_does_not_make_another_row_of_a_person_without_reference(world):
    row = client(world.pair_north.area, P01="Zoë", P02="O’Hara", P05=None)
    upload(world, [row])

    assert upload(world, [row | {"P01": " zoë ", "P02": "o'hara"}]).counts["new"] == 0


def test_consent_that_is_withdrawn_takes_the_row_off_its_sheet():
    world = shared()
    identity = Identity.objects.filter(referral__sheet=world.sheet_north).first()

    upload(world, [client(world.pair_north.area, P05=identity.client_reference, P24="No")])

    identity.refresh_from_db()
    assert identity.referral.sheet is None
    assert identity.organisations == [world.prison.organisation_id]


# Workbooks and bad files


def workbook(rows, sheets=1):
    data = io.BytesIO()
    with xlsxwriter.Workbook(data) as book:
        for number in range(sheets):
            sheet = book.add_worksheet(f"Extract {number}")
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return SimpleUploadedFile("extract.xlsx", data.getvalue())


def test_a_workbook_is_read_like_a_csv_file(world):
    row = client(world.pair_north.area)
    extract = extracts.upload(
        world.audit, workbook([["An extract"], list(row), list(row.values())]), by=world.prison, at=AT
    )

    extracts.read_waiting(at=AT)

    extract.refresh_from_db()
    assert extract.was_read, extract.refusals


def test_a_title_line_does_not_decide_what_separates_the_cells(world):
    row = client(world.pair_north.area)
    body = "Extract of Larkmoor, all releases, 2025\n" + ";".join(row) + "\n" + ";".join(row.values())
    extract = extracts.upload(world.audit, SimpleUploadedFile("e.csv", body.encode()), by=world.prison, at=AT)

    extracts.read_waiting(at=AT)

    extract.refresh_from_db()
    assert extract.was_read, extract.refusals


def test_a_wrong_cell_of_a_workbook_is_named_by_sheet_and_cell(world):
    row = client(world.pair_north.area, P03="31/02/1980")
    file = workbook([[], ["", "An extract"], ["", *row], ["", *row.values()]])
    extract = extracts.upload(world.audit, file, by=world.prison, at=AT)

    extracts.read_waiting(at=AT)

    extract.refresh_from_db()
    assert extract.refusals[0].startswith("Sheet “Extract 0”, cell D4: Date of birth")


def test_a_moment_is_no_day(world):
    row = client(world.pair_north.area)
    values = [datetime(2025, 9, 15, 14, 30) if id == "P11" else value for id, value in row.items()]
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"default_date_format": "dd/mm/yyyy hh:mm"}) as book:
        sheet = book.add_worksheet("Extract")
        sheet.write_row(0, 0, row)
        sheet.write_row(1, 0, values)
    file = SimpleUploadedFile("extract.xlsx", data.getvalue())
    extract = extracts.upload(world.audit, file, by=world.prison, at=AT)

    extracts.read_waiting(at=AT)

    extract.refresh_from_db()
    said = "Sheet “Extract”, cell I2: Prison exit date has a time of day. Give the day alone, such as 30/09/2025."
    assert extract.refusals == [said]


NO_EXTRACTS = {
    "no row of headings": lambda headings, values: "P01,P02\nA\n",
    "no rows": lambda headings, values: headings,
    "stands twice": lambda headings, values: f"{headings},P01\n{values},A",
    "more cells": lambda headings, values: f"{headings}\n{values},A",
    "not a readable CSV file": lambda headings, values: f'{headings}\n"{values}',
    "longer than": lambda headings, values: f"{headings}\n{'A' * 3000}{values}",
}


@pytest.mark.parametrize("says", NO_EXTRACTS)
def test_a_file_that_is_no_extract_gets_a_sentence(world, says):
    row = client(world.pair_north.area)
    body = NO_EXTRACTS[says](",".join(row), ",".join(row.values()))
    extract = extracts.upload(world.audit, SimpleUploadedFile("e.csv", body.encode()), by=world.prison, at=AT)

    extracts.read_waiting(at=AT)

    extract.refresh_from_db()
    assert extract.state == Extract.State.REFUSED
    assert says in " ".join(extract.refusals)
    assert not Referral.objects.exists()


def test_a_formula_is_refused(world):
    row = client(world.pair_north.area)
    file = workbook([list(row), ["=1+1", *list(row.values())[1:]]])
    extract = extracts.upload(world.audit, file, by=world.prison, at=AT)

    extracts.read_waiting(at=AT)

    extract.refresh_from_db()
    assert extract.state == Extract.State.REFUSED and "A2" in extract.refusals[0]


def test_one_extract_is_read_at_a_time(world):
    extracts.upload(world.audit, _csv(world), by=world.prison, at=AT)

    with pytest.raises(Refused, match="being read already"):
        extracts.upload(world.audit, _csv(world), by=world.prison, at=AT)


def test_what_kills_its_worker_three_times_is_set_aside(world, monkeypatch):
    extract = extracts.upload(world.audit, _csv(world), by=world.prison, at=AT)
    monkeypatch.setattr(extracts, "table_in", lambda data, kind: 1 / 0)

    for minute in range(4):
        extracts.read_waiting(at=AT + timedelta(minutes=20 * minute))

    extract.refresh_from_db()
    assert (extract.state, extract.attempts) == (Extract.State.STUCK, 3)


def test_what_is_quoted_of_cells_goes_with_the_people(world):
    noted = upload(world, [client(world.pair_north.area, P04="Jimmy")])
    refused = upload(world, [client(world.pair_north.area, P24="Jimmy")])
    assert noted.notes and refused.refusals
    audits.close(world.audit, by=world.commissioner, at=AT)

    assert sheets.purge_due(at=AT + timedelta(days=audits.PURGE_AFTER)) == 1

    assert "Jimmy" not in str(list(Extract.objects.values()))


def test_the_log_names_nobody(world):
    upload(world, [client(world.pair_north.area, 7)])

    assert "Given7" not in str(list(Event.objects.values()))


def test_many_changed_rows_are_written_like_few(monkeypatch):
    monkeypatch.setattr(bulk_rows, "FEW", 0)
    world = shared(north=2, south=1)
    before = rows(world)
    sent = [client(world.pair_north.area, P05=row.identity.client_reference, P01="Other") for row in before[:2]]

    extract = upload(world, [sent[0] | {"P24": "No"}, sent[1], client(world.pair_south.area)])

    assert (extract.counts["changed"], extract.counts["new"]) == (2, 1)
    first, second = rows(world)[:2]
    assert (first.sheet, second.sheet) == (None, world.sheet_north)
    assert first.identity.organisations == [world.prison.organisation_id]
    assert second.identity.organisations == [world.prison.organisation_id, world.north.organisation_id]
    assert {first.identity.first_name, second.identity.first_name} == {"Other"}
    assert [row.digest for row in (first, second)] == [row.identity.digest for row in (first, second)]
