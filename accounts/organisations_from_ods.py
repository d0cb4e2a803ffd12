"""Bringing the register of organisations up to what ODS files say; nothing is ever deleted."""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from accounts import ods
from accounts.models import TRUSTS, Organisation, OrganisationLink
from journal import events

Kind = Organisation.Kind

KINDS = {
    ods.Report.TRUSTS: Kind.NHS_TRUST,
    ods.Report.INDEPENDENT_PROVIDERS: Kind.INDEPENDENT_PROVIDER,
    ods.Report.COMMISSIONERS: Kind.CCG,
    ods.Report.PARTNERSHIPS: Kind.ICB,
}
FIELDS = ("name", "kind", "region", "opened_on", "closed_on")
BATCH = 1000


@dataclass
class Outcome:
    """What an import did: codes; for changed ones field -> (before, after); for regions made on the way their names."""

    created: list = field(default_factory=list)
    changed: dict = field(default_factory=dict)
    closed: list = field(default_factory=list)
    unchanged: int = 0
    left_out: int = 0
    regions: dict = field(default_factory=dict)
    successions: int = 0
    successions_passed_over: int = 0


@transaction.atomic
def bring_in(rows, successions=(), *, at):
    """Upserts organisations by code, the regions they name, and who succeeded whom among those that are known; returns an
    Outcome.
    """
    outcome = _bring_in_organisations(rows, at)
    _bring_in_successions(successions, outcome, at)
    return outcome


def _bring_in_organisations(rows, at):
    outcome = Outcome(left_out=sum(row.is_left_out for row in rows))
    rows = [row for row in rows if not row.is_left_out]
    regions = _regions({row.region for row in rows if row.region}, outcome)
    known = _known([row.code for row in rows])
    new, changed = [], []
    for row in rows:
        values = _values(row, regions)
        if row.code not in known:
            new.append(Organisation(code=row.code, **values))
        elif differences := _apply(known[row.code], values):
            changed.append(known[row.code])
            _note_change(outcome, row, differences)
        else:
            outcome.unchanged += 1
    Organisation.objects.bulk_create(new, batch_size=BATCH)
    # ten times as fast as bulk_update, which writes one long CASE for every field
    Organisation.objects.bulk_create(
        changed, batch_size=BATCH, update_conflicts=True, unique_fields=["code"], update_fields=FIELDS
    )
    outcome.created += [organisation.code for organisation in new]
    _record(outcome, at=at)
    return outcome


def _bring_in_successions(successions, outcome, at):
    """Links each successor to its predecessor from its day on; a corrected day replaces the earlier one."""
    codes = {code for row in successions for code in (row.predecessor, row.successor)}
    known = dict(Organisation.objects.filter(code__in=codes).values_list("code", "pk"))
    kind = OrganisationLink.Kind.SUCCESSOR_OF
    have = {
        (link.from_organisation_id, link.to_organisation_id): link
        for link in OrganisationLink.objects.filter(kind=kind, from_organisation__in=known.values())
    }
    new, changed, rows = [], [], {(row.predecessor, row.successor): row for row in successions}
    for row in rows.values():
        if row.predecessor not in known or row.successor not in known:
            outcome.successions_passed_over += 1
            continue
        pair, during = (known[row.successor], known[row.predecessor]), DateRange(row.on, None)
        link = have.get(pair) or OrganisationLink(from_organisation_id=pair[0], to_organisation_id=pair[1], kind=kind)
        if link.pk and link.during == during:
            continue
        link.during, link.source, link.edited_at = during, "ODS", at
        (changed if link.pk else new).append(link)
        events_of = {"predecessor": row.predecessor, "on": row.on.isoformat()}
        events.record("succession recorded from ODS", subject=("organisation", row.successor), at=at, detail=events_of)
    OrganisationLink.objects.bulk_create(new, batch_size=BATCH)
    OrganisationLink.objects.bulk_update(changed, ["during", "source", "edited_at"], batch_size=BATCH)
    outcome.successions = len(new) + len(changed)


def kind_of(row):
    """A trust is a foundation trust when its name says so; the file of trusts has no other sign."""
    if row.report is ods.Report.TRUSTS and "NHS FOUNDATION TRUST" in row.name.upper():
        return Kind.NHS_FOUNDATION_TRUST
    return KINDS[row.report]


def _regions(codes, outcome):
    """Region code -> organisation; those not known yet are made, named if England's list has them."""
    found = _known(codes)
    missing = sorted(codes - found.keys())
    made = [Organisation(code=code, name=ods.REGIONS.get(code, f"Region {code}"), kind=Kind.REGION) for code in missing]
    Organisation.objects.bulk_create(made)
    outcome.created += missing
    outcome.regions = {region.code: region.name for region in made}
    return found | {region.code: region for region in made}


def _known(codes):
    organisations = Organisation.objects.filter(code__in=codes).select_related("region").select_for_update(of=("self",))
    return {organisation.code: organisation for organisation in organisations}


def _values(row, regions):
    """What the row says of the organisation; where it names no region, nothing about one."""
    values = {"name": row.name, "kind": kind_of(row), "opened_on": row.opened_on, "closed_on": row.closed_on}
    return values | ({"region": regions[row.region]} if row.region else {})


def _apply(organisation, values):
    """Sets what differs; returns field -> (before, after). What kind of provider it is may be known better here."""
    if organisation.kind not in TRUSTS or values["kind"] not in TRUSTS:
        values = values | {"kind": organisation.kind}
    differences = {}
    for name, after in values.items():
        before = getattr(organisation, name)
        if before != after:
            differences[name] = (_shown(before), _shown(after))
            setattr(organisation, name, after)
    return differences


def _shown(value):
    if isinstance(value, Organisation):
        return value.code
    return value.isoformat() if hasattr(value, "isoformat") else value


def _note_change(outcome, row, differences):
    outcome.changed[row.code] = differences
    if row.closed_on and "closed_on" in differences:
        outcome.closed.append(row.code)


def _record(outcome, *, at):
    rows = [{"act": "organisation added from ODS", "code": code} for code in outcome.created]
    rows += [
        {"act": "organisation changed from ODS", "code": code, "detail": {"fields": sorted(differences)}}
        for code, differences in outcome.changed.items()
    ]
    events.record_many([{"subject": ("organisation", row.pop("code")), "at": at, **row} for row in rows])
