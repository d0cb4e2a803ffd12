"""Working an audit's figures out, sharing them with its parties, and writing down what was found and what will be done.

The figures are of the sheets that were sent in and checked. Until they are shared only who analyses sees them.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from continuity import audits, naming, permissions
from continuity.figures import Figures, figures_of, in_place
from continuity.frozen_rows import analysis_of
from continuity.models import Audit, AuditAction, AuditFigures, AuditFinding, Sheet
from continuity.protection import Protection
from continuity.same_person import people_of
from journal import doorbell, notices
from journal.refused import Refused
from returns import versions
from returns.queue import Queue

TASK = "continuity.count_figures"
State = AuditFigures.State
LEASE = timedelta(minutes=10)
TOGETHER = "all"
OWN, OTHERS = "own of {}", "others than those of {}"  # an organisation's pairs together, and all others together


# Counting


@transaction.atomic
def ask(audit, *, by, at):
    """Asks a worker for the figures of the sheets sent in so far, once more where that got stuck. Returns the figures, which
    have no content yet.
    """
    audit = audits.lock(audit)
    if not sheets_in(audit):
        raise Refused("No sheet has been submitted and checked yet, so there is nothing to count.", "nothing")
    found = AuditFigures.objects.filter(audit=audit, counted_at=None).first()
    if found and not QUEUE.retry(found):
        raise Refused("The figures are being worked out already.", "waiting")
    found = found or AuditFigures.objects.create(audit=audit, asked_by=by.person, asked_at=at)
    audits.event("audit figures asked for", audit, by, at)
    doorbell.ring(TASK)
    return found


def sheets_in(audit):
    """The sheets with a version that stands, in the order of prison and area."""
    rows = Sheet.objects.filter(audit=audit, submission__standing_version__isnull=False)
    rows = rows.select_related("submission__standing_version__content", "submission__period__collection", "pair")
    return list(rows.order_by("pair__prison__name", "pair__area__name", "pk"))


def count(figures, standing, *, at):
    """Counts the sheets, each pair by itself and all together, and keeps the figures."""
    by_pair = {}
    for sheet in standing:
        version = sheet.submission.standing_version
        version.submission = sheet.submission
        by_pair.setdefault(str(sheet.pair_id), []).append(versions.answers_in(version))
    figures.content = content_of(by_pair, pairs_of(figures.audit), people_of(figures.audit))
    figures.sheets = len(standing)
    figures.referrals = sum(len(filled.referrals) for several in by_pair.values() for filled in several)
    figures.versions = [[str(sheet.submission.uuid), sheet.submission.standing_version.number] for sheet in standing]
    figures.state, figures.counted_at, figures.lease_until, figures.error = State.COUNTED, at, None, ""
    figures.save()


PLACES = {"prison": lambda pair: pair.prison.name, "la": lambda pair: pair.area.name}


def content_of(by_pair, pairs, people):
    """The figures to keep, by key, of the sheets of each pair: of it, of all, of an organisation's own and of all others.

    Each counts its people by itself: who was referred to two areas is one person, and a repeat, of both together.
    """
    found = {}

    def figures(keys):
        """The figures of some pairs together; prison and area are those of the pairs, whatever the rows call them."""
        keys = frozenset(keys)
        if keys not in found:
            sheets = [filled for key in by_pair if key in keys for filled in by_pair[key]]
            found[keys] = figures_of(analysis_of(sheets, people))
            found[keys]["breakdowns"] |= {name: places(keys, place) for name, place in PLACES.items()}
        return found[keys]

    def places(keys, place):
        by_name = defaultdict(set)
        for key in keys:
            by_name[place(pairs[key])].add(key)
        if len(by_name) == 1:
            return {name: in_place(found[keys]) for name in by_name}
        return {name: in_place(figures(inside)) for name, inside in by_name.items()}

    content = {key: figures({key}) for key in by_pair} | {TOGETHER: figures(by_pair)}
    for organisation_id, own in _parts(pairs, by_pair).items():
        for name, keys in ((OWN, own), (OTHERS, by_pair.keys() - own)):
            if len(keys) > 1:
                content[name.format(organisation_id)] = figures(keys)
    return content


def _parts(pairs, counted):
    """The keys of the counted pairs that are an organisation's own, for those to whom some but not all of them are."""
    own = defaultdict(set)
    for key in counted:
        for organisation_id in permissions.parties_of(pairs[key]):
            own[organisation_id].add(key)
    return {organisation_id: keys for organisation_id, keys in own.items() if keys != set(counted)}


