"""`parcours rejected`: the records that were set aside, why, and where they stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import output
from tui.cli.given import Given, database_option
from tui.cli.reading import format_option, limit_option, with_source

if TYPE_CHECKING:
    from backend.model import RejectedRow
    from backend.source import Source

COLUMNS = ("time", "format", "reason", "place", "size_bytes", "sha256", "record")
SHOWN = 200
"""Characters of a record on its line of text."""


@click.command()
@limit_option
@format_option("text", "json", "csv", "raw")
@database_option
@click.pass_obj
def rejected(given: Given, limit: int | None, form: str, source: str | None) -> int:
    """List the records that were set aside, in the order they came, with their reasons.

    \b
    parcours rejected --db my.db
    parcours rejected --db my.db --format raw --limit all > to-mend.ndjson
    """

    async def work(opened: Source) -> int:
        return await _print(opened, limit, form)

    return with_source(given, source, work)


async def _print(source: Source, limit: int | None, form: str) -> int:
    if form == "csv":
        output.csv_row(COLUMNS)
    printed, after = 0, 0
    while limit is None or printed < limit:
        most = 1000 if limit is None else min(limit - printed, 1000)
        rows = await source.rejected(after, most)
        for row in rows:
            _print_row(row, form)
        if not rows:
            break
        printed += len(rows)
        after = rows[-1].id
    if not printed:
        output.note("no record was set aside")
    elif printed == limit and await source.rejected(after, 1):
        output.note(f"only the first {printed}; --limit all lists the rest")
    return 0


def _print_row(row: RejectedRow, form: str) -> None:
    from backend.query.text import write_time
    from tui.cli.rows import encode_cells

    if form == "raw":
        output.raw(row.sample)
        return
    record = row.sample.decode("utf-8", "backslashreplace")
    cells = (write_time(row.at_ms), row.format, row.reason, row.place, row.size_bytes, row.sha256, record)
    if form == "csv":
        output.csv_row(cells)
    elif form == "json":
        output.json_line(encode_cells(COLUMNS, cells))
    else:
        shown = record if len(record) <= SHOWN else record[:SHOWN] + "…"
        output.text(f"{row.place or '-'}  {row.format or '(format not known)'}  {row.reason}  {shown}")
