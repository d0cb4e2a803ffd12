"""The first page of commissioners and regions: who has not submitted, what waits for review, what is below target."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.lists import page_of
from accounts.roles import Act, Reach
from returns import completeness, non_submitters, outgoing, permissions, reminders
from returns.csv_table import csv_table
from returns.models import Collection, Escalation, Finding, Period, Reminder, Review, Submission
from returns.models.reviews import verdict_on
from returns.registry import type_of
from returns.rules import Severity
from returns.scoring import Overall
from returns.views.access import require

Status = Submission.Status
OWED, NOT_SUBMITTED = completeness.OWED, completeness.MISSING
TO_REVIEW = Q(status__in=Submission.WITH_RECIPIENT, current_version__checking__state="PASSED")
BELOW_TARGET = OWED & Q(standing_version__score__overall__in=[Overall.AMBER, Overall.RED])
WITH_WARNINGS = OWED & Exists(
    Finding.objects.filter(version=OuterRef("standing_version"), severity=Severity.WARNING.value)
)
WITH_PROVIDER = Q(status__in=Submission.WITH_OWNER, first_submitted_at__isnull=False)

FILTERS = {
    "not-submitted": ("Not submitted", NOT_SUBMITTED),
    "to-review": ("To review", TO_REVIEW),
    "below-target": ("Below target", BELOW_TARGET),
    "escalated": ("Escalated", None),  # as far as the seat sees it: see _condition
    "with-warnings": ("With warnings", WITH_WARNINGS),
    "sent-back": ("With the provider again", WITH_PROVIDER),
    "accepted": ("Accepted", Q(status=Status.ACCEPTED)),
}
# The numbers at the top of the page, each a link to its filter
FIGURES = ("not-submitted", "to-review", "below-target", "escalated")
SORTS = {
    "name": ("subject__name",),
    "status": ("waiting_rank", "subject__name"),
    "submitted": ("first_submitted_at", "subject__name"),
    "warnings": ("warnings", "subject__name"),
    "score": ("score_rank", "subject__name"),
}
ORDERS = {
    "status": "what waits for you",
    "name": "names",
    "-submitted": "submission, latest first",
    "-warnings": "warnings, most first",
    "score": "scores, lowest first",
}


@require_GET
def quarter(request):
    """Four numbers that are links, then one row for each provider."""
    require_onlooker(request)
    period, choices = period_asked(request)
    rows, now = _rows(request, period), timezone.now()
    chosen, sort, words = _chosen(request)
    wanted = _wanted(request, chosen, words)
    counts = rows.aggregate(
        listed=Count("pk", filter=wanted),
        **completeness.totals(now),
        being_checked=Count("pk", filter=NOT_SUBMITTED & Q(status__in=Submission.WITH_RECIPIENT)),
        **{f"show-{key}": Count("pk", filter=_condition(key, request.seat)) for key in FIGURES},
        with_warnings=Count("pk", filter=WITH_WARNINGS),
    )
    listed = _sorted(rows.filter(wanted), sort)
    return render(
        request,
        "returns/quarter.html",
        {
            "is_answered": period is None or type_of(period).rows is None,
            "period": period,
            "periods": choices,
            "counts": counts,
            "can_choose_reviewing": period and permissions.can_choose_reviewing(request.seat, period.collection),
            "figures": [(key, FILTERS[key][0], counts[f"show-{key}"]) for key in FIGURES],
            "page": _page(request, listed, counts["listed"], period, _before(period, choices)),
            "chosen": chosen,
            "chosen_title": FILTERS[chosen][0] if chosen in FILTERS else "",
            "filters": [(key, title) for key, (title, _) in FILTERS.items()],
            "sort": sort,
            "sorts": list(ORDERS.items()),
            "words": words,
            "list_query": urlencode({"period": period.key if period else "", "show": chosen, "q": words}),
            "by_commissioner": completeness.by_commissioner(rows, now) if _looks_on_many(request) else [],
            "can_remind": chosen == "not-submitted" and _can_remind(request, period),
            "now": now,
        },
    )


def require_onlooker(request):
    require(request.seat is not None and request.seat.reach in (Reach.RECEIVED, Reach.REGION, Reach.EVERYTHING))


def _looks_on_many(request):
    """Whether the seat looks on the returns of several commissioners."""
    return request.seat.reach in (Reach.REGION, Reach.EVERYTHING)


def _can_remind(request, period):
    """Who reviews the returns of a period reminds those who owe them."""
    return (
        period is not None and request.seat.reach is Reach.RECEIVED and request.seat.may(Act.REVIEW, period.return_type)
    )


def period_asked(request):
    """The period asked for, else the latest open one; with all that have been opened, newest first."""
    return_type = request.seat.role_spec.return_type
    choices = Period.objects.filter(opened_at__isnull=False).select_related("collection").defer("standards")
    choices = choices.order_by("-ends", "pk")
    if return_type:
        choices = choices.filter(collection__return_type=return_type)
    else:
        choices = choices.filter(collection__key=Collection.NATIONAL)
    choices = list(choices[:60])
    asked = request.GET.get("period") or request.POST.get("period")
    return next((item for item in choices if item.key == asked), choices[0] if choices else None), choices


def _rows(request, period):
    """The seat's returns of the period; a region's are those of its organisations when the period opened."""
    rows = Submission.objects.visible_to(request.seat).filter(period=period)
    return rows.filter(region=request.seat.organisation_id) if request.seat.reach is Reach.REGION else rows


def _condition(key, seat):
    return FILTERS[key][1] or Q(_is_escalated(seat))


def _is_escalated(seat):
    """Whether the seat sees an open escalation of the provider, whichever quarter it was raised about."""
    about = {"provider": OuterRef("subject"), "return_type": OuterRef("period__collection__return_type")}
    return Exists(Escalation.objects.visible_to(seat).open().filter(**about))


def _chosen(request):
    chosen = request.GET.get("show", "")
    return (
        chosen if chosen in FILTERS else "",
        request.GET.get("sort", "status"),
        request.GET.get("q", "").strip()[:80],
    )


def _wanted(request, chosen, words):
    """The condition on the rows that are listed."""
    wanted = _condition(chosen, request.seat) if chosen else Q()
    return wanted & (Q(subject__name__icontains=words) | Q(subject__code__istartswith=words)) if words else wanted


def _sorted(rows, sort):
    key = sort.removeprefix("-")
    if key not in SORTS:
        sort = key = "status"
    needed = {name: RANKS[name]() for name in SORTS[key] if name in RANKS}
    order = [f"-{name}" if sort.startswith("-") else name for name in SORTS[key]]
    return rows.annotate(**needed).order_by(*order, "pk")


def _waiting_rank():
    return _rank((TO_REVIEW, 0), (NOT_SUBMITTED, 1), (WITH_PROVIDER, 2))


def _score_rank():
    scores = enumerate((Overall.RED, Overall.AMBER, Overall.GREEN))
    return _rank(*((Q(standing_version__score__overall=overall), rank) for rank, overall in scores))


def _rank(*conditions):
    cases = [When(condition, then=Value(rank)) for condition, rank in conditions]
    return Case(*cases, default=Value(len(cases)), output_field=IntegerField())


def _warnings():
    found = Finding.objects.filter(version=OuterRef("standing_version"), severity=Severity.WARNING.value)
    return Coalesce(Subquery(found.order_by().values("version").annotate(n=Count("pk")).values("n")), 0)


RANKS = {"waiting_rank": _waiting_rank, "score_rank": _score_rank, "warnings": _warnings}


def _page(request, listed, count, period, before):
    """The page asked for. What a row shows is read for the fifty that are shown, not for all that are sorted."""
    page = page_of(request, listed.values_list("pk", flat=True), count)
    pks = list(page.object_list)
    rows = _for_page(request, Submission.objects.filter(pk__in=pks), before).in_bulk()
    for row in rows.values():
        row.period = period
    page.object_list = [rows[pk] for pk in pks]
    return page


def _for_page(request, rows, before):
    """With what changed: the score of the period before, whether it came again after it went back, the last reminder."""
    earlier = Submission.objects.filter(
        subject=OuterRef("subject"), subject_key=OuterRef("subject_key"), period=before
    ).values("standing_version__score__overall")
    went_back = Review.objects.filter(version__submission=OuterRef("pk"), outcome=Review.Outcome.SENT_BACK)
    reminded = Reminder.objects.filter(submission=OuterRef("pk")).order_by("-on").values("on")
    return rows.select_related("subject", "current_version__checking", "standing_version__score").annotate(
        warnings=_warnings(),
        verdict=verdict_on("standing_version"),
        score_before=Subquery(earlier[:1]),
        went_back=Exists(went_back),
        is_escalated=_is_escalated(request.seat),
        reminded_on=Subquery(reminded[:1]),
    )


def _before(period, choices):
    """The period before this one in its collection, among those that have been opened; or None."""
    if period is None:
        return None
    earlier = [item for item in choices if item.collection_id == period.collection_id and item.ends < period.ends]
    return max(earlier, key=lambda item: item.ends, default=None)


COLUMNS = (
    *("organisation_code", "organisation_name", "status", "first_submitted_at", "late", "version", "warnings"),
    *("score", "verdict"),
)


@require_POST
def download(request):
    """The quarter's list as CSV: all pages of what the page shows."""
    require_onlooker(request)
    period, _ = period_asked(request)
    chosen, _, words = _chosen(request)
    rows = _sorted(_rows(request, period).filter(_wanted(request, chosen, words)), "name").for_list()
    rows = list(rows.annotate(warnings=_warnings(), verdict=verdict_on("standing_version")))
    body = csv_table(COLUMNS, map(_line, rows))
    name = "-".join(filter(None, [period.return_type, period.key, chosen])) + ".csv" if period else "returns.csv"
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
    return _as_file(name, body)


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
        row.warnings if version else "",
        score.overall if score else "",
        row.verdict or "",
    )


