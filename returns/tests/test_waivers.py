"""Waivers: asked for by one, decided by another, and said wherever the rule would have spoken."""

import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organisation
from accounts.tests.factories import make_commissioner, make_organisation, make_seat, make_trait, sign_in
from journal.models import Event, Notice
from prevent.return_type import PREVENT
from returns import findings, permissions, waivers, workflow
from returns.models import Finding, Waiver
from returns.rules import Problem, Severity, with_waived
from returns.tests.dealings import make_waiver
from returns.tests.factories import (
    GOOD,
    IN_THE_WINDOW,
    QUARTER,
    check,
    fill,
    make_period,
    make_world,
    reload,
    sign,
    submit_and_check,
)
from returns.waivers import Refused

pytestmark = pytest.mark.django_db

SAID = "PRV-W12 is waived until 31 March 2026: The panel meets on the ward round."
MISSED_A_PANEL = {"channel_panels_held": 3, "channel_panels_attended": 2}


@pytest.fixture
def world():
    """A mental-health trust that missed a panel, which PRV-W12 asks about."""
    world = make_world()
    make_trait(world.trust, "MENTAL_HEALTH_PROVIDER")
    return world


def missed(world, **more):
    return fill(world.submission, world.lead, explain=False, **MISSED_A_PANEL, **OFFERS, **more)


OFFERS = {"mh_requests_received": 2, "mh_offered_within_7_days": 2}


def warned(submission):
    _, _, verdict = findings.look_at(reload(submission))
    return {problem.code for problem in verdict.warnings}


def said(submission):
    _, _, verdict = findings.look_at(reload(submission))
    return [problem.message for problem in verdict.problems if problem.is_waived]


def test_the_rule_falls_silent_when_another_person_has_approved_and_not_before(world):
    missed(world)
    waiver = make_waiver(world)
    assert "PRV-W12" in warned(world.submission)
    unexplained = reload(world.submission).unexplained

    waivers.decide(waiver, approve=True, reason="", by=world.reviewer, at=timezone.now())

    assert "PRV-W12" not in warned(world.submission)
    assert said(world.submission) == [SAID]
    assert reload(world.submission).unexplained == unexplained - 1


def test_a_refused_waiver_changes_nothing_and_says_why(world):
    missed(world)
    waiver = make_waiver(world)
    with pytest.raises(Refused, match="Say why"):
        waivers.decide(waiver, approve=False, reason=" ", by=world.reviewer, at=timezone.now())

    waivers.decide(waiver, approve=False, reason="Panels are required.", by=world.reviewer, at=timezone.now())

    assert "PRV-W12" in warned(world.submission)
    with pytest.raises(Refused, match="refused"):
        waivers.decide(waiver, approve=True, reason="", by=world.reviewer, at=timezone.now())


def test_nobody_approves_what_they_asked_for_themselves(world):
    waiver = make_waiver(world, by=world.reviewer)

    with pytest.raises(Refused, match="Another person"):
        waivers.decide(waiver, approve=True, reason="", by=world.reviewer, at=timezone.now())
    with pytest.raises(IntegrityError, match="nobody_approves_their_own_waiver"), transaction.atomic():
        Waiver.objects.update(
            state="APPROVED",
            decided_by=world.reviewer.person,
            decided_for=world.commissioner,
            decided_at=timezone.now(),
        )


def test_not_even_from_another_seat(world):
    admin = make_seat("NATIONAL_ADMINISTRATOR", make_organisation(kind=Organisation.Kind.OTHER), world.reviewer.person)
    waiver = make_waiver(world, by=world.reviewer)

    with pytest.raises(Refused, match="Another person"):
        waivers.decide(waiver, approve=True, reason="", by=admin, at=timezone.now())


def test_an_error_is_never_waived(world):
    codes = {rule.code for rule in waivers.waivable(PREVENT)}

    assert "PRV-W12" in codes
    assert not any(code.startswith("PRV-E") for code in codes)
    with pytest.raises(Refused, match="Only a warning"):
        make_waiver(world, rule="PRV-E05")
    error = Problem("PRV-E05", Severity.ERROR, ("l3_compliant",), "Too many.")
    assert list(with_waived([error], {"PRV-E05": "No."})) == [error]


