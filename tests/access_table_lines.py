"""How a line of the access table is written."""

OPEN = "open to all"
FACTORS = "the sign-in library's own page"


def line(method, may, missing=frozenset()):
    """Who is neither in `may` nor in `missing` is forbidden."""
    return method, frozenset(may), frozenset(missing) - frozenset(may)
