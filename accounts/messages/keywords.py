"""The words by which whoever gets SMS ends them, or asks for them again: alone in an answer, however they are typed."""

import re
from enum import StrEnum

from accounts.texts import search_key


class Wish(StrEnum):
    STOP = "stop"
    START = "start"


_STOP = "stop, stopall, stop all, unsubscribe, cancel, end, quit, إيقاف, الإيقاف, أوقف, إلغاء, إلغاء الاشتراك, توقف"
_START = "start, unstop, اشتراك, ابدأ"
_WISHES = {
    search_key(word): wish
    for wish, words in ((Wish.STOP, _STOP), (Wish.START, _START))
    for word in words.split(", ")
}
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")


def wish_of(text: str) -> Wish | None:
    return _WISHES.get(_AROUND.sub("", search_key(text[:200])))
