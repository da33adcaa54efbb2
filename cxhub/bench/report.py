"""What was measured, as a table to read and as the section of docs/benchmarks.md that holds it."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

PAGE = Path(settings.BASE_DIR) / "docs" / "benchmarks.md"


def machine() -> dict[str, Any]:
    """Where it was measured, and how busy that was: other people's work makes every time longer."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
    return {
        "processors": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "postgresql": server,
    }


def table_of_recompute(found: dict[str, Any]) -> str:
    sizes = ", ".join(f"{count:,} {name}" for name, count in found["sizes"].items())
    timings = [
        [name, *(f"{timing[key]:.3f}" for key in ("median", "min", "max")), str(timing["repetitions"])]
        for name, timing in found["timings"].items()
    ]
    ratios = [
        [name, *(f"{ratio[key]:.3f}" for key in ("median", "min", "max")), f"≤ {ratio['aim']}"]
        for name, ratio in found["ratios"].items()
    ]
    return "\n".join(
        [
            f"{sizes}; {found['metrics']} metrics, {found['rows']:,} values. {_where(found)}",
            f"Peak memory of the process: {found['peak_memory_mb']} MB.",
            "",
            *_table(["seconds", "median", "least", "most", "times"], timings),
            "",
            *_table(["ratio", "median", "least", "most", "aim"], ratios),
        ]
    )


def table_of_pages(found: dict[str, Any]) -> str:
    lines = [", ".join(f"{count:,} {name}" for name, count in found["sizes"].items()) + f". {_where(found)}"]
    heads = ["milliseconds", "median", "least", "most", "requests", "× the bare page", "aim"]
    few, many = found["statements"]
    heads += [f"statements ({few['accounts']:,} accounts)", f"({many['accounts']:,})"]
    for who, pages in found["timings"].items():
        rows = [
            [
                name,
                *(f"{1000 * page[key]:.1f}" for key in ("median", "min", "max")),
                str(page["requests"]),
                f"{page['ratio']['median']:.2f}" if "ratio" in page else "1",
                f"≤ {page['ratio']['aim']}" if "ratio" in page else "",
                *(str(size["of"][who][name]) for size in (few, many)),
            ]
            for name, page in pages.items()
        ]
        lines += ["", f"Reader: {who}", "", *_table(heads, rows)]
    return "\n".join(lines)


def table_of_series(found: dict[str, Any]) -> str:
    sizes = ", ".join(f"{count:,} {name}" for name, count in found["sizes"].items())
    rows = [
        [
            f"{key}, {name}",
            *(f"{timing[part]:.3f}" for part in ("median", "min", "max")),
            f"{timing['points']:,.0f}",
            f"{of['ratio']['median']:.0f}" if name == "computed" else "1",
        ]
        for key, of in found["of"].items()
        for name, timing in of["timings"].items()
    ]
    heads = ["seconds", "median", "least", "most", "points a second", "× kept"]
    return "\n".join([f"{sizes}; {found['points']} points. {_where(found)}", "", *_table(heads, rows)])


def table_of_api(found: dict[str, Any]) -> str:
    sizes = ", ".join(f"{count:,} {name}" for name, count in found["sizes"].items())
    rows = []
    for name, timing in found["timings"].items():
        ratio = found["ratios"].get(name)
        against = [f"{ratio['median']:.2f}", f"≤ {ratio['aim']}"] if ratio else ["1", ""]
        rows.append([name, *(f"{1000 * timing[key]:.1f}" for key in ("median", "min", "max")), *against])
    heads = ["milliseconds", "median", "least", "most", "× bare", "aim"]
    return "\n".join([f"{sizes}; pages of 50 rows. {_where(found)}", "", *_table(heads, rows)])


def table_of_imports(found: dict[str, Any]) -> str:
    sizes = ", ".join(f"{count:,} {name}" for name, count in found["sizes"].items())
    rows = [
        [
            f"{kind}: {name}",
            *(f"{timing[part]:.2f}" for part in ("median", "min", "max")),
            f"{timing['rows_a_second']:,}",
            f"{timing['ratio']['median']:.2f}" if "ratio" in timing else "1",
            f"≥ {timing['ratio']['aim']}" if "ratio" in timing else "",
        ]
        for kind, timings in found["of"].items()
        for name, timing in timings.items()
    ]
    heads = ["seconds", "median", "least", "most", "rows a second", "of COPY", "aim"]
    return "\n".join(
        [
            f"{sizes}. {_where(found)}",
            f"Memory of an import of five times as many rows: {_memory(found['memory_mb'])}.",
            "",
            *_table(heads, rows),
        ]
    )


def table_of_ingest(found: dict[str, Any]) -> str:
    sizes = ", ".join(f"{count:,} {name}" for name, count in found["sizes"].items())
    rows = [
        [
            name,
            *(f"{timing[part]:.2f}" for part in ("median", "min", "max")),
            f"{timing['a_second']:,}",
            f"{timing['ratio']['median']:.2f}" if "ratio" in timing else "1" if "COPY" in name else "",
            f"≥ {timing['ratio']['aim']}" if "ratio" in timing else "",
        ]
        for name, timing in found["of"].items()
    ]
    heads = ["seconds", "median", "least", "most", "events a second", "of COPY", "aim"]
    return "\n".join([f"{sizes}. {_where(found)}", "", *_table(heads, rows)])


