"""Files with everything that goes wrong in files, and the fate that each of their lines must have.

`python -m tests.accounts.traps FOLDER` writes them, to be tried by hand.
"""

import sys
from datetime import datetime
from pathlib import Path

HEAD = ["Customer no.", "Account", "Price", "Currency", "Starts", "Ends", "Reference"]
MAPPING = {
    "Customer no.": "id",
    "Account": "account",
    "Price": "price",
    "Currency": "currency",
    "Starts": "starts",
    "Ends": "ends",
    "Reference": "reference",
}
# As much as a cell of a spreadsheet holds.
LONG = 32_767
CREATED, UNCHANGED = "created", "unchanged"
UNSURE = "Only dates written as 2026-03-31, 2026/03/31 or 20260331 are sure. Choose the date format."
COMMA = "The comma can mean thousands or decimals. Choose the decimal sign."
UNKNOWN = "No account has this id at this source. Import it before, or choose to create accounts."
BYTES = "Bytes that are not utf-8. Choose the encoding of the file, such as windows-1256."


def row(identity, account="najm", price="50", currency="SAR", starts="2026-01-01", ends="", reference=""):
    return [identity, account, price, currency, starts, ends, reference]


# What stands in a line, and what must become of it. The same in every kind of file.
ROWS = [
    (row("plain"), CREATED),
    (row("arabic-digits", price="٥٠٫٢٥", starts="٢٠٢٦-٠١-٠١"), CREATED),
    (row("persian-digits", price="۵۰", starts="۲۰۲۶/۰۱/۰۱"), CREATED),
    (row("mixed-direction", reference="عقد \u200f2026-A\u200e (najm)"), CREATED),
    (row("=1+1", reference='=HYPERLINK("http://a.example","x")'), CREATED),
    (row("formula", price="=1+1"), [("Price", "=1+1", "This is not a number.")]),
    (row("ambiguous", starts="01/02/2026"), [("Starts", "01/02/2026", UNSURE)]),
    (row("no-such-day", starts="2026-02-30"), [("Starts", "2026-02-30", "There is no such day.")]),
    (row("comma", price="1,234"), [("Price", "1,234", COMMA)]),
    (row("grouped", price="1,234.50"), CREATED),
    (row("negative", price="-1"), [("Price", "-1", "This must not be below zero.")]),
    (row("riyal", currency="ريال"), [("Currency", "ريال", "This is no currency. Give a code such as SAR.")]),
    (row("stranger", account="nobody"), [("Account", "nobody", UNKNOWN)]),
    (row("", price="5"), [("Customer no.", "", "This must not be empty.")]),
    (
        row("two", price="x", starts="soon"),
        [("Price", "x", "This is not a number."), ("Starts", "soon", UNSURE)],
    ),
    (row("backwards", ends="2025-01-01"), [("Ends", "2025-01-01", "The end must come after the start.")]),
    (row("plain"), UNCHANGED),
    (
        row("plain", price="51"),
        [("Customer no.", "plain", "Line 2 has this id already, with other values.")],
    ),
    (
        row("long", reference="x" * LONG),
        [("Reference", "x" * LONG, "Too long: 32767 characters; the limit is 200.")],
    ),
    (row("lines", reference="first\nsecond"), CREATED),
]


def quoted(cells, delimiter=","):
    return delimiter.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells)


def text_file(delimiter=",", end="\r\n"):
    """The rows of all files, each with its line: one of them is two lines long."""
    lines, fates, line = [quoted(HEAD, delimiter)], {}, 2
    for cells, fate in ROWS:
        lines.append(quoted(cells, delimiter))
        fates[line] = fate
        line += 1 + max(cell.count("\n") for cell in cells)
    return end.join(lines) + end, fates, line


def raw_file():
    """UTF-8 with a mark, and what only a text can have wrong: bytes, quotes, NUL, too many cells."""
    text, fates, line = text_file()
    content = "\ufeff".encode() + text.encode()
    broken = [
        (b"nul,najm,5\x000,SAR,2026-01-01,,", [("Price", "5\u24000", "A NUL byte stands in the cell.")]),
        ("bytes,najm,50,SAR,2026-01-01,,شركة".encode("windows-1256"), [("Reference", "\ufffd" * 4, BYTES)]),
        (b"cells,najm,50,SAR,2026-01-01,,,,more", [("", "", "Cells in the row: 9, in the header: 7.")]),
        (b"few,najm,50", [("", "", "Cells in the row: 3, in the header: 7.")]),
        (
            b'"quoted"x,najm,50,SAR,2026-01-01,,',
            [("", "", "Something stands between a closing quotation mark and the next delimiter.")],
        ),
        (b"huge,najm,50,SAR,2026-01-01,," + b"x" * 140_000, [("", "", "A cell is too long.")]),
        (b'"open,najm,50,SAR,2026-01-01,,', [("", "", "A quotation mark is opened and never closed.")]),
        (b"after,najm,50,SAR,2026-01-01,,", CREATED),
        (b",,,,,,", None),
        (b"last,najm,50,SAR,2026-01-01,,", CREATED),
    ]
    for number, (raw, fate) in enumerate(broken):
        content += raw + b"\r\n"
        if fate:
            fates[line + number] = fate
    return content, fates


def encoded_file(encoding, delimiter):
    text, fates, _end = text_file(delimiter, "\n")
    return text.encode(encoding, "replace"), fates


def sheet():
    """The same rows as cells, with the types that a spreadsheet gives them, and what only a workbook can have wrong."""
    rows = [(cells, fate) for cells, fate in ROWS if "=1+1" not in cells and "\u200f" not in cells[-1]]
    rows += [
        (row(7.0, price=50.25, starts=datetime(2026, 1, 1)), CREATED),  # noqa: DTZ001 as workbooks have it
        (row("error", price="#N/A"), [("Price", "#N/A", "The cell C{line} holds an error.")]),
        (
            row("computed", price="=1+1"),
            [
                (
                    "Price",
                    "=1+1",
                    "The formula has no value yet. Open the workbook, save it, and upload it again.",
                )
            ],
        ),
        ([*row("wide"), "more"], [("", "", "Cells in the row: 8, in the header: 7.")]),
    ]
    fates = {}
    for line, (_cells, fate) in enumerate(rows, start=2):
        fates[line] = fate if isinstance(fate, str) else [(c, v, r.format(line=line)) for c, v, r in fate]
    return [HEAD, *(cells for cells, _fate in rows)], fates


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "traps.csv").write_bytes(raw_file()[0])
    (folder / "traps-windows-1256.csv").write_bytes(encoded_file("windows-1256", ";")[0])
    (folder / "traps-utf-16.tsv").write_bytes(encoded_file("utf-16", "\t")[0])
