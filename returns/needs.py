"""What needs somebody besides returns: lines for the home page, which each app names in settings.NEEDS."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Need:
    """One line: what it is, where it leads, and its tag (words on a colour of components/status_tag.html)."""

    title: str
    url: str
    words: str
    colour: str = "blue"
    hint: str = ""


def of(seat, at):
    """The needs of a seat, in the order of the apps."""
    if seat is None:
        return []
    return [need for path in settings.NEEDS for need in import_string(path)(seat, at)]
