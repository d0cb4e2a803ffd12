"""What strangers, vandals and spreadsheets put into a form: a sentence, nothing lost, and never an error of ours."""

import csv
import io
import itertools
import re

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organisation
from accounts.tests.factories import PASSWORD, make_organisation, make_person, make_seat, sign_in
from prevent.return_type import PREVENT
from returns import checklists, findings, queries, sections, workflow
from returns.checklists import Given
from returns.content import Kind
from returns.models import Version
from returns.tests.factories import GOOD, check, explain_everything, fill, make_query, reload, save, sign
from tests.live import make_open_world

pytestmark = pytest.mark.django_db

SCRIPT = "<script>canary()</script>"
IMAGE = "\"'><img src=x onerror=canary()>"
CANARY = f"{SCRIPT} {IMAGE}"
UNESCAPED = re.compile(r"<script>canary|<img src=x", re.IGNORECASE)
FREE_TEXT = [question.name for question in PREVENT.questions if question.kind in {Kind.LINE, Kind.PASSAGE}]


@pytest.fixture
def world():
    return make_open_world()


def client_of(seat):
    return sign_in(Client(), seat)


def section_of(world, slug):
    return reverse("returns:section", args=[world.submission.uuid, slug])


# Markup stays text, wherever it is shown


def with_canaries(world):
    """A return with the canary in every free text, submitted, in review, and sent back with it."""
    now = timezone.now()
    Organisation.objects.filter(pk=world.trust.pk).update(name=f"Trust {CANARY}")
    plan = [{"title": CANARY, "owner": CANARY, "due_on": "2026-01-31", "status": "OPEN"}]
    texts = dict.fromkeys(FREE_TEXT, CANARY) | {"action_plan": plan, "l3_compliant": 1100}
    fill(world.submission, world.lead, now, explain=False, **texts)
    _, _, verdict = findings.look_at(reload(world.submission))
    assert verdict.unexplained
    for warning in verdict.unexplained:
        workflow.explain(world.submission, *findings.key_of(warning), CANARY, by=world.lead, at=now)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=now)
    yield "waiting for sign-off"
    workflow.decline(world.submission, reason=CANARY, by=world.signer, at=now)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=now)
    sign(world, now)
    check(world, now)
    yield "checked"
    workflow.start_review(world.submission, by=world.reviewer, at=now)
    query = make_query(world, CANARY, at=now)
    queries.answer(query, text=CANARY, by=world.lead, at=now)
    reasons = {spec.slug: CANARY for spec in workflow.specs_of(world.submission)}
    workflow.send_back(world.submission, version=1, reasons=reasons, by=world.reviewer, at=now)
    yield "sent back"
    save(world.submission, "leads", world.lead, now, **{name: GOOD.get(name) for name in GOOD if "lead" in name})
    explain_everything(world.submission, world.lead, now)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=now)
    sign(world, now)
    check(world, now)
    workflow.start_review(world.submission, by=world.reviewer, at=now)
    said = {item.key: Given("NO", CANARY) for item in checklists.asked_about(world.submission)}
    checklists.answer(world.submission, said, version=2, by=world.reviewer, at=now)
    workflow.accept(world.submission, version=2, verdict="ASSURED", reason=CANARY, by=world.reviewer, at=now)
    yield "accepted"
    workflow.reopen(world.submission, reason=CANARY, by=world.reviewer, at=now)
    yield "opened again"


def every_page_from(client, start, limit=120):
    """Follows the links of pages, within the portal; gives (address, text)."""
    waiting, seen = [start], {start}
    while waiting and len(seen) < limit:
        address = waiting.pop(0)
        response = client.get(address, follow=True)
        assert response.status_code < 500, address
        if response.streaming or "text/html" not in response.headers["Content-Type"]:
            continue
        html = response.content.decode()
        yield address, html
        for link in re.findall(r'href="(/[^"#?]*)', html):
            if link not in seen and not link.startswith("/static/"):
                seen.add(link)
                waiting.append(link)


