"""What a live referral answers of the next audit: columns C01 to C29, as `columns.read` would give them."""

from dataclasses import dataclass, field
from datetime import time, timedelta

from django.utils import timezone

from continuity import vocabulary as words
from continuity.columns import COLUMNS, read
from continuity.models import LiveReferral

CLASH = timedelta(minutes=90)  # on one day, less between two beginnings leaves no time to get from one to the other
FOUND_WITHIN = timedelta(
    days=7
)  # a referral belongs to a transfer if the two records differ by no more in the exit date


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
    """The service's first appointment; before release nobody can say yet that none was made."""
    first = next((row for row in form.appointments if row.is_of_the_service), None)
    if first is None:
        return {"C20": "NO" if form.referral.released_on else None}
    is_drop_in = first.with_whom == "DROP_IN"
    answers = {
        "C20": "DROP_IN" if is_drop_in else "APPOINTMENT",
        "C21": None if is_drop_in else first.on,
        "C22": first.made_by,
        "C23": first.told_client,
        "C24": first.outcome,
        "C25": first.attended_on,
    }
    return answers | (_follow_up(form) if first.outcome == "DNA" else {})


def _follow_up(form):
    if not form.follow_ups:
        why = form.referral.not_followed_up
        return {"C26": "NO", "C29": why} if why else {}
    methods = {row.method for row in form.follow_ups}
    return {
        "C26": "YES",
        "C27": tuple(key for key in words.FOLLOW_UP.labels if key in methods),
        "C28": min(len(form.follow_ups), 20),
    }


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


def referral_of(*, prison_id, service_id, person, exit_on):
    """The sent referral from this prison to this service that is about this person and this release, or None.

    `person` has first_name, surname, date_of_birth, sex and client_reference (the prison number), as the extract writes
    them. The number decides; without one, both initials, date of birth and sex do. Of several the nearest in date is taken.
    """
    rows = LiveReferral.objects.filter(prison=prison_id, service=service_id, sent_at__isnull=False).exclude(
        status=LiveReferral.Status.WITHDRAWN
    )
    attributors = ("first_name", "surname", "date_of_birth", "sex")
    if number := person["client_reference"].strip():
        rows = rows.filter(person__prison_number__iexact=number)
    elif not all(person[name] for name in attributors):
        return None
    else:
        rows = rows.filter(
            person__first_name__istartswith=person["first_name"][:1],
            person__surname__istartswith=person["surname"][:1],
            person__date_of_birth=person["date_of_birth"],
            person__sex=person["sex"],
        )
    near = [row for row in rows if row.exit_on and abs(row.exit_on - exit_on) <= FOUND_WITHIN]
    return min(near, key=lambda row: (abs(row.exit_on - exit_on), row.pk), default=None)


def referral_of_row(pair, service_id, row, answers):
    """The live referral from the pair's prison that this service received about a row of an audit, or None.

    `answers` are the row's, by column id.
    """
    exit_on = read(COLUMNS["P11"], answers.get("P11"))
    if exit_on is None:
        return None
    identity = row.identity
    person = {
        "first_name": identity.first_name,
        "surname": identity.surname,
        "date_of_birth": identity.date_of_birth,
        "client_reference": identity.client_reference,
        "sex": read(COLUMNS["P04"], answers.get("P04")),
    }
    return referral_of(prison_id=pair.prison_id, service_id=service_id, person=person, exit_on=exit_on)
