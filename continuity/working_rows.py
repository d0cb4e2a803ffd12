"""A sheet's rows between the tables, the rules and a version: how the kernel reads, keeps and judges them.

What identifies a person is laid over the rows from its own table, for rules and pages, and never goes into a version.
What follows from it, such as whether the attributors match, is kept with the row, so that the analysis outlives the purge.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
from django.db.models import Max
from django.utils import timezone

from continuity import recording_rules
from continuity.audit_result import columns_as_json
from continuity.columns import COLUMNS, INTERVENTION_COLUMNS, Kind, Party
from continuity.comments import personal_details
from continuity.engagement import Audit, code_of
from continuity.measures import Analysis
from continuity.models import Identity, Referral, Sheet, SpocEntry
from continuity.models.people import IDENTIFYING
from continuity.recording_rules import RULES, Severity
from continuity.rows import rows_by_column, rows_of
from returns import workflow
from returns.columns import by_column, from_columns
from returns.return_type import MeasureRow
from returns.rules import Problem
from returns.rules import Severity as KernelSeverity

KEPT = tuple(id for id in COLUMNS if id not in IDENTIFYING)
SENT = {id for id, column in COLUMNS.items() if column.party is not Party.COMMUNITY}
SEVERAL = {id for id, column in COLUMNS.items() if column.kind in {Kind.CHOICES, Kind.DELETIONS}}
SEVERITY = {
    Severity.BLOCK: KernelSeverity.ERROR,
    Severity.ERROR: KernelSeverity.WARNING,
    Severity.WARNING: KernelSeverity.WARNING,
    Severity.INFORMATION: KernelSeverity.NOTE,
}
DIGEST = "person"
DAYS = ("starts", "ends", "as_at")


@dataclass
class Filled:
    """The rows of a sheet: `about` the audit they belong to, answers as a list for each column id (as they are stored,
    several choices as a tuple), interventions by P25.

    `computed` are the columns that follow from the answers, as they were when a version was frozen; empty before.
    """

    about: dict
    columns: dict
    interventions: list
    computed: dict = field(default_factory=dict)

    def __len__(self):
        return len(self.columns["P25"])

    @cached_property
    def referrals(self):
        """The answers by column id for each row; what is not answered is left out."""
        rows = zip(*self.columns.values(), strict=True)
        return [{id: value for id, value in zip(self.columns, row, strict=True) if value is not None} for row in rows]

    @cached_property
    def rows(self):
        """The same as the rules take them."""
        return rows_by_column(self.columns, self.interventions)

    @cached_property
    def checked(self):
        """These rows with the rules that fired; they are checked once."""
        return checked_of(self)


def stored(answer):
    """An answer as JSON holds it; `columns.read` takes it back."""
    if isinstance(answer, date):
        return answer.isoformat()
    return list(answer) if isinstance(answer, tuple) else answer


def area_of(answers):
    """The DAT code of the exit destination."""
    return code_of(answers.get("P13"))


# The audit as the rules see it


def audit_of(audit, *, prison_id=None, pair=None, today=None):
    """The audit's facts for the rules: of one pair, or of all areas of a prison (or of everybody)."""
    pairs = [pair] if pair else audit.pairs.select_related("area", "prison")
    pairs = [item for item in pairs if prison_id in (None, item.prison_id)]
    areas = tuple(sorted({item.area.dat_code for item in pairs}))
    return Audit(
        as_at=today or timezone.localdate(),
        reference=str(audit.uuid),
        prisons=tuple(sorted({item.prison.name for item in pairs})),
        areas=areas,
        recipient=pair.area.dat_code if pair else "",
        starts=audit.period.starts,
        ends=audit.period.ends,
        has_sharing_agreement=audit.agreements.exists(),
        spoc_confirmed=_spoc_confirmed(areas),
    )


