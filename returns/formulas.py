"""Text that no spreadsheet takes for a formula, wherever a file of ours is opened."""

import re

# What starts a formula or a DDE call, also behind blanks and quotes and in full width; and `cmd|…`
_LOOKS_LIKE_A_FORMULA = re.compile(r"[\t\r\n]|[\s\"'\u2018\u201c]*([=+\-@|\uff1d\uff0b\uff0d\uff20]|\w{1,20}\|)")
_IS_A_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def without_formula(text):
    """`text` with an apostrophe before it where a spreadsheet could calculate with it; plain numbers stay."""
    if _LOOKS_LIKE_A_FORMULA.match(text) and not _IS_A_NUMBER.fullmatch(text):
        return f"'{text}"
    return text
