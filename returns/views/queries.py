"""Queries on both sides: the list, one query with its thread, asking, answering, and handing on."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.lists import page_of
from accounts.roles import Reach
from returns import permissions, queries, summary, versions, workflow
from returns.models import Query, Review, Version
from returns.query_forms import HandOnForm, MessageForm, QueryForm
from returns.registry import type_of
from returns.views.access import attempt, require, submission_for
from returns.views.verdicts import shown_number
from returns.workflow import Refused

FILTERS = {
    "waiting": "Waiting for us",
    "open": "All open queries",
    "closed": "Closed queries",
}


@require_GET
def query_list(request):
    """What waits for this side first; then everything that is open, or closed."""
    require(permissions.sees_queries(request.seat))
    chosen = request.GET.get("show", "waiting")
    chosen = chosen if chosen in FILTERS else "waiting"
    rows = Query.objects.visible_to(request.seat)
    page = page_of(request, _chosen(rows, chosen, request.seat).for_list().order_by("due_on", "pk"))
    context = {
        "page": page,
        "rows": [(row, queries.about(row)) for row in page],
        "chosen": chosen,
        "filters": FILTERS.items(),
        "caption": FILTERS[chosen],
        "is_ours": request.seat.reach is Reach.OWN,
        "today": timezone.localdate(),
    }
    return render(request, "returns/queries.html", context)


def _chosen(rows, chosen, seat):
    if chosen == "closed":
        return rows.filter(state=Query.State.CLOSED)
    return rows.waiting_for(seat) if chosen == "waiting" else rows.open()


@require_http_methods(["GET", "POST"])
def ask(request, uuid, section, field=""):
    """A question about one section, or one value in it, of the version that stands."""
    submission = submission_for(request, uuid)
    require(permissions.can_ask_query(request.seat, submission))
    if not submission.standing_version:
        return redirect("returns:review", uuid=uuid)
    query = _about_what(submission, section, field)
    form = QueryForm(request.POST or None, days=queries.days_to_answer(submission))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            asked = queries.ask(
                submission,
                version=shown_number(request),
                section=query.section,
                field=query.field,
                text=given["text"],
                days=given["days"],
                by=request.seat,
                at=timezone.now(),
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("returns:review", uuid=uuid)
        messages.success(request, f"Your query has been sent to {submission.subject.name}.")
        return redirect("returns:query", uuid=asked.uuid)
    context = {
        "submission": submission,
        "form": form,
        "query": query,
        "about": queries.about(query),
        "values": _values(query),
        "act_title": "Ask a query",
    }
    return render(request, "returns/ask_query.html", context)


def _about_what(submission, section, field):
    """The query that is being asked, not kept yet: about the section and field that the address names."""
    spec = {spec.slug: spec for spec in workflow.specs_of(submission)}.get(section)
    if spec is None or (field and field not in {question.name for question in spec.questions}):
        raise Http404
    return Query(submission=submission, version=submission.standing_version, section=section, field=field)


@require_GET
def query(request, uuid):
    return _page(request, _query_for(request, uuid))


def _query_for(request, uuid):
    rows = Query.objects.visible_to(request.seat).for_list().select_related("submission__standing_version")
    found = get_object_or_404(rows.prefetch_related("submission__participants__organisation"), uuid=uuid)
    return found


def _page(request, found, form=None, hand_on=None):
    seat, submission, now = request.seat, found.submission, timezone.now()
    asks, answers = permissions.can_ask_query(seat, submission), permissions.can_answer_query(seat, submission)
    is_my_turn = answers if found.is_with_owner else asks and not found.is_closed
    sent_back = Review.objects.filter(version__submission=submission, section_reasons__has_key=found.section)
    context = {
        "query": found,
        "submission": submission,
        "about": queries.about(found),
        "values": _values(found),
        "thread": found.messages.select_related("person", "organisation").order_by("pk"),
        "owner": submission.subject,
        "can_ask": asks,
        "can_answer": answers and found.is_with_owner,
        "form": form or MessageForm(label="Your answer" if answers else "What do you say to this?"),
        "hand_on": (hand_on or HandOnForm(people=queries.may_move_on(found, now), chosen=found.assigned_to))
        if is_my_turn
        else None,
        "can_send_back": permissions.can_review(seat, submission) and not found.is_closed,
        "sent_back": sent_back.filter(version__number__gte=found.version.number).order_by("-pk").first(),
        "today": timezone.localdate(),
    }
    return render(request, "returns/query.html", context)


def _values(found):
    """What was answered in the version asked about, and in the one that stands now where that says something else:
    [(version number, value in words)].
    """
    return_type = type_of(found.submission)
    question = next((item for item in return_type.questions if item.name == found.field), None)
    if question is None:
        return []
    wanted = {found.version_id, found.submission.standing_version_id}
    rows = Version.objects.filter(pk__in=wanted).select_related("content").order_by("number")
    said = [(row.number, summary.answer_said(question, versions.answers_in(row, return_type))) for row in rows]
    return said[:1] if len({value for _, value in said}) == 1 else said


@require_POST
def answer(request, uuid):
    found = _query_for(request, uuid)
    require(permissions.can_answer_query(request.seat, found.submission))
    form = MessageForm(request.POST, label="Your answer", missing="Write your answer.")
    return _add(request, found, form, queries.answer, "Your answer has been sent.")


@require_POST
def reopen(request, uuid):
    found = _query_for(request, uuid)
    require(permissions.can_ask_query(request.seat, found.submission))
    form = MessageForm(request.POST, label="What do you say to this?", missing="Say what you still want to know.")
    return _add(request, found, form, queries.reopen, "The query is open again. The provider has been told.")


@require_POST
def close(request, uuid):
    found = _query_for(request, uuid)
    require(permissions.can_ask_query(request.seat, found.submission))
    form = MessageForm(request.POST, label="What do you say to this?")
    return _add(request, found, form, queries.close, "The query is closed.")


def _add(request, found, form, act, done):
    if not form.is_valid():
        return _page(request, found, form=form)
    text = form.cleaned_data["text"]
    attempt(request, act, found, text=text, by=request.seat, at=timezone.now(), done=done)
    return redirect("returns:query", uuid=found.uuid)


@require_POST
def hand_on(request, uuid):
    """Whoever's turn it is gives the query to one of their own."""
    found = _query_for(request, uuid)
    may = permissions.can_answer_query if found.is_with_owner else permissions.can_ask_query
    require(may(request.seat, found.submission))
    form = HandOnForm(request.POST, people=queries.may_move_on(found, timezone.now()))
    if not form.is_valid():
        return _page(request, found, hand_on=form)
    person = form.cleaned_data["person"]
    done = (
        f"{person.name} looks after this query now." if person else "Nobody in particular looks after this query now."
    )
    attempt(request, queries.assign, found, person=person, by=request.seat, at=timezone.now(), done=done)
    return redirect("returns:query", uuid=found.uuid)
