"""How the content of a version is kept."""

from returns import columns
from returns.columns import Format

COLUMNS = {"colour": ["red", "red", None, "blue"], "is_spare": [True, False, False, True], "count": [1, 0, True, 1]}


def test_columns_come_back_as_they_were():
    again = columns.from_columns(columns.by_column(COLUMNS))

    assert again == COLUMNS
    assert [type(value) for value in again["count"]] == [int, int, bool, int]


def test_each_value_is_kept_once():
    assert columns.by_column({"colour": ["red", "red", None, "red"]}) == {
        "colour": {"values": ["red", None], "codes": [0, 0, 1, 0]}
    }


def test_the_hash_is_over_the_bytes_before_they_are_compressed():
    data = {"columns": columns.by_column({"colour": ["red"] * 10_000})}

    hashed, kept = columns.pack(data, Format.COLUMNS)

    assert len(kept) < len(hashed) / 100
    assert columns.hashed_bytes(kept, Format.COLUMNS) == hashed == columns.pack(data, Format.JSON)[1]
    assert columns.unpack(memoryview(kept), Format.COLUMNS) == data
