"""What happens to each return, and when: prompt ones, late ones, missing ones, one that was sent back, and all of now.

A return's *life* is a generator: it yields the moment of its next step and does the step when it is resumed. Lives of
one quarter are lived side by side in the order of time, so that the log reads as if it had been so.
"""

import heapq
import random
from datetime import datetime, time, timedelta
from functools import cached_property

from assurance_portal.demonstration import figures, people, reviewing
from assurance_portal.demonstration.organisations import BY_CODE
from journal import events
from returns import checklists, checks, content, findings, queries, workflow
from returns.models import Explanation, Section, Submission
from returns.periods import LONDON, end_of, is_working_day, working_day_after
from returns.registry import type_of

SDCS = "SDCS"
A_MOMENT = timedelta(seconds=20)
MORNING, EVENING = 8, 18  # when people are at work

# Exceptions among past quarters: (provider, quarters ago)
LATE = {("ZZT05", 9), ("ZZT09", 4), ("ZZT09", 2), ("ZZT16", 8), ("ZZT19", 6), ("ZZT19", 3), ("ZZP04", 5)}
LATE |= {("ZZP07", 1), ("ZZP22", 7), ("ZZP24", 4), ("ZZT03", 3), ("ZZP02", 2)}
MISSING = {("ZZP24", 3), ("ZZP24", 2), ("ZZP04", 1), ("ZZP11", 6), ("ZZT19", 1), ("ZZP25", 4)}
EXCUSED = {
    ("ZZP25", 4): "The clinic was closed all quarter after a flood.",
    ("ZZP06", 7): "Its contract began in the next quarter.",
}
EXTENDED = {
    ("ZZT13", 2): "Their records system was down for a week.",
    ("ZZP10", 5): "Their Prevent lead was on sick leave.",
}
SENT_BACK = {("ZZT03", 1), ("ZZT07", 4), ("ZZP01", 2)}
DECLINED = {("ZZT12", 1), ("ZZT15", 6)}
QUERIED = {("ZZT05", 1), ("ZZT08", 2), ("ZZP02", 1), ("ZZT11", 5)}

# Where the quarter stands whose window is open: from nothing done to accepted. Who is not named has submitted
NOT_STARTED = {"ZZT01", "ZZT19", "ZZP04", "ZZP09", "ZZP24", "ZZP25", "ZZP11", "ZZT17"}
HALF_FILLED_IN = {"ZZP01", "ZZT13"}
WITH_AN_ERROR = {"ZZP22"}
UNEXPLAINED = {"ZZT09"}
AWAITING_SIGN_OFF = {"ZZT06", "ZZP21", "ZZT16"}
IN_REVIEW = {"ZZT04", "ZZT10", "ZZP06"}
ACCEPTED = {"ZZT08", "ZZT14", "ZZP05", "ZZP08", "ZZP02"}
SENT_BACK_NOW = {"ZZT07"}
SECOND_VERSION_NOW = {"ZZT03"}
QUERY_ASKED = {"ZZT04", "ZZP06", "ZZT07"}
QUERY_ANSWERED = {"ZZT10"}


