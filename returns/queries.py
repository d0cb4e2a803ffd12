"""Queries: a recipient asks about a value or a section, the owner answers, and the recipient says whether that will do.

A query changes neither the return nor where it stands; sections are sent back by the workflow. It may be asked about an
accepted return too.
"""

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from accounts.models import Person
from accounts.roles import Act, Reach
from journal import events, notices
from journal.refused import Refused
from returns import workflow
from returns.models import Message, Participant, Query, Submission
from returns.needs import Need, first
from returns.periods import working_day_after
from returns.registry import type_of

State = Query.State
DAYS_TO_ANSWER = 5  # working days, where the return type has no standard `query_days`
MOST_DAYS = 40
MOST_ON_HOME = 5
CHASED_AT_ONCE = 100


@transaction.atomic
def ask(submission, *, version, section, field="", text, days=None, by, at):
    """Asks the owner about a section, or one value in it, of the version number that was shown; returns the query.

    `days` are the working days for an answer. Raises Refused where another version stands now.
    """
    Submission.objects.select_for_update(no_key=True, of=("self",)).get(pk=submission.pk)
    submission = Submission.objects.select_related("standing_version", "subject", "period__collection").get(
        pk=submission.pk
    )
    standing = submission.standing_version
    if standing is None or standing.number != version:
        raise Refused(
            f"Version {standing.number} has replaced version {version}. Look at it before you ask."
            if standing
            else "There is no version to ask about yet.",
            "superseded",
        )
    _refuse_unless_asked_there(submission, section, field)
    text = _given(text, "Write what you want to know.")
    query = Query.objects.create(
        submission=submission,
        version=standing,
        section=section,
        field=field,
        state_at=at,
        due_on=_due(submission, days, at),
        asked_by=by.person,
        asked_for=by.organisation,
        asked_at=at,
    )
    _say(query, State.ASKED, text, by, at)
    _tell(query, "has a query for you", at)
    return query


@transaction.atomic
def answer(query, *, text, by, at):
    """The owner's answer: now it is for those who asked to say whether that will do."""
    query = _lock(query)
    if not query.is_with_owner:
        raise Refused(_too_late(query), "state")
    _say(query, State.ANSWERED, _given(text, "Write your answer."), by, at)
    _move(query, State.ANSWERED, _still_there(query.asked_by, query, at), at)
    _tell(query, "has an answer to your query", at)


@transaction.atomic
def reopen(query, *, text, by, at):
    """The answer will not do, or something has come up since: the owner is asked once more, with a new day to answer by."""
    query = _lock(query)
    if query.is_with_owner:
        raise Refused(_too_late(query), "state")
    _say(query, State.REOPENED, _given(text, "Say what you still want to know."), by, at)
    last = query.messages.filter(act=State.ANSWERED).order_by("-pk").select_related("person").first()
    query.due_on = _due(query.submission, None, at)
    _move(query, State.REOPENED, last and _still_there(last.person, query, at), at)
    _tell(query, "has a query for you again", at)


@transaction.atomic
def close(query, *, text="", by, at):
    """The one who asked is content, or does not need an answer any more."""
    query = _lock(query)
    if query.is_closed:
        raise Refused(_too_late(query), "state")
    _say(query, State.CLOSED, text.strip(), by, at)
    _move(query, State.CLOSED, None, at)
    _tell(query, "has a query that was closed", at, to=_owners(query, at))


@transaction.atomic
def assign(query, *, person, by, at):
    """Hands the query to one person of the side it waits for, or (None) to that whole side."""
    query = _lock(query)
    if query.is_closed:
        raise Refused(_too_late(query), "state")
    if person and person.pk not in {seat.person_id for seat in whose_turn(query, at)}:
        raise Refused(f"{person.name} cannot move this query on.", "not_theirs")
    query.assigned_to = person
    query.save(update_fields=["assigned_to"])
    _event("query assigned", query, by, at, person=person.pk if person else None)
    if person and person.pk != by.person_id:
        _tell(query, "has a query that was given to you", at)


@transaction.atomic
def chase_overdue(*, at):
    """Tells those who have not answered by the due day, once for each due day. Returns how many queries."""
    late = Query.objects.overdue_on(timezone.localdate(at)).exclude(
        reminded_for=F("due_on"), reminded_for__isnull=False
    )
    rows = list(
        late.select_for_update(skip_locked=True, of=("self",))
        .select_related("submission__subject", "submission__period__collection")
        .order_by("pk")[:CHASED_AT_ONCE]
    )
    for query in rows:
        _tell(query, "has a query whose answer is overdue", at)
        _event("query overdue", query, None, at)
    Query.objects.filter(pk__in=[query.pk for query in rows]).update(reminded_for=F("due_on"))
    return len(rows)


def whose_turn(query, at):
    """The memberships of the side that the query waits for, which may move it on."""
    return _owners(query, at) if query.is_with_owner else _recipients(query, at)


def may_move_on(query, at):
    """The people among whom the query can be handed on, by name."""
    people = {seat.person_id for seat in whose_turn(query, at)}
    return Person.objects.filter(pk__in=people).order_by("name")


