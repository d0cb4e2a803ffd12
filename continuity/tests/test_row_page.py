"""The page of one referral: what it shows of the record, the answers and the interventions, and what saving keeps."""

from datetime import date, timedelta
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.tests.factories import sign_in
from continuity import sheets, working_rows
from continuity.models import Referral, SpocEntry
from continuity.row_form import RowForm
from continuity.tests.audit_factories import AT, COMPLETE, shared
from continuity.tests.factories import make_spoc_entry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]
ENGAGED = COMPLETE | {"C01": "NO", "C30": "STRUCTURED", "C31": None, "C32": "NEW", "C33": date(2025, 9, 20)}


@pytest.fixture
def world():
    return shared(north=1, south=1)


def row_of(world):
    return Referral.objects.select_related("identity").get(sheet=world.sheet_north)


def answered(world, answers, interventions=()):
    row = row_of(world)
    given = {id: value for id, value in answers.items() if value is not None}
    return sheets.save_row(
        world.sheet_north, row.uuid, given, list(interventions), revision=row.revision, by=world.north, at=AT
    )


def page(world, seat):
    address = reverse("audits:row", args=[world.sheet_north.submission.uuid, row_of(world).uuid])
    return sign_in(Client(), seat).get(address).content.decode()


class AsFilledIn(HTMLParser):
    """What a browser sends of a page's inputs and lists when nobody changes anything."""

    def __init__(self, content):
        super().__init__()
        self.sent, self.list = {}, ""
        self.feed(content)

    def handle_starttag(self, tag, attributes):
        about = dict(attributes)
        if tag == "select":
            self.list = about["name"]
        elif tag == "option" and "selected" in about:
            self.sent.setdefault(self.list, []).append(about["value"])
        elif tag == "input" and (about.get("type") != "checkbox" or "checked" in about):
            self.sent.setdefault(about.get("name"), []).append(about.get("value", ""))


def test_saving_without_a_change_keeps_however_many_interventions_there_are(world):
    given = [{"C45a": "PSYCH", "C45b": date(2025, 9, day), "C45c": None, "C45d": None} for day in range(10, 26)]
    before = answered(world, ENGAGED, given).interventions
    content = page(world, world.north)
    address = reverse("audits:row", args=[world.sheet_north.submission.uuid, row_of(world).uuid])

    assert sign_in(Client(), world.north).post(address, AsFilledIn(content).sent).status_code == 302

    assert len(before) == 16
    assert row_of(world).interventions == before and row_of(world).revision == 2


def test_there_are_always_lines_for_further_interventions():
    kept = [{"C45a": "PSYCH"}] * 30

    assert len(RowForm(answers={}, interventions=kept, revision=1).lines) == 32


def test_who_cannot_change_the_row_reads_its_interventions_too(world):
    answered(world, ENGAGED, [{"C45a": "PSYCH", "C45b": date(2025, 9, 20), "C45c": None, "C45d": None}])

    assert "Type: Psychosocial; Start: 20 September 2025" in page(world, world.prison)


def test_the_definition_of_structured_treatment_stands_beside_both_questions_that_turn_on_it(world):
    assert page(world, world.north).count("Structured treatment is one or more") == 2


def test_the_area_has_its_name_beside_its_code(world):
    area = world.pair_north.area

    assert f"{area.name} ({area.dat_code})" in page(world, world.prison)


def test_an_entry_of_the_directory_that_nobody_confirmed_for_a_year_is_said_on_the_row(world):
    answered(world, COMPLETE)
    make_spoc_entry(world.north, areas=[world.pair_north.area])
    assert "Confirm SPOC details." not in page(world, world.north)

    SpocEntry.objects.update(confirmed_at=timezone.now() - timedelta(days=400))

    assert "Confirm SPOC details." in page(world, world.north)
    filled = working_rows.read(world.sheet_north.submission)
    kept = working_rows.from_payload(working_rows.to_payload(filled), world.sheet_north.submission)
    assert kept.checked.fired["REF-14"].all()
