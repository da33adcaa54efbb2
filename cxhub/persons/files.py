"""Whether a file that somebody uploaded speaks of a person: tables, texts and what office programs write.

What is none of these (a picture, a PDF) cannot be read here; whoever erases is told of it.
"""

import codecs
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import BinaryIO, Literal

from django.core.files.base import File

from accounts.imports import uploads, workbooks
from accounts.imports.records import Broken, Unreadable
from accounts.texts import search_key
from cxhub.persons.words import Words, any_in, compiled

Answer = Literal["yes", "no", "unread"]

LINES_AT_ONCE = 200
LONGEST_LINE = 1 << 16
MOST_UNPACKED = 200 << 20
HEAD = 1 << 12
# One of them says it right; in the others letters beyond ASCII are other letters.
TEXTS = ("utf-8", "windows-1256", "windows-1252")
# Where in XML of office programs a text ends that belongs together.
ENDS_A_TEXT = re.compile(r"</(?:\w+:)?(?:p|si|row|tr|comment)>|\n")
TAG = re.compile(r"<[^>]*>")


def speaks_of(file: File, words: Words) -> Answer:
    """A file that is not there any more says nothing."""
    try:
        with uploads.opened(file) as bytes_of:
            return _speaks(bytes_of, words)
    except FileNotFoundError:
        return "no"


def _speaks(file: BinaryIO, words: Words) -> Answer:
    head = file.read(HEAD)
    file.seek(0)
    if head.startswith(workbooks.ZIP):
        return _of_archive(file, words)
    if _is_text(head):
        encodings = ("utf-16",) if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else TEXTS
        return "yes" if any(_in_lines(_lines(file, one), words) for one in encodings) else "no"
    # What it shows may be packed; what it says of itself, such as who wrote it, often is not.
    return "yes" if _in_lines(_lines(file, "windows-1252"), words) else "unread"


def _is_text(head: bytes) -> bool:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    return b"\0" not in head and not head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8"))


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace")
    try:
        while line := text.readline(LONGEST_LINE):
            yield line
    finally:
        text.detach()


def _in_lines(lines: Iterable[str], words: Words) -> bool:
    """Many at once first: folding each by itself costs five times as much, and almost none is of the person."""
    any_part = compiled([(pattern,) for sign in words.signs for pattern in sign])
    numbered = iter(lines)
    while batch := list(islice(numbered, LINES_AT_ONCE)):
        if any_in(any_part, search_key(" \n ".join(batch))) and any(words.are_in(line) for line in batch):
            return True
    return False


def _of_archive(file: BinaryIO, words: Words) -> Answer:
    try:
        if _in_lines(_rows(file), words) or _in_lines(_texts(file), words):
            return "yes"
    except workbooks.BAD_ARCHIVE:
        return "unread"
    with zipfile.ZipFile(file) as archive:
        read = all(_is_read(member) or member.is_dir() for member in archive.infolist())
    return "no" if read else "unread"


def _rows(file: BinaryIO) -> Iterator[str]:
    """Of a workbook: a name may stand in two cells."""
    try:
        for sheet in workbooks.sheets(file):
            for _line, cells in workbooks.records(file, sheet):
                if not isinstance(cells, Broken):
                    yield " ".join(cells)
    except Unreadable:
        return
    finally:
        file.seek(0)


def _is_read(member: zipfile.ZipInfo) -> bool:
    return member.filename.endswith((".xml", ".rels", ".vml", ".txt", ".csv", ".html", ".json"))


def _texts(file: BinaryIO) -> Iterator[str]:
    with zipfile.ZipFile(file) as archive:
        left = MOST_UNPACKED
        for member in archive.infolist():
            yield member.filename
            if _is_read(member) and left > 0:
                with archive.open(member) as packed:
                    raw = packed.read(left)
                left -= len(raw)
                text = raw.decode("utf-8", errors="replace")
                yield from (TAG.sub("", part) for part in ENDS_A_TEXT.split(text))
