"""The stages of an audit as a task list: what is done, what waits, and for whom. The same for every party.

Source: guidance of 2018, 5.3. Counts are of rows and sheets, never of people's answers, and stand only where the seat sees
the figures of all that is counted as they are.
"""

from dataclasses import dataclass, field

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Reach
from continuity import audits, held_back, indicator, permissions
from continuity.models import TOPICS, AuditAction, Extract
from returns.models import Submission


@dataclass
class Task:
    """One line. `url` is empty where the seat cannot open it."""

    title: str
    words: str
    colour: str = "grey"
    url: str = ""
    hint: str = ""


@dataclass
class Stage:
    title: str
    tasks: list = field(default_factory=list)


def stages_of(audit, seat):
    """The stages with their tasks, as this seat may open them."""
    facts = _Facts(audit, seat)
    return [
        Stage("Set the audit up", list(_set_up(facts))),
        Stage("List the clients", list(_extracts(facts))),
        Stage("Audit each client", list(_sheets(facts))),
        Stage("Share the findings", [*_findings(facts), *_meetings(facts)]),
        Stage("Monitor changes", list(_monitoring(facts))),
        Stage("End the audit", list(_end(facts))),
    ]


class _Facts:
    """What the page asks of the database, once."""

    def __init__(self, audit, seat):
        self.audit, self.seat = audit, seat
        self.pairs = list(
            audit.pairs.select_related("prison", "area", "service").order_by("prison__name", "area__name")
        )
        self.parties = list(audit.parties.select_related("organisation").order_by("organisation__name", "part"))
        for party in self.parties:
            party.audit = audit
        self.waiting = [party for party in self.parties if party.is_asked and not party.has_accepted]
        self.agreement = audits.agreement_of(audit)
        self.exact = {pair.pk for pair in self.pairs if permissions.sees_exact_figures(seat, audit, pair)}
        counted = {pair.prison_id for pair in self.pairs} - {
            pair.prison_id for pair in self.pairs if pair.pk not in self.exact
        }
        if self.is_provider:  # another's people are not even counted
            counted &= {seat.organisation_id}
        self.counts = {
            row["prison"]: row
            for row in audit.referrals.filter(prison__in=counted)
            .order_by()
            .values("prison")
            .annotate(
                all=Count("pk"),
                left_out=Count("pk", filter=~Q(left_out=[])),
                shared=Count("pk", filter=Q(sheet__isnull=False)),
            )
        }
        extracts = list(audit.extracts.order_by("number"))
        self.extracts = {row.prison_id: row for row in extracts}
        self.read = {row.prison_id: row.number for row in extracts if row.was_read}
        self.shared = set(audit.sheets.values_list("pair", flat=True))
        self.sheets = list(
            audit.sheets.visible_to(seat)
            .select_related("submission__subject", "pair__prison", "pair__area", "pair__service")
            .annotate(rows=Count("referrals"))
            .order_by("pair__prison__name", "pair__area__name", "pk")
        )

    @property
    def is_provider(self):
        return self.seat.reach is Reach.OWN

    def to_share(self):
        """How many rows the prison of the seat can share now."""
        listed = held_back.listed(self.audit, self.seat.organisation_id, timezone.localdate())
        return listed.filter(stands=held_back.Stands.TO_SHARE).count()

    def url(self, name, *args):
        return reverse(f"audits:{name}", args=args or [self.audit.uuid])


def _set_up(f):
    runs = permissions.can_run(f.seat, f.audit)
    yield Task(
        "Terms: period, aims, who analyses", "Revision " + str(f.audit.revision), url=f.url("terms") if runs else ""
    )
    pairs = "1 pair" if len(f.pairs) == 1 else f"{len(f.pairs)} pairs"
    yield Task("Prisons and areas", pairs if f.pairs else "None yet", "grey" if f.pairs else "yellow", f.url("pairs"))
    yield _acceptance(f)
    if f.agreement:
        yield Task(
            "Information sharing agreement",
            "On file",
            "green",
            f.url("agreement"),
            f"Signed on {f.agreement.agreed_on:%-d %B %Y}.",
        )
    else:
        yield Task(
            "Information sharing agreement", "Missing", "yellow", f.url("agreement"), "No row can be shared without it."
        )
    noted = f.audit.topics.count()
    yield Task("Ten topics of the pathway", f"{noted} of {len(TOPICS)} noted", url=f.url("topics"))


def _acceptance(f):
    if not f.pairs:
        return Task("Parties", "None yet", "grey", f.url("parties"))
    if not f.waiting:
        return Task("Parties", "All have accepted", "green", f.url("parties"))
    names = ", ".join(dict.fromkeys(party.organisation.name for party in f.waiting))
    hint = f"Waits for {names}." if names else ""
    return Task("Parties", f"{len(f.waiting)} still to accept", "yellow", f.url("parties"), hint)


