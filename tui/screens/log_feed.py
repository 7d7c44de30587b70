"""Rows of a log or of a contact's story in a list, with live rows at the end and details when opened."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on, work

from backend.errors import ParcoursError
from backend.model import LogRow, Page
from tui.presenters.log_rows import detail_fields, raw_fields, row_key
from tui.screens.paged_list import Batch, PagedList, Walk
from tui.session import Session
from widgets.columns import Column
from widgets.log_list import LogList

MOST_LIVE_ROWS = 1_000
"""Live rows put below a page before the list is read afresh."""

ABOVE_PAGE = 10
"""Rows read above a page that is read afresh because rows come faster than they are shown."""

MOST_LATE_ROWS = 2_000
"""Late rows whose marks are kept: more are not looked back at, and a console may follow for days."""


class LogFeed(PagedList[LogRow]):
    """Log rows; a subclass says which."""

    def __init__(self, session: Session, columns: Sequence[Column]) -> None:
        super().__init__(session, columns, can_follow=True)
        self._live = 0
        self.late: dict[str, None] = {}
        """Rows that arrived after newer ones were shown: the latest of them, in order."""
        self.passed_over = 0
        """Rows of the flood that goes on, or has just ended, that were not shown one by one."""
        self.shows_all = False
        """Whether opened rows show also the fields that do not apply."""
        self.bookmarks: dict[str, LogRow] = {}
        """Rows that the person marked, by their keys in the list: they stay marked under every filter."""
        self._records: dict[str, tuple[tuple[str, str], ...]] = {}
        """Records of the rows that were opened, as fields."""

    def key_of(self, row: LogRow) -> str:
        return row_key(row)

    def loaded(self) -> None:
        self._live = 0

    # --- live rows ---------------------------------------------------------------------------------

    def add_live(self, rows: Sequence[LogRow], skipped: int = 0) -> None:
        """Rows that arrived: late ones are put in their place and marked, the others below.

        While the person does not follow these are counted only, and read when he comes down to them.
        After a flood all is read again.
        """
        if not rows and not skipped:
            return
        self.passed_over = self.passed_over + skipped if skipped else 0
        fresh = sorted((row for row in rows if row_key(row) not in self.held), key=place_of)
        last = self._newest()
        late = [row for row in fresh if last is not None and place_of(row) < place_of(last)]
        self._mark_late(late)
        newer = fresh[len(late) :]
        if not self.list.following:
            self._put_in_place(late)
            if newer or skipped:
                self.list.append([], skipped=skipped + len(newer))
            return
        self._live += len(rows)
        if skipped or self._live > MOST_LIVE_ROWS:
            self.reload(rows=self.list.page_height + ABOVE_PAGE)
            return
        self._put_in_place(late)
        self.held.update((row_key(row), row) for row in newer)
        self.list.append(self.drawn(newer))
        self.post_message(self.Changed())

    def _mark_late(self, rows: Sequence[LogRow]) -> None:
        self.late.update(dict.fromkeys(map(row_key, rows)))
        for key in list(self.late)[:-MOST_LATE_ROWS]:
            del self.late[key]

    def _put_in_place(self, late: Sequence[LogRow]) -> None:
        """Insert rows that are older than the newest one shown, unless they lie above all that was read."""
        if not late:
            return
        held = [self.held[row.key] for row in self.list.rows if row.key in self.held]
        known = {row_key(row) for row in held}
        first = place_of(held[0]) if held else None
        fresh = [
            row
            for row in late
            if row_key(row) not in known
            and first is not None
            and (not self.has_older or place_of(row) > first)
        ]
        if not fresh:
            return
        self.held.update((row_key(row), row) for row in fresh)
        rows = sorted([*held, *fresh], key=place_of)
        at = "end" if self.list.following else self.list.cursor_key or "end"
        below = self.list.new_below
        self.list.set_rows(self.drawn(rows), has_older=self.has_older, has_newer=self.has_newer, at=at)
        if below and not self.list.new_below:
            self.list.append([], skipped=below)

    def _newest(self) -> LogRow | None:
        shown = self.list.rows
        return self.held.get(shown[-1].key) if shown else None

    # --- details -----------------------------------------------------------------------------------

    @on(LogList.Chosen)
    def _chosen(self, chosen: LogList.Chosen) -> None:
        chosen.stop()
        key = chosen.row.key
        row = self.row_at(key)
        if row is None or self.list.is_open(key):
            self.list.toggle_detail(key)
            self._forget_closed()
        else:
            self.list.follow(False)  # what is read must not run away
            self.open_row(key, row)

    def open_row(self, key: str, row: LogRow) -> None:
        """Show the fields of a row in place, and its record as soon as that was read."""
        self.list.set_detail(key, self._details(key, row))
        self._add_record(key, row)

    def _details(self, key: str, row: LogRow) -> tuple[tuple[str, str], ...]:
        """The fields of a row, and its record where that was read."""
        fields = detail_fields(row, self.session.zone, everything=self.shows_all)
        return (*fields, *self._records.get(key, ()))

    def show_all_fields(self, shows_all: bool) -> None:
        """In opened rows show also what does not apply, or leave it out again."""
        self.shows_all = shows_all
        self._draw_opened()

    def open_here(self) -> None:
        """Open the row under the cursor, unless it is."""
        key = self.list.cursor_key or ""
        row = self.row_at(key)
        if row is not None and not self.list.is_open(key):
            self.open_row(key, row)

    @work(group="raw")
    async def _add_record(self, key: str, row: LogRow) -> None:
        """The record as it came, below the fields of a row that is still open."""
        try:
            record = raw_fields(await self.session.source.raw(row.log, row.id))
        except ParcoursError as error:
            record = (("raw", f"({error})"),)
        if self.list.is_open(key):
            self._records[key] = record
            self.list.set_detail(key, self._details(key, row))
            self._forget_closed()  # the list closes rows by itself where too many are open

    def _forget_closed(self) -> None:
        """Keep no records but those of rows that are open."""
        self._records = {key: record for key, record in self._records.items() if self.list.is_open(key)}

    def redraw(self) -> None:
        """Rows that are open stay so, with their times in the zone of now."""
        super().redraw()
        self._forget_closed()
        self._draw_opened()

    def _draw_opened(self) -> None:
        for key in self.list.opened:
            if (row := self.row_at(key)) is not None:
                self.list.set_detail(key, self._details(key, row))

    @property
    def cursor_row(self) -> LogRow | None:
        """The row under the cursor, else the newest that is shown."""
        return self.chosen or self._newest()

    # --- marks -------------------------------------------------------------------------------------

    @property
    def marked(self) -> list[str]:
        """What is marked, in the order of the list."""
        return sorted(self.bookmarks, key=lambda key: self.place_in_list(key, self.bookmarks[key]))

    @property
    def marked_rows(self) -> list[LogRow]:
        """The rows that are marked, in the order of the list."""
        return [self.bookmarks[key] for key in self.marked]

    @property
    def cursor_place(self) -> tuple[int, ...] | None:
        """Where the cursor is, else the newest row that is shown; None where there is none."""
        row = self.cursor_row
        return None if row is None else self.place_in_list(self.list.cursor_key or row_key(row), row)

    def place_in_list(self, key: str, row: LogRow) -> tuple[int, ...]:
        """Orders rows as the list does, also those that it let go of."""
        return place_of(row)

    def forget_marks(self) -> None:
        """Other rows are shown from now on: none of them is marked."""
        self.bookmarks.clear()
        self.list.set_bookmarks(())

    async def go_to_marked(self, key: str, row: LogRow) -> Walk:
        """Put the cursor on a row, reading on towards it, but not for ever. Raises: ParcoursError."""
        here = self.cursor_place
        step = -1 if here is not None and self.place_in_list(key, row) < here else 1
        return await self.read_until(lambda: self.list.go_to(key), step)

    def next_error(self, step: int) -> bool:
        """Go to the next or previous row that is an error; False where none is among the rows held."""
        return self.list.next_level({"error"}, step)


def batch_of(page: Page) -> Batch[LogRow]:
    """A page of a source as the list takes it."""
    return Batch(page.rows, page.older, page.newer, page.has_newer, page.searched_to_ms)


def place_of(row: LogRow) -> tuple[int, int]:
    """The place of a row in its log: its time, then the signed number that its key stands for."""
    number = int(row.key, 16)
    return row.at_ms, number - (1 << 64) if number >= 1 << 63 else number
