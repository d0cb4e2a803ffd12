"""A prison’s extract, how it is split by area, and the sheets that are shared from it."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.lists import page_of
from continuity import audits, extract_findings, extracts, missing_rows, passing_on, permissions, sheets, working_rows
from continuity.audit_forms import AssignForm, ColumnsForm, ExtractForm, OpenAgainForm, RecallForm, ReleaseForm
from continuity.columns import COLUMNS, PRISON_COLUMNS, read, shown
from continuity.extract_files import column_called
from continuity.models import Area, Extract, Referral
from continuity.recording_rules import RULES
from continuity.views.acting import by_now, done, either, form_page, tried
from continuity.views.finding import audit_for, extract_for, rows_of_sheet, sheet_for
from continuity.vocabulary import fold
from continuity.windows import still_open
from journal import events
from returns import outgoing
from returns.csv_table import csv_table
from returns.views.access import attempt, require

State = Extract.State
WITHOUT_CONSENT = Q(sent__P24__isnull=True) | ~Q(sent__P24="YES")


# The extract


@either
def extract_list(request, uuid):
    """The upload, the revisions so far, and what the last one brought."""
    found = own_extracts(request, uuid)
    form = ExtractForm(request.POST or None, request.FILES or None)
    if form.is_valid() and (made := tried(form, extracts.upload, found, form.cleaned_data["file"], **by_now(request))):
        return redirect("audits:extract", made.uuid)
    own = Referral.objects.filter(audit=found, prison=request.seat.organisation)
    context = {
        "audit": found,
        "form": form,
        "page": page_of(request, _extracts_of(request, found)),
        "waiting_for": audits.waiting_for(found),
        "rows": own.count(),
        "left_out": own.exclude(left_out=[]).count(),
        "listed": own.filter(left_out=[]).count(),
        "held_back": own.filter(WITHOUT_CONSENT, left_out=[]).count(),
        "findings": extract_findings.of(found.pk, request.seat.organisation_id).count(),
        "missing": missing_rows.missing_of(found, request.seat.organisation).count(),
    }
    return render(request, "continuity/extracts.html", context)


def own_extracts(request, uuid):
    """The audit, for the prison that brings its extract to it."""
    found = audit_for(request, uuid)
    require(permissions.can_extract(request.seat, found))
    return found


def _extracts_of(request, audit):
    rows = Extract.objects.filter(audit=audit, prison=request.seat.organisation)
    return rows.select_related("uploaded_by__person").order_by("-number")


@require_GET
def extract(request, uuid):
    """How far the worker is, then what it read; htmx gets the former alone."""
    found = extract_for(request, uuid)
    require(permissions.can_extract(request.seat, found.audit))
    words = {
        State.WAITING: found.progress or "Waiting for a worker to read the extract",
        State.HEADINGS: "The extract waits for you to name its columns",
        State.READ: "The extract has been read",
        State.REFUSED: "The extract was not taken",
        State.STUCK: "The extract could not be read",
    }[found.state]
    context = {
        "extract": found,
        "audit": found.audit,
        "running": found.is_waiting,
        "words": words,
        "url": request.path,
        "done": found.done,
        "total": found.total,
        "next_url": request.path,
        "next_words": "See what came of it",
        "headings": _meaning_of(found),
    }
    return render(request, "components/progress.html" if request.htmx else "continuity/extract.html", context)


def _meaning_of(extract):
    """What the headings of an extract were taken for, in words."""
    meaning = extract.meaning
    return {
        "columns": [(heading, COLUMNS[id].label) for heading, id in meaning.get("columns", {}).items()],
        "doubtful": [(COLUMNS[id].label, several) for id, several in meaning.get("doubtful", {}).items()],
        "unknown": meaning.get("unknown", []),
        "missing": [COLUMNS[id].label for id in meaning.get("missing", [])],
    }


@either
def extract_columns(request, uuid):
    """What the headings hold that nobody recognised, or that seem to hold the same: asked once, then remembered."""
    found = extract_for(request, uuid)
    require(permissions.can_extract(request.seat, found.audit))
    if found.state != State.HEADINGS:
        return redirect("audits:extract", uuid)
    taken = found.meaning.get("columns", {}).values()
    form = ColumnsForm(request.POST or None, meanings=dict.fromkeys(found.headings, ""), taken=taken)
    if form.is_valid() and done(form, extracts.say_columns, found, form.said, **by_now(request)):
        return redirect("audits:extract", uuid)
    needed = [COLUMNS[id].label for id in extracts.needed_in(found.meaning)]
    about = "Say what these columns of your file hold."
    if needed:
        about += f" Still to find: {', '.join(needed)}."
    return form_page(request, form, "Name the columns", "Read the extract", found.audit, about)


@either
def column_map(request, uuid):
    """What the headings of the prison's last file mean, and those that it explained before: to look at and to change."""
    found = own_extracts(request, uuid)
    prison = request.seat.organisation
    form = ColumnsForm(request.POST or None, meanings=_meanings(found, prison))
    if form.is_valid() and done(form, extracts.change_map, prison, form.said, **by_now(request)):
        messages.success(request, "What your headings mean is saved. It counts from your next file on.")
        return redirect("audits:extract_list", uuid)
    return render(request, "continuity/column_map.html", {"audit": found, "form": form})


