"""What somebody typed into a form that was not taken: shown back to them alone, so that it is not lost."""

NOT_TYPED = {"csrfmiddlewaretoken", "seat", "revision", "rule", "fingerprint", "section", "content_sha256", "version"}
BUTTONS = {"continue", "come_back"}


def what_was_typed(post):
    """The fields of a posted form that a person filled in, as (name in words, value), secrets left out."""
    return [
        (name.replace("__", ": ").replace("_", " ").capitalize(), value)
        for name, value in post.items()
        if value.strip() and name not in NOT_TYPED | BUTTONS and "password" not in name and "code" not in name
    ]
