"""What the rules say of a prison's record before it is shared, and which rows are audited, held back or left out."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.tests.factories import make_seat, sign_in
from continuity import audits, sheets
from continuity.models import ExtractFinding
from continuity.tests.audit_factories import AT, accept_everything, agree, client, make_audit, shared, upload
from continuity.tests.factories import make_prison
from journal.models import Notice
from returns import exports
from returns.models import Export, Release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]

OCCASIONAL = {"P10": "Treatment completed - occasional user", "P14": "Referred to structured treatment provider"}

OTHER = {"P03": "1990-06-07"}  # not the attributors that everybody else has


@pytest.fixture
def world():
    return agree(accept_everything(make_audit()))


@pytest.fixture
def at_the_prison(world, client):
    return sign_in(client, world.prison)


def of_audit(name, world):
    return reverse(f"audits:{name}", args=[world.audit.uuid])


def found(world, *given):
    """The codes that fire for each row of an extract, by its number in the file."""
    upload(world, given)
    codes = {}
    for finding in ExtractFinding.objects.order_by("position", "rule"):
        codes.setdefault(finding.position, []).append(finding.rule)
    return codes


def test_the_whole_release_list_is_judged_also_where_a_row_is_off_the_audit_list(world):
    assert found(world, client(world.pair_north.area, **OCCASIONAL))[2] == [
        "DIS-03",
        "DIS-05",
        "DIS-14",
        "EXT-13",
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"P16": "2025-09-16"}, "DAT-09"),
        ({"P06": "2025-09-16"}, "DAT-02"),
        ({"P16": None}, "DAT-08"),
        ({"P03": "2010-01-01"}, "ATT-12"),
        ({"P04": "Not known"}, "EXT-06"),
        ({"P10": "83"}, "EXT-12"),
        ({"P22": "Fax"}, "REF-02"),
        ({"P14": "No onward referral"}, "DIS-02"),
    ],
)
def test_a_rule_about_the_prisons_record_fires_before_anything_is_shared(world, changes, code):
    assert code in found(world, client(world.pair_north.area, **changes))[2]


def test_a_record_in_order_has_no_finding_and_no_answer_of_a_service_is_missed(world):
    assert found(world, client(world.pair_north.area)) == {}


def test_duplicates_and_repeat_referrals_are_found_across_rows(world):
    one = client(world.pair_north.area)
    codes = found(world, one, one, one | {"P06": "2025-10-01", "P11": "2025-12-01", "P16": "2025-12-01"})

    assert codes == {2: ["EXT-07", "EXT-08"], 3: ["EXT-07", "EXT-08"], 4: ["EXT-08"]}


def test_only_what_the_last_extract_says_is_kept(world):
    one = client(world.pair_north.area)
    assert found(world, one | {"P16": "2025-09-16"}) == {2: ["DAT-09"]}
    assert found(world, one) == {}


def test_the_prison_reads_them_by_row_and_narrows_them(world, at_the_prison):
    upload(
        world, [client(world.pair_north.area, 7, P16="2025-09-16"), client(world.pair_north.area, **OTHER, P22="Fax")]
    )

    page = at_the_prison.get(of_audit("extract_findings", world))
    narrowed = at_the_prison.get(of_audit("extract_findings", world), {"rule": "REF-02"})

    assert "Given7" in page.content.decode() and "Discharge after leaving prison." in page.content.decode()
    assert [finding.rule for finding in narrowed.context["page"]] == ["REF-02"]
    assert at_the_prison.get(of_audit("extract_list", world)).context["findings"] == 2


@pytest.mark.parametrize("name", ["extract_findings", "audit_list", "left_out", "extract_list"])
def test_many_rows_ask_as_many_questions_as_few(world, at_the_prison, name):
    def rows(count):
        off = [client("Z99B", P16="2025-09-16") for _ in range(count)]
        held = [client(world.pair_north.area, P24="No", P16="2025-09-16") for _ in range(count)]
        return [*off, *held, *(client(world.pair_south.area, P16="2025-09-16") for _ in range(count))]

    counts = []
    for size in (1, 12):
        upload(world, rows(size))
        at_the_prison.get(of_audit(name, world))
        with CaptureQueriesContext(connection) as asked:
            assert at_the_prison.get(of_audit(name, world)).status_code == 200
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_all_findings_come_as_a_file_without_names(world, at_the_prison):
    upload(world, [client(world.pair_north.area, 7, P16="2025-09-16")])

    asked = at_the_prison.post(of_audit("ask_extract_findings", world), follow=True)
    assert asked.context["running"] and exports.write_waiting(at=AT) == 1
    export = Export.objects.get()
    sent = at_the_prison.post(reverse("audits:row_findings_download", args=[export.uuid]))
    body = b"".join(sent.streaming_content).decode("utf-8-sig")

    (line,) = csv.DictReader(io.StringIO(body))
    assert (line["Row"], line["Rule"], line["Severity"]) == ("2", "DAT-09", "Breaks the indicator")
    assert "Given7" not in body
    assert Release.objects.get(kind="continuity findings").rows == 1
    assert Notice.objects.filter(person_id=world.prison.person_id, subject__startswith="The list of findings").exists()


def test_the_file_is_for_who_asked_alone_and_goes_with_the_names(world, at_the_prison):
    upload(world, [client(world.pair_north.area, P16="2025-09-16")])
    address = at_the_prison.post(of_audit("ask_extract_findings", world)).url
    exports.write_waiting(at=AT)

    assert at_the_prison.get(address).status_code == 200
    for stranger in (
        world.north,
        world.commissioner,
        make_seat("CONTINUITY_PRISON_PROVIDER", make_prison().organisation),
    ):
        assert sign_in(Client(), stranger).get(address).status_code == 404
    audits.close(world.audit, by=world.commissioner, at=AT - timedelta(days=40))
    sheets.purge_due(at=AT)
    assert at_the_prison.get(address).status_code == 404


def test_where_nothing_was_found_there_is_no_file(world, at_the_prison):
    upload(world, [client(world.pair_north.area)])

    assert at_the_prison.post(of_audit("ask_extract_findings", world)).status_code == 404


def test_a_warning_stands_before_rows_with_grave_findings_are_shared(world, at_the_prison):
    address = reverse("audits:release", args=[world.audit.uuid, world.pair_north.pk])
    rows = [client(world.pair_north.area, P16="2025-09-16"), client(world.pair_north.area, P16="2025-09-16", P24="No")]
    upload(world, [*rows, client(world.pair_south.area, **OTHER)])

    page = at_the_prison.get(address)

    assert page.context["findings"] == 1
    assert "1 row that would be shared" in page.content.decode()
    south = at_the_prison.get(reverse("audits:release", args=[world.audit.uuid, world.pair_south.pk]))
    assert "Look at these before you share" not in south.content.decode()


def test_a_shared_row_shows_what_the_rules_say_of_the_record_before_anybody_answered(client):
    world = shared(north=1)
    row = world.sheet_north.referrals.get()
    row.sent |= {"P16": "2025-09-16"}
    row.save()

    page = sign_in(client, world.prison).get(reverse("audits:row", args=[world.sheet_north.submission.uuid, row.uuid]))

    assert [finding.code for finding, _, _ in page.context["findings"]] == ["DAT-09"]


@pytest.mark.parametrize(("name", "changes"), [("audit_list", {}), ("left_out", OCCASIONAL)])
def test_the_findings_of_a_row_stand_beside_it(world, at_the_prison, name, changes):
    upload(world, [client(world.pair_north.area, P16="2025-09-16", P22="Fax", **changes)])

    page = at_the_prison.get(of_audit(name, world))

    (row,) = page.context["page"]
    assert {"DAT-09", "REF-02"} <= {finding.rule for finding in row.found}
    assert "Discharge after leaving prison." in page.content.decode()


def test_the_prison_sees_its_audit_list_before_it_shares_it(world, at_the_prison):
    upload(world, [client("Z99B"), client(world.pair_north.area, 7), client(world.pair_south.area, P24="No")])

    page = at_the_prison.get(of_audit("audit_list", world))

    assert [(row.position, str(row.pair.area), row.stands.label) for row in page.context["page"]] == [
        (3, str(world.pair_north.area), "To share"),
        (4, str(world.pair_south.area), "Held back: no consent"),
    ]
    assert "Given7" in page.content.decode()


def test_who_has_not_consented_is_listed_with_the_reason_and_the_number_in_the_file(world, at_the_prison):
    upload(
        world,
        [
            client(world.pair_north.area),
            client(world.pair_north.area, P24="No"),
            client(world.pair_north.area, P24=None),
            client("Z99B"),
        ],
    )

    page = at_the_prison.get(of_audit("left_out", world))

    assert [(row.position, row.reasons) for row in page.context["page"]] == [
        (3, ["No consent to share recorded."]),
        (4, ["No consent to share recorded."]),
        (5, ["Exit destination is not one of the areas in this audit."]),
    ]
