"""The text of an SMS: plain, with merge fields and with addresses that are links as they stand."""

import re
from collections.abc import Callable, Mapping

from accounts.messages import merging

_ADDRESS = r"https?://[^\s<>\"{}]+"
LINK = re.compile(_ADDRESS)
# An address that a field stands in.
LINK_WITH_FIELD = re.compile(r"https?://[^\s<>\"]*\{\{")
_EITHER = re.compile(f"{merging.FIELD.pattern}|{_ADDRESS}")
# What ends a sentence, and no address.
_ENDS = ".,;:!?'*_~»”’،؛؟…"
_BRACKETS = {")": "(", "]": "["}


def links(body: str) -> tuple[str, ...]:
    return tuple(map(_address, LINK.findall(body)))


def filled(body: str, values: Mapping[str, str], address_of: Callable[[int], str]) -> str:
    """`address_of`: of a link by its number, in the order of links()."""
    number = -1

    def put(match: re.Match[str]) -> str:
        nonlocal number
        if match[1] is not None:
            return " ".join(merging.value_of(merging.fields(match[0])[0], values).split())
        number += 1
        return address_of(number) + match[0][len(_address(match[0])) :]

    return _EITHER.sub(put, body.replace("\r\n", "\n")).strip()


def _address(written: str) -> str:
    """Without what ends the sentence around it; brackets that it opens itself it may close."""
    while written and (written[-1] in _ENDS or _is_closing_another(written)):
        written = written[:-1]
    return written


def _is_closing_another(written: str) -> bool:
    last = written[-1]
    return last in _BRACKETS and written.count(last) > written.count(_BRACKETS[last])
