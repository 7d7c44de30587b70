"""What places whose body is one list of rows share: reading, headline, focus, and the way to a contact."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from backend.model import LogName, LogRow, Page
from backend.source import Direction
from tui.bindings import bound
from tui.messages import TraceAsked
from tui.presenters.log_rows import COLUMNS, log_row
from tui.screens.log_feed import LogFeed, batch_of
from tui.screens.paged_list import Batch, PagedList
from tui.screens.place import PlaceScreen, two_lines
from tui.screens.row_finding import RowFinding, finding_keys
from tui.screens.row_looks import RowLooks, look_keys
from tui.screens.row_marking import RowMarking, marking_keys
from tui.screens.row_taking import RowTaking, part_keys
from tui.session import Session
from widgets.columns import Column, Row
from widgets.shown import notify


class PagedPlace(PlaceScreen[None]):
    """A place around one list that reads its pages by itself."""

    @property
    @abstractmethod
    def feed(self) -> LogFeed:
        """The list."""

    @abstractmethod
    def say_rows(self) -> None:
        """Bring what is said of the rows up to date."""

    async def show(self, data: None) -> None:
        self.say_rows()
        if self.focused is None:
            self.focus_body()

    @on(PagedList.Changed)
    def _rows_changed(self) -> None:
        self.say_rows()

    def focus_body(self) -> None:
        self.feed.list.focus()

    def redraw(self) -> None:
        self.feed.redraw()
        self.say_rows()

    def action_trace(self) -> None:
        """The story of the contact under the cursor."""
        row = self.feed.chosen
        if row is None or row.contact_id is None:
            notify(self, "this row names no contact")
        else:
            self.post_message(TraceAsked(row.contact_id))


class RowsPlace(PagedPlace, RowFinding[None], RowMarking[None], RowTaking[None], RowLooks[None]):
    """A place around one list of log rows, with the keys that rows have."""

    @property
    def rows(self) -> LogFeed:
        return self.feed

    @property
    def found_in(self) -> LogFeed:
        return self.feed

    def say_counts(self) -> None:
        self.say_rows()


class CountedRows(LogFeed):
    """One row for each unit that a number counts, the newest last."""

    def __init__(self, session: Session, log: LogName, columns: Sequence[Column] = ()) -> None:
        super().__init__(session, columns or COLUMNS[log])
        self.log_name = log

    @abstractmethod
    async def page(self, cursor: str | None, direction: Direction, limit: int) -> Page:
        """A page of the units. Raises: ParcoursError."""

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[LogRow]:
        return batch_of(await self.page(cursor, direction, limit))

    def drawn(self, rows: Sequence[LogRow]) -> list[Row]:
        return [log_row(row, self.log_name, self.session.zone) for row in rows]


class CountedPlace(RowsPlace):
    """A place above another, with what one of its numbers counts; back leads to that number."""

    INTERVAL_S = 3600.0
    """The rows stand still as the number did; the refresh key reads them again."""
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("rows.contact_trace", "trace", show=True),
        *look_keys("rows"),
        *marking_keys("rows"),
        *finding_keys("rows"),
        *part_keys("rows"),
    ]

    def __init__(self, session: Session, rows: CountedRows) -> None:
        super().__init__(session)
        self._rows = rows

    @property
    def feed(self) -> CountedRows:
        return self._rows

    @abstractmethod
    def headline(self) -> tuple[str, str]:
        """Two lines: which number it is, and what stands here of it."""

    def compose_body(self) -> Iterable[Widget]:
        yield Static(classes="headline")
        yield from self.compose_below()
        yield self.find_bar()
        yield self._rows

    def compose_below(self) -> Iterable[Widget]:
        """What stands between the headline and the rows."""
        return ()

    async def fetch(self) -> None:
        await self._rows.load(again=True, stay=True)

    def say_rows(self) -> None:
        self.query_one(".headline", Static).update(two_lines(*self.headline()), layout=False)

    def action_back(self) -> None:
        if not self.step_back():
            self.dismiss()
