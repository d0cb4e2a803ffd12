"""How a live referral is found again from the row of an audit, also after the person's details were removed.

A referral keeps two keyed digests: of the prison number, and of both initials, date of birth and sex, each together with the
prison. Without the key, which is in the settings and not in the database, they say nothing; with it, they only tell whether
a person whom a prison names again is the same.
"""

from collections import defaultdict
from datetime import timedelta

from django.db.models import Q

from continuity.columns import COLUMNS, COMMUNITY_COLUMNS, read
from continuity.models import LiveReferral
from continuity.referral_answers import answers_from_referral, with_rows
from continuity.same_person import keyed

FOUND_WITHIN = timedelta(days=7)  # by no more may the two records of one release differ in its day
ATTRIBUTORS = ("first_name", "surname", "date_of_birth", "sex")
TOLD_BY_REFERRALS = tuple(column for column in COMMUNITY_COLUMNS if column.id <= "C29")


def digests_of(prison_id, person):
    """(of the number, of the attributors) of a person: {first_name, surname, date_of_birth, sex, number}.

    An empty text stands for what is not known.
    """
    number = "".join(person["number"].split()).upper()
    first, surname, born, sex = (person[name] for name in ATTRIBUTORS)
    whole = first and surname and born and sex
    attributors = [first[:1].upper(), surname[:1].upper(), born.isoformat(), sex] if whole else []
    return _digest("number", prison_id, [number]) if number else "", (
        _digest("attributors", prison_id, attributors) if attributors else ""
    )


def _digest(what, prison_id, said):
    return keyed(what, prison_id, *said)


def digests_of_referral(referral):
    person = referral.person
    named = {name: getattr(person, name) for name in ATTRIBUTORS} | {"number": person.prison_number}
    return digests_of(referral.prison_id, named)


def _person_of(row):
    """Who the person of an audit's row is, as the prison recorded it."""
    identity = row.identity
    return {
        "first_name": identity.first_name,
        "surname": identity.surname,
        "date_of_birth": identity.date_of_birth,
        "number": identity.client_reference,
        "sex": read(COLUMNS["P04"], row.sent.get("P04")),
    }


def referrals_of(rows, *, prison_id, service_id):
    """{pk of the row: referral} of rows of an audit (with their identity) from a prison, for a service: the referral that
    was sent about this person and this release. Four queries at most, however many rows.

    The number decides where both have one, otherwise the attributors; of several the nearest in date is taken.
    """
    wanted = {row.pk: digests_of(prison_id, _person_of(row)) for row in rows}
    numbers, attributors = ({pair[place] for pair in wanted.values()} - {""} for place in (0, 1))
    sent = LiveReferral.objects.filter(prison=prison_id, service=service_id, sent_at__isnull=False)
    known = sent.exclude(status=LiveReferral.Status.WITHDRAWN).filter(
        Q(number_digest__in=numbers) | Q(attributors_digest__in=attributors)
    )
    by_number, by_attributors = defaultdict(list), defaultdict(list)
    for referral in known.prefetch_related("contacts", "appointments", "follow_ups") if numbers or attributors else ():
        by_number[referral.number_digest].append(referral)
        by_attributors[referral.attributors_digest].append(referral)
    found = {}
    for row in rows:
        number, attributed = wanted[row.pk]
        same = by_number[number] if number else []
        alike = [item for item in by_attributors[attributed] if not (number and item.number_digest)]
        if nearest := _nearest([*same, *(alike if attributed else [])], read(COLUMNS["P11"], row.sent.get("P11"))):
            found[row.pk] = nearest
    return found


def _nearest(referrals, exit_on):
    near = [
        (abs(referral.exit_on - exit_on), referral.pk, referral)
        for referral in referrals
        if exit_on and referral.exit_on and abs(referral.exit_on - exit_on) <= FOUND_WITHIN
    ]
    return min(near)[-1] if near else None


def begun(rows, *, prison_id, service_id, section=None):
    """What unanswered rows of a sheet begin with: {pk of the row: (referral, {column id: answer})}.

    A section in which the service has answered nothing yet begins with what the live
    referral tells, as far as the answers before it ask for it; nothing is stored before somebody saves it. With `section`
    it alone begins.
    """
    found = referrals_of(rows, prison_id=prison_id, service_id=service_id)
    begins = {}
    for row in rows:
        if row.pk in found:
            told = _untouched(row.answers, answers_from_referral(with_rows(found[row.pk])), section)
            if told:
                begins[row.pk] = found[row.pk], told
    return begins


def _untouched(answers, told, section):
    touched = {column.section for column in COMMUNITY_COLUMNS if answers.get(column.id) not in (None, "", [])}
    known = {column.id: read(column, answers.get(column.id)) for column in TOLD_BY_REFERRALS}
    begins = {}
    for column in TOLD_BY_REFERRALS:
        is_open = column.section not in touched and section in (None, column.section)
        if is_open and column.id in told and column.is_asked(known):
            known[column.id] = begins[column.id] = told[column.id]
    return begins
