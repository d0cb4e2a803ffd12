"""What a live referral answers of the next audit: columns C01 to C29, as `columns.read` would give them."""

from dataclasses import dataclass, field
from datetime import time, timedelta

from django.utils import timezone

from continuity import vocabulary as words

CLASH = timedelta(minutes=90)  # on one day, less between two beginnings leaves no time to get from one to the other


@dataclass(frozen=True)
class Referred:
    """A referral with the rows that belong to it, each list by date."""

    referral: object
    contacts: list = field(default_factory=list)
    appointments: list = field(default_factory=list)
    follow_ups: list = field(default_factory=list)


def with_rows(referral):
    """The referral with its rows, each list by date; without a query where they were prefetched."""

    def by_day(row):
        return row.on, getattr(row, "time", None) or time.max, row.pk

    return Referred(
        referral,
        sorted(referral.contacts.all(), key=by_day),
        sorted(referral.appointments.all(), key=by_day),
        sorted(referral.follow_ups.all(), key=by_day),
    )


def answers_from_referral(form):
    """{column id: answer} of C01 to C29 for a `Referred` that was sent; what it cannot tell is not in the dictionary."""
    referral = form.referral
    received = referral.received_at is not None
    answers = {"C01": "YES" if received else "NO", "C09": referral.released_on}
    answers |= _before_release(form)
    if received:
        answers |= _receipt(referral) | _content(referral) | _appointment(form)
    return {column: answer for column, answer in answers.items() if answer not in (None, "", ())}


def _receipt(referral):
    return {
        "C02": timezone.localdate(referral.received_at),
        "C03": "SECURE_SYSTEM",
        "C04": "YES" if referral.acknowledged_at else "NO",
        "C05": referral.appropriate,
        "C06": referral.not_appropriate if referral.appropriate == "NO" else None,
    }


def _content(referral):
    told = set(referral.told)
    return {
        "C07": _yes("RELEASE_DATE" in told),
        "C08": referral.expected_release_on,
        "C10": "NO_FIXED_ABODE" if referral.abode == "NO_FIXED_ABODE" else _yes("CONTACT" in told),
        "C11": _yes("NEEDS" in told),
        "C12": _yes("TREATMENT" in told),
        "C13": referral.mental_health,
        "C14": referral.housing,
        "C15": referral.licence,
        "C16": referral.probation,
    }


def _before_release(form):
    """Before release nobody can say yet that there was no contact."""
    kinds = {contact.kind for contact in form.contacts}
    if not kinds:
        return {"C17": ("NONE",) if form.referral.released_on else None}
    first = form.contacts[0]
    return {
        "C17": tuple(key for key in words.CONTACTED if key in kinds),
        "C18": first.on,
        "C19": first.by if first.by in words.CONTACT_BY.labels else "OTHER",
    }


def _appointment(form):
    """What the columns ask of the service's appointments; before release nobody can say yet that none was made.

    The first that took place or was missed answers them, else the next one. Whoever missed it and came after a follow-up
    stays missed, followed up and attended on a day, so that both are counted (measures M16 and M17, and the funnel).
    """
    ours = [row for row in form.appointments if row.is_of_the_service]
    if not ours:
        return {"C20": "NO" if form.referral.released_on else None}
    first = _that_counts(ours)
    again = [row for row in ours[ours.index(first) + 1 :] if row.made_by != "CLIENT"]
    is_drop_in = first.with_whom == "DROP_IN"
    is_missed = first.outcome == "DNA" or (first.outcome == "ATTENDED_LATER" and bool(form.follow_ups))
    answers = {
        "C20": "DROP_IN" if is_drop_in else "APPOINTMENT",
        "C21": None if is_drop_in else first.on,
        "C22": first.made_by,
        "C23": first.told_client,
        "C24": "DNA" if is_missed else first.outcome,
        "C25": min((row.attended_on for row in ours if row.attended_on), default=None),
    }
    return answers | (_follow_up(form, again) if is_missed else {})


def _that_counts(ours):
    """Of the service's appointments in their order: what it cancelled counts only where nothing came after it."""
    told = (row for row in ours if row.outcome not in ("", "CANCELLED"))
    waiting = (row for row in ours if row.outcome == "")
    return next(told, None) or next(waiting, None) or ours[0]


def _follow_up(form, again):
    """A further appointment that somebody made for the person is a follow-up too; how is what the service adds."""
    if form.follow_ups:
        methods = {row.method for row in form.follow_ups}
        return {
            "C26": "YES",
            "C27": tuple(key for key in words.FOLLOW_UP.labels if key in methods),
            "C28": min(len(form.follow_ups), 20),
        }
    if again:
        return {"C26": "YES"}
    why = form.referral.not_followed_up
    return {"C26": "NO", "C29": why} if why else {}


def _yes(is_so):
    return "YES" if is_so else "NO"


def clashes(appointments):
    """Pairs (the service's, another's) on one day that begin less than 90 minutes apart, or at a time nobody knows."""
    ours = [row for row in appointments if row.is_of_the_service and not row.outcome]
    others = [row for row in appointments if not row.is_of_the_service]
    return [(one, other) for one in ours for other in others if one.on == other.on and _too_near(one, other)]


def _too_near(one, other):
    if one.time is None or other.time is None:
        return True
    return abs(_since_midnight(one.time) - _since_midnight(other.time)) < CLASH


def _since_midnight(time):
    return timedelta(hours=time.hour, minutes=time.minute)
