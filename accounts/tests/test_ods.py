import csv
import io
from datetime import date

import pytest

from accounts.ods import CannotOpen, Report, Unreadable, read, written


def line(code="ZZ1", name="INVENTED TRUST", region="Y56", opened="20150401", closed="", roles="", columns=27):
    cells = [""] * columns
    cells[:4] = [code, name, region, "QZZ"]
    cells[10:14] = [opened, closed, "", roles]
    return cells


def write(path, *lines, bom=False):
    buffer = io.StringIO()
    csv.writer(buffer).writerows(lines)
    path.write_text(buffer.getvalue(), encoding="utf-8-sig" if bom else "utf-8")
    return path


def test_a_row_says_who_since_when_and_where(tmp_path):
    [row] = read(write(tmp_path / "etr.csv", line(closed="20250331"), bom=True))

    assert (row.code, row.name, row.region) == ("ZZ1", "Invented Trust", "Y56")
    assert (row.opened_on, row.closed_on) == (date(2015, 4, 1), date(2025, 3, 31))


@pytest.mark.parametrize(
    ("filename", "given", "report"),
    [
        ("ephp.csv", line(), Report.INDEPENDENT_PROVIDERS),
        ("etr_20250101.csv", line(), Report.TRUSTS),
        ("download.csv", line(), Report.TRUSTS),
        ("download.csv", line(name="NHS INVENTED ICB - 99Z", roles="RO319"), Report.COMMISSIONERS),
    ],
)
def test_the_report_is_known_by_the_name_of_the_file_or_by_what_is_in_it(tmp_path, filename, given, report):
    assert read(write(tmp_path / filename, given))[0].report is report


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (line(columns=26), "line 2: 26 columns instead of 27"),
        (line(columns=28), "line 2: 28 columns instead of 27"),
        (line(code="zz 2"), "line 2: “zz 2” is no organisation code"),
        (line(code="ZZ2", name=""), "line 2: the name of ZZ2 is missing"),
        (line(code="ZZ2", name="TSURT \u202eTRUST"), "line 2: the name of ZZ2 holds characters that cannot be seen"),
        (line(code="ZZ2", opened=""), "line 2: the open date of ZZ2 is missing"),
        (line(code="ZZ2", opened="01/04/2015"), "line 2: the open date “01/04/2015” is no day"),
        (line(code="ZZ2", opened="20150231"), "line 2: the open date “20150231” is no day"),
        (line(code="ZZ2", closed="20140101"), "line 2: ZZ2 closes before it opens"),
        (line(), "line 2: ZZ1 stands on line 1 already"),
    ],
)
def test_a_file_of_another_shape_is_refused_naming_file_and_line(tmp_path, bad, sentence):
    with pytest.raises(Unreadable, match=f"etr.csv, {sentence}"):
        read(write(tmp_path / "etr.csv", line(), bad))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'"ZZ1,INVENTED', b"\x00" * 40, b"PK\x03\x04"])
def test_what_is_no_such_file_at_all_is_refused_with_a_sentence(tmp_path, content):
    path = tmp_path / "etr.csv"
    path.write_bytes(content)

    with pytest.raises(Unreadable, match="etr.csv"):
        read(path)


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path):
    with pytest.raises(CannotOpen, match="etr.csv cannot be opened"):
        read(tmp_path / "etr.csv")


def test_a_file_nobody_can_tell_apart_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="cannot tell which report"):
        read(write(tmp_path / "download.csv", line(name="INVENTED CLINIC")))


def test_hubs_and_reporting_entities_are_left_out(tmp_path):
    rows = read(write(tmp_path / "eccg.csv", line("ZZ1", roles="RO319"), line("ZZ2", roles="RO319|RO218")))

    assert [row.is_left_out for row in rows] == [False, True]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("INVENTED HOSPITALS NHS FOUNDATION TRUST", "Invented Hospitals NHS Foundation Trust"),
        ("THE KING'S LYNN AND O'BRIEN CLINIC", "The King's Lynn and O'Brien Clinic"),
        ("STOKE-ON-TRENT CARE (WEST) CIC", "Stoke-on-Trent Care (West) CIC"),
        ("NHS INVENTED ICB - D4U1Y", "NHS Invented ICB - D4U1Y"),
        ("Already  Written Well", "Already Written Well"),
    ],
)
def test_names_in_capitals_are_written_as_one_writes_them(name, expected):
    assert written(name) == expected
