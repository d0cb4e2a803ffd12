"""What the rules say of each row is kept beside it, and stays what a judgement of the whole sheet would say."""

from datetime import date, timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from continuity import row_findings, sheets
from continuity.engagement import Audit
from continuity.models import Referral, RowFinding
from continuity.recording_rules import check
from continuity.rows import rows_of
from continuity.tests.audit_factories import (
    AT,
    COMPLETE,
    ENDS,
    EXPIRES_ON,
    STARTS,
    accept_everything,
    agree,
    client,
    make_audit,
    shared,
    upload,
)
from returns import workflow
from returns.models import Submission

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]
ROWS = 4


def kept_of(sheet):
    """What is kept of a sheet: its findings, its hash, and how many of them block."""
    found = RowFinding.objects.filter(sheet=sheet, upload=None)
    standing = Submission.objects.values_list("content_sha256", "checked_sha256", "blocking").get(pk=sheet.pk)
    return set(found.values_list("referral__uuid", "rule", "severity", "position")), standing


def judged_whole(sheet):
    workflow.judge_rows_again(sheet.submission)
    return kept_of(sheet)


# The service answers as people do, with the few names and days that make rows alike
ANSWERS = st.fixed_dictionaries(
    {
        "C01": st.sampled_from(["YES", "NO", "NOT_KNOWN"]),
        "C30": st.sampled_from(["STRUCTURED", "RECOVERY", "NO"]),
        "C32": st.sampled_from(["NEW", "REOPENED", "STILL_OPEN", "NONE"]),
        "C33": st.dates(STARTS, ENDS),
        "C34": st.sampled_from(["G", "F", None]),
        "C35": st.sampled_from(["F", "G"]),
        "C36": st.sampled_from([date(1985, 3, 5), date(1985, 5, 3)]),
        "C37": st.sampled_from(["MALE", "FEMALE"]),
        "C38": st.sampled_from(["YES", "NO"]),
    }
)
INTERVENTIONS = st.lists(
    st.fixed_dictionaries({"C45a": st.sampled_from(["PHARM", "PSYCH", "RECOVERY"]), "C45b": st.dates(STARTS, ENDS)}),
    max_size=2,
)
EDITS = st.lists(st.tuples(st.integers(0, ROWS - 1), ANSWERS, INTERVENTIONS), min_size=1, max_size=6)


def some_alike(area):
    """Two stays of one person, another with the same details, and somebody else."""
    same = {"P01": "Given", "P02": "Family"}
    yield client(area, P05="A0001BC", **same)
    yield client(area, P05="A0001BC", P11="2025-10-20", P06="2025-09-20", **same)
    yield client(area, P05="A0002BC", **same)
    yield client(area, P05="", P01="Somebody", P02="Else")


@pytest.fixture
def alike():
    """A sheet with two stays of one person, another person with the same details, and somebody else."""
    world = agree(accept_everything(make_audit()))
    area, same = world.pair_north.area, {"P01": "Given", "P02": "Family"}
    rows = [
        client(area, P05="A0001BC", **same),
        client(area, P05="A0001BC", P11="2025-10-20", P06="2025-09-20", **same),
        client(area, P05="A0002BC", **same),
        client(area, P05=None, P01="Somebody", P02="Else"),
    ]
    assert upload(world, rows).was_read
    world.sheet_north = sheets.release(world.pair_north, expires_on=EXPIRES_ON, by=world.prison, at=AT)
    return world


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_after_any_save_the_verdict_is_that_of_the_whole_sheet(alike, edits):
    sheet = alike.sheet_north
    ids = list(sheet.referrals.order_by("position").values_list("uuid", flat=True))

    for place, answers, interventions in edits:
        row = Referral.objects.get(uuid=ids[place])
        sheets.save_row(sheet, row.uuid, answers, interventions, revision=row.revision, by=alike.north, at=AT)
        assert kept_of(sheet) == judged_whole(sheet)


def a_row(number):
    """A row as a sheet holds it; some are alike, and their answers differ."""
    reference = f"A{number % 9}" if number % 5 else None
    answers = client("Y10B", number % 7 + 1, P11=STARTS + timedelta(number * 4 % 60), P05=reference)
    service = {"C32": ["NEW", "REOPENED", "NONE"][number % 3], "C33": STARTS + timedelta(number * 5 % 70)}
    who = {
        "C34": "GF"[number % 2],
        "C35": "F",
        "C36": date(1985, 3, 5),
        "C37": "MALE",
        "C48": f"Family{number % 9} came",
    }
    return answers | COMPLETE | service | who | {"P25": f"row {number}"}


ROWS_ALIKE = [a_row(number) for number in range(40)]
AUDIT = Audit(as_at=ENDS, starts=STARTS, ends=ENDS)


def test_a_rule_that_looks_across_rows_reads_nothing_but_the_columns_kept_for_it():
    ids = (*row_findings.ACROSS_COLUMNS, "P25")
    thin = [{id: row.get(id) for id in ids} for row in ROWS_ALIKE]

    whole, of_few_columns = check(rows_of(ROWS_ALIKE), AUDIT), check(rows_of(thin), AUDIT)

    for code in row_findings.ACROSS:
        assert whole.fired[code].any()
        assert np.array_equal(whole.fired[code], of_few_columns.fired[code])


def test_every_other_rule_says_of_a_row_alone_what_it_says_of_it_among_others():
    among_others = check(rows_of(ROWS_ALIKE), AUDIT)

    for place, row in enumerate(ROWS_ALIKE):
        alone = check(rows_of([row]), AUDIT)
        for code in among_others.fired.keys() - set(row_findings.ACROSS):
            assert alone.fired[code][0] == among_others.fired[code][place], code
            assert alone.severity_of(code, 0) is among_others.severity_of(code, place), code


def test_saving_a_row_asks_as_many_questions_of_a_long_sheet_as_of_a_short_one():
    counts = []
    for north in (2, 12):
        world = shared(north=north, south=1)
        row = world.sheet_north.referrals.order_by("position").first()
        with CaptureQueriesContext(connection) as asked:
            sheets.save_row(world.sheet_north, row.uuid, COMPLETE, [], revision=0, by=world.north, at=AT)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_what_the_portal_keeps_as_codes_is_not_said_to_be_codes():
    world = shared()
    fired = set(RowFinding.objects.filter(sheet=world.sheet_north).values_list("rule", flat=True))

    assert fired and not fired & {"EXT-12", "EXT-13"}
