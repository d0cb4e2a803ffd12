"""One referral on one page: what the prison recorded, the checklist of the service, and what the rules say of both."""

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from continuity import extract_findings, missing_rows, permissions, row_findings, row_queries, sheets, working_rows
from continuity.audit_forms import QueryForm, ReplyForm
from continuity.columns import (
    COLUMNS,
    COMMUNITY_COLUMNS,
    INTERVENTION_COLUMNS,
    PRISON_COLUMNS,
    Party,
    read,
    shown,
)
from continuity.near_misses import near_miss, with_what_would_match
from continuity.recording_rules import Severity
from continuity.referral_links import begun
from continuity.row_form import RowForm
from continuity.views.acting import by_now, done, either, form_page
from continuity.views.finding import rows_of_sheet, sheet_for
from continuity.views.sharing import read_people
from continuity.windows import still_open
from journal.refused import Refused
from returns.views.access import attempt, require
from returns.workflow import SavedMeanwhile

COLOURS = {Severity.BLOCK: "red", Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFORMATION: "grey"}
WORDS = {
    Severity.BLOCK: "Must be changed",
    Severity.ERROR: "Breaks the indicator",
    Severity.WARNING: "Check",
    Severity.INFORMATION: "Note",
}


@either
def row(request, uuid, row_id):
    sheet = sheet_for(request, uuid)
    referral = get_object_or_404(missing_rows.marked(rows_of_sheet(request, sheet)), uuid=row_id)
    may = permissions.can_complete(request.seat, sheet)
    can_save = may and sheet.submission.is_being_filled_in and sheet.is_open_on(timezone.localdate())
    if request.method == "POST":
        require(may)
    if request.method == "POST" and not can_save:
        messages.error(request, "This sheet cannot change now.")
        return redirect("audits:sheet", uuid)
    answers = working_rows.answers_of(referral)
    live, begins = begun_on(request, sheet, [referral]).get(referral.pk, (None, {})) if can_save else (None, {})
    options = {"answers": answers, "interventions": referral.interventions, "revision": referral.revision}
    form = RowForm(request.POST or None, **options, begins=begins)
    if request.method == "POST" and form.is_valid() and _saved(request, sheet, referral, form):
        return redirect(_next(request, sheet, referral))
    if request.method == "GET":
        read_people(request, "row read", ("referral", referral.uuid), 1)
    context = _context(request, sheet, referral, answers, form, can_save) | {"live": live}
    return render(request, "continuity/row.html", context)


def begun_on(request, sheet, rows, section=None):
    """What rows of a sheet begin with, from live referrals, as `referral_links.begun` gives it."""
    return begun(rows, prison_id=sheet.pair.prison_id, service_id=request.seat.organisation_id, section=section)


@either
def ask(request, uuid, row_id):
    """A question to the other provider about this row."""
    sheet, referral = _to_ask(request, uuid, row_id)
    form = QueryForm(request.POST or None)
    if form.is_valid() and done(form, row_queries.ask, sheet, referral, **form.cleaned_data, **by_now(request)):
        messages.success(request, "Your question is sent. Both of you see it on this row.")
        return redirect(_url(sheet, referral.uuid))
    about = (
        "The other provider of this row sees your question and is told. Say what does not agree, not who the person is."
    )
    return form_page(request, form, "Ask about this row", "Send", sheet.audit, about)


@either
def reply(request, uuid, row_id, number):
    sheet, referral = _to_ask(request, uuid, row_id)
    query = get_object_or_404(referral.queries.prefetch_related("messages"), pk=number)
    form = ReplyForm(request.POST or None)
    if form.is_valid() and done(form, row_queries.reply, sheet, query, **form.cleaned_data, **by_now(request)):
        messages.success(request, "Your answer is sent.")
        return redirect(_url(sheet, referral.uuid))
    about = f"{COLUMNS[query.column].label}: {query.messages.last().text}" if query.messages.all() else ""
    return form_page(request, form, "Answer the question", "Send", sheet.audit, about)


@require_POST
def close(request, uuid, row_id, number):
    sheet, referral = _to_ask(request, uuid, row_id)
    query = get_object_or_404(referral.queries, pk=number)
    attempt(request, row_queries.close, sheet, query, **by_now(request), done="The question is closed.")
    return redirect(_url(sheet, referral.uuid))