def count_waiting(*, at):
    """Counts what waits, one audit after another; returns how many were tried."""
    return QUEUE.work(_count, at=at)


@transaction.atomic
def _count(claimed, at):
    figures = QUEUE.locked(claimed, "audit")
    if figures is None:
        return
    count(figures, sheets_in(figures.audit), at=at)
    _tell_who_asked(figures, "are worked out", at)


QUEUE = Queue(
    AuditFigures,
    "figures",
    LEASE,
    order="asked_at",
    on_stuck=lambda figures, at: _tell_who_asked(figures, "could not be worked out", at),
)


def _tell_who_asked(figures, happened, at):
    seats = Membership.objects.active_at(at).filter(person=figures.asked_by).select_related("organisation")
    recipients = frozenset(seat for seat in seats if permissions.can_analyse(seat, figures.audit))
    subject = f"The figures of the audit “{figures.audit.title}” {happened}"
    link = reverse("audits:findings", args=[figures.audit.uuid])
    if recipients:
        notices.tell([notices.Telling(f"figures {figures.uuid} {happened}", recipients, subject, link)], at=at)


def newest(audit, *, shared_only):
    """The newest counted figures of an audit, or the newest that were shared; None where there are none."""
    rows = AuditFigures.objects.filter(audit=audit, counted_at__isnull=False)
    rows = rows.exclude(shared_at=None) if shared_only else rows
    return rows.order_by("-counted_at", "-pk").first()


# Sharing


@transaction.atomic
def share(figures, *, by, at):
    """Opens the figures to every party of the audit and tells them."""
    audit = audits.lock(figures.audit)
    figures = AuditFigures.objects.select_for_update().get(pk=figures.pk)
    if figures.shared_at:
        raise Refused("These figures are shared already.", "shared")
    figures.shared_at, figures.shared_by = at, by.person
    figures.save(update_fields=["shared_at", "shared_by"])
    audits.event("audit findings shared", audit, by, at, figures=str(figures.uuid))
    parties = audit.parties.exclude(invited_at=None)
    audits.tell(audit, f"findings {figures.uuid}", parties, "has findings to read", at, but=by)


# Views of the figures


@dataclass(frozen=True)
class View:
    """The figures of one pair, or of all together, as one seat may see them."""

    key: str
    title: str
    figures: Figures

    @property
    def is_exact(self):
        return self.figures.exact


def views_of(figures, seat):
    """What is counted together first, then each pair. Exact where every pair in it is the seat's own.

    Where some pairs are its organisation's own, it gets these together and all others together, but not everything: taking
    its own figures from that would tell what is hidden of the others.
    """
    content, mine, theirs = figures.content, OWN.format(seat.organisation_id), OTHERS.format(seat.organisation_id)
    pairs = {key: pair for key, pair in pairs_of(figures.audit).items() if key in content}
    titles = {key: f"{pair.prison.name} to {pair.area.name}" for key, pair in pairs.items()}
    exact = {key: permissions.sees_exact_figures(seat, figures.audit, pair) for key, pair in pairs.items()}
    own = [key for key, pair in pairs.items() if seat.organisation_id in permissions.parties_of(pair)]
    others = [key for key in pairs if key not in own]
    is_one = all(exact.values()) or not own or not others
    systems = [(TOGETHER, list(pairs))] if is_one else [(mine, own), (theirs, others)]
    titles |= {TOGETHER: "All together", mine: "All of yours together", theirs: "All others together"}
    views = []
    for whole, parts in systems:
        keys = [key for key in (whole, *parts) if key in content]
        protected = partial(_protected, figures, whole, tuple(keys))
        for key in keys:
            is_exact = exact[key] if key in exact else all(exact[part] for part in parts)
            views.append(View(key, titles[key], Figures(content[key], is_exact, partial(protected, key))))
    return views


