"""What needs somebody besides returns: lines for the home page, from the kernel and from the return types."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """One line: what it is, where it leads, and its tag (words on a colour of components/status_tag.html)."""

    title: str
    url: str
    words: str
    colour: str = "blue"
    hint: str = ""
