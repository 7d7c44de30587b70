"""Rows of a log for a command: a search that takes long says how far it is, and may be left off."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from tui.cli import output

if TYPE_CHECKING:
    from backend.model import LogName, LogRow, Page
    from backend.query.language import Filter
    from backend.source import Source


class Search:
    """How long rows may be looked for, and how far that came."""

    def __init__(self, within_s: float | None, line: output.Progress) -> None:
        """within_s: None for as long as it takes. line: where a person is told of it."""
        self._over_s = None if within_s is None else time.monotonic() + within_s
        self._line = line
        self._is_newer = False
        self.left_off_ms: int | None = None
        """Time beyond which no row was looked for; None where all were."""

    def may_go_on(self, page: Page, *, newer: bool) -> bool:
        """Whether to read the page behind this one."""
        if page.searched_to_ms is None:
            return True
        from backend.query.text import write_time

        self._line.show(f"searched to {write_time(page.searched_to_ms)}", None)
        if self._over_s is None or time.monotonic() < self._over_s:
            return True
        self.left_off_ms, self._is_newer = page.searched_to_ms, newer
        return False

    def make_room(self) -> None:
        """Rows are printed now."""
        self._line.clear()

    @property
    def told(self) -> str:
        """How far it came, and how to go on from there."""
        from backend.query.text import write_time

        if self.left_off_ms is None:
            return ""
        # rows of that very millisecond may come again: none is left out
        on = f"--since {write_time(self.left_off_ms)}"
        if not self._is_newer:
            on = f"--until {write_time(self.left_off_ms + 1)}"
        return f"searched to {write_time(self.left_off_ms)} only; to go on from there: {on}"


async def log_rows(
    source: Source, name: LogName, query: Filter, limit: int | None, search: Search
) -> AsyncIterator[LogRow]:
    """The newest `limit` rows, or all of them, oldest first; `search` knows whether that is all there are."""
    from backend.source import PAGE_LIMIT, Direction

    cursor: str | None = None
    if limit is None:
        while True:
            page = await source.log(name, query, cursor, direction=Direction.NEWER, limit=PAGE_LIMIT)
            search.make_room()
            for row in page.rows:
                yield row
            cursor = page.newer
            if cursor is None or not page.has_newer or not search.may_go_on(page, newer=True):
                return
    pages: list[tuple[LogRow, ...]] = []
    left = limit
    while left > 0:
        page = await source.log(name, query, cursor, direction=Direction.OLDER, limit=min(left, PAGE_LIMIT))
        pages.append(page.rows)
        left -= len(page.rows)
        cursor = page.older
        if cursor is None or (left > 0 and not search.may_go_on(page, newer=False)):
            break
    search.make_room()
    for rows in reversed(pages):
        for row in rows:
            yield row
