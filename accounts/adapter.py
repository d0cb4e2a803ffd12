"""How sign-in behaves here: by invitation only, with two factors, and every failure in the log."""

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.utils import timezone

from accounts import outbox, sessions
from accounts.keys import keys_for
from accounts.models import Person
from accounts.seats import WithoutSeat
from journal import events

# What the security mails of the sign-in library are about, in the words of the log
SECURITY_EVENTS = {
    "account/email/password_changed": "password changed",
    "account/email/password_reset": "password reset",
    "mfa/email/totp_activated": "authenticator app added",
    "mfa/email/totp_deactivated": "authenticator app removed",
    "mfa/email/webauthn_added": "passkey added",
    "mfa/email/webauthn_removed": "passkey removed",
    "mfa/email/recovery_codes_generated": "recovery codes made",
}


class InvitationOnly(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The email address or the password is not right.",
        "too_many_login_attempts": "There were too many attempts. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request):
        return False

    def authentication_failed(self, request, **credentials):
        """The answer is the same for an unknown address; only the log knows whether there is such a person."""
        person = Person.objects.filter(email__iexact=credentials.get("email", "")).first()
        record_failed_sign_in(person)

    def is_reauthentication_required(self, *, app, **kwargs):
        """Whoever has just signed in need not type the password again to set up a second factor."""
        just_now = sessions.has_just_signed_in(self.request, account_settings.REAUTHENTICATION_TIMEOUT)
        return not just_now and super().is_reauthentication_required(app=app, **kwargs)

    def post_login(self, request, user, **kwargs):
        events.record("signed in", subject=("person", user.pk), by=WithoutSeat(user), at=timezone.now())
        return super().post_login(request, user, **kwargs)

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        if act := SECURITY_EVENTS.get(template_prefix):
            events.record_apart(act, subject=("person", user.pk), by=WithoutSeat(user), at=timezone.now())
        super().send_notification_mail(template_prefix, user, context, email)

    def send_mail(self, template_prefix, email, context):
        """A worker sends it, in its own time."""
        about = {"request": self.request, "email": email, "current_site": get_current_site(self.request)}
        outbox.post(self.render_mail(template_prefix, email, about | context), at=timezone.now())


class SecondFactor(DefaultMFAAdapter):
    """Secrets of authenticator apps are kept encrypted under a key made of SECRET_KEY."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not right, or was used before. Wait for the next one and enter that.",
    }

    def encrypt(self, text):
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        return _keys().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self):
        return super().get_public_key_credential_rp_entity() | {"name": settings.PORTAL_NAME}


def record_failed_sign_in(person):
    """`person` is who it was tried for, or None for an address nobody has."""
    subject = ("person", person.pk) if person else ("person", "unknown")
    events.record_apart("sign-in failed", subject=subject, at=timezone.now())


def _keys():
    return keys_for("accounts.second_factor")
