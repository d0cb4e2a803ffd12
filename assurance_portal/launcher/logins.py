"""The login of web and workers, and the secrets a laptop keeps for itself under var/."""

import os
import secrets
from urllib.parse import urlsplit, urlunsplit

from assurance_portal.launcher import VAR

WEB_LOGIN = "portal_web"


def web_address():
    """DATABASE_APP_URL; where only DATABASE_URL is given, the same database by a login that `prepare` creates."""
    if given := os.environ.get("DATABASE_APP_URL"):
        return given
    owner = urlsplit(os.environ["DATABASE_URL"])
    where = owner.netloc.rpartition("@")[2]
    return urlunsplit(owner._replace(netloc=f"{WEB_LOGIN}:{kept_secret('web_login_password')}@{where}"))


def kept_secret(name):
    """A random secret that stays the same from run to run, in a file only this user can read."""
    path = VAR / name
    VAR.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)  # fails if somebody else was first; then theirs counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
