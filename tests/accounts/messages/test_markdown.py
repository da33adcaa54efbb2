import pytest

from accounts.messages import markdown


@pytest.mark.parametrize(
    "address",
    ["https://a.example", "http://a.example/b?c=d#e", "mailto:sara@a.example", "https://مثال.example/صفحة"],
)
def test_addresses_of_the_web_and_of_mailboxes_may_be_led_to(address):
    assert markdown.is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example",
        "//a.example",
        "/m/",
        "a.example",
        "https://",
        "https:\\\\a.example",
        "https://a.example/ b",
        "https://[a",
        "mailto:",
        "https://a.example/\u202e",
        'https://a.example/"',
        "https://a.example/" + "x" * 2000,
    ],
)
def test_nothing_else_is_led_to(address):
    assert not markdown.is_address(address)


def test_html_of_writers_is_shown_and_not_obeyed():
    written = (
        "<script>alert(1)</script> <b onclick=x>b</b> ![x](https://a.example/p.png) [x](javascript:alert(1))"
    )

    html = markdown.html(markdown.parsed(written))

    assert "<script" not in html
    assert "<b " not in html
    assert "<img" not in html
    assert "[x](javascript:alert(1))" in html
    assert 'href="javascript' not in html


def test_followed_links_are_numbered_in_the_order_of_the_text():
    written = "[a](https://a.example 'title') <https://b.example> [m](mailto:x@a.example)\n\n* **[c](https://c.example)**"
    tokens = markdown.parsed(written)

    markdown.replace_followed(tokens, "LINK{}")

    html = markdown.html(tokens)
    assert markdown.followed(written) == ("https://a.example", "https://b.example", "https://c.example")
    assert '<a href="LINK0">a</a> <a href="LINK1">' in html
    assert '<a href="mailto:x@a.example">m</a>' in html
    assert '<strong><a href="LINK2">c</a></strong>' in html


def test_addresses_names_also_those_that_lead_nowhere():
    written = "[a](javascript:alert(1)) [b][1] <https://c.example>\n\n[1]: /relative"

    assert markdown.addresses(written) == ["javascript:alert(1)", "/relative", "https://c.example"]


def test_plain_text_reads_as_it_was_written():
    written = """# News

Hello *Sara*,
this is [the guide](https://a.example).

* one
* two `code`
  1. first
  2. second
* three

3. loose

4. <https://b.example>

> said
> [by mail](mailto:x@a.example) or <y@a.example>

---

```
a = 1
  b
```
"""

    assert (
        markdown.plain(markdown.parsed(written))
        == """News

Hello Sara,
this is the guide (https://a.example).

- one
- two code
  1. first
  2. second
- three

3. loose

4. https://b.example

> said
> by mail (x@a.example) or y@a.example

* * *

a = 1
  b"""
    )