class Return:
    """One return on its way: the acts of its people, with the figures that they give."""

    def __init__(self, submission, answers, seats, chance):
        self.submission = submission
        self.period = submission.period
        self.provider = BY_CODE[submission.subject.code]
        self.answers = answers
        self.chance = chance
        self.lead = seats[self.provider.code, people.OPERATIONAL_LEAD]
        self.sender = seats.sender(self.provider)
        self.signer = seats[self.provider.code, people.ACCOUNTABLE_LEAD]
        self.reviewer = seats.reviewer(self.provider)

    @cached_property
    def specs(self):
        return workflow.specs_of(self.submission)

    def given(self, spec, **corrections):
        answers = self.answers | corrections
        names = {question.name for question in spec.questions}
        absent = {name: why for name, why in answers["absent"].items() if name in names}
        return content.read_answers(spec.questions, answers, absent)

    def save(self, spec, at, revision=0, **corrections):
        workflow.save_section(
            self.submission, spec, self.given(spec, **corrections), revision=revision, by=self.lead, at=at
        )

    def write_down(self, at):
        """All answers at once: the last section by the act, which runs the rules over everything, the others before it
        in one go. Twelve quarters saved page by page would take a minute more and show nothing else.
        """
        *specs, last = self.specs
        values, absent = {}, {}
        for spec in specs:
            given = self.given(spec)
            values |= given.values
            absent |= given.absent
        return_type = type_of(self.submission)
        return_type.content_model.objects.create(submission=self.submission, absent=absent, **values)
        Section.objects.bulk_create(
            Section(
                submission=self.submission,
                slug=spec.slug,
                revision=1,
                sha256=content.digest(self._part(spec)),
                saved_by=self.lead.person,
                saved_at=at,
            )
            for spec in specs
        )
        events.record_many(
            {
                "act": "section saved",
                "subject": ("submission", self.submission.uuid),
                "by": self.lead,
                "at": at,
                "detail": {"section": spec.slug, "revision": 1},
            }
            for spec in specs
        )
        self.save(last, at)

    def _part(self, spec):
        given = self.given(spec)
        payload = content.to_payload(given)
        return {"content": payload["content"], "absent": payload["absent"]}

    def explain(self, at):
        """A reason for every warning, all at once, as a provider would give them on one page."""
        if not Submission.objects.filter(pk=self.submission.pk, unexplained__gt=0).exists():
            return
        _, _, verdict = findings.look_at(self.submission)
        Explanation.objects.bulk_create(
            Explanation(
                submission=self.submission,
                rule=warning.code,
                fingerprint=warning.fingerprint,
                text=figures.reason_for(warning, self.chance),
                given_by=self.lead.person,
                given_at=at,
            )
            for warning in verdict.unexplained
        )
        events.record_many(
            {
                "act": "warning explained",
                "subject": ("submission", self.submission.uuid),
                "by": self.lead,
                "at": at,
                "detail": {"rule": warning.code},
            }
            for warning in verdict.unexplained
        )

    def send(self, at):
        self.submission = workflow.send_for_sign_off(self.submission, by=self.sender, at=at)

    def sign(self, at):
        sha256 = self.submission.content_sha256
        self.submission = workflow.sign_off(self.submission, content_sha256=sha256, by=self.signer, at=at)

    def record_receipt(self, at):
        version = self.submission.current_version
        workflow.record_delivery(
            self.submission,
            version=version,
            route=SDCS,
            delivered_on=at.date(),
            receipt=f"{SDCS}-{self.chance.randrange(10**6):06}",
            by=self.sender,
            at=at,
        )

    def start_review(self, at):
        workflow.start_review(self.submission, by=self.reviewer, at=at)

    def accept(self, at):
        """The checklist as the findings suggest it, and a verdict as the score does."""
        version = Submission.objects.get(pk=self.submission.pk).current_version
        checklists.answer(
            self.submission,
            reviewing.checklist(self.submission, version),
            version=version.number,
            by=self.reviewer,
            at=at - timedelta(minutes=10),
        )
        verdict, reason = reviewing.verdict(version)
        workflow.accept(
            self.submission, version=version.number, verdict=verdict, reason=reason, by=self.reviewer, at=at
        )

    def send_back(self, at):
        workflow.send_back(
            self.submission,
            version=self.submission.current_version.number,
            reasons={"training": "Level 3 looks too high beside your last report to us. Please check it by name."},
            by=self.reviewer,
            at=at,
        )

    def ask(self, at):
        self.query = reviewing.ask(self.submission, self.chance, by=self.reviewer, at=at)

    def answer(self, at):
        queries.answer(self.query, text=reviewing.ANSWER, by=self.lead, at=at)

    def close_query(self, at):
        queries.close(self.query, text="Thank you.", by=self.reviewer, at=at)

    def correct_training(self, at):
        spec = next(spec for spec in self.specs if spec.slug == "training")
        revision = Section.objects.get(submission=self.submission, slug=spec.slug).revision
        self.answers = self.answers | {"l3_compliant": round(self.answers["l3_compliant"] * 0.985)}
        self.save(spec, at, revision=revision)
        self.explain(at)


