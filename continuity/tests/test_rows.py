"""One row that is being saved and the same row among many get the same verdict."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from continuity.columns import COLUMNS, INTERVENTION_COLUMNS, Kind
from continuity.recording_rules import RULES, check
from continuity.rows import rows_of
from continuity.tests.audits_made import AUDIT, EXIT

DAYS = st.integers(-70, 70).map(lambda days: EXIT + timedelta(days))
WORDS = st.sampled_from(
    ["Robert", "Bob", "Sample", "A10B", "Z00B", "HMP Invented", "seen 5/3/1980", "\u00c9lodie", "-"]
)


def answers(column):
    if column.kind is Kind.DAY:
        return DAYS | st.just(date(1980, 3, 5)) | st.just("not a day")
    if column.kind is Kind.COUNT:
        return st.integers(-1, 22)
    if column.kind in {Kind.CHOICES, Kind.DELETIONS}:
        return st.lists(st.sampled_from([choice.label for choice in column.choices]), max_size=3).map("; ".join)
    if column.choices:
        texts = [
            text for choice in column.choices for text in (choice.label, choice.key, *choice.aliases, *choice.codes)
        ]
        return st.sampled_from([*texts, "nonsense"])
    return WORDS


def one_of(columns):
    return st.fixed_dictionaries({}, optional={id: answers(column) for id, column in columns.items() if id != "P25"})


REFERRALS = st.lists(
    st.tuples(one_of(COLUMNS), st.lists(one_of(INTERVENTION_COLUMNS), max_size=3)), min_size=1, max_size=6
)
ACROSS = {code for code, rule in RULES.items() if rule.across}


def rows(given):
    referrals = [answers | {"P25": f"row-{number}"} for number, (answers, _) in enumerate(given)]
    treated = [row | {"P25": f"row-{number}"} for number, (_, several) in enumerate(given) for row in several]
    return rows_of(referrals, treated)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(REFERRALS)
def test_a_row_alone_and_among_others_gets_the_same_verdict(given):
    together = check(rows(given), AUDIT)

    for number, one in enumerate(given):
        alone = check(rows([one]), AUDIT)
        assert set(alone.codes_of(0)) - ACROSS == set(together.codes_of(number)) - ACROSS
        assert alone.lost_reason()[0] == together.lost_reason()[number]
        assert alone.referrals.stage[0] == together.referrals.stage[number]
        messages = {found.message for found in alone.findings_of(0) if found.code not in ACROSS}
        assert messages <= {found.message for found in together.findings_of(number)}


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(REFERRALS)
def test_a_stored_row_reads_as_it_was_given(given):
    before = rows(given)

    again = rows_of([before.answers(row) for row in range(len(before))])

    assert [again.answers(row) for row in range(len(again))] == [before.answers(row) for row in range(len(before))]


def test_rows_that_nobody_gave_are_no_rows():
    found = check(rows_of([]), AUDIT)

    assert len(found) == 0 and found.codes() == [] and not found.has_errors


def test_what_cannot_be_read_counts_as_empty_and_is_listed():
    found = rows_of([{"P25": "row-1", "P11": "soon", "C01": "Perhaps"}])

    assert found.is_blank("P11")[0] and found.is_blank("C01")[0]
    assert [(wrong.column, wrong.row) for wrong in found.wrong] == [("P11", 0), ("C01", 0)]
