"""Every page of the access table, for every role that may open it, at every stage of a return: what a reader needs is
there, reading writes nothing, long lists ask no more, and a browser of either width finds nothing wrong.
"""

import math
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import sessions
from accounts.models import Organisation
from accounts.tests.factories import (
    make_commissioner,
    make_link,
    make_organisation,
    make_region,
    make_seat,
    sign_in,
)
from journal import events, seal
from journal.models import Notice
from prevent.return_type import PREVENT
from returns import actions, escalations, opening, second_review, visits, waivers, workflow
from returns.models import (
    Check,
    Escalation,
    Export,
    Participant,
    Period,
    Query,
    Score,
    Submission,
    Version,
    VersionContent,
)
from returns.periods import start_of
from returns.tests.factories import (
    QUARTER,
    World,
    accept,
    answer_checklist,
    check,
    fill,
    make_period,
    make_query,
    reload,
    save,
    sign,
    submit_and_check,
)
from tests.access_table import EVERYBODY, OPEN, ROUTES
from tests.access_table_continuity import CONTINUITY_READS
from tests.live import Desk
from tests.test_access import make_place


@pytest.fixture
def place():
    return make_place()


# What leaves the portal is written down before it leaves: these alone may write
DOWNLOADS = {
    "returns:version_download",
    "returns:workbook",
    "returns:annotated_copy",
    *("returns:preview_proforma", "returns:proforma_workbook", "returns:proforma_map"),
    "returns:proforma",
    "returns:non_submitters",
    "returns:export_download",
    "returns:document",
    "returns:report_file_download",
    "audits:agreement_file",
}
LEADS_ON = {"accounts:our_submitters"}  # to the organisation's page
FRAGMENTS = {"returns:check_progress"}  # parts of a page, which script asks for
# Roles whose pages differ from another's in no more than a missing button: read, but not looked at in a browser
LIKE_ANOTHER = {"editor", "reviewer", "commissioner viewer"} | {who for who in EVERYBODY if "elsewhere" in who}
OF_THE_SESSION = ("django_session", "portal_cache", "usersessions_usersession")
PAGES = [name for name, rule in ROUTES.items() if isinstance(rule, tuple) and rule[0] == "GET"]
BELOW_TARGET = {"l3_compliant": 1100, "areas_for_improvement": "Level 3 training on the wards."}


# One provider with a return at every stage, each in a quarter of its own


def not_started(world, at):
    pass


def with_errors(world, at):
    save(world.submission, "training", world.lead, at, staff_total=10, l12_required=20, l3_required=5, l3_compliant=9)
    save(world.submission, "leads", world.lead, at)


def with_warnings(world, at):
    fill(world.submission, world.lead, at, explain=False, **BELOW_TARGET)


def complete(world, at):
    fill(world.submission, world.lead, at, **BELOW_TARGET)


def awaiting_sign_off(world, at):
    complete(world, at)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=at)


def unchecked(world, at):
    awaiting_sign_off(world, at)
    sign(world, at)


def stuck(world, at):
    unchecked(world, at)
    Check.objects.filter(version=world.submission.current_version).update(state=Check.State.STUCK, attempts=3)


def in_review(world, at):
    submit_and_check(world, at, **BELOW_TARGET)
    workflow.start_review(world.submission, by=world.reviewer, at=at)
    make_query(world, at=at)


def proposed(world, at):
    """A verdict that waits for a second person; other returns are decided by one."""
    in_review(world, at)
    answer_checklist(world.submission, world.reviewer, at, policies="NO")
    colleague = make_seat("PREVENT_REVIEWER", world.commissioner)
    second_review.choose(world.period.collection, second_reviewer=True, by=world.reviewer, at=at)
    verdict = {"verdict": "ASSURED_WITH_ACTIONS", "reason": "Bring the policy up to date."}
    workflow.propose_verdict(world.submission, version=1, **verdict, by=colleague, at=at)
    second_review.choose(world.period.collection, second_reviewer=False, by=world.reviewer, at=at)


def sent_back(world, at):
    in_review(world, at)
    reasons = {"activity": "Please count again.", "narrative": "Please name the wards."}
    workflow.send_back(world.submission, version=1, reasons=reasons, by=world.reviewer, at=at)


def accepted(world, at):
    sent_back(world, at)
    plan = [{"title": "Book a course", "owner": "Ola", "due_on": "2026-01-31", "status": "OPEN"}]
    save(world.submission, "narrative", world.lead, at, areas_for_improvement="Wards 3 and 4.", action_plan=plan)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=at)
    sign(world, at)
    check(world, at)
    workflow.start_review(world.submission, by=world.reviewer, at=at)
    accept(world.submission, world.reviewer, at, verdict="ASSURED_WITH_ACTIONS", reason="Book the course.")


