"""The trend of the indicator as a picture: each window with its interval, and lines on the days practice changed."""

from returns.charts import HEIGHT, LETTER, TOP, WIDTH, Plane, svg, tag, ticks_for

BOTTOM = 34
WHISKER = 4


def draw(readings, changes, *, key, title):
    """`readings` oldest first, at least one with a percentage; `changes` have a day `on`. Returns an <svg> element."""
    shown = [reading for reading in readings if reading.exact is not None]
    values = [bound for reading in shown for bound in reading.interval]
    ticks = ticks_for(values, 0, 100)
    first, last = shown[0].value.window_end, shown[-1].value.window_end
    days = max((last - first).days, 1)
    plane = Plane(
        ticks[0], ticks[-1], LETTER * max(len(f"{tick:g}") for tick in ticks) + 10, WIDTH - 16, -0.04 * days, days
    )
    where = [(plane.x((reading.value.window_end - first).days), reading) for reading in shown]
    marks = [plane.x((change.on - first).days) for change in changes if first <= change.on <= last]
    parts = [*_across(plane, ticks), *(_down(x) for x in marks), *_interval_marks(plane, where)]
    line = "L".join(f"{x:.1f} {plane.y(100 * reading.exact):.1f}" for x, reading in where)
    parts.append(tag("path", class_="figures", d=f"M{line}"))
    parts += [_point(x, plane.y(100 * reading.exact)) for x, reading in where]
    parts += _dates(plane, where)
    return svg(key, title, _in_words(shown, marks), parts)


def _across(plane, ticks):
    for tick in ticks:
        y = plane.y(tick)
        yield tag("path", class_="grid", d=f"M{plane.left:.1f} {y:.1f}H{plane.right:.1f}")
        yield tag("text", f"{tick:g}", class_="axis", x=plane.left - 5, y=y + 4, text_anchor="end")


def _down(x):
    return tag("path", class_="rebase", d=f"M{x:.1f} {TOP:.1f}V{HEIGHT - BOTTOM:.1f}")


def _interval_marks(plane, where):
    for x, reading in where:
        low, high = (plane.y(bound) for bound in reading.interval)
        ends = f"M{x - WHISKER:.1f} {low:.1f}h{2 * WHISKER}M{x - WHISKER:.1f} {high:.1f}h{2 * WHISKER}"
        yield tag("path", class_="average", d=f"M{x:.1f} {low:.1f}V{high:.1f}{ends}")


def _point(x, y):
    return tag("path", class_="sign", d="M-4 0A4 4 0 1 1 4 0A4 4 0 1 1 -4 0Z", transform=f"translate({x:.1f} {y:.1f})")


def _dates(plane, where):
    """The first and the last end of a window, where both have room."""
    for (x, reading), anchor in ((where[0], "start"), (where[-1], "end"))[: len(where)]:
        words = f"{reading.value.window_end:%b %Y}"
        x = plane.left if anchor == "start" else plane.right
        yield tag("text", words, class_="axis", x=x, y=HEIGHT - BOTTOM + 18, text_anchor=anchor)


def _in_words(shown, marks):
    ends = [f"{reading.value.window_end:%B %Y}: {reading.percent} %" for reading in (shown[0], shown[-1])]
    said = f"From {ends[0]} to {ends[1]}." if len(shown) > 1 else f"{ends[0]}."
    return f"{said} Days marked, on which practice changed or an action was due: {len(marks)}." if marks else said
