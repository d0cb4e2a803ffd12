"""The commands that stay stable: plain sentences, JSON where there is data, and never a traceback for bad input."""

import json

import pytest
from django.core.management import call_command
from django.db import connection

from assurance_portal import command_line
from journal import events, seal
from journal.models import EventSeal
from returns.models import Period, Release
from returns.tests.factories import IN_THE_WINDOW, QUARTER, make_world, submit, submit_and_check


def run(capsys, *words):
    """(exit status, standard output, standard error) of a management command."""
    try:
        call_command(*words)
        status = 0
    except SystemExit as end:
        status = end.code
    output = capsys.readouterr()
    return status, output.out, output.err


# open_period


@pytest.mark.django_db
def test_open_period_opens_and_says_who_has_nobody_to_receive(capsys):
    world = make_world("ZZT01", quarter=QUARTER.previous())

    status, out, _ = run(capsys, "open_period", "prevent", "2025-26-Q2", "--json")

    assert status == 0
    assert json.loads(out) == {
        "period": "2025-26-Q2",
        "owing": 1,
        "created": 1,
        "without_commissioner": [],
        "without_reviewer": [],
    }
    assert world.trust.submissions.count() == 2


@pytest.mark.django_db
def test_open_period_may_be_asked_twice(capsys):
    make_world("ZZT01")

    status, out, _ = run(capsys, "open_period", "prevent", "2025-26-Q2")

    assert status == 0
    assert "Organisations that owe a return: 1. Returns made now: 0." in out


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("other", "2025-26-Q2"), "There is no return called 'other'"),
        (("prevent", "2025-Q2"), "is not a quarter. Write it like 2025-26-Q2."),
        (("prevent", "2025-27-Q2"), "is not a quarter."),
        (("prevent", "2098-99-Q4"), "opens after its last day"),
    ],
)
def test_open_period_says_what_is_wrong(capsys, words, sentence):
    status, out, err = run(capsys, "open_period", *words)

    assert (status, out) == (2, "")
    assert sentence in err
    assert not Period.objects.exists()


# export_sdcs


@pytest.mark.django_db
def test_export_sdcs_writes_the_files_and_the_manifest(capsys, tmp_path):
    submit_and_check(make_world("ZZT01"))
    submit(make_world("ZZT02"))
    folder = tmp_path / "new" / "folder"

    status, out, _ = run(capsys, "export_sdcs", "2025-26-Q2", "--to", str(folder), "--json")

    result = json.loads(out)
    assert status == 0
    assert sorted(path.name for path in folder.iterdir()) == result["files"]
    assert "PREVENT_ZZT01_2025-26Q2_v1.xlsx" in result["files"]
    assert result["not_submitted"] == ["ZZT02"]
    assert Release.objects.get().sha256 == result["sha256"]


@pytest.mark.django_db
def test_export_sdcs_writes_the_same_bytes_again(capsys, tmp_path):
    submit_and_check(make_world("ZZT01"))

    run(capsys, "export_sdcs", "2025-26-Q2", "--to", str(tmp_path / "a"))
    run(capsys, "export_sdcs", "2025-26-Q2", "--to", str(tmp_path / "b"))

    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@pytest.mark.django_db
def test_export_sdcs_removes_what_an_earlier_export_of_the_period_left_and_nothing_else(capsys, tmp_path):
    submit_and_check(make_world("ZZT01"))
    left = {"PREVENT_ZZT01_2025-26Q2_v0.xlsx", "PREVENT_ZZT09_2025-26Q2_v3.xlsx"}
    others = {"PREVENT_ZZT01_2025-26Q1_v3.xlsx", "PREVENT_ZZT01_2025-26Q2_v0.xlsx.bak", "notes.txt"}
    for name in left | others:
        (tmp_path / name).write_text("")

    _, out, _ = run(capsys, "export_sdcs", "2025-26-Q2", "--to", str(tmp_path), "--json")

    result = json.loads(out)
    assert set(result["removed"]) == left
    assert {path.name for path in tmp_path.iterdir()} == {*result["files"], *others}
    _, out, _ = run(capsys, "export_sdcs", "2025-26-Q2", "--to", str(tmp_path))
    assert "Removed" not in out


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("period", "sentence"),
    [("2025-26-Q2", "has not been opened"), ("yesterday", "is not a quarter"), ("../..", "is not a quarter")],
)
def test_export_sdcs_says_what_is_wrong(capsys, tmp_path, period, sentence):
    status, out, err = run(capsys, "export_sdcs", period, "--to", str(tmp_path / "out"))

    assert (status, out) == (2, "")
    assert sentence in err
    assert not (tmp_path / "out").exists()


@pytest.mark.django_db
def test_export_sdcs_into_a_file_is_refused_and_leaves_no_release(capsys, tmp_path):
    make_world()
    (tmp_path / "file").write_text("")

    status, _, err = run(capsys, "export_sdcs", "2025-26-Q2", "--to", str(tmp_path / "file"))

    assert status == 2
    assert "cannot be written" in err
    assert not Release.objects.exists()


# verify_events


@pytest.mark.django_db
def test_verify_events_seals_what_is_committed_and_proves_it(capsys):
    events.record("tested", subject=("thing", 1), at=IN_THE_WINDOW)

    status, out, _ = run(capsys, "verify_events", "--json")

    result = json.loads(out)
    assert status == 0
    assert (result["whole"], result["sealed"], result["waiting"]) == (True, 1, 0)
    assert result["delay_seconds"] > 0
    assert result["head"] == EventSeal.objects.get().hash


@pytest.mark.django_db
def test_verify_events_names_the_broken_link(capsys):
    for number in range(3):
        events.record("tested", subject=("thing", number), at=IN_THE_WINDOW)
    seal.seal(at=IN_THE_WINDOW)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE journal_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE journal_event SET act = 'other' WHERE subject_id = '1'")
        cursor.execute("ALTER TABLE journal_event ENABLE TRIGGER USER")

    status, out, _ = run(capsys, "verify_events")

    assert status == 1
    assert out.startswith("The log is broken at link 2: event")


# Every command


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        ("check_return", "prevent", "nowhere.json"),
        ("open_period", "prevent", "yesterday"),
        ("export_sdcs", "yesterday", "--to", "nowhere"),
        ("import_ods", "nowhere.csv"),
        ("bench", "validate", "--size", "0"),
    ],
)
def test_a_refusal_is_a_sentence_and_json_where_it_was_asked_for(capsys, words):
    status, out, err = run(capsys, *words, "--json")

    assert status == 2
    assert json.loads(out) == {"error": err.strip()}


@pytest.mark.parametrize(
    "words", [("check_retur",), ("no such thing",), ("check_return",), ("open_period", "--no-such")]
)
def test_an_unknown_command_and_wrong_arguments_end_with_a_sentence(capfd, words):
    with pytest.raises(SystemExit) as end:
        command_line.execute(["manage.py", *words])

    assert end.value.code == 2
    out, err = capfd.readouterr()
    assert out == "" and err.rstrip().endswith((".", "?", "file", "period")) and "Traceback" not in err
