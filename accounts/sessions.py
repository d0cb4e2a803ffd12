"""What a session has proved, since when, and whether it has been left alone for too long."""

import time
from types import SimpleNamespace

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings

SEEN_AT = "seen_at"
SEEN_STEP = 30  # seconds; a busy session is not written on every request


def has_second_factor(request):
    """Whether *this session* passed a second factor, or a passkey, which is two in one."""
    return any(record["method"] == "mfa" for record in _records(request))


def has_just_signed_in(request, seconds):
    """Whether some factor was given less than so many seconds ago."""
    records = _records(request)
    return bool(records) and time.time() - records[-1]["at"] < seconds


def is_over(request):
    """Left alone for longer than SESSION_IDLE_SECONDS, or older than SESSION_COOKIE_AGE however busy."""
    now, records = time.time(), _records(request)
    seen = request.session.get(SEEN_AT)
    idle = seen is not None and now - seen > settings.SESSION_IDLE_SECONDS
    return idle or (bool(records) and now - records[0]["at"] > settings.SESSION_COOKIE_AGE)


def touch(request):
    now = time.time()
    if now - request.session.get(SEEN_AT, 0) > SEEN_STEP:
        request.session[SEEN_AT] = now


def mark_both_factors(session, person, kind="demonstration"):
    """Records a second factor that was not asked for: for the demonstration's sign-in, and for tests."""
    record_authentication(SimpleNamespace(session=session), person, "mfa", type=kind)


def _records(request):
    return get_authentication_records(request, request.user)