def live_through(period, answers_by_code, seats, *, quarters_ago, now, seed):
    """Lives every return of an opened period, up to `now`; of the last period (0 quarters ago) none is finished yet."""
    submissions = list(
        Submission.objects.filter(period=period)
        .select_related("subject", "period__collection")
        .order_by("subject__code")
    )
    with findings.keeping_contexts([(submission.subject, submission.period) for submission in submissions]):
        _live(submissions, answers_by_code, seats, quarters_ago=quarters_ago, now=now, seed=seed)


def _live(submissions, answers_by_code, seats, *, quarters_ago, now, seed):
    queue = []
    for number, submission in enumerate(submissions):
        code = submission.subject.code
        chance = random.Random(f"{seed} {code} {submission.period.key}")
        item = Return(submission, answers_by_code[code], seats, chance)
        life = life_in_the_past(item, quarters_ago) if quarters_ago else life_now(item, now)
        queue.append((next(life, None), number, life))
    queue = [step for step in queue if step[0]]
    heapq.heapify(queue)
    while queue:
        _, number, life = heapq.heappop(queue)
        if moment := next(life, None):
            heapq.heappush(queue, (moment, number, life))


def life_in_the_past(item, quarters_ago):
    """From the first answer to the acceptance, weeks later, with what went wrong on the way."""
    key = item.provider.code, quarters_ago
    period, chance = item.period, item.chance
    if key in EXCUSED:
        yield (at := _after(period.ends, 8, chance))
        workflow.excuse(item.submission, reason=EXCUSED[key], by=item.reviewer, at=at)
    if key in EXCUSED or key in MISSING:
        return
    signed_on = _day_of_signing(item, key)
    if key in EXTENDED:
        yield (at := _after(period.ends, 9, chance))
        workflow.extend(
            item.submission,
            until=end_of(working_day_after(period.ends, 15)),
            reason=EXTENDED[key],
            by=item.reviewer,
            at=at,
        )
    yield (at := signed_on - timedelta(minutes=chance.randint(120, 230)))
    item.write_down(at)
    item.explain(at)
    if key in DECLINED:
        yield (at := at + timedelta(minutes=10))
        item.send(at)
        yield (at := at + timedelta(minutes=35))
        workflow.decline(item.submission, reason="Please add the night staff first.", by=item.signer, at=at)
    yield (at := signed_on - timedelta(hours=1))
    item.send(at)
    yield signed_on
    item.sign(signed_on)
    yield from _checked(signed_on)
    if item.provider.is_trust:
        yield (at := signed_on + timedelta(hours=1))
        item.record_receipt(at)
    if not item.reviewer:
        return
    yield (at := at_work(signed_on + timedelta(days=chance.randint(2, 9), minutes=chance.randint(0, 200))))
    item.start_review(at)
    if key in QUERIED:
        yield from _query_answered(item, at)
    if key in SENT_BACK:
        yield from _second_version(item, at)
        yield (at := at_work(at + timedelta(days=3)))
        item.start_review(at)
    yield (at := at_work(at + timedelta(days=chance.randint(0, 3), minutes=chance.randint(20, 300))))
    item.accept(at)


def _query_answered(item, at):
    """Asked in the review, answered the next day, and closed."""
    yield (at := at_work(at + timedelta(minutes=20)))
    item.ask(at)
    yield (at := at_work(at + timedelta(days=1)))
    item.answer(at)
    yield (at := at_work(at + timedelta(hours=2)))
    item.close_query(at)


def _second_version(item, at):
    """Sent back after the close, which gives days to mend; corrected the next day, signed and checked again."""
    yield (at := at_work(max(at + timedelta(minutes=50), item.period.closes_at + A_MOMENT)))
    item.send_back(at)
    yield (at := at_work(at + timedelta(days=1)))
    item.correct_training(at)
    yield (at := at_work(at + timedelta(minutes=15)))
    item.send(at)
    yield (at := at_work(at + timedelta(hours=2)))
    item.sign(at)
    yield from _checked(at)