def not_required(world, at):
    workflow.excuse(world.submission, reason="It has no staff of its own.", by=world.reviewer, at=at)


STAGES = (
    not_required,
    accepted,
    sent_back,
    proposed,
    in_review,
    stuck,
    unchecked,
    awaiting_sign_off,
    complete,
    with_warnings,
    with_errors,
    not_started,
)
STILL_OPEN = {"awaiting_sign_off", "complete", "with_errors"}


@pytest.fixture
def stages(place):
    """The returns by stage; the one that the access table is about is called `checked`."""
    seats = place.seats
    checked = Submission.objects.get(uuid=place.arguments["returns"][0]["uuid"])
    found = {"checked": checked}
    quarter = QUARTER
    for _ in STAGES:
        quarter = quarter.previous()
    for stage in STAGES:
        at = start_of(quarter.ends + timedelta(days=4))
        period = make_period(quarter)
        world = World(
            trust=checked.subject,
            commissioner=seats["commissioner lead"].organisation,
            lead=seats["lead"],
            submitter=seats["submitter"],
            signer=seats["signer"],
            reviewer=seats["commissioner lead"],
            period=period,
            submission=reload(period.submissions.get(subject=checked.subject)),
        )
        stage(world, at)
        found[stage.__name__] = world.submission
        if stage.__name__ in STILL_OPEN:
            now = timezone.now()
            Period.objects.filter(pk=period.pk).update(
                due_at=now + timedelta(days=3), closes_at=now + timedelta(days=6)
            )
        quarter = quarter.next()
    return found


def addresses(place, stages, name):
    """Every address of a route: for a page about one return, of the return at each stage."""
    if name == "returns:remind":
        return [f"{reverse(name)}?period={stages['not_started'].period.key}&whom=all"]
    given = place.arguments.get(name, place.arguments.get(name.partition(":")[0], [{}]))[0]
    if given.get("uuid") != stages["checked"].uuid:
        return [reverse(name, kwargs=given)]
    found = [reverse(name, kwargs=given | {"uuid": submission.uuid}) for submission in stages.values()]
    if name == "returns:section":
        found += [
            reverse(name, kwargs={"uuid": stages[stage].uuid, "slug": spec.slug})
            for stage in ("with_errors", "with_warnings", "not_started")
            for spec in PREVENT.sections
        ]
    if name == "returns:version":
        found.append(reverse(name, kwargs={"uuid": stages["accepted"].uuid, "number": 2}))
    return found


# What a page is made of


class Reader(HTMLParser):
    """What a page holds: title, headings, links, and its skeleton, which pages of one kind share."""

    VOID = {"meta", "link", "input", "br", "hr", "img"}

    def __init__(self, html):
        super().__init__()
        self.title, self.headings, self.links, self.back = "", [], [], None
        self.skeleton, self.open = set(), []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        about = dict(attributes)
        kind = about.get("class") or ""
        self.skeleton.add((*self.open[-2:], tag, kind, about.get("type")))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append(tag)
        if tag == "a" and about.get("href"):
            self.links.append(about["href"])
            if "nhsuk-back-link" in kind:
                self.back = about["href"]

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if self.open[-1:] == ["title"]:
            self.title += data

    @property
    def has_menu(self):
        return any("nhsuk-header__navigation-link" in part[-2] for part in self.skeleton)

    @property
    def kind(self):
        return frozenset(self.skeleton), tuple(
            heading for heading, before in zip(self.headings, ["", *self.headings], strict=False) if heading != before
        )


def is_page(response):
    return response.status_code == 200 and response.headers["Content-Type"].startswith("text/html")


def crawl(place, stages, without=frozenset()):
    """Every answer that is a page or a file: (route, who, client, address, response, what was written)."""
    clients = {who: sign_in(Client(), seat) for who, seat in place.seats.items()}
    for name in PAGES:
        yield from answers(name, place, stages, clients, without)


def answers(name, place, stages, clients, without=frozenset()):
    for who in sorted(ROUTES[name][1] - without):
        for address in addresses(place, stages, name):
            connection.queries_log.clear()  # it holds no more than 9,000
            with CaptureQueriesContext(connection) as queries:
                response = clients[who].get(address)
                response.getvalue()  # a file is read to its end, and closed
            assert response.status_code < 500, address
            if response.status_code == 200:
                yield name, who, clients[who], address, response, written(queries)


def pages(answers):
    """Of the answers, those that a browser can look at."""
    return (answer for answer in answers if is_page(answer[4]) and answer[0] not in FRAGMENTS)


def written(queries):
    """The statements that change something other than the session."""
    return [
        query["sql"][:200]
        for query in queries
        if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
        and not any(table in query["sql"][:80] for table in OF_THE_SESSION)
    ]


