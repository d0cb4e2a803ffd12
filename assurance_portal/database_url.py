"""Reads a PostgreSQL address, such as postgresql://user:password@host:5432/name or postgresql://user@/name?host=/socket."""

from urllib.parse import parse_qsl, unquote, urlsplit


def database_settings(url, *, role=""):
    """Django's settings for one database.

    `url` is a libpq address; its query may name a socket folder (`host`) or any libpq option. With `role`, every
    connection takes that role before its first statement, whatever the login is.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    socket = options.pop("host", "")
    if role:
        options["options"] = f"-c role={role}"
    return {
        "ENGINE": "assurance_portal.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": socket or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
