"""The inputs Django does not bring: a day typed in three parts, and yes or no on one line."""

from django import forms

PARTS = {"day": ("Day", 2), "month": ("Month", 2), "year": ("Year", 4)}


class DayInput(forms.MultiWidget):
    """A day typed as day, month and year, for a `forms.DateField`.

    Its value is an ISO date, "2025-10-07"; what is no such day comes back as typed, "2025-13-7", which the field
    refuses and the page shows again. Nothing typed is "".
    """

    template_name = "nhsuk/widgets/day.html"
    use_fieldset = True

    def __init__(self, attrs=None):
        inputs = {part: forms.TextInput({"label": label, "width": width}) for part, (label, width) in PARTS.items()}
        super().__init__(inputs, attrs)

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        for part, widget in zip(PARTS, context["widget"]["subwidgets"], strict=True):
            widget["attrs"]["id"] = f"{context['widget']['attrs'].get('id', f'id_{name}')}_{part}"
        return context

    def decompress(self, value):
        """The three parts of a date, or of what was typed."""
        if not value:
            return ["", "", ""]
        if hasattr(value, "isoformat"):
            return [value.day, value.month, value.year]
        year, month, day = (str(value).split("-", 2) + ["", ""])[:3]
        return [day.removeprefix("0"), month.removeprefix("0"), year]

    def value_from_datadict(self, data, files, name):
        day, month, year = (part.strip() for part in super().value_from_datadict(_texts(data, name), files, name))
        if not (day or month or year):
            return ""
        if all(part.isdecimal() for part in (day, month, year)):
            return f"{year}-{month.zfill(2)}-{day.zfill(2)}"
        return f"{year}-{month}-{day}"


def _texts(data, name):
    """The parts as text, whether they come from a page (typed, perhaps absent) or from a test (numbers)."""
    return {f"{name}_{part}": str(data.get(f"{name}_{part}") or "") for part in PARTS}


class InlineRadios(forms.RadioSelect):
    """Two or three short answers, such as yes and no, side by side."""

    def __init__(self, attrs=None, choices=()):
        super().__init__({"class": "nhsuk-radios--inline", **(attrs or {})}, choices)
