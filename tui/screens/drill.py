"""What a number of a report counts: one line for each of its units, as many as it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from backend.drill import rule_of
from backend.model import LogRow
from backend.source import Direction
from tui.bindings import bound
from tui.messages import TraceAsked
from tui.presenters.drill import Number, drill_filter, drill_title
from tui.presenters.log_rows import COLUMNS, log_row
from tui.screens.log_feed import LogFeed, batch_of
from tui.screens.paged_list import Batch, PagedList
from tui.screens.place import PlaceScreen, two_lines
from tui.session import Session
from widgets.columns import Row
from widgets.shown import notify


class DrillFeed(LogFeed):
    """The rows behind a number, the newest last."""

    def __init__(self, session: Session, number: Number) -> None:
        self._log = rule_of(number.drill).log
        self._drill = number.drill
        super().__init__(session, COLUMNS[self._log])

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[LogRow]:
        source = self.session.source
        return batch_of(await source.drill(self._drill, cursor, direction=direction, limit=limit))

    def drawn(self, rows: Sequence[LogRow]) -> list[Row]:
        return [log_row(row, self._log, self.session.zone) for row in rows]

    def why_empty(self) -> str:
        return "no row is left of what this number counted"


class DrillScreen(PlaceScreen[None]):
    """A place above the report: back leads to the number that was opened."""

    NAME = "report"
    TITLE_WORD = "Rows of a number"
    INTERVAL_S = 3600.0
    """The window stands still, and so do its rows; the refresh key reads again."""
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("report.contact_trace", "trace", show=True),
    ]

    def __init__(self, session: Session, number: Number) -> None:
        super().__init__(session)
        self._number = number
        self.feed = DrillFeed(session, number)

    def compose_body(self) -> Iterable[Widget]:
        yield Static(classes="headline")
        yield self.feed

    async def fetch(self) -> None:
        await self.feed.load(again=True, stay=True)

    async def show(self, data: None) -> None:
        self._say()
        if self.focused is None:
            self.focus_body()

    @on(PagedList.Changed)
    def _say(self) -> None:
        feed = self.feed
        said = drill_filter(
            self._number,
            self.session.zone,
            feed.shown_count,
            has_more=feed.has_older or feed.has_newer,
        )
        self.query_one(".headline", Static).update(two_lines(drill_title(self._number), said), layout=False)

    def focus_body(self) -> None:
        self.feed.list.focus()

    def redraw(self) -> None:
        self.feed.redraw()
        self._say()

    def action_back(self) -> None:
        self.dismiss()

    def action_trace(self) -> None:
        row = self.feed.chosen
        if row is None or row.contact_id is None:
            notify(self, "this row names no contact")
        else:
            self.post_message(TraceAsked(row.contact_id))
