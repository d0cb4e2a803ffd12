"""Closed by default: who may pass at all, and for whom a person acts while the page is made."""

from contextlib import nullcontext

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts import filled_in, kept, seats, sessions
from accounts.row_security import acting_for
from accounts.typed import in_words, what_was_typed
from journal import events

# The only pages that open without both factors. A test compares this list with what the resolver knows.
OPEN_ROUTES = frozenset(
    {
        "account_login",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "accounts:accept_invitation",
        "accounts:demonstration",
        "accounts:sdcs_registration",
        "healthz",
        "readyz",
        "help:index",
        "help:about",
        "help:accessibility",
    }
)
# Open as well to somebody who signed in and has no second factor yet …
SET_UP_ROUTES = frozenset({"account_logout", "account_reauthenticate", "mfa_activate_totp", "mfa_add_webauthn"})
# … and to somebody who has one that this session has not passed.
SECOND_STEP_ROUTES = frozenset({"account_logout", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"})

TOO_LATE = "Your session has ended. What you typed is still on this page. Sign in in another tab, then save again."


class SignedInWithSecondFactor:
    """Every page needs a person whose session passed two factors, unless its route is named above."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated and sessions.is_over(request):
            logout(request)
            messages.info(request, "You were signed out because this session had been open for too long without use.")
        request.is_signed_in = request.user.is_authenticated and sessions.has_second_factor(request)
        if request.is_signed_in:
            sessions.touch(request)
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        route = request.resolver_match.view_name
        if request.is_signed_in or route in OPEN_ROUTES:
            return None
        if not request.user.is_authenticated:
            return _turned_away(request, settings.LOGIN_URL)
        if is_mfa_enabled(request.user):
            return None if route in SECOND_STEP_ROUTES else _turned_away(request, "mfa_reauthenticate")
        return None if route in SET_UP_ROUTES else _turned_away(request, "mfa_activate_totp")


class ActingSeat:
    """Puts `request.seat` and `request.seats` on the request, which is answered for the seat's organisation.

    A form says in its hidden field `seat` for whom it was shown. When the person has switched since, in another tab, it
    is not applied.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.seats = seats.seats_of(request.user, timezone.now()) if request.is_signed_in else []
        request.seat = seats.current(request.seats, request.session)
        with acting_for([request.seat.organisation_id]) if request.seat else nullcontext():
            response = self.get_response(request)
        if response.status_code == 403 and request.user.is_authenticated and request.resolver_match:
            _record_denial(request)
        return response

    def process_view(self, request, view, args, kwargs):
        shown_for = (request.POST.get("seat") or request.headers.get("X-Seat", "")).replace(",", "")
        if request.method != "POST" or not shown_for or (request.seat and shown_for == str(request.seat.pk)):
            return None
        if is_in_background(request):
            return JsonResponse({"message": _switched(request)}, status=409)
        kept.keep(request, at=timezone.now())
        return render(request, "accounts/another_seat.html", {"switched": _switched(request)}, status=409)


class KeptForms:
    """Offers back what was typed into a form that was not taken, and fills it in where its person asks for it (`?typed=`)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.kept = kept.offers(request, at=timezone.now()) if request.is_signed_in else []
        response = self.get_response(request)
        if request.kept and request.method == "POST" and response.status_code == 302:
            kept.taken(request)
        if request.kept and request.method == "GET" and "typed" in request.GET:
            return _with_what_was_typed(request, response)
        return response


def _with_what_was_typed(request, response):
    """The page with its form filled in, or, where there is no such form any more, what was typed, to copy from."""
    offer = next((offer for offer in request.kept if str(offer.form.uuid) == request.GET["typed"]), None)
    if offer is None or offer.needs_seat or response.streaming:
        return response
    typed = kept.typed_in(offer.form)

    def notice(left_over, has_changed):
        about = {"form": offer.form, "left_over": in_words(left_over), "has_changed": has_changed}
        return render_to_string("components/filled_in.html", about, request)

    html = response.content.decode() if response.headers.get("Content-Type", "").startswith("text/html") else ""
    filled = filled_in.fill_in(html, typed, page=request.path, action=offer.form.action, notice=notice)
    if filled is None:
        listed = in_words((name, value) for name, values in typed.items() for value in values)
        return render(request, "kept_form.html", {"form": offer.form, "typed": listed})
    response.content = filled.html
    return response


def is_in_background(request):
    """Whether a script waits for the answer, so that a redirect would be followed unseen."""
    return request.headers.get("X-Requested-With") == "autosave" or "HX-Request" in request.headers


def _turned_away(request, to):
    if is_in_background(request):
        return JsonResponse({"message": TOO_LATE, "sign_in": reverse(to)}, status=401)
    if typed := what_was_typed(request.POST):
        return render(request, "session_ended.html", not_taken(request, typed) | {"sign_in": reverse(to)}, status=401)
    if request.method not in {"GET", "HEAD"}:
        return redirect(to)
    return redirect_to_login(request.get_full_path(), reverse(to))


def not_taken(request, typed):
    """What the answer to a refused form says: the form as it is kept, or else what was typed, to copy from."""
    is_of_sign_in = request.resolver_match.view_name.startswith(("account_", "mfa_", "usersessions_"))
    form = None if is_of_sign_in else kept.keep(request, at=timezone.now())
    return {"kept": form, "way_back": kept.way_back(form) if form else "", "typed": [] if form else typed}


def _switched(request):
    now = f"acting for {request.seat.organisation.name}" if request.seat else "acting for nobody"
    return f"You switched to {now} in another tab. Nothing on this page was saved."


def _record_denial(request):
    """After the request's own transaction was rolled back, in one of its own. Links that open the door are secrets."""
    route, parameters = request.resolver_match.view_name, request.resolver_match.kwargs
    events.record_apart(
        "denied",
        subject=("route", route),
        by=request.seat or seats.WithoutSeat(request.user),
        at=timezone.now(),
        detail={} if route in OPEN_ROUTES else {name: str(value)[:64] for name, value in parameters.items()},
    )
