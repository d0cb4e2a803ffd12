"""What a hidden field or an address holds: the page put a number there, but anybody can send anything."""


def posted_number(given):
    """A whole number that fits a key or a revision; 0, which is neither, for whatever else was sent (text, or None)."""
    given = (given or "").replace(",", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0
