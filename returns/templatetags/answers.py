"""Words and colours for what the kernel knows as codes."""

from django import template
from django.utils.html import format_html

from returns.models import Review
from returns.periods import LONDON, moment_said, time_said
from returns.scoring import Band

register = template.Library()

BANDS = {
    Band.MET: ("Met", "green"),
    Band.CLOSE: ("Close", "yellow"),
    Band.NOT_MET: ("Not met", "red"),
    Band.NOT_APPLICABLE: ("Not applicable", "grey"),
}


# The colour of each state's tag; the words beside it say what the state is
COLOURS = {
    "green": "CURRENT TAKEN ACCEPTED PASSED READY COMPLETED GREEN CLOSED DELIVERED ASSURED YES",
    "blue": "CHECKED SUBMITTED IN_REVIEW DRAFT OPEN IN_PROGRESS ANSWERED",
    "yellow": "ASKED REOPENED AWAITING_SIGN_OFF WAITING DUE_SOON AMBER WARNING ASSURED_WITH_ACTIONS CANNOT_TELL",
    "orange": "SENT_BACK NEEDS_ATTENTION NO",
    "red": "REFUSED FAILED STUCK OVERDUE RED ESCALATED ERROR NOT_ASSURED",
}
COLOUR_OF = {status: colour for colour, statuses in COLOURS.items() for status in statuses.split()}


@register.filter
def tag_colour(status):
    """The colour for a state's code; grey for what has none of its own."""
    return COLOUR_OF.get(str(status), "grey")


@register.simple_tag
def status_tag(words, status="", colour=""):
    """A state in words on a colour, which never stands alone: as components/status_tag.html, and quick in long lists."""
    return format_html('<strong class="nhsuk-tag nhsuk-tag--{}">{}</strong>', colour or tag_colour(status), words)


@register.filter
def band_said(part):
    """How a part of a score came out; a part that lacks an answer is not known yet, rather than not applicable."""
    band, sentence = (part["band"], part["sentence"]) if isinstance(part, dict) else (part.band, part.sentence)
    return "Not known yet" if sentence.startswith("Not known yet") else BANDS[band][0]


@register.filter
def band_colour(band):
    return BANDS[band][1]


@register.filter
def capfirst_lower(code):
    """A code such as GREEN as a word: Green."""
    return str(code).replace("_", " ").capitalize()


@register.filter
def verdict_said(verdict):
    """A verdict's code in words."""
    return Review.Verdict(verdict).label


@register.filter
def is_overdue(thing, today):
    """Whether the day of a query, a step or an action has passed."""
    return thing.is_overdue_on(today)


@register.filter
def count_of(number, noun):
    """A number with its noun: "1 warning", "3 warnings"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


@register.filter
def status_said(submission, now):
    """Where a return stands, in words: its status, or that it is late."""
    if submission.is_overdue_at(now):
        return f"{submission.get_status_display()}, overdue"
    if submission.is_submitted and submission.current_version.checking.is_waiting:
        return "Submitted, being checked"
    return submission.get_status_display()


@register.filter
def status_code(submission, now):
    return "OVERDUE" if submission.is_overdue_at(now) else submission.status


@register.filter
def due_said(submission, now):
    """When a return is or was due, as people say it."""
    if submission.first_submitted_at:
        late = ", after the due date" if submission.was_late else ""
        return f"First submitted {moment(submission.first_submitted_at)}{late}"
    if now > submission.period.due_at:
        return f"Was due {moment(submission.period.due_at)}"
    return f"Due {moment(submission.period.due_at)}"


@register.filter
def moment(at):
    """A moment in UK time: 7 October 2025, 5pm; empty where there is none."""
    return moment_said(at) if at else ""


@register.filter
def time_of_day(at):
    """The time of a moment in UK time: 5pm."""
    return time_said(at.astimezone(LONDON))


@register.filter
def joined(words, number):
    """An id from a word and a number."""
    return f"{words}{number}"


@register.filter
def and_open(is_allowed, submission):
    """Whether somebody who may fill in can do so now."""
    return is_allowed and submission.is_being_filled_in


@register.filter
def saved_after_the_workbook(section):
    """Who changed a section in the portal while somebody had it as a workbook."""
    who = section.saved_by.name if section.saved_by else "A colleague"
    return (
        f"{who} saved this section on {moment_said(section.saved_at)}, after this workbook was downloaded."
        " Make sure that you do not undo it."
    )
