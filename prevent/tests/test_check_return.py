"""`check_return`: a file in, findings and a score out, and a sentence instead of a traceback."""

import json
from datetime import datetime

import pytest
from django.core.management import call_command

from prevent.tests.factories import ASSESSMENTS, CLEAN
from returns.periods import LONDON
from returns.tests.factories import QUARTER, make_period, make_world, submit_and_check


def make_document(organisation=None, **changes):
    document = {
        "organisation": {"code": "ZZT01", "kind": "NHS_TRUST", "mental_health_provider": False} | (organisation or {}),
        "period": "2025-26-Q2",
        "as_at": "2025-10-06",
        "content": CLEAN,
    }
    return document | changes


@pytest.fixture
def run(tmp_path, capsys):
    """Runs the command on bytes, text or an object; gives back exit status, output and error output."""

    def run(given, *options):
        path = tmp_path / "return.json"
        if isinstance(given, str):
            path.write_text(given, encoding="utf-8")
        else:
            path.write_bytes(given if isinstance(given, bytes) else json.dumps(given).encode())
        return run_on(path, *options)

    def run_on(path, *options, type_="prevent"):
        status = 0
        try:
            call_command("check_return", type_, str(path), *options)
        except SystemExit as stop:
            status = stop.code
        return status, *capsys.readouterr()

    run.on = run_on
    return run


def test_a_clean_return_has_no_findings_and_status_0(run):
    status, out, err = run(make_document(), "--json")

    assert (status, err) == (0, "")
    assert json.loads(out) == {
        "findings": [],
        "measures": {
            "training_l12": measure(3400, 3800, 89.5, 85.0, "MET"),
            "training_l3": measure(1100, 1200, 91.7, 85.0, "MET"),
            "mental_health_offers": measure(None, None, None, None, "NOT_APPLICABLE"),
            "channel_panels": measure(None, None, None, None, "MET"),
            "governance": measure(None, None, None, None, "MET"),
            "partnership": measure(None, None, None, None, "MET"),
            "l3_share": measure(1200, 5000, 24.0, None, None),
        },
        "score": {
            "method": "2026.1",
            "overall": "GREEN",
            "parts": {
                "training_l12": "MET",
                "training_l3": "MET",
                "mental_health_offers": "NOT_APPLICABLE",
                "channel_panels": "MET",
                "governance": "MET",
                "partnership": "MET",
            },
        },
    }


def measure(numerator, denominator, percent, target, band):
    return {"numerator": numerator, "denominator": denominator, "percent": percent, "target": target, "band": band}


def test_a_warning_leaves_status_0_and_an_error_makes_it_1(run):
    warned = run(make_document(content=CLEAN | {"linked_to_channel": "no"}), "--json")
    wrong = run(make_document(content=CLEAN | {"l3_compliant": 1201}), "--json")

    assert warned[0] == 0
    assert wrong[0] == 1
    assert json.loads(wrong[1])["findings"] == [
        {
            "code": "PRV-E05",
            "severity": "error",
            "fields": ["l3_compliant", "l3_required"],
            "message": "Level 3: staff trained (1,201) cannot be more than staff who need it (1,200).",
        }
    ]


def test_it_speaks_in_sentences_without_json(run):
    status, out, _ = run(make_document(content=CLEAN | {"l3_compliant": 1201}))

    assert status == 1
    assert "Error PRV-E05 (l3_compliant, l3_required): Level 3: staff trained (1,201) cannot" in out
    assert "Score by method 2026.1, as far as it can be told: GREEN." in out
    assert "- training_l12: MET (89.5 % – 3,400 of 3,800)" in out


def test_it_reads_the_traits_the_quarter_before_and_given_percentages(run):
    document = make_document(
        organisation={"mental_health_provider": True},
        content=CLEAN | ASSESSMENTS | {"channel_panels_attended": 2, "l3_compliance_pct": 80.0, "mh_7_day_pct": None},
        previous={"staff_total": 4000},
    )

    found = json.loads(run(document, "--json")[1])["findings"]

    assert [finding["code"] for finding in found] == ["PRV-E12", "PRV-W02", "PRV-W12", "PRV-W23"]


def test_an_empty_content_is_a_return_with_errors_and_no_score_yet(run):
    status, out, _ = run(make_document(content={}), "--json")

    assert status == 1
    assert json.loads(out)["score"]["overall"] is None


def test_a_byte_order_mark_and_unknown_earlier_quarter_do_no_harm(run):
    assert run(b"\xef\xbb\xbf" + json.dumps(make_document(previous=None)).encode())[0] == 0


