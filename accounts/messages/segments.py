"""Into how many segments a text message falls: each is paid for.

GSM 03.38 (3GPP TS 23.038): seven bits a character, some of them two characters; anything beyond its alphabet, such as
Arabic, makes the whole text UCS-2. A text of several segments has a header in each.
"""

from typing import NamedTuple

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghij"
    "klmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")


class Capacity(NamedTuple):
    alone: int
    of_several: int


GSM, UCS = Capacity(160, 153), Capacity(70, 67)


class Size(NamedTuple):
    """`units` are septets of GSM-7 or pairs of bytes of UCS-2; `left` of them fit into the last segment yet."""

    is_gsm: bool
    units: int
    segments: int
    left: int


def size(text: str) -> Size:
    """An empty text has no segment."""
    is_gsm = all(character in BASIC or character in EXTENDED for character in text)
    capacity = GSM if is_gsm else UCS
    widths = [_width(character, is_gsm=is_gsm) for character in text]
    units = sum(widths)
    if units <= capacity.alone:
        return Size(is_gsm, units, 1 if units else 0, capacity.alone - units)
    segments, used = 1, 0
    for width in widths:
        # No character is cut in two.
        if used + width > capacity.of_several:
            segments, used = segments + 1, 0
        used += width
    return Size(is_gsm, units, segments, capacity.of_several - used)


def _width(character: str, *, is_gsm: bool) -> int:
    if is_gsm:
        return 2 if character in EXTENDED else 1
    return 2 if ord(character) > 0xFFFF else 1
