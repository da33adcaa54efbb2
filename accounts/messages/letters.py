"""A letter in one language, made ready once; each message of it is then a matter of putting values in.

Mails are laid out by MJML, in the direction of their language. `texts` of a letter: {"ar": {"subject", "body",
"button", "link"}}, of which an SMS has the body alone, as plain text; and what it asks (accounts.messages.choices).
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override
from mjml import mjml2html

from accounts.messages import markdown, merging, texting
from accounts.messages.choices import ANSWERS, Choices, choices_of
from accounts.messages.merging import Field
from accounts.models.outboxes import Medium
from accounts.texts import HOSTILE

# What the fields of a text are called, and which of them a reader sees.
SUBJECT, BODY, BUTTON, LINK = "subject", "body", "button", "link"
WRITTEN = (SUBJECT, BODY, BUTTON)
# The links of every mail that are ours.
PREFERENCES, UNSUBSCRIBE, PICTURE, TRAP = "preferences", "unsubscribe", "picture", "trap"
# Of one point, which nobody sees.
BLANK = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
LONGEST_SUBJECT, LONGEST_BODY = 200, 50_000
# What networks put together again, and providers take.
LONGEST_SMS = 1600
# What XML, of which mails are made, has no letters for; some programs put them into what is copied.
UNMAILABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
Text = Mapping[str, Any]
Texts = Mapping[str, Text]


class Problem(NamedTuple):
    """`field`: one of a text's; nothing where the text as a whole is missing."""

    language: str
    field: str
    message: str


class Unmakeable(Exception):
    """No mail can be made of the letter."""


@dataclass(frozen=True)
class Ready:
    """In parts, of which every other one names what stands there: "n" and the number of a field, "l" and that of a link
    of the letter, or the name of one of ours. `mark`: a word that is nowhere in it."""

    language: str
    subject: tuple[str, ...]
    text: tuple[str, ...]
    html: tuple[str, ...]
    fields: tuple[Field, ...]
    links: tuple[str, ...]
    asks: bool
    mark: str


@dataclass(frozen=True)
class Filled:
    subject: str
    text: str
    html: str


def fields_of(text: Text) -> list[Field]:
    return [field for name in WRITTEN for field in merging.fields(text.get(name, ""))]


def in_language(texts: Texts, language: str) -> tuple[str, Text]:
    """And which language it is: the one asked for, or the first that there is."""
    known = language if language in texts else next(iter(texts))
    return known, texts[known]


def links_of(text: Text, medium: str = Medium.EMAIL) -> tuple[str, ...]:
    """By number, as Ready has them, or texting."""
    if medium == Medium.SMS:
        return texting.links(text[BODY])
    button = text.get(LINK, "")
    body = merging.marked(text[BODY], "m", [])
    return markdown.followed(body) + ((button,) if button and markdown.is_followed(button) else ())


@lru_cache(maxsize=200)
def ready(
    language: str,
    subject: str,
    body: str,
    button: str,
    link: str,
    *,
    from_us: str,
    asked: Choices | None = None,
) -> Ready:
    """A button without a link leads to where `asked` is answered."""
    mark = f"m{secrets.token_hex(8)}"
    fields: list[Field] = []
    tokens = markdown.parsed(merging.marked(body, mark, fields))
    markdown.replace_followed(tokens, f"{mark}l{{}}e")
    links = links_of({BODY: body, LINK: link})
    written = {
        "subject": one_line(merging.marked(subject, mark, fields)),
        "button": merging.marked(button, mark, fields),
        "link": _of_the_button(button, link, links, mark, asked),
        "answers": f"{mark}l{ANSWERS}e",
        "body": _isolated(markdown.html(tokens), mark),
        "text": markdown.plain(tokens),
        "mark": mark,
        "language": language,
        "from_us": from_us,
    }
    given: dict[str, Any] = written | {"asked": asked}
    with override(language):
        mjml = render_to_string("messages/letter.mjml", given)
        text = render_to_string("messages/letter.txt", given)
    return Ready(
        language,
        subject=_parts(written["subject"], mark),
        text=_parts(text, mark),
        html=_parts(_laid_out(mjml), mark),
        fields=tuple(fields),
        links=links,
        asks=asked is not None,
        mark=mark,
    )


def _of_the_button(button: str, link: str, links: Sequence[str], mark: str, asked: Choices | None) -> str:
    if not link:
        return f"{mark}l{ANSWERS}e" if button and asked else ""
    return f"{mark}l{len(links) - 1}e" if markdown.is_followed(link) else link


def _laid_out(mjml: str) -> str:
    try:
        return str(mjml2html(mjml))
    except ValueError as error:
        raise Unmakeable(str(error)) from error


def fill(letter: Ready, values: Mapping[str, str], address_of: Callable[[str], str]) -> Filled:
    """`address_of`: of a link by its number, and of those that are ours by their name."""
    asked = (ANSWERS,) if letter.asks else ()
    names = (*map(str, range(len(letter.links))), PREFERENCES, UNSUBSCRIBE, PICTURE, TRAP, *asked)
    words = {
        f"n{number}": one_line(merging.value_of(field, values)) for number, field in enumerate(letter.fields)
    } | {f"l{name}": address_of(name) for name in names}
    return Filled(
        subject=one_line(_put(letter.subject, words)),
        text=_put(letter.text, words),
        html=_put(letter.html, {name: escape(word) for name, word in words.items()}),
    )


