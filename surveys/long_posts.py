"""What a form sends, however long it is: of each field so much is kept as any field takes, and a little more.

So a comment of ten megabytes is refused beside its field, and what stands in the others is kept.
"""

from collections.abc import Iterator
from urllib.parse import unquote_plus

from django.http import HttpRequest, QueryDict

# Ten thousand characters of any script, written as %F0%9F%98%80, are fewer bytes than this.
MOST_OF_ONE = 128 << 10
MOST_OF_ALL, AT_ONCE, MOST_FIELDS = 64 << 20, 64 << 10, 1000
OF_FORMS = "application/x-www-form-urlencoded"


def read(request: HttpRequest) -> QueryDict:
    if request.content_type != OF_FORMS:
        return request.POST
    fields = QueryDict(mutable=True)
    for part, _number in zip(_parts(request), range(MOST_FIELDS), strict=False):
        name, _equals, value = part.decode("ascii", "replace").partition("=")
        fields.appendlist(unquote_plus(name), unquote_plus(value))
    return fields


def _parts(request: HttpRequest) -> Iterator[bytearray]:
    kept, left = bytearray(), MOST_OF_ALL
    while left > 0 and (chunk := request.read(AT_ONCE)):
        left -= len(chunk)
        first, *others = chunk.split(b"&")
        kept += first[: MOST_OF_ONE - len(kept)]
        for other in others:
            yield kept
            kept = bytearray(other)
    yield kept
