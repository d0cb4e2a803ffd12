"""Filling what was typed into a page's form: only what a person sees and changes, and only the same form."""

from accounts.filled_in import fill_in

PAGE = """<!doctype html><html><body>
<form method="post" action="/sign-out/"><button>Sign out</button></form>
<form method="post" novalidate>
  <input type="hidden" name="csrfmiddlewaretoken" value="fresh"><input type="hidden" name="revision" value="3">
  <input name="staff_total" value="10" id="a"><input type=text name=code value='a &amp; "b"'>
  <textarea name="comments" rows="3">
Old &amp; tired</textarea>
  <input type="radio" name="linked" value="yes"><input type="radio" name="linked" value="no" checked>
  <input type="checkbox" name="absent" value="on" checked>
  <select name="status"><option value="OPEN" selected>Open</option><option value="DONE">Done</option></select>
  <input type="password" name="password" value="">
  <button name="continue" value="1">Save</button>
</form>
<form method="post" action="/explain/"><input type="hidden" name="rule" value="W1"><textarea name="text"></textarea></form>
<form method="post" action="/explain/"><input type="hidden" name="rule" value="W2"><textarea name="text"></textarea></form>
</body></html>"""


def fill(typed, action="/page/", html=PAGE):
    said = []

    def notice(left_over, has_changed):
        said.append((left_over, has_changed))
        return "<p>Here it is</p>"

    return fill_in(html, typed, page="/page/", action=action, notice=notice)


def test_each_kind_of_field_holds_what_was_typed():
    typed = {
        "staff_total": ["12"],
        "code": ['<"x">'],
        "comments": ["</textarea><script>alert(1)</script> & more"],
        "linked": ["yes"],
        "status": ["DONE"],
        "revision": ["3"],
        "continue": ["1"],
    }

    html = fill(typed).html

    assert '<input name="staff_total" value="12" id="a">' in html
    assert '<input type="text" name="code" value="&lt;&quot;x&quot;&gt;">' in html
    assert "\n&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; more</textarea>" in html
    assert '<input type="radio" name="linked" value="yes" checked>' in html
    assert '<input type="radio" name="linked" value="no">' in html
    assert '<input type="checkbox" name="absent" value="on">' in html
    assert '<option value="OPEN">Open</option><option value="DONE" selected>' in html
    assert html.count("<p>Here it is</p>") == 1


def test_hidden_fields_and_passwords_stay_as_the_page_has_them():
    html = fill({"csrfmiddlewaretoken": ["old"], "revision": ["1"], "password": ["secret"], "comments": ["x"]}).html

    assert "old" not in html.replace("Old", "")
    assert 'value="fresh"' in html
    assert 'name="revision" value="3"' in html
    assert "secret" not in html


def test_what_somebody_saved_meanwhile_is_noticed():
    assert fill({"revision": ["2"], "comments": ["x"]}).has_changed
    assert not fill({"revision": ["3"], "comments": ["x"]}).has_changed


def test_what_has_no_place_is_left_over():
    assert fill({"comments": ["x"], "gone": ["lost?"], "empty": [" "]}).left_over == [("gone", "lost?")]


def test_of_several_forms_the_one_with_the_same_hidden_fields_is_filled():
    html = fill({"rule": ["W2"], "text": ["Because."]}, action="/explain/").html

    assert 'value="W1"><textarea name="text"></textarea>' in html
    assert 'value="W2"><textarea name="text">\nBecause.</textarea>' in html


def test_a_form_that_is_not_there_is_not_filled():
    assert fill({"rule": ["W3"], "text": ["Because."]}, action="/explain/") is None
    assert fill({"comments": ["x"]}, action="/elsewhere/") is None


def test_the_rest_of_the_page_is_not_touched():
    plain = "é\u2028 <b>one\r\ntwo</b>\x0c" + PAGE

    html = fill({"comments": ["x"]}, html=plain).html

    assert html.startswith("é\u2028 <b>one\r\ntwo</b>\x0c<!doctype html>")
    assert html.endswith("</body></html>")
