"""Fills what somebody typed into the same form of a page, as text: nothing here knows requests or the database.

Only what a person can see and change is filled in. Hidden fields, passwords and files stay as the page has them.
"""

from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

# Hidden fields that differ from one showing of the same form to the next
VOLATILE = {"csrfmiddlewaretoken", "shown_to", "seat", "revision", "content_sha256", "version"}
LEFT_ALONE = {"hidden", "password", "file", "submit", "button", "image", "reset"}
TICKED = {"radio", "checkbox"}


@dataclass
class Filled:
    """The page with the form filled in. `left_over` are typed fields (name, value) that have no place in it;
    `has_changed` says that somebody saved over the revision that was shown.
    """

    html: str
    left_over: list = field(default_factory=list)
    has_changed: bool = False


def fill_in(html, typed, *, page, action, notice):
    """Returns a Filled, or None where the page (at address `page`) has no form that goes to `action` with the same hidden
    fields. `notice(left_over, has_changed)` gives the markup that is put at the head of the form.
    """
    for form in _forms_in(html):
        if urlsplit(urljoin(page, form.action or page)).path == action and _same_form(form.hidden, typed):
            return _filled(html, form, typed, notice)
    return None


def _same_form(hidden, typed):
    """Whether a form's hidden fields are those that were sent. What says nothing about which form it is does not count."""
    return all(typed.get(name) == values for name, values in hidden.items() if name not in VOLATILE)


def _filled(html, form, typed, notice):
    found = {name for _, _, kind, name, _ in form.fields if kind not in LEFT_ALONE}
    buttons = {name for _, _, kind, name, _ in form.fields if kind in {"submit", "button"}}
    left_over = [
        (name, value)
        for name, values in typed.items()
        for value in values
        if value.strip() and name not in found | buttons | VOLATILE | set(form.hidden)
    ]
    before = typed.get("revision")
    has_changed = before is not None and form.hidden.get("revision", before) != before
    pieces = [*form.changes(typed), (form.start, form.start, notice(left_over, has_changed))]
    for start, end, text in sorted(pieces, reverse=True):
        html = html[:start] + text + html[end:]
    return Filled(html, left_over, has_changed)


@dataclass
class _Form:
    """A form of the page: `start` is where its content begins; `fields` are (start, end, kind, name, attributes)."""

    action: str
    method: str
    start: int
    hidden: dict = field(default_factory=dict)
    fields: list = field(default_factory=list)

    def changes(self, typed):
        """What to put where, as (start, end, text), so that the form holds what was typed."""
        for start, end, kind, name, attributes in self.fields:
            if kind in LEFT_ALONE or (name not in typed and kind != "checkbox"):
                continue
            values = typed.get(name, [])
            if kind == "textarea":
                yield start, end, "\n" + escape(values[0], quote=False)
            elif kind == "option":
                yield start, end, _tag("option", attributes, selected=attributes.get("value", "") in values)
            elif kind in TICKED:
                yield start, end, _tag("input", attributes, checked=attributes.get("value", "on") in values)
            else:
                yield start, end, _tag("input", attributes | {"value": values[0]})


def _tag(name, attributes, **switches):
    shown = {key: value for key, value in attributes.items() if key not in switches}
    words = [key if value is None else f'{key}="{escape(value)}"' for key, value in shown.items()]
    return f"<{' '.join([name, *words, *(switch for switch, is_on in switches.items() if is_on)])}>"


def _forms_in(html):
    reader = _Reader(html)
    reader.feed(html)
    return [form for form in reader.forms if form.method == "post"]


class _Reader(HTMLParser):
    """Finds the forms of a page and where their fields stand in its text."""

    def __init__(self, html):
        super().__init__()
        self.forms, self.form, self.select, self.textarea = [], None, "", None
        self.lines = [0, *(place + 1 for place, letter in enumerate(html) if letter == "\n")]

    def handle_starttag(self, tag, attributes):
        about = dict(attributes)
        start = self._here()
        end = start + len(self.get_starttag_text())
        if tag == "form":
            self.form = _Form(about.get("action") or "", (about.get("method") or "get").lower(), end)
            self.forms.append(self.form)
        elif self.form is None:
            return
        elif tag == "select":
            self.select = about.get("name") or ""
        elif tag == "option":
            self._field(start, end, "option", self.select, about)
        elif tag == "textarea":
            self.textarea = (end, about)
        elif tag in {"input", "button"}:
            kind = (about.get("type") or ("text" if tag == "input" else "submit")).lower()
            self._field(start, end, kind, about.get("name") or "", about)
            if kind == "hidden":
                self.form.hidden.setdefault(about.get("name") or "", []).append(about.get("value") or "")

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "textarea" and self.textarea and self.form is not None:
            start, about = self.textarea
            self._field(start, self._here(), "textarea", about.get("name") or "", about)
            self.textarea = None

    def _field(self, start, end, kind, name, attributes):
        if name:
            self.form.fields.append((start, end, kind, name, attributes))

    def _here(self):
        line, column = self.getpos()
        return self.lines[line - 1] + column