def table_of_rollup(found: dict[str, Any]) -> str:
    sizes = ", ".join(f"{count:,} {name}" for name, count in found["sizes"].items())
    rolled_up = ", ".join(f"{count:,} {name}" for name, count in found["rows"].items())
    full = [
        [
            name,
            *(f"{timing[part]:.1f}" for part in ("median", "min", "max")),
            f"{timing['ratio']['median']:.2f}" if "ratio" in timing else "",
        ]
        for name, timing in found["full"].items()
    ]
    passes = [
        [
            f"{one['new']:,} new events, {one['stored']:,} stored",
            *(f"{one[part]:.2f}" for part in ("median", "min", "max")),
            *(f"{one[part] / one['new']:.1f}" for part in ("blocks", "fetched")),
        ]
        for one in sorted(found["passes"], key=lambda one: (one["new"], one["stored"]))
    ]
    return "\n".join(
        [
            f"{sizes}; {rolled_up}. {_where(found)}",
            "",
            *_table(["seconds", "median", "least", "most", "× its floor"], full),
            "",
            *_table(["seconds of a pass", "median", "least", "most", "blocks for each", "fetched"], passes),
        ]
    )


def table_of_engagement(found: dict[str, Any]) -> str:
    sizes = ", ".join(f"{count:,} {name}" for name, count in found["sizes"].items())
    rows = [
        [
            name,
            *(f"{timing[part]:.2f}" for part in ("median", "min", "max")),
            f"{timing['ratio']['median']:.2f}" if "ratio" in timing else "",
            f"≤ {timing['aim']} s" if "aim" in timing else "",
        ]
        for name, timing in {**found["of"], **found["latency"]}.items()
    ]
    heads = ["seconds", "median", "least", "most", "× hand-written", "aim"]
    return "\n".join([f"{sizes}. {_where(found)}", "", *_table(heads, rows)])


def table_of_sending(found: dict[str, Any]) -> str:
    sizes = ", ".join(f"{count:,} {name}" for name, count in found["sizes"].items())
    rows = [
        [
            name,
            *(f"{timing[part]:.2f}" for part in ("median", "min", "max")),
            f"{timing['a_second']:,}",
            f"{timing['ratio']['median']:.2f}" if "ratio" in timing else "1",
            f"≥ {timing['ratio']['aim']}" if "ratio" in timing else "",
        ]
        for name, timing in found["of"].items()
    ]
    heads = ["seconds", "median", "least", "most", "messages a second", "of the bare loop", "aim"]
    return "\n".join(
        [
            f"{sizes}. {_where(found)}",
            f"Memory, at its most, while {found['many']:,} messages go out: {_memory(found['memory_mb'])}.",
            "",
            *_table(heads, rows),
        ]
    )


def table_of_answering(found: dict[str, Any]) -> str:
    sizes = ", ".join(f"{count:,} {name}" for name, count in found["sizes"].items())
    rows = [
        [
            name,
            *(f"{timing[part]:.2f}" for part in ("median", "min", "max")),
            f"{timing['a_second']:,}",
            f"{timing['ratio']['median']:.2f}" if "ratio" in timing else "",
            f"≥ {timing['ratio']['aim']}" if "ratio" in timing else "",
        ]
        for name, timing in found["of"].items()
    ]
    heads = ["seconds", "median", "least", "most", "a second", "of the bare form", "aim"]
    export = found["export"]
    spent = f"{export['median']:.2f} s ({export['min']:.2f} to {export['max']:.2f})"
    return "\n".join(
        [
            f"{sizes}. {_where(found)}",
            f"Memory while everybody is invited: {_memory(found['memory_mb'])}.",
            f"Everybody's answers exported: {spent}, aim ≤ {export['aim']} s.",
            f"Memory of the export: {_memory(export['memory_mb'])}.",
            "",
            *_table(heads, rows),
        ]
    )


def _memory(found: dict[str, int]) -> str:
    return ", ".join(f"{megabytes} MB {when}" for when, megabytes in found.items())


def _where(found: dict[str, Any]) -> str:
    where = found["machine"]
    return (
        f"{where['processors']} processors (load {where['load_before']} before), Python {where['python']},"
        f" PostgreSQL {where['postgresql']}."
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Aligned for a terminal, and valid Markdown."""
    lines = [list(heads), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    rule = [f"{'-' * (width - 1)}{':' if column else '-'}" for column, width in enumerate(widths)]
    return [
        "| "
        + " | ".join(
            _cell(text, width, column) for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in [lines[0], rule, *lines[1:]]
    ]


def _cell(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column else text.ljust(width)


def write(name: str, text: str, page: Path = PAGE) -> None:
    """Replaces the section of this benchmark."""
    begin, end = f"<!-- {name}: written by manage.py bench -->", f"<!-- end of {name} -->"
    section = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    found, replaced = section.subn(lambda _match: f"{begin}\n\n{text}\n\n{end}", page.read_text())
    if not replaced:
        raise ValueError(f"{page} has no section {begin}")
    page.write_text(found)
