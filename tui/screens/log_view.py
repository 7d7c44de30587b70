"""One log on screen: its rows under its own filter, its columns, its counts, its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from textual import work

from backend.errors import ParcoursError
from backend.model import Bucket, LogName, LogRow
from backend.query.language import Filter, parse, with_term, with_window, without_term
from backend.source import PAGE_LIMIT, Direction
from tui.log_memory import LogPlace
from tui.presenters.log_columns import columns_of
from tui.presenters.log_rows import log_row, row_key
from tui.presenters.logs import Tally, Widening, asks_for_errors, narrower, search_line, widening_line
from tui.screens.log_feed import LogFeed, batch_of, place_of
from tui.screens.paged_list import PAGE_ROWS, Batch, PagedList, Walk
from tui.session import Session
from widgets.columns import Row

MOST_TRIED = 6
"""Fields of a filter of which it is looked up what would be there without them."""
PART_COUNTING = 0.01
"""The part of all time in which the rows of a followed log are counted anew."""
WIDEN_KEY = "backspace"
ERRORS_READ = 50
"""Errors read at once of which the nearest is gone to."""


class LogView(LogFeed):
    """One of the logs with its own filter, cursor and place."""

    def __init__(self, session: Session, log: LogName, columns: Sequence[str] = ()) -> None:
        super().__init__(session, columns_of(log, columns))
        self.id = f"log-{log}"
        self.log_name = log
        self.columns = columns_of(log, columns)
        self.query_filter = self.parsed("")
        self.lifted: Filter | None = None
        """The filter that was taken away to see the rows around one."""
        self.is_read = False
        self.shown_filter: Filter | None = None
        """What the rows on screen were read with."""
        self.seen = 0
        """Id of the newest arrival that the list knows of: following goes on from there."""
        self.tally = Tally()
        self.bars: tuple[Bucket, ...] = ()
        self.pruned_before_ms: int | None = None
        """Before then many rows were pruned; None: not in the time of the bars."""
        self.wanted_bars = 1
        self.widenings: tuple[Widening, ...] = ()
        self._start: LogPlace | None = None
        self._counted_to: int | None = None
        """Newest arrival when the rows were counted last."""
        self._count_due_s = 0.0
        """When they may be counted again by themselves."""

    def parsed(self, text: str) -> Filter:
        """Raises: QueryError."""
        return parse(text, now_ms=self.session.now_ms(), zone=self.session.zone, log=self.log_name)

    def set_filter(self, query: Filter, start: LogPlace | None = None) -> None:
        """Show the rows of another query at the next reading, at its end or at a place that was left."""
        self.query_filter = query
        self.is_read = False
        self.tally, self.bars, self.widenings = Tally(), (), ()
        self._start = start
        self.late.clear()
        if start is None:
            self.list.collapse_all()

    def choose_columns(self, keys: Sequence[str]) -> None:
        self.columns = columns_of(self.log_name, keys)
        self.list.set_columns(self.columns)
        self.redraw()

    @property
    def place(self) -> LogPlace:
        """Where the person is, for coming back after a restart."""
        if self._start is not None:  # it was not looked at since
            return self._start
        query = self.lifted or self.query_filter
        row = None if self.list.following else self.chosen
        if row is None:
            return LogPlace(query.text)
        return LogPlace(query.text, row.at_ms, row_key(row))

    # --- reading -------------------------------------------------------------------------------------

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[LogRow]:
        return await self._page(self.query_filter, cursor, direction, limit)

    async def _page(
        self, query: Filter, cursor: str | None, direction: Direction, limit: int
    ) -> Batch[LogRow]:
        source = self.session.source
        return batch_of(await source.log(self.log_name, query, cursor, direction=direction, limit=limit))

    async def open(self) -> None:
        """Read for the first time under a filter. Raises: ParcoursError."""
        self.seen = await self.session.source.newest_id(self.log_name)
        start, self._start = self._start, None
        if start is not None and start.at_ms is not None:
            await self.load_around(start.at_ms, start.key)
        else:
            self.list.follow(True)
            await self.load()
        self.is_read, self.shown_filter = True, self.query_filter
        self.count()

    def give_up(self) -> bool:
        """Leave a reading that was cancelled: the rows on screen and their filter stay; False for none."""
        self.list.failed()
        if self.shown_filter is None:
            self.list.set_empty("cancelled; r reads it")
            return False
        self.query_filter, self.is_read = self.shown_filter, True
        self.count()
        return True

    async def load_around(self, at_ms: int, key: str | None = None) -> None:
        """Show the rows around a time, the cursor on the row of a key or on the first after the time.

        Where the key's row is not there, the cursor comes to the one before it. Raises: ParcoursError, and
        nothing changed.
        """
        query = self.query_filter
        split_ms = at_ms + 1 if key is not None else at_ms
        older: list[Batch[LogRow]] = []
        newer: list[Batch[LogRow]] = []
        if query.start_ms is None or query.start_ms < split_ms:
            until = min(split_ms, query.end_ms or split_ms)
            before = with_window(query, query.start_ms, until)
            older.append(await self._page(before, None, Direction.OLDER, PAGE_ROWS))
        if query.end_ms is None or query.end_ms > split_ms:
            after = with_window(query, max(split_ms, query.start_ms or split_ms), query.end_ms)
            newer.append(await self._page(after, None, Direction.NEWER, PAGE_ROWS))
        pages = [*older, *newer]
        self.list.follow(False)
        last_before = [row_key(row) for page in older for row in page.rows[-1:]]
        first_after = [row_key(row) for page in newer for row in page.rows[:1]]
        wanted = [*first_after, "end"] if key is None else [key, *last_before, "start"]
        self._show_only([page for page in pages if page.rows] or pages[-1:], wanted)

    async def go_to_marked(self, key: str, row: LogRow) -> Walk:
        """Put the cursor on a row, wherever it is; END where the filter hides it. Raises: ParcoursError."""
        query = self.query_filter
        if self.list.go_to(key):
            return Walk.FOUND
        start = max(row.at_ms, query.start_ms or row.at_ms)
        end = min(row.at_ms + 1, query.end_ms or row.at_ms + 1)
        if start >= end:
            return Walk.END
        page = await self._page(with_window(query, start, end), None, Direction.OLDER, PAGE_LIMIT)
        if key not in map(row_key, page.rows):
            return Walk.END
        await self.load_around(row.at_ms, key)
        return Walk.FOUND

    def drawn(self, rows: Sequence[LogRow]) -> list[Row]:
        zone = self.session.zone
        return [log_row(r, self.log_name, zone, self.columns, late=row_key(r) in self.late) for r in rows]

    def why_empty(self) -> str:
        if self.searched_to_ms is not None:
            return search_line(self.searched_to_ms, self.session.zone)
        if self.query_filter.terms:
            return f"no row of the {self.log_name} log matches: {self.query_filter.text}"
        return f"the {self.log_name} log is empty: no feed told of such rows yet"

    # --- counting ------------------------------------------------------------------------------------

    def add_live(self, rows: Sequence[LogRow], skipped: int = 0) -> None:
        super().add_live(rows, skipped)
        tally, more = self.tally, len(rows) + skipped
        if tally.matching is not None and tally.everything is not None:
            self.tally = tally._replace(matching=tally.matching + more, everything=tally.everything + more)

    async def count_again(self) -> None:
        """Count anew if rows arrived since, unless counting takes more than a small part of all time.

        Raises: ParcoursError.
        """
        newest = await self.session.source.newest_id(self.log_name)
        if newest != self._counted_to and self.session.monotonic_s() >= self._count_due_s:
            self.count()

    def forget_count(self) -> None:
        """Count anew when rows are read the next time."""
        self._counted_to, self._count_due_s = None, 0.0

    @work(exclusive=True, group="count")
    async def count(self) -> None:
        """Count what matches and what the filter hides, in a query of its own."""
        source, query = self.session.source, self.query_filter
        began_s = self.session.monotonic_s()
        try:
            self._counted_to = await source.newest_id(self.log_name)
            found = await source.histogram(self.log_name, query, self.wanted_bars)
            matching = everything = sum(bar.total for bar in found.bars)
            times = with_window(Filter(log=query.log), query.start_ms, query.end_ms)
            if found.counted_from_ms is None and len(query.terms) > len(times.terms):
                every = await source.histogram(self.log_name, times, self.wanted_bars)
                everything = sum(bar.total for bar in every.bars)
            self.bars, self.pruned_before_ms = found.bars, found.pruned_before_ms
            self.tally = Tally(matching, everything, counted_from_ms=found.counted_from_ms)
            if not matching and found.counted_from_ms is None and not self.list.rows:
                self.searched_to_ms = None  # counting went further than the search: there is none at all
        except ParcoursError:
            self.tally, self._counted_to = Tally(is_capped=True), None
        now_s = self.session.monotonic_s()
        self._count_due_s = now_s + (now_s - began_s) / PART_COUNTING
        self.post_message(PagedList.Changed())
        if self.is_read and not self.list.rows and self.searched_to_ms is None:
            await self._explain_empty()

    async def _explain_empty(self) -> None:
        """Say which condition keeps the list empty, by asking without each of them."""
        found = []
        for term, query in narrower(self.query_filter)[:MOST_TRIED]:
            try:
                counted = await self.session.source.histogram(self.log_name, query, 1)
            except ParcoursError:
                continue
            if rows := sum(bar.total for bar in counted.bars):
                found.append(Widening(term, query.text, rows))
        self.widenings = tuple(sorted(found, key=lambda one: one.rows))
        if self.query_filter.terms and not self.list.rows:
            self.list.set_empty(widening_line(self.why_empty(), self.widenings, WIDEN_KEY))

    # --- finding -------------------------------------------------------------------------------------

    async def far_error(self, step: int) -> bool:
        """Go to the next (1) or previous (-1) error beyond the rows held; False where there is none.

        Raises: ParcoursError.
        """
        here = self.cursor_row
        if here is None or not asks_for_errors(self.query_filter):
            return False
        query = with_term(without_term(self.query_filter, "level"), "level", "error")
        async for rows in self._beyond(here, query, step, ERRORS_READ):
            await self.load_around(rows[0].at_ms, row_key(rows[0]))
            return True
        return False

    async def far_match(self, text: str, step: int, told: Callable[[int, LogRow], None]) -> bool:
        """Go to the next row below (1) or above (-1) the ones held that shows a text; False where none does.

        told: hears how many rows were looked at, and the last of them. Raises: ParcoursError.
        """
        shown = self.list.rows
        here = self.held.get(shown[-1 if step > 0 else 0].key) if shown else None
        if here is None:
            return False
        wanted, seen = text.casefold(), 0
        async for rows in self._beyond(here, self.query_filter, step, PAGE_LIMIT):
            found = await asyncio.to_thread(self._first_that_shows, wanted, rows)
            if found is not None:
                await self.load_around(found.at_ms, row_key(found))
                return True
            seen += len(rows)
            told(seen, rows[-1])
        return False

    def _first_that_shows(self, wanted: str, rows: Sequence[LogRow]) -> LogRow | None:
        for row, drawn in zip(rows, self.drawn(rows), strict=True):
            if any(wanted in cell.casefold() for cell in drawn.cells):
                return row
        return None

    async def _beyond(
        self, here: LogRow, query: Filter, step: int, limit: int
    ) -> AsyncIterator[Sequence[LogRow]]:
        """The rows of a query below (1) or above (-1) one, page by page, nearest first.

        Raises: ParcoursError.
        """
        start, end = query.start_ms, query.end_ms
        if step > 0:
            start = max(here.at_ms, start or here.at_ms)
        else:
            end = min(here.at_ms + 1, end or here.at_ms + 1)
        if start is not None and end is not None and start >= end:
            return
        query = with_window(query, start, end)
        direction = Direction.NEWER if step > 0 else Direction.OLDER
        cursor: str | None = None
        while True:
            page = await self._page(query, cursor, direction, limit)
            rows = [row for row in page.rows if row_key(row) != row_key(here)]
            rows = [row for row in rows if (place_of(row) > place_of(here)) == (step > 0)]
            if rows:
                yield rows[::step]
            cursor = page.newer if step > 0 else page.older
            if cursor is None or (step > 0 and not page.has_newer):
                return
