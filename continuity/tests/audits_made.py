"""Referrals of invented people for tests: one that is as it should be, and what differs from it."""

import io
from datetime import date, timedelta

import xlsxwriter

from continuity.columns import COLUMNS, INTERVENTION_COLUMNS
from continuity.engagement import Audit
from continuity.recording_rules import check
from continuity.rows import rows_of

EXIT = date(2018, 3, 1)
AUDIT = Audit(
    as_at=date(2018, 6, 1),
    reference="Invented audit",
    prisons=("HMP Invented",),
    areas=("A10B", "A09B"),
    recipient="A10B",
    starts=date(2018, 1, 1),
    ends=date(2018, 3, 31),
    has_sharing_agreement=True,
)


def day(number):
    """The day so many days after the exit."""
    return EXIT + timedelta(number)


GOOD = {
    "P01": "Samuel",
    "P02": "Sample",
    "P03": date(1980, 3, 5),
    "P04": "Male",
    "P05": "A1234BC",
    "P06": day(-93),
    "P07": "Heroin",
    "P08": "Alcohol",
    "P10": "Transferred - not in custody",
    "P11": EXIT,
    "P12": "Released",
    "P13": "A10B",
    "P14": "Referred to structured treatment provider",
    "P15": "HMP Invented",
    "P16": EXIT,
    "P18": "Planned",
    "P22": "Secure e-mail (CJSM)",
    "P24": "Yes",
    "C01": "Yes",
    "C02": day(-10),
    "C03": "Secure e-mail (CJSM)",
    "C04": "Yes",
    "C05": "Yes",
    "C07": "Yes",
    "C08": EXIT,
    "C10": "Yes",
    "C11": "Yes",
    "C12": "Yes",
    "C13": "No",
    "C14": "Yes",
    "C15": "No",
    "C17": "In-reach visit",
    "C18": day(-7),
    "C19": "Dedicated in-reach team",
    "C20": "Yes appointment",
    "C21": day(2),
    "C24": "Attended",
    "C25": day(2),
    "C30": "Yes structured",
    "C32": "New",
    "C33": day(4),
    "C34": "S",
    "C35": "S",
    "C36": date(1980, 3, 5),
    "C37": "Male",
    "C38": "No",
    "C46": day(9),
    "C47": day(40),
    "C49": "Recovery worker, 2018-05-20",
}
STARTED = {"C45a": "Psychosocial", "C45b": day(9)}
REOPENED = {
    "C32": "Re-opened",
    "C33": None,
    "C38": "Yes",
    "C39": date(2018, 2, 12),
    "C40": "Prison",
    "C41": "Yes",
    "C42": date(2018, 2, 12),
    "C43": date(2018, 2, 12),
    "C44": "Yes; Yes; Yes",
    "C46": None,
    "P06": date(2018, 2, 12),
}


def referral(number=1, **changes):
    """A referral that breaks no rule, but for what is said of it."""
    return GOOD | {"P25": f"row-{number}", "P05": f"A{number:04}BC"} | changes


def checked(*referrals, interventions=None, audit=AUDIT):
    """The rules over referrals; each has one structured intervention in time unless told otherwise."""
    if interventions is None:
        interventions = [STARTED | {"P25": row["P25"]} for row in referrals]
    return check(rows_of(referrals, interventions), audit)


def treated(*interventions):
    """Interventions of row-1: pairs of a type and a start."""
    return [{"P25": "row-1", "C45a": kind, "C45b": start} for kind, start in interventions]


def workbook(referrals, interventions=(), *, audit=AUDIT, more=(), columns=tuple(COLUMNS), headings=None, sheets=None):
    """The bytes of an audit workbook; `columns` in that order, `more` are further lines of the sheet Audit."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as file:
        content = {
            "Audit": [*audit_lines(audit), *more],
            "Referrals": table(headings or {id: COLUMNS[id].heading for id in columns}, referrals),
            "Interventions": table(
                {"P25": "P25 Row id"} | {id: column.heading for id, column in INTERVENTION_COLUMNS.items()},
                interventions,
            ),
        }
        for title in sheets or content:
            sheet = file.add_worksheet(title)
            for number, row in enumerate(content.get(title, ())):
                sheet.write_row(number, 0, row)
    return buffer.getvalue()


def audit_lines(audit):
    yield "Audit reference", audit.reference
    yield "Prison", "; ".join(audit.prisons)
    yield "Local authorities", "; ".join(audit.areas)
    yield "Recipient", audit.recipient
    yield "Period start", audit.starts
    yield "Period end", audit.ends
    yield "As at", audit.as_at
    yield "Information sharing agreement", "Yes" if audit.has_sharing_agreement else "No"


def table(headings, rows):
    return [list(headings.values()), *([row.get(id) for id in headings] for row in rows)]