def test_the_same_waiver_is_asked_for_once_at_a_time(world):
    waiver = make_waiver(world)
    with pytest.raises(Refused, match="asked for already"):
        make_waiver(world)
    waivers.decide(waiver, approve=False, reason="No.", by=world.reviewer, at=timezone.now())

    assert make_waiver(world).pk != waiver.pk


def test_it_covers_at_least_the_return_it_is_asked_for(world):
    with pytest.raises(Refused, match="Choose 30 September 2025 or a later day"):
        make_waiver(world, until=date(2025, 9, 29))


@pytest.mark.parametrize(("until", "is_waived"), [(date(2025, 12, 30), False), (date(2025, 12, 31), True)])
def test_it_counts_for_the_quarters_whose_last_day_it_covers(world, until, is_waived):
    make_waiver(world, until=until, is_approved=True)
    following = make_period(QUARTER.next())
    before = make_period(QUARTER.previous())

    assert ("PRV-W12" in findings.context_for(world.trust, following).waived) is is_waived
    assert "PRV-W12" in findings.context_for(world.trust, world.period).waived
    assert "PRV-W12" not in findings.context_for(world.trust, before).waived


def test_it_is_one_providers_and_one_rules(world):
    make_waiver(world, is_approved=True)
    other = make_organisation()

    assert set(findings.context_for(world.trust, world.period).waived) == {"PRV-W12"}
    assert not findings.context_for(other, world.period).waived


def test_when_it_ends_early_the_rule_speaks_again(world):
    missed(world)
    waiver = make_waiver(world, is_approved=True)
    with pytest.raises(Refused, match="Say why"):
        waivers.end(waiver, reason="", by=world.reviewer, at=timezone.now())

    waivers.end(waiver, reason="They joined the panel.", by=world.reviewer, at=timezone.now())

    assert "PRV-W12" in warned(world.submission)
    with pytest.raises(Refused, match="Only an approved"):
        waivers.end(waiver, reason="Again.", by=world.reviewer, at=timezone.now())


def test_every_act_leaves_its_event_and_its_message(world):
    waiver = make_waiver(world, is_approved=True)
    waivers.end(waiver, reason="Over.", by=world.reviewer, at=timezone.now())

    acts = Event.objects.filter(subject_id=str(waiver.uuid)).order_by("id").values_list("act", flat=True)
    assert list(acts) == ["waiver asked for", "waiver approved", "waiver ended"]
    told = Notice.objects.filter(link=reverse("returns:waiver", args=[waiver.uuid])).order_by("id")
    assert [notice.membership_id for notice in told] == [world.reviewer.pk, world.lead.pk, world.lead.pk]


# Wherever the rule would have spoken


def test_it_is_said_on_the_section_in_check_answers_in_the_version_and_in_the_review(client, world):
    make_waiver(world, is_approved=True)
    missed(world)
    sign_in(client, world.lead)
    for page in (
        client.get(reverse("returns:section", args=[world.submission.uuid, "engagement"])),
        client.get(reverse("returns:check_answers", args=[world.submission.uuid])),
    ):
        assert SAID in page.text

    fill(world.submission, world.lead, **MISSED_A_PANEL, **OFFERS)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=IN_THE_WINDOW)
    sign(world)
    check(world)

    finding = Finding.objects.get(version=world.submission.standing_version, rule="PRV-W12")
    assert (finding.severity, finding.message) == ("NOTE", SAID)
    assert SAID in client.get(reverse("returns:version", args=[world.submission.uuid, 1])).text
    review = sign_in(client, world.reviewer).get(reverse("returns:review", args=[world.submission.uuid]))
    assert SAID in review.text


def test_a_warning_leads_to_asking_for_a_waiver_of_it(client, world):
    missed(world)
    ask = reverse("returns:ask_waiver", args=[world.submission.uuid]) + "?rule=PRV-W12"

    page = sign_in(client, world.lead).get(reverse("returns:section", args=[world.submission.uuid, "engagement"])).text

    assert ask in page
    assert 'value="PRV-W12" selected' in client.get(ask).text
    editor = make_seat("PREVENT_EDITOR", world.trust)
    assert (
        ask
        not in sign_in(client, editor).get(reverse("returns:section", args=[world.submission.uuid, "engagement"])).text
    )


