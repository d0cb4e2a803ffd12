"""Long lists, fifty rows a page."""

from django.core.paginator import Paginator

ROWS = 50


def page_of(request, rows, count=None):
    """The page of a list that the address asks for; a page that is not there is the nearest one. `count` says how many
    rows there are, where that is known, so that nobody counts them again.
    """
    paginator = Paginator(rows, ROWS)
    if count is not None:
        paginator.count = count
    return paginator.get_page(request.GET.get("page"))
