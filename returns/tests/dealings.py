"""What lies between a provider and its commissioner, for tests: an escalation, actions, a visit, a waiver."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from returns import actions, attaching, escalations, visits, waivers
from returns.models import Action, Attachment, Escalation, Visit, Waiver
from returns.tests.factories import reload


def a_pdf(name="notice.pdf"):
    return SimpleUploadedFile(name, b"%PDF-1.7 a short document", content_type="text/html")


def a_program(name="plan.pdf"):
    return SimpleUploadedFile(name, b"MZ\x90\x00\x03\x00\x00", content_type="application/pdf")


def make_escalation(world, at=None, **fields):
    """Inadequate performance of the world's return, on the first step of the ladder."""
    fields = {"kind": Escalation.Kind.INADEQUATE_PERFORMANCE, "cause": "Level 3 training stays low."} | fields
    return escalations.raise_one(world.submission, by=world.reviewer, at=at or timezone.now(), **fields)


def make_note(escalation, by, at=None, text="We have booked two courses."):
    """An answer with a document; returns the document."""
    at = at or timezone.now()
    note = escalations.answer(escalation, text=text, by=by, at=at)
    return attaching.attach(a_pdf(), to=("escalation", escalation.uuid), note=note, by=by, at=at)


def make_action(world, at=None, due_in=30, **fields):
    """An action of the world's trust, owned by its lead and set by the reviewer."""
    at = at or timezone.now()
    fields = {"title": "Book a course", "owner": world.lead, "by": world.reviewer} | fields
    fields.setdefault("due_on", timezone.localdate(at) + timedelta(days=due_in))
    return actions.set_one(reload(world.submission), at=at, **fields)


def make_waiver(world, rule="PRV-W12", until=date(2026, 3, 31), by=None, at=None, is_approved=False):
    """A waiver for the world's trust, asked for by its lead and, where told, approved by the reviewer."""
    at = at or timezone.now()
    given = {"rule": rule, "until": until, "justification": "The panel meets on the ward round."}
    waiver = waivers.ask(reload(world.submission), **given, by=by or world.lead, at=at)
    if is_approved:
        waivers.decide(waiver, approve=True, reason="", by=world.reviewer, at=at)
    return waiver


def make_visit(world, at=None, **fields):
    """A visit of the reviewer to the world's trust, with findings and a report."""
    given = {
        "visited_on": date(2025, 10, 1),
        "people": "Rae Reviewer; Ola Lead, head of safeguarding",
        "looked_at": "Training records of two wards.",
        "findings": "The records agree with the return.",
        "report": a_pdf("report.pdf"),
    }
    return visits.record(reload(world.submission), **given | fields, by=world.reviewer, at=at or timezone.now())


@dataclass
class Dealings:
    """One of each."""

    escalation: Escalation
    document: Attachment
    action: Action
    waiver: Waiver
    visit: Visit


def make_dealings(world):
    escalation = make_escalation(world)
    return Dealings(
        escalation,
        make_note(escalation, world.lead),
        make_action(world),
        make_waiver(world, until=date(2099, 3, 31)),
        make_visit(world),
    )
