"""`manage.py audit_workbook`, and the reader behind it."""

import json
import random
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime

import openpyxl
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from continuity.columns import COLUMNS
from continuity.tests.audits_made import AUDIT, STARTED, day, referral, workbook
from continuity.workbook import NotAnAudit, letters, read_bytes

TODAY = date(2026, 1, 1)


def read(*referrals, **options):
    interventions = [STARTED | {"P25": row["P25"]} for row in referrals]
    return read_bytes(workbook(referrals, interventions, **options), TODAY)


@pytest.fixture
def run(tmp_path, capsys):
    def run(data, *options):
        path = tmp_path / "audit.xlsx"
        path.write_bytes(data)
        status = 0
        try:
            call_command("audit_workbook", str(path), *options)
        except SystemExit as ended:
            status = ended.code
        except CommandError as problem:
            pytest.fail(str(problem))
        return status, capsys.readouterr()

    return run


def test_a_whole_audit_as_json(run):
    rows = [referral(1, P01="Robert", P02="Sample", C34="B"), referral(2, P02="Other", C35="O")]
    interventions = [STARTED | {"P25": "row-1"}, STARTED | {"P25": "row-2"}]

    status, said = run(workbook(rows, interventions), "--json")

    found = json.loads(said.out)
    assert status == 1
    assert found["workbook_rules"] == []
    assert found["rows"]["row-1"] == {
        "rules": ["ATT-03", "REF-12"],
        "in_scope": True,
        "days_in_custody": 93,
        "custody_band": "91-182",
        "substance_group": "OPIATE",
        "days_to_triage": 4,
        "days_to_structured": 9,
        "match": "ATT-03",
        "engaged_ndtms": False,
        "engaged_local": True,
        "lost_to_data": True,
        "lost_reason": "ATT-03",
        "stage": "engaged_locally",
        "sequence": 1,
        "scenario": 1,
    }
    assert found["rows"]["row-2"]["rules"] == [] and found["rows"]["row-2"]["match"] == "exact"
    assert found["measures"]["M20"]["numerator"] == 1 and found["measures"]["M20"]["percent"] == 50.0
    assert found["breakdowns"]["prison"]["HMP Invented"]["M01"]["denominator"] == 2
    assert [step["step"] for step in found["funnel"]][:2] == ["in_scope", "received"]


def test_an_audit_without_errors_ends_with_0_and_says_so_in_sentences(run):
    status, said = run(workbook([referral()], [STARTED | {"P25": "row-1"}]))

    assert status == 0
    assert said.out.startswith("1 referral, 1 in scope.")
    assert "M20 Engagement, NDTMS view: 100.0 % (20.7 to 100.0) – 1 of 1" in said.out


def test_a_missing_agreement_ends_with_1(run):
    status, said = run(
        workbook([referral()], [STARTED | {"P25": "row-1"}], audit=replace(AUDIT, has_sharing_agreement=False))
    )

    assert status == 1
    assert "EXT-11: Record the sharing agreement first." in said.out


def test_a_warning_alone_ends_with_0(run):
    assert run(workbook([referral(C04="No")], [STARTED | {"P25": "row-1"}]))[0] == 0


@pytest.mark.parametrize("data", [b"", b"not a workbook", b"PK\x03\x04 broken"])
def test_what_is_no_workbook_ends_with_2_and_a_sentence(run, data):
    status, said = run(data, "--json")

    assert status == 2
    assert json.loads(said.out)["error"] == said.err.strip()
    assert "Traceback" not in said.err


