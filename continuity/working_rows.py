"""A sheet's rows between the tables, the rules and a version: how the kernel reads, keeps and judges them.

What identifies a person is laid over the rows from its own table, for rules and pages, and never goes into a version.
What follows from it, such as whether the attributors match, is kept with the row, so that the analysis outlives the purge.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import islice

import numpy as np
from django.db.models import Max, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from continuity import interventions, recording_rules
from continuity.audit_result import columns_as_json
from continuity.columns import COLUMNS, COMMUNITY_COLUMNS, Need, Party
from continuity.comments import personal_details
from continuity.engagement import Audit, code_of
from continuity.interventions import C45
from continuity.kept_answers import Collector, as_plain, from_plain, stored
from continuity.measures import Analysis
from continuity.models import Identity, Referral, Sheet, SpocEntry
from continuity.models.people import IDENTIFYING
from continuity.recording_rules import RULES, Severity
from continuity.rows import answered_by, rows_of, rows_with
from returns import workflow
from returns.columns import by_column, from_columns
from returns.return_type import MeasureRow
from returns.rules import Problem
from returns.rules import Severity as KernelSeverity

KEPT = tuple(id for id in COLUMNS if id not in IDENTIFYING)
SENT = {id for id, column in COLUMNS.items() if column.party is not Party.COMMUNITY}
SEVERITY = {
    Severity.BLOCK: KernelSeverity.ERROR,
    Severity.ERROR: KernelSeverity.WARNING,
    Severity.WARNING: KernelSeverity.WARNING,
    Severity.INFORMATION: KernelSeverity.NOTE,
}
DIGEST = "person"
DAYS = ("starts", "ends", "as_at")
BATCH = 4_000


@dataclass
class Filled:
    """The rows of a sheet: `about` the audit they belong to, and their answers by column (Answered, as the rules take them).
    Besides those of an audit, P25 is the row id, C45 the interventions as one answer, DIGEST what stands for the person.

    `computed` are the columns that follow from the answers, as they were when a version was frozen; empty before.
    """

    about: dict
    columns: dict
    computed: dict = field(default_factory=dict)

    def __len__(self):
        return len(self.columns["P25"])

    @cached_property
    def names(self):
        return self.columns["P25"].each()

    @cached_property
    def referrals(self):
        """The answers by column id for each row; what is not answered is left out."""
        ids = [id for id in self.columns if id != C45]
        rows = zip(*(self.columns[id].each() for id in ids), strict=True)
        return [{id: value for id, value in zip(ids, row, strict=True) if value is not None} for row in rows]

    @cached_property
    def interventions(self):
        """Those of all rows as they are stored, each with the id of its row (P25)."""
        rows = zip(self.names, self.columns[C45].each(), strict=True)
        return [one | {"P25": name} for name, given in rows for one in interventions.as_stored(given)]

    @cached_property
    def rows(self):
        """The same as the rules take them."""
        answers = {id: answered for id, answered in self.columns.items() if id in COLUMNS}
        return rows_with(answers, self.names, interventions.in_rows(self.columns[C45]))

    @cached_property
    def checked(self):
        """These rows with the rules that fired; they are checked once."""
        return recording_rules.check(self.rows, _audit(self.about))

    def given(self, columns):
        """The same rows with other answers in these columns."""
        return replace(self, columns=self.columns | columns, computed={})


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
        return Filled(_about(Audit(as_at=today, starts=period.starts, ends=period.ends)), _collected([]))
    return rows_on(sheet).filled


@dataclass(frozen=True)
class RowsOn:
    """All rows of a sheet, in its order, without an object for each: primary keys, places, revisions, and what they say."""

    ids: np.ndarray
    positions: np.ndarray
    revisions: np.ndarray
    filled: Filled

    def __len__(self):
        return len(self.ids)


FIELDS = ("uuid", "digest", "sent", "answers", "interventions")


def rows_on(sheet, only=None):
    """The rows of a sheet, or those with the primary keys `only`."""
    found = Referral.objects.filter(sheet=sheet) if only is None else Referral.objects.filter(sheet=sheet, pk__in=only)
    texts = {f"{name}_text": Cast(name, TextField()) for name in FIELDS}
    people = [f"identity__{name}" for name in IDENTIFYING.values()]
    found = found.order_by("position", "pk").annotate(**texts)
    found = found.values_list("pk", "position", "revision", *texts, *people).iterator(chunk_size=BATCH)
    places = []
    filled = Filled(_about(audit_of(sheet.audit, pair=sheet.pair)), _collected(_read_apart(found, places)))
    numbers = np.array(places, np.int64).reshape(-1, 3)
    return RowsOn(*numbers.T, filled)


def _read_apart(found, places):
    """Batches for `_collected` of rows with their JSON as text, read together; their numbers go to `places`."""
    while batch := list(islice(found, BATCH)):
        columns = list(zip(*batch, strict=True))
        places += zip(*columns[:3], strict=True)
        ids, digests, *texts = columns[3:8]
        yield ids, digests, *(json.loads(f"[{','.join(some)}]") for some in texts), *columns[8:]


def _collected(batches):
    """Columns from batches of rows: their row ids, digests, what was sent, answers, interventions, and what identifies the
    person, a sequence of each.
    """
    collectors = {id: Collector(COLUMNS.get(id)) for id in (*KEPT, *IDENTIFYING, DIGEST)}
    treated = []
    for ids, digests, sent, answers, interventions_given, *people in batches:
        given = {"P25": ids, DIGEST: digests} | dict(zip(IDENTIFYING, people, strict=True))
        for id, collector in collectors.items():
            values = given[id] if id in given else [row.get(id) for row in (sent if id in SENT else answers)]
            collector.take(values, len(ids))
        treated += map(interventions.in_order, interventions_given)
    return {id: collector.answered() for id, collector in collectors.items()} | {C45: answered_by(treated)}


def filled_of(rows, audit, begins=None):
    """Referrals (with their identity loaded) as rows for the rules, the measures and a version; with `begins`, answers by
    the row's pk, also what is not stored yet.
    """
    begins = begins or {}
    rows = [_row(row, begins.get(row.pk, {})) for row in rows]
    return Filled(_about(audit), _collected([zip(*rows, strict=True)] if rows else []))


def _row(referral, told):
    known = _identity_of(referral) | {id: answer for id, answer in told.items() if id in IDENTIFYING}
    begun = {id: stored(answer) for id, answer in told.items()}
    here = str(referral.uuid), referral.digest, referral.sent, referral.answers | begun, referral.interventions
    return *here, *(known.get(id) for id in IDENTIFYING)


def _identity_of(referral):
    identity = getattr(referral, "identity", None)
    return identity.answers() if identity else {}


def answers_of(referral):
    """All answers about a referral by column id, as they are stored, with the digest that stands for the person."""
    known = {id: stored(answer) for id, answer in _identity_of(referral).items()}
    return referral.sent | referral.answers | known | {"P25": str(referral.uuid), DIGEST: referral.digest}


def to_payload(filled):
    """What a version keeps: the columns without those that identify, and what follows from all of them."""
    treated = filled.rows.interventions
    treated = {"P25": filled.columns["P25"].at(treated.row)} | treated.columns
    computed = filled.computed or computed_of(filled)
    return {
        "about": filled.about,
        "columns": {id: as_plain(filled.columns[id]) for id in (*KEPT, DIGEST)},
        "interventions": {id: as_plain(answered) for id, answered in treated.items()},
        "computed": by_column({name: [_hashable(value) for value in values] for name, values in computed.items()}),
    }


def from_payload(data, submission):
    """The rows of a version; people are laid over them from their own table, while it holds them."""
    columns = {id: from_plain(plain, COLUMNS.get(id)) for id, plain in data["columns"].items()}
    names = columns["P25"].each()
    people = _identities(names, submission) if submission is not None else {}
    unknown = [None] * len(IDENTIFYING)
    known = zip(*(people.get(name, unknown) for name in names), strict=True) if names else [()] * len(IDENTIFYING)
    columns |= {
        id: answered_by(value or None for value in values) for id, values in zip(IDENTIFYING, known, strict=True)
    }
    treated = from_columns(data["interventions"])
    by_row = {}
    for row in zip(*treated.values(), strict=True):
        one = dict(zip(treated, row, strict=True))
        by_row.setdefault(one.pop("P25"), []).append(one)
    columns[C45] = answered_by([interventions.answer(by_row.get(name)) for name in names])
    return Filled(about=data["about"], columns=columns, computed=from_columns(data["computed"]))


def _identities(row_ids, submission):
    """What identifies the people of rows, in the order of IDENTIFYING, by row id. Most of them stand on the sheet still."""
    rows = Identity.objects.annotate(row_id=Cast("referral__uuid", TextField()))
    rows = rows.values_list("row_id", *IDENTIFYING.values())
    found = {row_id: values for row_id, *values in rows.filter(referral__sheet=submission.pk)}
    if elsewhere := set(row_ids) - found.keys():
        found |= {row_id: values for row_id, *values in rows.filter(referral__uuid__in=elsewhere)}
    return found


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
    return columns_as_json(filled.checked)


def check(filled, context):
    """The problems of a sheet. What is kept of them says which rule and which row, not what the row says."""
    checked = filled.checked
    for code in checked.workbook_rules:
        yield _problem(RULES[code], RULES[code].severity, "")
    names = checked.referrals.rows.names
    for code, fired in checked.fired.items():
        for row in fired.nonzero()[0].tolist():
            yield _problem(RULES[code], checked.severity_of(code, row), names[row])


def unanswered(filled):
    """By row id, the ids of the questions that a row still owes an answer to."""
    rows, found = filled.rows, {}
    for column in COMMUNITY_COLUMNS:
        if column.need is Need.OPTIONAL:
            continue
        asked = [rows.says(other, *keys) for other, keys in (*column.asked_if, *column.owed_if)]
        for row in np.flatnonzero(np.logical_and.reduce([rows.is_blank(column.id), *asked])).tolist():
            found.setdefault(rows.names[row], []).append(column.id)
    return found


def owes(filled):
    """What a sheet still needs before it is submitted, as a sentence; nothing where every row is complete."""
    owing = len(unanswered(filled))
    return still_owing(owing) if owing else ""


def still_owing(count):
    rows = "1 row still needs answers" if count == 1 else f"{count:,} rows still need answers"
    return f"{rows}. Complete every row before you submit the sheet."


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
