"""The audience of a delivery: what became of everybody it was meant for, and who they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from backend.audience import Audience, Members, audience_notes
from backend.model import LogName, LogRow, Subject
from backend.numbers import format_count
from backend.source import Direction
from tui.bindings import bound
from tui.messages import TraceAsked
from tui.presenters.audience import COLUMNS, Line, audience_lines
from tui.presenters.log_rows import COLUMNS as LOG_COLUMNS
from tui.presenters.log_rows import log_row
from tui.screens.log_feed import LogFeed, batch_of
from tui.screens.paged_list import Batch, PagedList
from tui.screens.place import PlaceScreen, two_lines
from tui.session import Session
from widgets.columns import Row
from widgets.shown import notify
from widgets.table_pane import TablePane


class AudienceScreen(PlaceScreen[Audience]):
    """A place above another: the slices of one delivery's audience; back leads to where it was opened."""

    NAME = "audience"
    TITLE_WORD = "Audience"
    INTERVAL_S = 10.0

    def __init__(self, session: Session, delivery: Subject) -> None:
        super().__init__(session)
        self._delivery = delivery
        self._lines: tuple[Line, ...] = ()

    def compose_body(self) -> Iterable[Widget]:
        yield Static(classes="headline")
        yield TablePane(id="audience", empty="no message of this delivery was read in")

    async def fetch(self) -> Audience:
        return await self.session.source.audience(self._delivery)

    async def show(self, data: Audience) -> None:
        self._lines = audience_lines(data)
        notes = audience_notes(data)
        told = "contacts, each once a slice" + ("" if notes else "; the slices add up")
        title = f"Audience of {self._delivery.name}"
        self.query_one(".headline", Static).update(two_lines(title, told), layout=False)
        remarks = [Row(f"note {place}", (note,), inert=True) for place, note in enumerate(notes)]
        self.query_one(TablePane).set_table(COLUMNS, [*(line.row for line in self._lines), *remarks])
        if self.focused is None:
            self.focus_body()

    def focus_body(self) -> None:
        self.query_one(TablePane).focus()

    @on(TablePane.Chosen, "#audience")
    def _opened(self, message: TablePane.Chosen) -> None:
        for line in self._lines:
            if line.row.key == message.row.key:
                self.app.push_screen(MembersScreen(self.session, self._delivery, line))

    def action_back(self) -> None:
        self.dismiss()


class MembersFeed(LogFeed):
    """One row for each contact of a slice, the newest last."""

    def __init__(self, session: Session, delivery: Subject, members: Members) -> None:
        super().__init__(session, LOG_COLUMNS[LogName.EVENT])
        self._delivery = delivery
        self._members = members

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[LogRow]:
        source = self.session.source
        return batch_of(
            await source.audience_rows(
                self._delivery, self._members, cursor, direction=direction, limit=limit
            )
        )

    def drawn(self, rows: Sequence[LogRow]) -> list[Row]:
        return [log_row(row, LogName.EVENT, self.session.zone) for row in rows]

    def why_empty(self) -> str:
        return "nobody is in this slice, or its rows are no longer kept"


class MembersScreen(PlaceScreen[None]):
    """Who is in a slice of an audience; back leads to the waterfall."""

    NAME = "audience"
    TITLE_WORD = "Contacts of a slice"
    INTERVAL_S = 3600.0
    """They are read once, as the slice was; the refresh key reads them again."""
    BINDINGS: ClassVar[list[BindingType]] = [bound("report.contact_trace", "trace", show=True)]

    def __init__(self, session: Session, delivery: Subject, line: Line) -> None:
        super().__init__(session)
        self._told = f"{line.title}, {delivery.name}"
        self._counted = line.row.cells[1].strip()
        self.feed = MembersFeed(session, delivery, line.members)

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
        more = " and more" if feed.has_older or feed.has_newer else ""
        counted = f"{format_count(feed.shown_count)}{more} of {self._counted}, one row for each contact"
        self.query_one(".headline", Static).update(two_lines(self._told, counted), layout=False)

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
