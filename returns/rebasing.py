"""Rebasing a chart: from a period on its limits are worked out anew, because the process is known to have changed."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from journal import events
from journal.refused import Refused
from returns.models import Measure, Period, Rebase


def known_of(organisation, return_type):
    """The rebases in force of an organisation's charts, oldest first."""
    rows = Rebase.objects.filter(organisation=organisation, return_type=return_type, taken_back_at=None)
    return rows.select_related("period", "set_by__person", "set_by__organisation").order_by("period__ends", "pk")


def periods_to_choose(organisation, spec, collection):
    """The periods from which the chart of a measure could count anew, newest first: those with a figure, but the first."""
    figures = Measure.objects.filter(
        is_current=True, measure=spec.reads[0], period=OuterRef("pk"), organisation=organisation, breakdown=""
    )
    with_figure = Period.objects.filter(Exists(figures), collection=collection).order_by("-ends")
    return list(with_figure)[:-1]


@transaction.atomic
def rebase(organisation, spec, *, period, reason, by, at):
    """From `period` on the chart of the measure has limits of its own. Raises Refused with a sentence."""
    reason = reason.strip()
    if not reason:
        raise Refused("Say what changed in the process.", "no_reason")
    if period not in periods_to_choose(organisation, spec, period.collection_id):
        raise Refused("Choose a quarter that has a figure, and one before it.", "no_figure")
    found, created = Rebase.objects.get_or_create(
        organisation=organisation,
        measure=spec.key,
        period=period,
        taken_back_at=None,
        defaults={"return_type": period.return_type, "reason": reason, "set_by": by, "set_at": at},
    )
    if not created:
        raise Refused("This chart already counts anew from that quarter.", "already")
    _event("chart rebased", found, by, at)
    return found


@transaction.atomic
def take_back(found, *, by, at):
    """The limits count on as before. What was taken back already stays so."""
    done = Rebase.objects.filter(pk=found.pk, taken_back_at=None).update(taken_back_by=by, taken_back_at=at)
    if not done:
        raise Refused("Somebody has taken this back already.", "already")
    _event("rebase taken back", found, by, at)


def _event(act, found, by, at):
    detail = {"organisation": found.organisation.code, "measure": found.measure, "period": found.period.key}
    events.record(act, subject=("rebase", found.pk), by=by, at=at, detail=detail)