def _meanings(audit, prison):
    """Each heading of the last file that was read, then those that only an earlier one had: heading -> column id or ""."""
    said = extracts.said_by(prison.pk)
    last = audit.extracts.filter(prison=prison, state=State.READ).order_by("-number").first()
    meaning = last.meaning if last else {}
    headings = [*meaning.get("columns", ()), *meaning.get("unknown", ())]
    now = {heading: said.get(fold(heading), column_called(heading) or "") for heading in headings}
    earlier = {heading: id for heading, id in sorted(said.items()) if heading not in set(map(fold, headings))}
    return now | earlier


@require_POST
def take_away(request, uuid):
    found = extract_for(request, uuid)
    require(permissions.can_extract(request.seat, found.audit))
    attempt(request, extracts.take_away, found, **by_now(request), done="The file is thrown away.")
    return redirect("audits:extract_list", found.audit.uuid)


@require_POST
def retry(request, uuid):
    found = extract_for(request, uuid)
    require(permissions.can_extract(request.seat, found.audit))
    attempt(request, extracts.retry, found, **by_now(request))
    return redirect("audits:extract", uuid)


@require_GET
def left_out(request, uuid):
    """Every row that is not on the audit list, or is and has no consent to share, with the reason."""
    found = own_extracts(request, uuid)
    rows = Referral.objects.visible_to(request.seat, timezone.localdate()).filter(
        audit=found, prison=request.seat.organisation
    )
    not_shared = rows.filter(~Q(left_out=[]) | WITHOUT_CONSENT)
    page = page_of(request, missing_rows.marked(not_shared.select_related("identity")).order_by("position", "pk"))
    areas = {area.dat_code: area for area in Area.objects.all()}
    for row in extract_findings.with_findings(list(page)):
        row.is_missing = missing_rows.is_missing(row)
        row.reasons = [RULES[code].message for code in row.left_out or ["EXT-09"]]
        code = working_rows.area_of(row.sent)
        row.area = areas.get(code, code)
        row.exit_on = read(COLUMNS["P11"], row.sent.get("P11"))
    read_people(request, "left out rows read", ("audit", found.uuid), len(page.object_list))
    return render(request, "continuity/left_out.html", {"audit": found, "page": page})


@require_POST
def extract_rows(request, uuid):
    """The prison's own rows with their row ids, to correct and upload again."""
    found = own_extracts(request, uuid)
    own = Referral.objects.visible_to(request.seat, timezone.localdate()).filter(
        audit=found, prison=request.seat.organisation
    )
    rows = list(own.select_related("identity").order_by("position", "pk"))
    body = csv_table([column.heading for column in PRISON_COLUMNS], map(_line, rows))
    name = f"extract-{request.seat.organisation.code}.csv"
    outgoing.send_out(
        kind="continuity extract",
        name=name,
        data=body,
        recipient=request.seat.organisation.name,
        policy="a prison's own extract",
        rows=len(rows),
        versions=[],
        by=request.seat,
        at=timezone.now(),
    )
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type="text/csv", headers=headers)


def _line(row):
    answers = working_rows.answers_of(row)
    return [str(shown(column, read(column, answers.get(column.id))) or "") for column in PRISON_COLUMNS]


# Splitting and sharing


@require_GET
def sharing(request, uuid):
    """One line for each area, with counts, before anything is shared."""
    found = audit_for(request, uuid)
    require(permissions.can_share(request.seat, found))
    context = {
        "audit": found,
        "gates": sheets.gates(found),
        "shares": sheets.preview(found, request.seat.organisation, timezone.localdate()),
    }
    return render(request, "continuity/sharing.html", context)


@either
def release(request, uuid, number):
    found = audit_for(request, uuid)
    require(permissions.can_share(request.seat, found))
    pair = get_object_or_404(found.pairs.filter(prison=request.seat.organisation), pk=number)
    today = timezone.localdate()
    share = next(item for item in sheets.preview(found, request.seat.organisation, today) if item.pair.pk == pair.pk)
    form = ReleaseForm(request.POST or None, initial={"expires_on": today + sheets.OPEN_FOR}, missing=share.missing)
    if form.is_valid() and done(form, sheets.release, share.pair, **form.cleaned_data, **by_now(request)):
        messages.success(request, f"The sheet is shared with {share.pair.service.name}.")
        return redirect("audits:sharing", uuid)
    return render(
        request,
        "continuity/release_sheet.html",
        {
            "audit": found,
            "share": share,
            "form": form,
            "gates": sheets.gates(found),
            "findings": extract_findings.grave_among(pair, today),
        },
    )