def test_a_file_that_is_not_there_ends_with_2():
    command = [sys.executable, settings.BASE_DIR / "manage.py", "audit_workbook", "nowhere.xlsx"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.strip() == "nowhere.xlsx cannot be read: No such file or directory."


def test_the_order_of_sheets_and_columns_is_free():
    rows = [referral(1, C44="Yes; Yes; Yes"), referral(2, C17="Telephone; Letter")]
    shuffled = list(COLUMNS)
    random.Random(5).shuffle(shuffled)

    straight = read(*rows)
    mixed = read(*rows, columns=shuffled, sheets=("Interventions", "Referrals", "Audit"))

    assert [mixed.rows.answers(row) for row in (0, 1)] == [straight.rows.answers(row) for row in (0, 1)]
    assert mixed.notes == []


def test_labels_do_not_matter_and_unknown_columns_are_noted():
    headings = {id: f"{id} something else" for id in COLUMNS} | {"Y": "Our own column"}

    found = read(referral(), headings=headings)

    assert found.rows.answer("C01", 0) == "YES"
    assert found.notes == ["Sheet “Referrals”, cell BV1: “Our own column” is not a column and was left out."]


def test_what_the_sheet_audit_says():
    found = read(referral(), more=[("Our note", "x")])

    assert found.audit == AUDIT
    assert found.notes == ["Sheet “Audit”, cell A9: “Our note” is not known and was left out."]


def test_as_at_is_today_where_it_is_empty():
    assert read(referral(), audit=replace(AUDIT, as_at=None)).audit.as_at == TODAY


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"sheets": ("Audit", "Referrals")}, "This workbook has no sheet “Interventions”."),
        ({"more": [("prison", "HMP Other")]}, "Sheet “Audit”, cell A9 gives “Prison” a second time."),
        ({"audit": replace(AUDIT, starts="soon")}, "Sheet “Audit”, cell B5: This must be a real date"),
        ({"audit": replace(AUDIT, ends=date(2017, 1, 1))}, "the period ends before it starts"),
        ({"headings": {"P01": "P01 a", "P02": "P01 b"}}, "Sheet “Referrals”, cell B1: column P01 is there twice."),
        ({"headings": {"P01": "Name"}}, "Sheet “Referrals” has no column of an audit in its first row."),
    ],
)
def test_a_workbook_that_is_no_audit_is_refused_in_a_sentence(options, sentence):
    with pytest.raises(NotAnAudit, match=sentence):
        read(referral(), **options)


def test_a_cell_that_cannot_be_read_is_named_and_counts_as_empty(run):
    data = workbook([referral(), referral(2, P11="31/02/2018", C28=99)], [])

    found = read_bytes(data, TODAY)

    assert found.unreadable == [
        "Sheet “Referrals”, cell K3: Prison exit date must be a real date, such as 30/09/2025 or 30 September 2025.",
        "Sheet “Referrals”, cell BA3: Follow-up attempts must be a whole number from 0 to 20.",
    ]
    assert run(data)[0] == 1


def test_empty_rows_are_no_referrals_and_rows_keep_their_numbers():
    found = read_bytes(workbook([referral(1), {}, referral(2, P25=None)], []), TODAY)

    assert found.rows.names == ["row-1", "row 4"]


def test_a_row_id_that_stands_twice_counts_once():
    found = read(referral(1), referral(1, P02="Other"))

    assert found.rows.names == ["row-1", "row 3"]
    assert found.rows.interventions.row.tolist() == [0, 0]
    assert "cell Y3: this row id stands further up already" in found.notes[0]


def test_an_intervention_of_nobody_is_left_out_with_a_note():
    found = read_bytes(workbook([referral()], [STARTED | {"P25": "stranger"}]), TODAY)

    assert len(found.rows.interventions) == 0
    assert found.notes == ["Sheet “Interventions”, row 2 belongs to no referral and was left out."]


def test_a_workbook_that_another_program_wrote(tmp_path):
    path = tmp_path / "audit.xlsx"
    path.write_bytes(workbook([referral(P11=datetime(2018, 3, 1, 14, 30))], [STARTED | {"P25": "row-1"}]))
    openpyxl.load_workbook(path).save(path)

    found = read_bytes(path.read_bytes(), TODAY)

    assert found.rows.answer("P11", 0) == date(2018, 3, 1)
    assert found.unreadable == []


def test_progress_is_told_while_rows_are_read():
    heard = []

    read_bytes(
        workbook([referral(n) for n in range(1, 10)]), TODAY, lambda done, everything: heard.append((done, everything))
    )

    assert heard[-1] == (9, 9)


def test_columns_are_called_as_spreadsheets_call_them():
    assert [letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_days_before_the_exit_count_in_no_window():
    found = read(referral(C33=day(-1)))

    assert found.rows.day("C33")[0] == day(-1).toordinal()
