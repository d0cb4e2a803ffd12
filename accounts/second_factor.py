"""The sign-in library's forms and views for a second factor, with what they leave out."""

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.forms import AuthenticateForm as BaseAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as BaseReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm as BaseActivateTOTPForm
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView

from accounts.adapter import record_failed_sign_in
from accounts.sign_in import InOurWords


class RecordsFailures:
    def _emit_authentication_failed(self, authenticator):
        super()._emit_authentication_failed(authenticator)
        record_failed_sign_in(self.user)


class AuthenticateForm(InOurWords, RecordsFailures, BaseAuthenticateForm):
    pass


class ReauthenticateForm(InOurWords, RecordsFailures, BaseReauthenticateForm):
    pass


class ActivateTOTPForm(InOurWords, BaseActivateTOTPForm):
    pass


class CountsAsPassed:
    """Whoever sets up a factor has just proved to hold it, so the session has passed it."""

    def form_valid(self, form):
        response = super().form_valid(form)
        record_authentication(self.request, self.request.user, "mfa", type=self.kind)
        return response


class ActivateTOTP(CountsAsPassed, ActivateTOTPView):
    kind = "totp"


class AddPasskey(CountsAsPassed, AddWebAuthnView):
    kind = "webauthn"
