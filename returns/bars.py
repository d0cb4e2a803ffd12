"""Bars for counts of one kind, one under another. Drawn from what is shown alone: a count that is not shown has no bar."""

from returns.charts import LETTER, WIDTH, tag

ROW, BAR = 40, 16


def draw_bars(rows, *, key, title):
    """The picture of (label, count or None, the count in words); `key` makes its ids its own on the page."""
    most = max((count or 0 for _, count, _ in rows), default=0) or 1
    names = f"{key}-title", f"{key}-text"
    said = "; ".join(f"{label}: {words}" for label, _, words in rows)
    parts = [tag("title", title, id=names[0]), tag("desc", said, id=names[1])]
    for number, (label, count, words) in enumerate(rows):
        top = number * ROW
        room = WIDTH - LETTER * len(words) - 10
        width = 0.0 if count is None else max(room * count / most, 1.0)
        parts.append(tag("text", label, x=0, y=top + 14))
        if count is not None:
            parts.append(tag("rect", class_="bar", x=0, y=top + 18, width=width, height=BAR))
        parts.append(tag("text", words, class_="axis", x=width + 6, y=top + 31))
    return tag(
        "svg", parts, class_="portal-chart__picture", viewBox=f"0 0 {WIDTH} {max(len(rows), 1) * ROW}", role="img",
        aria_labelledby=names[0], aria_describedby=names[1], xmlns="http://www.w3.org/2000/svg",
    )  # fmt: skip
