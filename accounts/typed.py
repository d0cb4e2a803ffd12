"""What somebody typed into a form that was not taken, in words: shown back to them alone, so that it is not lost."""

NOT_TYPED = {"csrfmiddlewaretoken", "shown_to", "seat", "revision", "rule", "fingerprint", "section"}
NOT_TYPED |= {"content_sha256", "version"}
BUTTONS = {"continue", "come_back"}


def what_was_typed(post):
    """The fields of a posted form that a person filled in, as (name in words, value), secrets left out."""
    return in_words((name, value) for name, value in post.items() if "code" not in name)


def in_words(fields):
    """(name, value) pairs as (name in words, value), without what nobody typed."""
    return [
        (name.replace("__", ": ").replace("_", " ").capitalize(), value)
        for name, value in fields
        if value.strip() and name not in NOT_TYPED | BUTTONS and "password" not in name
    ]
