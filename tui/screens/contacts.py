"""Contacts inside scenarios now: who, where, since when, and how many stand at each step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from backend.model import RosterRow, StepCount
from backend.numbers import format_count
from backend.query import ROSTER, Filter, parse
from backend.source import Direction
from tui.bindings import bound
from tui.messages import TraceAsked
from tui.presenters.roster import COLUMNS, STEP_COLUMNS, roster_key, roster_row, step_rows
from tui.screens.filtered import FilteredPlace
from tui.screens.paged_list import PAGE_ROWS, Batch, PagedList
from tui.session import Session
from widgets.columns import Row
from widgets.log_list import LogList
from widgets.table_pane import TablePane


class Inside(NamedTuple):
    """What is read again and again: the counts beside the list."""

    steps: tuple[StepCount, ...]
    total: int


class RosterList(PagedList[RosterRow]):
    """The roster, the oldest entry first."""

    START = Direction.NEWER

    def __init__(self, session: Session) -> None:
        super().__init__(session, COLUMNS)
        self.query_filter = self.parsed("")
        self.total = 0

    def parsed(self, text: str) -> Filter:
        """Raises: QueryError."""
        return parse(text, now_ms=self.session.now_ms(), zone=self.session.zone, log=ROSTER)

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[RosterRow]:
        page = await self.session.source.roster(self.query_filter, cursor, direction=direction, limit=limit)
        self.total = page.total
        return Batch(page.rows, page.older, page.newer, page.newer is not None)

    def key_of(self, row: RosterRow) -> str:
        return roster_key(row)

    def drawn(self, rows: Sequence[RosterRow]) -> list[Row]:
        now_ms = self.session.now_ms()
        return [roster_row(row, now_ms, self.session.zone) for row in rows]

    def why_empty(self) -> str:
        if self.query_filter.terms:
            return f"nobody inside matches: {self.query_filter.text}"
        return "nobody is inside a scenario now (contact lists and scenario logs tell who is)"

    @on(LogList.Chosen)
    def _opened(self, chosen: LogList.Chosen) -> None:
        chosen.stop()
        self.list.toggle_detail(chosen.row.key)


class ContactsScreen(FilteredPlace[Inside]):
    """The roster with its counts by step."""

    NAME = "contacts"
    TITLE_WORD = "Contacts"
    INTERVAL_S = 3.0
    BINDINGS: ClassVar[list[BindingType]] = [bound("contacts.contact_trace", "trace", show=True)]

    def compose_list(self) -> Iterable[Widget]:
        yield Horizontal(RosterList(self.session), TablePane(id="steps", empty="nobody"), id="roster")

    @property
    def roster(self) -> RosterList:
        return self.query_one(RosterList)

    async def fetch(self) -> Inside:
        """Reads the counts, and the list only while it shows its first page: it must not jump."""
        roster = self.roster
        if not roster.has_older and roster.shown_count <= PAGE_ROWS:
            await roster.load(again=True, stay=True)
        return Inside(await self.session.source.steps_inside(), roster.total)

    async def show(self, data: Inside) -> None:
        self.query_one("#steps", TablePane).set_table(STEP_COLUMNS, step_rows(data.steps))
        self._say()

    def redraw(self) -> None:
        self.roster.redraw()

    @on(PagedList.Changed)
    def _say(self) -> None:
        roster = self.roster
        everybody = f"{format_count(roster.total)} inside" if not self.filter_text else ""
        matching = f"/{self.filter_text}   {format_count(roster.total)} match" if self.filter_text else ""
        self.say(roster.error or everybody or matching)

    # --- filter --------------------------------------------------------------------------------------

    @property
    def filter_text(self) -> str:
        return self.roster.query_filter.text

    def check_filter(self, text: str) -> None:
        self.roster.parsed(text)

    def apply_filter(self, text: str) -> None:
        self.roster.query_filter = self.roster.parsed(text)
        self.roster.list.collapse_all()
        self.roster.reload()

    def focus_body(self) -> None:
        self.roster.list.focus()

    def action_trace(self) -> None:
        row = self.roster.chosen
        if row is not None:
            self.post_message(TraceAsked(row.contact_id))
