"""Every page of the access table, for every role that may open it and every stage of a return: in words, rows and a browser."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organisation, Person
from accounts.tests.factories import LONG_AGO, make_link, make_organisation, make_person, make_seat, make_trait, sign_in
from journal import events, seal
from journal.models import Event, Notice
from returns import opening, workflow
from returns.models import Check, Export, Participant, Period, Submission
from returns.periods import Quarter, start_of
from returns.tests.factories import (
    QUARTER,
    explain_everything,
    fill,
    make_period,
    make_world,
    reload,
    save,
    submit,
    submit_and_check,
)
from tests import test_access
from tests.access_table import ROUTES
from tests.live import Desk

place = test_access.place

# What leaves the portal is written down before it leaves: these pages may write
DOWNLOADS = {
    "returns:version_download",
    "returns:proforma",
    "returns:quarter_download",
    "returns:non_submitters",
    "returns:export_download",
}
# Written by any request: the session, allauth's limits, and the moment a person was last seen
OF_THE_SESSION = ("django_session", "portal_cache", "usersessions_usersession")
WIDTHS = (1280, 390)
NO_BACK_LINK_NEEDED = {"home"}


# The stages of a return, each in a quarter of its own, so that one provider has them all


def add_stages(place):
    """More returns of the same provider; gives the name of each stage with the arguments of its addresses."""
    world = test_access_world(place)
    stages = {"checked": world.submission}
    quarter = QUARTER
    for name in STAGES:
        quarter = quarter.previous()
        period = make_period(quarter)
        world.submission = reload(period.submissions.get(subject=world.trust))
        at = start_of(quarter.ends + timedelta(days=4))
        stages[name] = STAGES[name](world, at) or world.submission
    for name in ("complete", "waiting for sign-off", "with errors"):
        now = timezone.now()
        Period.objects.filter(submissions=stages[name]).update(
            due_at=now + timedelta(days=3), closes_at=now + timedelta(days=6)
        )
    return stages


def test_access_world(place):
    from returns.tests.factories import World

    seats = place.seats
    submission = Submission.objects.get(uuid=place.arguments["returns"][0]["uuid"])
    return World(
        trust=seats["lead"].organisation,
        commissioner=seats["commissioner lead"].organisation,
        lead=seats["lead"],
        submitter=seats["submitter"],
        signer=seats["signer"],
        reviewer=seats["commissioner lead"],
        period=submission.period,
        submission=reload(submission),
    )


test_access_world.__test__ = False


def with_errors(world, at):
    save(world.submission, "training", world.lead, at, staff_total=10, l12_required=20, l3_required=5, l3_compliant=9)
    save(world.submission, "refresher", world.lead, at)


def complete(world, at):
    fill(world.submission, world.lead, at, l3_compliant=1100)


def waiting_for_sign_off(world, at):
    complete(world, at)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=at)


def in_review(world, at):
    submit_and_check(world, at, l3_compliant=1000, areas_for_improvement="Level 3.")
    workflow.start_review(world.submission, by=world.reviewer, at=at)


def sent_back(world, at):
    in_review(world, at)
    reasons = {"training": "Please count again."}
    workflow.send_back(world.submission, version=1, reasons=reasons, by=world.reviewer, at=at)


def accepted(world, at):
    sent_back(world, at)
    plan = [{"title": "Book a course", "owner": "Ola", "due_on": "2026-01-31", "status": "OPEN"}]
    from prevent.return_type import PREVENT

    given = {q.name: 1200 if q.name == "l3_compliant" else None for q in PREVENT.section("training").questions}
    given |= {"staff_total": 5000, "l12_required": 3600, "l12_compliant": 3300, "l12_trained_in_quarter": 300}
    given |= {"l3_required": 1400, "l3_trained_in_quarter": 120}
    del plan
    save(world.submission, "training", world.lead, at, **given)
    explain_everything(world.submission, world.lead, at)
    workflow.send_for_sign_off(world.submission, by=world.submitter, at=at)
    from returns.tests.factories import check, sign

    sign(world, at)
    check(world, at)
    workflow.start_review(world.submission, by=world.reviewer, at=at)
    workflow.accept(world.submission, version=2, reason="Thank you.", by=world.reviewer, at=at)
