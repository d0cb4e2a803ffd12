"""The four attributors by which the national system matches a person, and how a record nearly matches.

First initial, surname initial, date of birth and sex; nothing else is compared. Two people can share them.
"""

import unicodedata
from functools import cache

import numpy as np
from nicknames import NickNamer

# Short forms with another initial, named in the guidance or common in records, besides the library's list
PAIRS = (
    ("robert", "bob"),
    ("william", "bill"),
    ("richard", "dick"),
    ("edward", "ted"),
    ("margaret", "peggy"),
    ("elizabeth", "beth"),
    ("anthony", "tony"),
    ("henry", "harry"),
)
FIRST_LETTER, LETTERS = ord("A"), 26


def initial(name):
    """The code of the first letter of a name in capitals and without its accent, or 0: Ó'Brien is O."""
    letters = unicodedata.normalize("NFKD", name or "")
    first = next((letter for letter in letters if letter.isalpha()), "")
    return ord(first.upper()[0]) if first else 0


@cache
def _list_of_nicknames():
    return NickNamer()


def other_names(forename):
    """Names that the same person may go by, in small letters: Robert may be Bob, and Bob Robert."""
    words = (forename or "").casefold().replace("-", " ").split()
    if not words:
        return set()
    name, known = words[0], _list_of_nicknames()
    in_pairs = {other for pair in PAIRS if name in pair for other in pair}
    return (in_pairs | known.nicknames_of(name) | known.canonicals_of(name)) - {name}


def other_initials(forename):
    """The initials of `other_names` that differ from this name's own, as bits: bit 0 is A."""
    found = {initial(name) for name in other_names(forename)} - {initial(forename)}
    return sum(1 << (code - FIRST_LETTER) for code in found if 0 <= code - FIRST_LETTER < LETTERS)


def is_known_pair(others, code):
    """Whether the letter `code` is among the bits of `others`; both are arrays."""
    place = code - FIRST_LETTER
    inside = (place >= 0) & (place < LETTERS)
    return inside & ((others >> np.where(inside, place, 0)) & 1).astype(bool)


def misses(prison, community, others):
    """For each row the number n of the rule ATT-n that says how the records miss each other; 0 where all are equal.

    `prison` and `community` are (first, surname, birth, sex) as arrays: letter codes, days as numbers, 1 or 2; 0 or NaN
    where missing. `others` are the `other_initials` of the prison's forename. At most one rule speaks for a row.
    """
    (first, surname, birth, sex), (their_first, their_surname, their_birth, their_sex) = prison, community
    missing = (first == 0) | (surname == 0) | np.isnan(birth) | (sex == 0)
    missing |= (their_first == 0) | (their_surname == 0) | np.isnan(their_birth) | (their_sex == 0)
    off_first, off_surname = first != their_first, surname != their_surname
    off_birth, off_sex = birth != their_birth, sex != their_sex
    swapped = (first == their_surname) & (surname == their_first) & (first != surname)
    only = {
        "first": off_first & ~off_surname & ~off_birth & ~off_sex,
        "surname": ~off_first & off_surname & ~off_birth & ~off_sex,
        "birth": ~off_first & ~off_surname & off_birth & ~off_sex,
        "sex": ~off_first & ~off_surname & ~off_birth & off_sex,
    }
    transposed, mistyped = np.zeros_like(missing), np.zeros_like(missing)
    near = np.flatnonzero(only["birth"] & ~missing)
    if len(near):
        transposed[near], mistyped[near] = near_dates(birth[near], their_birth[near])
    return np.select(
        [
            missing,
            swapped & ~off_birth & ~off_sex,
            only["first"] & is_known_pair(others, their_first),
            only["first"],
            only["surname"],
            only["birth"] & transposed,
            only["birth"] & mistyped,
            only["birth"],
            only["sex"],
            off_first | off_surname | off_birth | off_sex,
        ],
        range(1, 11),
        default=0,
    )


EPOCH = 719_163  # the number (date.toordinal) of 1 January 1970


def parts(numbers):
    """Day, month and year of days given as numbers, none of them NaN."""
    days = (numbers.astype(np.int64) - EPOCH).astype("datetime64[D]")
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
    return (
        (days - months).astype(int) + 1,
        (months - years).astype(int) + 1,
        years.astype(int) + 1970,
    )


def near_dates(ours, theirs):
    """Two arrays for dates that differ: day and month are transposed; one looks like the other mistyped.

    Mistyped: of the eight digits DDMMYYYY one differs, or two neighbours are swapped; or the year alone is off by 1, 10
    or 100.
    """
    (day, month, year), (their_day, their_month, their_year) = parts(ours), parts(theirs)
    transposed = (day == their_month) & (month == their_day) & (year == their_year)
    digits, their_digits = _digits(day, month, year), _digits(their_day, their_month, their_year)
    differs = digits != their_digits
    crossed = (digits[:, :-1] == their_digits[:, 1:]) & (digits[:, 1:] == their_digits[:, :-1])
    neighbours = (differs[:, :-1] & differs[:, 1:] & crossed).any(axis=1) & (differs.sum(axis=1) == 2)
    same_day = (day == their_day) & (month == their_month)
    year_off = same_day & np.isin(np.abs(year - their_year), (1, 10, 100))
    return transposed, (differs.sum(axis=1) == 1) | neighbours | year_off


def _digits(day, month, year):
    number = day * 1_000_000 + month * 10_000 + year
    return number[:, None] // 10 ** np.arange(7, -1, -1) % 10
