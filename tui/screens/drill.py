"""What a number of a report counts: one line for each of its units, as many as it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import msgspec
from textual import work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from backend.errors import ParcoursError
from backend.model import LogRow, Page
from backend.reports.drill import rule_of
from backend.reports.drill_query import DrillQuery, drill_query, subject_terms
from backend.reports.metrics import Unit
from backend.source import PAGE_LIMIT, Direction
from tui.bindings import bound
from tui.messages import LogsAsked
from tui.presenters.drill import (
    Number,
    drill_columns,
    drill_filter,
    drill_names,
    drill_title,
    query_line,
    unit_lines,
)
from tui.presenters.log_rows import row_key
from tui.presenters.taking import log_command_line
from tui.screens.log_feed import place_of
from tui.screens.paged_list import Walk
from tui.screens.paged_place import CountedPlace, CountedRows
from tui.session import Session
from widgets.columns import Row
from widgets.shown import line

BELOW = ">"
"""Between the key of a unit and that of a row below it."""


class DrillFeed(CountedRows):
    """The units behind a number, each with its newest row, the newest last.

    A unit opens to all its rows, below it; a row, and a unit that is a single row, to its fields.
    """

    def __init__(self, session: Session, number: Number) -> None:
        rule = rule_of(number.drill)
        self._unit = rule.unit
        self._drill = number.drill
        self._opened: dict[str, tuple[Page, dict[str, LogRow]]] = {}
        """The units that are open: their rows as they were read, and by what the list knows each."""
        super().__init__(session, rule.log, drill_columns(rule))

    async def page(self, cursor: str | None, direction: Direction, limit: int) -> Page:
        return await self.session.source.drill(self._drill, cursor, direction=direction, limit=limit)

    def drawn(self, rows: Sequence[LogRow]) -> list[Row]:
        units = super().drawn(rows)
        return [shown for unit, row in zip(units, rows, strict=True) for shown in (unit, *self._below(row))]

    def _below(self, row: LogRow) -> Sequence[Row]:
        """The rows of a unit that is open."""
        opened = self._opened.get(row_key(row))
        if opened is None:
            return ()
        page, lines = opened
        return tuple(unit_lines(page, lines, self._unit, self.log_name, self.session.zone))

    def why_empty(self) -> str:
        return "no row is left of what this number counted"

    # --- the rows of a unit --------------------------------------------------------------------------

    @property
    def shown_count(self) -> int:
        """Units, without the rows below them."""
        return sum(row.key in self.held for row in self.list.rows)

    def row_at(self, key: str) -> LogRow | None:
        found = (lines[key] for _, lines in self._opened.values() if key in lines)
        return super().row_at(key) or next(found, None)

    def place_in_list(self, key: str, row: LogRow) -> tuple[int, ...]:
        """The rows of a unit stand below it."""
        unit, _, is_below = key.partition(BELOW)
        lines = list(self._opened[unit][1]) if unit in self._opened else []
        number = lines.index(key) + 1 if is_below and key in lines else 0
        return (*place_of(self.held.get(unit, row)), number)

    async def go_to_marked(self, key: str, row: LogRow) -> Walk:
        """To the row, or where its unit is closed to that."""
        unit = key.partition(BELOW)[0]
        return await super().go_to_marked(key if self.row_at(key) is not None else unit, row)

    def open_here(self) -> None:
        if self.list.cursor_key not in self._opened:
            super().open_here()

    def open_row(self, key: str, row: LogRow) -> None:
        if self._unit is Unit.ROW or key not in self.held:
            super().open_row(key, row)
        elif key in self._opened:
            del self._opened[key]
            self.redraw()
        else:
            self.list.set_detail(key, (("rows", "reading"),))
            self._open_unit(key, row)

    @work(group="unit")
    async def _open_unit(self, key: str, row: LogRow) -> None:
        """The rows of a unit below it, unless it was closed meanwhile."""
        drill = msgspec.structs.replace(self._drill, line=row.id)
        try:
            page = await self.session.source.drill(drill, limit=PAGE_LIMIT)
        except ParcoursError as error:
            if self.list.is_open(key):
                self.list.set_detail(key, (("rows", f"({error})"),))
            return
        if not self.list.is_open(key):
            return
        if len(page.rows) < 2:
            super().open_row(key, row)
            return
        self.list.toggle_detail(key)
        self._opened[key] = page, {f"{key}{BELOW}{row_key(one)}": one for one in page.rows}
        self.redraw()


class DrillScreen(CountedPlace):
    """A place above the report: back leads to the number that was opened."""

    NAME = "report"
    TITLE_WORD = "Rows of a number"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("app.filter", "edit_query", show=True),
        bound("rows.copy", "copy_command", show=True),
    ]

    def __init__(self, session: Session, number: Number) -> None:
        super().__init__(session, DrillFeed(session, number))
        self._number = number
        self._subject = subject_terms(number.drill.subject, ())
        """What a query calls the subject."""

    def compose_below(self) -> Iterable[Widget]:
        yield Static(classes="asked")

    async def fetch(self) -> None:
        subject = self._number.drill.subject
        self._subject = subject_terms(subject, await self.session.source.catalog(subject.kind))
        await super().fetch()

    def headline(self) -> tuple[str, str]:
        feed = self.feed
        said = drill_filter(
            self._number,
            self.session.zone,
            feed.shown_count,
            has_more=feed.has_older or feed.has_newer,
            cells=self.size.width - 2,
        )
        return drill_title(self._number), said

    def say_rows(self) -> None:
        super().say_rows()
        self.query_one(".asked", Static).update(line(query_line(self._asked()), 2_000), layout=False)

    def _asked(self) -> DrillQuery:
        """The query that comes nearest to what the number counts."""
        number = self._number
        names = drill_names(self.feed.held.values(), by_id=number.has_namesake)
        return drill_query(number.drill, self._subject, names)

    def action_edit_query(self) -> None:
        """Go on in the logs with the query, where it can be changed."""
        self.post_message(LogsAsked(self.feed.log_name, self._asked().query.text))

    def command_text(self) -> str | None:
        return log_command_line(self.session.source.name, self.feed.log_name, self._asked().query.text)
