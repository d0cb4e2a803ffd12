"""What somebody may type into any form: text that can be seen, as long as there is room for it."""

import pytest
from django.forms import ValidationError

from accounts.forms import Text


def said(field, text):
    with pytest.raises(ValidationError) as refused:
        field.clean(text)
    return refused.value.messages


@pytest.mark.parametrize("text", ["a\x00b", "a\u202eb", "a\u200bb", "a\x1bb"])
def test_what_cannot_be_seen_is_refused_once(text):
    assert said(Text(label="Reason"), text) == [
        "This holds characters that cannot be seen. Type it instead of pasting it."
    ]


def test_a_text_that_is_too_long_is_told_how_long_it_may_be():
    assert said(Text(label="What happened?", max_length=4000), "x" * 4001) == [
        "What happened: write 4,000 characters or fewer."
    ]


def test_lines_as_a_browser_sends_them_and_other_scripts_are_text():
    assert Text(label="Reason").clean("Première ligne\r\nΔεύτερη – 😀") == "Première ligne\r\nΔεύτερη – 😀"