def test_markup_in_any_free_text_is_shown_as_text(world):
    found, shown = [], set()
    clients = {"owner": client_of(world.lead), "signer": client_of(world.signer), "reader": client_of(world.reviewer)}
    for stage in with_canaries(world):
        for who, client in clients.items():
            start = reverse("returns:return", args=[world.submission.uuid])
            for address, html in every_page_from(client, start):
                found += [(stage, who, address)] if UNESCAPED.search(html) else []
                shown |= {(stage, who)} if "&lt;script&gt;canary" in html else set()

    assert found == []
    assert len(shown) == 5 * len(clients)


# Formulas


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", '=HYPERLINK("http://evil.example","x")']


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_in_a_name_stays_text_in_the_list_of_a_quarter(world, formula):
    Organisation.objects.filter(pk=world.trust.pk).update(name=formula)

    response = client_of(world.reviewer).post(reverse("returns:quarter_download"))

    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert len(rows) == 1
    assert not rows[0]["organisation_name"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert formula.strip() in rows[0]["organisation_name"]


# Where a sign-in leads


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(to):
    person = make_person(email="pat@trust.example")
    person.set_password(PASSWORD)
    person.save()

    response = Client().post(
        reverse("account_login"), {"login": "pat@trust.example", "password": PASSWORD, "next": to}, follow=True
    )

    assert response.redirect_chain
    assert all(url.startswith("/") and not url.startswith(("//", "/\\")) for url, _ in response.redirect_chain)
    assert all("evil" not in url.partition("?")[0] for url, _ in response.redirect_chain)


# Forms filled in by a machine that means no good


NASTY = [
    "\ud800",
    "\udfff12",
    "\x00",
    "12\x00",
    "９９",
    "١٢",
    "Ⅻ",
    "²",
    "1e3",
    "0x10",
    "-5",
    "12.5",
    "9" * 400,
    "9" * 5000,
    "NaN",
    "inf",
    "true",
    "\u202e12",
    "\ufeff12",
    "a" * 10_000,
    "2025-02-30",
    CANARY,
    "'; DROP TABLE returns_submission; --",
    "",
    " ",
]
FIELDS = {
    spec.slug: [
        name
        for question in spec.questions
        for name in (
            [question.name, f"{question.name}__not_applicable"]
            + [f"{question.name}_{part}" for part in ("day", "month", "year")]
            + [f"{question.name}_0_{part}" for part in ("title", "owner", "due_on_day", "due_on_year", "status")]
        )
    ]
    + ["revision", "continue", "come_back", "seat", "surprise"]
    for spec in PREVENT.sections
}
ANYTHING = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(), max_size=30),
    st.integers().map(str),
    st.integers(-10, 10_000_000).map(str),
    st.floats().map(str),
    st.sampled_from(["yes", "no", "12", "2025"]),
)


def sent(client, address, fields, **headers):
    """Posts as a browser would, whatever the text holds; what was done is not kept."""
    body = "&".join(f"{name}={quoted(value)}" for name, value in fields.items())
    with transaction.atomic():
        response = client.post(address, body, content_type="application/x-www-form-urlencoded", **headers)
        transaction.set_rollback(True)
    return response


