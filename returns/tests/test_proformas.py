"""The pro-forma by an administrator: brought with its map, checked, previewed, current from a quarter on, withdrawn."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from accounts.models import Organisation
from accounts.tests.factories import make_organisation, make_seat, sign_in
from journal.models import Event
from journal.refused import Refused
from prevent import national_files
from prevent.return_type import PREVENT
from returns import cell_maps, exports, proformas
from returns.csv_table import csv_table
from returns.models import Proforma, Release
from returns.tests.factories import make_world, submit_and_check
from returns.tests.workbooks_made import remade

pytestmark = pytest.mark.django_db
State = Proforma.State
PERIOD = "2025-26-Q2"


def empty_form(change=None):
    """The form that comes with the portal, perhaps changed by its designer."""
    workbook = load_workbook(io.BytesIO(national_files.proforma_of(PERIOD).workbook))
    if change:
        change(workbook)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def cell_map(**changes):
    """The map in use as CSV, with other cells for some names; None leaves a name out."""
    places = national_files.proforma_of(PERIOD).places | changes
    return csv_table(cell_maps.HEADINGS, [(name, place) for name, place in places.items() if place])


@pytest.fixture
def administrator():
    return make_seat("NATIONAL_ADMINISTRATOR", make_organisation("ZZN01", kind=Organisation.Kind.OTHER))


def brought(by, form=None, places=None, version="2.0"):
    """A version that waits for its check."""
    return proformas.receive(
        PREVENT,
        version=version,
        workbook=SimpleUploadedFile("Official form.xlsx", form or empty_form()),
        cell_map=SimpleUploadedFile("map.csv", cell_map() if places is None else places),
        by=by,
        at=timezone.now(),
    )


def make_form(by):
    """A version that has passed its check, without the work."""
    form = national_files.proforma_of(PERIOD)
    return Proforma.objects.create(
        return_type="prevent",
        version="2.0",
        name="Form.xlsx",
        workbook=form.workbook,
        workbook_sha256="0" * 64,
        cells={"about": form.about, "cells": form.cells, "actions": form.actions},
        uploaded_by=by,
        uploaded_at=timezone.now(),
        state=State.CHECKED,
    )


def bring_form(by, *given, **options):
    """A version after a worker came by."""
    row = brought(by, *given, **options)
    proformas.check_waiting(at=timezone.now())
    return Proforma.objects.get(pk=row.pk)


def problems(administrator, form=None, places=None):
    row = bring_form(administrator, form, places)
    assert row.state == State.FAILED
    return row.problems


# Brought and checked


def test_a_form_that_fits_its_map_is_ready_to_preview(administrator):
    row = bring_form(administrator)

    assert (row.state, row.problems, row.name) == (State.CHECKED, [], "Official form.xlsx")
    assert row.cells["cells"]["staff_total"] == "Return!C18" and row.cells["actions"]["first_row"] == 4
    assert [event.act for event in Event.objects.filter(subject_id=row.uuid)] == [
        "pro-forma uploaded",
        "pro-forma checked",
    ]


def test_what_a_designed_form_has_is_its_own_business(administrator):
    def design(workbook):
        workbook.create_sheet("Lists").sheet_state = "hidden"
        workbook["Return"]["F3"] = "=C25*2"
        workbook["About"].merge_cells("A20:B22")

    assert bring_form(administrator, empty_form(design)).state == State.CHECKED


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda book: book.__delitem__("Action plan"),
            "action_plan.title: there is no sheet “Action plan” in the form.",
        ),
        (
            lambda book: book["Return"].merge_cells("C17:C18"),
            "staff_total: Return!C18 lies in the merged cells C17:C18. Only C17 of them can be filled.",
        ),
        (
            lambda book: book["Return"].__setitem__("C18", "=1+1"),
            "staff_total: Return!C18 holds a formula, which would be overwritten.",
        ),
        (
            lambda book: book["Return"].__setitem__("C18", "Headcount"),
            "staff_total: Return!C18 holds “Headcount” already, which would be overwritten.",
        ),
    ],
    ids=["no sheet", "merged", "formula", "label"],
)
def test_a_cell_that_cannot_be_filled_is_named(administrator, change, sentence):
    assert sentence in problems(administrator, empty_form(change))


def test_a_cell_that_is_not_there_and_one_for_two_answers_are_named(administrator):
    found = problems(administrator, places=cell_map(staff_total="Return!Z900", l12_required="Return!C20"))

    assert "staff_total: there is no cell Return!Z900 in the form: nothing is drawn there." in found
    assert "l12_compliant and l12_required both go to Return!C20." in found


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        (lambda: remade(empty_form(), add={"xl/vbaProject.bin": b"x"}), "macros or controls"),
        (lambda: remade(empty_form(), add={"xl/externalLinks/externalLink1.xml": b"<a/>"}), "links to another file"),
        (lambda: remade(empty_form(), add={"xl/embeddings/oleObject1.bin": b"x"}), "an embedded file"),
        (lambda: remade(empty_form(), {"xl/workbook.xml": lambda part: part[:-40]}), "cannot be opened"),
        (lambda: remade(empty_form(), add={"docProps/app2.xml": b"<!DOCTYPE a><a/>"}), "declares things"),
    ],
    ids=["macro", "link", "embedded", "damaged", "declaration"],
)
def test_a_form_that_could_act_by_itself_is_refused(administrator, form, sentence):
    assert sentence in problems(administrator, form())[0]


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        (b"", "between 1 and 500 lines"),
        (b"staff_total,Return!C18" + b"\n" * 100_000, "larger than 100 KB"),
        (b"name,cell\nstaff_total,C18\n", "“C18” is no cell. Write it like Return!C7."),
        (b"name,cell\nstaff,Return!C18\n", "names that are not known: staff."),
        (b"name,cell\nstaff_total,Ret\0urn!C18\n", "saved as CSV UTF-8"),
        (b"staff_total,Return!C18\nstaff_total,Return!C19\n", "names staff_total twice"),
        ("name,cell\nstaff_total,Über!C18\n".encode("latin-1"), "saved as CSV UTF-8"),
        (b"action_plan.title,Plan!A4\naction_plan.owner,Plan!B5\n", "must begin in one row of one sheet"),
    ],
    ids=["empty", "too large", "no cell", "unknown", "nothings", "twice", "latin-1", "list"],
)
def test_a_map_that_is_none_is_refused_at_once(administrator, places, sentence):
    with pytest.raises(Refused, match=sentence):
        brought(administrator, places=places)

    assert not Proforma.objects.exists()


def test_a_map_may_come_from_another_spreadsheet_program(administrator):
    places = b"\xef\xbb\xbfName;Cell\r\nstaff_total;'Return'!$C$18\r\n;\r\n"

    assert bring_form(administrator, places=places).cells["cells"] == {"staff_total": "Return!C18"}


@pytest.mark.parametrize("version", ["1.0", "two", "2", "2.0.0.0"])
def test_a_version_has_a_number_of_its_own(administrator, version):
    with pytest.raises(Refused):
        brought(administrator, version=version)


def test_a_version_that_failed_may_be_brought_again(administrator):
    problems(administrator, places=cell_map(staff_total="Return!Z900"))

    assert bring_form(administrator).state == State.CHECKED
    with pytest.raises(Refused, match="There is a version 2.0 already."):
        brought(administrator)


def test_a_version_whose_check_is_stuck_may_be_brought_again(administrator):
    brought(administrator)
    Proforma.objects.update(state=State.STUCK)

    assert bring_form(administrator).state == State.CHECKED


def test_of_two_who_bring_a_version_at_once_one_is_refused(administrator, monkeypatch):
    read_map = cell_maps.read_map

    def quicker(*given):
        make_form(administrator)
        return read_map(*given)

    monkeypatch.setattr(cell_maps, "read_map", quicker)
    with pytest.raises(Refused, match="There is a version 2.0 already."):
        brought(administrator)


def test_what_kills_its_reader_is_no_form(administrator, monkeypatch):
    monkeypatch.setattr(cell_maps, "problems_with", lambda form: len(bytearray(3_000_000_000)))

    assert problems(administrator) == ["Reading this file took too much memory. Simplify the workbook."]


def test_a_check_that_fails_three_times_is_stuck(administrator, monkeypatch):
    row = brought(administrator)
    monkeypatch.setattr(proformas, "_problems_of", lambda row: 1 / 0)

    for number in range(4):
        proformas.check_waiting(at=timezone.now() + number * timedelta(minutes=5))

    row.refresh_from_db()
    assert (row.state, row.problems) == (State.STUCK, ["ZeroDivisionError"])


# Chosen


def test_a_version_is_filled_from_its_quarter_on_and_rolled_back(administrator):
    row = bring_form(administrator, places=cell_map(staff_total="Return!C19", l12_required="Return!C18"))

    proformas.make_current(row, from_period="2025-26-Q3", by=administrator, at=timezone.now())
    assert proformas.in_use(PREVENT, "2025-26-Q2").version == "1.0"
    assert proformas.in_use(PREVENT, "2025-26-Q3").cells["staff_total"] == "Return!C19"

    proformas.withdraw(row, by=administrator, at=timezone.now())
    assert proformas.in_use(PREVENT, "2025-26-Q3").version == "1.0"
    assert [event.act for event in Event.objects.filter(subject_id=row.uuid)][2:] == [
        "pro-forma made current",
        "pro-forma withdrawn",
    ]


def test_a_lower_version_is_not_chosen_where_a_higher_one_would_be_filled(administrator):
    higher, lower = (bring_form(administrator, version=version) for version in ("2.0", "1.5"))
    proformas.make_current(higher, from_period="2025-26-Q3", by=administrator, at=timezone.now())

    with pytest.raises(Refused, match="Version 2.0 has a higher number"):
        proformas.make_current(lower, from_period="2025-26-Q3", by=administrator, at=timezone.now())
    assert Proforma.objects.get(pk=lower.pk).state == State.CHECKED

    proformas.withdraw(higher, by=administrator, at=timezone.now())
    proformas.make_current(lower, from_period="2025-26-Q3", by=administrator, at=timezone.now())
    assert proformas.in_use(PREVENT, "2025-26-Q3").version == "1.5"


def test_only_what_passed_its_check_can_be_chosen(administrator):
    row = brought(administrator)

    with pytest.raises(Refused, match="has not passed its check"):
        proformas.make_current(row, from_period="2025-26-Q3", by=administrator, at=timezone.now())
    with pytest.raises(Refused, match="is not in use"):
        proformas.withdraw(row, by=administrator, at=timezone.now())


def test_the_national_files_are_filled_with_the_version_in_use(administrator):
    world = make_world()
    submit_and_check(world)
    row = bring_form(administrator, places=cell_map(staff_total="Return!C19", l12_required="Return!C18"))
    proformas.make_current(row, from_period="2025-26-Q1", by=administrator, at=timezone.now())

    export = exports.gather(world.period)

    filled = load_workbook(io.BytesIO(export.files[f"PREVENT_{world.trust.code}_2025-26Q2_v1.xlsx"]))
    assert (filled["Return"]["C19"].value, filled["Return"]["C18"].value) == (5000, 3600)
    assert export.manifest["proforma_version"] == "2.0" and filled["About"]["B10"].value == "2.0"


# Pages


def test_an_administrator_brings_previews_and_chooses_a_version(administrator):
    world = make_world()
    submit_and_check(world)
    client = sign_in(Client(), administrator)
    places = client.get(reverse("returns:proforma_map", args=["prevent"])).content
    places = places.replace(b"staff_total,Return!C18", b"staff_total,Return!C19")
    places = places.replace(b"l12_required,Return!C19", b"l12_required,Return!C18")
    form = client.get(reverse("returns:proforma_workbook", args=["prevent"])).content

    answer = client.post(
        reverse("returns:upload_proforma"),
        {
            "return_type": "prevent",
            "version": "2.0",
            "workbook": SimpleUploadedFile("form.xlsx", form),
            "cell_map": SimpleUploadedFile("map.csv", places),
        },
    )
    assert "Waiting for a worker" in client.get(answer.url).content.decode()
    proformas.check_waiting(at=timezone.now())
    page = client.get(answer.url, {"return": str(world.submission.uuid)}).content.decode()
    row = Proforma.objects.get()
    preview = client.get(reverse("returns:preview_proforma", args=[row.uuid]), {"return": str(world.submission.uuid)})
    client.post(reverse("returns:make_proforma_current", args=[row.uuid]), {"from_period": "2025-26-Q2"})

    assert row.state == State.CHECKED, row.problems
    assert "Return!C19" in page and "5,000" in page
    assert load_workbook(io.BytesIO(preview.content))["Return"]["C19"].value == 5000
    assert Release.objects.filter(kind="pro-forma").count() == 3
    assert proformas.in_use(PREVENT, PERIOD).version == "2.0"
    assert "In use from Quarter 2 2025 to 2026 (July to September) on" in client.get(answer.url).content.decode()
    listed = client.get(reverse("returns:proformas")).content.decode()
    assert "In use" in listed and "Quarter 2 2025 to 2026" in listed


def test_what_is_wrong_stands_at_its_field(administrator):
    client = sign_in(Client(), administrator)
    given = {"return_type": "prevent", "version": "2.0", "cell_map": SimpleUploadedFile("m.csv", b"a,b")}

    nothing = client.post(reverse("returns:upload_proforma"), given).content.decode()
    given["cell_map"].seek(0)
    no_workbook = client.post(
        reverse("returns:upload_proforma"), given | {"workbook": SimpleUploadedFile("f.xlsx", b"%PDF")}
    ).content.decode()

    assert "Error: Bring a pro-forma" in nothing and "Choose the empty form." in nothing
    assert "not an Excel workbook" in no_workbook


def test_a_workbook_without_cells_is_no_form(administrator):
    buffer = io.BytesIO()
    Workbook().save(buffer)

    assert "there is no sheet “About” in the form." in problems(administrator, buffer.getvalue())[0]
