"""What a file is, whatever it is called."""

import io
import zipfile

import pytest

from accounts.filetypes import UNKNOWN, served_as, type_of


def archive(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF1234WEBPVP8", "image/webp"),
        (b"{\\rtf1", "application/rtf"),
        (archive("a.txt"), "application/zip"),
        (
            archive("word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (archive("xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (b"PK\x03\x04 and no archive", UNKNOWN),
        ("عقد التجديد".encode(), "text/plain"),
        (("م" * 3000).encode()[:4097], "text/plain"),
        (b"  <!DOCTYPE html><p>", "text/html"),
        (b"plain words, then <script>alert(1)</script>", "text/html"),
        (b'<?xml version="1.0"?><svg xmlns="x">', "image/svg+xml"),
        (b"<?xml version='1.0'?><a/>", "text/xml"),
        (b"MZ\x90\x00", UNKNOWN),
        (b"\xe3\xe4\xe5 \xff", UNKNOWN),
    ],
)
def test_type_is_told_by_the_content(content, kind):
    assert type_of(io.BytesIO(content)) == kind


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "text/xml"])
def test_what_a_browser_would_run_is_served_as_bytes(kind):
    assert served_as(kind) == UNKNOWN


def test_the_rest_is_served_as_what_it_is():
    assert served_as("application/pdf") == "application/pdf"
