"""What may stand in text that people read: nothing that cannot be seen, nothing that turns the reading direction."""

import unicodedata

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}  # control, format, surrogate, private and unassigned characters
ALLOWED = "\n\t\u00ad"


def has_hidden_characters(text):
    if text.isascii() and text.isprintable():
        return False
    return any(unicodedata.category(character) in HIDDEN and character not in ALLOWED for character in text)
