"""Bars for counts."""

from xml.etree import ElementTree

from returns.bars import draw_bars

SVG = "{http://www.w3.org/2000/svg}"


def test_a_bar_is_as_long_as_its_count_and_a_count_that_is_not_shown_has_none():
    rows = [("Received", 2_000, "2,000"), ("Attended", 1_000, "1,000"), ("Engaged", None, "Not shown")]
    picture = ElementTree.fromstring(draw_bars(rows, key="k", title="Steps"))

    widths = [float(bar.get("width")) for bar in picture.iter(f"{SVG}rect")]
    assert len(widths) == 2
    assert widths[0] == 2 * widths[1]
    assert picture.find(f"{SVG}desc").text == "Received: 2,000; Attended: 1,000; Engaged: Not shown"
    assert [text.text for text in picture.iter(f"{SVG}text")][-2:] == ["Engaged", "Not shown"]


def test_nothing_but_noughts_and_nothing_at_all_can_be_drawn():
    assert "0" in draw_bars([("Received", 0, "0")], key="k", title="Steps")
    assert draw_bars([], key="k", title="Steps").startswith("<svg")
