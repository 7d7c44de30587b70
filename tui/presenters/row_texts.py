"""One row as text to take away: its fields, its values as JSON, its record as it came. All of it is safe."""

from __future__ import annotations

from datetime import tzinfo

from backend.clean import clean
from backend.csv_cells import csv_line
from backend.log_lines import CSV_COLUMNS, json_line, log_cells
from backend.model import LogRow
from tui.presenters.log_rows import detail_fields, raw_text

LONGEST = 1_000_000
"""Characters of one row that are taken away."""


def json_text(*rows: LogRow) -> str:
    """Rows on a line each, as `parcours logs --format json` prints them."""
    return b"".join(map(json_line, rows)).decode().rstrip("\n")


def csv_text(*rows: LogRow) -> str:
    """Rows below the names of their columns, as `parcours logs --format csv` prints them."""
    return "".join(map(csv_line, (CSV_COLUMNS, *map(log_cells, rows)))).rstrip("\r\n")


def record_text(raw: bytes | None) -> str:
    """The record as it came, on one line."""
    return "" if raw is None else clean(raw.decode("utf-8", "replace").strip(), LONGEST)


def value_text(value: str) -> str:
    """One value, without what acts on a terminal."""
    return clean(value, LONGEST)


def page_text(row: LogRow, raw: bytes | None, zone: tzinfo) -> str:
    """The row with all its fields and its record laid out, for a pager."""
    fields = detail_fields(row, zone)
    width = max((len(name) for name, _ in fields), default=0)
    lines = [f"{clean(name, 200):<{width}}  {clean(value, LONGEST)}" for name, value in fields]
    return "\n".join([*lines, "", clean(raw_text(raw), LONGEST, multiline=True), ""])
