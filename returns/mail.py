"""Sends notices by e-mail: one message for each person, or one summary a day, with links and without figures."""

from itertools import groupby

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from accounts.models import Membership, Person
from journal import notices
from returns.periods import summary_moment


def send_notices(*, at):
    """Sends what waits, and from 8am on working days the summaries; returns how many notices went out."""

    def may_still_know(waiting):
        return _may_still_know(waiting, at)

    return notices.send_waiting(
        deliver=_deliver, may_still_know=may_still_know, at=at, digested_before=summary_moment(at)
    )


def _deliver(person_id, waiting):
    person = Person.objects.get(pk=person_id)
    EmailMessage(subject=" ".join(_subject(waiting).split()), body=_body(person, waiting), to=[person.email]).send()


def _subject(waiting):
    if waiting[0].in_digest:
        return f"Your daily summary from {settings.PORTAL_NAME}"
    return waiting[0].subject if len(waiting) == 1 else f"{len(waiting)} messages from {settings.PORTAL_NAME}"


def _body(person, waiting):
    parts = [f"Dear {person.name},"]
    for organisation, notices_for_it in _by_organisation(waiting):
        parts += [f"For {organisation}:"] if organisation else []
        for notice in notices_for_it:
            parts += [notice.subject + ".", *filter(None, [notice.body]), f"{settings.PORTAL_URL}{notice.link}"]
    parts.append(
        f"{settings.PORTAL_NAME}. You get this message because of your role in the portal."
        f" Choose how messages reach you: {settings.PORTAL_URL}{reverse('how_told')}"
    )
    return "\n\n".join(parts) + "\n"


def _by_organisation(waiting):
    """(organisation's name, its notices); one group without a name where the person is told for one organisation alone."""
    seats = {notice.membership_id for notice in waiting} - {None}
    names = dict(Membership.objects.filter(pk__in=seats).values_list("pk", "organisation__name"))
    if len(set(names.values())) < 2:
        return [("", waiting)]

    def name_of(notice):
        return names.get(notice.membership_id, "")

    return [(name, list(group)) for name, group in groupby(sorted(waiting, key=name_of), key=name_of)]


def _may_still_know(waiting, at):
    """Rights are asked again at sending, of all at once: a role may have ended since."""
    seats = set(
        Membership.objects.active_at(at)
        .filter(pk__in={notice.membership_id for notice in waiting} - {None})
        .values_list("pk", "person_id")
    )
    people = {notice.person_id for notice in waiting}
    there = set(Person.objects.filter(pk__in=people, is_active=True).values_list("pk", flat=True))
    return [
        notice
        for notice in waiting
        if notice.person_id in there
        and (notice.membership_id is None or (notice.membership_id, notice.person_id) in seats)
    ]
