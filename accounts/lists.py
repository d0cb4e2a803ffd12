"""Long lists, fifty rows a page."""

from django.core.paginator import Paginator

ROWS = 50


def page_of(request, rows):
    """The page of a list that the address asks for; a page that is not there is the nearest one."""
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))
