"""Rows of a log or of a contact's story in a list, with live rows at the end and details when opened."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on, work

from backend.errors import ParcoursError
from backend.model import LogRow, Page
from tui.presenters.log_rows import detail_fields, raw_fields, row_key
from tui.screens.paged_list import Batch, PagedList
from tui.session import Session
from widgets.columns import Column
from widgets.log_list import LogList

MOST_LIVE_ROWS = 1_000
"""Live rows put below a page before the list is read afresh."""


class LogFeed(PagedList[LogRow]):
    """Log rows; a subclass says which."""

    def __init__(self, session: Session, columns: Sequence[Column]) -> None:
        super().__init__(session, columns, can_follow=True)
        self._live = 0

    def key_of(self, row: LogRow) -> str:
        return row_key(row)

    def loaded(self) -> None:
        self._live = 0

    # --- live rows ---------------------------------------------------------------------------------

    def add_live(self, rows: Sequence[LogRow], skipped: int = 0) -> None:
        """Rows that arrived. They are put below where they are the newest; a late one has all read again.

        While the person does not follow they are counted only, and read when he comes down to them.
        """
        if not rows and not skipped:
            return
        if not self.list.following:
            self.has_newer = True
            self.list.append([], skipped=skipped + len(rows))
            return
        self._live += len(rows)
        in_order = sorted(rows, key=_place)
        last = self._newest()
        is_late = last is not None and bool(in_order) and _place(in_order[0]) < _place(last)
        if is_late or skipped or self._live > MOST_LIVE_ROWS:
            self.reload()
        else:
            self.held.update((row_key(row), row) for row in in_order)
            self.list.append(self.drawn(in_order))
            self.post_message(self.Changed())

    def _newest(self) -> LogRow | None:
        shown = self.list.rows
        return self.held.get(shown[-1].key) if shown else None

    # --- details -----------------------------------------------------------------------------------

    @on(LogList.Chosen)
    def _opened(self, chosen: LogList.Chosen) -> None:
        chosen.stop()
        row = self.held.get(chosen.row.key)
        if row is None or self.list.is_open(chosen.row.key):
            self.list.toggle_detail(chosen.row.key)
        else:
            self.list.set_detail(chosen.row.key, detail_fields(row, self.session.zone))
            self._add_raw(row)

    @work(group="raw")
    async def _add_raw(self, row: LogRow) -> None:
        """The record as it came, below the fields of a row that is still open."""
        try:
            raw = raw_fields(await self.session.source.raw(row.log, row.id))
        except ParcoursError as error:
            raw = (("raw", f"({error})"),)
        if self.list.is_open(row_key(row)):
            self.list.set_detail(row_key(row), (*detail_fields(row, self.session.zone), *raw))

    def next_error(self, step: int) -> bool:
        """Go to the next or previous row that is an error; False where none is among the rows held."""
        return self.list.next_level({"error"}, step)


def batch_of(page: Page) -> Batch[LogRow]:
    """A page of a source as the list takes it."""
    return Batch(page.rows, page.older, page.newer, page.has_newer, page.searched_to_ms)


def _place(row: LogRow) -> tuple[int, int]:
    """The place of a row in its log: its time, then the signed number that its key stands for."""
    number = int(row.key, 16)
    return row.at_ms, number - (1 << 64) if number >= 1 << 63 else number
