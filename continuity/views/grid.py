"""Many referrals at once: a grid of one section’s questions, and the checklist on paper, blank and filled."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from continuity import permissions, sheets, working_rows
from continuity.columns import COLUMNS, COMMUNITY_COLUMNS, INTERVENTION_COLUMNS, Kind, Section, read, shown
from continuity.row_form import RowForm, in_words
from continuity.views.acting import by_now, either
from continuity.views.finding import rows_of_sheet, sheet_for
from continuity.views.rows import begun_on
from continuity.views.sharing import read_people
from journal.refused import Refused
from returns.views.access import require
from returns.workflow import SavedMeanwhile

ROWS = 20  # a form holds no more than a thousand inputs
SECTIONS = {
    slugify(section.value): section
    for section in Section
    if any(column.section is section for column in COMMUNITY_COLUMNS)
}


@either
def grid(request, uuid, slug):
    """One section’s questions for twenty referrals at a time."""
    sheet = sheet_for(request, uuid)
    require(permissions.can_complete(request.seat, sheet))
    if slug not in SECTIONS:
        raise Http404("There is no such section.")
    if not (sheet.submission.is_being_filled_in and sheet.is_open_on(timezone.localdate())):
        messages.error(request, "This sheet cannot change now.")
        return redirect("audits:sheet", uuid)
    page = Paginator(rows_of_sheet(request, sheet), ROWS).get_page(request.GET.get("page"))
    begins = begun_on(request, sheet, page, SECTIONS[slug])
    forms = [_form(request, row, SECTIONS[slug], begins.get(row.pk, (None, {}))[1]) for row in page]
    error = ""
    if request.method == "POST" and not sum(not form.is_valid() for _, form in forms):
        error = _save(request, sheet, forms)
        if not error:
            messages.success(request, "The rows are saved.")
            return redirect(_onward(request, uuid, slug, page))
    if request.method == "GET":
        read_people(request, "sheet read", ("submission", sheet.submission.uuid), len(forms))
    context = {
        "sheet": sheet,
        "audit": sheet.audit,
        "page": page,
        "lines": [_line(row, form) for row, form in forms],
        "columns": [column for column in COMMUNITY_COLUMNS if column.section is SECTIONS[slug]],
        "section": SECTIONS[slug].value,
        "begun": sum(form.is_begun for _, form in forms),
        "sections": [(section.value, reverse("audits:grid", args=[uuid, key])) for key, section in SECTIONS.items()],
        "errors": [(error, "")] if error else [_said(row, form, name) for row, form in forms for name in form.errors],
    }
    context["has_error"] = bool(context["errors"])
    return render(request, "continuity/grid.html", context)


def _form(request, row, section, begins):
    form = RowForm(
        request.POST or None,
        answers=working_rows.answers_of(row),
        interventions=row.interventions,
        revision=row.revision,
        section=section,
        begins=begins,
        prefix=f"r{row.pk}",
    )
    for name, field in form.fields.items():
        if name != "revision":
            field.widget.attrs["aria-label"] = f"{field.label} {row.identity.first_name} {row.identity.surname}"
    return row, form


def _line(row, form):
    exit_on = read(COLUMNS["P11"], row.sent.get("P11"))
    questions = next(form.sections())[1]
    cells = [question["fields"] for question in questions]
    return {"row": row, "exit_on": exit_on, "form": form, "is_begun": form.is_begun, "cells": cells}


def _said(row, form, name):
    field = form[name] if name in form.fields else None
    sentence = " ".join(form.errors[name])
    return f"{row.identity.first_name} {row.identity.surname}: {sentence}", field.id_for_label if field else ""


def _save(request, sheet, forms):
    """Saves the rows that changed, all or none; returns why not, or nothing."""
    changed = [(row.uuid, form) for row, form in forms if form.has_changed() or form.is_begun]
    given = {row_id: (form.given, form.interventions) for row_id, form in changed}
    revisions = {row_id: form.cleaned_data["revision"] for row_id, form in changed}
    try:
        if changed:
            sheets.save_rows(sheet, given, revisions=revisions, **by_now(request))
    except SavedMeanwhile:
        return (
            "A colleague saved one of these rows while you had them open. Open the page again; nothing was overwritten."
        )
    except Refused as refusal:
        return str(refusal)
    return ""


def _onward(request, uuid, slug, page):
    address = reverse("audits:grid", args=[uuid, slug])
    number = page.next_page_number() if "next" in request.POST and page.has_next() else page.number
    return f"{address}?page={number}"


# On paper


@require_GET
def blank_checklist(request):
    """Every question with its choices, to fill in by hand."""
    require(permissions.takes_part(request.seat))
    return render(request, "continuity/checklist.html", {"sections": _sections({}), "referral": None})


@require_GET
def filled_checklist(request, uuid, row_id):
    sheet = sheet_for(request, uuid)
    referral = get_object_or_404(rows_of_sheet(request, sheet), uuid=row_id)
    answers = working_rows.answers_of(referral)
    read_people(request, "row read", ("referral", referral.uuid), 1)
    context = {
        "sheet": sheet,
        "referral": referral,
        "sections": _sections(answers),
        "interventions": [
            [(column, shown(column, read(column, given.get(id)))) for id, column in INTERVENTION_COLUMNS.items()]
            for given in referral.interventions
        ],
    }
    return render(request, "continuity/checklist.html", context)


def _sections(answers):
    """(title, questions): the question, when it is asked, its choices (chosen or not), and the answer in words."""
    for section in SECTIONS.values():
        yield section.value, [_question(column, answers) for column in COMMUNITY_COLUMNS if column.section is section]


def _question(column, answers):
    answer = read(column, answers.get(column.id))
    chosen = answer if isinstance(answer, tuple) else (answer,)
    has_choices = column.choices and column.kind is not Kind.DELETIONS
    choices = [(label, key in chosen) for key, label in column.choices.labels.items()] if has_choices else []
    return {"column": column, "only": in_words(column.asked_if), "choices": choices, "answer": shown(column, answer)}
