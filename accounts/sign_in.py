"""The sign-in library's forms in our own words, and its page with a way into the demonstration."""

from allauth.account import forms
from allauth.account.views import LoginView

from accounts import demonstration

REQUIRED = {
    "login": "Enter your email address.",
    "email": "Enter your email address.",
    "password": "Enter your password.",
    "oldpassword": "Enter the password you have now.",
    "password1": "Enter a new password.",
    "password2": "Enter the new password again.",
    "code": "Enter the code.",
}
INVALID = dict.fromkeys(("login", "email"), "Enter an email address, such as name@example.nhs.uk.")


class InOurWords:
    """Says what is missing, instead of "This field is required"."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name in REQUIRED:
                field.error_messages["required"] = REQUIRED[name]
            if name in INVALID:
                field.error_messages["invalid"] = INVALID[name]


class LoginForm(InOurWords, forms.LoginForm):
    pass


class ResetPasswordForm(InOurWords, forms.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(InOurWords, forms.ResetPasswordKeyForm):
    pass


class ChangePasswordForm(InOurWords, forms.ChangePasswordForm):
    pass


class SetPasswordForm(InOurWords, forms.SetPasswordForm):
    pass


class ReauthenticateForm(InOurWords, forms.ReauthenticateForm):
    pass


class SignIn(LoginView):
    def get_context_data(self, **context):
        return super().get_context_data(demonstration_is_on=demonstration.is_on(self.request), **context)
