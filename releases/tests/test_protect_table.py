"""`manage.py protect_table`."""

import json

import pytest
from django.core.management import call_command


@pytest.fixture
def run(tmp_path, capsys):
    def run(content, policy="TEN-R5-ZERO", *options):
        path = tmp_path / "table"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        status = 0
        try:
            call_command("protect_table", str(path), "--policy", policy, *options)
        except SystemExit as ended:
            status = ended.code
        return status, capsys.readouterr()

    return run


def table(cells, **more):
    areas = {"name": "area", "codes": ["A", "B"], "total": "Total"} | more.pop("area", {})
    return {"unit": "people", "dimensions": [areas], "cells": cells} | more


def cell(at, count):
    return {"at": [at], "count": count}


GOOD = table([cell("A", 13), cell("B", 22)])


def test_a_json_table(run):
    status, said = run(json.dumps(GOOD), "TEN-R5-ZERO", "--json")

    assert status == 0
    assert json.loads(said.out) == {
        "policy": "TEN-R5-ZERO",
        "policy_version": "1",
        "cells": [{"at": ["A"], "value": 15}, {"at": ["B"], "value": 20}, {"at": ["Total"], "value": 35}],
        "hidden": 0,
        "audit": {"passed": True, "narrowest": None, "recovered": 0},
    }


def test_a_list_of_tables_gives_a_list_of_results(run):
    wrong = table([cell("A", 13), cell("B", 22), cell("Total", 36)])

    status, said = run(json.dumps([GOOD, wrong]), "TEN-R5-ZERO", "--json")

    first, second = json.loads(said.out)
    assert status == 1
    assert first["hidden"] == 0
    assert second == {"refused": "Table 2 gives 36 for Total, but its cells add up to 35.", "merge": []}


def test_a_csv_table_gets_totals(run):
    status, said = run("area,sex,count\nA,Male,13\nA,Female,22\nB,Male,40\n", "TEN-R5-ZERO", "--json")

    cells = {tuple(cell["at"]): cell["value"] for cell in json.loads(said.out)["cells"]}
    assert status == 0
    assert cells["A", "Total"] == 35 and cells["Total", "Male"] == 55 and cells["B", "Female"] is None


def test_sentences_for_people(run):
    status, said = run("area,count\nA,3\nB,40\nC,4\n", "TEN-R5-ZERO")

    assert status == 0
    assert said.out.splitlines() == [
        "Policy TEN-R5-ZERO, version 1; 2 cells are hidden.",
        "A: *",
        "B: 40",
        "C: *",
        "Total: 45",
    ]


def test_a_table_that_may_not_be_shown_is_refused_with_a_merge(run):
    status, said = run("area,count\nA,9\nB,9\n")

    assert status == 1
    assert said.out.startswith("Refused: 2 of 2 hidden cells can be worked out from the totals. Put together A with B.")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "This is not JSON: line 1, column 2."),
        ("[" * 100_000, "lists within lists too deep"),
        ('{"dimensions": [], "cells": []}', "The table must have a list of “dimensions”."),
        ('{"a": 1, "a": 2}', "“a” is given twice."),
        ('{"cells": NaN}', "NaN is not a number"),
        (json.dumps(table([cell("A", -1)])), "The table, cell 1: the count must be a whole number from 0."),
        (json.dumps(table([cell("A", True)])), "the count must be a whole number from 0."),
        (json.dumps(table([cell("Z", 1)])), "“Z” is not a label of “area”."),
        (json.dumps(table([cell("A", 1), cell("A", 1)])), "gives the cell A twice"),
        (json.dumps(table([], area={"codes": ["A", "A"]})), "has the same label twice"),
        (json.dumps(table([], area={"groups": {"G": ["Z"]}})), "must hold codes of the dimension"),
        (json.dumps(table([{"at": ["A", "B"], "count": 1}])), "names 2 labels, there are 1 dimensions"),
        ("area;count\n", "The first row must name one column for each dimension, then “count”."),
        ("area,count\nA\n", "Row 2 has 1 columns, the first row has 2."),
        ("area,count\nA,1.5\n", "Row 2: the count must be a whole number from 0."),
        ("area,count\n", "There is nothing in this table."),
        (b"\xff\xfe", "This file is not UTF-8 text."),
        (b"", "The first row must name"),
    ],
)
def test_what_is_no_table_ends_with_2_and_a_sentence(run, content, sentence):
    status, said = run(content, "HES-1-7-R5", "--json")

    assert status == 2
    assert sentence in json.loads(said.out)["error"]


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [("LT5-STAR-SECONDARY", "cannot be applied yet"), ("NOTHING", "There is no policy 'NOTHING'.")],
)
def test_a_policy_that_cannot_be_applied_ends_with_2(run, policy, sentence):
    status, said = run(json.dumps(GOOD), policy)

    assert status == 2 and sentence in said.err
