"""Figures of others, pooled by kind of organisation, in its region and in the country: frozen when a period opens."""

from collections import defaultdict

from django.db.models import Q

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


def known_for(organisations, periods):
    """What was frozen for these: a function of (organisation, period) that gives measure -> Peers. One query."""
    kinds = {organisation.kind for organisation in organisations}
    regions = {organisation.region_id for organisation in organisations}
    rows = PeerFigure.objects.filter(
        Q(region=None) | Q(region__in=regions - {None}), period__in=list(periods), kind__in=kinds
    )
    frozen = defaultdict(dict)
    for period_id, kind, region_id, measure, title, ends, *figures in rows.values_list(
        *("period", "kind", "region", "measure", "taken_from__title", "taken_from__ends"),
        *("numerator", "denominator", "organisations", "spread"),
    ):
        frozen[period_id, kind, region_id][measure] = title, ends, Pooled(*figures)
    known = {}

    def of(organisation, period):
        group = period.pk, organisation.kind, organisation.region_id
        if group not in known:
            known[group] = _peers(frozen[*group[:2], None], frozen[group] if group[2] else {})
        return known[group]

    return of


def _peers(nation, region):
    """measure -> Peers, of what is known of the country and of the region."""
    nothing = None, None, None
    return {
        measure: Peers(title, ends, region.get(measure, nothing)[2], pooled)
        for measure, (title, ends, pooled) in nation.items()
    }
