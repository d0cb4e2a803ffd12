"""What needs somebody besides returns: lines for the home page, from the kernel and from the return types."""

from dataclasses import dataclass

from django.db.models import Count, Window


@dataclass(frozen=True)
class Need:
    """One line: what it is, where it leads, and its tag (words on a colour of components/status_tag.html)."""

    title: str
    url: str
    words: str
    colour: str = "blue"
    hint: str = ""


def first(rows, line, rest, url, most=10):
    """A line for each of the first rows of a query set; where there are more, one that says how many, and leads to their
    list. `rest` names them in the plural.
    """
    found = list(rows.annotate(of_all=Window(Count("pk")))[:most])
    yield from map(line, found)
    if found and (more := found[0].of_all - most) > 0:
        yield Need(f"And {more} more: {rest}", url, "See the list")