def _spoc_confirmed(areas):
    """The day on which the single point of contact of each area was last confirmed, by DAT code; without an entry, none."""
    entries = SpocEntry.objects.filter(areas__dat_code__in=areas).order_by()
    found = entries.values_list("areas__dat_code").annotate(last=Max("confirmed_at"))
    return {area: timezone.localdate(last) for area, last in found}


def _about(audit):
    return {
        "reference": audit.reference,
        "prisons": list(audit.prisons),
        "areas": list(audit.areas),
        "recipient": audit.recipient,
        "has_sharing_agreement": audit.has_sharing_agreement,
        "spoc_confirmed": {area: day.isoformat() for area, day in (audit.spoc_confirmed or {}).items()},
        **{name: getattr(audit, name).isoformat() for name in DAYS},
    }


def _audit(about):
    days = {name: date.fromisoformat(about[name]) for name in DAYS}
    lists = {name: tuple(about[name]) for name in ("prisons", "areas")}
    confirmed = about.get("spoc_confirmed", {}).items()
    confirmed = {area: date.fromisoformat(day) for area, day in confirmed}
    return Audit(**about | days | lists | {"spoc_confirmed": confirmed})


# What the kernel asks


def read(submission):
    """The sheet's rows as they are now, people included as far as one may see them."""
    sheet = Sheet.objects.select_related("audit__period", "pair__area", "pair__prison").filter(pk=submission.pk).first()
    if sheet is None:
        today, period = timezone.localdate(), submission.period
        return Filled(_about(Audit(as_at=today, starts=period.starts, ends=period.ends)), _by_column([]), [])
    return _filled(sheet, audit_of(sheet.audit, pair=sheet.pair))


def _filled(sheet, audit):
    """All rows of a sheet, without an object for each."""
    names = [f"identity__{name}" for name in IDENTIFYING.values()]
    found = Referral.objects.filter(sheet=sheet).order_by("position", "pk")
    found = list(found.values_list("uuid", "digest", "sent", "answers", "interventions", *names))
    uuids, digests, sent, answers, interventions, *people = list(zip(*found, strict=True)) or [()] * (5 + len(names))
    ids = [str(uuid) for uuid in uuids]
    columns = {id: [row.get(id) for row in (sent if id in SENT else answers)] for id in KEPT}
    columns |= {id: [stored(value) or None for value in values] for id, values in zip(IDENTIFYING, people, strict=True)}
    columns |= {"P25": ids, DIGEST: list(digests)}
    treatments = [given | {"P25": id} for id, some in zip(ids, interventions, strict=True) for given in some]
    return Filled(_about(audit), with_tuples(columns), treatments)


def _by_column(rows):
    return with_tuples({id: [row.get(id) for row in rows] for id in (*COLUMNS, DIGEST)})


def with_tuples(columns):
    """Lists of choices, as JSON gives them, as tuples."""
    for id in SEVERAL & columns.keys():
        columns[id] = [_hashable(value) for value in columns[id]]
    return columns


def filled_of(rows, audit, begins=None):
    """Referrals (with their identity loaded) as rows for the rules, the measures and a version; with `begins`, answers by
    the row's pk, also what is not stored yet.
    """
    rows = list(rows)
    begun = {pk: {id: stored(answer) for id, answer in told.items()} for pk, told in (begins or {}).items()}
    interventions = [given | {"P25": str(row.uuid)} for row in rows for given in row.interventions]
    return Filled(_about(audit), _by_column([answers_of(row) | begun.get(row.pk, {}) for row in rows]), interventions)


def answers_of(referral):
    """All answers about a referral by column id, as they are stored, with the digest that stands for the person."""
    identity = getattr(referral, "identity", None)
    known = {id: stored(answer) for id, answer in identity.answers().items()} if identity else {}
    return referral.sent | referral.answers | known | {"P25": str(referral.uuid), DIGEST: referral.digest}