def quoted(text):
    return "".join(f"%{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))


@settings(max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_answer_whatever_is_an_error_of_ours(world, data):
    slug = data.draw(st.sampled_from(sorted(FIELDS)))
    fields = data.draw(st.dictionaries(st.sampled_from(FIELDS[slug]), ANYTHING, max_size=12)) | {"revision": "0"}
    headers = data.draw(st.sampled_from([{}, {"HTTP_X_REQUESTED_WITH": "autosave"}]))

    response = sent(client_of(world.lead), section_of(world, slug), fields, **headers)

    assert response.status_code < 500


@pytest.mark.parametrize("slug", ["training", "leads", "governance", "engagement", "narrative"])
def test_each_nasty_answer_in_every_field_at_once_is_a_sentence(world, slug):
    client = client_of(world.lead)
    for nasty in NASTY:
        fields = dict.fromkeys(FIELDS[slug], nasty) | {"revision": "0", "seat": "", "come_back": ""}
        assert sent(client, section_of(world, slug), fields).status_code < 500, ascii(nasty)[:60]


@pytest.mark.parametrize("revision", [*NASTY, "7", "-1", str(2**31), str(2**63)], ids=ascii)
def test_a_revision_that_was_tampered_with_overwrites_nothing(world, revision):
    save(world.submission, "activity", world.lead, timezone.now(), general_enquiries=12)
    client = client_of(world.submitter)

    response = client.post(
        section_of(world, "activity"),
        {"general_enquiries": "99", "revision": revision.encode("utf-8", "surrogatepass")},
    )

    assert response.status_code < 500
    assert sections.working_copy(world.submission).general_enquiries == 12


@pytest.mark.parametrize(("number", "status"), [(900, 302), (5000, 400)])
def test_thousands_of_fields_are_refused_and_not_read(world, number, status):
    fields = {f"field_{index}": "1" for index in range(number)} | {"revision": "0", "come_back": "1"}

    assert sent(client_of(world.lead), section_of(world, "activity"), fields).status_code == status


def test_what_is_refused_before_it_is_known_who_asks_gets_a_page():
    careful = Client(enforce_csrf_checks=True, raise_request_exception=False)
    many = {f"field_{index}": "1" for index in range(5000)}

    for response in (
        careful.get(reverse("help:index"), headers={"host": "evil.example"}),
        sent(careful, reverse("account_login"), many),
    ):
        assert response.status_code == 400
        assert "We could not understand that" in response.content.decode()


ACTS = {
    "explain": ("rule", "fingerprint", "text", "section"),
    "sign_off": ("content_sha256",),
    "decline": ("reason",),
    "take_back": ("reason",),
    "checklist": ("version", "staffing_numbers", "staffing_numbers__note"),
    "verdict": ("version", "verdict", "reason"),
    "send_back": ("version", "training", "leads"),
    "extend": ("day_day", "day_month", "day_year", "reason"),
    "excuse": ("reason",),
    "record_delivery": ("number", "receipt", "delivered_on_day", "delivered_on_month", "delivered_on_year"),
}


@pytest.mark.parametrize("act", ACTS)
def test_no_act_on_a_return_falls_over_what_it_is_given(world, act):
    fill(world.submission, world.lead, timezone.now(), l3_compliant=1100, areas_for_improvement="Level 3.")
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=timezone.now())
    if act not in {"sign_off", "decline", "take_back"}:
        sign(world, timezone.now())
        check(world, timezone.now())
        workflow.start_review(world.submission, by=world.reviewer, at=timezone.now())
    address = reverse(f"returns:{act}", args=[world.submission.uuid])
    for seat in (world.submitter, world.signer, world.reviewer):
        client = client_of(seat)
        for nasty in NASTY:
            assert sent(client, address, dict.fromkeys(ACTS[act], nasty)).status_code < 500, ascii(nasty)[:60]
    assert Version.objects.count() < 2


ASKED = ["page", "show", "sort", "q", "period", "subject", "act", "before", "kind", "on"]


@pytest.mark.parametrize(
    "name",
    [f"returns:{name}" for name in ("quarter", "quarter_download", "ours", "log", "periods", "exports")]
    + ["mailbox", "accounts:organisations", "accounts:people"],
)
def test_no_question_in_an_address_is_an_error_of_ours(world, name):
    administrator = make_seat("NATIONAL_ADMINISTRATOR", make_organisation("ZZN01", kind=Organisation.Kind.OTHER))
    for seat in (world.reviewer, world.lead, administrator):
        client = client_of(seat)
        alone = itertools.product([[name] for name in ASKED], ["\x00", "\ud800", "²", "9" * 20])
        together = itertools.product([ASKED], NASTY)
        for keys, nasty in itertools.chain(alone, together):
            asked = "&".join(f"{query}={quoted(nasty[:500])}" for query in keys)
            with transaction.atomic():
                ask = client.post if name == "returns:quarter_download" else client.get
                response = ask(f"{reverse(name)}?{asked}")
                transaction.set_rollback(True)
            assert response.status_code < 500, (keys, ascii(nasty)[:60])
            if response.status_code == 403:
                break  # this page is for others


@pytest.mark.parametrize("address", ["/organisations/%00/", "/invitation/%00/", "/%00", "/returns/%00/"])
def test_no_address_is_an_error_of_ours(world, address):
    assert client_of(world.lead).get(address).status_code in {400, 404}