def about(query):
    """What it is about, in words: the section, or the question within it."""
    return_type = type_of(query.submission)
    section = return_type.section(query.section)
    title = section.title if section else query.section
    question = next((item for item in return_type.questions if item.name == query.field), None)
    return f"{title}: {question.label}" if question else title


def open_beside(seat, submission):
    """The open queries on a return that the seat may see, oldest first, each with the `words` it was last asked in."""
    rows = Query.objects.visible_to(seat).filter(submission=submission).open()
    return list(with_words(rows).order_by("pk"))


def with_words(rows):
    """Queries with the `words` they were last asked in."""
    asked = Message.objects.filter(query=OuterRef("pk"), act__in=[State.ASKED, State.REOPENED])
    return rows.annotate(words=Subquery(asked.order_by("-pk").values("text")[:1]))


def put_beside(found, sections):
    """Puts each query beside the value it asks about, or at the head of its section, in summaries of sections."""
    for section in sections:
        here = [query for query in found if query.section == section.spec.slug]
        section.queries = [query for query in here if not query.field]
        for row in section.rows:
            row.queries = [query for query in here if query.field == row.question.name]


def needs(seat, at):
    """The queries that wait for this seat, for its home page: those given to it, and those given to nobody."""
    act = {Reach.OWN: Act.ANSWER, Reach.RECEIVED: Act.ASK}.get(seat.reach)
    if act is None or not seat.may(act, seat.role_spec.return_type):
        return
    rows = Query.objects.visible_to(seat).waiting_for(seat).for_list().order_by("due_on", "pk")
    rows = rows.filter(Q(assigned_to=seat.person_id) | Q(assigned_to=None))
    today = timezone.localdate(at)

    def line(query):
        is_late = query.is_overdue_on(today)
        return Need(
            title=f"Query: {about(query)}",
            url=reverse("returns:query", args=[query.uuid]),
            words="Answer overdue" if is_late else query.get_state_display(),
            colour="red" if is_late else "yellow" if query.is_with_owner else "blue",
            hint=f"{query.submission.subject.name}, {query.submission.period.title}",
        )

    yield from first(rows, line, "queries", reverse("returns:queries"), MOST_ON_HOME)


def days_to_answer(submission):
    """Working days for an answer, as the period's standards say."""
    return int(submission.period.standards.get("query_days", DAYS_TO_ANSWER))


def _due(submission, days, at):
    days = days_to_answer(submission) if days is None else days
    if not 1 <= days <= MOST_DAYS:
        raise Refused(f"Give between 1 and {MOST_DAYS} working days.", "days")
    return working_day_after(timezone.localdate(at), days)


def _refuse_unless_asked_there(submission, section, field):
    spec = {spec.slug: spec for spec in workflow.specs_of(submission)}.get(section)
    if spec is None or (field and field not in {question.name for question in spec.questions}):
        raise Refused("This return has no such question.", "no_question")


def _lock(query):
    """Re-reads the row under a lock: two people answer at once."""
    return (
        Query.objects.select_for_update(no_key=True, of=("self",))
        .select_related("submission__subject", "submission__period__collection", "asked_by")
        .get(pk=query.pk)
    )


def _too_late(query):
    return f"This query is “{query.get_state_display().lower()}” now. Somebody may have been quicker than you."


def _given(text, sentence):
    if not text.strip():
        raise Refused(sentence, "no_text")
    return text.strip()


def _say(query, act, text, by, at):
    Message.objects.create(query=query, act=act, text=text, person=by.person, organisation=by.organisation, at=at)
    _event(f"query {act.lower()}", query, by, at)


def _move(query, state, assigned_to, at):
    query.state, query.state_at, query.assigned_to = state, at, assigned_to
    query.save(update_fields=["state", "state_at", "assigned_to", "due_on"])


def _event(act, query, by, at, **detail):
    detail |= {"query": str(query.uuid), "section": query.section, "field": query.field}
    events.record(act, subject=("submission", query.submission.uuid), by=by, at=at, detail=detail)


def _still_there(person, query, at):
    """The person, where he or she may still move the query on from the other side; its turn has just changed."""
    seats = _owners(query, at) | _recipients(query, at)
    return person if person.pk in {seat.person_id for seat in seats} else None


def _owners(query, at):
    return workflow.seats_that(query.submission, Act.ANSWER, Participant.OWNERS, at)


def _recipients(query, at):
    return workflow.seats_that(query.submission, Act.ASK, {Participant.Part.RECIPIENT}, at)


def _tell(query, happened, at, to=None):
    """Tells whom the query is assigned to, else everybody on the side whose turn it is; no words of the query itself."""
    recipients = whose_turn(query, at) if to is None else to
    assigned = {seat for seat in recipients if seat.person_id == query.assigned_to_id}
    notices.tell(
        [
            notices.Telling(
                cause=f"query {query.uuid} {query.state} {query.assigned_to_id or ''} {at:%Y%m%d%H%M%S}",
                recipients=frozenset(assigned or recipients),
                subject=f"The {workflow.named(query.submission)} {happened}",
                link=reverse("returns:query", args=[query.uuid]),
            )
        ],
        at=at,
    )
