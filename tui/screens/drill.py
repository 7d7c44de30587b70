"""What a number of a report counts: one line for each of its units, as many as it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import msgspec
from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from backend.drill import rule_of
from backend.drill_query import DrillQuery, drill_query
from backend.errors import ParcoursError
from backend.metrics import Unit
from backend.model import LogName, LogRow
from backend.source import PAGE_LIMIT, Direction
from tui.bindings import bound
from tui.messages import LogsAsked, TraceAsked
from tui.presenters.drill import (
    Number,
    drill_filter,
    drill_names,
    drill_title,
    query_line,
    unit_fields,
)
from tui.presenters.log_rows import COLUMNS, log_row, row_key
from tui.presenters.taking import log_command_line
from tui.screens.log_feed import LogFeed, batch_of
from tui.screens.paged_list import Batch, PagedList
from tui.screens.place import PlaceScreen, two_lines
from tui.session import Session
from widgets.columns import Row
from widgets.shown import line, notify


class DrillFeed(LogFeed):
    """The units behind a number, each with its newest row, the newest last; opened, each has all its rows."""

    def __init__(self, session: Session, number: Number) -> None:
        self._rule = rule_of(number.drill)
        self._drill = number.drill
        self._units: dict[str, tuple[tuple[str, str], ...]] = {}
        """The rows of the units that were opened, as fields."""
        super().__init__(session, COLUMNS[self._rule.log])

    @property
    def log_name(self) -> LogName:
        return self._rule.log

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[LogRow]:
        source = self.session.source
        return batch_of(await source.drill(self._drill, cursor, direction=direction, limit=limit))

    def drawn(self, rows: Sequence[LogRow]) -> list[Row]:
        return [log_row(row, self._rule.log, self.session.zone) for row in rows]

    def why_empty(self) -> str:
        return "no row is left of what this number counted"

    # --- the rows of a unit --------------------------------------------------------------------------

    def _details(self, row: LogRow) -> tuple[tuple[str, str], ...]:
        return (*self._units.get(row_key(row), ()), *super()._details(row))

    def _add_record(self, row: LogRow) -> Worker[None]:
        if self._rule.unit is not Unit.ROW:
            self._add_unit(row)
        return super()._add_record(row)

    @work(group="unit")
    async def _add_unit(self, row: LogRow) -> None:
        """All rows of a unit that is still open, above the fields of its newest one."""
        drill = msgspec.structs.replace(self._drill, line=row.id)
        try:
            page = await self.session.source.drill(drill, limit=PAGE_LIMIT)
        except ParcoursError as error:
            told: tuple[tuple[str, str], ...] = (("rows", f"({error})"),)
        else:
            told = unit_fields(page.rows, self.session.zone)
        key = row_key(row)
        if self.list.is_open(key):
            self._units[key] = told
            self.list.set_detail(key, self._details(row))


class DrillScreen(PlaceScreen[None]):
    """A place above the report: back leads to the number that was opened."""

    NAME = "report"
    TITLE_WORD = "Rows of a number"
    INTERVAL_S = 3600.0
    """The window stands still, and so do its rows; the refresh key reads again."""
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("report.contact_trace", "trace", show=True),
        bound("app.filter", "edit_query", show=True),
        bound("report.copy", "copy_command", show=True),
    ]

    def __init__(self, session: Session, number: Number) -> None:
        super().__init__(session)
        self._number = number
        self.feed = DrillFeed(session, number)

    def compose_body(self) -> Iterable[Widget]:
        yield Static(classes="headline")
        yield Static(classes="asked")
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
        self.query_one(".asked", Static).update(line(query_line(self._asked()), 2_000), layout=False)

    def _asked(self) -> DrillQuery:
        """The query that comes nearest to what the number counts."""
        return drill_query(self._number.drill, drill_names(self.feed.held.values()))

    def focus_body(self) -> None:
        self.feed.list.focus()

    def redraw(self) -> None:
        self.feed.redraw()
        self._say()

    def action_back(self) -> None:
        self.dismiss()

    def action_edit_query(self) -> None:
        """Go on in the logs with the query, where it can be changed."""
        self.post_message(LogsAsked(self.feed.log_name, self._asked().query.text))

    def command_text(self) -> str | None:
        return log_command_line(self.session.source.name, self.feed.log_name, self._asked().query.text)

    def action_trace(self) -> None:
        row = self.feed.chosen
        if row is None or row.contact_id is None:
            notify(self, "this row names no contact")
        else:
            self.post_message(TraceAsked(row.contact_id))
