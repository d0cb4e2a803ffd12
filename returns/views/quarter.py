"""The commissioner's first page: who has not submitted, what waits for review, what is below target."""

from django.db.models import Case, Count, IntegerField, Q, Value, When
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.lists import page_of
from accounts.roles import Reach
from returns import outgoing
from returns.csv_table import csv_table
from returns.models import Period, Submission
from returns.models.reviews import verdict_on
from returns.scoring import Overall
from returns.views.access import require

Status = Submission.Status
NOT_SUBMITTED = Q(status__in=Submission.WITH_OWNER, first_submitted_at=None)
TO_REVIEW = Q(status__in=Submission.WITH_RECIPIENT, current_version__checking__state="PASSED")
BELOW_TARGET = Q(standing_version__score__overall__in=[Overall.AMBER, Overall.RED])
WITH_PROVIDER = Q(status__in=Submission.WITH_OWNER, first_submitted_at__isnull=False)

FILTERS = {
    "not-submitted": ("Not submitted", NOT_SUBMITTED),
    "to-review": ("To review", TO_REVIEW),
    "below-target": ("Below target", BELOW_TARGET),
    "sent-back": ("With the provider again", WITH_PROVIDER),
    "accepted": ("Accepted", Q(status=Status.ACCEPTED)),
}
SORTS = {
    "name": ("subject__name",),
    "status": ("waiting_rank", "subject__name"),
    "submitted": ("first_submitted_at", "subject__name"),
    "score": ("score_rank", "subject__name"),
}


@require_GET
def quarter(request):
    """Four numbers that are links, then one row for each provider."""
    require_onlooker(request)
    period, choices = period_asked(request)
    rows = _rows(request, period)
    counts = rows.aggregate(
        owed=Count("pk", filter=~Q(status=Status.NOT_REQUIRED)),
        **{name.replace("-", "_"): Count("pk", filter=condition) for name, (_, condition) in FILTERS.items()},
    )
    chosen, sort = request.GET.get("show", ""), request.GET.get("sort", "status")
    if chosen in FILTERS:
        rows = rows.filter(FILTERS[chosen][1])
    words = request.GET.get("q", "").strip()[:80]
    if words:
        rows = rows.filter(Q(subject__name__icontains=words) | Q(subject__code__istartswith=words))
    return render(
        request,
        "returns/quarter.html",
        {
            "period": period,
            "periods": choices,
            "counts": counts,
            "page": page_of(request, _sorted(rows, sort)),
            "chosen": chosen,
            "chosen_title": FILTERS[chosen][0] if chosen in FILTERS else "",
            "filters": [(key, title) for key, (title, _) in FILTERS.items()],
            "sort": sort,
            "words": words,
            "now": timezone.now(),
        },
    )


def require_onlooker(request):
    require(request.seat is not None and request.seat.reach in (Reach.RECEIVED, Reach.REGION, Reach.EVERYTHING))


def period_asked(request):
    """The period asked for, else the latest open one; with all that have been opened, newest first."""
    return_type = request.seat.role_spec.return_type
    choices = Period.objects.filter(opened_at__isnull=False).select_related("collection").order_by("-ends", "pk")
    if return_type:
        choices = choices.filter(collection__return_type=return_type)
    choices = list(choices[:60])
    asked = request.GET.get("period") or request.POST.get("period")
    return next((item for item in choices if item.key == asked), choices[0] if choices else None), choices


def _rows(request, period):
    return Submission.objects.visible_to(request.seat).filter(period=period)


def _sorted(rows, sort):
    key = sort.removeprefix("-")
    if key not in SORTS:
        sort = key = "status"
    ranks = {
        "waiting_rank": _rank((TO_REVIEW, 0), (NOT_SUBMITTED, 1), (WITH_PROVIDER, 2)),
        "score_rank": _rank(
            *(
                (Q(standing_version__score__overall=overall), rank)
                for rank, overall in enumerate(("RED", "AMBER", "GREEN"))
            )
        ),
    }
    order = [f"-{name}" if sort.startswith("-") else name for name in SORTS[key]]
    return rows.for_list().annotate(**ranks, verdict=verdict_on("standing_version")).order_by(*order, "pk")


def _rank(*conditions):
    cases = [When(condition, then=Value(rank)) for condition, rank in conditions]
    return Case(*cases, default=Value(len(cases)), output_field=IntegerField())


COLUMNS = (
    "organisation_code",
    "organisation_name",
    "status",
    "first_submitted_at",
    "late",
    "version",
    "score",
    "verdict",
)


@require_GET
def download(request):
    """The quarter's list as CSV, with everything the page would show on all its pages."""
    require_onlooker(request)
    period, _ = period_asked(request)
    rows = list(_sorted(_rows(request, period), "name"))
    body = csv_table(COLUMNS, map(_line, rows))
    name = f"{period.return_type}-{period.key}.csv" if period else "returns.csv"
    outgoing.send_out(
        kind="quarter list",
        name=name,
        data=body,
        recipient=request.seat.organisation.name,
        policy="party to the returns",
        rows=len(rows),
        versions=[row.standing_version for row in rows if row.standing_version],
        by=request.seat,
        at=timezone.now(),
    )
    return HttpResponse(
        body, content_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _line(row):
    version = row.standing_version
    score = getattr(version, "score", None)
    return (
        row.subject.code,
        row.subject.name,
        row.get_status_display(),
        timezone.localtime(row.first_submitted_at).isoformat() if row.first_submitted_at else "",
        "yes" if row.was_late else "no",
        version.number if version else "",
        score.overall if score else "",
        row.verdict or "",
    )
