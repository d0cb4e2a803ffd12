"""Everything that differs between a laptop and production comes from the environment; the defaults run the tests."""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from assurance_portal.database_url import database_settings

BASE_DIR = Path(__file__).resolve().parent.parent


def _on(name, default=""):
    return os.environ.get(name, default) == "1"


def _required_in_production(name, development_value):
    if value := os.environ.get(name):
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(f"Set {name} in the environment before starting the portal in production.")
    return development_value


# What kind of place this is
PRODUCTION = _on("PORTAL_PRODUCTION")
DEMO = _on("PORTAL_DEMO")
DEBUG = _on("PORTAL_DEBUG")
SECRET_KEY = _required_in_production("SECRET_KEY", "only-for-a-machine-nobody-else-can-reach-" + "0" * 24)
# Finds a live referral again for an audit. With a key of its own, a new SECRET_KEY cuts no link
REFERRAL_LINK_KEY = os.environ.get("REFERRAL_LINK_KEY") or SECRET_KEY
ALLOWED_HOSTS = _required_in_production("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
PORTAL_URL = _required_in_production("PORTAL_URL", "http://localhost:8000")
PORTAL_NAME = "Assurance returns"

# The apps; a return type is one line here and one in RETURN_TYPES
INSTALLED_APPS = [
    "journal",
    "accounts",
    "returns",
    "releases",
    "prevent",
    "continuity",
    "assurance_portal",
    "bench",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "csp",
    "django_htmx",
    "pgtrigger",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]
RETURN_TYPES = ["prevent.return_type.PREVENT", "continuity.return_type.CONTINUITY"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "assurance_portal.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.SignedInWithSecondFactor",
    "accounts.middleware.ActingSeat",
    "accounts.middleware.KeptForms",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "assurance_portal.middleware.ReadableAddress",
]
ROOT_URLCONF = "assurance_portal.urls"
WSGI_APPLICATION = "assurance_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "assurance_portal.context.portal",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "nhsuk"
CRISPY_TEMPLATE_PACK = "nhsuk"

# Data. DATABASE_ROLE is portal_app for web and workers: not the owner of the tables, not a superuser
DATABASE_ROLE = os.environ.get("DATABASE_ROLE", "")
DATABASES = {"default": database_settings(os.environ.get("DATABASE_URL", "postgresql:///portal"), role=DATABASE_ROLE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"}}
MEDIA_ROOT = Path(os.environ.get("PORTAL_FILES", BASE_DIR / "var" / "files"))

# Work in the background: the database is the queue, the broker only rings
CELERY_BROKER_URL = os.environ.get("REDIS_URL", "redis://localhost:6379/0")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

# People and sign-in
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.InvitationOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation is opened from the mailbox it was sent to
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"{PORTAL_NAME}: "
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody is written to who was not invited
ACCOUNT_SESSION_REMEMBER = False  # closing the browser signs out
ALLAUTH_TRUSTED_PROXY_COUNT = int(_on("PORTAL_BEHIND_PROXY"))
MFA_ADAPTER = "accounts.adapter.SecondFactor"
ACCOUNT_FORMS = {
    "login": "accounts.sign_in.LoginForm",
    "reset_password": "accounts.sign_in.ResetPasswordForm",
    "reset_password_from_key": "accounts.sign_in.ResetPasswordKeyForm",
    "change_password": "accounts.sign_in.ChangePasswordForm",
    "set_password": "accounts.sign_in.SetPasswordForm",
    "reauthenticate": "accounts.sign_in.ReauthenticateForm",
}
MFA_FORMS = {
    "activate_totp": "accounts.second_factor.ActivateTOTPForm",
    "authenticate": "accounts.second_factor.AuthenticateForm",
    "reauthenticate": "accounts.second_factor.ReauthenticateForm",
}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey counts as two factors, so it asks for PIN, face or finger
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
MFA_TOTP_ISSUER = PORTAL_NAME
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = 30 * 60

# Mail
EMAIL_BACKEND = os.environ.get("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = BASE_DIR / "var" / "mail"
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _on("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Assurance returns <no-reply@portal.example>")

# Words and times
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

# Style sheets and scripts
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Safety
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # addresses are unique whatever their case: a constraint, not unique=True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
CSRF_FAILURE_VIEW = "assurance_portal.views.form_too_old"
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _on("PORTAL_BEHIND_PROXY") else None
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
LARGEST_UPLOAD = 100_000_000  # of a whole request; each page allows less
FILE_UPLOAD_HANDLERS = [
    "returns.stored_files.NotTooMuch",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "WARNING")},
}
