"""A letter in one language, made ready once; each message of it is then a matter of putting values in.

Bodies are Markdown without HTML. Mails are laid out by MJML, in the direction of their language.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from django.template.loader import render_to_string
from django.utils.translation import get_language_info, override
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mjml import mjml2html

from accounts.messages import merging
from accounts.messages.merging import Field

# What the fields of a text are called, and which of them a reader sees.
SUBJECT, BODY, BUTTON, LINK = "subject", "body", "button", "link"
WRITTEN = (SUBJECT, BODY, BUTTON)
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")


@dataclass(frozen=True)
class Ready:
    """With marks where values go, and where links do: those of the letter by number, then ours by name."""

    language: str
    subject: str
    text: str
    html: str
    fields: tuple[Field, ...]
    links: tuple[str, ...]
    mark: str


@dataclass(frozen=True)
class Filled:
    subject: str
    text: str
    html: str


def fields_of(text: Mapping[str, str]) -> list[Field]:
    return [field for name in WRITTEN for field in merging.fields(text.get(name, ""))]


@lru_cache(maxsize=200)
def ready(language: str, subject: str, body: str, button: str, link: str, *, from_us: str) -> Ready:
    mark = f"m{secrets.token_hex(8)}"
    fields: list[Field] = []
    links: list[str] = []
    tokens = _MARKDOWN.parse(merging.marked(body, mark, fields))
    _take_links(tokens, links, mark)
    given = {
        "subject": merging.marked(subject, mark, fields),
        "button": merging.marked(button, mark, fields),
        "link": _link_mark(mark, len(links)) if link else "",
        "body": _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}),
        "text": _plain(tokens),
        "mark": mark,
        "language": language,
        "is_rtl": get_language_info(language)["bidi"],
        "from_us": from_us,
    }
    if link:
        links.append(link)
    with override(language):
        mjml = render_to_string("messages/letter.mjml", given)
        text = render_to_string("messages/letter.txt", given)
    return Ready(language, given["subject"], text, mjml2html(mjml), tuple(fields), tuple(links), mark)


def fill(letter: Ready, values: Mapping[str, str], address_of: Callable[[str], str]) -> Filled:
    """`address_of`: of a link by its number, and of "preferences", "unsubscribe", "picture" and "trap"."""
    words = [merging.value_of(field, values) for field in letter.fields]
    addresses: dict[str, str] = {}

    def put(match: re.Match[str], quote: Callable[[str], str]) -> str:
        if match[1]:
            return quote(words[int(match[1])])
        if match[2] not in addresses:
            addresses[match[2]] = address_of(match[2])
        return quote(addresses[match[2]])

    marks = _marks(letter.mark)
    return Filled(
        subject=marks.sub(lambda match: put(match, _one_line), letter.subject),
        text=marks.sub(lambda match: put(match, str), letter.text),
        html=marks.sub(lambda match: put(match, escape), letter.html),
    )


def _marks(mark: str) -> re.Pattern[str]:
    return re.compile(f"{mark}(?:n([0-9]+)e|l([0-9]+|[a-z]+)e)")


def _link_mark(mark: str, name: int | str) -> str:
    return f"{mark}l{name}e"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _take_links(tokens: list[Token], links: list[str], mark: str) -> None:
    for token in tokens:
        if token.type == "link_open":
            links.append(str(token.attrGet("href")))
            token.attrSet("href", _link_mark(mark, len(links) - 1))
        _take_links(token.children or [], links, mark)


# As plain text


def _plain(tokens: list[Token]) -> str:
    """Blocks with a line between them, items with a dash or their number, links with their address behind them."""
    blocks: list[str] = []
    depth, number, first = 0, 0, False
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                depth, number = depth + 1, int(token.attrGet("start") or 1) if token.type[0] == "o" else 0
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
            case "list_item_open":
                first = True
            case "inline":
                indent = "  " * max(depth - 1, 0)
                sign = (f"{number}. " if number else "- ") if depth and first else "  " * bool(depth)
                number += bool(number and first)
                blocks.append(f"{indent}{sign}{_line(token.children or [])}")
                first = False
            case "hr":
                blocks.append("—")
            case "code_block" | "fence":
                blocks.append(token.content.rstrip("\n"))
    return "\n\n".join(blocks)


def _line(tokens: list[Token]) -> str:
    parts: list[str] = []
    addresses: list[str] = []
    for token in tokens:
        match token.type:
            case "text" | "code_inline":
                parts.append(token.content)
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "link_open":
                addresses.append(str(token.attrGet("href")))
            case "link_close":
                parts.append(f" ({addresses.pop()})")
    return "".join(parts)
