"""What the demonstration's commissioners find, ask and decide."""

import random

from assurance_portal.demonstration.organisations import BY_CODE
from returns import checklists, queries
from returns.models import Finding, Submission
from returns.models.reviews import Review
from returns.scoring import Overall

# What a reviewer says to a question of the checklist where a rule has spoken
DOUBTS = {
    "PRV-W02": (
        "staffing_numbers",
        "CANNOT_TELL",
        "The explanation fits; we compare with the staff record next quarter.",
    ),
    "PRV-W12": ("channel_panels", "NO", "A deputy is to be named for every panel."),
    "PRV-W17": ("policies", "NO", "The policy goes to their board this quarter."),
    "PRV-W18": ("seven_days", "NO", "They review each late offer with the trust’s duty desk."),
    "PRV-W19": ("channel", "NO", "We have put them in touch with the Channel chair."),
    "PRV-W20": ("boards", "NO", "We have asked the local authority for a seat."),
    "PRV-W21": ("level_3_need", "CANNOT_TELL", "The analysis is old. A new one is promised."),
    "PRV-W22": ("refresher_outcomes", "CANNOT_TELL", "We have asked for the course outline."),
}
VERDICTS = {
    Overall.GREEN: (Review.Verdict.ASSURED, "The data agree with what we know, and every part is met."),
    Overall.AMBER: (
        Review.Verdict.ASSURED_WITH_ACTIONS,
        "The data are sound. Please carry out the action plan that came with the return.",
    ),
    Overall.RED: (
        Review.Verdict.NOT_ASSURED,
        "The data are sound, and training is well below what is asked. We will meet about it.",
    ),
}

QUESTIONS = (
    ("training", "staff_total", "Does this include bank staff? Your staff record shows another number."),
    ("training", "l3_required", "How many of these are clinical decision makers, by your training needs analysis?"),
    ("activity", "general_enquiries", "Which teams asked? We would like to see whether the training reaches them."),
)
ANSWER = "We have gone through the list by name. The figure is right; the note in the return now says how we count."


def ask(submission, chance, *, by, at):
    """One of the questions, about the version that stands."""
    section, field, text = chance.choice(QUESTIONS)
    number = Submission.objects.select_related("standing_version").get(pk=submission.pk).standing_version.number
    return queries.ask(submission, version=number, section=section, field=field, text=text, by=by, at=at)


def checklist(submission, version):
    """Yes, except where a rule gave reason to doubt."""
    rules = Finding.objects.filter(version=version, rule__in=DOUBTS).values_list("rule", flat=True)
    doubts = {item: checklists.Given(answer, note) for item, answer, note in (DOUBTS[rule] for rule in rules)}
    return {item.key: doubts.get(item.key, checklists.Given("YES")) for item in checklists.asked_about(submission)}


def verdict(version):
    """(verdict, reason), as the score suggests."""
    return VERDICTS[version.score.overall]


PUBLISHED = "Workforce statistics (invented)"
FAR_OFF = {"ZZT10": 1.19}  # the reviewer will want to know why


def published_headcounts(answers, quarters):
    """(organisation code, day, headcount, source) of every trust at the end of the latest quarters."""
    for quarter in quarters:
        for code, given in answers[quarter].items():
            if given.get("staff_total") and BY_CODE[code].is_trust:
                chance = random.Random(f"published {code} {quarter.key}")
                factor = FAR_OFF.get(code) or chance.uniform(0.97, 1.03)
                yield code, quarter.ends, round(given["staff_total"] * factor), PUBLISHED
