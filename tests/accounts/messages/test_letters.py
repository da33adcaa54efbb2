"""What a letter becomes, and what may not be sent."""

import re
from html.parser import HTMLParser

import pytest
from django.utils import translation

from accounts.messages import letters
from accounts.messages.letters import Problem, fill, problems
from accounts.models.outboxes import Medium
from tests.accounts.messages.writing import texts

BODY = "Dear {{ first_name | customer }},\n\n[Read on](https://a.example/?b=1&c=2) or [write](mailto:us@a.example)."


def ready(language="en", **more):
    written = {"subject": "Hello {{ name }}", "body": BODY, "button": "", "link": ""} | more
    return letters.ready(language, **written, from_us="Najm & <Sons>")


def filled(language="en", values=None, **more):
    return fill(
        ready(language, **more), values or {"name": "Sara"}, lambda name: f"https://cx.example/{name}?a&b"
    )


class Elements(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def elements(html, tag):
    parser = Elements()
    parser.feed(html)
    return [attributes for name, attributes in parser.found if name == tag]


def test_values_stand_where_their_fields_were():
    found = filled(values={"name": "Sara", "first_name": "Sa"})

    assert found.subject == "Hello Sara"
    assert found.text.startswith("Dear Sa,\n\nRead on (https://cx.example/0?a&b) or write (us@a.example).\n")
    assert "<p>Dear <bdi>Sa</bdi>,</p>" in found.html


def test_who_lacks_a_value_gets_the_words_in_its_stead():
    assert "Dear customer," in filled().text


def test_values_are_text_and_nothing_else():
    hostile = "<b>&\"'\r\nBcc: x@y.example\u202e {{ name }} [a](https://b.example)"

    found = filled(values={"name": hostile, "first_name": hostile})

    shown = "<b>&\"' Bcc: x@y.example {{ name }} [a](https://b.example)"
    assert found.subject == f"Hello {shown}"
    assert f"Dear {shown}," in found.text
    assert "<bdi>&lt;b&gt;&amp;&quot;&#x27; Bcc: x@y.example" in found.html
    assert elements(found.html, "b") == []
    assert elements(found.html, "title")
    assert not re.search("mn[0-9]+e|m[0-9a-f]{16}", found.html + found.text + found.subject)


def test_words_of_a_letter_are_escaped_once_wherever_they_stand():
    found = filled(subject='"><i>&amp; {{ name }}', button="A & <i>B</i>", link="https://b.example")

    assert elements(found.html, "i") == []
    assert "<title>&quot;&gt;&lt;i&gt;&amp;amp; Sara</title>" in found.html
    assert ">A &amp; &lt;i&gt;B&lt;/i&gt;</a>" in found.html
    assert "Najm &amp; &lt;Sons&gt;" in found.html
    assert "A & <i>B</i>: https://cx.example/1?a&b\n\n-- \nNajm & <Sons>\n" in found.text


def test_links_lead_through_us_and_mailboxes_do_not():
    found = filled(button="Open", link="https://b.example")

    assert [link["href"] for link in elements(found.html, "a")] == [
        "https://cx.example/0?a&b",
        "mailto:us@a.example",
        "https://cx.example/1?a&b",
        "https://cx.example/preferences?a&b",
        "https://cx.example/unsubscribe?a&b",
        "https://cx.example/trap?a&b",
    ]
    assert [image["src"] for image in elements(found.html, "img")] == ["https://cx.example/picture?a&b"]
    assert ready(button="Open", link="https://b.example").links == (
        "https://a.example/?b=1&c=2",
        "https://b.example",
    )


def test_links_have_the_same_numbers_whether_or_not_it_is_ready():
    written = {
        "body": "{{ name | [x](https://x.example) }} [y](https://y.example)",
        "link": "https://z.example",
    }

    assert ready(button="Open", **written).links == letters.links_of(written)
    assert letters.links_of(written) == ("https://y.example", "https://z.example")


def test_button_of_a_mailbox_opens_it():
    found = filled(button="Write", link="mailto:us@a.example?subject=Hi&body=x")

    assert "mailto:us@a.example?subject=Hi&body=x" in [link["href"] for link in elements(found.html, "a")]
    assert "Write: mailto:us@a.example?subject=Hi&body=x" in found.text


@pytest.mark.parametrize(("language", "direction", "side"), [("en", "ltr", "left"), ("ar", "rtl", "right")])
def test_mail_runs_in_the_direction_of_its_language(language, direction, side):
    html = filled(language, button="Open", link="https://b.example").html

    assert (elements(html, "html")[0]["lang"], elements(html, "html")[0]["dir"]) == (language, direction)
    assert set(re.findall("direction:([a-z]+)", html)) == {direction}
    assert f"text-align:{side};" in html
    assert [cell for cell in elements(html, "td") if cell.get("align") == side]
    assert "prefers-color-scheme: dark" in html


def test_each_language_is_compiled_once():
    assert ready() is ready()


def test_letter_in_a_language_that_it_lacks_is_in_the_first_that_it_has():
    assert letters.in_language({"ar": {"body": "x"}}, "en") == ("ar", {"body": "x"})


# What may not be sent


def wrong(medium=Medium.EMAIL, **more):
    """Of the English text alone."""
    return [problem[1:] for problem in problems({"en": texts(**more)["en"], "ar": texts()["ar"]}, medium)]


def test_letter_in_both_languages_has_no_problem():
    assert problems(texts(button="Open", link="https://b.example")) == []


def test_missing_language_is_said_once():
    assert problems({"en": texts()["en"], "ar": {"subject": " ", "body": ""}}) == [
        Problem("ar", "", "This language is missing. Everybody is written to in their own.")
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"subject": " "}, [("subject", "This must not be empty.")]),
        ({"body": ""}, [("body", "This must not be empty.")]),
        ({"button": "Open"}, [("link", "The button leads nowhere. Give its link, or empty its words.")]),
        (
            {"link": "https://b.example"},
            [("button", "The link has no button. Give its words, or empty the link.")],
        ),
        (
            {"body": "a {{ name"},
            [("body", "A field is not closed: write {{ before its name and }} after it.")],
        ),
        (
            {"subject": "a }} b"},
            [("subject", "A field is not closed: write {{ before its name and }} after it.")],
        ),
        ({"subject": "x" * 201}, [("subject", "This is too long: at most 200 characters.")]),
    ],
)
def test_problem_stands_beside_its_field(more, expected):
    assert wrong(**more) == expected