def to_payload(filled):
    """What a version keeps: the columns without those that identify, and what follows from all of them."""
    columns = {id: filled.columns[id] for id in (*KEPT, DIGEST)}
    interventions = {id: [row.get(id) for row in filled.interventions] for id in ("P25", *INTERVENTION_COLUMNS)}
    computed = filled.computed or computed_of(filled)
    return {
        "about": filled.about,
        "columns": by_column(columns),
        "interventions": by_column(interventions),
        "computed": by_column({name: [_hashable(value) for value in values] for name, values in computed.items()}),
    }


def from_payload(data, submission):
    """The rows of a version; people are laid over them from their own table, while it holds them."""
    columns = with_tuples(from_columns(data["columns"]))
    known = _identities(columns["P25"]) if submission is not None else {}
    for place, id in enumerate(IDENTIFYING):
        columns[id] = [known[name][place] if name in known else None for name in columns["P25"]]
    interventions = from_columns(data["interventions"])
    return Filled(
        about=data["about"],
        columns=columns,
        interventions=[
            dict(zip(interventions, values, strict=True)) for values in zip(*interventions.values(), strict=True)
        ],
        computed=from_columns(data["computed"]),
    )


def _identities(row_ids):
    """What identifies the people of rows, in the order of IDENTIFYING, by row id."""
    rows = Identity.objects.filter(referral__uuid__in=row_ids).values_list("referral__uuid", *IDENTIFYING.values())
    return {str(uuid): [stored(value) or None for value in values] for uuid, *values in rows}


def checked_of(filled):
    """The rows with the rules that fired."""
    return recording_rules.check(filled.rows, _audit(filled.about))


def whose_comment_identifies(referrals, comments):
    """Those of the referrals whose comment (by primary key) names the person, or gives a reference or a date of birth
    (SEC-01).
    """
    people = [row.identity.answers() | {"P25": row.pk, "C48": comments[row.pk]} for row in referrals]
    found = personal_details(rows_of(people, columns=IDENTIFYING)).tolist()
    return [row for row, identifies in zip(referrals, found, strict=True) if identifies]


def computed_of(filled):
    """X01 to X10 and the codes of the rules, by name, one value for each row."""
    if not len(filled):
        return {}
    clients = np.unique(filled.checked.referrals.client, return_inverse=True)[1]
    return columns_as_json(filled.checked) | {"client": clients.tolist()}


def check(filled, context):
    """The problems of a sheet. What is kept of them says which rule and which row, not what the row says."""
    checked = filled.checked
    for code in checked.workbook_rules:
        yield _problem(RULES[code], RULES[code].severity, "")
    names = checked.referrals.rows.names
    for code, fired in checked.fired.items():
        for row in fired.nonzero()[0].tolist():
            yield _problem(RULES[code], checked.severity_of(code, row), names[row])


def said_of_any_row(rule):
    """A rule's message and remedy without what its placeholders would say of one row."""
    message = rule.message if "{" not in rule.message else f"{rule.title[:1].upper()}{rule.title[1:]}."
    return message, rule.remedy if "{" not in rule.remedy else ""


def _problem(rule, severity, row):
    message, remedy = said_of_any_row(rule)
    return Problem(
        rule.code,
        SEVERITY[severity],
        rule.columns,
        message,
        remedy=remedy,
        row_ref=row,
        fingerprint=f"{rule.code} {row}"[:32],
    )


def measures(filled, context):
    """M01 to M44 of a sheet. They are shown to others under the disclosure policy alone."""
    if not len(filled):
        return []
    found = Analysis(filled.checked).measures
    return [
        MeasureRow(id, figure.numerator, figure.denominator)
        for id, figure in found.items()
        if hasattr(figure, "numerator")
    ]


def _hashable(value):
    return tuple(value) if isinstance(value, list) else value


# When the prison's record changes under a sheet


def judge_again(sheets):
    """Runs the rules again over sheets whose rows the prison changed, as far as they are still being completed."""
    for sheet in sheets:
        workflow.judge_rows_again(sheet.submission)
