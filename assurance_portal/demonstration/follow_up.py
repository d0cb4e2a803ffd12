"""What follows from the returns of the demonstration: escalations on their way, actions, a visit and waivers."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from assurance_portal.demonstration import people
from assurance_portal.demonstration.organisations import BY_CODE
from assurance_portal.demonstration.returns import at_work
from returns import actions, attaching, escalations, visits, waivers
from returns.models import Escalation, Submission
from returns.periods import working_day_after

A_DAY = timedelta(days=1)


def escalate_by_the_clock(period):
    """What the clock raised an hour after a past quarter closed."""
    escalations.run_clock(at=period.closes_at + timedelta(hours=1))


def live_through(period, seats, *, now):
    """What people did since, up to `now`; `period` is the last one that has closed."""
    returns = {row.subject.code: row for row in _returns_of(period)}
    _follow_up_what_the_clock_raised(seats, now)
    raised = _give_notice(returns["ZZT03"], seats, now)
    visit = _visit(returns["ZZT01"], seats, now)
    _set_actions(returns, seats, visit, raised, now)
    _ask_for_waivers(returns, seats, now)
    escalations.hand_over(at=now)
    escalations.mark_overdue(at=now)
    actions.mark_overdue(at=now)


def _returns_of(period):
    rows = Submission.objects.filter(period=period).select_related("subject", "period__collection")
    return rows.prefetch_related("participants__organisation")


def _follow_up_what_the_clock_raised(seats, now):
    """By turns: settled after the notice, or on its way with a plan that the provider works on."""
    rows = Escalation.objects.exclude(provider__code="ZZT03").order_by("pk").select_related("provider")
    for number, row in enumerate(rows):
        lead = seats.reviewer(BY_CODE[row.provider.code])
        if lead is None:
            continue
        at = at_work(row.raised_at + 4 * A_DAY)
        no_answer = "Spoke to the Prevent lead, who promised figures by Friday. None came."
        escalations.move(row, to="contract-query-notice", outcome=no_answer, by=lead, at=at)
        if number % 2:
            settled = (
                "The provider answered the notice: cover for the Prevent lead is in place, and courses are booked."
            )
            escalations.close(row, reason=settled, by=lead, at=at_work(at + 9 * A_DAY))
            continue
        agreed = "The cause is a vacancy in the training team. The plan names who trains whom by when."
        escalations.move(row, to="remedial-action-plan", outcome=agreed, by=lead, at=at_work(now - 8 * A_DAY))


def _give_notice(submission, seats, now):
    """The one to look at first, raised by hand unless the clock has: a notice with its document, and the answer."""
    lead, at = seats.reviewer(BY_CODE["ZZT03"]), at_work(now - 14 * A_DAY)
    noticed = at_work(at + 4 * A_DAY)
    row = Escalation.objects.filter(submission=submission, measure="training_l3").first()
    row = row or escalations.raise_one(
        submission,
        kind=Escalation.Kind.INADEQUATE_PERFORMANCE,
        cause="Training at level 3 hovers about the target, and the action plan has not moved.",
        measure="training_l3",
        by=lead,
        at=at,
    )
    outcome = "Telephone call with the head of safeguarding. There is no date for the missing courses."
    escalations.move(row, to="contract-query-notice", outcome=outcome, by=lead, at=noticed)
    note = escalations.answer(row, text="The notice, as it was sent.", by=lead, at=noticed)
    about = {"to": ("escalation", row.uuid), "note": note, "by": lead, "at": noticed}
    attaching.attach(_pdf("contract-query-notice.pdf", "Contract query notice (invented)"), **about)
    reply = "We have booked a trainer for two days a week from next month."
    escalations.answer(row, text=reply, by=seats["ZZT03", people.OPERATIONAL_LEAD], at=at_work(at + 7 * A_DAY))
    return row


def _visit(submission, seats, now):
    at = at_work(now - 30 * A_DAY)
    return visits.record(
        submission,
        visited_on=timezone.localdate(at) - A_DAY,
        people="Ruth Abara and Sunil Mehta; Amina Yusuf; two ward managers.",
        looked_at="Training records of two wards, and how staff find the Prevent lead out of hours.",
        findings="The records agree with the return. Night staff did not know whom to ask.",
        report=_pdf("visit-report.pdf", "Report of a quality visit (invented)"),
        by=seats.reviewer(BY_CODE["ZZT01"]),
        at=at,
    )


def _set_actions(returns, seats, visit, raised, now):
    """One overdue, one soon, one proposed as done, one that follows from the escalation."""
    lead, commissioner = seats["ZZT01", people.OPERATIONAL_LEAD], seats.reviewer(BY_CODE["ZZT01"])
    today = timezone.localdate(now)

    def add(title, days, *, code="ZZT01", owner=lead, **about):
        return actions.set_one(
            returns[code],
            title=title,
            owner=owner,
            due_on=working_day_after(today + days * A_DAY, 1),
            about=actions.About(**about),
            by=commissioner,
            at=at_work(now - 28 * A_DAY),
        )

    late = add("Put the Prevent lead’s number on every ward’s board", -12, visit=visit)
    actions.note(late, text="Done on nine wards of fourteen.", by=lead, at=at_work(now - 15 * A_DAY))
    add("Offer level 3 training to bank staff", 9, measure="training_l3")
    proposed = add("Review the content of refresher training", 20, rule="PRV-W22")
    done = "Reviewed with the training team; the new content is in use."
    actions.note(proposed, text=done, is_done=True, by=lead, at=at_work(now - 7 * A_DAY))
    owner = seats["ZZT03", people.OPERATIONAL_LEAD]
    add("Train the staff of three wards at level 3", 35, code="ZZT03", owner=owner, escalation=raised)


def _ask_for_waivers(returns, seats, now):
    """One in force, one that waits for somebody to decide."""
    approved = waivers.ask(
        returns["ZZP02"],
        rule="PRV-W12",
        until=timezone.localdate(now) + 200 * A_DAY,
        justification="The local Channel panel meets in private session every second month; the clinic is invited to the others.",
        by=seats["ZZP02", people.OPERATIONAL_LEAD],
        at=at_work(now - 20 * A_DAY),
    )
    decided = {"by": seats.reviewer(BY_CODE["ZZP02"]), "at": at_work(now - 18 * A_DAY)}
    waivers.decide(approved, approve=True, reason="Seen the panel’s calendar.", **decided)
    waivers.ask(
        returns["ZZT01"],
        rule="PRV-W02",
        until=timezone.localdate(now) + 120 * A_DAY,
        justification="A community service joins us on 1 April with 900 staff.",
        by=seats["ZZT01", people.OPERATIONAL_LEAD],
        at=at_work(now - 7 * A_DAY),
    )


def _pdf(name, words):
    """A page of A4 that says what it is."""
    text = f"BT /F1 18 Tf 72 760 Td ({words}) Tj ET"
    parts = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(parts) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return SimpleUploadedFile(name, (body + end).encode("ascii"))
