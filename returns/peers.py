"""Figures of others, pooled by kind of organisation, in its region and in the country: frozen when a period opens."""

from collections import defaultdict

from returns import charts
from returns.models import Measure, PeerFigure, Period
from returns.statistics import Peers, Pooled


def freeze(period, return_type, at):
    """Keeps the pooled shares of the last period that had closed at `at`. One query over the covering index per measure."""
    last = last_closed(period, at)
    if last is None:
        return
    PeerFigure.objects.bulk_create(
        PeerFigure(
            period=period,
            measure=spec.key,
            kind=kind,
            region_id=region_id,
            numerator=pooled.numerator,
            denominator=pooled.denominator,
            organisations=pooled.organisations,
            spread=pooled.spread,
            taken_from=last,
        )
        for spec in return_type.measure_specs
        if spec.has_peers
        for (kind, region_id), pooled in pooled_in(last, spec.key).items()
    )


def last_closed(period, at):
    """The latest period before this one whose returns can change no more at `at`, or None."""
    earlier = Period.objects.filter(collection_id=period.collection_id, ends__lt=period.ends)
    return earlier.filter(opened_at__isnull=False, closes_at__lt=at).order_by("-ends").first()


def pooled_in(period, measure):
    """(kind, region) -> Pooled of a share in a period; the region None stands for the country."""
    rows = Measure.objects.filter(
        is_current=True, measure=measure, period=period, breakdown="", denominator__gt=0
    ).values_list("organisation__kind", "organisation__region", "numerator", "denominator")
    members = defaultdict(list)
    for kind, region_id, numerator, denominator in rows:
        for group in {(kind, region_id), (kind, None)}:
            members[group].append(charts.Member("", numerator, denominator))
    return {group: _pooled(some) for group, some in members.items()}


def _pooled(members):
    plot = charts.funnel(members, adjusted=True)
    numerator, denominator = (sum(getattr(member, name) for member in members) for name in ("numerator", "denominator"))
    return Pooled(numerator, denominator, len(members), plot.tau2)


def known_for(periods):
    """What was frozen for these periods: a function of (organisation, period) that gives measure -> Peers. One query."""
    frozen = defaultdict(dict)
    for row in PeerFigure.objects.filter(period_id__in=list(periods)).select_related("taken_from"):
        key = row.measure, row.kind, row.region_id
        frozen[row.period_id][key] = row.taken_from, _read(row)
    known = {}

    def of(organisation, period):
        group = period.pk, organisation.kind, organisation.region_id
        if group not in known:
            known[group] = _peers_in(frozen[period.pk], organisation.kind, organisation.region_id)
        return known[group]

    return of


def _read(row):
    return Pooled(row.numerator, row.denominator, row.organisations, row.spread)


def _peers_in(figures, kind, region_id):
    found = {}
    for (measure, its_kind, its_region), (taken_from, nation) in figures.items():
        if its_kind == kind and its_region is None:
            _, region = figures.get((measure, kind, region_id), (None, None)) if region_id else (None, None)
            found[measure] = Peers(taken_from.title, taken_from.ends, region, nation)
    return found