def lost_to_the_data(audit, seat):
    """(of what, M21) of the first that the seat sees of its newest figures, where it sees that as it is; else None."""
    figures = newest(audit, shared_only=not permissions.can_analyse(seat, audit))
    view = views_of(figures, seat)[0] if figures else None
    return (view.title, view.figures.measure("M21")) if view and view.is_exact else None


PROTECTED, MOST_PROTECTED = {}, 32


def _protected(figures, whole, keys, key):
    """What readers who see these views may see of them, and the key of one. Counted figures never change, so it is kept."""
    asked = figures.uuid, keys
    if asked not in PROTECTED:
        while len(PROTECTED) >= MOST_PROTECTED:
            PROTECTED.pop(next(iter(PROTECTED)), None)
        PROTECTED[asked] = Protection({each: figures.content[each] for each in keys}, whole)
    return PROTECTED[asked], key


def pairs_of(audit):
    rows = audit.pairs.select_related("prison", "service", "area").order_by("prison__name", "area__name")
    return {str(pair.pk): pair for pair in rows}


MOST_AUDITS = 5


def beside_indicator(seat, prison, area):
    """What audits found at a place (either may be None): (audit, title of the pair, its figures as the seat may see them)
    of the last audits whose findings are shared, newest first; and the actions of these audits, by day.
    """
    here = {"pairs__prison": prison, "pairs__area": area}
    rows = Audit.objects.visible_to(seat).filter(**{name: place for name, place in here.items() if place})
    rows = rows.filter(figures__shared_at__isnull=False).distinct().order_by("-period__ends", "-pk")
    found = []
    for audit in rows.select_related("period__collection")[:MOST_AUDITS]:
        pairs = {
            key for key, pair in pairs_of(audit).items() if prison in (None, pair.prison) and area in (None, pair.area)
        }
        views = views_of(newest(audit, shared_only=True), seat)
        found += [(audit, view.title, view.figures) for view in views if view.key in pairs]
    actions = AuditAction.objects.filter(audit__in={audit for audit, _, _ in found}).select_related("owner", "audit")
    return found, list(actions.order_by("due_on", "pk"))


# Findings and actions


@transaction.atomic
def write_finding(audit, *, kind, text, measure, where, recommendation, by, at):
    """Writes down a gap, or what works well, with its measure and where it should be adopted."""
    audit = audits.lock(audit)
    naming.refuse_names(audit, text, where)
    found = AuditFinding.objects.create(
        audit=audit,
        kind=kind,
        text=text,
        measure=measure,
        where=where,
        recommendation=recommendation,
        written_by=by.person,
        written_at=at,
    )
    audits.event("audit finding written", audit, by, at, measure=measure, kind=kind)
    return found


@transaction.atomic
def remove_finding(finding, *, by, at):
    audits.event("audit finding removed", finding.audit, by, at, measure=finding.measure, kind=finding.kind)
    finding.delete()


@transaction.atomic
def plan_action(audit, *, recommendation, what, owner, due_on, by, at):
    """Plans an action for one of the audit's parties and tells its people."""
    audit = audits.lock(audit)
    parties = audit.parties.filter(organisation=owner)
    if not parties.exists():
        raise Refused("Choose one of the parties to this audit.", "owner")
    if due_on < timezone.localdate(at):
        raise Refused("Choose a day that lies ahead.", "due_on")
    naming.refuse_names(audit, what)
    action = AuditAction.objects.create(
        audit=audit,
        recommendation=recommendation,
        what=what,
        owner=owner,
        due_on=due_on,
        changed_by=by.person,
        changed_at=at,
    )
    audits.event("audit action planned", audit, by, at, action=action.pk, recommendation=recommendation)
    audits.tell(audit, f"action {action.pk}", parties, "has an action for you", at, but=by)
    return action


@transaction.atomic
def report_progress(action, *, status, progress, by, at):
    """Says how far an action is."""
    action = AuditAction.objects.select_for_update(of=("self",)).select_related("audit").get(pk=action.pk)
    if status == AuditAction.Status.DONE and not progress.strip():
        raise Refused("Say what was done.", "progress")
    naming.refuse_names(action.audit, progress)
    action.status, action.progress, action.changed_by, action.changed_at = status, progress.strip(), by.person, at
    action.save(update_fields=["status", "progress", "changed_by", "changed_at"])
    audits.event("audit action reported", action.audit, by, at, action=action.pk, status=status)
    return action
