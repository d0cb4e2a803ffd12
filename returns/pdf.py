"""A page as a PDF. It takes a second or more, so a worker makes it, never a request."""

import re
from functools import cache

from django.contrib.staticfiles import finders

NO_PANGO = (
    "A PDF cannot be made here, because the system library Pango is missing. Open the page and print it from your "
    "browser instead."
)


class NoPdf(Exception):
    """A PDF cannot be made on this machine; the message is a sentence for whoever asked for it."""


def pdf_of(html):
    """The bytes of the PDF of a whole page (as text, its pictures inside it). The same page gives the same bytes.

    Nothing is fetched: a page that names anything outside itself goes without it.
    """
    weasyprint = _weasyprint()
    page = weasyprint.HTML(string=_with_looks_inside_pictures(html), url_fetcher=_fetch_nothing)
    return page.write_pdf(stylesheets=[weasyprint.CSS(string=_sheet("css/paper.css"))], pdf_tags=True)


def _weasyprint():
    try:
        import weasyprint  # a second to load, and only where a PDF is made
    except OSError:
        raise NoPdf(NO_PANGO) from None
    return weasyprint


def _with_looks_inside_pictures(html):
    """A picture in a page does not hear of the page's style sheets here, so each brings its own."""
    style = f"<style>{_sheet('css/charts.css')}</style>"
    return re.sub(r"(<svg[^>]*>)", rf"\1{style}", html)


@cache
def _sheet(name):
    with open(finders.find(name), encoding="utf-8") as file:
        return file.read()


def _fetch_nothing(url, *args, **kwargs):
    raise ValueError("Nothing is fetched for a PDF.")
