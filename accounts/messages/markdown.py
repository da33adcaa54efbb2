"""What people write in letters: Markdown without HTML and pictures, with its links taken out, as HTML or plain text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from accounts.texts import HOSTILE

LONGEST_ADDRESS = 2000
WEB, MAIL = ("http", "https"), "mailto"


_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


def escaped(text: str) -> str:
    """As it is, whatever it may look like; also two braces, which would begin a merge field."""
    return _PUNCTUATION.sub(r"\\\g<0>", text)


def is_address(address: str) -> bool:
    """Of the web or of a mailbox; others do harm, or nothing, in a mail."""
    if len(address) > LONGEST_ADDRESS or HOSTILE.search(address) or re.search(r"[\s\\<>\"]", address):
        return False
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) if parts.scheme in WEB else parts.scheme == MAIL and "@" in parts.path


def is_followed(address: str) -> bool:
    """Whether we see that somebody follows it: a mailbox opens a program, and is asked by no browser."""
    return urlsplit(address).scheme in WEB


def _reader(valid: bool, pictures: bool = False) -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "breaks": True})
    if not pictures:
        reader.disable("image")
    reader.validateLink = is_address if valid else lambda _address: True  # type: ignore[assignment, method-assign]
    return reader


_STRICT, _LENIENT, _PICTURED = _reader(True), _reader(False), _reader(False, pictures=True)


def parsed(text: str) -> list[Token]:
    """What looks like a link and leads nowhere it may stays text."""
    return _STRICT.parse(text)


def html(tokens: Sequence[Token]) -> str:
    return str(_STRICT.renderer.render(tokens, _STRICT.options, {}))


def addresses(text: str) -> list[str]:
    """Of all its links, also of those that no letter may have."""
    return [str(token.attrGet("href")) for token in _links(_LENIENT.parse(text))]


def has_pictures(text: str) -> bool:
    """As most read Markdown; here what is left of one is a ! before a link."""
    return any(part.type == "image" for token in _PICTURED.parse(text) for part in token.children or [])


@lru_cache(maxsize=500)
def followed(text: str) -> tuple[str, ...]:
    """The addresses of the links that somebody's following is seen of."""
    found = [str(token.attrGet("href")) for token in _links(parsed(text))]
    return tuple(address for address in found if is_followed(address))


def replace_followed(tokens: Iterable[Token], mark: str) -> None:
    """Their addresses by the mark with their number, in the order of followed()."""
    number = 0
    for token in _links(tokens):
        token.attrs.pop("title", None)
        if is_followed(str(token.attrGet("href"))):
            token.attrSet("href", mark.format(number))
            number += 1


def _links(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        if token.type == "link_open":
            yield token
        yield from _links(token.children or [])


# As plain text


@dataclass
class _List:
    """`number` is that of the next item; None: they have none. `sign`: what the item that begins has before it."""

    number: int | None
    sign: str = ""

    def begin_item(self) -> None:
        self.sign = "- " if self.number is None else f"{self.number}. "
        if self.number is not None:
            self.number += 1

    def take_sign(self) -> str:
        """Before the first line of the item alone."""
        sign, self.sign = self.sign or "  ", ""
        return sign


@dataclass
class _Plain:
    blocks: list[str] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    quotes: int = 0
    is_in_list: bool = False

    def add(self, text: str, *, close: bool = False) -> None:
        """`close`: of a list whose items have no line between them."""
        before = "> " * self.quotes + "  " * (len(self.lists) - 1)
        first, other = before, before
        if self.lists:
            first, other = before + self.lists[-1].take_sign(), before + "  "
        block = first + text.replace("\n", f"\n{other}")
        if close and self.is_in_list:
            self.blocks[-1] += f"\n{block}"
        else:
            self.blocks.append(block)
        self.is_in_list = bool(self.lists)

    def close_list(self) -> None:
        self.lists.pop()
        self.is_in_list = self.is_in_list and bool(self.lists)


def plain(tokens: Sequence[Token]) -> str:
    """Blocks with a line between them, items with a dash or their number, links with their address behind them."""
    found = _Plain()
    is_close = False
    for token in tokens:
        match token.type:
            case "paragraph_open" | "heading_open":
                is_close = token.hidden
            case "inline":
                found.add(_line(token.children or []), close=is_close)
            case "hr":
                found.add("* * *")
            case "code_block" | "fence":
                found.add(token.content.rstrip("\n"))
            case _:
                _move(found, token)
    return "\n\n".join(found.blocks)


def _move(found: _Plain, token: Token) -> None:
    """Into a list, an item or a quotation, or out of it."""
    match token.type:
        case "bullet_list_open":
            found.lists.append(_List(None))
        case "ordered_list_open":
            start = token.attrGet("start")
            found.lists.append(_List(1 if start is None else int(start)))
        case "bullet_list_close" | "ordered_list_close":
            found.close_list()
        case "list_item_open":
            found.lists[-1].begin_item()
        case "blockquote_open" | "blockquote_close":
            found.quotes += token.nesting


def _line(tokens: Iterable[Token]) -> str:
    parts: list[str] = []
    opened: list[tuple[str, int]] = []
    for token in tokens:
        match token.type:
            case "text" | "code_inline":
                parts.append(token.content)
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "link_open":
                opened.append((str(token.attrGet("href")), len(parts)))
            case "link_close":
                address, since = opened.pop()
                shown = "".join(parts[since:])
                parts[since:] = [_link(shown, address)]
    return "".join(parts)


def _link(shown: str, address: str) -> str:
    """An address that is its own name stands there once."""
    if address == f"{MAIL}:{shown}" or is_address(shown):
        return shown if address.startswith(MAIL) else address
    return f"{shown} ({address.removeprefix(f'{MAIL}:')})"
