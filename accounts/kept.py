"""What somebody typed into a form that was not taken, because the session, the second factor or the form's token had
lapsed: kept encrypted for half an hour, for that person alone, and filled into the same form when they ask for it. It is
never sent by itself.

A form says under seal to whom it was shown, so that nobody can lay words into another's form.
"""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from cryptography.fernet import InvalidToken
from django.core import signing
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.keys import keys_for
from accounts.models import KeptForm, Person
from accounts.posted import posted_number
from accounts.typed import what_was_typed

KEEP = timedelta(minutes=30)
SHOWN_FOR = timedelta(hours=24)  # how long a page may have been open
LIMIT = 64 * 1024  # bytes of one form
MOST = 5  # forms of one person
SHOWN_TO = "shown_to"
NEVER_KEPT = {"csrfmiddlewaretoken", SHOWN_TO}
ASKED = "kept_forms"  # in the session: whether this person has any
_SALT = "accounts.kept"


# When a form is not taken


def seal_of(person):
    """What a form carries to say to whom it was shown."""
    return signing.TimestampSigner(salt=_SALT).sign(str(person.pk))


def keep(request, *, at):
    """Keeps what this refused form holds for whom it was shown to; returns the KeptForm, or None where it is not kept:
    a page from before, a form too large, or somebody else signed in meanwhile.
    """
    person = _shown_to(request)
    typed = {name: values for name, values in request.POST.lists() if _is_kept(name)}
    if person is None or not what_was_typed(request.POST):
        return None
    text = json.dumps(typed).encode()
    if len(text) > LIMIT or len(request.path) > 400:
        return None
    row, _ = KeptForm.objects.update_or_create(
        person=person,
        action=request.path,
        defaults={
            "page": _page_of(request),
            "seat_id": posted_number(request.POST.get("seat")) or None,
            "sealed": _keys().encrypt(text),
            "kept_at": at,
        },
    )
    newest = KeptForm.objects.filter(person=person).order_by("-kept_at", "-pk").values("pk")[:MOST]
    KeptForm.objects.filter(person=person).exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()
    if request.user.is_authenticated:
        request.session[ASKED] = True
    return row


def _shown_to(request):
    try:
        pk = signing.TimestampSigner(salt=_SALT).unsign(request.POST.get(SHOWN_TO, ""), max_age=SHOWN_FOR)
    except signing.BadSignature:
        return None
    if request.user.is_authenticated and str(request.user.pk) != pk:
        return None
    return Person.objects.filter(pk=pk, is_active=True).first()


def _is_kept(name):
    return name not in NEVER_KEPT and "password" not in name


def _page_of(request):
    """The page the form stood on: where it was sent, unless the browser names another page of the portal."""
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        place = urlsplit(referer)
        page = place.path + (f"?{place.query}" if place.query else "")
        if page.startswith("/") and len(page) <= 400 and place.netloc:
            return re.sub(r"[?&]typed=[^&]*", "", page)
    return request.path


def way_back(form):
    """The address at which the form is shown again, filled in."""
    return f"{form.page}{'&' if '?' in form.page else '?'}typed={form.uuid}"


# When its person is back


@dataclass(frozen=True)
class Offer:
    """A kept form as it is offered: `needs_seat` is the membership to change to first, or None."""

    form: KeptForm
    needs_seat: object = None

    @property
    def way_back(self):
        return way_back(self.form)


def offers(request, *, at):
    """What is kept for whoever has passed both factors, newest first. Asks once in a session, unless there is something."""
    if request.session.get(ASKED) is False:
        return []
    rows = list(_kept_for(request.user, at).order_by("-kept_at"))
    if request.session.get(ASKED) != bool(rows):
        request.session[ASKED] = bool(rows)
    seats = {seat.pk: seat for seat in request.seats}
    current = request.seat.pk if request.seat else None
    return [Offer(row, seats.get(row.seat_id) if row.seat_id != current else None) for row in rows]


def of(request, uuid, *, at):
    """The kept form with this uuid, if it is this person's; or None."""
    return _kept_for(request.user, at).filter(uuid=uuid).first()


def typed_in(form):
    """The fields of a kept form: name -> its values. Empty where it cannot be read any more."""
    try:
        return json.loads(_keys().decrypt(bytes(form.sealed)))
    except InvalidToken:
        return {}


def taken(request):
    """The form was sent once more and taken: it need not be kept."""
    KeptForm.objects.filter(person=request.user, action=request.path).delete()


def purge(*, at):
    """Forgets what has been kept for long enough; returns how many."""
    return KeptForm.objects.filter(kept_at__lte=at - KEEP).delete()[0]


def _kept_for(person, at):
    return KeptForm.objects.filter(kept_at__gt=at - KEEP, person=person)


def _keys():
    return keys_for(_SALT)
