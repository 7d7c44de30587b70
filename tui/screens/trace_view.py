"""The rows of one contact: both logs merged by time, each row with the time since the one before."""

from __future__ import annotations

from collections.abc import Sequence

from backend.model import LogRow
from backend.source import Direction
from tui.presenters.log_rows import TRACE_COLUMNS, row_key, trace_row
from tui.screens.log_feed import LogFeed, batch_of
from tui.screens.paged_list import Batch
from tui.session import Session
from widgets.columns import Row


class TraceView(LogFeed):
    """The rows of one contact."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, TRACE_COLUMNS)
        self.contact_id: int | None = None
        self._before_ms: dict[str, int] = {}
        """Time of the row before the first of a page, by that first row's key."""
        self._held_back: LogRow | None = None

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[LogRow]:
        if self.contact_id is None:
            return Batch((), None, None, False)
        page = await self.session.source.trace(self.contact_id, cursor, direction=direction, limit=limit)
        batch = batch_of(page)
        if direction is Direction.NEWER:
            self._note_gap(batch.rows, self._last_shown() if cursor is not None else None)
            return batch
        return self._with_gap(batch, is_first=cursor is None)

    def _with_gap(self, batch: Batch[LogRow], *, is_first: bool) -> Batch[LogRow]:
        """The oldest row waits for the page before it, so that each row shown knows the gap above it."""
        rows = batch.rows if is_first or self._held_back is None else (*batch.rows, self._held_back)
        self._held_back = None
        if batch.older is not None and len(rows) > 1:
            self._held_back, *others = rows
            rows = tuple(others)
            self._note_gap(rows, self._held_back)
        return batch._replace(rows=rows)

    def _note_gap(self, rows: Sequence[LogRow], before: LogRow | None) -> None:
        if rows and before is not None:
            self._before_ms[row_key(rows[0])] = before.at_ms

    def _last_shown(self) -> LogRow | None:
        return self.held.get(self.list.rows[-1].key) if self.list.rows else None

    def drawn(self, rows: Sequence[LogRow]) -> list[Row]:
        before_ms = [self._before_ms.get(row_key(rows[0])), *(row.at_ms for row in rows)] if rows else []
        return [trace_row(row, at_ms, self.session.zone) for row, at_ms in zip(rows, before_ms, strict=False)]

    def why_empty(self) -> str:
        if self.contact_id is None:
            return "no contact chosen: press c, or d on any row"
        return "no row tells of this contact"
