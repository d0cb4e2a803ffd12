"""What the two records of a person say where they nearly match, and what would match.

For the pages and workbooks of the two providers: it says who the person is, so nothing of it is kept.
"""

from dataclasses import dataclass, replace

from continuity import attributors
from continuity.rows import day_of

CODES = {number: f"ATT-{number:02}" for number in range(2, 11)}  # ATT-01 is about what is missing
SEX = {1: "Male", 2: "Female"}
WHAT = ("First initial", "Surname initial", "Date of birth", "Sex")


@dataclass(frozen=True)
class Compared:
    """One of the four attributors in both records."""

    what: str
    prison: str
    community: str

    @property
    def differs(self):
        return self.prison != self.community


@dataclass(frozen=True)
class NearMiss:
    """`code` is the rule that says how the records miss each other, `sentence` what would match."""

    code: str
    compared: tuple
    sentence: str


def near_miss(checked, row):
    """How the two records of a row (`recording_rules.Checked`) nearly match; None where they do, or one says too little."""
    referrals = checked.referrals
    number = int(referrals.match[row])
    if number not in CODES:
        return None
    records = [
        [values[row] for values in record] for record in (referrals.prison_attributors, referrals.community_attributors)
    ]
    compared = tuple(Compared(*one) for one in zip(WHAT, *map(_in_words, records), strict=True))
    why = _why(number, referrals, row, compared, records)
    return NearMiss(CODES[number], compared, " ".join(filter(None, [why, _match(compared)])))


def with_what_would_match(checked, row, findings):
    """The findings of a row, that of the two records with their values and what would match."""
    found = near_miss(checked, row)
    return [
        replace(one, message=f"{one.message} {found.sentence}") if found and one.code == found.code else one
        for one in findings
    ]


def _in_words(record):
    first, surname, born, sex = record
    return chr(first), chr(surname), _day(born), SEX[int(sex)]


def _day(number):
    day = day_of(number)
    return f"{day.day} {day:%B %Y}"


def _match(compared):
    """What would have to be the same, and the two values it has now."""
    both = [
        f"{one.what[:1].lower()}{one.what[1:]} (the prison has {one.prison}, the service {one.community})"
        for one in compared
        if one.differs
    ]
    listed = both[0] if len(both) == 1 else f"{', '.join(both[:-1])} and {both[-1]}"
    return f"They would match with the same {listed} in both records."


def _why(number, referrals, row, compared, records):
    if number == 2:
        return "The two initials stand the other way round."
    if number == 3:
        names = attributors.other_names(referrals.rows.answer("P01", row))
        names = sorted(name.title() for name in names if chr(attributors.initial(name)) == compared[0].community)
        return f"{referrals.rows.answer('P01', row)} is also known as {' or '.join(names[:3])}."
    if number == 7:
        return _slip(records[0][2], records[1][2])
    return ""


def _slip(ours, theirs):
    """What looks mistyped between two dates of birth."""
    ours, theirs = day_of(ours), day_of(theirs)
    differs = [one != other for one, other in zip(f"{ours:%d%m%Y}", f"{theirs:%d%m%Y}", strict=True)]
    if sum(differs) == 1:
        return "One digit differs."
    if (ours.day, ours.month) == (theirs.day, theirs.month) and abs(ours.year - theirs.year) in {1, 10, 100}:
        return f"The years are {abs(ours.year - theirs.year)} apart."
    return "Two digits next to each other are swapped."