def _extracts(f):
    prisons = {pair.prison_id: pair.prison for pair in f.pairs}
    for pk, prison in prisons.items():
        own = f.seat.organisation_id == pk and permissions.can_extract(f.seat, f.audit)
        url = f.url("extract_list") if own else ""
        extract, count = f.extracts.get(pk), f.counts.get(pk)
        if count:
            listed = count["all"] - count["left_out"]
            hint = f"{listed:,} on the audit list, {count['left_out']:,} left out, {count['shared']:,} shared."
            yield Task(f"Extract of {prison.name}", f"Revision {f.read.get(pk, 1)}", "green", url, hint)
        elif pk in f.read:
            yield Task(f"Extract of {prison.name}", "Uploaded", "green", url)
        elif extract and extract.state in {Extract.State.WAITING, Extract.State.HEADINGS}:
            yield Task(f"Extract of {prison.name}", extract.get_state_display(), "blue", url)
        else:
            waits = "Waits until everybody has accepted." if f.waiting else ""
            yield Task(f"Extract of {prison.name}", "Not uploaded", "grey" if f.waiting else "yellow", url, waits)


def _sheets(f):
    if f.seat.organisation_id in f.read and permissions.can_share(f.seat, f.audit) and not f.audit.is_closed:
        waiting = f.to_share()
        words = f"{waiting:,} to share" if waiting else "Nothing to share"
        yield Task("Share the sheets", words, "yellow" if waiting else "grey", f.url("sharing"))
    seen = {sheet.pair_id for sheet in f.sheets}
    for sheet in f.sheets:
        yield _sheet(f, sheet)
    for pair in f.pairs:
        is_ours = f.seat.organisation_id in (pair.prison_id, pair.service_id)
        if pair.pk not in seen and (is_ours or not f.is_provider):
            own = f.seat.organisation_id == pair.prison_id and permissions.can_share(f.seat, f.audit)
            yield Task(
                f"{pair.prison.name} to {pair.area.name}",
                "Shared" if pair.pk in f.shared else "Not shared",
                url=f.url("sharing") if own else "",
                hint=f"For {pair.service.name}.",
            )


def _sheet(f, sheet):
    title = f"{sheet.pair.prison.name} to {sheet.pair.area.name}: {sheet.service.name}"
    url = f.url("sheet", sheet.submission.uuid)
    rows = f"{_rows_said(sheet.rows)}. " if permissions.sees_count(f.seat, f.audit, sheet) else ""
    if sheet.recalled_at:
        return Task(title, "Recalled", "red", url, rows.strip())
    colour = "blue" if sheet.submission.status in Submission.WITH_OWNER else "green"
    return Task(
        title, sheet.submission.get_status_display(), colour, url, f"{rows}Due {f.audit.period.due_at:%-d %B %Y}."
    )


def _rows_said(count):
    return "1 row" if count == 1 else f"{count:,} rows"


def _findings(f):
    shared = list(f.audit.figures.exclude(counted_at=None).order_by("-counted_at").values_list("shared_at", flat=True))
    words, colour = ("Shared", "green") if any(shared) else ("Not shared yet", "blue")
    hint = ""
    if not shared:
        words, colour = "Not worked out", "grey"
    elif any(shared) and not shared[0] and permissions.can_analyse(f.seat, f.audit):
        hint = "Newer figures are not shared yet."
    yield Task("Figures and findings", words, colour, f.url("findings"), hint)


def _meetings(f):
    count = f.audit.meetings.count()
    yield Task("Meetings and what they decided", f"{count} noted" if count else "None yet", url=f.url("meetings"))


def _monitoring(f):
    is_open = ~Q(status=AuditAction.Status.DONE)
    late = is_open & Q(due_on__lt=timezone.localdate())
    plan = f.audit.actions.aggregate(all=Count("pk"), open=Count("pk", filter=is_open), late=Count("pk", filter=late))
    said = f"{plan['all']} planned, {plan['all'] - plan['open']} done" if plan["all"] else "None yet"
    hint = f"{plan['late']} overdue." if plan["late"] else ""
    yield Task("Action plan", said, "red" if plan["late"] else "grey", f.url("actions"), hint)
    takes_part = permissions.takes_part(f.seat)
    values = indicator.newest_of(f.seat, f.pairs)
    for value in values:
        place = " to ".join(each.name for each in (value.prison, value.area) if each)
        words = f"To {value.window_end:%-d %B %Y}"
        yield Task(f"Published indicator, {place}", words, url=indicator.address_of(value) if takes_part else "")
    if f.pairs and not values:
        yield Task("Published indicator", "No values yet", url=reverse("continuity:indicator") if takes_part else "")


def _end(f):
    runs = permissions.can_run(f.seat, f.audit)
    if f.audit.purged_at:
        yield Task(
            "Names and dates of birth",
            "Removed",
            "green",
            hint=f"On {f.audit.purged_at:%-d %B %Y}. Rows stay, without anybody's name.",
        )
    elif f.audit.is_closed:
        yield Task(
            "The audit is closed",
            "Closed",
            "green",
            hint=f"Names and dates of birth are removed on {f.audit.purge_on:%-d %B %Y}.",
        )
    else:
        yield Task(
            "Close the audit",
            "Open",
            url=f.url("close") if runs else "",
            hint="When all sheets are submitted and the findings are shared.",
        )