@either
def recall(request, uuid):
    sheet = sheet_for(request, uuid)
    require(permissions.can_recall(request.seat, sheet))
    form = RecallForm(request.POST or None)
    if form.is_valid() and done(form, sheets.recall, sheet, **form.cleaned_data, **by_now(request)):
        messages.success(request, "The sheet is recalled. The service sees it no more.")
        return redirect("audits:sheet", uuid)
    about = (
        f"{sheet.service.name} sees neither rows nor people of this sheet from that moment. What it has answered is kept,"
        " and is there again if you share the sheet once more."
    )
    return form_page(request, form, "Recall the sheet", "Recall the sheet", sheet.audit, about, warning=True)


# The sheet


@require_GET
def sheet(request, uuid):
    """A sheet: its state for everybody who may know of it, its rows for its two providers."""
    found = sheet_for(request, uuid)
    today = timezone.localdate()
    is_open = found.is_open_on(today) and not found.audit.purged_at
    sees = permissions.sees_people(request.seat, found)
    page = None
    if sees and (is_open or request.seat.organisation_id == found.pair.prison_id):
        page = page_of(request, missing_rows.marked(rows_of_sheet(request, found)))
        owed = working_rows.unanswered(
            working_rows.filled_of(page, working_rows.audit_of(found.audit, pair=found.pair))
        )
        for row in page:
            row.owed = len(owed.get(str(row.uuid), ()))
            row.exit_on = read(COLUMNS["P11"], row.sent.get("P11"))
            windows = still_open(row.exit_on, today)
            row.countdowns = [(window, window.said(today)) for window in windows if window.is_open(today)]
            row.is_missing = missing_rows.is_missing(row)
        read_people(request, "sheet read", ("submission", found.submission.uuid), len(page.object_list))
    context = {
        "sheet": found,
        "submission": found.submission,
        "audit": found.audit,
        "page": page,
        "count": found.referrals.count() if permissions.sees_count(request.seat, found.audit, found) else None,
        "is_open": is_open,
        "today": today,
        "sees_findings": page is not None and not found.audit.purged_at,
        "can_recall": permissions.can_recall(request.seat, found) and not found.recalled_at,
        "can_assign": permissions.can_assign(request.seat, found) and is_open and found.submission.is_being_filled_in,
        "can_complete": permissions.can_complete(request.seat, found)
        and is_open
        and found.submission.is_being_filled_in,
        "can_open_again": found.submission.is_submitted
        and not found.audit.is_closed
        and permissions.can_open_again(request.seat, found),
        "can_submit": permissions.can_submit(request.seat, found) and is_open and found.submission.is_being_filled_in,
    }
    return render(request, "continuity/sheet.html", context)


@either
def assign(request, uuid):
    """A single point of contact gives rows to another service."""
    found = sheet_for(request, uuid)
    require(permissions.can_assign(request.seat, found))
    rows = list(rows_of_sheet(request, found))
    choices = [(str(row.uuid), _called(row)) for row in rows]
    told = len(passing_on.told_by_referrals(found, rows, request.seat))
    form = AssignForm(request.POST or None, rows=choices, but=found.service, told=told)
    if form.is_valid():
        given = form.cleaned_data
        along = {"with_referrals": given.get("with_referrals", False)}
        other = tried(form, passing_on.pass_on, found, given["rows"], given["service"], **along, **by_now(request))
        if other:
            messages.success(request, f"The rows are given to {given['service'].name}.")
        elif form.is_valid():
            name = given["service"].name
            messages.info(request, f"{name} is invited to the audit. Give it the rows once it has accepted.")
        if form.is_valid():
            return redirect("audits:sheet", uuid)
    if request.method == "GET":
        read_people(request, "sheet read", ("submission", found.submission.uuid), len(rows))
    return render(
        request, "continuity/assign_rows.html", {"audit": found.audit, "sheet": found, "form": form, "rows": rows}
    )


def _called(row):
    """A row as its providers know it: the same name may leave prison twice."""
    exit_on = read(COLUMNS["P11"], row.sent.get("P11"))
    said = f", released {exit_on:%-d %B %Y}" if exit_on else ""
    return f"{row.identity.first_name} {row.identity.surname}{said}"


@require_POST
def submit(request, uuid):
    found = sheet_for(request, uuid)
    require(permissions.can_submit(request.seat, found))
    attempt(request, sheets.submit, found, **by_now(request), done="The sheet is submitted. It is being checked.")
    return redirect("audits:sheet", uuid)


@either
def open_again(request, uuid):
    found = sheet_for(request, uuid)
    require(permissions.can_open_again(request.seat, found))
    form = OpenAgainForm(request.POST or None)
    if form.is_valid() and done(form, sheets.open_again, found, **form.cleaned_data, **by_now(request)):
        messages.success(request, f"The sheet is open again. {found.service.name} submits it once more.")
        return redirect("audits:sheet", uuid)
    about = "What was submitted counts until the sheet is submitted again and checked. Both providers are told."
    return form_page(request, form, "Open the sheet again", "Open the sheet again", found.audit, about)


def read_people(request, act, subject, rows):
    """A look at people leaves an event: who looked, at which sheet, at how many rows."""
    if rows:
        events.record(act, subject=subject, by=request.seat, at=timezone.now(), detail={"rows": rows})