def test_it_is_said_by_the_dry_run_for_an_organisation(world, tmp_path):
    make_waiver(world, is_approved=True)
    given = {name: value.isoformat() if isinstance(value, date) else value for name, value in GOOD.items()}
    file = tmp_path / "return.json"
    file.write_text(json.dumps({"content": given | MISSED_A_PANEL | OFFERS}))
    out = StringIO()

    call_command(
        "check_return", "prevent", str(file), "--json", "--organisation", "ZZT01", "--period", QUARTER.key, stdout=out
    )

    found = {item["code"]: item for item in json.loads(out.getvalue())["findings"]}
    assert (found["PRV-W12"]["severity"], found["PRV-W12"]["message"]) == ("note", SAID)


def test_the_score_knows_nothing_of_a_waiver(world):
    submit_and_check(world, **MISSED_A_PANEL, **OFFERS)
    before = world.submission.standing_version.score.parts
    waived = make_world("ZZT02")
    make_trait(waived.trust, "MENTAL_HEALTH_PROVIDER")
    make_waiver(waived, is_approved=True)

    submit_and_check(waived, **MISSED_A_PANEL, **OFFERS)

    assert waived.submission.standing_version.score.parts == before


def test_a_rule_about_two_cohorts_is_said_once():
    problems = [Problem("PRV-W01", Severity.WARNING, (name,), "Low.") for name in ("l12_compliant", "l3_compliant")]

    assert [item.message for item in with_waived(problems, {"PRV-W01": "Waived."})] == ["Waived."]


# Who may do what, and the pages


@pytest.mark.parametrize(
    ("role", "at", "asks", "decides"),
    [
        ("PREVENT_OPERATIONAL_LEAD", "trust", True, False),
        ("PREVENT_EDITOR", "trust", False, False),
        ("PREVENT_ACCOUNTABLE_LEAD", "trust", False, False),
        ("PREVENT_COMMISSIONER_LEAD", "commissioner", True, True),
        ("PREVENT_REVIEWER", "commissioner", True, False),
        ("PREVENT_COMMISSIONER_VIEWER", "commissioner", False, False),
        ("NATIONAL_ADMINISTRATOR", "nation", False, True),
        ("PREVENT_OPERATIONAL_LEAD", "elsewhere", False, False),
        ("PREVENT_COMMISSIONER_LEAD", "elsewhere", False, False),
    ],
)
def test_who_asks_and_who_decides(world, role, at, asks, decides):
    waiver = make_waiver(world)
    organisation = {"trust": world.trust, "commissioner": world.commissioner}.get(at)
    elsewhere = make_commissioner if "COMMISSIONER" in role else make_organisation
    seat: Membership = make_seat(role, organisation or elsewhere())

    assert permissions.can_ask_for_waiver(seat, reload(world.submission)) is asks
    assert permissions.can_decide_waiver(seat, waiver) is decides


def test_a_waiver_is_asked_for_decided_and_ended_on_the_pages(client, world):
    given = {
        "rule": "PRV-W12",
        "until_day": 31,
        "until_month": 3,
        "until_year": 2027,
        "justification": "No panel here.",
    }
    page = sign_in(client, world.lead).post(
        reverse("returns:ask_waiver", args=[world.submission.uuid]), given, follow=True
    )
    assert "Waiting for approval" in page.text
    waiver = Waiver.objects.get()

    sign_in(client, world.reviewer)
    assert "Waiver of PRV-W12" in client.get(reverse("home")).text
    decide = reverse("returns:decide_waiver", args=[waiver.uuid])
    assert "Say why the waiver is refused." in client.post(decide, {"approve": "no", "reason": ""}).text
    assert "Approved" in client.post(decide, {"approve": "yes", "reason": ""}, follow=True).text
    end = reverse("returns:end_waiver", args=[waiver.uuid])
    assert "Ended early" in client.post(end, {"reason": "A panel was set up."}, follow=True).text


def test_who_asked_is_told_that_another_decides(client, world):
    waiver = make_waiver(world, by=world.reviewer)

    page = sign_in(client, world.reviewer).get(reverse("returns:waiver", args=[waiver.uuid])).text

    assert "another person has to decide" in page
    assert reverse("returns:decide_waiver", args=[waiver.uuid]) not in page


def test_one_that_has_run_out_says_so(client, world):
    make_waiver(world, until=date(2025, 10, 1), is_approved=True)
    assert timezone.localdate() > date(2025, 10, 1) + timedelta(days=1)

    page = sign_in(client, world.reviewer).get(reverse("returns:waivers") + "?show=over").text

    assert "Run out" in page
