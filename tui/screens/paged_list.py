"""A list that reads pages of a source on demand, at both edges.

What logs, traces, the roster and later drill-downs share. It reads through `fetch` of a subclass and
never decides what a row looks like: that is a presenter's.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from backend.errors import ParcoursError
from backend.source import Direction
from tui.presenters.paging import PageEdges
from tui.session import Session
from widgets.columns import Column, Row
from widgets.log_list import CAPACITY, LogList
from widgets.shown import notify

PAGE_ROWS = 200
"""Rows read at once: four screens of fifty lines."""

MOST_WALKED = CAPACITY
"""Rows that are read at once in search of one: as many as the list holds."""

R = TypeVar("R")


class Walk(Enum):
    """How a search among rows ended."""

    FOUND = "found"
    END = "no row is left in this direction"
    MORE = "there are more rows"
    FAILED = "a page could not be read"


class Batch(NamedTuple, Generic[R]):
    """One page, of whatever rows: oldest first, with the cursors to go on from."""

    rows: tuple[R, ...]
    older: str | None
    newer: str | None
    has_newer: bool
    searched_to_ms: int | None = None
    """Where a deadline ended the search; None: the rows are complete."""


class PagedList(Vertical, Generic[R]):
    """Rows of type R in a LogList."""

    class Changed(Message):
        """Rows, follow or error changed: the line that counts them is out of date."""

    START: Direction = Direction.OLDER
    """Where it opens: OLDER at the newest rows, NEWER at the oldest."""

    def __init__(self, session: Session, columns: Sequence[Column], *, can_follow: bool = False) -> None:
        super().__init__()
        self.session = session
        self.list = LogList(columns, can_follow=can_follow, empty="loading")
        self.error: str | None = None
        self.searched_to_ms: int | None = None
        self.held: dict[str, R] = {}
        """The rows read so far, by key; the list may have let go of some."""
        self._edges = PageEdges()

    @abstractmethod
    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[R]:
        """One page. Raises: ParcoursError."""

    @abstractmethod
    def key_of(self, row: R) -> str: ...

    @abstractmethod
    def drawn(self, rows: Sequence[R]) -> list[Row]:
        """Rows as the list takes them, in the same order."""

    @abstractmethod
    def why_empty(self) -> str:
        """What to say where there is no row."""

    def compose(self) -> ComposeResult:
        yield self.list

    @property
    def chosen(self) -> R | None:
        """The row under the cursor."""
        return self.row_at(self.list.cursor_key or "")

    def row_at(self, key: str) -> R | None:
        """The row that the list shows under a key."""
        return self.held.get(key)

    @property
    def shown_count(self) -> int:
        return len(self.list.rows)

    @property
    def has_older(self) -> bool:
        """Whether there are rows above those that are shown."""
        return self.list.has_older

    @property
    def has_newer(self) -> bool:
        """Whether there are rows below those that are shown."""
        return self.list.has_newer

    # --- reading -----------------------------------------------------------------------------------

    async def load(
        self,
        *,
        again: bool = False,
        stay: bool = False,
        direction: Direction | None = None,
        rows: int = PAGE_ROWS,
    ) -> None:
        """Read the first page of so many rows from one end and show only it, the cursor at that end.

        again: the same rows paint nothing. stay: the cursor stays on its row; where that row is gone, it
        comes to the next one. Raises: ParcoursError, which the list shows as well.
        """
        direction = direction or self.START
        wanted = [row.key for row in self._from_cursor()] if stay else []
        batch = await self._read(None, direction, rows)
        end = "end" if direction is Direction.OLDER else "start"
        self._show_only([batch], (*wanted, end), again=again)

    def _show_only(self, batches: Sequence[Batch[R]], wanted: Sequence[str], *, again: bool = False) -> None:
        """Show pages that follow one another, and nothing else, the cursor on the first of the wanted rows
        that is there. wanted: their keys, the last of them "end" or "start"."""
        self.held = {}
        self._edges.restart(self._keep(batches[0]), batches[0].older, batches[0].newer)
        for batch in batches[1:]:
            self._edges.add_newer(self._keep(batch), batch.older, batch.newer)
        edges = batches[0].older is not None, batches[-1].has_newer
        self.searched_to_ms = batches[0].searched_to_ms
        self.list.set_empty(self.why_empty())
        rows = self.drawn([row for batch in batches for row in batch.rows])
        keys = {row.key for row in rows}
        at = next((key for key in wanted if key in keys), wanted[-1])
        if not again or (rows, edges) != (list(self.list.rows), (self.has_older, self.has_newer)):
            self.list.set_rows(rows, has_older=edges[0], has_newer=edges[1], at=at)
        self.loaded()
        self.post_message(self.Changed())

    def _from_cursor(self) -> Sequence[Row]:
        """The rows from the one under the cursor on."""
        index = self.list.index_of(self.list.cursor_key or "")
        return [] if index is None else self.list.rows[index:]

    def loaded(self) -> None:
        """The list was read afresh."""

    async def _read(self, cursor: str | None, direction: Direction, rows: int = PAGE_ROWS) -> Batch[R]:
        try:
            batch = await self.fetch(cursor, direction, rows)
        except ParcoursError as error:
            self.error = str(error)
            self.list.failed()
            if not self.list.rows:
                self.list.set_empty(self.error)
            self.post_message(self.Changed())
            raise
        except asyncio.CancelledError:  # another reading took its place: the edge may ask again
            self.list.failed(older=direction is Direction.OLDER, newer=direction is Direction.NEWER)
            raise
        self.error = None
        return batch

    def _keep(self, batch: Batch[R]) -> list[str]:
        keys = [self.key_of(row) for row in batch.rows]
        self.held.update(zip(keys, batch.rows, strict=True))
        return keys

    @work(exclusive=True, group="page")
    async def reload(self, *, direction: Direction | None = None, rows: int = PAGE_ROWS) -> None:
        """`load` as a person asks for it: what fails is on screen."""
        with suppress(ParcoursError):
            await self.load(direction=direction, rows=rows)

    @work(exclusive=True, group="page")
    async def _read_older(self, key: str | None) -> int:
        with suppress(ParcoursError):
            known = (row.key for row in self.list.rows if self._edges.knows(row.key))
            batch = await self._read(self._edges.older_than(next(known, key)), Direction.OLDER)
            self._edges.add_older(self._keep(batch), batch.older, batch.newer)
            self.searched_to_ms = batch.searched_to_ms
            self.list.set_empty(self.why_empty())
            self.list.add_older(self.drawn(batch.rows), batch.older is not None)
            self.post_message(self.Changed())
            return len(batch.rows)
        return 0

    @work(exclusive=True, group="page")
    async def _read_newer(self, key: str | None) -> int:
        with suppress(ParcoursError):
            known = (row.key for row in reversed(self.list.rows) if self._edges.knows(row.key))
            batch = await self._read(self._edges.newer_than(next(known, key)), Direction.NEWER)
            self._edges.add_newer(self._keep(batch), batch.older, batch.newer)
            self.list.add_newer(self.drawn(batch.rows), batch.has_newer)
            self.post_message(self.Changed())
            return len(batch.rows)
        return 0

    async def read_until(self, is_there: Callable[[], bool], step: int) -> Walk:
        """Read on below (1) or above (-1) until something is there, but not for ever: a person who wants
        more asks again."""
        read = 0
        while not is_there():
            if not (self.has_newer if step > 0 else self.has_older):
                return Walk.END
            if read >= MOST_WALKED:
                return Walk.MORE
            rows = await self._rows_of(self._read_newer(None) if step > 0 else self._read_older(None))
            if self.error is not None:
                return Walk.FAILED
            read += rows or PAGE_ROWS  # a search that ran out of time must not go on for ever, either
        return Walk.FOUND

    async def _rows_of(self, page: Worker[int]) -> int:
        """How many rows a page had. Where another page takes its place, who waits is cancelled with it."""
        try:
            return await page.wait()
        except (WorkerCancelled, WorkerFailed) as error:  # what failed was told by the worker itself
            self.list.failed()
            raise asyncio.CancelledError from error

    def tell(self, walk: Walk, *, more: str, end: str) -> None:
        """Say why a search did not find what was asked for."""
        if walk is Walk.FAILED:
            notify(self, self.error or walk.value, severity="warning")
        elif walk is not Walk.FOUND:
            notify(self, more if walk is Walk.MORE else end)

    # --- what the list asks for ----------------------------------------------------------------------

    @on(LogList.NeedOlder)
    def _older_wanted(self, need: LogList.NeedOlder) -> None:
        need.stop()
        self._read_older(need.key)

    @on(LogList.NeedNewer)
    def _newer_wanted(self, need: LogList.NeedNewer) -> None:
        need.stop()
        self._read_newer(need.key)

    @on(LogList.NeedStart)
    def _start_wanted(self, need: LogList.NeedStart) -> None:
        need.stop()
        self.reload(direction=Direction.NEWER)

    @on(LogList.NeedEnd)
    def _end_wanted(self, need: LogList.NeedEnd) -> None:
        need.stop()
        self.reload(direction=Direction.OLDER)

    @on(LogList.FollowChanged)
    def _follow_changed(self, changed: LogList.FollowChanged) -> None:
        changed.stop()
        self.post_message(self.Changed())

    def redraw(self) -> None:
        """Draw the rows that are held again: the zone or the columns changed."""
        rows = [self.held[row.key] for row in self.list.rows if row.key in self.held]
        self.list.set_rows(
            self.drawn(rows),
            has_older=self.has_older,
            has_newer=self.has_newer,
            at=self.list.cursor_key or "end",
        )
