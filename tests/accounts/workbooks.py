"""Workbooks for tests: files as spreadsheet programs write them, and as nobody should."""

import zipfile

from openpyxl import Workbook


def workbook(path, rows, *, title="Sheet", hidden=()):
    """`rows` with values of Python's own types; a text that begins with = becomes a formula, as in a spreadsheet."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for name in hidden:
        book.create_sheet(name, 0).sheet_state = "hidden"
    # The first that is shown opens.
    book.active = len(hidden)
    book.save(path)
    return path


def put(path, member, content):
    """Another content for one part of the workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[member] = content(parts.get(member, b"")) if callable(content) else content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return path