@pytest.mark.django_db
def test_every_page_says_where_it_is_leads_on_and_writes_nothing(place, stages):
    seen, links, wrong = set(), {}, []
    for name, who, client, address, response, writes in crawl(place, stages):
        seen.add(name)
        if writes and name not in DOWNLOADS | CONTINUITY_READS:
            wrong.append((name, who, address, writes))
        if not is_page(response) or name in FRAGMENTS:
            continue
        page = Reader(response.content.decode())
        if not page.title.split(" – ")[0].strip() or page.headings.count("h1") != 1 or not (page.back or page.has_menu):
            wrong.append((name, who, address, page.title.strip(), page.headings, page.back))
        for link in page.links:
            if not link.startswith(("http", "mailto:", "#")):
                links.setdefault((who, urljoin(address, link).partition("#")[0]), (client, address))
    for (who, link), (client, address) in links.items():
        response = client.get(link, follow=True)
        response.getvalue()
        if response.status_code != 200:
            wrong.append((who, address, "links to", link, response.status_code))

    assert not wrong, "\n".join(map(str, wrong))
    assert set(PAGES) - seen == LEADS_ON


# In a browser


def look(found, place, browser, url):
    """What a browser finds wrong with (route, who, address), each person at a desk of their own."""
    desks, wrong = {}, []
    for name, who, address in found:
        if who not in desks:
            desks[who] = Desk(browser, url, place.seats[who])
        wrong += [(name, who, address, problem) for problem in looked_at(desks[who], address)]
    for desk in desks.values():
        desk.context.close()
    return "\n".join(map(str, wrong))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_no_browser_finds_anything_wrong_with_any_page(place, stages, browser, web_with_few_rights):
    clients = {who: sign_in(Client(), seat) for who, seat in place.seats.items()}
    first = [next(pages(answers(name, place, stages, clients)), None) for name in PAGES]
    found = [(name, who, address) for name, who, _, address, _, _ in filter(None, first)]

    assert look(found, place, browser, web_with_few_rights.url) == ""
    assert len(found) > 0.8 * len(PAGES)  # the others are files


@pytest.mark.prove
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_no_browser_finds_anything_wrong_with_any_page_as_any_role_at_any_stage(
    place, stages, browser, web_with_few_rights
):
    different = {}
    for name, who, _, address, response, _ in pages(crawl(place, stages, without=LIKE_ANOTHER)):
        different.setdefault((name, Reader(response.content.decode()).kind), (name, who, address))

    assert look(different.values(), place, browser, web_with_few_rights.url) == ""
    assert len(different) > len(PAGES)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_no_browser_finds_anything_wrong_on_the_pages_that_are_open_to_all(browser, web_with_few_rights):
    desk = Desk(browser, web_with_few_rights.url)
    names = [name for name, rule in ROUTES.items() if rule == OPEN and name.startswith("help:")]
    wrong = [(name, found) for name in [*names, "account_login"] for found in looked_at(desk, reverse(name))]
    desk.context.close()

    assert not wrong, "\n".join(map(str, wrong))


def looked_at(desk, address):
    """What axe, the width and the console say of one page, wide and narrow."""
    page = desk.page
    desk.complaints.clear()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(address)
    yield from violations(page)
    page.set_viewport_size({"width": 390, "height": 844})
    yield from violations(page)
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > 390:
        yield f"{width} wide on a phone"
    yield from desk.complaints


def violations(page):
    for found in Axe().run(page).response["violations"]:
        yield found["id"], [node["html"][:300] for node in found["nodes"][:2]]


# Long lists