def fill_to_look_at(letter: Ready, values: Mapping[str, str]) -> Filled:
    """Its links lead where the letter says; ours lead nowhere, and nothing is fetched."""
    ours = {PICTURE: f"data:image/gif;base64,{BLANK}"}
    followed = {str(number): link for number, link in enumerate(letter.links)}
    return fill(letter, values, lambda name: (ours | followed).get(name, "#"))


def _parts(text: str, mark: str) -> tuple[str, ...]:
    return tuple(re.split(f"{mark}(n[0-9]+|l[0-9]+|l[a-z]+)e", text))


def _put(parts: tuple[str, ...], words: Mapping[str, str]) -> str:
    found = list(parts)
    found[1::2] = [words[name] for name in parts[1::2]]
    return "".join(found)


def _isolated(html: str, mark: str) -> str:
    """A name in other letters turns nothing around it."""
    return re.sub(f"{mark}n[0-9]+e", r"<bdi>\g<0></bdi>", html)


def one_line(text: str) -> str:
    """Nothing that ends a line, hides or turns what follows."""
    return " ".join(HOSTILE.sub(" ", text).split())


# What is wrong with it


def problems(texts: Texts, medium: str = Medium.EMAIL) -> list[Problem]:
    """In the words of the active language; none: it can be sent."""
    return [
        Problem(language, field, message)
        for language, _name in settings.LANGUAGES
        for field, message in _problems(texts.get(language) or {}, medium)
    ]


def _problems(text: Text, medium: str) -> list[tuple[str, str]]:
    if not any(text.get(name, "").strip() for name in (*WRITTEN, LINK)):
        return [("", _("This language is missing. Everybody is written to in their own."))]
    demanded = (SUBJECT, BODY) if medium == Medium.EMAIL else (BODY,)
    found = [(name, _("This must not be empty.")) for name in demanded if not text.get(name, "").strip()]
    found += [(name, message) for name in WRITTEN for message in _of_fields(text.get(name, ""))]
    found += _of_lengths(text, medium)
    found += [(name, _unmailable(text[name])) for name in WRITTEN if UNMAILABLE.search(text.get(name, ""))]
    of_links = _of_links if medium == Medium.EMAIL else _of_addresses
    return (
        found
        + of_links(text.get(BODY, ""))
        + _of_button(
            text.get(BUTTON, "").strip(), text.get(LINK, "").strip(), asks=choices_of(text) is not None
        )
    )


def _of_fields(written: str) -> list[str]:
    found = [
        _("There is no field {{ %(field)s }}. These can be used: %(known)s.")
        % {"field": field.name, "known": ", ".join(merging.FIELDS)}
        for field in merging.fields(written)
        if not field.is_known
    ]
    if not merging.is_closed(written):
        found.append(_("A field is not closed: write {{ before its name and }} after it."))
    return found


def _unmailable(written: str) -> str:
    before, character = UNMAILABLE.split(written, maxsplit=1)[0], UNMAILABLE.findall(written)[0]
    given = {"code": f"U+{ord(character):04X}", "line": before.count("\n") + 1}
    words = _(
        "Line %(line)s holds a character that no mail can have (%(code)s). Delete it and type the place again."
    )
    return words % given


def _of_lengths(text: Text, medium: str) -> list[tuple[str, str]]:
    longest = LONGEST_BODY if medium == Medium.EMAIL else LONGEST_SMS
    most = {SUBJECT: LONGEST_SUBJECT, BUTTON: LONGEST_SUBJECT, BODY: longest}
    message = _("This is too long: at most %(most)s characters.")
    return [
        (name, message % {"most": limit}) for name, limit in most.items() if len(text.get(name, "")) > limit
    ]


def _of_button(button: str, link: str, *, asks: bool) -> list[tuple[str, str]]:
    if button and not link and not asks:
        return [(LINK, _("The button leads nowhere. Give its link, or empty its words."))]
    if link and not button:
        return [(BUTTON, _("The link has no button. Give its words, or empty the link."))]
    if link and merging.FIELD.search(link):
        return [(LINK, _no_field())]
    return [(LINK, _bad(link))] if link and not markdown.is_address(link) else []


def _of_links(body: str) -> list[tuple[str, str]]:
    mark = f"m{secrets.token_hex(8)}"
    found = markdown.addresses(merging.marked(body, mark, []))
    with_fields = [(BODY, _no_field())] * any(mark in address for address in found)
    bad = [address for address in found if mark not in address and not markdown.is_address(address)]
    return with_fields + [(BODY, _bad(address)) for address in bad] + _of_pictures(body)


def _of_pictures(body: str) -> list[tuple[str, str]]:
    words = _(
        "A mail holds no pictures: many programs do not fetch them. Write a link, without the ! before it."
    )
    return [(BODY, words)] * markdown.has_pictures(body)


def _of_addresses(body: str) -> list[tuple[str, str]]:
    with_fields = [(BODY, _no_field())] * bool(texting.LINK_WITH_FIELD.search(body))
    bad = [address for address in texting.links(body) if not markdown.is_address(address)]
    return with_fields + [(BODY, _bad(address)) for address in bad]


def _no_field() -> str:
    return _("Merge fields cannot stand in the address of a link. Write the same address for everybody.")


def _bad(address: str) -> str:
    return _(
        "“%(address)s” is no address that a mail can lead to. Begin it with https://, or with mailto: for a mailbox."
    ) % {"address": address}
