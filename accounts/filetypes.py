"""What a file is, told by its bytes: its name says what somebody wants it to be."""

import zipfile
from typing import BinaryIO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LOOKED_AT = 4096
UNKNOWN, TEXT, ZIP = "application/octet-stream", "text/plain", "application/zip"
HTML, SVG, XML = "text/html", "image/svg+xml", "text/xml"
OFFICE = "application/vnd.openxmlformats-officedocument"
SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
# Which file in it makes an archive a document.
DOCUMENTS = {
    "word/document.xml": f"{OFFICE}.wordprocessingml.document",
    "xl/workbook.xml": f"{OFFICE}.spreadsheetml.sheet",
    "ppt/presentation.xml": f"{OFFICE}.presentationml.presentation",
}
MARKUP = ((b"<svg", SVG), (b"<!doctype html", HTML), (b"<html", HTML), (b"<script", HTML), (b"<?xml", XML))
NAMES: dict[str, str | Promise] = {
    "application/pdf": "PDF",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WebP",
    "application/rtf": "RTF",
    "application/x-ole-storage": _("Office document (old)"),
    DOCUMENTS["word/document.xml"]: "Word",
    DOCUMENTS["xl/workbook.xml"]: "Excel",
    DOCUMENTS["ppt/presentation.xml"]: "PowerPoint",
    ZIP: "ZIP",
    TEXT: _("Text"),
    HTML: "HTML",
    SVG: "SVG",
    XML: "XML",
    UNKNOWN: _("File"),
}
# A browser that opened these would run what is in them.
ACTIVE = {HTML, SVG, XML}


def type_of(file: BinaryIO) -> str:
    """Its media type. Reads the first bytes, of an archive also its list of names; unpacks nothing."""
    file.seek(0)
    head = file.read(LOOKED_AT)
    for signature, found in SIGNATURES:
        if head.startswith(signature):
            return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"PK\x03\x04"):
        return _type_of_archive(file)
    return _type_of_text(head)


def served_as(found: str) -> str:
    return UNKNOWN if found in ACTIVE else found


def _type_of_archive(file: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return UNKNOWN
    return next((found for name, found in DOCUMENTS.items() if name in names), ZIP)


def _type_of_text(head: bytes) -> str:
    start = head.lower()
    for sign, found in MARKUP:
        if sign in start:
            return found
    is_text = b"\0" not in head and _is_utf_8(head)
    return TEXT if head and is_text else UNKNOWN


def _is_utf_8(head: bytes) -> bool:
    # The last letter may be cut off.
    return any(_decodes(head[: len(head) - cut]) for cut in range(4))


def _decodes(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError:
        return False
    return True
