"""Bars for counts."""

from xml.etree import ElementTree

from returns.bars import draw_bars

SVG = "{http://www.w3.org/2000/svg}"


def test_a_bar_is_as_long_as_its_count_and_a_hidden_count_has_none():
    picture = ElementTree.fromstring(
        draw_bars([("Received", 20), ("Attended", 10), ("Engaged", None)], key="k", title="Steps")
    )

    widths = [float(bar.get("width")) for bar in picture.iter(f"{SVG}rect")]
    assert len(widths) == 2
    assert widths[0] == 2 * widths[1]
    assert picture.find(f"{SVG}desc").text == "Received: 20; Attended: 10; Engaged: hidden"


def test_nothing_but_noughts_and_nothing_at_all_can_be_drawn():
    assert "0" in draw_bars([("Received", 0)], key="k", title="Steps")
    assert draw_bars([], key="k", title="Steps").startswith("<svg")
