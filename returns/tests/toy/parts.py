"""A return type whose content is rows: the parts of a toy, with who made each, which is nobody else's business and never
enters a version. No signature, no review, and no warning asks for a reason."""

from accounts.roles import Act, Reach, Role
from returns.columns import by_column, from_columns
from returns.needs import Need
from returns.return_type import Beside, MeasureRow, ReturnType, RowsSpec, Signature
from returns.rules import Problem, RuleBook, Severity
from returns.tests.toy.models import ToyPart

NAMES = ("key", "colour", "weight", "is_spare", "maker")
KEPT = NAMES[:-1]


def read(submission):
    rows = ToyPart.objects.filter(submission=submission).order_by("key").values_list(*NAMES)
    columns = list(zip(*rows, strict=True)) or [()] * len(NAMES)
    return dict(zip(NAMES, map(list, columns), strict=True))


def to_payload(rows):
    return {"about": {"made_of": "parts"}, "columns": by_column({name: rows[name] for name in KEPT})}


def from_payload(data, submission):
    rows = from_columns(data["columns"])
    makers = dict(ToyPart.objects.filter(submission=submission).values_list("key", "maker"))
    return rows | {"maker": [makers.get(key) for key in rows["key"]]}


def check(rows, context):
    for key, weight, maker in zip(rows["key"], rows["weight"], rows["maker"], strict=True):
        if weight > 100:
            yield Problem("PAR-01", Severity.ERROR, ("weight",), "This part is too heavy.", row_ref=key)
        if not maker:
            yield Problem("PAR-02", Severity.WARNING, ("maker",), "Nobody knows who made this.", row_ref=key)


OWNER = Role("PARTS_OWNER", "Owner of parts", Reach.OWN, frozenset({Act.FILL_IN, Act.SEND_FOR_SIGN_OFF}), "parts")


def menu(seat):
    return [("Spare parts", "/spare/")] if seat.role == OWNER.key else []


def needs(seat, at):
    return [Need("Oil the hinges", "/hinges/", "Due")] if seat.role == OWNER.key else []


PARTS = ReturnType(
    slug="parts",
    title="Parts of a toy",
    short_title="Parts",
    roles=(OWNER,),
    rulebook=RuleBook("parts-1"),
    owes=lambda kind, traits: False,
    rows=RowsSpec(read, to_payload, from_payload, check, page="returns:export"),
    measures=lambda rows, context: [MeasureRow("spare", sum(rows["is_spare"]), len(rows["key"]))],
    signature=lambda kind, settings: Signature.NONE,
    asks_reasons=False,
    beside=Beside(menu=(f"{__name__}.menu",), needs=(f"{__name__}.needs",)),
)