def _to_ask(request, uuid, row_id):
    sheet = sheet_for(request, uuid)
    referral = get_object_or_404(rows_of_sheet(request, sheet), uuid=row_id)
    require(permissions.can_ask(request.seat, sheet))
    return sheet, referral


def _saved(request, sheet, referral, form):
    try:
        sheets.save_row(
            sheet,
            referral.uuid,
            form.given,
            form.interventions,
            revision=form.cleaned_data["revision"],
            **by_now(request),
        )
    except SavedMeanwhile:
        form.add_error(
            None,
            "A colleague saved this row while you had it open. Open it again to see their answers; nothing was overwritten.",
        )
    except Refused as refusal:
        form.add_error("C48" if refusal.reason == "SEC-01" else None, str(refusal))
    else:
        messages.success(request, "The row is saved.")
        return True
    return False


def _next(request, sheet, referral):
    _, after = _neighbours(request, sheet, referral)
    return _url(sheet, after) if "next" in request.POST and after else _url(sheet, referral.uuid)


def _url(sheet, row_id):
    return reverse("audits:row", args=[sheet.submission.uuid, row_id])


def _neighbours(request, sheet, referral):
    """The row ids before and after this one on the sheet; None at its ends."""
    ids, same = rows_of_sheet(request, sheet).values_list("uuid", flat=True), Q(position=referral.position)
    before = ids.filter(Q(position__lt=referral.position) | same & Q(pk__lt=referral.pk))
    after = ids.filter(Q(position__gt=referral.position) | same & Q(pk__gt=referral.pk))
    return before.order_by("-position", "-pk").first(), after.first()


def _context(request, sheet, referral, answers, form, can_save):
    today = timezone.localdate()
    exit_on = read(COLUMNS["P11"], answers.get("P11"))
    before, after = _neighbours(request, sheet, referral)
    findings, near = _findings(referral, sheet)
    return {
        "sheet": sheet,
        "audit": sheet.audit,
        "referral": referral,
        "form": form,
        "can_save": can_save,
        "is_missing": missing_rows.is_missing(referral),
        "prison_says": [
            _line(column, answers, sheet.pair.area) for column in PRISON_COLUMNS if column.party is Party.PRISON
        ],
        "service_says": []
        if can_save
        else [_line(column, answers) for column in COMMUNITY_COLUMNS if answers.get(column.id)],
        "interventions": [
            [_line(column, given) for column in INTERVENTION_COLUMNS.values()] for given in referral.interventions
        ],
        "findings": findings,
        "near_miss": near,
        "owed": len(
            working_rows.unanswered(working_rows.filled_of([referral], _audit(sheet))).get(str(referral.uuid), ())
        ),
        "countdowns": [(window, window.said(today)) for window in still_open(exit_on, today)],
        "queries": _queries(referral),
        "can_ask": permissions.can_ask(request.seat, sheet) and not sheet.audit.is_closed,
        "before": before and _url(sheet, before),
        "after": after and _url(sheet, after),
    }


def _queries(referral):
    """The questions about a row, open ones first, each with what it is about."""
    rows = referral.queries.select_related("asked_by__organisation").prefetch_related("messages__by__organisation")
    return [(query, COLUMNS[query.column].label) for query in rows.order_by("closed_at", "-pk")]


def _line(column, answers, area=None):
    """A column with what was answered, in words; the code of `area` with its name."""
    answer = shown(column, read(column, answers.get(column.id)))
    return column, f"{area.name} ({answer})" if area and answer and answer == area.dat_code else answer


def _audit(sheet):
    return working_rows.audit_of(sheet.audit, pair=sheet.pair)


def _findings(referral, sheet):
    """What the rules say of this row, the gravest first, with what would match where something nearly does; and the two
    records beside each other there.
    """
    checked = working_rows.filled_of([referral], _audit(sheet)).checked
    alone = [finding for finding in checked.findings_of(0) if finding.code not in row_findings.ACROSS]
    alone = with_what_would_match(checked, 0, alone)
    found = [*alone, *row_findings.across(referral)]
    if not referral.revision:  # nobody has answered yet, so what is not answered is no finding
        found = [finding for finding in found if finding.code in extract_findings.OF_THE_RECORD]
    order = list(COLOURS)
    found = sorted(found, key=lambda finding: order.index(finding.severity))
    return [(finding, WORDS[finding.severity], COLOURS[finding.severity]) for finding in found], near_miss(checked, 0)
