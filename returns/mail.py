"""Sends notices by e-mail: one message for each person, with links and without figures."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.models import Membership, Person
from journal import notices


def send_notices(*, at):
    """Sends what waits; returns how many notices went out."""
    return notices.send_waiting(deliver=_deliver, may_still_know=_may_still_know, at=at)


def _deliver(person_id, waiting):
    person = Person.objects.get(pk=person_id)
    subject = waiting[0].subject if len(waiting) == 1 else f"{len(waiting)} messages from {settings.PORTAL_NAME}"
    EmailMessage(subject=" ".join(subject.split()), body=_body(person, waiting), to=[person.email]).send()


def _body(person, waiting):
    parts = [f"Dear {person.name},"]
    for notice in waiting:
        parts += [notice.subject + ".", *filter(None, [notice.body]), f"{settings.PORTAL_URL}{notice.link}"]
    parts += [f"{settings.PORTAL_NAME}. You get this message because of your role in the portal."]
    return "\n\n".join(parts) + "\n"


def _may_still_know(notice):
    """Rights are asked again at sending: the role may have ended since."""
    if notice.membership_id is None:
        return Person.objects.filter(pk=notice.person_id, is_active=True).exists()
    memberships = Membership.objects.active_at(timezone.now()).filter(pk=notice.membership_id)
    return memberships.filter(person_id=notice.person_id, person__is_active=True).exists()
