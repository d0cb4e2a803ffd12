"""What of many tables with cells in common can be shown to one reader."""

from releases.disclosure import POLICIES
from releases.disclosure.linked import Reader, Sums, as_many_as_tell_nothing

TEN = POLICIES["TEN-R5-ZERO"]
WHOLE, NORTH, SOUTH = range(3)


def reader(*counts):
    """Somebody who sees nothing yet of a whole and its two parts."""
    return Reader(TEN, list(counts), Sums([(WHOLE, [NORTH, SOUTH])]))


def seeing(reader, cells):
    return reader.who_sees(cells)


def test_a_reader_adds_up_what_is_printed():
    found = reader(30, 12, 18).who_sees([WHOLE, NORTH])

    assert (found.low[SOUTH], found.high[SOUTH]) == (28 - 12, 32 - 10)
    assert not found.knows_too_much


def test_a_small_count_must_have_three_values_whether_it_is_called_hidden_or_not_shown_at_all():
    assert not reader(20, 18, 2).who_sees([WHOLE, NORTH]).knows_too_much  # from 0 to 4
    assert not reader(18, 9, 9).who_sees([WHOLE, NORTH]).knows_too_much
    assert reader(18, 9, 9).who_sees([WHOLE, NORTH, SOUTH]).knows_too_much


def test_what_comes_first_is_shown_and_what_would_tell_with_it_is_not():
    whole_first, _ = as_many_as_tell_nothing([WHOLE, NORTH, SOUTH], reader(18, 9, 9), seeing)
    parts_first, _ = as_many_as_tell_nothing([NORTH, SOUTH, WHOLE], reader(18, 9, 9), seeing)

    assert (whole_first, parts_first) == ([WHOLE, NORTH], [NORTH, SOUTH])


def test_everything_is_shown_where_nothing_is_told():
    shown, known = as_many_as_tell_nothing([WHOLE, NORTH, SOUTH], reader(40, 15, 25), seeing)

    assert shown == [WHOLE, NORTH, SOUTH] and not known.knows_too_much


def test_something_else_may_be_tried_instead():
    tried = []

    def instead(cell):
        tried.append(cell)
        return NORTH if cell == SOUTH else None

    known = reader(18, 9, 9).who_sees([WHOLE, NORTH])
    shown, _ = as_many_as_tell_nothing([SOUTH], known, seeing, instead)

    assert shown == [NORTH] and tried == [SOUTH]


def test_cells_that_are_made_later_add_up_as_well():
    counts = [18, 9, 9]
    found = Reader(TEN, counts, Sums([(WHOLE, [NORTH, SOUTH])])).who_sees([WHOLE])
    counts.append(9)

    assert found.who_sees([3], [(NORTH, [3])]).low[SOUTH] == 9