WRONG = {
    "nothing": b"",
    "not JSON": b"{'staff_total': 1}",
    "a list": b"[]",
    "a number": b"12",
    "not UTF-8": '{"period": "\u00e9"}'.encode("latin-1"),
    "UTF-16": json.dumps(make_document()).encode("utf-16"),
    "NaN": b'{"content": {"staff_total": NaN}}',
    "Infinity": b'{"content": {"staff_total": -Infinity}}',
    "a name given twice": b'{"content": {}, "content": {}}',
    "too deep": b'{"content":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "too many digits": b'{"content": {"staff_total": ' + b"9" * 5000 + b"}}",
    "too large": b'{"content": "' + b"x" * 5_000_001 + b'"}',
    "a workbook": b"PK\x03\x04 and so on",
    "no content": {"organisation": {"kind": "NHS_TRUST"}, "period": "2025-26-Q2"},
    "content of another shape": make_document(content=[1, 2]),
    "an unknown part": make_document(contents={}),
    "an unknown question": make_document(content={"staff_totel": 1}),
    "a name in no script": make_document(content={"\ud800": 1}),
    "an unknown kind": make_document(organisation={"kind": "SHOP"}),
    "a kind that owes no return": make_document(organisation={"kind": "ICB"}),
    "a kind of another shape": make_document(organisation={"kind": ["NHS_TRUST"]}),
    "a trait of another shape": make_document(organisation={"mental_health_provider": "yes"}),
    "a code of another shape": make_document(organisation={"code": 5}),
    "no organisation": make_document() | {"organisation": None},
    "a period that is none": make_document(period="2025-26-Q9"),
    "a year that is none": make_document(period="2025-27-Q1"),
    "a period of another shape": make_document(period={"year": 2025}),
    "a day that is none": make_document(as_at="2025-02-30"),
    "an earlier quarter of another shape": make_document(previous=[CLEAN]),
    "an unknown earlier question": make_document(previous={"staff": 1}),
    "an unreadable earlier answer": make_document(previous={"staff_total": "many"}),
}


@pytest.mark.parametrize("given", WRONG.values(), ids=WRONG)
def test_what_cannot_be_read_gets_one_sentence_and_status_2(run, given):
    status, out, err = run(given, "--json")

    assert status == 2
    assert json.loads(out) == {"error": err.strip()}
    assert err.endswith(".\n") and err.count("\n") == 1
    assert "Traceback" not in err and "Error" not in err


def test_a_missing_file_a_folder_and_a_nonsense_name_get_a_sentence(run, tmp_path):
    for path in (tmp_path / "missing.json", tmp_path, "a\0b"):
        status, _, err = run.on(path)

        assert status == 2
        assert "cannot be read" in err


def test_an_unknown_return_and_half_an_organisation_get_a_sentence(run, tmp_path):
    assert run.on(tmp_path, type_="breakfast")[0] == 2
    assert run(make_document(), "--organisation", "ZZT01")[2] == (
        "Give --organisation and --period together, or neither.\n"
    )


@pytest.mark.parametrize(
    "value", [None, "", 0, -1, 1.5, 1e400, "x" * 5000, True, [], {}, [{}], [[[]]], "\ud800", "=1+1"]
)
def test_any_value_of_any_question_is_a_finding_at_worst(run, value):
    status, out, err = run(make_document(content=dict.fromkeys(CLEAN, value) | {"action_plan": value}), "--json")

    assert status == 1 or (status, err[:8]) == (2, "Infinity")
    assert status == 2 or json.loads(out)["findings"]


@pytest.mark.django_db
def test_an_organisation_or_a_period_that_the_portal_does_not_know_gets_a_sentence(run):
    status, _, err = run(make_document(), "--organisation", "ZZT01", "--period", "2025-26-Q2")

    assert (status, err) == (2, "There is no organisation with the code ZZT01.\n")


def test_a_file_about_another_organisation_gets_a_sentence(run):
    status, _, err = run(make_document(), "--organisation", "ZZT02", "--period", "2025-26-Q2")

    assert status == 2
    assert err == "This file is about ZZT01 in 2025-26-Q2, not about ZZT02 in 2025-26-Q2.\n"


@pytest.mark.django_db
def test_with_an_organisation_the_traits_and_the_quarter_before_are_the_portals(run):
    world = make_world(quarter=QUARTER.previous())
    submit_and_check(world, at=datetime(2025, 7, 3, 10, 0, tzinfo=LONDON))
    make_period(QUARTER)
    document = make_document(content=CLEAN | {"staff_total": 6000}, previous={"staff_total": 6000})

    status, out, err = run(document, "--organisation", "ZZT01", "--period", "2025-26-Q2", "--json")

    codes = [finding["code"] for finding in json.loads(out)["findings"]]
    assert (status, err) == (0, "")
    assert {"PRV-W02", "PRV-W14", "PRV-W16"} <= set(codes)
