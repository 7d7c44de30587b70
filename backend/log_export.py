"""The rows of a query as a file: CSV, JSON lines or as they came, any number of them, page by page.

The same forms that `parcours logs` prints. What arrives while the file is written is part of it or not, as
its time has it; the rows come oldest first.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from backend.clean import masked_bytes
from backend.csv_cells import csv_line
from backend.json_lines import masked_json
from backend.log_lines import CSV_COLUMNS, json_line, log_cells
from backend.model import LogName, LogRow
from backend.query.language import Filter
from backend.safe_file import write_new
from backend.source import PAGE_LIMIT, Direction, Source

Form = Literal["csv", "json", "raw"]
LOOK_S = 0.2
"""How often a writing thread that waits for a page looks whether it is still wanted."""


class Written(NamedTuple):
    """What a file holds."""

    path: Path
    rows: int
    without_raw: int
    """Rows whose record was not kept; they are not in a raw file."""
    size_bytes: int


class _NotWanted(Exception):
    """The download was cancelled: ends the writing, which leaves nothing behind."""


async def row_pages(source: Source, name: LogName, query: Filter) -> AsyncIterator[tuple[LogRow, ...]]:
    """All rows of a query, oldest first, a page at a time."""
    cursor: str | None = None
    while True:
        page = await source.log(name, query, cursor, direction=Direction.NEWER, limit=PAGE_LIMIT)
        if page.rows:
            yield page.rows
        cursor = page.newer
        if cursor is None or not page.has_newer:
            return


async def story_pages(source: Source, contact_id: int) -> AsyncIterator[tuple[LogRow, ...]]:
    """All rows of one contact from both logs, oldest first, a page at a time."""
    cursor: str | None = None
    while True:
        page = await source.trace(contact_id, cursor, direction=Direction.NEWER, limit=PAGE_LIMIT)
        if page.rows:
            yield page.rows
        cursor = page.newer
        if cursor is None or not page.has_newer:
            return


async def write_rows(
    source: Source,
    pages: AsyncIterator[tuple[LogRow, ...]],
    form: Form,
    path: Path,
    told: Callable[[int], None],
    *,
    mask: bool = False,
) -> Written:
    """Write rows into a new file of mode 0600. told: rows so far, page by page. mask: addresses as
    a***@example.org.

    Cancelling stops it, and nothing is left. Raises: CannotWrite, SourceError.
    """
    loop = asyncio.get_running_loop()
    unwanted = threading.Event()
    written = missing = 0

    async def next_page() -> bytes | None:
        nonlocal written, missing
        rows = await anext(pages, None)
        if rows is None:
            return None
        content, without = await _encoded(source, rows, form)
        if mask:
            content = await asyncio.to_thread(masked_json if form == "json" else masked_bytes, content)
        written, missing = written + len(rows) - without, missing + without
        if not unwanted.is_set():
            told(written)
        return content

    def pieces() -> Iterator[bytes]:
        if form == "csv":
            yield csv_line(CSV_COLUMNS).encode()
        while (content := _wait(asyncio.run_coroutine_threadsafe(next_page(), loop), unwanted)) is not None:
            yield content

    try:
        size = await asyncio.to_thread(write_new, path, pieces())
    finally:
        unwanted.set()
    return Written(path, written, missing, size)


async def _encoded(source: Source, rows: tuple[LogRow, ...], form: Form) -> tuple[bytes, int]:
    """A page in its form, and how many of its rows have none."""
    if form == "csv":
        return await asyncio.to_thread(lambda: b"".join(csv_line(log_cells(r)).encode() for r in rows)), 0
    if form == "json":
        return await asyncio.to_thread(lambda: b"".join(map(json_line, rows))), 0
    records = [await source.raw(row.log, row.id) for row in rows]
    kept = [record for record in records if record is not None]
    ended = [record if record.endswith(b"\n") else record + b"\n" for record in kept]
    return b"".join(ended), len(records) - len(kept)


def _wait(page: concurrent.futures.Future[bytes | None], unwanted: threading.Event) -> bytes | None:
    while not unwanted.is_set():  # however fast pages come
        try:
            return page.result(LOOK_S)
        except concurrent.futures.TimeoutError:
            if page.done():  # in between, or by a limit of its own
                return page.result()
    page.cancel()
    raise _NotWanted