def test_unknown_field_is_named():
    (problem,) = wrong(button="{{ nam | x }}", link="https://b.example")

    assert problem[0] == "button"
    assert problem[1].startswith("There is no field {{ nam }}. These can be used: name, first_name,")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "b.example", "/m/", "data:text/html,x"])
def test_bad_links_are_named(address):
    expected = f"“{address}” is no address that a mail can lead to."

    (in_body,) = wrong(body=f"[x]({address})")
    (of_button,) = wrong(button="Open", link=address)

    assert (in_body[0], of_button[0]) == ("body", "link")
    assert in_body[1].startswith(expected)
    assert of_button[1].startswith(expected)


@pytest.mark.parametrize("address", ["https://b.example/{{name}}", "https://b.example/?x={{name|y}}"])
def test_merge_fields_in_addresses_are_refused(address):
    expected = "Merge fields cannot stand in the address of a link. Write the same address for everybody."

    assert wrong(body=f"[x]({address})") == [("body", expected)]
    assert wrong(button="Open", link=address) == [("link", expected)]


@pytest.mark.parametrize(
    "body",
    [
        "![p](https://b.example/p.png)",
        "- a ![p][1]\n\n[1]: https://b.example",
        "[![p](https://b.example)](https://b.example)",
    ],
)
def test_pictures_are_refused(body):
    ((field, message),) = wrong(body=body)

    assert field == "body"
    assert message.startswith("A mail holds no pictures")


@pytest.mark.parametrize(
    "body", ["Great! [Read](https://b.example)", "\\![p](https://b.example)", "`![p](https://b.example)`"]
)
def test_what_only_looks_like_a_picture_is_none(body):
    assert wrong(body=body) == []


def test_sms_has_no_subject():
    assert problems({"en": {"body": "Hi"}, "ar": {"body": "أهلا"}}, Medium.SMS) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("See https://b.example/{{ name }}", "Merge fields cannot stand in the address of a link."),
        ("See https://b.example\\x", "“https://b.example\\x” is no address that a mail can lead to."),
        ("a" * 1601, "This is too long: at most 1600 characters."),
        ("{{ nme }}", "There is no field {{ nme }}."),
    ],
)
def test_what_is_wrong_with_an_sms_is_said(body, expected):
    ((language, field, message),) = problems({"en": {"body": body}, "ar": {"body": "أهلا"}}, Medium.SMS)

    assert (language, field) == ("en", "body")
    assert message.startswith(expected)


def test_sms_is_no_markdown():
    text = {"body": "*1* [x](javascript:x) {{ name }} https://b.example/"}

    assert problems({"en": text, "ar": text}, Medium.SMS) == []


def test_problems_are_said_in_the_language_of_who_writes():
    with translation.override("ar"):
        assert wrong(subject="")[0][1] != "This must not be empty."


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x0c", "\x1b", "\uffff", "\ud800"])
@pytest.mark.parametrize("name", ["subject", "body", "button"])
def test_character_that_no_mail_can_have_is_refused_with_its_line(name, character):
    written = texts(button="Go", link="https://a.example")
    written["en"] |= {name: f"a\nb{character}"}

    (found,) = [one for one in problems(written) if "no mail can have" in one.message]

    assert (found.language, found.field) == ("en", name)
    assert found.message.startswith("Line 2 ")
    assert f"U+{ord(character):04X}" in found.message
