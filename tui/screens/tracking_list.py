"""Tracking rows of a contact or a delivery in a list: pages on demand by time, or all of them by a column."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from backend.model import LogName, LogRow
from backend.query.language import Filter
from backend.source import PAGE_LIMIT, Direction
from tui.presenters.logs import rows_line
from tui.presenters.tracking import TRACKING_COLUMNS, in_order, sort_line, tracking_row
from tui.screens.log_feed import LogFeed, batch_of
from tui.screens.paged_list import Batch
from tui.session import Session
from widgets.columns import Row

MOST_SORTED = 5_000
"""Rows that are sorted by a column; of more only the newest. A source pages by time alone."""


class TrackingList(LogFeed):
    """The rows of the tracking log that a query asks for, the newest at the end, or sorted by a column."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, TRACKING_COLUMNS)
        self.sort = 0
        """The column to sort by; 0 is the time, which alone is paged."""
        self.backwards = False
        self.is_cut = False
        """Whether more rows match than were sorted."""
        self._query: Filter | None = None
        self._nothing = "no tracking row"
        self._shown: tuple[object, ...] = ()

    async def show_rows(self, query: Filter | None, text: str, *, nothing: str) -> None:
        """Show what a query asks for, and keep it as new as its end is on screen. text: what was typed of the
        query, by which it is known. nothing: what to say where no row matches. Raises: ParcoursError."""
        self._query, self._nothing = query, nothing
        wanted = (text, self.sort, self.backwards)
        if wanted != self._shown:
            self._shown = wanted
            self.list.collapse_all()
            self.list.follow(not self.sort)
            await self.load(direction=self._start)
        elif not self.sort and self.list.following:
            await self.load(again=True)

    @property
    def _start(self) -> Direction:
        return Direction.NEWER if self.sort else Direction.OLDER

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[LogRow]:
        if self._query is None:
            return Batch((), None, None, False)
        if not self.sort:
            page = await self.session.source.log(
                LogName.TRACKING, self._query, cursor, direction=direction, limit=limit
            )
            return batch_of(page)
        rows = await self._all(self._query)
        wanted = (rows, self.session.zone, self.sort)  # in a thread: user agents take a millisecond each
        listed = await asyncio.to_thread(in_order, *wanted, backwards=self.backwards)
        return Batch(tuple(listed), None, None, False)

    async def _all(self, query: Filter) -> list[LogRow]:
        """All rows of the query, up to so many."""
        rows: list[LogRow] = []
        older: str | None = None
        while True:
            page = await self.session.source.log(LogName.TRACKING, query, older, limit=PAGE_LIMIT)
            rows = [*page.rows, *rows]
            older = page.older
            self.is_cut = older is not None
            if older is None or len(rows) >= MOST_SORTED:
                return rows[-MOST_SORTED:]

    def drawn(self, rows: Sequence[LogRow]) -> list[Row]:
        return [tracking_row(row, self.session.zone) for row in rows]

    def why_empty(self) -> str:
        return self._nothing

    def place_in_list(self, key: str, row: LogRow) -> tuple[int, ...]:
        """Sorted by a column, it is where it stands, or past the end where it is not shown."""
        if not self.sort:
            return super().place_in_list(key, row)
        place = self.list.index_of(key)
        return (len(self.list.rows) if place is None else place,)

    # --- order -------------------------------------------------------------------------------------------

    def sort_by_next(self) -> None:
        self.sort = (self.sort + 1) % len(TRACKING_COLUMNS)
        self.backwards = False

    def turn(self) -> None:
        """The other way round; by time the newest is always last."""
        self.backwards = bool(self.sort) and not self.backwards

    def counted(self) -> str:
        """How many rows there are, and in what order."""
        shown = rows_line(
            shown=self.shown_count,
            has_older=self.has_older,
            following=self.list.following and not self.sort,
            paused=self.session.is_paused,
            new_below=self.list.new_below,
            searched_to_ms=self.searched_to_ms,
            zone=self.session.zone,
            marked=len(self.bookmarks),
        )
        newest = "the newest " if self.sort and self.is_cut else ""
        return f"{newest}{shown}   {sort_line(self.sort, backwards=self.backwards)}"