def _checked(at):
    yield at + A_MOMENT
    checks.check_waiting(limit=200, at=at + A_MOMENT)


def _day_of_signing(item, key):
    day = (
        12 if key in EXTENDED else item.chance.choice((6, 7, 8)) if key in LATE else item.chance.choice((2, 3, 4, 4, 5))
    )
    return _after(item.period.ends, day, item.chance)


def _after(ends, working_days, chance):
    """An afternoon moment on the given working day after the quarter, before five."""
    day = working_day_after(ends, working_days)
    return datetime.combine(day, time(12, 0), LONDON) + timedelta(minutes=chance.randint(0, 290))


def at_work(moment):
    """The moment, or where nobody is at work then, a moment of the next working morning."""
    local = moment.astimezone(LONDON)
    if local.hour >= EVENING:
        local += timedelta(days=1)
    if not MORNING <= local.hour < EVENING:
        local = local.replace(hour=MORNING + 1)
    while not is_working_day(local.date()):
        local += timedelta(days=1)
    return local


def working_hours(begin, end):
    """The times between two moments when people are at work, as pairs; where there are none, the whole of it."""
    days = (end.astimezone(LONDON).date() - begin.astimezone(LONDON).date()).days
    found = []
    for day in (begin.astimezone(LONDON).date() + timedelta(days=number) for number in range(days + 1)):
        starts, ends = (datetime.combine(day, time(hour), LONDON) for hour in (MORNING, EVENING))
        if is_working_day(day) and max(starts, begin) < min(ends, end):
            found.append((max(starts, begin), min(ends, end)))
    return found or [(begin, end)]


def life_now(item, now):
    """As far as the return has come; everything lies between the opening of the window and `now`."""
    code = item.provider.code
    hours = working_hours(item.period.opens_at, now)

    def when(share):
        worked = share * sum((ends - starts for starts, ends in hours), timedelta())
        for starts, ends in hours:
            if worked <= ends - starts:
                return starts + worked
            worked -= ends - starts

    if code in NOT_STARTED:
        return
    start = item.chance.uniform(0.05, 0.4)
    if code in HALF_FILLED_IN | WITH_AN_ERROR | UNEXPLAINED:
        yield from _begun(item, when, start)
        return
    yield (at := when(start))
    item.write_down(at)
    item.explain(at)
    yield (at := when(start + 0.06))
    item.send(at)
    if code in AWAITING_SIGN_OFF:
        return
    yield (at := when(start + 0.1))
    item.sign(at)
    yield (at := when(start + 0.105))
    checks.check_waiting(limit=200, at=at)
    if code not in IN_REVIEW | ACCEPTED | SENT_BACK_NOW | SECOND_VERSION_NOW or not item.reviewer:
        return
    yield (at := when(start + 0.25))
    item.start_review(at)
    if code in QUERY_ASKED | QUERY_ANSWERED:
        yield (at := when(start + 0.27))
        item.ask(at)
    if code in QUERY_ANSWERED:
        yield (at := when(start + 0.33))
        item.answer(at)
    if code in ACCEPTED:
        yield (at := when(start + 0.35))
        item.accept(at)
    if code in SENT_BACK_NOW | SECOND_VERSION_NOW:
        yield (at := when(start + 0.3))
        item.send_back(at)
    if code in SECOND_VERSION_NOW:
        yield (at := when(start + 0.4))
        item.correct_training(at)
        item.send(at)
        yield (at := when(start + 0.5))
        item.sign(at)
        yield (at := when(start + 0.505))
        checks.check_waiting(limit=200, at=at)


def _begun(item, when, start):
    """Somebody began: stopped half-way, or made a mistake, or has not explained the warnings yet."""
    specs = item.specs
    for step, spec in enumerate(specs[: len(specs) // 2] if item.provider.code in HALF_FILLED_IN else specs):
        yield (at := when(start + step * 0.005))
        is_mistaken = item.provider.code in WITH_AN_ERROR and spec.slug == "training"
        item.save(spec, at, **({"l3_compliant": item.answers["l3_required"] + 3} if is_mistaken else {}))
