"""The audience of a delivery: what became of everybody it was meant for, and who they are."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.widget import Widget
from textual.widgets import Static

from backend.explaining.audience import Audience, Members, audience_notes
from backend.model import LogName, Page, Subject
from backend.numbers import format_count
from backend.source import Direction
from tui.presenters.audience import COLUMNS, Line, audience_lines
from tui.presenters.commands import audience_command_line
from tui.screens.paged_place import CountedPlace, CountedRows
from tui.screens.place import PlaceScreen, two_lines
from tui.session import Session
from widgets.columns import Row
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

    def command_text(self) -> str | None:
        return audience_command_line(self.session.source.name, self._delivery)

    @on(TablePane.Chosen, "#audience")
    def _opened(self, message: TablePane.Chosen) -> None:
        for line in self._lines:
            if line.row.key == message.row.key:
                self.app.push_screen(MembersScreen(self.session, self._delivery, line))

    def action_back(self) -> None:
        self.dismiss()


class MembersFeed(CountedRows):
    """One row for each contact of a slice, the newest last."""

    def __init__(self, session: Session, delivery: Subject, members: Members) -> None:
        super().__init__(session, LogName.EVENT)
        self._delivery = delivery
        self._members = members

    async def page(self, cursor: str | None, direction: Direction, limit: int) -> Page:
        return await self.session.source.audience_rows(
            self._delivery, self._members, cursor, direction=direction, limit=limit
        )

    def why_empty(self) -> str:
        return "nobody is in this slice, or its rows are no longer kept"


class MembersScreen(CountedPlace):
    """Who is in a slice of an audience; back leads to the waterfall."""

    NAME = "audience"
    TITLE_WORD = "Contacts of a slice"

    def __init__(self, session: Session, delivery: Subject, line: Line) -> None:
        super().__init__(session, MembersFeed(session, delivery, line.members))
        self._delivery = delivery
        self._line = line

    def headline(self) -> tuple[str, str]:
        feed = self.feed
        more = " and more" if feed.has_older or feed.has_newer else ""
        counted = self._line.row.cells[1].strip()
        shown = f"{format_count(feed.shown_count)}{more} of {counted}, one row for each contact"
        return f"{self._line.title}, {self._delivery.name}", shown

    def command_text(self) -> str | None:
        return audience_command_line(self.session.source.name, self._delivery, self._line.members)