class Lists:
    """A commissioner's trusts, a trust's quarters, exports, events and messages: as many of each as a test asks for."""

    def __init__(self):
        self.region, self.commissioner = make_region(), make_commissioner()
        self.trust = make_organisation(region=self.region)
        self.national = make_organisation("ZZN01", kind=Organisation.Kind.OTHER)
        self.administrator = make_seat("NATIONAL_ADMINISTRATOR", self.national)
        self.reviewer = make_seat("PREVENT_COMMISSIONER_LEAD", self.commissioner)
        self.lead = make_seat("PREVENT_OPERATIONAL_LEAD", self.trust)
        self.period = make_period()
        self.quarter = QUARTER

    def grow(self, number):
        trusts = [make_organisation(region=self.region) for _ in range(number)]
        for trust in trusts:
            make_link(trust, self.commissioner)
            make_seat("PREVENT_EDITOR", trust)
        opening.open_period(self.period, PREVENT, by=None, at=self.period.opens_at)
        periods = [self.period] + [self.one_more_period() for _ in range(number)]
        for trust in trusts:
            row = self.period.submissions.get(subject=trust)
            self.submitted(row)
            self.deal_with(row)
        for period in periods[1:]:
            row = Submission.objects.create(period=period, subject=self.trust)
            Participant.objects.create(submission=row, organisation=self.trust, part=Participant.Part.OWNER)
            Participant.objects.create(submission=row, organisation=self.commissioner, part=Participant.Part.RECIPIENT)
            self.submitted(row)
        now = timezone.now()
        for row in Submission.objects.filter(participants__organisation=self.trust, current_version__isnull=False):
            self.asked(row, now)
        for index in range(number):
            self.export = Export.objects.create(period=self.period, asked_by=self.administrator, asked_at=now)
            events.record("tested", subject=("thing", index), by=self.administrator, at=now)
            for seat in (self.administrator, self.reviewer, self.lead):
                Notice.objects.create(
                    dedupe_key=f"{Notice.objects.count()}",
                    person_id=seat.person_id,
                    subject="Hello",
                    link="/",
                    created_at=now,
                )
        seal.seal(at=now)

    def deal_with(self, row):
        """What lies between the trust of the return and its commissioner."""
        kind, now = Escalation.Kind.INADEQUATE_PERFORMANCE, timezone.now()
        escalations.raise_one(reload(row), kind=kind, cause="It stays low.", by=self.reviewer, at=now)
        owner = make_seat("PREVENT_OPERATIONAL_LEAD", row.subject)
        due_on = timezone.localdate() + timedelta(days=9)
        actions.set_one(reload(row), title="Book a course", owner=owner, due_on=due_on, by=self.reviewer, at=now)

        about = {"visited_on": timezone.localdate(), "people": "Two of us", "looked_at": "Records", "findings": ""}
        visits.record(reload(row), **about, by=self.reviewer, at=now)
        until = row.period.ends + timedelta(days=900)
        waivers.ask(reload(row), rule="PRV-W12", until=until, justification="No panel.", by=owner, at=now)

    def one_more_period(self):
        self.quarter = self.quarter.previous()
        period = opening.quarter_of(self.period.collection, self.quarter)
        period.opened_at, period.standards = period.opens_at, self.period.standards
        period.save()
        return period

    def submitted(self, row):
        """A version that passed, as the lists read it."""
        at = row.period.opens_at + timedelta(days=1)
        version = Version.objects.create(
            submission=row,
            number=1,
            content_sha256="0" * 64,
            explanations_sha256="0" * 64,
            rulebook="1",
            submitted_by=self.lead.person,
            submitted_at=at,
        )
        VersionContent.objects.create(version=version, payload=b"{}", explanations=b"[]")
        Check.objects.create(version=version, state=Check.State.PASSED, asked_at=at, checked_at=at)
        Score.objects.create(version=version, method="1", overall="AMBER", sentence="", parts=[])
        Submission.objects.filter(pk=row.pk).update(
            status="SUBMITTED", first_submitted_at=at, current_version=version, standing_version=version
        )

    def asked(self, row, at):
        Query.objects.get_or_create(
            submission=row,
            version=row.current_version,
            section="training",
            field="staff_total",
            defaults={
                "asked_by": self.reviewer.person,
                "asked_for": self.commissioner,
                "asked_at": at,
                "state_at": at,
                "due_on": at.date(),
            },
        )

    def pages(self):
        """(who, address) of every page that lists something."""
        period = {"pk": self.period.pk}
        for who in (self.lead, self.reviewer, self.administrator):
            yield from ((who, reverse(name)) for name in ("home", "mailbox", "accounts:organisations"))
            yield from (
                (who, reverse(name))
                for name in ("returns:escalations", "returns:actions", "returns:visits", "returns:waivers")
            )
        for who in (self.lead, self.reviewer):
            yield who, reverse("returns:queries") + "?show=open"
        yield self.lead, reverse("returns:ours")
        for who in (self.reviewer, self.administrator):
            yield who, reverse("returns:quarter") + f"?period={self.period.key}"
            yield who, reverse("returns:report") + f"?period={self.period.key}"
        for name in ("periods", "exports", "log", "stuck"):
            yield self.administrator, reverse(f"returns:{name}")
        yield self.administrator, reverse("returns:period", kwargs=period)
        yield self.administrator, reverse("accounts:people")

    def counts(self):
        found = {}
        for who, address in self.pages():
            client = sign_in(Client(), who)
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found[who.role, address] = len(queries)
        return found


@pytest.mark.django_db
def test_a_list_asks_the_same_number_of_queries_whatever_is_stored(monkeypatch):
    monkeypatch.setattr(
        sessions, "SEEN_STEP", math.inf
    )  # on a slow machine, writing when somebody was seen would count
    lists = Lists()
    lists.grow(3)
    few = lists.counts()

    lists.grow(57)

    assert lists.counts() == few
    assert max(few.values()) < 25