def _as_file(name, body):
    return HttpResponse(
        body, content_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_POST
def download_non_submitters(request):
    """Who has not submitted, with whom to ask: of the seat's own returns alone."""
    require_onlooker(request)
    period, _ = period_asked(request)
    if period is None:
        messages.error(request, "No quarter has been opened yet.")
        return redirect("returns:quarter")
    name, data = non_submitters.send_list(period, _rows(request, period), by=request.seat, at=timezone.now())
    return _as_file(name, data)


def remind(request):
    """Says whom a reminder would reach, and sends it when that is confirmed."""
    require_onlooker(request)
    period, _ = period_asked(request)
    require(_can_remind(request, period))
    rows, is_all = _ticked(request, period)
    back = f"{reverse('returns:quarter')}?{urlencode({'period': period.key, 'show': 'not-submitted'})}"
    if rows is None:
        messages.error(request, "Tick the providers that you want to remind, or choose to remind all of them.")
        return redirect(back)
    if request.method == "POST":
        outcome = reminders.remind(rows, type_of(period), by=request.seat, at=timezone.now())
        (messages.success if outcome.reminded else messages.warning)(request, _what_reminding_did(outcome))
        return redirect(back)
    now = timezone.now()
    outcome, movers = reminders.look(rows, type_of(period), now)
    people = [(row, sorted({str(seat.person) for seat in movers[row.pk]})) for row in outcome.reminded]
    return render(
        request,
        "returns/remind.html",
        {"period": period, "outcome": outcome, "people": people, "is_all": is_all, "back": back, "now": now},
    )


def _ticked(request, period):
    """The missing returns that were ticked, or all of them; (None, False) where nothing was."""
    given = request.POST if request.method == "POST" else request.GET
    rows = _rows(request, period).filter(NOT_SUBMITTED).in_hands_of(request.seat)
    if given.get("whom") == "all":
        return rows, True
    uuids = [value for value in given.getlist("return") if _is_uuid(value)]
    return (rows.filter(uuid__in=uuids), False) if uuids else (None, False)


def _is_uuid(text):
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _what_reminding_did(outcome):
    """In words: who was reminded, and who was not and why."""
    sentences = []
    if outcome.reminded:
        people = "1 person" if outcome.people == 1 else f"{outcome.people:,} people"
        sentences.append(f"You reminded {_providers(outcome.reminded)}: {people} got a message.")
    if outcome.already_today:
        sentences.append(f"{_providers(outcome.already_today)} had been reminded today already.")
    if outcome.nobody_there:
        sentences.append(
            f"{_providers(outcome.nobody_there)} could not be reached: nobody there can move the return on."
        )
    if outcome.too_late:
        sentences.append(f"{_providers(outcome.too_late)} had submitted meanwhile, or cannot submit any more.")
    return " ".join(sentences) or "There was nobody to remind."


def _providers(rows):
    return rows[0].subject.name if len(rows) == 1 else f"{len(rows):,} providers"
